// exp(-i gamma E) without libm and without a table in memory: quarter turns are counted off by adding a large number,
// sine and cosine of what is left (at most an eighth of a turn) are polynomials, Chebyshev fits in the square.
#pragma once
#include "_rotate.h"

namespace qopt::ISA {

template <class T> struct Series;
template <> struct Series<double> {
  static constexpr double shift = 0x1.8p52;  // adding it rounds to an integer, which then stands in the low bits
  static constexpr int sines = 7, cosines = 7;
  static constexpr double sine[sines] = {1.5707963267948966,     -0.64596409750624428,   0.079692626246043008,
                                         -0.0046817541323409756, 0.00016044115074219091, -3.5986433529823099e-06,
                                         5.6339337815378543e-08};
  static constexpr double cosine[cosines] = {1.0,
                                             -1.2337005501361513,
                                             0.25366950789986475,
                                             -0.020863480734946569,
                                             0.00091925995004166097,
                                             -2.5200135264284791e-05,
                                             4.6552961874867623e-07};
};
template <> struct Series<float> {
  static constexpr float shift = 0x1.8p23f;
  static constexpr int sines = 4, cosines = 5;
  static constexpr float sine[sines] = {1.5707963219532366f, -0.64596347766481177f, 0.079680217647755416f,
                                        -0.0046021492128141758f};
  static constexpr float cosine[cosines] = {0.99999999995248945f, -1.2337005406331623f, 0.25366920365511347f,
                                            -0.020860069500264079f, 0.00090362806638025054f};
};

// A phase's constants: quarter turns for each unit of energy (high and low part) and the series, times a scale.
template <class T> struct Phase {
  T quarters = 0, quarters_low = 0, scale = 1;
  T sine[Series<T>::sines], cosine[Series<T>::cosines];

  Phase(double turns, double scale_) : scale(T(scale_)) {
    quarters = T(4 * turns);
    quarters_low = T(4 * turns - double(quarters));
    for (int k = 0; k < Series<T>::sines; k++) sine[k] = T(Series<T>::sine[k] * scale_);
    for (int k = 0; k < Series<T>::cosines; k++) cosine[k] = T(Series<T>::cosine[k] * scale_);
  }
};

// A polynomial of N coefficients at v, by pairs: shorter chains of dependent operations than Horner's.
template <class T, int N> INLINE Vec<T> polynomial(const T (&c)[N], Vec<T> v, Vec<T> v_squared) {
  Vec<T> pair[(N + 1) / 2];
#pragma GCC unroll 8
  for (int k = 0; k < N / 2; k++) pair[k] = v * c[2 * k + 1] + c[2 * k];
  if (N % 2) pair[N / 2] = splat(c[N - 1]);
  Vec<T> sum = pair[(N - 1) / 2];
#pragma GCC unroll 8
  for (int k = (N - 1) / 2 - 1; k >= 0; k--) sum = sum * v_squared + pair[k];
  return sum;
}

// scale * (cosine, sine) of the angle 2 pi turns E.
template <class T> INLINE void cos_sin(Vec<T> energy, const Phase<T>& p, Vec<T>& cosine, Vec<T>& sine) {
  constexpr int top = sizeof(T) * 8 - 1;
  const Vec<T> counted = energy * p.quarters + Series<T>::shift;
  Vec<T> rest = energy * p.quarters - (counted - Series<T>::shift);
  if constexpr (sizeof(T) == 4) rest += energy * p.quarters_low;
  const Vec<T> square = rest * rest, fourth = square * square;
  const Vec<T> s = rest * polynomial(p.sine, square, fourth), c = polynomial(p.cosine, square, fourth);
  const Mask<T> quarter = reinterpret_cast<const Mask<T>&>(counted);
  const Mask<T> odd = (quarter << top) < 0;
  const Vec<T> c1 = odd ? s : c, s1 = odd ? c : s;
  const Mask<T> sign = Mask<T>{} + (typename VectorOf<T>::Bits(1) << top);
  const Mask<T> c2 = reinterpret_cast<const Mask<T>&>(c1) ^ (((quarter + 1) << (top - 1)) & sign);
  const Mask<T> s2 = reinterpret_cast<const Mask<T>&>(s1) ^ ((quarter << (top - 1)) & sign);
  cosine = reinterpret_cast<const Vec<T>&>(c2);
  sine = reinterpret_cast<const Vec<T>&>(s2);
}

// (r + i im) *= scale exp(-2 pi i turns E)
template <class T> INLINE void turn(Vec<T>& re, Vec<T>& im, Vec<T> cosine, Vec<T> sine) {
  const Vec<T> r = re;
  re = r * cosine + im * sine;
  im = im * cosine - r * sine;
}

}  // namespace qopt::ISA
