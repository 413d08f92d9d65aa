// Real rotations of single qubits: x0' = x0 - t x1, x1' = x1 + t x0, t the tangent; the cosines go into the next phase.
// exp(i b X) has this form once amplitude k is divided by i**popcount(k): real and imaginary parts never meet.

// Tangents of the qubits that live inside a vector, with the sign that each lane needs.
template <class T> struct LaneTangents {
  Vec<T> t[lane_bits<T> + 1] = {};
  explicit LaneTangents(const T* tangents) {
    for (int bit = 0; bit < lane_bits<T>; bit++)
      for (int lane = 0; lane < lanes<T>; lane++)
        t[bit][lane] = (lane >> bit & 1) ? tangents[bit] : -tangents[bit];
  }
};

template <class T, int bit = 0> INLINE Vec<T> rotate_lanes(Vec<T> x, const Vec<T>* t) {
  if constexpr (bit < lane_bits<T>)
    return rotate_lanes<T, bit + 1>(x + t[bit] * flipped<T, (1 << bit)>(x), t);
  else
    return x;
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

// A grid of 2**BITS x rows x width numbers: where its vectors stand.
template <class T> struct Grid {
  T* at;
  size_t group_pitch, row_pitch;
};

// Rotate the group's bits for every row and column, from one grid to another (or in place).
template <class T, int BITS>
void rotate_grid(Grid<const T> in, Grid<T> out, size_t rows, size_t width, const T* tangents) {
  constexpr int K = 1 << BITS;
  T t[4] = {};
  if (tangents)
    for (int bit = 0; bit < BITS; bit++) t[bit] = tangents[bit];
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

// Calls body(constant<bits>) for bits 0..4, so that loops over vectors in registers have known lengths.
template <class Body> INLINE void with_constant(int bits, Body body) {
  switch (bits) {
    case 0: return body(std::integral_constant<int, 0>{});
    case 1: return body(std::integral_constant<int, 1>{});
    case 2: return body(std::integral_constant<int, 2>{});
    case 3: return body(std::integral_constant<int, 3>{});
    default: return body(std::integral_constant<int, 4>{});
  }
}

// Rotate the lanes' bits and those of 2**BITS vectors in a row.
template <class T, int BITS> INLINE void rotate_run(T* x, const Vec<T>* lane_tangents, const T* tangents) {
  constexpr int K = 1 << BITS;
  Vec<T> v[K];
#pragma GCC unroll 16
  for (int k = 0; k < K; k++) v[k] = rotate_lanes<T>(load(x + k * lanes<T>), lane_tangents);
  rotate_vectors<T, BITS>(v, tangents);
#pragma GCC unroll 16
  for (int k = 0; k < K; k++) store(x + k * lanes<T>, v[k]);
}
