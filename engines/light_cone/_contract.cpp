// The sums of a network of small tensors, and the derivatives of its value by all angles, for many rows of numbers.
//
// Rows are taken eight at a time as lanes (_lanes.h), or one after another with what did not change kept (_shared.h).
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <new>

#include "../cpu/finders.h"
#include "_contract.h"

namespace {

using namespace qopt::light_cone;

using Find = const Kernels* (*)();
constexpr Find finders[] = {avx512_kernels, avx2_kernels, base_kernels};

PyObject* names(PyObject*, PyObject*) { return qopt::cpu::names_of(finders); }

struct Buffer {
  Py_buffer view{};
  bool is_open = false;
  ~Buffer() {
    if (is_open) PyBuffer_Release(&view);
  }
  bool open(PyObject* object, char format, Py_ssize_t size, bool writable = false) {
    const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &view, flags)) return false;
    is_open = true;
    const char* found = view.format;
    const bool is_right = format == 'd' ? *found == 'd' : (*found == 'l' || *found == 'q') && view.itemsize == 8;
    if (is_right && (size < 0 || this->size() == size)) return true;
    PyErr_Format(PyExc_ValueError, "expected %zd numbers of type %c, got %zd of %s", size, format, this->size(), found);
    return false;
  }
  Py_ssize_t size() const { return view.len / 8; }
  double* numbers() const { return static_cast<double*>(view.buf); }
  const int64_t* integers() const { return static_cast<const int64_t*>(view.buf); }
};

// Whether every index of the network stands inside what it points to.
bool is_sound(const Network& net, size_t layers, size_t couplings, size_t fields) {
  const auto is_below = [](int64_t x, size_t most) { return x >= 0 && size_t(x) < most; };
  for (size_t k = 0; k < net.num_factors; ++k) {
    const Factor& f = net.factors[k];
    if (f.kind < COUPLING || f.kind > SIGN || (f.kind != SIGN && !is_below(f.layer, layers))) return false;
    if (f.kind == COUPLING && !is_below(f.which, couplings)) return false;
    if (f.kind == FIELD && !is_below(f.which, fields)) return false;
  }
  const auto bits_of = [&](size_t tensor) {
    if (tensor >= net.num_factors) return net.widths[tensor - net.num_factors];
    const int64_t kind = net.factors[tensor].kind;
    return int64_t(kind == FIELD || kind == SIGN ? 1 : 2);
  };
  if (net.starts[0] != 0 || net.starts[net.num_steps] != int64_t(net.num_inputs)) return false;
  for (size_t k = 0; k < net.num_steps; ++k) {
    if (net.starts[k] >= net.starts[k + 1] || !is_below(net.widths[k], 31)) return false;
    for (int64_t i = net.starts[k]; i < net.starts[k + 1]; ++i) {
      if (!is_below(net.inputs[i], net.num_factors + k)) return false;
      int64_t bits = 0;
      for (int64_t mask = net.masks[i]; mask; mask &= mask - 1) ++bits;
      if (!is_below(net.masks[i], size_t(2) << net.widths[k]) || bits != bits_of(size_t(net.inputs[i]))) return false;
    }
  }
  for (size_t k = 0; k < net.num_ends; ++k)
    if (!is_below(net.ends[k], net.num_factors + net.num_steps) || bits_of(size_t(net.ends[k])) != 0) return false;
  return true;
}

PyObject* py_evaluate(PyObject*, PyObject* args) {
  PyObject *network[6], *numbers[4], *weights, *values, *gradient;
  const char* name;
  double scale;
  int is_shared = 0;
  if (!PyArg_ParseTuple(args, "s(OOOOOO)(OOOO)dOOOp", &name, &network[0], &network[1], &network[2], &network[3], &network[4],
                        &network[5], &numbers[0], &numbers[1], &numbers[2], &numbers[3], &scale, &weights, &values,
                        &gradient, &is_shared))
    return nullptr;
  const Kernels* kernels = qopt::cpu::table_or_error(finders, name);
  if (!kernels) return nullptr;
  Buffer b[6], x[4], b_weights, b_values, b_gradient;
  for (int k = 0; k < 6; ++k)
    if (!b[k].open(network[k], 'q', -1)) return nullptr;
  for (int k = 0; k < 4; ++k)
    if (!x[k].open(numbers[k], 'd', -1)) return nullptr;
  if (!b_values.open(values, 'd', -1, true)) return nullptr;
  const Py_ssize_t num_rows = b_values.size(), layers = x[0].size();
  const bool has_gradient = gradient != Py_None;
  if (has_gradient &&
      (!b_gradient.open(gradient, 'd', 2 * layers, true) || !b_weights.open(weights, 'd', num_rows)))
    return nullptr;
  Network net{reinterpret_cast<const Factor*>(b[0].integers()), b[1].integers(), b[2].integers(), b[3].integers(),
              b[4].integers(), b[5].integers(), size_t(b[0].size() / 4), size_t(b[4].size()), size_t(b[2].size()),
              size_t(b[5].size()), {}};
  const size_t rows = size_t(num_rows);
  if (!rows) Py_RETURN_NONE;
  const size_t couplings = size_t(x[2].size()) / rows, fields = size_t(x[3].size()) / rows;
  if (b[1].size() != b[4].size() + 1 || b[3].size() != b[2].size() || x[1].size() != layers ||
      couplings * rows != size_t(x[2].size()) || fields * rows != size_t(x[3].size()) ||
      !is_sound(net, size_t(layers), couplings, fields)) {
    PyErr_SetString(PyExc_ValueError, "the network's arrays do not fit each other");
    return nullptr;
  }
  const Rows all{x[0].numbers(), x[1].numbers(), x[2].numbers(), x[3].numbers(),
                 has_gradient ? b_weights.numbers() : nullptr, b_values.numbers(),
                 has_gradient ? b_gradient.numbers() : nullptr, rows, couplings, fields, size_t(layers), scale};
  bool has_memory = true;
  Py_BEGIN_ALLOW_THREADS;
  try {
    net.place();
    (is_shared ? kernels->shared : kernels->lanes)(net, all);
  } catch (const std::bad_alloc&) {
    has_memory = false;
  }
  Py_END_ALLOW_THREADS;
  if (!has_memory) return PyErr_NoMemory();
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"evaluate", py_evaluate, METH_VARARGS,
     "evaluate(kernels, (factors, starts, inputs, masks, widths, ends), (gammas, betas, couplings, fields), scale, weights, "
     "values, gradient, is_shared): values of all rows, and the gradient of their weighted sum, added to what is there."},
    {"kernels", names, METH_NOARGS, "Instruction sets that this machine can run, best first."},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef module = {PyModuleDef_HEAD_INIT, "_contract", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__contract() { return PyModule_Create(&module); }
