// The annealers for AVX2.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi2,popcnt")
#endif
#include "_lanes_vector.h"
// the lanes come first
#include "_sweep.h"
#include "_rows.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const qopt::annealing::Kernels* qopt::annealing::avx2_kernels() {
  static const Kernels kernels = {"avx2", anneal_lanes, anneal_rows};
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") ? &kernels : nullptr;
}
#else
const qopt::annealing::Kernels* qopt::annealing::avx2_kernels() { return nullptr; }
#endif
