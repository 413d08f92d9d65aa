// Sparse models: a warp holds 32 replicas, one a lane, and a variable's 32 spins are one word.
//
// A visit sums the local field anew from the neighbours' words, which all lanes read at once, and the warp's vote is
// the word of flips: there are no fields to keep, a flip costs nothing more than a refused one, and doubles do not
// drift. Every lane writes what the warp voted, so that none waits for another's memory. Words in shared memory were
// slower on an H200: they leave no room to the cache, and each visit waited for its couplings.
#include "random.h"

// 32 bytes of a row of couplings: a neighbour's word in bytes from the first, and the coupling doubled; empty places
// weigh 0.
struct __align__(16) Entry {
#if REAL
    number twice[2];
    int other[4];
#else
    int other[4];
    number twice[4];
#endif
};

#define EVERY 0xffffffffu

// Local field of one lane: `down` is the field where all neighbours are down.
__device__ __forceinline__ number field_of(const Entry* __restrict__ entries, int at, int end, number down,
                                           const word* spins, word bit) {
    number f = down;
#pragma unroll 1
    for (; at < end; ++at) {
        Entry e = entries[at];
#pragma unroll
        for (int k = 0; k < (int)(sizeof(e.twice) / sizeof(number)); ++k) {
            word other = *(const word*)((const char*)spins + e.other[k]);
            f += other & bit ? e.twice[k] : (number)0;
        }
    }
    return f;
}

struct __align__(16) FourStarts {
    int a, b, c, d;
};
struct __align__(16) FourNumbers {
    number a, b, c, d;
};

// Where the rows of four variables begin and end, and their fields; both arrays are padded to whole fours.
struct Rows {
    int at[5];
    number down[4];

    __device__ __forceinline__ Rows(const int* __restrict__ starts, const number* __restrict__ fields, int i) {
        FourStarts s = *(const FourStarts*)(starts + i);
        FourNumbers f = *(const FourNumbers*)(fields + i);
        at[0] = s.a, at[1] = s.b, at[2] = s.c, at[3] = s.d, at[4] = starts[i + 4];
        down[0] = f.a, down[1] = f.b, down[2] = f.c, down[3] = f.d;
    }

    // Half of what a flip of the variable, whose word is `own`, would add to the energy.
    __device__ __forceinline__ number rise(int part, const Entry* __restrict__ entries, word own, const word* spins,
                                           word bit) const {
        number f = field_of(entries, at[part], at[part + 1], down[part], spins, bit);
        return own & bit ? -f : f;
    }
};

extern "C" __global__ void lanes(const Entry* __restrict__ entries, const int* __restrict__ starts,
                                 const number* __restrict__ down, const void* __restrict__ table, word* state,
                                 wide* flips, int n, int groups, int first_sweep, int sweeps, int fresh, wide key,
                                 double descent, int* passes) {
    int lane = threadIdx.x & 31, group = (int)(blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5));
    if (group >= groups) return;
    word bit = 1u << lane, replica = 32u * group + lane;
    word* spins = state + (size_t)group * n;
#if LEVELS
    SHARED(memory);
    word* levels = (word*)memory + 256 * (threadIdx.x >> 5);
#endif
    int count = 0;
    if (fresh)
        for (int i = 0; i < n; ++i) spins[i] = __ballot_sync(EVERY, word_of(i, 0, replica, key) >> 31);
    for (int k = 0; k < sweeps; ++k) {
        Rule rule = rule_of(table, k);
#if LEVELS
        __syncwarp();
        for (int j = lane; j < 256; j += 32) levels[j] = rule.level[j - 128];
        rule.level = levels + 128;
        __syncwarp();
#endif
        for (int i = 0; i < n; i += 4) {
            Rows rows(starts, down, i);
            Words drawn = words_of((word)i >> 2, first_sweep + k + 1, replica, key);
#pragma unroll
            for (int part = 0; part < 4; ++part) {
                if (i + part >= n) break;
                word before = spins[i + part];
                bool flip = rule.accepts(rows.rise(part, entries, before, spins, bit), drawn.at[part]);
                spins[i + part] = before ^ __ballot_sync(EVERY, flip);
                count += flip;
            }
        }
    }
    int pass = 0;
    for (bool any = descent < 0; any && pass < 1000; ++pass) {
        any = false;
        for (int i = 0; i < n; i += 4) {
            Rows rows(starts, down, i);
#pragma unroll
            for (int part = 0; part < 4; ++part) {
                if (i + part >= n) break;
                word before = spins[i + part];
                bool flip = rows.rise(part, entries, before, spins, bit) <= (number)descent;
                word vote = __ballot_sync(EVERY, flip);
                spins[i + part] = before ^ vote;
                count += flip;
                any |= vote != 0;
            }
        }
    }
    atomicAdd(flips, (wide)count);
    if (lane == 0) passes[group] = pass;
}
