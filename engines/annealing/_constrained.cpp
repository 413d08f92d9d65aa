// The Python face of the constraint-keeping walks: one object a walk, its calls without the interpreter's lock.
#include "_python.h"

#include <memory>
#include <vector>

#include "_chain.h"
#include "_general.h"
#include "_permutation.h"

namespace {

constexpr char capsule_name[] = "qopt.annealing.walk";

Walk& walk_of(PyObject* capsule) {
  void* found = PyCapsule_GetPointer(capsule, capsule_name);
  if (!found) throw PythonError();
  return *static_cast<Walk*>(found);
}

PyObject* capsule_of(std::unique_ptr<Walk> walk) {
  PyObject* capsule = PyCapsule_New(walk.get(), capsule_name, [](PyObject* object) {
    delete static_cast<Walk*>(PyCapsule_GetPointer(object, capsule_name));
  });
  if (!capsule) throw PythonError();
  walk.release();
  return capsule;
}

template <class T> std::vector<T> copied(PyObject* object, const char* types, size_t wanted) {
  const Buffer buffer(object);
  const T* data = buffer.as<const T>(types, wanted);
  return std::vector<T>(data, data + wanted);
}
template <class T> std::vector<T> copied(PyObject* object, const char* types) {
  const size_t size = Buffer(object).size();
  return copied<T>(object, types, size);
}
constexpr char reals[] = "d", shorts[] = "i", longs[] = "lq";

void check_sparse(const std::vector<int64_t>& ptr, const std::vector<int32_t>& index, size_t rows, size_t columns) {
  if (ptr.size() != rows + 1 || ptr[0] != 0 || size_t(ptr[rows]) != index.size())
    throw std::invalid_argument("ptr must lead from 0 to the number of entries");
  for (size_t i = 0; i < rows; i++)
    if (ptr[i + 1] < ptr[i]) throw std::invalid_argument("ptr must not fall");
  for (int32_t j : index)
    if (j < 0 || size_t(j) >= columns) throw std::invalid_argument("an index is outside its range: " + std::to_string(j));
}

void check_groups(const std::vector<int32_t>& of, int groups) {
  for (int32_t group : of)
    if (group < -1 || group >= groups) throw std::invalid_argument("a group is outside its range: " + std::to_string(group));
}

// (side, whole, c, offset, ptr, col, weight)
template <class V> std::unique_ptr<Walk> new_permutation(int side, PyObject* c, double offset, PyObject* ptr, PyObject* col,
                                                         PyObject* weight) {
  const char* types = sizeof(V) == 4 ? shorts : reals;
  const size_t n = size_t(side) * side;
  std::vector<int64_t> p = copied<int64_t>(ptr, longs, n + 1);
  std::vector<int32_t> i = copied<int32_t>(col, shorts);
  check_sparse(p, i, n, n);
  return std::make_unique<PermutationWalk<V>>(side, copied<V>(c, types, n), offset, std::move(p), std::move(i),
                                              copied<V>(weight, types));
}

PyObject* permutation(PyObject*, PyObject* arguments) {
  int side, whole;
  double offset;
  PyObject *c, *ptr, *col, *weight;
  if (!PyArg_ParseTuple(arguments, "ipOdOOO", &side, &whole, &c, &offset, &ptr, &col, &weight)) return nullptr;
  return guarded([&] {
    if (side < 1) throw std::invalid_argument("side must be >= 1");
    return capsule_of(whole ? new_permutation<int32_t>(side, c, offset, ptr, col, weight)
                            : new_permutation<double>(side, c, offset, ptr, col, weight));
  });
}

PyObject* product(PyObject*, PyObject* arguments) {
  int side;
  double offset;
  PyObject *c, *flow, *distance;
  if (!PyArg_ParseTuple(arguments, "iOdOO", &side, &c, &offset, &flow, &distance)) return nullptr;
  return guarded([&] {
    if (side < 1) throw std::invalid_argument("side must be >= 1");
    const size_t n = size_t(side) * side;
    return capsule_of(std::make_unique<ProductWalk<double>>(side, copied<double>(c, reals, n), offset, copied<double>(flow, reals, n),
                                                            copied<double>(distance, reals, n)));
  });
}

PyObject* chain(PyObject*, PyObject* arguments) {
  int nodes;
  double offset;
  PyObject* links;
  if (!PyArg_ParseTuple(arguments, "iOd", &nodes, &links, &offset)) return nullptr;
  return guarded([&] {
    if (nodes < 1) throw std::invalid_argument("nodes must be >= 1");
    const size_t n = size_t(nodes) * nodes;
    return capsule_of(std::make_unique<ChainWalk<double>>(nodes, copied<double>(links, reals, n), offset));
  });
}

Sparse sparse_of(PyObject* triple, size_t rows, size_t columns) {
  PyObject *ptr, *index, *value;
  if (!PyArg_ParseTuple(triple, "OOO", &ptr, &index, &value)) throw PythonError();
  Sparse out{copied<int64_t>(ptr, longs, rows + 1), copied<int32_t>(index, shorts), copied<double>(value, reals)};
  check_sparse(out.ptr, out.index, rows, columns);
  if (out.value.size() != out.index.size()) throw std::invalid_argument("each entry must have a value");
  return out;
}

// (offset, c, square, products, lower, upper, (group, square_of, groups, squares), conflicts, columns,
//  (row_lower, row_upper, row_scale), (item, sack, cell, sacks))
PyObject* general(PyObject*, PyObject* arguments) {
  Program program;
  PyObject *c, *square, *products, *lower, *upper, *group, *square_of, *conflicts, *columns, *row_lower, *row_upper, *row_scale, *item,
      *sack, *cell;
  if (!PyArg_ParseTuple(arguments, "dOOOOO(OOii)OO(OOO)(OOOi)", &program.offset, &c, &square, &products, &lower, &upper, &group,
                        &square_of, &program.groups, &program.squares, &conflicts, &columns, &row_lower, &row_upper, &row_scale, &item,
                        &sack, &cell, &program.sacks))
    return nullptr;
  return guarded([&] {
    program.c = copied<double>(c, reals);
    const size_t n = program.c.size();
    program.n = int(n);
    program.square = copied<double>(square, reals, n);
    program.products = sparse_of(products, n, n);
    program.lower = copied<int64_t>(lower, longs, n);
    program.upper = copied<int64_t>(upper, longs, n);
    program.group = copied<int32_t>(group, shorts, n);
    program.square_of = copied<int32_t>(square_of, shorts, n);
    check_groups(program.group, program.groups);
    check_groups(program.square_of, program.squares);
    program.conflicts = sparse_of(conflicts, n, n);
    program.row_lower = copied<double>(row_lower, reals);
    const size_t rows = program.row_lower.size();
    program.row_upper = copied<double>(row_upper, reals, rows);
    program.row_scale = copied<double>(row_scale, reals, rows);
    program.columns = sparse_of(columns, n, rows);
    program.item = copied<int32_t>(item, shorts);
    program.sack = copied<int32_t>(sack, shorts, program.item.size());
    program.cell = copied<int32_t>(cell, shorts);
    if (!program.cell.empty()) {
      if (program.item.size() != n || program.sacks < 1 || program.cell.size() % program.sacks)
        throw std::invalid_argument("each bit must have an item and a sack");
      check_groups(program.item, int(program.cell.size() / program.sacks));
      check_groups(program.sack, program.sacks);
      check_groups(program.cell, int(n));
    }
    return capsule_of(std::make_unique<GeneralWalk>(std::move(program)));
  });
}

PyObject* restart(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  unsigned long long seed;
  if (!PyArg_ParseTuple(arguments, "OK", &capsule, &seed)) return nullptr;
  return guarded([&]() -> PyObject* {
    Walk& walk = walk_of(capsule);
    {
      const WithoutLock unlocked;
      walk.restart(seed);
    }
    return PyFloat_FromDouble(walk.cost());
  });
}

PyObject* anneal(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  double first, last;
  unsigned long long proposals;
  if (!PyArg_ParseTuple(arguments, "OddK", &capsule, &first, &last, &proposals)) return nullptr;
  return guarded([&]() -> PyObject* {
    Walk& walk = walk_of(capsule);
    if (!(first > 0 && last > 0)) throw std::invalid_argument("temperatures must be > 0");
    {
      const WithoutLock unlocked;
      walk.anneal(first, last, proposals);
    }
    return Py_BuildValue("dd", walk.cost(), walk.best_cost());
  });
}

PyObject* rises(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  unsigned long long proposals;
  if (!PyArg_ParseTuple(arguments, "OK", &capsule, &proposals)) return nullptr;
  return guarded([&]() -> PyObject* {
    const std::vector<double> found = walk_of(capsule).rises(proposals);
    return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(found.data()), Py_ssize_t(8 * found.size()));
  });
}

