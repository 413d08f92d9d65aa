// The walks for AVX-512.
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

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,bmi2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,bmi2,popcnt")
#endif
#include "_chain.h"
#include "_general.h"
#include "_permutation.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const qopt::annealing::Walks* qopt::annealing::avx512_walks() {
  static const Walks walks = {
      "avx512",
      [](Cells<int32_t> cells) -> AnyWalk* { return new PermutationWalk<int32_t>(std::move(cells)); },
      [](Cells<double> cells) -> AnyWalk* { return new PermutationWalk<double>(std::move(cells)); },
      [](Factors factors) -> AnyWalk* { return new ProductWalk(std::move(factors)); },
      [](Links links) -> AnyWalk* { return new ChainWalk(std::move(links)); },
      [](Program program) -> AnyWalk* { return new GeneralWalk(std::move(program)); },
  };
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? &walks : nullptr;
}
#else
const qopt::annealing::Walks* qopt::annealing::avx512_walks() { return nullptr; }
#endif
