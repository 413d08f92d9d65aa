// What follows, to target_end.h, is compiled for AVX2 with FMA; include all foreign headers before. Included once a file.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi2,popcnt")
#endif
