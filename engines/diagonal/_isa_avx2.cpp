// The engine for AVX2 with FMA.
#define ISA avx2
#define VECTOR_BYTES 32
#include "_target.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi2")
#endif
#include "_isa.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
const qopt::Engine* qopt::avx2_engine() {
  static const Engine engine = {"avx2", avx2::lane_bits<float>, avx2::forward, avx2::backward};
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") ? &engine : nullptr;
}
#else
const qopt::Engine* qopt::avx2_engine() { return nullptr; }
#endif
