// The Python face of the searches on polynomials: one object a search, its calls without the interpreter's lock.
#include "_python.h"

#include <memory>

#include "_flips.h"
#include "_search.h"

namespace {

constexpr char capsule_name[] = "qopt.annealing.search";

Search& search_of(PyObject* capsule) {
  void* found = PyCapsule_GetPointer(capsule, capsule_name);
  if (!found) throw PythonError();
  return *static_cast<Search*>(found);
}

template <class T> std::vector<T> copied(PyObject* object, const char* types) {
  const Buffer buffer(object);
  const T* data = buffer.as<const T>(types, buffer.size());
  return std::vector<T>(data, data + buffer.size());
}

template <class Model> Search* made(Model model, const std::string& method, uint64_t seed, PyObject* settings) {
  const std::vector<double> given = copied<double>(settings, "d");
  if (method == "anneal" && !given.empty()) return new Annealer<Model>(std::move(model), seed, given);
  if (method == "tabu") return new Multistart<Model>(std::move(model), seed);
  if (method == "memetic" && given.size() == 2 && given[0] >= 1)
    return new Memetic<Model>(std::move(model), seed, size_t(given[0]), given[1]);
  if (method == "avoiding" && given.size() == 1 && given[0] >= 1)
    return new Avoiding<Model>(std::move(model), seed, size_t(given[0]));
  throw std::invalid_argument("no such search: " + method);
}

PyObject* capsule_of(Search* search) {
  std::unique_ptr<Search> owned(search);
  PyObject* capsule = PyCapsule_New(search, capsule_name, [](PyObject* object) {
    delete static_cast<Search*>(PyCapsule_GetPointer(object, capsule_name));
  });
  if (!capsule) throw PythonError();
  owned.release();
  return capsule;
}

// (length, method, seed, settings)
PyObject* labs(PyObject*, PyObject* arguments) {
  Py_ssize_t n;
  const char* method;
  unsigned long long seed;
  PyObject* settings;
  if (!PyArg_ParseTuple(arguments, "nsKO", &n, &method, &seed, &settings)) return nullptr;
  return guarded([&] {
    if (n < 1 || n > 400) throw std::invalid_argument("the length must be 1..400, got " + std::to_string(n));
    return capsule_of(made(Labs(size_t(n)), method, seed, settings));
  });
}

// (n, indptr, indices, coefficients, offset, method, seed, settings)
PyObject* terms(PyObject*, PyObject* arguments) {
  Py_ssize_t n;
  PyObject *indptr, *indices, *coefficients, *settings;
  double offset;
  const char* method;
  unsigned long long seed;
  if (!PyArg_ParseTuple(arguments, "nOOOdsKO", &n, &indptr, &indices, &coefficients, &offset, &method, &seed, &settings))
    return nullptr;
  return guarded([&] {
    auto ends = copied<int64_t>(indptr, "lq"), places = copied<int64_t>(indices, "lq");
    auto values = copied<double>(coefficients, "d");
    if (n < 1 || ends.size() != values.size() + 1 || ends[0] != 0 || size_t(ends.back()) != places.size())
      throw std::invalid_argument("indptr must lead from 0 to the number of indices");
    for (size_t t = 0; t < values.size(); t++)
      if (ends[t + 1] < ends[t]) throw std::invalid_argument("indptr must not fall");
    for (int64_t i : places)
      if (i < 0 || i >= n) throw std::invalid_argument("an index is outside its range: " + std::to_string(i));
    Terms model(size_t(n), std::move(ends), std::move(places), std::move(values), offset);
    return capsule_of(made(std::move(model), method, seed, settings));
  });
}

// (search, evaluations, limit, target) -> (best energy, evaluations, searches)
PyObject* advance(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  unsigned long long evaluations, limit;
  double target;
  if (!PyArg_ParseTuple(arguments, "OKKd", &capsule, &evaluations, &limit, &target)) return nullptr;
  return guarded([&] {
    Search& search = search_of(capsule);
    {
      const WithoutLock free;
      if (limit < search.evaluations) limit = search.evaluations;
      search.limit = limit;
      search.advance(evaluations, target);
    }
    return Py_BuildValue("dKK", search.best_energy, static_cast<unsigned long long>(search.evaluations),
                         static_cast<unsigned long long>(search.searches));
  });
}

// (search, out): the best spins
PyObject* best(PyObject*, PyObject* arguments) {
  PyObject *capsule, *out;
  if (!PyArg_ParseTuple(arguments, "OO", &capsule, &out)) return nullptr;
  return guarded([&]() -> PyObject* {
    const Search& search = search_of(capsule);
    const Buffer buffer(out, true);
    int8_t* data = buffer.as<int8_t>("b", search.best.size());
    for (size_t i = 0; i < search.best.size(); i++) data[i] = search.best[i];
    Py_RETURN_NONE;
  });
}

PyMethodDef methods[] = {{"labs", labs, METH_VARARGS, "A search on low autocorrelation sequences."},
                         {"terms", terms, METH_VARARGS, "A search on a spin polynomial."},
                         {"advance", advance, METH_VARARGS, "Go on with a search."},
                         {"best", best, METH_VARARGS, "The best spins of a search."},
                         {nullptr, nullptr, 0, nullptr}};
PyModuleDef module = {PyModuleDef_HEAD_INIT, "_polynomial", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__polynomial() { return PyModule_Create(&module); }
