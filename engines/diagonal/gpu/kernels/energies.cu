// Cost diagonals made on the card, O(2**n) whatever the number of terms, and what is asked of them.
#define THREADS 256
#include "types.h"

#define LOW_BITS 10

__device__ __forceinline__ double least(double a, double b) { return b < a ? b : a; }
__device__ __forceinline__ double most(double a, double b) { return b > a ? b : a; }

// Minimum and maximum of a block's values; thread 0 has them.
__device__ __forceinline__ void block_range(double* lowest, double* highest, double* scratch) {
    for (int step = 16; step; step >>= 1) {
        *lowest = least(*lowest, __shfl_down_sync(0xffffffffu, *lowest, step));
        *highest = most(*highest, __shfl_down_sync(0xffffffffu, *highest, step));
    }
    int warp = threadIdx.x >> 5;
    if ((threadIdx.x & 31) == 0) scratch[2 * warp] = *lowest, scratch[2 * warp + 1] = *highest;
    __syncthreads();
    if (threadIdx.x == 0)
        for (int w = 0; w < THREADS / 32; ++w) {
            *lowest = least(*lowest, scratch[2 * w]), *highest = most(*highest, scratch[2 * w + 1]);
        }
    __syncthreads();
}

// Energies of a QUBO: those of the low bits from a table, plus what the high bits add as a constant and as fields.
//   linear: shape (n,); couplings: shape (n, n), upper triangle; ranges: minimum and maximum of each block, or null;
//   out: null to find the range alone
extern "C" __global__ void qubo(const double* table, const double* linear, const double* couplings, int n, int bits,
                                wide highs, double shift, double* ranges, level* out) {
    __shared__ double parts[64], fields[LOW_BITS], scratch[32];
    int thread = threadIdx.x;
    double lowest = 1e300, highest = -1e300;
    for (wide high = blockIdx.x; high < highs; high += gridDim.x) {
        __syncthreads();
        if (thread < 64) {
            int i = bits + thread;
            double sum = 0;
            if (i < n && (high >> thread & 1)) {
                sum = linear[i];
                for (int j = i + 1; j < n; ++j)
                    if (high >> (j - bits) & 1) sum += couplings[i * n + j];
            }
            parts[thread] = sum;
        } else if (thread < 64 + bits) {
            int i = thread - 64;
            double sum = 0;
            for (int j = bits; j < n; ++j)
                if (high >> (j - bits) & 1) sum += couplings[i * n + j];
            fields[i] = sum;
        }
        __syncthreads();
        double constant = -shift;
        for (int i = 0; i < n - bits; ++i) constant += parts[i];
        for (int k = thread; k < 1 << bits; k += THREADS) {
            double e = constant + table[k];
            for (int i = 0; i < bits; ++i)
                if (k >> i & 1) e += fields[i];
            lowest = least(lowest, e), highest = most(highest, e);
            if (out) out[high << bits | k] = (level)e;
        }
    }
    if (!ranges) return;
    __syncthreads();
    block_range(&lowest, &highest, scratch);
    if (thread == 0) ranges[2 * blockIdx.x] = lowest, ranges[2 * blockIdx.x + 1] = highest;
}

// Minimum and maximum of a stored diagonal, block by block.
extern "C" __global__ void range(const level* energies, wide size, double* ranges) {
    __shared__ double scratch[32];
    double lowest = 1e300, highest = -1e300;
    for (wide k = blockIdx.x * (wide)THREADS + threadIdx.x; k < size; k += gridDim.x * (wide)THREADS) {
        lowest = least(lowest, energies[k]), highest = most(highest, energies[k]);
    }
    block_range(&lowest, &highest, scratch);
    if (threadIdx.x == 0) ranges[2 * blockIdx.x] = lowest, ranges[2 * blockIdx.x + 1] = highest;
}

// First point that has an energy.
extern "C" __global__ void first(const level* energies, wide size, double energy, wide* out) {
    for (wide k = blockIdx.x * (wide)THREADS + threadIdx.x; k < size; k += gridDim.x * (wide)THREADS)
        if ((double)energies[k] == energy) {
            atomicMin(out, k);
            return;
        }
}

// Whether some point's energy is not that of the opposite point.
extern "C" __global__ void differs(const level* energies, wide size, int* out) {
    for (wide k = blockIdx.x * (wide)THREADS + threadIdx.x; k < size / 2; k += gridDim.x * (wide)THREADS)
        if (energies[k] != energies[size - 1 - k]) *out = 1;
}
