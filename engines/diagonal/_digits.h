// exp(-i gamma E) of small integers E by looking up two or three digits in registers (AVX-512) and multiplying: about
// half the work of the series. The highest digit carries the sign.
#pragma once
#include "_phase.h"

namespace qopt::ISA {

constexpr double FULL_TURN = 6.283185307179586;  // M_PI is not in the standard

template <class T> struct Digits {
  static constexpr int bits = lane_bits<T> + 1, base = 1 << bits;  // a digit indexes two vectors
  T cosine[3][base], sine[3][base];
  int count = 0;  // 0: not used

  // How many digits hold all |E| <= bound; 0 where the series is as good.
  static int needed(int bound) {
#if VECTOR_BYTES == 64
    for (int digits = 1; digits <= 3; digits++)
      if (bound < base / 2 << bits * (digits - 1)) return digits;
#endif
    (void)bound;
    return 0;
  }

  Digits() = default;
  Digits(double turns, double scale, int count_) : count(count_) {
    for (int digit = 0; digit < count; digit++) {
      const double angle = FULL_TURN * std::remainder(std::ldexp(turns, bits * digit), 1.0);
      const std::complex<double> one = std::polar(1.0, angle);
      std::complex<double> power = digit == 0 ? scale : 1.0;
      for (int value = 0; value < base / 2; value++, power *= one) put(digit, value, power);
      if (digit == count - 1) power = std::polar(digit == 0 ? scale : 1.0, -angle * (base / 2));
      for (int value = base / 2; value < base; value++, power *= one) put(digit, value, power);
    }
  }

 private:
  void put(int digit, int value, std::complex<double> power) {
    cosine[digit][value] = T(power.real()), sine[digit][value] = T(power.imag());
  }
};

#if VECTOR_BYTES == 64
INLINE Vec<double> look_up(const Vec<double>* table, Mask<double> index) {
  return _mm512_permutex2var_pd(table[0], __m512i(index), table[1]);
}
INLINE Vec<float> look_up(const Vec<float>* table, Mask<float> index) {
  return _mm512_permutex2var_ps(table[0], __m512i(index), table[1]);
}

// The tables of COUNT digits in registers.
template <class T, int COUNT> struct DigitFactor {
  Vec<T> cosines[COUNT][2], sines[COUNT][2];

  explicit DigitFactor(const Digits<T>& d) {
    std::memcpy(cosines, d.cosine, sizeof cosines), std::memcpy(sines, d.sine, sizeof sines);
  }
  INLINE void operator()(const int16_t* energies, Vec<T>& cosine, Vec<T>& sine) const {
    typedef int16_t raw __attribute__((vector_size(lanes<T> * 2)));
    raw values;
    std::memcpy(&values, energies, sizeof values);
    Mask<T> index = __builtin_convertvector(values, Mask<T>);  // look_up reads the lowest digit only
    cosine = look_up(cosines[0], index), sine = look_up(sines[0], index);
#pragma GCC unroll 2
    for (int digit = 1; digit < COUNT; digit++) {
      index >>= Digits<T>::bits;
      const Vec<T> c = look_up(cosines[digit], index), s = look_up(sines[digit], index), first = cosine;
      cosine = first * c - sine * s;
      sine = sine * c + first * s;
    }
  }
};
#endif

// exp(-i gamma E) of all small integers E, cosine and sine side by side: with AVX2, which has no tables in registers but
// can load pairs, reading them from the first-level cache takes half the time of the series.
template <class T> struct Table {
#if VECTOR_BYTES == 32 && (defined(__clang__) || __GNUC__ >= 12)
  static constexpr bool helps = lanes<T> == 4;
#else
  static constexpr bool helps = false;
#endif
  static constexpr int most = 2048, share = 32;  // entries; points of the state for each entry, so that building is cheap
  std::vector<T> pairs;
  int bound = 0;  // 0: not used

  static bool fits(int bound, size_t points) {
    const size_t entries = 2 * size_t(bound) + 1;
    return helps && bound > 0 && entries <= most && entries * share <= points;
  }

  Table() = default;
  Table(double turns, double scale, int bound_) : pairs(4 * bound_ + 2), bound(bound_) {
    constexpr int step = 32;  // an entry is one product of two exact powers
    auto power = [&](int energy) { return std::polar(1.0, FULL_TURN * std::remainder(turns * energy, 1.0)); };
    std::complex<double> fine[step];
    for (int k = 0; k < step; k++) fine[k] = power(k);
    for (int first = -bound; first <= bound; first += step) {
      const std::complex<double> coarse = scale * power(first);
      for (int k = 0; k < step && first + k <= bound; k++) {
        T* pair = &pairs[2 * (first + k + bound)];
        pair[0] = T(coarse.real() * fine[k].real() - coarse.imag() * fine[k].imag());
        pair[1] = T(coarse.real() * fine[k].imag() + coarse.imag() * fine[k].real());
      }
    }
  }
};

template <class T> struct TableFactor {
  const T* zero;  // the pair of E = 0

  explicit TableFactor(const Table<T>& table) : zero(table.pairs.data() + 2 * table.bound) {}
  INLINE void operator()(const int16_t* energies, Vec<T>& cosine, Vec<T>& sine) const {
    if constexpr (Table<T>::helps) {
      typedef T Pair __attribute__((vector_size(2 * sizeof(T)), aligned(sizeof(T)), may_alias));
      auto at = [&](int lane) { return *reinterpret_cast<const Pair*>(zero + 2 * energies[lane]); };
      const Vec<T> even = __builtin_shufflevector(at(0), at(2), 0, 1, 2, 3);
      const Vec<T> odd = __builtin_shufflevector(at(1), at(3), 0, 1, 2, 3);
      cosine = __builtin_shufflevector(even, odd, 0, 4, 2, 6), sine = __builtin_shufflevector(even, odd, 1, 5, 3, 7);
    }
  }
};

}  // namespace qopt::ISA
