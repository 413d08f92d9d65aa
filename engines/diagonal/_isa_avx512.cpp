// The engine for AVX-512.
#define ISA avx512
#define VECTOR_BYTES 64
#include "_target.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi2")
#endif
#include "_isa.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
const qopt::Engine* qopt::avx512_engine() {
  static const Engine engine = {"avx512", avx512::lane_bits<float>, avx512::forward, avx512::backward};
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") ? &engine : nullptr;
}
#else
const qopt::Engine* qopt::avx512_engine() { return nullptr; }
#endif
