// Gates, their adjoint and the Walsh-Hadamard transform on split real and imaginary parts, for the instruction set of the
// file that includes this.
//
// Consecutive gates on low qubits run block by block, so that a block of 2^12 amplitudes stays in the nearest cache
// while all of them pass over it; gates on high qubits pass over the whole state.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "_contract.h"

namespace qopt::statevector {
namespace {

constexpr int BLOCK_QUBITS = 12;

// (a, b) <- (c a + (xr + i xi) b, (yr + i yi) a + c b) over two runs of m amplitudes.
void mix(double* ar, double* ai, double* br, double* bi, size_t m, double c, double xr, double xi, double yr,
                double yi) {
#pragma omp simd
  for (size_t k = 0; k < m; ++k) {
    const double p = ar[k], q = ai[k], u = br[k], v = bi[k];
    ar[k] = c * p + xr * u - xi * v;
    ai[k] = c * q + xr * v + xi * u;
    br[k] = c * u + yr * p - yi * q;
    bi[k] = c * v + yr * q + yi * p;
  }
}

void turn(double* re, double* im, size_t m, double c, double s) {  // times c + i s
#pragma omp simd
  for (size_t k = 0; k < m; ++k) {
    const double p = re[k], q = im[k];
    re[k] = c * p - s * q;
    im[k] = c * q + s * p;
  }
}

void hadamard(double* ar, double* br, size_t m, double scale) {
#pragma omp simd
  for (size_t k = 0; k < m; ++k) {
    const double p = ar[k], u = br[k];
    ar[k] = scale * (p + u);
    br[k] = scale * (p - u);
  }
}

// Im of sum conj(l) p.
double dot_im(const double* lr, const double* li, const double* pr, const double* pi, size_t m) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t k = 0; k < m; ++k) sum += lr[k] * pi[k] - li[k] * pr[k];
  return sum;
}

// Re of sum conj(l) p.
double dot_re(const double* lr, const double* li, const double* pr, const double* pi, size_t m) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t k = 0; k < m; ++k) sum += lr[k] * pr[k] + li[k] * pi[k];
  return sum;
}

// Runs of short length m: the same kernels with the loop over the pairs outside; see each_pair.
template <class Body> inline void each_pair(size_t size, int qubit, Body body) {
  const size_t m = size_t(1) << qubit;
  for (size_t base = 0; base < size; base += 2 * m) body(base, base + m, m);
}

// Calls body(i00, i01, i10, i11, run) with indices of (bit first, bit second).
template <class Body> inline void each_quad(size_t size, int first, int second, Body body) {
  const int low = std::min(first, second), high = std::max(first, second);
  const size_t a = size_t(1) << low, b = size_t(1) << high;
  const size_t f = size_t(1) << first, s = size_t(1) << second;
  for (size_t outer = 0; outer < size; outer += 2 * b)
    for (size_t inner = outer; inner < outer + b; inner += 2 * a) body(inner, inner + s, inner + f, inner + f + s, a);
}

void swap_runs(double* x, double* y, size_t m) { std::swap_ranges(x, x + m, y); }

void negate(double* x, size_t m) {
  for (size_t k = 0; k < m; ++k) x[k] = -x[k];
}

void apply(const Vec& v, size_t size, const Gate& g, double angle) {
  const double c = std::cos(angle / 2), s = std::sin(angle / 2);
  double *re = v.re, *im = v.im;
  const int q = int(g.first), r = int(g.second);
  switch (g.kind) {
    case RX:
      each_pair(size, q, [&](size_t i, size_t j, size_t m) { mix(re + i, im + i, re + j, im + j, m, c, 0, -s, 0, -s); });
      break;
    case RY:
      each_pair(size, q, [&](size_t i, size_t j, size_t m) { mix(re + i, im + i, re + j, im + j, m, c, -s, 0, s, 0); });
      break;
    case RZ:
      each_pair(size, q, [&](size_t i, size_t j, size_t m) {
        turn(re + i, im + i, m, c, -s);
        turn(re + j, im + j, m, c, s);
      });
      break;
    case H:
      each_pair(size, q, [&](size_t i, size_t j, size_t m) {
        hadamard(re + i, re + j, m, std::sqrt(0.5));
        hadamard(im + i, im + j, m, std::sqrt(0.5));
      });
      break;
    case RXX:
      each_quad(size, q, r, [&](size_t i, size_t j, size_t k, size_t l, size_t m) {
        mix(re + i, im + i, re + l, im + l, m, c, 0, -s, 0, -s);
        mix(re + j, im + j, re + k, im + k, m, c, 0, -s, 0, -s);
      });
      break;
    case RZZ:
      each_quad(size, q, r, [&](size_t i, size_t j, size_t k, size_t l, size_t m) {
        turn(re + i, im + i, m, c, -s);
        turn(re + j, im + j, m, c, s);
        turn(re + k, im + k, m, c, s);
        turn(re + l, im + l, m, c, -s);
      });
      break;
    case CX:
      each_quad(size, q, r, [&](size_t, size_t, size_t k, size_t l, size_t m) {
        swap_runs(re + k, re + l, m);
        swap_runs(im + k, im + l, m);
      });
      break;
    case CZ:
      each_quad(size, q, r, [&](size_t, size_t, size_t, size_t l, size_t m) {
        negate(re + l, m);
        negate(im + l, m);
      });
      break;
  }
}

