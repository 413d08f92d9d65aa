// The annealers for whatever the compiler takes for granted.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "_kernels.h"
#include "_lanes_vector.h"
// the lanes come first
#include "_sweep.h"
#include "_rows.h"

const qopt::annealing::Kernels* qopt::annealing::base_kernels() {
  static const Kernels kernels = {"base", anneal_lanes, anneal_rows};
  return &kernels;
}
