// Random words of the annealers on a card, and the rule by which a flip is accepted; reference.py has the same bits.
//
// Word of variable i in a sweep of a replica: Philox4x32 of seven rounds, Salmon, Moraes, Dror, Shaw (2011), Parallel
// random numbers: as easy as 1, 2, 3, doi:10.1145/2063384.2063405; counter (i / 4, sweep, replica, 0), part i % 4, key
// the batch's 64-bit word. So it depends neither on the launch nor on what other replicas do. Sweep 0 draws the spins.
#pragma once

typedef unsigned int word;
typedef unsigned long long wide;

#ifndef SHARED
#define SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif

// Types of local fields and of thresholds: whole numbers in int and float, others in double.
#if REAL
typedef double number;
typedef double real;
#else
typedef int number;
typedef float real;
#endif

struct Words {
    word at[4];
};

__device__ __forceinline__ Words words_of(word block, word sweep, word replica, wide key) {
    word a = block, b = sweep, c = replica, d = 0, k = (word)key, l = (word)(key >> 32);
#pragma unroll
    for (int round = 0; round < 7; ++round) {
        wide first = 0xD2511F53ull * a, second = 0xCD9E8D57ull * c;
        a = (word)(second >> 32) ^ b ^ k, b = (word)second;
        c = (word)(first >> 32) ^ d ^ l, d = (word)first;
        k += 0x9E3779B9u, l += 0xBB67AE85u;
    }
    return Words{{a, b, c, d}};
}

// The word of one variable, where no neighbour in memory is wanted.
__device__ __forceinline__ word word_of(int i, word sweep, word replica, wide key) {
    Words found = words_of((word)i >> 2, sweep, replica, key);
    int part = i & 3;
    return part & 2 ? (part & 1 ? found.at[3] : found.at[2]) : (part & 1 ? found.at[1] : found.at[0]);
}

// -ln(x), 0 < x < 1, by the operations of engines/annealing/_random.h in their order; none is fused.
__device__ __forceinline__ float minus_log(float x) {
    const float powers[9] = {1.0f,
                             -0.49999988079071045f,
                             0.3333418369293213f,
                             -0.2500215470790863f,
                             0.19956977665424347f,
                             -0.16560696065425873f,
                             0.14949095249176025f,
                             -0.14377330243587494f,
                             0.08743945509195328f};
    int shifted = __float_as_int(x) - 0x3f3504f3;
    float f = __fadd_rn(__int_as_float((shifted & 0x7fffff) + 0x3f3504f3), -1.0f), p = powers[8];
#pragma unroll
    for (int power = 7; power >= 0; --power) p = __fadd_rn(__fmul_rn(p, f), powers[power]);
    float value = -__fadd_rn(__fmul_rn((float)(shifted >> 23), 0.693147182f), __fmul_rn(p, f));
    return value > 0.0f ? value : 0.0f;
}

// An exponential variate, or a logistic one for the heat bath.
__device__ __forceinline__ float variate(word drawn) {
    float u = __fmul_rn(__fadd_rn((float)(int)(drawn >> 9), 0.5f), 1.0f / 8388608.0f);
#if GIBBS
    return __fadd_rn(minus_log(u), -minus_log(__fadd_rn(1.0f, -u)));
#else
    return minus_log(u);
#endif
}

__device__ __forceinline__ float times(float x, float t) { return __fmul_rn(x, t); }
__device__ __forceinline__ double times(float x, double t) { return (double)x * t; }

// What one sweep accepts: a flip that raises the energy by 2 rise.
struct Rule {
#if LEVELS
    const word* level;  // 2**32 times the probability of each rise from -128 on
    __device__ __forceinline__ bool accepts(number rise, word drawn) const { return drawn < level[rise]; }
#else
    real half;  // T / 2
    __device__ __forceinline__ bool accepts(number rise, word drawn) const {
        return (real)rise <= times(variate(drawn), half);
    }
#endif
};

// The sweep's entry of the table of half temperatures, or its row of the table of levels.
__device__ __forceinline__ Rule rule_of(const void* table, int sweep) {
#if LEVELS
    return Rule{(const word*)table + 256 * sweep + 128};
#else
    return Rule{((const real*)table)[sweep]};
#endif
}
