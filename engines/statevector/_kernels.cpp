// The Python face of the state vector's kernels: buffers are checked here, the work runs without the interpreter's lock.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../cpu/finders.h"
#include "_contract.h"

namespace {

using namespace qopt::statevector;

using Find = const Kernels* (*)();
constexpr Find finders[] = {avx512_kernels, avx2_kernels, base_kernels};

PyObject* names(PyObject*, PyObject*) { return qopt::cpu::names_of(finders); }

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
  const char* name;
  PyObject *re, *im, *gates, *angles;
  int n;
  if (!PyArg_ParseTuple(args, "sOOiOO", &name, &re, &im, &n, &gates, &angles)) return nullptr;
  const Kernels* kernels = qopt::cpu::table_or_error(finders, name);
  if (!kernels) return nullptr;
  Buffer b_re, b_im, b_gates, b_angles;
  if (n < 0 || n > 47) return PyErr_Format(PyExc_ValueError, "n must lie in 0..47, got %d", n);
  const Py_ssize_t size = Py_ssize_t(1) << n;
  if (!b_re.open(re, true, 'd', size) || !b_im.open(im, true, 'd', size) || !b_gates.open(gates, false, 'l', -1) ||
      !b_angles.open(angles, false, 'd', -1) || !check(b_gates, n, b_angles.size()))
    return nullptr;
  Py_BEGIN_ALLOW_THREADS;
  kernels->run({b_re.numbers(), b_im.numbers()}, n, b_gates.gates(), size_t(b_gates.size() / 4), b_angles.numbers());
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyObject* py_pull_back(PyObject*, PyObject* args) {
  PyObject *parts[4], *gates, *angles, *out;
  const char* name;
  int n;
  if (!PyArg_ParseTuple(args, "sOOOOiOOO", &name, &parts[0], &parts[1], &parts[2], &parts[3], &n, &gates, &angles, &out))
    return nullptr;
  const Kernels* kernels = qopt::cpu::table_or_error(finders, name);
  if (!kernels) return nullptr;
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
  kernels->pull_back({b[0].numbers(), b[1].numbers()}, {b[2].numbers(), b[3].numbers()}, n, backwards, b_angles.numbers(),
                     b_out.numbers());
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyObject* py_walsh(PyObject*, PyObject* args) {
  const char* name;
  PyObject* object;
  if (!PyArg_ParseTuple(args, "sO", &name, &object)) return nullptr;
  const Kernels* kernels = qopt::cpu::table_or_error(finders, name);
  if (!kernels) return nullptr;
  Buffer values;
  if (!values.open(object, true, 'd', -1)) return nullptr;
  int n = 0;
  while ((Py_ssize_t(1) << n) < values.size()) ++n;
  if ((Py_ssize_t(1) << n) != values.size())
    return PyErr_Format(PyExc_ValueError, "values must have 2**n entries, got %zd", values.size());
  Py_BEGIN_ALLOW_THREADS;
  kernels->walsh(values.numbers(), n);
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"run", py_run, METH_VARARGS, "run(kernels, re, im, n, gates, angles): all gates, in place."},
    {"pull_back", py_pull_back, METH_VARARGS,
     "pull_back(kernels, re, im, l_re, l_im, n, gates, angles, gradient): in place."},
    {"walsh", py_walsh, METH_VARARGS, "walsh(kernels, values): the unscaled Walsh-Hadamard transform, in place."},
    {"kernels", names, METH_NOARGS, "Instruction sets that this machine can run, best first."},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernels", nullptr, -1, methods};

}  // namespace

PyMODINIT_FUNC PyInit__kernels() { return PyModule_Create(&module); }
