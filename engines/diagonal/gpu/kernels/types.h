// Number types of a build, and sums over a block in a fixed order. THREADS is set before.
#pragma once

#if REAL_BITS == 64
typedef double real;
typedef double2 pair;
#else
typedef float real;
typedef float2 pair;
#endif

#if DIAGONAL == 0
typedef signed char level;
#elif DIAGONAL == 1
typedef short level;
#elif DIAGONAL == 2
typedef float level;
#else
typedef double level;
#endif

typedef unsigned long long wide;

#ifndef SHARED
#define SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif

// Thread 0 has the sum.
__device__ __forceinline__ double block_sum(double x, double* scratch) {
    int thread = threadIdx.x;
    double total = 0;
#if THREADS >= 32
    for (int step = 16; step; step >>= 1) x += __shfl_down_sync(0xffffffffu, x, step);
    if ((thread & 31) == 0) scratch[thread >> 5] = x;
    __syncthreads();
    if (thread == 0)
        for (int w = 0; w < THREADS / 32; ++w) total += scratch[w];
#else
    scratch[thread] = x;
    __syncthreads();
    if (thread == 0)
        for (int w = 0; w < THREADS; ++w) total += scratch[w];
#endif
    __syncthreads();
    return total;
}
