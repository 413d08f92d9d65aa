// A network and the rows it is evaluated for, and what each instruction set offers to the Python face.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qopt::light_cone {

enum Kind : int64_t { COUPLING, FIELD, MIXER, SIGN };
constexpr int LANES = 8;

struct Factor {
  int64_t kind, layer, which, side;
  int size() const { return kind == FIELD || kind == SIGN ? 2 : 4; }
  bool is_same(int k) const { return k == 0 || k == 3; }  // the spin is +1 at this index, or both spins are equal
};

struct Network {
  const Factor* factors;
  const int64_t *starts, *inputs, *masks, *widths, *ends;
  size_t num_factors, num_steps, num_inputs, num_ends;
  std::vector<size_t> offsets;  // of each tensor, in complex numbers
  size_t most_inputs = 0;

  void place() {
    size_t at = 0;
    offsets.clear();
    for (size_t k = 0; k < num_factors; ++k) {
      offsets.push_back(at);
      at += size_t(factors[k].size());
    }
    for (size_t k = 0; k < num_steps; ++k) {
      offsets.push_back(at);
      at += size_t(1) << widths[k];
      most_inputs = std::max(most_inputs, size_t(starts[k + 1] - starts[k]));
    }
    offsets.push_back(at);
  }
  size_t size() const { return offsets.back(); }
};

struct Rows {
  const double *gammas, *betas, *couplings, *fields, *weights;
  double *values, *gradient;  // gradient: null, or (2 layers) of the sum of weights times values
  size_t num_rows, num_couplings, num_fields, num_layers;
  double scale;

  double coefficient(const Factor& f, size_t row) const {
    return f.kind == COUPLING ? couplings[row * num_couplings + f.which]
           : f.kind == FIELD  ? fields[row * num_fields + f.which]
                              : 1.0;
  }
};

struct Kernels {
  const char* name;
  // Values of all rows and the gradient of their weighted sum: LANES rows at a time, or one after another.
  void (*lanes)(const Network&, const Rows&);
  void (*shared)(const Network&, const Rows&);
};

// nullptr where the machine cannot run it.
const Kernels* avx512_kernels();
const Kernels* avx2_kernels();
const Kernels* base_kernels();

}  // namespace qopt::light_cone
