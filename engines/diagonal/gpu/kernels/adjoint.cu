// Derivatives by the adjoint method: state and adjoint go back through the circuit together.
//
// With R(angle) = exp(angle G), G (a, b) = (-b, a) on a pair, the derivative of <psi| W |psi> by an angle is
// 2 Re <lambda| G |psi>, by a gamma 2 sum_k E_k Im(conj(lambda_k) psi_k); the factors 2 and those that tangent form
// leaves on the vectors are the caller's.
#include "tile.h"

#define WARPS (THREADS >= 32 ? THREADS / 32 : THREADS)

// Sum over a warp, kept in its row of the block's table; a block without whole warps keeps each thread's own.
__device__ __forceinline__ void keep(real x, real* row) {
#if TILE - HELD >= 5
#pragma unroll
    for (int step = 16; step; step >>= 1) x += __shfl_down_sync(0xffffffffu, x, step);
    if ((threadIdx.x & 31) == 0) row[threadIdx.x >> 5] = x;
#else
    row[threadIdx.x] = x;
#endif
}

__device__ __forceinline__ real generator(pair u0, pair u1, pair v0, pair v1) {
#if AXIS_Y
    return u1.x * v0.x + u1.y * v0.y - u0.x * v1.x - u0.y * v1.y;
#else
    return u0.y * v1.x - u0.x * v1.y + u1.y * v0.x - u1.x * v0.y;
#endif
}

// Takes the rotations of one step back on both vectors; `sums` gets one row a bit, before its rotation goes.
template <int S>
__device__ __forceinline__ void unmix(pair* v, pair* u, const pair* rotations, int first, bool plain, real* sums) {
#pragma unroll
    for (int q = 0; q < HELD; ++q) {
        constexpr int at = low(S);
        int bit = at + q;
        if (bit < S * HELD || bit < first) continue;
        pair r = rotations[bit];
        real sum = 0;
#pragma unroll
        EACH if (!(j >> q & 1)) sum += generator(u[j], u[j | 1 << q], v[j], v[j | 1 << q]);
        keep(sum, sums + bit * WARPS);
        if (plain) {
#pragma unroll
            EACH if (!(j >> q & 1)) {
                rotate_plain(v[j], v[j | 1 << q], r.x, r.y);
                rotate_plain(u[j], u[j | 1 << q], r.x, r.y);
            }
        } else {
#pragma unroll
            EACH if (!(j >> q & 1)) {
                rotate_tangent(v[j], v[j | 1 << q], r.y);
                rotate_tangent(u[j], u[j | 1 << q], r.y);
            }
        }
    }
}

template <int A, int B> __device__ __forceinline__ void rearrange_both(pair* v, pair* u, pair* tile) {
    if constexpr (A == B) return;
    rearrange<A, B>(v, tile, threadIdx.x);
    rearrange<A, B>(u, tile + PADDED, threadIdx.x);
}

struct Back {
    const Place& place;
    int flags, bottom, first_before, first_after;
    const pair *before, *after;
    const level* diagonal;
    double* density;
    Phase phase;
    real scale;
    pair* tile;
    real* sums; // rows: gamma, then the bits before the phase, then those after it
};

// Sum of E Im(conj(lambda) psi), its terms as a density, and the phase taken back.
template <int S> __device__ __forceinline__ void unphase(pair* v, pair* u, Back& p) {
    Run run;
    levels<S>(run, p.diagonal, p.place, threadIdx.x);
    wide own = p.place.base | p.place.spread(local<S>(threadIdx.x, 0));
    real sum = 0;
#pragma unroll
    EACH {
        real cross = u[j].x * v[j].y - u[j].y * v[j].x;
        sum += cross * (real)run.e[j];
        if (p.flags & DENSITY) p.density[p.place.fold(own | p.place.spread(j << low(S)))] = 2 * (double)cross;
        if (p.flags & STORE) {
            real s, c;
            sine_cosine(run.e[j], p.phase, &s, &c);
            s *= p.scale, c *= p.scale;
            pair x = v[j], y = u[j];
            v[j].x = x.x * c + x.y * s, v[j].y = x.y * c - x.x * s;
            u[j].x = y.x * c + y.y * s, u[j].y = y.y * c - y.x * s;
        }
    }
    keep(sum, p.sums);
}

