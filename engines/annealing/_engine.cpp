// The Python face of the QUBO annealers: buffers are checked here, the work runs without the interpreter's lock.
#include "_python.h"

#include "../cpu/finders.h"
#include "_kernels.h"

namespace {

using namespace qopt::annealing;

using Find = const Kernels* (*)();
constexpr Find finders[] = {avx512_kernels, avx2_kernels, base_kernels};

const Kernels& kernels_named(const std::string& name) {
  if (const Kernels* found = qopt::cpu::table_named(finders, name)) return *found;
  throw std::invalid_argument("kernels must be ones that this machine can run, got " + name);
}

Kind kind_named(const std::string& name) {
  if (name == "int8") return Kind::int8;
  if (name == "int16") return Kind::int16;
  if (name == "int32") return Kind::int32;
  if (name == "float64") return Kind::float64;
  throw std::invalid_argument("kind must be int8, int16, int32 or float64, got " + name);
}

// The type that a model's numbers are given in; rows keep int16 fields for int8 weights.
char letter(Kind kind, bool rows) {
  if (kind == Kind::int8) return rows ? 'h' : 'b';
  return kind == Kind::int16 ? 'h' : kind == Kind::int32 ? 'i' : 'd';
}

void check_graph(int n, const int32_t* ptr, const int32_t* col) {
  if (ptr[0] != 0) throw std::invalid_argument("ptr must start at 0");
  for (int i = 0; i < n; i++) {
    if (ptr[i + 1] < ptr[i]) throw std::invalid_argument("ptr must not fall");
    for (int32_t e = ptr[i]; e < ptr[i + 1]; e++)
      if (col[e] < 0 || col[e] >= n || col[e] == i)
        throw std::invalid_argument("a neighbour must be another variable, got " + std::to_string(col[e]));
  }
}

PyObject* anneal(PyObject*, PyObject* arguments) {
  const char *name, *kind_name;
  PyObject *ptr_object, *col_object, *weight_object, *field_object, *spins_object, *words_object, *pool_object, *temperature_object;
  int rows, fresh, random_start, gibbs, shuffle;
  double descent;
  if (!PyArg_ParseTuple(arguments, "sspOOOOOOOOdpppp", &name, &kind_name, &rows, &ptr_object, &col_object, &weight_object,
                        &field_object, &spins_object, &words_object, &pool_object, &temperature_object, &descent, &fresh,
                        &random_start, &gibbs, &shuffle))
    return nullptr;
  return guarded([&] {
    const Kernels& kernels = kernels_named(name);
    const Kind kind = kind_named(kind_name);
    const Buffer ptr(ptr_object), col(col_object), weight(weight_object), field(field_object), spins(spins_object, true),
        words(words_object, true), pool(pool_object, true), temperature(temperature_object);
    const size_t n = field.size(), replicas = rows ? words.size() : size_t(lanes_of(kind));
    const size_t bytes = rows && kind == Kind::int8 ? 2 : bytes_of(kind), lanes = rows ? block_of(kind) : lanes_of(kind);
    if (ptr.size() != n + 1) throw std::invalid_argument("ptr must have n + 1 numbers");
    const size_t pool_rows = rows ? replicas : 1;
    if (!rows && words.size() != 1) throw std::invalid_argument("lanes share one counter");
    if (!replicas || pool.size() % pool_rows) throw std::invalid_argument("each replica must have a pool");
    const size_t pool_size = pool.size() / pool_rows - lanes;
    if (pool_size < 64 || pool_size > 65536 || pool_size & (pool_size - 1) || pool.size() < pool_rows * lanes)
      throw std::invalid_argument("a pool must hold a power of two from 64 to 65536 and the lanes, got " + std::to_string(pool.size()));
    const int32_t* ptr_data = ptr.as<const int32_t>("i", n + 1);
    const size_t edges = col.size();
    const int32_t* col_data = col.as<const int32_t>("i", edges);
    if (size_t(ptr_data[n]) != edges) throw std::invalid_argument("ptr must end at the number of neighbours");
    check_graph(int(n), ptr_data, col_data);
    const Model model = {kind, int(n), ptr_data, col_data, weight.of_type(letter(kind, rows), bytes, edges),
                         field.of_type(letter(kind, rows), bytes, n)};
    const Batch batch = {spins.as<int8_t>("b", n * replicas), replicas, words.as<uint64_t>("LQ", pool_rows),
                         pool.as<float>("f", pool.size()), pool_size};
    const Schedule schedule = {temperature.as<const double>("d", temperature.size()), temperature.size(), descent, bool(fresh),
                               bool(random_start), bool(gibbs), bool(shuffle)};
    Counts counts;
    {
      const WithoutLock unlocked;
      counts = (rows ? kernels.rows : kernels.lanes)(model, batch, schedule);
    }
    return Py_BuildValue("KK", (unsigned long long)counts.attempts, (unsigned long long)counts.flips);
  });
}

PyObject* names(PyObject*, PyObject*) { return qopt::cpu::names_of(finders); }

PyMethodDef methods[] = {
    {"anneal", anneal, METH_VARARGS, "Anneal a batch of replicas through the given temperatures; (attempts, flips)."},
    {"kernels", names, METH_NOARGS, "Instruction sets that this machine can run, best first."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_engine", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__engine(void) { return PyModule_Create(&definition); }