// Im <l| P |p> of the gate's Pauli.
double derivative(const Vec& l, const Vec& p, size_t size, const Gate& g) {
  double sum = 0;
  const int q = int(g.first), r = int(g.second);
  const auto im = [&](size_t i, size_t j, size_t m) { return dot_im(l.re + i, l.im + i, p.re + j, p.im + j, m); };
  const auto re = [&](size_t i, size_t j, size_t m) { return dot_re(l.re + i, l.im + i, p.re + j, p.im + j, m); };
  switch (g.kind) {
    case RX:
      each_pair(size, q, [&](size_t i, size_t j, size_t m) { sum += im(i, j, m) + im(j, i, m); });
      break;
    case RY:
      each_pair(size, q, [&](size_t i, size_t j, size_t m) { sum += re(j, i, m) - re(i, j, m); });
      break;
    case RZ:
      each_pair(size, q, [&](size_t i, size_t j, size_t m) { sum += im(i, i, m) - im(j, j, m); });
      break;
    case RXX:
      each_quad(size, q, r, [&](size_t i, size_t j, size_t k, size_t h, size_t m) {
        sum += im(i, h, m) + im(h, i, m) + im(j, k, m) + im(k, j, m);
      });
      break;
    case RZZ:
      each_quad(size, q, r, [&](size_t i, size_t j, size_t k, size_t h, size_t m) {
        sum += im(i, i, m) - im(j, j, m) - im(k, k, m) + im(h, h, m);
      });
      break;
    default:
      break;
  }
  return sum;
}

// Past the last gate from `first` on that stays within a block of 2^low qubits.
size_t end_of_run(const Gate* gates, size_t count, size_t first, int low) {
  size_t end = first;
  while (end < count && gates[end].first < low && gates[end].second < low) ++end;
  return end;
}

void run(const Vec& v, int n, const Gate* gates, size_t count, const double* angles) {
  const size_t size = size_t(1) << n;
  const int low = std::min(n, BLOCK_QUBITS);
  const size_t block = size_t(1) << low;
  for (size_t g = 0; g < count;) {
    const size_t end = end_of_run(gates, count, g, low);
    const auto angle = [&](size_t k) { return gates[k].parameter >= 0 ? angles[gates[k].parameter] : 0.0; };
    if (end == g) {
      apply(v, size, gates[g], angle(g));
      ++g;
      continue;
    }
    for (size_t base = 0; base < size; base += block)
      for (size_t k = g; k < end; ++k) apply({v.re + base, v.im + base}, block, gates[k], angle(k));
    g = end;
  }
}

void pull_back(const Vec& p, const Vec& l, int n, const std::vector<Gate>& backwards, const double* angles, double* out) {
  const size_t size = size_t(1) << n, count = backwards.size();
  const int low = std::min(n, BLOCK_QUBITS);
  const auto step = [&](const Vec& x, const Vec& y, size_t length, const Gate& gate) {
    double angle = 0;
    if (gate.parameter >= 0) {
      out[gate.parameter] += derivative(y, x, length, gate);
      angle = -angles[gate.parameter];
    }
    apply(x, length, gate, angle);
    apply(y, length, gate, angle);
  };
  const size_t block = size_t(1) << low;
  for (size_t g = 0; g < count;) {
    const size_t end = end_of_run(backwards.data(), count, g, low);
    if (end == g) {
      step(p, l, size, backwards[g]);
      ++g;
      continue;
    }
    for (size_t base = 0; base < size; base += block)
      for (size_t k = g; k < end; ++k)
        step({p.re + base, p.im + base}, {l.re + base, l.im + base}, block, backwards[k]);
    g = end;
  }
}

void walsh(double* x, int n) {
  const size_t size = size_t(1) << n, block = size_t(1) << std::min(n, BLOCK_QUBITS);
  for (size_t base = 0; base < size; base += block)
    for (int q = 0; q < std::min(n, BLOCK_QUBITS); ++q)
      each_pair(block, q, [&](size_t i, size_t j, size_t m) { hadamard(x + base + i, x + base + j, m, 1.0); });
  for (int q = BLOCK_QUBITS; q < n; ++q)
    each_pair(size, q, [&](size_t i, size_t j, size_t m) { hadamard(x + i, x + j, m, 1.0); });
}

}  // namespace
}  // namespace qopt::statevector
