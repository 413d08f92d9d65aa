// Gates, their adjoint and the Walsh-Hadamard transform on split real and imaginary parts.
//
// Consecutive gates on low qubits run block by block, so that a block of 2^12 amplitudes stays in the nearest cache
// while all of them pass over it; gates on high qubits pass over the whole state.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

namespace {

enum Kind : int64_t { RX, RY, RZ, RXX, RZZ, H, CX, CZ };

struct Gate {
  int64_t kind, first, second, parameter;
};

constexpr int BLOCK_QUBITS = 12;

// Arrays of one vector: real and imaginary parts.
struct Vec {
  double* re;
  double* im;
};

// (a, b) <- (c a + (xr + i xi) b, (yr + i yi) a + c b) over two runs of m amplitudes.
CLONES void mix(double* ar, double* ai, double* br, double* bi, size_t m, double c, double xr, double xi, double yr,
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

CLONES void turn(double* re, double* im, size_t m, double c, double s) {  // times c + i s
#pragma omp simd
  for (size_t k = 0; k < m; ++k) {
    const double p = re[k], q = im[k];
    re[k] = c * p - s * q;
    im[k] = c * q + s * p;
  }
}

CLONES void hadamard(double* ar, double* br, size_t m, double scale) {
#pragma omp simd
  for (size_t k = 0; k < m; ++k) {
    const double p = ar[k], u = br[k];
    ar[k] = scale * (p + u);
    br[k] = scale * (p - u);
  }
}

// Im of sum conj(l) p.
CLONES double dot_im(const double* lr, const double* li, const double* pr, const double* pi, size_t m) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t k = 0; k < m; ++k) sum += lr[k] * pi[k] - li[k] * pr[k];
  return sum;
}

// Re of sum conj(l) p.
CLONES double dot_re(const double* lr, const double* li, const double* pr, const double* pi, size_t m) {
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

// A C-contiguous buffer of doubles or of 64-bit integers, of a length that is checked.
class Buffer {
 public:
  bool open(PyObject* object, bool is_writable, char wanted, Py_ssize_t length) {
    if (PyObject_GetBuffer(object, &view_, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (is_writable ? PyBUF_WRITABLE : 0)))
      return false;
    is_open_ = true;
    const char type = view_.format ? view_.format[0] : '?';
    const bool fits = wanted == 'd' ? type == 'd' : (type == 'l' || type == 'q') && view_.itemsize == 8;
    if (!fits || (length >= 0 && size() != length)) {
      PyErr_SetString(PyExc_ValueError, "a buffer must have the type and length that the circuit needs");
      return false;
    }
    return true;
  }
  ~Buffer() {
    if (is_open_) PyBuffer_Release(&view_);
  }
  Py_ssize_t size() const { return view_.len / view_.itemsize; }
  double* numbers() const { return static_cast<double*>(view_.buf); }
  const Gate* gates() const { return static_cast<const Gate*>(view_.buf); }

 private:
  Py_buffer view_{};
  bool is_open_ = false;
};

// Qubits and parameters of the gates, so that no kernel can leave its arrays.
bool check(const Buffer& gates, int n, Py_ssize_t parameters) {
  bool fits = n >= 0 && n < 48 && gates.size() % 4 == 0;
  for (Py_ssize_t k = 0; fits && k < gates.size() / 4; ++k) {
    const Gate& g = gates.gates()[k];
    const bool is_two = g.kind == RXX || g.kind == RZZ || g.kind == CX || g.kind == CZ;
    fits = g.kind >= RX && g.kind <= CZ && g.first >= 0 && g.first < n && g.parameter < parameters;
    fits = fits && (is_two ? g.second >= 0 && g.second < n && g.second != g.first : g.second < 0);
  }
  if (!fits) PyErr_SetString(PyExc_ValueError, "gates must have qubits below n and parameters that exist");
  return fits;
}

PyObject* py_run(PyObject*, PyObject* args) {
  PyObject *re, *im, *gates, *angles;
  int n;
  if (!PyArg_ParseTuple(args, "OOiOO", &re, &im, &n, &gates, &angles)) return nullptr;
  Buffer b_re, b_im, b_gates, b_angles;
  if (n < 0 || n > 47) return PyErr_Format(PyExc_ValueError, "n must lie in 0..47, got %d", n);
  const Py_ssize_t size = Py_ssize_t(1) << n;
  if (!b_re.open(re, true, 'd', size) || !b_im.open(im, true, 'd', size) || !b_gates.open(gates, false, 'l', -1) ||
      !b_angles.open(angles, false, 'd', -1) || !check(b_gates, n, b_angles.size()))
    return nullptr;
  Py_BEGIN_ALLOW_THREADS;
  run({b_re.numbers(), b_im.numbers()}, n, b_gates.gates(), size_t(b_gates.size() / 4), b_angles.numbers());
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyObject* py_pull_back(PyObject*, PyObject* args) {
  PyObject *parts[4], *gates, *angles, *out;
  int n;
  if (!PyArg_ParseTuple(args, "OOOOiOOO", &parts[0], &parts[1], &parts[2], &parts[3], &n, &gates, &angles, &out))
    return nullptr;
  if (n < 0 || n > 47) return PyErr_Format(PyExc_ValueError, "n must lie in 0..47, got %d", n);
  Buffer b[4], b_gates, b_angles, b_out;
  for (int k = 0; k < 4; ++k)
    if (!b[k].open(parts[k], true, 'd', Py_ssize_t(1) << n)) return nullptr;
  if (!b_gates.open(gates, false, 'l', -1) || !b_angles.open(angles, false, 'd', -1) ||
      !b_out.open(out, true, 'd', b_angles.size()) || !check(b_gates, n, b_angles.size()))
    return nullptr;
  std::vector<Gate> backwards(b_gates.gates(), b_gates.gates() + b_gates.size() / 4);
  std::reverse(backwards.begin(), backwards.end());
  Py_BEGIN_ALLOW_THREADS;
  pull_back({b[0].numbers(), b[1].numbers()}, {b[2].numbers(), b[3].numbers()}, n, backwards, b_angles.numbers(),
            b_out.numbers());
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyObject* py_walsh(PyObject*, PyObject* object) {
  Buffer values;
  if (!values.open(object, true, 'd', -1)) return nullptr;
  int n = 0;
  while ((Py_ssize_t(1) << n) < values.size()) ++n;
  if ((Py_ssize_t(1) << n) != values.size())
    return PyErr_Format(PyExc_ValueError, "values must have 2**n entries, got %zd", values.size());
  Py_BEGIN_ALLOW_THREADS;
  walsh(values.numbers(), n);
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"run", py_run, METH_VARARGS, "run(re, im, n, gates, angles): all gates, in place."},
    {"pull_back", py_pull_back, METH_VARARGS, "pull_back(re, im, l_re, l_im, n, gates, angles, gradient): in place."},
    {"walsh", py_walsh, METH_O, "walsh(values): the unscaled Walsh-Hadamard transform, in place."},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernels", nullptr, -1, methods};

}  // namespace

PyMODINIT_FUNC PyInit__kernels() { return PyModule_Create(&module); }
