// What each instruction set offers to the Python face: one table of functions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qopt::statevector {

enum Kind : int64_t { RX, RY, RZ, RXX, RZZ, H, CX, CZ };

struct Gate {
  int64_t kind, first, second, parameter;
};

// Arrays of one vector: real and imaginary parts.
struct Vec {
  double* re;
  double* im;
};

struct Kernels {
  const char* name;
  // All gates, in place, on 2^n amplitudes.
  void (*run)(const Vec&, int n, const Gate*, size_t count, const double* angles);
  // Undoes gates on a state and its cotangent; derivatives are added to `out`, one a parameter.
  void (*pull_back)(const Vec& state, const Vec& cotangent, int n, const std::vector<Gate>& backwards, const double* angles,
                    double* out);
  // The unscaled Walsh-Hadamard transform of 2^n numbers, in place.
  void (*walsh)(double*, int n);
};

// nullptr where the machine cannot run it.
const Kernels* avx512_kernels();
const Kernels* avx2_kernels();
const Kernels* base_kernels();

}  // namespace qopt::statevector
