// The walks for AVX2.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "../cpu/supports.h"
#include "_walks.h"

#if defined(__x86_64__) && !defined(QOPT_BASE_ALONE)
#include "../cpu/avx2_begin.h"
#include "_chain.h"
#include "_general.h"
#include "_permutation.h"
#include "../cpu/target_end.h"

const qopt::annealing::Walks* qopt::annealing::avx2_walks() {
  static const Walks walks = {
      "avx2",
      [](Cells<int32_t> cells) -> AnyWalk* { return new PermutationWalk<int32_t>(std::move(cells)); },
      [](Cells<double> cells) -> AnyWalk* { return new PermutationWalk<double>(std::move(cells)); },
      [](Factors factors) -> AnyWalk* { return new ProductWalk(std::move(factors)); },
      [](Links links) -> AnyWalk* { return new ChainWalk(std::move(links)); },
      [](Program program) -> AnyWalk* { return new GeneralWalk(std::move(program)); },
  };
  return qopt::cpu::has_avx2() ? &walks : nullptr;
}
#else
const qopt::annealing::Walks* qopt::annealing::avx2_walks() { return nullptr; }
#endif
