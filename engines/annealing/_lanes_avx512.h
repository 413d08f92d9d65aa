// Lanes of 64 bytes by AVX-512: a mask is one bit a lane, in a mask register.
#pragma once
#define QOPT_LANES
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#define INLINE inline __attribute__((always_inline))

namespace {

struct AvxLanes {
  typedef __m512i Vec;
  static INLINE Vec load(const void* at) { return _mm512_load_si512(at); }
  static INLINE Vec load_any(const void* at) { return _mm512_loadu_si512(at); }
  static INLINE void store(void* at, Vec value) { _mm512_store_si512(at, value); }
  template <class M> static INLINE bool any(M mask) { return mask != 0; }
  template <class M> static INLINE int count(M mask) { return __builtin_popcountll(uint64_t(mask)); }
  template <class M> static INLINE M flipped(M up, M flips) { return M(up ^ flips); }
  template <class M> static INLINE bool is_up(M mask, int lane) { return (mask >> lane) & 1; }
  template <class M> static INLINE M toggled(M mask, int lane) { return M(mask ^ (M(1) << lane)); }
  template <class M, int width> static M mask_of(const int8_t* spins) {
    const __mmask64 within = width == 64 ? ~__mmask64(0) : (__mmask64(1) << (width % 64)) - 1;
    return M(_mm512_cmpgt_epi8_mask(_mm512_maskz_loadu_epi8(within, spins), _mm512_setzero_si512()));
  }
  template <class M, int width> static void spins_of(M mask, int8_t* spins) {
    const __mmask64 within = width == 64 ? ~__mmask64(0) : (__mmask64(1) << (width % 64)) - 1;
    const Vec ups = _mm512_mask_blend_epi8(__mmask64(mask), _mm512_set1_epi8(-1), _mm512_set1_epi8(1));
    _mm512_mask_storeu_epi8(spins, within, ups);
  }
  template <class M, int width> static INLINE int first_of(M mask, int first) {
    const uint64_t left = first >= width ? 0 : uint64_t(mask) >> first << first;
    return left ? __builtin_ctzll(left) : width;
  }
};

template <class T> struct Lanes;

#define QOPT_LANES(type, mask_type, suffix, scalar)                                                                    \
  template <> struct Lanes<type> : AvxLanes {                                                                          \
    typedef type Value;                                                                                                \
    typedef mask_type Mask;                                                                                            \
    static constexpr int width = 64 / int(sizeof(type));                                                               \
    static INLINE Vec splat(type value) { return _mm512_set1_##suffix(scalar(value)); }                                \
    static INLINE Vec add(Vec a, Vec b) { return _mm512_add_##suffix(a, b); }                                          \
    static INLINE Vec subtract(Vec a, Vec b) { return _mm512_sub_##suffix(a, b); }                                     \
    static INLINE Vec gain(Vec field, Mask up) {                                                                       \
      return _mm512_mask_sub_##suffix(field, up, _mm512_setzero_si512(), field);                                       \
    }                                                                                                                  \
    static INLINE Mask at_most(Vec a, Vec b) { return _mm512_cmple_##suffix##_mask(a, b); }                            \
    static INLINE Vec step(Mask up, Mask flips, type twice) {                                                          \
      return _mm512_maskz_mov_##suffix(flips, _mm512_mask_blend_##suffix(up, splat(twice), splat(type(-twice))));      \
    }                                                                                                                  \
    static Mask from_spins(const int8_t* spins) { return mask_of<Mask, width>(spins); }                                \
    static void to_spins(Mask mask, int8_t* spins) { spins_of<Mask, width>(mask, spins); }                             \
    static INLINE int first_set(Mask mask, int first) { return first_of<Mask, width>(mask, first); }                   \
  };

QOPT_LANES(int8_t, __mmask64, epi8, char)
QOPT_LANES(int16_t, __mmask32, epi16, short)
QOPT_LANES(int32_t, __mmask16, epi32, int)
#undef QOPT_LANES

template <> struct Lanes<double> : AvxLanes {
  typedef double Value;
  typedef __mmask8 Mask;
  static constexpr int width = 8;
  static INLINE __m512d real(Vec v) { return _mm512_castsi512_pd(v); }
  static INLINE Vec bits(__m512d v) { return _mm512_castpd_si512(v); }
  static INLINE Vec splat(double value) { return bits(_mm512_set1_pd(value)); }
  static INLINE Vec add(Vec a, Vec b) { return bits(_mm512_add_pd(real(a), real(b))); }
  static INLINE Vec subtract(Vec a, Vec b) { return bits(_mm512_sub_pd(real(a), real(b))); }
  static INLINE Vec gain(Vec field, Mask up) {
    return bits(_mm512_mask_sub_pd(real(field), up, _mm512_setzero_pd(), real(field)));
  }
  static INLINE Mask at_most(Vec a, Vec b) { return _mm512_cmp_pd_mask(real(a), real(b), _CMP_LE_OQ); }
  static INLINE Vec step(Mask up, Mask flips, double twice) {
    return bits(_mm512_maskz_mov_pd(flips, _mm512_mask_blend_pd(up, _mm512_set1_pd(twice), _mm512_set1_pd(-twice))));
  }
  static Mask from_spins(const int8_t* spins) { return mask_of<Mask, width>(spins); }
  static void to_spins(Mask mask, int8_t* spins) { spins_of<Mask, width>(mask, spins); }
  static INLINE int first_set(Mask mask, int first) { return first_of<Mask, width>(mask, first); }
};

}  // namespace
