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

// What all passes of a run read; every field has eight bytes.
struct Header {
    pair *states, *adjoints;
    const level* const* diagonals; // of each pass's phase
    const level* weights;
    const int* table;
    const struct Phase* phases;
    const pair* rotations; // of each state and pass: scales, then TILE before and TILE after the phase
    double* sums;
    const double* caps;
    double* density;
    wide size, passes, shared_diagonal;
    wide sums_step; // between the sums of two passes
};

__host__ __device__ constexpr int low(int step) { return step * HELD < TILE - HELD ? step * HELD : TILE - HELD; }

// Where a tile's bits stand in an index of the state: `carried` lowest bits, then two runs of bits.
struct Place {
    int carried, near, near_at, far, far_at;
    wide base, mask, half;

    __device__ __forceinline__ static wide gap(wide x, int at, int width) {
        wide below = x & ((1ull << at) - 1);
        return ((x ^ below) << width) | below;
    }
    __device__ __forceinline__ Place(const int* pass, wide block, wide size) {
        carried = pass[CARRIED], near = pass[NEAR], near_at = pass[NEAR_AT], far = pass[FAR], far_at = pass[FAR_AT];
        base = block << carried;
        if (near) base = gap(base, near_at, near);
        if (far) base = gap(base, far_at, far);
        half = pass[FLAGS] & FOLDED ? size : 0;
        mask = 2 * size - 1;
    }
    __device__ __forceinline__ wide index(unsigned local) const {
        unsigned below = local & ((1u << carried) - 1), rest = local >> carried;
        return base | below | (wide)(rest & ((1u << near) - 1)) << near_at | (wide)(rest >> near) << far_at;
    }
    // Of a half state the points with the top bit set are those of the opposite points.
    __device__ __forceinline__ wide fold(wide index) const { return index & half ? index ^ mask : index; }

