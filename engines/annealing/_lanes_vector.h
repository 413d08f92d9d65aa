// Lanes of 64 bytes by the compiler's own vectors: any machine. A mask is a vector of 0 and -1.
#pragma once
#define QOPT_LANES
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// arrays of vectors are aligned by _memory.h, whatever a template argument says
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wignored-attributes"
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#define INLINE inline __attribute__((always_inline))

namespace {

template <class T> struct Lanes {
  typedef T Value;
  typedef std::conditional_t<sizeof(T) == 8, int64_t, T> Bits;
  typedef T Vec __attribute__((vector_size(64), aligned(64), may_alias));
  typedef T Loose __attribute__((vector_size(64), aligned(1), may_alias));
  typedef Bits Mask __attribute__((vector_size(64), aligned(64), may_alias));
  typedef int64_t Words __attribute__((vector_size(64), aligned(64), may_alias));
  static constexpr int width = 64 / int(sizeof(T));

  static INLINE Vec load(const T* at) { return *reinterpret_cast<const Vec*>(at); }
  static INLINE Vec load_any(const T* at) { return Vec(*reinterpret_cast<const Loose*>(at)); }
  static INLINE void store(T* at, Vec value) { *reinterpret_cast<Vec*>(at) = value; }
  static INLINE Vec splat(T value) { return value - Vec{}; }
  static INLINE Vec add(Vec a, Vec b) { return a + b; }
  static INLINE Vec subtract(Vec a, Vec b) { return a - b; }
  static INLINE Vec chosen(Mask mask, Vec yes, Vec no) { return mask ? yes : no; }
  // -s f, with s = +1 where the mask is set.
  static INLINE Vec gain(Vec field, Mask up) { return chosen(up, -field, field); }
  static INLINE Mask at_most(Vec a, Vec b) { return a <= b; }
  static INLINE bool any(Mask mask) {
    const Words words = Words(mask);
    int64_t all = 0;
    for (int k = 0; k < 8; k++) all |= words[k];
    return all != 0;
  }
  static INLINE int count(Mask mask) {
    int set = 0;
    for (int lane = 0; lane < width; lane++) set += mask[lane] != 0;
    return set;
  }
  // What a neighbour's field gains when the chosen lanes flip: -2 J s.
  static INLINE Vec step(Mask up, Mask flips, T twice) {
    return chosen(flips, chosen(up, splat(T(-twice)), splat(twice)), Vec{});
  }
  static INLINE Mask flipped(Mask up, Mask flips) { return up ^ flips; }
  static Mask from_spins(const int8_t* spins) {
    Mask mask{};
    for (int lane = 0; lane < width; lane++) mask[lane] = spins[lane] > 0 ? -1 : 0;
    return mask;
  }
  static void to_spins(Mask mask, int8_t* spins) {
    for (int lane = 0; lane < width; lane++) spins[lane] = mask[lane] ? 1 : -1;
  }
  static INLINE bool is_up(Mask mask, int lane) { return mask[lane] != 0; }
  static INLINE Mask toggled(Mask mask, int lane) {
    mask[lane] = Bits(~mask[lane]);
    return mask;
  }
  // The first lane from `first` on that is set, or `width`.
  static INLINE int first_set(Mask mask, int first) {
    if (!any(mask)) return width;
    for (int lane = first; lane < width; lane++)
      if (mask[lane]) return lane;
    return width;
  }
};

}  // namespace
