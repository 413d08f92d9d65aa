// The Python face of the constraint-keeping walks: one object a walk, its calls without the interpreter's lock.
#include "_python.h"

#include <memory>
#include <vector>

#include "../cpu/finders.h"
#include "_walks.h"

namespace {

using namespace qopt::annealing;

using Find = const Walks* (*)();
constexpr Find finders[] = {avx512_walks, avx2_walks, base_walks};

const Walks& walks_named(const std::string& name) {
  for (Find find : finders)
    if (const Walks* found = find(); found && (name.empty() || name == found->name)) return *found;
  throw std::invalid_argument("walks must be ones that this machine can run, got " + name);
}

constexpr char capsule_name[] = "qopt.annealing.walk";

AnyWalk& walk_of(PyObject* capsule) {
  void* found = PyCapsule_GetPointer(capsule, capsule_name);
  if (!found) throw PythonError();
  return *static_cast<AnyWalk*>(found);
}

PyObject* capsule_of(AnyWalk* made) {
  std::unique_ptr<AnyWalk> walk(made);
  PyObject* capsule = PyCapsule_New(walk.get(), capsule_name, [](PyObject* object) {
    delete static_cast<AnyWalk*>(PyCapsule_GetPointer(object, capsule_name));
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

template <class V> Cells<V> cells_of(int side, PyObject* c, double offset, PyObject* ptr, PyObject* col, PyObject* weight) {
  const char* types = sizeof(V) == 4 ? shorts : reals;
  const size_t n = size_t(side) * side;
  Cells<V> cells{side, offset, copied<V>(c, types, n), copied<int64_t>(ptr, longs, n + 1), copied<int32_t>(col, shorts),
                 copied<V>(weight, types)};
  check_sparse(cells.ptr, cells.col, n, n);
  if (cells.weight.size() != cells.col.size()) throw std::invalid_argument("each product must have a weight");
  return cells;
}

// (side, whole, c, offset, ptr, col, weight, instruction set or "")
PyObject* permutation(PyObject*, PyObject* arguments) {
  int side, whole;
  double offset;
  PyObject *c, *ptr, *col, *weight;
  const char* name = "";
  if (!PyArg_ParseTuple(arguments, "ipOdOOO|s", &side, &whole, &c, &offset, &ptr, &col, &weight, &name)) return nullptr;
  return guarded([&] {
    if (side < 1) throw std::invalid_argument("side must be >= 1");
    const Walks& walks = walks_named(name);
    return capsule_of(whole ? walks.whole_permutation(cells_of<int32_t>(side, c, offset, ptr, col, weight))
                            : walks.permutation(cells_of<double>(side, c, offset, ptr, col, weight)));
  });
}

PyObject* product(PyObject*, PyObject* arguments) {
  int side;
  double offset;
  PyObject *c, *flow, *distance;
  const char* name = "";
  if (!PyArg_ParseTuple(arguments, "iOdOO|s", &side, &c, &offset, &flow, &distance, &name)) return nullptr;
  return guarded([&] {
    if (side < 1) throw std::invalid_argument("side must be >= 1");
    const size_t n = size_t(side) * side;
    return capsule_of(walks_named(name).product(
        {side, offset, copied<double>(c, reals, n), copied<double>(flow, reals, n), copied<double>(distance, reals, n)}));
  });
}

PyObject* chain(PyObject*, PyObject* arguments) {
  int nodes;
  double offset;
  PyObject* links;
  const char* name = "";
  if (!PyArg_ParseTuple(arguments, "iOd|s", &nodes, &links, &offset, &name)) return nullptr;
  return guarded([&] {
    if (nodes < 1) throw std::invalid_argument("nodes must be >= 1");
    return capsule_of(walks_named(name).chain({nodes, offset, copied<double>(links, reals, size_t(nodes) * nodes)}));
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
  const char* name = "";
  if (!PyArg_ParseTuple(arguments, "dOOOOO(OOii)OO(OOO)(OOOi)|s", &program.offset, &c, &square, &products, &lower, &upper, &group,
                        &square_of, &program.groups, &program.squares, &conflicts, &columns, &row_lower, &row_upper, &row_scale, &item,
                        &sack, &cell, &program.sacks, &name))
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
    return capsule_of(walks_named(name).general(std::move(program)));
  });
}

PyObject* restart(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  unsigned long long seed;
  if (!PyArg_ParseTuple(arguments, "OK", &capsule, &seed)) return nullptr;
  return guarded([&]() -> PyObject* {
    AnyWalk& walk = walk_of(capsule);
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
    AnyWalk& walk = walk_of(capsule);
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
    AnyWalk& walk = walk_of(capsule);
    {
      const WithoutLock unlocked;
      walk.descend();
    }
    return PyFloat_FromDouble(walk.cost());
  });
}

PyObject* close_rows(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  unsigned long long sweeps;
  if (!PyArg_ParseTuple(arguments, "OK", &capsule, &sweeps)) return nullptr;
  return guarded([&]() -> PyObject* {
    AnyWalk& walk = walk_of(capsule);
    {
      const WithoutLock unlocked;
      walk.close(sweeps);
    }
    return PyFloat_FromDouble(walk.best_cost());
  });
}

PyObject* keep_weights(PyObject*, PyObject* arguments) {
  PyObject* capsule;
  if (!PyArg_ParseTuple(arguments, "O", &capsule)) return nullptr;
  return guarded([&]() -> PyObject* {
    walk_of(capsule).keep_weights();
    Py_RETURN_NONE;
  });
}

PyObject* state(PyObject*, PyObject* arguments) {
  PyObject *capsule, *out_object;
  if (!PyArg_ParseTuple(arguments, "OO", &capsule, &out_object)) return nullptr;
  return guarded([&]() -> PyObject* {
    AnyWalk& walk = walk_of(capsule);
    const Buffer out(out_object, true);
    walk.point(out.as<int64_t>(longs, walk.size()));
    return Py_BuildValue("dKK", walk.cost(), (unsigned long long)walk.proposals(), (unsigned long long)walk.accepted());
  });
}

PyObject* best(PyObject*, PyObject* arguments) {
  PyObject *capsule, *out_object;
  if (!PyArg_ParseTuple(arguments, "OO", &capsule, &out_object)) return nullptr;
  return guarded([&]() -> PyObject* {
    AnyWalk& walk = walk_of(capsule);
    const Buffer out(out_object, true);
    int64_t* x = out.as<int64_t>(longs, walk.size());
    const std::vector<int64_t>& found = walk.best_point();
    if (std::isfinite(walk.best_cost())) std::copy(found.begin(), found.end(), x);
    return Py_BuildValue("dd", walk.best_cost(), walk.best_temperature());
  });
}

PyObject* names(PyObject*, PyObject*) { return qopt::cpu::names_of(finders); }

PyMethodDef methods[] = {
    {"kernels", names, METH_NOARGS, "Instruction sets that this machine can run, best first."},
    {"permutation", permutation, METH_VARARGS, "A walk on permutations with any products."},
    {"product", product, METH_VARARGS, "A walk on permutations whose products are flow times distance."},
    {"chain", chain, METH_VARARGS, "A walk on cyclic orders."},
    {"general", general, METH_VARARGS, "A walk on any program."},
    {"restart", restart, METH_VARARGS, "Draw a random point; its cost."},
    {"anneal", anneal, METH_VARARGS, "Proposals from one temperature to another; (cost, best cost of the anneal)."},
    {"rises", rises, METH_VARARGS, "Rises of the cost that proposals would bring, as bytes of doubles."},
    {"descend", descend, METH_VARARGS, "Moves downhill until there is none; the cost."},
    {"close", close_rows, METH_VARARGS, "Look for a point near that keeps every row; the best cost of the anneal."},
    {"keep_weights", keep_weights, METH_VARARGS, "Start later anneals with the present weights of the soft rows."},
    {"state", state, METH_VARARGS, "The current point into a buffer; (cost, proposals, accepted)."},
    {"best", best, METH_VARARGS, "The best point of the anneal into a buffer; (cost, temperature)."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_constrained", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__constrained(void) { return PyModule_Create(&definition); }
