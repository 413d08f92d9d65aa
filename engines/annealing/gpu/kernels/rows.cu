// Dense models: a warp holds one replica, its local fields in shared memory, and adds a row of J where a flip is made.
//
// 32 consecutive variables are tested at once, one a lane; the lowest accepted one flips, and those after it are tested
// again with the same words: the chain that visits one variable after the other, so the flips are those of lanes.cu.
#include "random.h"

#define EVERY 0xffffffffu

// WEIGHT: bytes of a doubled coupling.
#if WEIGHT == 1
typedef signed char weight;
#define FOUR 4
#elif WEIGHT == 4
typedef int weight;
#define FOUR 16
#else
typedef double weight;
#define FOUR 16
#endif

struct __align__(FOUR) FourWeights {
    weight a, b, c, d;
};
struct __align__(16) FourNumbers {
    number a, b, c, d;
};

struct Replica {
    const weight* __restrict__ twice;
    number* field;
    int padded, lane;

    // Fields after variable i went up (sign 1) or down (-1).
    __device__ __forceinline__ void add(int i, number sign) {
        const weight* row = twice + (size_t)i * padded;
        for (int j = 4 * lane; j < padded; j += 128) {
            FourWeights w = *(const FourWeights*)(row + j);
            FourNumbers f = *(FourNumbers*)(field + j);
            f.a += sign * (number)w.a, f.b += sign * (number)w.b;
            f.c += sign * (number)w.c, f.d += sign * (number)w.d;
            *(FourNumbers*)(field + j) = f;
        }
        __syncwarp();
    }
};

extern "C" __global__ void rows(const void* __restrict__ twice, const number* __restrict__ down,
                                const void* __restrict__ table, word* state, wide* flips,
                                int n, int padded, int replicas, int first_sweep, int sweeps, int fresh, wide key,
                                double descent, int* passes) {
    SHARED(memory);
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, id = (int)(blockIdx.x * (blockDim.x >> 5)) + warp;
    if (id >= replicas) return;
    int blocks = padded >> 5, count = 0;
    size_t stride = (size_t)padded * sizeof(number) + (size_t)blocks * sizeof(word);
    number* field = (number*)(memory + warp * stride);
    word* spins = (word*)(field + padded);
    Replica own{(const weight*)twice, field, padded, lane};
    for (int b = 0; b < blocks; ++b) {
        int i = 32 * b + lane;
        field[i] = i < n ? down[i] : (number)0;
        word up = state[(size_t)id * blocks + b];
        if (fresh) up = __ballot_sync(EVERY, i < n && word_of(i, 0, id, key) >> 31);
        spins[b] = up;
    }
    __syncwarp();
    for (int b = 0; b < blocks; ++b)
        for (word up = spins[b]; up; up &= up - 1) own.add(32 * b + __ffs(up) - 1, (number)1);
    int pass = 0;
    bool any = descent < 0;
    for (int k = 0; k < sweeps || (any && pass < 1000); ++k) {
        bool cold = k >= sweeps;
        Rule rule = rule_of(table, cold ? 0 : k);
        if (cold) any = false, ++pass;
        for (int b = 0; b < blocks; ++b) {
            int i = 32 * b + lane, from = 0;
            word drawn = cold ? 0 : word_of(i, first_sweep + k + 1, id, key), up = spins[b];
            for (;;) {
                number f = field[i], rise = up >> lane & 1 ? -f : f;
                bool flip = i < n && lane >= from && (cold ? rise <= (number)descent : rule.accepts(rise, drawn));
                word vote = __ballot_sync(EVERY, flip);
                if (!vote) break;
                int chosen = __ffs(vote) - 1;
                own.add(32 * b + chosen, up >> chosen & 1 ? (number)-1 : (number)1);
                up ^= 1u << chosen, from = chosen + 1, ++count;
                any |= cold;
            }
            spins[b] = up;
        }
    }
    __syncwarp();
    for (int b = lane; b < blocks; b += 32) state[(size_t)id * blocks + b] = spins[b];
    if (lane == 0) atomicAdd(flips, (wide)count), passes[id] = pass;
}
