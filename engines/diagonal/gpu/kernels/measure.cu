// What is read off a state: sums, weights of energies, outcomes, correlations. All sums are taken in a fixed order, or
// in integers, so that one state gives one answer.
#define THREADS 256
#include "types.h"

__device__ __forceinline__ double square(pair a) { return (double)a.x * a.x + (double)a.y * a.y; }

__device__ __forceinline__ wide first_point() { return blockIdx.x * (wide)THREADS + threadIdx.x; }
__device__ __forceinline__ wide stride() { return gridDim.x * (wide)THREADS; }

enum { SUMS = 5 };

// Of each block: weight and energy of all points, weight and energy of those below a limit, weight at the limit.
// `last`: index of the opposite of point 0 where energies are those of the opposite points, else 0.
extern "C" __global__ void sums(const pair* state, const level* energies, wide size, wide last, double limit, double* out) {
    __shared__ double scratch[32];
    double s[SUMS] = {0, 0, 0, 0, 0};
    for (wide k = first_point(); k < size; k += stride()) {
        double w = square(state[k]), e = (double)energies[last ? last - k : k];
        s[0] += w, s[1] += w * e;
        if (e < limit) s[2] += w, s[3] += w * e;
        if (e == limit) s[4] += w;
    }
    for (int i = 0; i < SUMS; ++i) {
        double total = block_sum(s[i], scratch);
        if (threadIdx.x == 0) out[blockIdx.x * SUMS + i] = total;
    }
}

// Sum of each row of a table, one block a row.
extern "C" __global__ void total(const double* table, wide length, double* out) {
    __shared__ double scratch[32];
    const double* row = table + blockIdx.x * length;
    double sum = 0;
    for (wide i = threadIdx.x; i < length; i += THREADS) sum += row[i];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
}

// Weight of each of `bins` equal parts of lowest .. lowest + bins / per, as integers of 2**-62; points outside are left
// out, but for the highest energy itself.
extern "C" __global__ void histogram(const pair* state, const level* energies, wide size, wide last, double lowest,
                                     double highest, double per, int bins, wide* out) {
    for (wide k = first_point(); k < size; k += stride()) {
        double e = (double)energies[last ? last - k : k];
        if (e < lowest || e > highest) continue;
        int bin = (int)((e - lowest) * per);
        wide weight = (wide)(square(state[k]) * 0x1p62 + 0.5);
        if (weight) atomicAdd(out + (bin < bins ? bin : bins - 1), weight);
    }
}

// Weight of each run of 2**bits neighbours, one warp a run.
extern "C" __global__ void runs(const pair* state, wide count, int bits, double* out) {
    wide run = first_point() >> 5;
    int lane = threadIdx.x & 31;
    if (run >= count) return;
    double sum = 0;
    for (wide k = lane; k < 1ull << bits; k += 32) sum += square(state[(run << bits) + k]);
    for (int step = 16; step; step >>= 1) sum += __shfl_down_sync(0xffffffffu, sum, step);
    if (lane == 0) out[run] = sum;
}

// Outcomes: the first point at which the cumulative weight exceeds each goal, one warp an outcome. `ends` are the
// cumulative weights of the runs.
extern "C" __global__ void locate(const pair* state, const double* ends, wide count, const double* goals, int shots,
                                  int bits, long long* out) {
    int shot = (int)(first_point() >> 5), lane = threadIdx.x & 31;
    if (shot >= shots) return;
    wide run = 0, beyond = count - 1; // the first run that ends above the goal, or the last one
    while (run < beyond) {
        wide middle = (run + beyond) >> 1;
        if (ends[middle] > goals[shot]) beyond = middle;
        else run = middle + 1;
    }
    wide begin = run << bits, length = 1ull << bits;
    double before = run ? ends[run - 1] : 0;
    long long found = -1, heavy = 0; // the last point that has any weight: rounding may leave a goal past the end
    for (wide k = 0; k < length && found < 0; k += 32) {
        double own = k + lane < length ? square(state[begin + k + lane]) : 0, sum = own;
        for (int step = 1; step < 32; step <<= 1) {
            double other = __shfl_up_sync(0xffffffffu, sum, step);
            if (lane >= step) sum += other;
        }
        unsigned past = __ballot_sync(0xffffffffu, before + sum > goals[shot] && own > 0);
        unsigned some = __ballot_sync(0xffffffffu, own > 0);
        if (some) heavy = (long long)k + 31 - __clz((int)some);
        if (past) found = (long long)k + __ffs((int)past) - 1;
        before += __shfl_sync(0xffffffffu, sum, 31);
    }
    if (lane == 0) out[shot] = (long long)begin + (found < 0 ? heavy : found);
}

// Weights of chosen points.
extern "C" __global__ void pick(const pair* state, const long long* points, wide count, double* out) {
    for (wide k = first_point(); k < count; k += stride()) out[k] = square(state[points[k]]);
}

// Weights of all points as numbers, for a Walsh-Hadamard transform.
extern "C" __global__ void squares(const pair* state, wide size, double* out) {
    for (wide k = first_point(); k < size; k += stride()) out[k] = square(state[k]);
}

// Up to four bits of a Walsh-Hadamard transform, from bit `at` on.
extern "C" __global__ void hadamard(double* values, wide size, int at, int bits) {
    wide count = size >> bits;
    for (wide i = first_point(); i < count; i += stride()) {
        wide rest = i & ((1ull << at) - 1), base = ((i ^ rest) << bits) | rest;
        double v[16];
#pragma unroll
        for (int j = 0; j < 16; ++j)
            if (j < 1 << bits) v[j] = values[base | (wide)j << at];
#pragma unroll
        for (int q = 0; q < 4; ++q)
#pragma unroll
            for (int j = 0; j < 16; ++j)
                if (q < bits && !(j >> q & 1) && j < 1 << bits) {
                    double a = v[j], b = v[j | 1 << q];
                    v[j] = a + b, v[j | 1 << q] = a - b;
                }
#pragma unroll
        for (int j = 0; j < 16; ++j)
            if (j < 1 << bits) values[base | (wide)j << at] = v[j];
    }
}

// A product of single-qubit states: lows[k's low bits] * highs[the rest].
extern "C" __global__ void product(pair* state, wide size, const double* lows, const double* highs, int bits) {
    for (wide k = first_point(); k < size; k += stride()) {
        state[k].x = (real)(lows[k & ((1ull << bits) - 1)] * highs[k >> bits]);
        state[k].y = 0;
    }
}
