// Vectors of VECTOR_BYTES bytes (GCC and Clang extensions), in a namespace of its own for each instruction set.
#pragma once
#include "_target.h"

namespace qopt::ISA {

template <class T> struct VectorOf {
  static constexpr int lanes = VECTOR_BYTES / sizeof(T);
  typedef std::conditional_t<sizeof(T) == 8, int64_t, int32_t> Bits;
  typedef T vec __attribute__((vector_size(VECTOR_BYTES), aligned(VECTOR_BYTES), may_alias));
  typedef Bits mask __attribute__((vector_size(VECTOR_BYTES), aligned(VECTOR_BYTES), may_alias));
};
template <class T> using Vec = typename VectorOf<T>::vec;
template <class T> using Mask = typename VectorOf<T>::mask;
template <class T> constexpr int lanes = VectorOf<T>::lanes;
constexpr int log2_of(int value) { return value <= 1 ? 0 : 1 + log2_of(value / 2); }
template <class T> constexpr int lane_bits = log2_of(lanes<T>);

template <class T> INLINE Vec<T> splat(T value) { return value - Vec<T>{}; }
template <class T> INLINE Vec<T> load(const T* at) { return *reinterpret_cast<const Vec<T>*>(at); }
template <class T> INLINE void store(T* at, Vec<T> value) { *reinterpret_cast<Vec<T>*>(at) = value; }

// The lanes in an order that flips the bits `flip` of their number.
template <class T, int flip, int... lane> INLINE Vec<T> flipped(Vec<T> v, std::integer_sequence<int, lane...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(v, v, (lane ^ flip)...);
#else
  return __builtin_shuffle(v, Mask<T>{(lane ^ flip)...});
#endif
}
template <class T, int flip> INLINE Vec<T> flipped(Vec<T> v) {
  return flipped<T, flip>(v, std::make_integer_sequence<int, lanes<T>>{});
}

// The lanes in reverse order: the points with all bits of their number flipped.
template <class T> INLINE Vec<T> reversed(Vec<T> v) { return flipped<T, lanes<T> - 1>(v); }

// Stored energies (int16, float or double, any alignment) as a vector of T. By way of int32: one instruction each.
template <class T, class C> INLINE Vec<T> load_energies(const C* at) {
  constexpr int size = lanes<T>;
  typedef C raw __attribute__((vector_size(size * sizeof(C))));
  raw values;
  std::memcpy(&values, at, sizeof values);
  if constexpr (std::is_integral_v<C>) {
    typedef int32_t wide __attribute__((vector_size(size * 4)));
    return __builtin_convertvector(__builtin_convertvector(values, wide), Vec<T>);
  } else {
    return __builtin_convertvector(values, Vec<T>);
  }
}

template <class T> INLINE double total(Vec<T> v) {
  double sum = 0;
  for (int lane = 0; lane < lanes<T>; lane++) sum += v[lane];
  return sum;
}

}  // namespace qopt::ISA