template <int S> __device__ __forceinline__ void back_at_bottom(pair* v, pair* u, Back& p) {
    if (p.flags & PHASE) unphase<S>(v, u, p);
    if (!(p.flags & MIX_AFTER) && p.flags & STORE) rearrange_both<S, TOP>(v, u, p.tile);
}

template <int S> struct Walk {
    __device__ __forceinline__ static void run(pair* v, pair* u, Back& p) {
        real *first = p.sums + WARPS, *second = first + TILE * WARPS;
        if (p.flags & MIX_BEFORE) unmix<S>(v, u, p.before, p.first_before, p.flags & PLAIN_BEFORE, first);
        if (S > p.bottom) {
            rearrange_both<S, (S ? S - 1 : 0)>(v, u, p.tile);
            Walk<(S ? S - 1 : 0)>::run(v, u, p);
            if (p.flags & MIX_AFTER) rearrange_both<(S ? S - 1 : 0), S>(v, u, p.tile);
        } else back_at_bottom<S>(v, u, p);
        if (p.flags & MIX_AFTER) unmix<S>(v, u, p.after, p.first_after, p.flags & PLAIN_AFTER, second);
    }
};

template <> struct Walk<0> {
    __device__ __forceinline__ static void run(pair* v, pair* u, Back& p) {
        real *first = p.sums + WARPS, *second = first + TILE * WARPS;
        if (p.flags & MIX_BEFORE) unmix<0>(v, u, p.before, p.first_before, p.flags & PLAIN_BEFORE, first);
        back_at_bottom<0>(v, u, p);
        if (p.flags & MIX_AFTER) unmix<0>(v, u, p.after, p.first_after, p.flags & PLAIN_AFTER, second);
    }
};

// lambda = min(weight, cap) psi, and both times a factor.
__device__ __forceinline__ void weigh(pair& v, pair& u, level e, real cap, real scale) {
    real w = (real)e;
    w = w < cap ? w : cap;
    v.x *= scale, v.y *= scale;
    u.x = w * v.x, u.y = w * v.y;
}

// One pass back over states and adjoints of a batch; tables as those of `forward`, rotations already reversed.
//   sums: shape (states, 1 + 2 TILE, blocks): gamma, bits before the phase, bits after it
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
backward(pair* states, pair* adjoints, const level* diagonals, const level* weights, const double* caps,
         const int* table, const Phase* phases, const pair* rotations, double* sums, double* density, int pass,
         int passes, int first_block, int shared_diagonal, wide size) {
    SHARED(memory);
    __shared__ pair turns[2 * TILE + 1];
    __shared__ real kept[(1 + 2 * TILE) * WARPS];
    const int* ints = table + pass * COLUMNS;
    int thread = threadIdx.x, row = blockIdx.y * passes + pass, flags = ints[FLAGS];
    Place place(ints, (wide)blockIdx.x + first_block, size);
    pair *state = states + blockIdx.y * size, *adjoint = adjoints + blockIdx.y * size;
    wide offset = shared_diagonal ? 0 : blockIdx.y * size;
    for (int i = thread; i < 2 * TILE + 1; i += THREADS) turns[i] = rotations[(wide)row * (2 * TILE + 1) + i];
    for (int i = thread; i < (1 + 2 * TILE) * WARPS; i += THREADS) kept[i] = 0;
    __syncthreads();
    pair v[AMPLITUDES], u[AMPLITUDES];
    wide own = place.base | place.spread(local<TOP>(thread, 0));
#pragma unroll
    EACH v[j] = state[place.fold(own | place.spread(j << low(TOP)))];
    if (flags & WEIGH) {
        real cap = (real)caps[blockIdx.y];
        Run run;
        levels<TOP>(run, weights + offset, place, thread);
#pragma unroll
        EACH weigh(v[j], u[j], run.e[j], cap, turns[0].y);
    } else {
#pragma unroll
        EACH u[j] = adjoint[place.fold(own | place.spread(j << low(TOP)))];
    }
    Back p = {place, flags, ints[BOTTOM], ints[FIRST_BEFORE], ints[FIRST_AFTER], turns + 1, turns + 1 + TILE,
              diagonals + offset, density, phases[row], turns[0].x, (pair*)memory, kept};
    Walk<TOP>::run(v, u, p);
    if (flags & STORE) {
#pragma unroll
        EACH {
            wide index = place.fold(own | place.spread(j << low(TOP)));
            state[index] = v[j], adjoint[index] = u[j];
        }
    }
    __syncthreads();
    double* out = sums + (wide)blockIdx.y * gridDim.x * (1 + 2 * TILE) + blockIdx.x;
    for (int i = thread; i < 1 + 2 * TILE; i += THREADS) {
        double total = 0;
        for (int w = 0; w < WARPS; ++w) total += kept[i * WARPS + w];
        out[(wide)i * gridDim.x] = total;
    }
}

