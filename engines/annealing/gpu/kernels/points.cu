// Spins of the replicas from the bits of either layout: lanes keep a word a variable, rows a bit a variable.
#include "random.h"

extern "C" __global__ void points(const word* __restrict__ state, signed char* spins, int n, int words, int by_rows,
                                  int first, int count) {
    size_t total = (size_t)count * n, step = (size_t)gridDim.x * blockDim.x;
    for (size_t k = (size_t)blockIdx.x * blockDim.x + threadIdx.x; k < total; k += step) {
        size_t replica = first + k / n, i = k % n;
        word up = by_rows ? state[replica * words + i / 32] >> (i & 31)
                          : state[replica / 32 * words + i] >> (replica & 31);
        spins[k] = up & 1 ? 1 : -1;
    }
}
