// Random numbers of the annealers: a counter of 64-bit words, and a pool of exponential or logistic variates from it.
//
// A variate is drawn once and serves many tests: each visit reads consecutive entries of the pool from a random
// offset, and each sweep draws an eighth of the pool anew. All arithmetic is float32 in a fixed order without fused
// operations, so that NumPy computes the same bits (reference.py).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// SplitMix64: Steele, Lea, Flood (2014), doi:10.1145/2660193.2660195.
struct Counter {
  uint64_t state;
  static constexpr uint64_t gamma = 0x9E3779B97F4A7C15ull;
  static uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  uint64_t next() { return mixed(state += gamma); }
  // Uniform in 0 .. n - 1, n < 2**32.
  uint32_t below(uint32_t n) { return uint32_t(((next() >> 32) * n) >> 32); }
};

// ln(1 + f) / f by powers of f, fitted at Chebyshev nodes for sqrt(1/2) <= 1 + f < sqrt(2).
constexpr float log_powers[9] = {1.0f, -0.49999988079071045f, 0.3333418369293213f, -0.2500215470790863f, 0.19956977665424347f,
                                 -0.16560696065425873f, 0.14949095249176025f, -0.14377330243587494f, 0.08743945509195328f};

// -ln(x) for 0 < x < 1; relative error below 2e-7.
inline float minus_log(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, 4);
  const int32_t shifted = bits - 0x3f3504f3;  // the mantissa's bits below those of sqrt(1/2) are in [sqrt(1/2), 1)
  const int32_t exponent = shifted >> 23;
  const int32_t mantissa = (shifted & 0x7fffff) + 0x3f3504f3;
  float m;
  std::memcpy(&m, &mantissa, 4);
  const float f = m - 1.0f;
  float p = log_powers[8];
  for (int power = 7; power >= 0; power--) p = p * f + log_powers[power];
  const float value = -(float(exponent) * 0.693147182f + p * f);
  return value > 0.0f ? value : 0.0f;
}

// The middle of one of 2**23 equal parts of (0, 1).
inline float unit(uint32_t word) { return (float(int32_t(word >> 9)) + 0.5f) * (1.0f / 8388608.0f); }

inline float variate(uint32_t word, bool gibbs) {
  const float u = unit(word);
  return gibbs ? minus_log(u) - minus_log(1.0f - u) : minus_log(u);
}

class Pool {
 public:
  Pool(float* values, size_t size, size_t lanes, bool gibbs) : values_(values), size_(size), lanes_(lanes), gibbs_(gibbs) {}

  void fill(Counter& counter) { draw(counter, 0, size_); }
  void refresh(Counter& counter) {
    const size_t part = counter.next() >> 61;
    draw(counter, part * (size_ / 8), size_ / 8);
  }
  size_t offsets() const { return size_ - 1; }

  // Thresholds floor(t * variate) within +-cap, in the lane's type.
  template <class T> void scale(T* out, float t, float cap) const {
    const size_t count = size_ + lanes_;
    const float* __restrict values = values_;  // stores of bytes could change the member, for the compiler
    T* __restrict limits = out;
    for (size_t k = 0; k < count; k++) {
      float x = values[k] * t;
      x = x < cap ? x : cap;
      x = x > -cap ? x : -cap;
      int32_t whole = int32_t(x);
      whole -= float(whole) > x ? 1 : 0;
      limits[k] = T(whole);
    }
  }
  void scale(double* out, float t, float) const {
    const size_t count = size_ + lanes_;
    for (size_t k = 0; k < count; k++) out[k] = double(values_[k]) * double(t);
  }

 private:
  void draw(Counter& counter, size_t first, size_t count) {
    float* at = values_ + first;
    constexpr size_t part = 32;  // words at a time; counts are multiples of it, or less than it
    for (size_t done = 0; done < count; done += 2 * part) {
      const size_t words = count - done < 2 * part ? (count - done) / 2 : part;
      uint64_t word[part];
      for (size_t k = 0; k < words; k++) word[k] = Counter::mixed(counter.state + (k + 1) * Counter::gamma);
      counter.state += words * Counter::gamma;
      uint32_t half[2 * part];
      std::memcpy(half, word, 8 * words);
      if (gibbs_)
        for (size_t k = 0; k < 2 * words; k++) at[done + k] = variate(half[k], true);
      else
        for (size_t k = 0; k < 2 * words; k++) at[done + k] = variate(half[k], false);
    }
    for (size_t k = 0; k < lanes_; k++) values_[size_ + k] = values_[k];  // reads past the end go on at the start
  }

  float* values_;
  size_t size_, lanes_;
  bool gibbs_;
};

}  // namespace
