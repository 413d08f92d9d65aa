// A network of small tensors, the numbers of its rows, and arithmetic on several complex numbers at once.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "_contract.h"

#define INLINE inline __attribute__((always_inline))

namespace qopt::light_cone {
namespace {  // of one instruction set

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

// Entries of a factor, where gamma has this coefficient in it.
INLINE void entries(const Factor& f, const Rows& rows, double coefficient, Complex<1>* to) {
  if (f.kind == SIGN) {
    to[0] = {{1.0}, {0.0}}, to[1] = {{-1.0}, {0.0}};
  } else if (f.kind == MIXER) {
    const double c = std::cos(rows.betas[f.layer]), s = double(f.side) * std::sin(rows.betas[f.layer]);
    to[0] = to[3] = {{c}, {0.0}}, to[1] = to[2] = {{0.0}, {s}};
  } else {
    const double angle = double(f.side) * rows.gammas[f.layer] * coefficient;
    const double c = std::cos(angle), s = std::sin(angle);
    for (int k = 0; k < f.size(); ++k) to[k] = {{c}, {f.is_same(k) ? -s : s}};
  }
}

// Adds Re(sum of slope * d factor) to the gradient.
INLINE void collect(const Factor& f, const Rows& rows, double coefficient, const Complex<1>* value,
                    const Complex<1>* slope) {
  if (f.kind == SIGN) return;
  double* out = rows.gradient + f.layer;
  const double side = double(f.side);
  if (f.kind == MIXER) {
    const double c = std::cos(rows.betas[f.layer]), s = std::sin(rows.betas[f.layer]);
    out[rows.num_layers] -= s * (slope[0].re[0] + slope[3].re[0]) + side * c * (slope[1].im[0] + slope[2].im[0]);
    return;
  }
  double sum = 0.0;  // of spin * Im(slope * value)
  for (int k = 0; k < f.size(); ++k) {
    const double im = slope[k].re[0] * value[k].im[0] + slope[k].im[0] * value[k].re[0];
    sum += f.is_same(k) ? im : -im;
  }
  out[0] += side * coefficient * sum;
}

}  // namespace
}  // namespace qopt::light_cone
