// Real rotations of single qubits: x0' = x0 - t x1, x1' = x1 + t x0, t the tangent; the cosines go into the next phase.
// exp(i b X) has this form once amplitude k is divided by i**popcount(k): real and imaginary parts never meet.
//
// For gradients two vectors x (the state) and y (its adjoint) turn together, and each bit's <y, G x> is summed just before
// the bit is rotated, G the rotation's generator: y1 x0 - y0 x1.
#pragma once
#include "_simd.h"

namespace qopt::ISA {

constexpr int REGISTER_BITS = VECTOR_BYTES == 64 ? 4 : 3;  // 2**REGISTER_BITS vectors are held in registers at once

// Signs and tangents of the qubits that live inside a vector.
template <class T> struct LaneTangents {
  Vec<T> t[lane_bits<T> + 1] = {};
  explicit LaneTangents(const T* tangents) {
    for (int bit = 0; bit < lane_bits<T>; bit++)
      for (int lane = 0; lane < lanes<T>; lane++) t[bit][lane] = (lane >> bit & 1) ? tangents[bit] : -tangents[bit];
  }
};

template <class T, int bit = 0> INLINE Vec<T> rotate_lanes(Vec<T> x, const Vec<T>* t) {
  if constexpr (bit < lane_bits<T>)
    return rotate_lanes<T, bit + 1>(x + t[bit] * flipped<T, (1 << bit)>(x), t);
  else
    return x;
}

// inner[bit] sums y x_flipped; its lanes still want the signs of LaneTangents.
template <class T, int bit = 0> INLINE void rotate_lanes(Vec<T>& x, Vec<T>& y, const Vec<T>* t, Vec<T>* inner) {
  if constexpr (bit < lane_bits<T>) {
    const Vec<T> other = flipped<T, (1 << bit)>(x);
    inner[bit] += y * other;
    x += t[bit] * other;
    y += t[bit] * flipped<T, (1 << bit)>(y);
    rotate_lanes<T, bit + 1>(x, y, t, inner);
  }
}

// The qubits that number the 2**BITS vectors x[k].
template <class T, int BITS> INLINE void rotate_vectors(Vec<T>* x, const T* tangents) {
#pragma GCC unroll 4
  for (int bit = 0; bit < BITS; bit++) {
    const Vec<T> t = splat(tangents[bit]);
#pragma GCC unroll 16
    for (int k = 0; k < 1 << BITS; k++)
      if (!(k >> bit & 1)) {
        const Vec<T> x0 = x[k], x1 = x[k + (1 << bit)];
        x[k] = x0 - t * x1;
        x[k + (1 << bit)] = x1 + t * x0;
      }
  }
}
template <class T, int BITS> INLINE void rotate_vectors(Vec<T>* x, Vec<T>* y, const T* tangents, Vec<T>* inner) {
#pragma GCC unroll 4
  for (int bit = 0; bit < BITS; bit++) {
    const Vec<T> t = splat(tangents[bit]);
#pragma GCC unroll 8
    for (int k = 0; k < 1 << BITS; k++)
      if (!(k >> bit & 1)) {
        const int other = k + (1 << bit);
        const Vec<T> x0 = x[k], x1 = x[other], y0 = y[k], y1 = y[other];
        inner[bit] += y1 * x0 - y0 * x1;
        x[k] = x0 - t * x1, x[other] = x1 + t * x0;
        y[k] = y0 - t * y1, y[other] = y1 + t * y0;
      }
  }
}

// Where 2**bits x rows x width numbers stand: groups, rows and columns.
template <class T> struct Grid {
  T* at;
  size_t group_pitch, row_pitch;
};

// Rotate the bits that number the groups, from one grid to another or in place; without tangents: copy.
template <class T, int BITS>
void rotate_grid(Grid<const T> in, Grid<T> out, size_t rows, size_t width, const T* tangents) {
  constexpr int K = 1 << BITS;
  T t[BITS + 1] = {};
  if (tangents) std::copy(tangents, tangents + BITS, t);
  for (size_t row = 0; row < rows; row++)
    for (size_t j = 0; j < width; j += lanes<T>) {
      const T* from = in.at + row * in.row_pitch + j;
      T* to = out.at + row * out.row_pitch + j;
      Vec<T> x[K];
#pragma GCC unroll 16
      for (int k = 0; k < K; k++) x[k] = load(from + k * in.group_pitch);
      if (tangents) rotate_vectors<T, BITS>(x, t);
#pragma GCC unroll 16
      for (int k = 0; k < K; k++) store(to + k * out.group_pitch, x[k]);
    }
}
template <class T, int BITS>
void rotate_grids(Grid<const T> x_in, Grid<const T> y_in, Grid<T> x_out, Grid<T> y_out, size_t rows, size_t width,
                  const T* tangents, Vec<T>* inner) {
  constexpr int K = 1 << BITS;
  T t[BITS + 1] = {};
  Vec<T> sums[BITS + 1] = {};
  if (tangents) std::copy(tangents, tangents + BITS, t);
  for (size_t row = 0; row < rows; row++)
    for (size_t j = 0; j < width; j += lanes<T>) {
      const size_t from = row * x_in.row_pitch + j, to = row * x_out.row_pitch + j;
      Vec<T> x[K], y[K];
#pragma GCC unroll 8
      for (int k = 0; k < K; k++) {
        x[k] = load(x_in.at + from + k * x_in.group_pitch);
        y[k] = load(y_in.at + from + k * y_in.group_pitch);
      }
      if (tangents) rotate_vectors<T, BITS>(x, y, t, sums);
#pragma GCC unroll 8
      for (int k = 0; k < K; k++) {
        store(x_out.at + to + k * x_out.group_pitch, x[k]);
        store(y_out.at + to + k * y_out.group_pitch, y[k]);
      }
    }
  for (int bit = 0; bit < BITS; bit++) inner[bit] += sums[bit];
}

// Rotate the lanes' bits and those of 2**BITS vectors in a row, for every such run of `count` vectors.
template <class T, int BITS> void rotate_runs(T* at, size_t count, const Vec<T>* lane_tangents, const T* tangents) {
  constexpr int K = 1 << BITS;
  T t[BITS + 1] = {};
  std::copy(tangents, tangents + BITS, t);
  for (size_t v = 0; v < count; v += K, at += K * lanes<T>) {
    Vec<T> x[K];
#pragma GCC unroll 16
    for (int k = 0; k < K; k++) x[k] = rotate_lanes<T>(load(at + k * lanes<T>), lane_tangents);
    rotate_vectors<T, BITS>(x, t);
#pragma GCC unroll 16
    for (int k = 0; k < K; k++) store(at + k * lanes<T>, x[k]);
  }
}
// inner: of the lanes' bits, then of the vectors'.
template <class T, int BITS>
void rotate_runs(T* x_at, T* y_at, size_t count, const Vec<T>* lane_tangents, const T* tangents, Vec<T>* inner) {
  constexpr int K = 1 << BITS;
  T t[BITS + 1] = {};
  Vec<T> sums[lane_bits<T> + BITS + 1] = {};
  std::copy(tangents, tangents + BITS, t);
  for (size_t v = 0; v < count; v += K, x_at += K * lanes<T>, y_at += K * lanes<T>) {
    Vec<T> x[K], y[K];
#pragma GCC unroll 8
    for (int k = 0; k < K; k++) {
      x[k] = load(x_at + k * lanes<T>), y[k] = load(y_at + k * lanes<T>);
      rotate_lanes<T>(x[k], y[k], lane_tangents, sums);
    }
    rotate_vectors<T, BITS>(x, y, t, sums + lane_bits<T>);
#pragma GCC unroll 8
    for (int k = 0; k < K; k++) store(x_at + k * lanes<T>, x[k]), store(y_at + k * lanes<T>, y[k]);
  }
  for (int bit = 0; bit < lane_bits<T> + BITS; bit++) inner[bit] += sums[bit];
}

// Calls body(constant<bits>) for bits 0 .. MOST, so that loops over vectors in registers have known lengths.
template <int MOST, class Body> INLINE void with_constant(int bits, Body body) {
  if constexpr (MOST > 0)
    if (bits < MOST) return with_constant<MOST - 1>(bits, body);
  body(std::integral_constant<int, MOST>{});
}

}  // namespace qopt::ISA