PyObject* descend(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  if (!PyArg_ParseTuple(arguments, "O", &capsule)) return nullptr;
  return guarded([&]() -> PyObject* {
    Walk& walk = walk_of(capsule);
    {
      const WithoutLock unlocked;
      walk.descend();
    }
    return PyFloat_FromDouble(walk.cost());
  });
}

PyObject* state(PyObject*, PyObject* arguments) {
  PyObject *capsule, *out_object;
  if (!PyArg_ParseTuple(arguments, "OO", &capsule, &out_object)) return nullptr;
  return guarded([&]() -> PyObject* {
    Walk& walk = walk_of(capsule);
    const Buffer out(out_object, true);
    walk.point(out.as<int64_t>(longs, walk.size()));
    return Py_BuildValue("dKK", walk.cost(), (unsigned long long)walk.proposals(), (unsigned long long)walk.accepted());
  });
}

PyObject* best(PyObject*, PyObject* arguments) {
  PyObject *capsule, *out_object;
  if (!PyArg_ParseTuple(arguments, "OO", &capsule, &out_object)) return nullptr;
  return guarded([&]() -> PyObject* {
    Walk& walk = walk_of(capsule);
    const Buffer out(out_object, true);
    int64_t* x = out.as<int64_t>(longs, walk.size());
    const std::vector<int64_t>& found = walk.best_point();
    if (std::isfinite(walk.best_cost())) std::copy(found.begin(), found.end(), x);
    return Py_BuildValue("dd", walk.best_cost(), walk.best_temperature());
  });
}

PyMethodDef methods[] = {
    {"permutation", permutation, METH_VARARGS, "A walk on permutations with any products."},
    {"product", product, METH_VARARGS, "A walk on permutations whose products are flow times distance."},
    {"chain", chain, METH_VARARGS, "A walk on cyclic orders."},
    {"general", general, METH_VARARGS, "A walk on any program."},
    {"restart", restart, METH_VARARGS, "Draw a random point; its cost."},
    {"anneal", anneal, METH_VARARGS, "Proposals from one temperature to another; (cost, best cost of the anneal)."},
    {"rises", rises, METH_VARARGS, "Rises of the cost that proposals would bring, as bytes of doubles."},
    {"descend", descend, METH_VARARGS, "Moves downhill until there is none; the cost."},
    {"state", state, METH_VARARGS, "The current point into a buffer; (cost, proposals, accepted)."},
    {"best", best, METH_VARARGS, "The best point of the anneal into a buffer; (cost, temperature)."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_constrained", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__constrained(void) { return PyModule_Create(&definition); }
