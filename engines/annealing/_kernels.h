// What each instruction set offers to the Python face: one table of functions.
#pragma once
#include <cstddef>
#include <cstdint>

namespace qopt::annealing {

// The narrowest type that holds every local field exactly; doubles for data that are not integers.
enum class Kind { int8, int16, int32, float64 };

// Ising model E(s) = sum_i h_i s_i + sum_{i<j} J_ij s_i s_j in the kind's type. Neighbours of i stand at
// ptr[i] .. ptr[i + 1]; equal weights of a variable stand together.
struct Model {
  Kind kind;
  int n;
  const int32_t* ptr;
  const int32_t* col;
  const void* weight;
  const void* field;
};

// Replicas that are annealed together, and the random numbers they use.
struct Batch {
  int8_t* spins;         // +1 or -1; (n, lanes) for lanes, (replicas, n) for rows
  size_t replicas;       // rows only
  uint64_t* words;       // state of the counter: one for all lanes, one a replica for rows
  float* pool;           // variates, (size + lanes) for lanes, (replicas, size + lanes) for rows
  size_t pool_size;      // a power of two
};

struct Schedule {
  const double* temperature;  // half of T in units of the local fields, one a sweep
  size_t sweeps;
  double descent;             // < 0: at the end single flips that lower s_i f_i by more than this, until none does
  bool fresh;                 // draw the pool (and, with random_start, the spins) before the first sweep
  bool random_start;
  bool gibbs;                 // heat bath instead of Metropolis
  bool shuffle;               // each visit is to a random variable (lanes only)
};

struct Counts {
  uint64_t attempts = 0;
  uint64_t flips = 0;
};

struct Kernels {
  const char* name;
  Counts (*lanes)(const Model&, Batch, const Schedule&);
  Counts (*rows)(const Model&, Batch, const Schedule&);
};

// nullptr where the machine cannot run it.
const Kernels* avx512_kernels();
const Kernels* avx2_kernels();
const Kernels* base_kernels();

constexpr int lanes_of(Kind kind) {
  return kind == Kind::int8 ? 64 : kind == Kind::int16 ? 64 : kind == Kind::int32 ? 32 : 16;
}
constexpr size_t bytes_of(Kind kind) {
  return kind == Kind::int8 ? 1 : kind == Kind::int16 ? 2 : kind == Kind::int32 ? 4 : 8;
}
// Variables whose flips the row engine tests at once.
constexpr int block_of(Kind kind) { return kind == Kind::int8 ? 32 : int(64 / bytes_of(kind)); }

}  // namespace qopt::annealing
