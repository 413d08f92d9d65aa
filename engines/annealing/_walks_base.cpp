// The walks for whatever the compiler takes for granted.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "_walks.h"

#include "_chain.h"
#include "_general.h"
#include "_permutation.h"

const qopt::annealing::Walks* qopt::annealing::base_walks() {
  static const Walks walks = {
      "base",
      [](Cells<int32_t> cells) -> AnyWalk* { return new PermutationWalk<int32_t>(std::move(cells)); },
      [](Cells<double> cells) -> AnyWalk* { return new PermutationWalk<double>(std::move(cells)); },
      [](Factors factors) -> AnyWalk* { return new ProductWalk(std::move(factors)); },
      [](Links links) -> AnyWalk* { return new ChainWalk(std::move(links)); },
      [](Program program) -> AnyWalk* { return new GeneralWalk(std::move(program)); },
  };
  return &walks;
}
