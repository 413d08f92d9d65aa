// The sums of a network of small tensors, and the derivatives of its value by all angles, for many rows of numbers; for the
// instruction set of the file that includes this.
//
// Rows of one network are taken eight at a time as lanes where their tensors fit in the cache; each lane is a row of
// its own, so that a row's result does not depend on the others. Kinds of factors are those of network.py.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "_contract.h"

#define INLINE inline __attribute__((always_inline))

namespace qopt::light_cone {
namespace {

// Where the bits of an index that an input has stand in the input's own index: two tables, low half and high half.
struct Maps {
  int low_bits = 0;
  std::vector<uint32_t> table;
  void fill(const int64_t* masks, size_t count, int bits) {
    low_bits = (bits + 1) / 2;
    const size_t low = size_t(1) << low_bits, high = size_t(1) << (bits - low_bits);
    table.resize(count * (low + high));
    for (size_t i = 0; i < count; ++i) {
      uint32_t* to = table.data() + i * (low + high);
      for (size_t u = 0; u < low; ++u) to[u] = pressed(u, masks[i], bits);
      for (size_t u = 0; u < high; ++u) to[low + u] = pressed(u << low_bits, masks[i], bits);
    }
  }
  static uint32_t pressed(size_t index, int64_t mask, int bits) {
    uint32_t out = 0;
    for (int b = 0, place = 0; b < bits; ++b)
      if (mask >> b & 1) out |= uint32_t(index >> b & 1) << place++;
    return out;
  }
};

template <int L>
struct Complex {
  double re[L], im[L];
};

template <int L>
INLINE void times(Complex<L>& out, const Complex<L>& a, const Complex<L>& b) {
#pragma omp simd
  for (int l = 0; l < L; ++l) {
    const double re = a.re[l] * b.re[l] - a.im[l] * b.im[l];
    out.im[l] = a.re[l] * b.im[l] + a.im[l] * b.re[l];
    out.re[l] = re;
  }
}

template <int L>
INLINE void add(Complex<L>& out, const Complex<L>& a) {
#pragma omp simd
  for (int l = 0; l < L; ++l) out.re[l] += a.re[l], out.im[l] += a.im[l];
}

template <int L>
INLINE void add_product(Complex<L>& out, const Complex<L>& a, const Complex<L>& b) {
#pragma omp simd
  for (int l = 0; l < L; ++l) {
    out.re[l] += a.re[l] * b.re[l] - a.im[l] * b.im[l];
    out.im[l] += a.re[l] * b.im[l] + a.im[l] * b.re[l];
  }
}

// A factor's angle per lane, and the coefficient that gamma has in it.
template <int L>
INLINE void numbers(const Factor& f, const Rows& rows, size_t row, size_t used, double* coefficient) {
  for (int l = 0; l < L; ++l) {
    const size_t r = row + std::min(size_t(l), used - 1);
    coefficient[l] = f.kind == COUPLING ? rows.couplings[r * rows.num_couplings + f.which]
                     : f.kind == FIELD  ? rows.fields[r * rows.num_fields + f.which]
                                        : 1.0;
  }
}

template <int L>
INLINE void fill(const Factor& f, const Rows& rows, size_t row, size_t used, Complex<L>* to) {
  double coefficient[L];
  numbers<L>(f, rows, row, used, coefficient);
  for (int l = 0; l < L; ++l) {
    if (f.kind == SIGN) {
      to[0].re[l] = 1.0, to[1].re[l] = -1.0, to[0].im[l] = to[1].im[l] = 0.0;
    } else if (f.kind == MIXER) {
      const double c = std::cos(rows.betas[f.layer]), s = double(f.side) * std::sin(rows.betas[f.layer]);
      to[0].re[l] = to[3].re[l] = c, to[1].re[l] = to[2].re[l] = 0.0;
      to[0].im[l] = to[3].im[l] = 0.0, to[1].im[l] = to[2].im[l] = s;
    } else {
      const double angle = double(f.side) * rows.gammas[f.layer] * coefficient[l];
      const double c = std::cos(angle), s = std::sin(angle);
      const int opposite = f.kind == FIELD ? 1 : 2;
      for (int k = 0; k < 2 * opposite; ++k) {
        const bool same = f.kind == FIELD ? k == 0 : k == 0 || k == 3;
        to[k].re[l] = c, to[k].im[l] = same ? -s : s;
      }
    }
  }
}

// Adds Re(sum of slope * d factor) to the gradient of each lane's row.
template <int L>
INLINE void collect(const Factor& f, const Rows& rows, size_t row, size_t used, const Complex<L>* value,
                    const Complex<L>* slope) {
  if (f.kind == SIGN) return;
  double coefficient[L];
  numbers<L>(f, rows, row, used, coefficient);
  for (size_t l = 0; l < used; ++l) {
    double* out = rows.gradients + (row + l) * 2 * rows.num_layers + f.layer;
    const double side = double(f.side);
    if (f.kind == MIXER) {
      const double c = std::cos(rows.betas[f.layer]), s = std::sin(rows.betas[f.layer]);
      out[rows.num_layers] -= s * (slope[0].re[l] + slope[3].re[l]) + side * c * (slope[1].im[l] + slope[2].im[l]);
      continue;
    }
    double sum = 0.0;  // of spin * Im(slope * value)
    for (int k = 0; k < (f.kind == FIELD ? 2 : 4); ++k) {
      const bool same = f.kind == FIELD ? k == 0 : k == 0 || k == 3;
      const double im = slope[k].re[l] * value[k].im[l] + slope[k].im[l] * value[k].re[l];
      sum += same ? im : -im;
    }
    out[0] += side * coefficient[l] * sum;
  }
}

template <int L>
INLINE void forward_step(const Network& net, size_t step, Complex<L>* tensors, Maps& maps, const Complex<L>** from) {
  const size_t first = size_t(net.starts[step]), count = size_t(net.starts[step + 1]) - first;
  const int bits = int(net.widths[step]) + 1;
  maps.fill(net.masks + first, count, bits);
  const size_t low = size_t(1) << maps.low_bits, high = size_t(1) << (bits - maps.low_bits);
  for (size_t i = 0; i < count; ++i) from[i] = tensors + net.offsets[size_t(net.inputs[first + i])];
  Complex<L>* out = tensors + net.offsets[net.num_factors + step];
  for (size_t u = 0; u < low * high; ++u) {
    Complex<L> product{};
    for (size_t i = 0; i < count; ++i) {
      const uint32_t* table = maps.table.data() + i * (low + high);
      const Complex<L>& next = from[i][table[u & (low - 1)] + table[low + (u >> maps.low_bits)]];
      if (i == 0)
        product = next;
      else
        times<L>(product, product, next);
    }
    if (u & 1)
      add<L>(out[u >> 1], product);
    else
      out[u >> 1] = product;
  }
}

template <int L>
INLINE void backward_step(const Network& net, size_t step, const Complex<L>* tensors, Complex<L>* slopes, Maps& maps,
                          const Complex<L>** from, Complex<L>** to, Complex<L>* before) {
  const size_t first = size_t(net.starts[step]), count = size_t(net.starts[step + 1]) - first;
  const int bits = int(net.widths[step]) + 1;
  maps.fill(net.masks + first, count, bits);
  const size_t low = size_t(1) << maps.low_bits, high = size_t(1) << (bits - maps.low_bits);
  for (size_t i = 0; i < count; ++i) {
    const size_t offset = net.offsets[size_t(net.inputs[first + i])];
    from[i] = tensors + offset, to[i] = slopes + offset;
  }
  const Complex<L>* above = slopes + net.offsets[net.num_factors + step];
  for (size_t u = 0; u < low * high; ++u) {
    const size_t a = u & (low - 1), b = low + (u >> maps.low_bits);
    before[0] = above[u >> 1];
    for (size_t i = 0; i + 1 < count; ++i) {
      const uint32_t* table = maps.table.data() + i * (low + high);
      times<L>(before[i + 1], before[i], from[i][table[a] + table[b]]);
    }
    Complex<L> after{};
    for (size_t i = count; i-- > 0;) {
      const uint32_t* table = maps.table.data() + i * (low + high);
      const size_t at = table[a] + table[b];
      if (i + 1 == count) {
        add<L>(to[i][at], before[i]);
        after = from[i][at];
      } else {
        add_product<L>(to[i][at], before[i], after);
        times<L>(after, after, from[i][at]);
      }
    }
  }
}

template <int L>
INLINE void evaluate_rows(const Network& net, const Rows& rows) {
  std::vector<Complex<L>> tensors(net.size()), slopes(rows.gradients ? net.size() : 0), before(net.most_inputs + 1);
  std::vector<const Complex<L>*> from(net.most_inputs + 1);
  std::vector<Complex<L>*> to(net.most_inputs + 1);
  Maps maps;
  for (size_t row = 0; row < rows.num_rows; row += L) {
    const size_t used = std::min(size_t(L), rows.num_rows - row);
    for (size_t k = 0; k < net.num_factors; ++k)
      fill<L>(net.factors[k], rows, row, used, tensors.data() + net.offsets[k]);
    for (size_t k = 0; k < net.num_steps; ++k) forward_step<L>(net, k, tensors.data(), maps, from.data());
    Complex<L> value{};
    for (int l = 0; l < L; ++l) value.re[l] = rows.scale;
    for (size_t k = 0; k < net.num_ends; ++k) times<L>(value, value, tensors[net.offsets[size_t(net.ends[k])]]);
    bool is_wanted = false;
    for (size_t l = 0; l < used; ++l) {
      rows.values[row + l] = value.re[l];
      is_wanted |= rows.gradients && rows.weights[row + l] != 0.0;
    }
    if (!is_wanted) continue;
    std::fill(slopes.begin(), slopes.end(), Complex<L>{});
    for (size_t k = 0; k < net.num_ends; ++k) {
      Complex<L> others{};
      for (int l = 0; l < L; ++l) others.re[l] = rows.scale;
      for (size_t j = 0; j < net.num_ends; ++j)
        if (j != k) times<L>(others, others, tensors[net.offsets[size_t(net.ends[j])]]);
      slopes[net.offsets[size_t(net.ends[k])]] = others;
    }
    for (size_t k = net.num_steps; k-- > 0;)
      backward_step<L>(net, k, tensors.data(), slopes.data(), maps, from.data(), to.data(), before.data());
    for (size_t k = 0; k < net.num_factors; ++k)
      collect<L>(net.factors[k], rows, row, used, tensors.data() + net.offsets[k], slopes.data() + net.offsets[k]);
  }
}

void evaluate_one(const Network& net, const Rows& rows) { evaluate_rows<1>(net, rows); }
void evaluate_lanes(const Network& net, const Rows& rows) { evaluate_rows<LANES>(net, rows); }

}  // namespace
}  // namespace qopt::light_cone