template <int S, int END>
__device__ __forceinline__ void up(pair* v, pair* u, const pair* rotations, bool plain, pair* tile, real* sums) {
    unmix<S>(v, u, rotations, 0, plain, sums);
    if constexpr (S < END) {
        rearrange_both<S, S + 1>(v, u, tile);
        up<S + 1, END>(v, u, rotations, plain, tile, sums);
    }
}

template <int S>
__device__ __forceinline__ void down(pair* v, pair* u, const pair* rotations, bool plain, pair* tile, real* sums) {
    unmix<S>(v, u, rotations, 0, plain, sums);
    if constexpr (S > 0) {
        rearrange_both<S, S - 1>(v, u, tile);
        down<S - 1>(v, u, rotations, plain, tile, sums);
    }
}

// All layers back for states of one tile, from the final state that `whole` stored; one block a state. Layer
// numbers count from the last one. sums: 1 + TILE numbers a layer and state.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
whole_back(const pair* states, const level* const* diagonals, const level* weights, const double* caps,
           const Phase* phases, const pair* rotations, const unsigned char* plain, double* sums, double* density,
           int layers, int flags, int shared_diagonal) {
    SHARED(memory);
    __shared__ real kept[(1 + TILE) * WARPS];
    const wide size = 1ull << TILE;
    int whole_place[COLUMNS] = {0, TILE, 0, 0, 0, 0, 0, 0, 0};
    Place place(whole_place, 0, size);
    int thread = threadIdx.x;
    pair* tile = (pair*)memory;
    wide offset = shared_diagonal ? 0 : blockIdx.x * size;
    pair v[AMPLITUDES], u[AMPLITUDES];
    Run run;
    levels<0>(run, weights + offset, place, thread);
    real cap = (real)caps[blockIdx.x], first = rotations[(wide)blockIdx.x * layers * (TILE + 1)].y;
#pragma unroll
    EACH {
        v[j] = states[blockIdx.x * size + local<0>(thread, j)];
        weigh(v[j], u[j], run.e[j], cap, first);
    }
    for (int layer = 0; layer < layers; ++layer) {
        wide row = (wide)blockIdx.x * layers + layer;
        const pair* rotation = rotations + row * (TILE + 1);
        Back p = {place, PHASE | STORE | (flags & DENSITY), 0, 0, 0, rotation, rotation, diagonals[layer] + offset,
                  density + layer * size, phases[row], rotation[0].x, tile, kept};
        if (layer % 2 == 0) {
            up<0, TOP>(v, u, rotation + 1, plain[row], tile, kept + WARPS);
            unphase<TOP>(v, u, p);
        } else {
            down<TOP>(v, u, rotation + 1, plain[row], tile, kept + WARPS);
            unphase<0>(v, u, p);
        }
        __syncthreads();
        for (int i = thread; i < 1 + TILE; i += THREADS) {
            double total = 0;
            for (int w = 0; w < WARPS; ++w) total += kept[i * WARPS + w];
            sums[row * (1 + TILE) + i] = total;
        }
        __syncthreads();
    }
}
