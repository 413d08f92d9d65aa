// A tile of amplitudes held by one block: which points it has, and what is done to it between a load and a store.
//
// Set at compile time: REAL_BITS (32, 64), DIAGONAL (0 int8, 1 int16, 2 float32, 3 float64), TILE (bits of a tile),
// HELD (bits that one thread holds in registers), BLOCKS (on one multiprocessor), AXIS_Y (rotations about Y, not X).
//
// A tile's bits are walked in steps of HELD: in step s thread and register number are the local index with bits
// low(s) .. low(s) + HELD - 1 taken out for the register. Between steps the tile goes through shared memory.
#pragma once

#define THREADS (1 << (TILE - HELD))
#include "types.h"

#define AMPLITUDES (1 << HELD)
#define TOP ((TILE + HELD - 1) / HELD - 1)
#define PADDED ((1 << TILE) + (1 << TILE) / 16)
#define EACH for (int j = 0; j < AMPLITUDES; ++j)

// What a pass does. MIX_* are the groups of rotations before and after the phase.
enum Flags {
    START = 1,         // make the uniform superposition instead of loading
    MIX_BEFORE = 2,
    PHASE = 4,
    MIX_AFTER = 8,
    MEASURE = 16,
    STORE = 32,
    PLAIN_BEFORE = 64, // cosine and sine instead of the tangent alone
    PLAIN_AFTER = 128,
    FOLDED = 256,      // the group has the bit that a half state leaves out
    WEIGH = 512,       // make the adjoint from the weights
    DENSITY = 1024,
};

// Ints of a pass in the program's table.
enum Column { FLAGS, CARRIED, NEAR, NEAR_AT, FAR, FAR_AT, FIRST_BEFORE, FIRST_AFTER, BOTTOM, COLUMNS };

// Where a tile's bits stand in an index of the state: `carried` lowest bits, then two runs of bits.
struct Place {
    int carried, near, near_at, far, far_at;
    wide base, mask, half;

    __device__ __forceinline__ static wide gap(wide x, int at, int width) {
        wide low = x & ((1ull << at) - 1);
        return ((x ^ low) << width) | low;
    }
    __device__ __forceinline__ Place(const int* pass, wide block, wide size) {
        carried = pass[CARRIED], near = pass[NEAR], near_at = pass[NEAR_AT], far = pass[FAR], far_at = pass[FAR_AT];
        base = block << carried;
        if (near) base = gap(base, near_at, near);
        if (far) base = gap(base, far_at, far);
        half = pass[FLAGS] & FOLDED ? size : 0;
        mask = 2 * size - 1;
    }
    __device__ __forceinline__ wide spread(unsigned local) const {
        unsigned low = local & ((1u << carried) - 1), rest = local >> carried;
        return low | (wide)(rest & ((1u << near) - 1)) << near_at | (wide)(rest >> near) << far_at;
    }
    // Of a half state the points with the top bit set are those of the opposite points.
    __device__ __forceinline__ wide fold(wide index) const { return index & half ? index ^ mask : index; }
};

__host__ __device__ constexpr int low(int step) { return step * HELD < TILE - HELD ? step * HELD : TILE - HELD; }

template <int S> __device__ __forceinline__ int local(int thread, int j) {
    constexpr int at = low(S);
    return (thread & ((1 << at) - 1)) | (j << at) | ((thread >> at) << (at + HELD));
}

__device__ __forceinline__ int padded(int i) { return i + (i >> 4); }

// From step A's arrangement to step B's. A thread writes where it alone reads next, so one barrier is enough.
template <int A, int B> __device__ __forceinline__ void rearrange(pair* v, pair* tile, int thread) {
    if constexpr (A == B) return;
#pragma unroll
    EACH tile[padded(local<A>(thread, j))] = v[j];
    // Steps within the lowest bits exchange among the threads of a warp.
    if (low(A) <= 5 && low(B) <= 5 && THREADS >= 32) __syncwarp();
    else __syncthreads();
#pragma unroll
    EACH v[j] = tile[padded(local<B>(thread, j))];
}