    // Distance in the state of a step's neighbouring registers, as a power of two; -1 where they are not in one run.
    template <int S> __device__ __forceinline__ int shift() const {
        constexpr int at = low(S);
        if (half) return -1;
        if (at + HELD <= carried) return at;
        if (at >= carried && at + HELD <= carried + near) return near_at + at - carried;
        if (at >= carried + near) return far_at + at - carried - near;
        return -1;
    }
};

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
// One branch a step, so that its rotations are scheduled together; a step that is rotated in part takes the form that
// holds for both.
template <int S> __device__ __forceinline__ void mix(pair* v, const pair* rotations, int first, bool plain) {
    constexpr int at = low(S), fresh = S * HELD - at;
    if (first >= at + HELD) return;
    if (first <= at + fresh && !plain) {
#pragma unroll
        for (int q = fresh; q < HELD; ++q) {
            real t = rotations[at + q].y;
#pragma unroll
            EACH if (!(j >> q & 1)) rotate_tangent(v[j], v[j | 1 << q], t);
        }
    } else {
#pragma unroll
        for (int q = fresh; q < HELD; ++q) {
            pair r = rotations[at + q];
            if (at + q >= first) {
#pragma unroll
                EACH if (!(j >> q & 1)) rotate_plain(v[j], v[j | 1 << q], r.x, r.y);
            }
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

// A factor times cosine and sine of a phase: computed, or multiplied together from tables in shared memory where energies
// are small integers (one table of a byte's values, or two for two bytes in float64).
#define TABLES (DIAGONAL == 0 ? 1 : DIAGONAL == 1 && REAL_BITS == 64 ? 2 : 0)

__device__ __forceinline__ void fill_tables(pair* tables, const Phase& phase, real scale) {
#if DIAGONAL < 2
    for (int i = threadIdx.x; i < 256 * TABLES; i += THREADS) {
        int e = i < 256 ? (TABLES == 1 ? i - 128 : i) : (i - 384) * 256;
        wide f = (wide)(long long)e * phase.fraction;
        double s, c;
        half_turns((double)(long long)f * 0x1p-63, &s, &c);
        if (i >= 256 || TABLES == 1) s *= scale, c *= scale;
        tables[i].x = (real)c, tables[i].y = (real)s;
    }
#endif
}

__device__ __forceinline__ pair factor(level e, const Phase& phase, real scale, const pair* tables) {
    pair out;
#if DIAGONAL == 0
    if (tables) return tables[(int)e + 128];
#elif DIAGONAL == 1 && REAL_BITS == 64
    if (tables) {
        pair a = tables[(int)e & 255], b = tables[((int)e >> 8) + 384];
        out.x = a.x * b.x - a.y * b.y, out.y = a.x * b.y + a.y * b.x;
        return out;
    }
#endif
    sine_cosine(e, phase, &out.y, &out.x);
    out.x *= scale, out.y *= scale;
    return out;
}

// exp(-i phase) times a factor.
__device__ __forceinline__ void turn(pair& a, pair f) {
    pair x = a;
    a.x = x.x * f.x + x.y * f.y, a.y = x.y * f.x - x.x * f.y;
}

struct Run {
    level e[AMPLITUDES];
};

// A thread's points in one step, from an array of the state's size.
template <int S, class T>
__device__ __forceinline__ void load(T* out, const T* array, const Place& place, int thread) {
    wide own = place.index(local<S>(thread, 0));
    int shift = place.shift<S>();
    if (shift >= 0) {
        const T* at = array + own;
        const wide step = 1ull << shift;
#pragma unroll
        EACH out[j] = at[j * step];
    } else {
#pragma unroll
        EACH out[j] = array[place.fold(place.index(local<S>(thread, j)))];
    }
}

template <int S, class T>
__device__ __forceinline__ void store(const T* values, T* array, const Place& place, int thread) {
    wide own = place.index(local<S>(thread, 0));
    int shift = place.shift<S>();
    if (shift >= 0) {
        T* at = array + own;
        const wide step = 1ull << shift;
#pragma unroll
        EACH at[j * step] = values[j];
    } else {
#pragma unroll
        EACH array[place.fold(place.index(local<S>(thread, j)))] = values[j];
    }
}

// Energies of a thread's points in one step; a run of neighbours is read by whole vectors.
template <int S>
__device__ __forceinline__ void levels(Run& out, const level* diagonal, const Place& place, int thread) {
    if (S == 0 && place.carried >= HELD && !place.half) {
        struct alignas(AMPLITUDES * sizeof(level) < 16 ? AMPLITUDES * sizeof(level) : 16) Vectors {
            level e[AMPLITUDES];
        };
        Vectors run = *reinterpret_cast<const Vectors*>(diagonal + place.index(local<0>(thread, 0)));
#pragma unroll
        EACH out.e[j] = run.e[j];
        return;
    }
    load<S>(out.e, diagonal, place, thread);
}

// What the threads of a block share in one pass. It is read again after each barrier, which leaves registers free.
struct Frame {
    int ints[COLUMNS];
    wide block, size, offset;
    Phase phase;
    pair turns[2 * TILE + 1]; // scales, rotations before the phase, rotations after it
    pair tables[256 * TABLES + 1];
    double scratch[32];

    __device__ __forceinline__ Place place() const { return Place(ints, block, size); }
    __device__ __forceinline__ int flags() const { return ints[FLAGS]; }
    __device__ __forceinline__ const pair* rotations(bool after) const { return turns + 1 + (after ? TILE : 0); }
    __device__ __forceinline__ void fill(const Header& run, int pass, wide first_block) {
        const int* row = run.table + pass * COLUMNS;
        int thread = threadIdx.x, at = blockIdx.y * (int)run.passes + pass;
        const pair* rows = run.rotations + (wide)at * (2 * TILE + 1);
        for (int i = thread; i < COLUMNS; i += THREADS) ints[i] = row[i];
        for (int i = thread; i < 2 * TILE + 1; i += THREADS) turns[i] = rows[i];
        if (thread == 0) {
            block = blockIdx.x + first_block, size = run.size, phase = run.phases[at];
            offset = run.shared_diagonal ? 0 : blockIdx.y * run.size;
        }
        if (TABLES && row[FLAGS] & PHASE) fill_tables(tables, run.phases[at], rows[0].x);
    }
};
