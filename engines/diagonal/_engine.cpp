// The Python face of the compiled engines: buffers are checked here, the work runs without the interpreter's lock.
#define PY_SSIZE_T_CLEAN
#include "../cpu/finders.h"
#include "_engine.h"

#include <Python.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using namespace qopt;

struct PythonError {};  // the interpreter holds the message

class Buffer {
 public:
  Buffer(PyObject* object, bool writable) {
    if (PyObject_GetBuffer(object, &view_, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0)))
      throw PythonError();
  }
  Buffer(const Buffer&) = delete;
  ~Buffer() { PyBuffer_Release(&view_); }

  size_t size() const { return view_.len / view_.itemsize; }
  char type() const { return view_.format && view_.format[1] == 0 ? view_.format[0] : '?'; }
  template <class T> T* as(char type_wanted, size_t size_wanted) const {
    if (type() != type_wanted || size() != size_wanted)
      throw std::invalid_argument("a buffer must hold " + std::to_string(size_wanted) + " numbers of type " + type_wanted +
                                  ", got " + std::to_string(size()) + " of type " + type());
    return static_cast<T*>(view_.buf);
  }
  Diagonal diagonal(size_t size_wanted) const {
    switch (type()) {
      case 'h': return {Kind::int16, as<void>('h', size_wanted), 0};
      case 'f': return {Kind::float32, as<void>('f', size_wanted), 0};
      default: return {Kind::float64, as<void>('d', size_wanted), 0};
    }
  }

 private:
  Py_buffer view_;
};

class WithoutLock {
 public:
  WithoutLock() : state_(PyEval_SaveThread()) {}
  ~WithoutLock() { PyEval_RestoreThread(state_); }

 private:
  PyThreadState* state_;
};

// Runs a function that may throw, as Python expects it.
template <class Body> PyObject* guarded(Body body) {
  try {
    return body();
  } catch (const PythonError&) {
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  }
  return nullptr;
}

using Find = const Engine* (*)();
constexpr Find finders[] = {avx512_engine, avx2_engine, base_engine, scalar_engine};

const Engine& engine_named(const char* name) {
  if (const Engine* engine = qopt::cpu::table_named(finders, name)) return *engine;
  throw std::invalid_argument(std::string("engine must be one that this machine can run, got ") + name);
}

State state_of(const Buffer& re, const Buffer& im, bool half) {
  State state;
  state.half = half;
  const size_t size = re.size();
  state.single = re.type() == 'f';
  state.re = re.as<void>(state.single ? 'f' : 'd', size), state.im = im.as<void>(state.single ? 'f' : 'd', size);
  while (size_t(1) << (state.n + 1) <= size) state.n++;
  if (size != size_t(1) << state.n) throw std::invalid_argument("a state must have 2**n amplitudes");
  if (reinterpret_cast<uintptr_t>(state.re) % 64 || reinterpret_cast<uintptr_t>(state.im) % 64)
    throw std::invalid_argument("a state must be aligned to 64 bytes");
  return state;
}

// Diagonals from a tuple of pairs (buffer, bound), with the buffers kept alive.
struct Diagonals {
  std::vector<std::unique_ptr<Buffer>> kept;
  std::vector<Diagonal> all;
  Diagonals(PyObject* tuple, size_t size) {
    for (Py_ssize_t k = 0; k < PyTuple_Size(tuple); k++) add(PyTuple_GetItem(tuple, k), size);
  }
  const Diagonal& add(PyObject* pair, size_t size) {
    PyObject* object;
    int bound;
    if (!PyArg_ParseTuple(pair, "Oi", &object, &bound)) throw PythonError();
    kept.push_back(std::make_unique<Buffer>(object, false));
    all.push_back(kept.back()->diagonal(size));
    all.back().bound = bound;
    return all.back();
  }
};

std::vector<Step> steps_of(const Diagonals& diagonals, PyObject* turns, PyObject* angles, const State& state) {
  const Buffer turn(turns, false), angle(angles, false);
  const size_t p = diagonals.all.size(), n = state.n + state.half;
  const double *t = turn.as<const double>('d', p), *a = angle.as<const double>('d', p * n);
  std::vector<Step> steps(p);
  for (size_t l = 0; l < p; l++) steps[l] = {diagonals.all[l], t[l], std::vector<double>(a + l * n, a + (l + 1) * n)};
  if (steps.empty()) throw std::invalid_argument("a circuit must have at least one layer");
  return steps;
}

