// Constraint-keeping walks as Python sees them, and who makes them for each instruction set.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "_program.h"

namespace qopt::annealing {

// A walk from point to point by random moves. A point's form is the walk's own; see its file.
class AnyWalk {
 public:
  AnyWalk() = default;
  AnyWalk(const AnyWalk&) = delete;
  AnyWalk& operator=(const AnyWalk&) = delete;
  virtual ~AnyWalk() = default;

  // A random point that keeps the kept rows; what follows depends on the seed alone.
  virtual void restart(uint64_t seed) = 0;
  // Proposals while T falls geometrically from `first` to `last`.
  virtual void anneal(double first, double last, uint64_t proposals) = 0;
  // Rises of the cost that proposals at a point near a minimum would bring; falls are made.
  virtual std::vector<double> rises(uint64_t proposals) = 0;
  // Moves that lower the cost until there is none; walks without a complete scan do nothing.
  virtual void descend() = 0;
  // After an anneal without a point that keeps every row: look for one near the present point.
  virtual void close(uint64_t sweeps) = 0;
  // Weights of soft rows as they are now become those that anneals start with.
  virtual void keep_weights() = 0;

  // The current point, and what it costs; a point may break rows that the walk does not keep.
  virtual size_t size() const = 0;
  virtual void point(int64_t* x) const = 0;
  virtual double cost() const = 0;
  // The best point that keeps every row, of this anneal; infinite cost if there was none.
  virtual double best_cost() const = 0;
  virtual const std::vector<int64_t>& best_point() const = 0;
  virtual double best_temperature() const = 0;
  virtual uint64_t proposals() const = 0;
  virtual uint64_t accepted() const = 0;
};

// Data of a permutation: costs by cell, products in CSR (each twice).
template <class V> struct Cells {
  int side;
  double offset;
  std::vector<V> costs;
  std::vector<int64_t> ptr;
  std::vector<int32_t> col;
  std::vector<V> weight;
};

struct Factors {
  int side;
  double offset;
  std::vector<double> costs, flow, distance;
};

struct Links {
  int nodes;
  double offset;
  std::vector<double> costs;
};

struct Walks {
  const char* name;
  AnyWalk* (*whole_permutation)(Cells<int32_t>);
  AnyWalk* (*permutation)(Cells<double>);
  AnyWalk* (*product)(Factors);
  AnyWalk* (*chain)(Links);
  AnyWalk* (*general)(Program);
};

// nullptr where the machine cannot run it.
const Walks* avx512_walks();
const Walks* avx2_walks();
const Walks* base_walks();

}  // namespace qopt::annealing