__device__ __forceinline__ void rotate_tangent(pair& a, pair& b, real t) {
    pair x = a, y = b;
#if AXIS_Y
    a.x = x.x - t * y.x, a.y = x.y - t * y.y;
    b.x = y.x + t * x.x, b.y = y.y + t * x.y;
#else
    a.x = x.x - t * y.y, a.y = x.y + t * y.x;
    b.x = y.x - t * x.y, b.y = y.y + t * x.x;
#endif
}

__device__ __forceinline__ void rotate_plain(pair& a, pair& b, real c, real s) {
    pair x = a, y = b;
#if AXIS_Y
    a.x = c * x.x - s * y.x, a.y = c * x.y - s * y.y;
    b.x = c * y.x + s * x.x, b.y = c * y.y + s * x.y;
#else
    a.x = c * x.x - s * y.y, a.y = c * x.y + s * y.x;
    b.x = c * y.x - s * x.y, b.y = c * y.y + s * x.x;
#endif
}

// Rotations of the bits of one step, from `first` on; a rotation is (cosine, sine), or (1, tangent) unless `plain`.
template <int S> __device__ __forceinline__ void mix(pair* v, const pair* rotations, int first, bool plain) {
#pragma unroll
    for (int q = 0; q < HELD; ++q) {
        constexpr int at = low(S);
        int bit = at + q;
        if (bit < S * HELD || bit < first) continue;
        pair r = rotations[bit];
        if (plain) {
#pragma unroll
            EACH if (!(j >> q & 1)) rotate_plain(v[j], v[j | 1 << q], r.x, r.y);
        } else {
#pragma unroll
            EACH if (!(j >> q & 1)) rotate_tangent(v[j], v[j | 1 << q], r.y);
        }
    }
}

// The diagonal phase of a layer: turns of a unit of energy, as a real number and as a 64-bit fraction of a turn.
struct Phase {
    double turns;
    wide fraction;
};

__device__ __forceinline__ void half_turns(float x, float* s, float* c) { sincospif(x, s, c); }
__device__ __forceinline__ void half_turns(double x, double* s, double* c) { sincospi(x, s, c); }

__device__ __forceinline__ void sine_cosine(level e, const Phase& phase, real* s, real* c) {
#if DIAGONAL < 2
    wide f = (wide)(long long)e * phase.fraction; // whole turns fall off
#if REAL_BITS == 64
    half_turns((double)(long long)f * 0x1p-63, s, c);
#else
    half_turns((float)(int)(f >> 32) * 0x1p-31f, s, c);
#endif
#else
    double t = phase.turns * (double)e;
    t -= rint(t);
    half_turns((real)(2 * t), s, c);
#endif
}

// exp(-i phase) times a factor.
__device__ __forceinline__ void turn(pair& a, level e, const Phase& phase, real scale) {
    real s, c;
    sine_cosine(e, phase, &s, &c);
    s *= scale, c *= scale;
    pair x = a;
    a.x = x.x * c + x.y * s, a.y = x.y * c - x.x * s;
}

struct Run {
    level e[AMPLITUDES];
};

// Energies of a thread's points in one step; a run of neighbours is read by whole vectors.
template <int S>
__device__ __forceinline__ void levels(Run& out, const level* diagonal, const Place& place, int thread) {
    if (S == 0 && place.carried >= HELD && !place.half) {
        struct alignas(AMPLITUDES * sizeof(level) < 16 ? AMPLITUDES * sizeof(level) : 16) Vectors {
            level e[AMPLITUDES];
        };
        Vectors run = *reinterpret_cast<const Vectors*>(diagonal + (place.base | place.spread(local<0>(thread, 0))));
#pragma unroll
        EACH out.e[j] = run.e[j];
        return;
    }
    wide own = place.base | place.spread(local<S>(thread, 0));
#pragma unroll
    EACH out.e[j] = diagonal[place.fold(own | place.spread(j << low(S)))];
}