void require_size(const State& state, const Engine& engine) {
  if (state.n < engine.min_qubits + state.half) throw std::invalid_argument("the state is too small for this engine");
}

PyObject* py_forward(PyObject*, PyObject* args) {
  return guarded([&]() -> PyObject* {
    const char* name;
    PyObject *re, *im, *pairs, *turns, *angles, *measured;
    int half, starts, stores, threads;
    if (!PyArg_ParseTuple(args, "sOOO!OOOpppi", &name, &re, &im, &PyTuple_Type, &pairs, &turns, &angles, &measured, &half,
                          &starts, &stores, &threads))
      return nullptr;
    const Engine& engine = engine_named(name);
    const Buffer real(re, true), imag(im, true);
    Forward job;
    job.state = state_of(real, imag, half), job.starts = starts, job.stores = stores, job.threads = threads;
    require_size(job.state, engine);
    Diagonals diagonals(pairs, real.size());
    job.steps = steps_of(diagonals, turns, angles, job.state);
    if (measured != Py_None) job.measured = diagonals.add(measured, real.size());
    Measured sum;
    {
      WithoutLock released;
      sum = engine.forward(job);
    }
    return Py_BuildValue("dd", sum.energy, sum.norm);
  });
}

PyObject* py_backward(PyObject*, PyObject* args) {
  return guarded([&]() -> PyObject* {
    const char* name;
    PyObject *re, *im, *adjoint_re, *adjoint_im, *pairs, *turns, *angles, *weight, *by_gamma, *by_angle;
    int half, threads;
    double cap;
    if (!PyArg_ParseTuple(args, "sOOOOO!OOOdOOpi", &name, &re, &im, &adjoint_re, &adjoint_im, &PyTuple_Type, &pairs, &turns,
                          &angles, &weight, &cap, &by_gamma, &by_angle, &half, &threads))
      return nullptr;
    const Engine& engine = engine_named(name);
    const Buffer real(re, true), imag(im, true), other_real(adjoint_re, true), other_imag(adjoint_im, true);
    Backward job;
    job.state = state_of(real, imag, half), job.adjoint = state_of(other_real, other_imag, half);
    job.cap = cap, job.threads = threads;
    require_size(job.state, engine);
    if (job.adjoint.n != job.state.n || job.adjoint.single != job.state.single)
      throw std::invalid_argument("state and adjoint must be of one kind");
    Diagonals diagonals(pairs, real.size());
    job.steps = steps_of(diagonals, turns, angles, job.state);
    if (weight != Py_None) job.weight = diagonals.add(weight, real.size());
    const size_t p = job.steps.size(), n = job.state.n + half;
    const Buffer gammas(by_gamma, true), all_angles(by_angle, true);
    double *const g = gammas.as<double>('d', p), *const a = all_angles.as<double>('d', p * n);
    {
      WithoutLock released;
      const Derivatives out = engine.backward(job);
      std::copy(out.by_gamma.begin(), out.by_gamma.end(), g);
      for (size_t l = 0; l < p; l++) std::copy(out.by_angle[l].begin(), out.by_angle[l].end(), a + l * n);
    }
    Py_RETURN_NONE;
  });
}

PyObject* py_engines(PyObject*, PyObject*) {
  PyObject* list = PyList_New(0);
  for (Find find : finders)
    if (const Engine* engine = find(); engine && list) {
      PyObject* item = Py_BuildValue("si", engine->name, engine->min_qubits);
      if (!item || PyList_Append(list, item)) Py_CLEAR(list);
      Py_XDECREF(item);
    }
  return list;
}

PyMethodDef methods[] = {
    {"engines", py_engines, METH_NOARGS, "Names and least qubit numbers of the engines this machine can run, best first."},
    {"forward", py_forward, METH_VARARGS,
     "forward(engine, re, im, diagonals, turns, angles, measured, half, starts, stores, threads) -> (energy, norm)"},
    {"backward", py_backward, METH_VARARGS,
     "backward(engine, re, im, adjoint_re, adjoint_im, diagonals, turns, angles, weight, cap, by_gamma, by_angle, half, "
     "threads)"},
    {nullptr, nullptr, 0, nullptr}};
PyModuleDef module = {PyModuleDef_HEAD_INIT, "_engine", "The compiled exact engine.", -1, methods, {}, {}, {}, {}};

}  // namespace

PyMODINIT_FUNC PyInit__engine() { return PyModule_Create(&module); }
