// Derivatives by the adjoint method: state and adjoint go back through the circuit together.
//
// With R(angle) = exp(angle G), G (a, b) = (-b, a) on a pair, the derivative of <psi| W |psi> by an angle is
// 2 Re <lambda| G |psi>, by a gamma 2 sum_k E_k Im(conj(lambda_k) psi_k); the factors 2 and those that tangent form
// leaves on the vectors are the caller's.
#pragma once
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

template <int Q> __device__ __forceinline__ void keep_sum(const pair* v, const pair* u, real* row) {
    real sum = 0;
#pragma unroll
    EACH if (!(j >> Q & 1)) sum += generator(u[j], u[j | 1 << Q], v[j], v[j | 1 << Q]);
    keep(sum, row);
}

template <int Q> __device__ __forceinline__ void take_back(pair* v, pair* u, pair r, bool plain, real* row) {
    keep_sum<Q>(v, u, row);
    if (plain) {
#pragma unroll
        EACH if (!(j >> Q & 1)) {
            rotate_plain(v[j], v[j | 1 << Q], r.x, r.y);
            rotate_plain(u[j], u[j | 1 << Q], r.x, r.y);
        }
    } else {
#pragma unroll
        EACH if (!(j >> Q & 1)) {
            rotate_tangent(v[j], v[j | 1 << Q], r.y);
            rotate_tangent(u[j], u[j | 1 << Q], r.y);
        }
    }
}

template <int Q, int END, bool PLAIN>
__device__ __forceinline__ void take_back_all(pair* v, pair* u, const pair* rotations, int first, real* sums) {
    if constexpr (Q < END) {
        if (!PLAIN || Q >= first) take_back<Q>(v, u, rotations[Q], PLAIN, sums + Q * WARPS);
        take_back_all<Q + 1, END, PLAIN>(v, u, rotations, first, sums);
    }
}

// Takes the rotations of one step back on both vectors; `sums` gets one row a bit, before its rotation goes.
template <int S>
__device__ __forceinline__ void unmix(pair* v, pair* u, const pair* rotations, int first, bool plain, real* sums) {
    constexpr int at = low(S), fresh = S * HELD - at;
    if (first >= at + HELD) return;
    if (first <= at + fresh && !plain) take_back_all<fresh, HELD, false>(v, u, rotations + at, 0, sums + at * WARPS);
    else take_back_all<fresh, HELD, true>(v, u, rotations + at, first - at, sums + at * WARPS);
}

template <int A, int B> __device__ __forceinline__ void rearrange_both(pair* v, pair* u, pair* tile) {
    if constexpr (A == B) return;
    rearrange<A, B>(v, tile, threadIdx.x);
    rearrange<A, B>(u, tile + PADDED, threadIdx.x);
}

// Sum of E Im(conj(lambda) psi), its terms as a density, and the phase taken back.
template <int S>
__device__ __forceinline__ void unphase(pair* v, pair* u, const level* diagonal, double* density, const Place& place,
                                        const Phase& phase, real scale, const pair* tables, int flags, real* sums) {
    Run row;
    levels<S>(row, diagonal, place, threadIdx.x);
    real sum = 0;
#pragma unroll
    EACH {
        real cross = u[j].x * v[j].y - u[j].y * v[j].x;
        sum += cross * (real)row.e[j];
        if (flags & DENSITY) density[place.fold(place.index(local<S>(threadIdx.x, j)))] = 2 * (double)cross;
    }
    if (flags & STORE) {
#pragma unroll
        EACH {
            pair f = factor(row.e[j], phase, scale, tables);
            turn(v[j], f), turn(u[j], f);
        }
    }
    keep(sum, sums);
}

// lambda = (min(weight, cap) - centre) psi, and both times a factor. The centre changes no derivative; near the mean it
// keeps rounding small.
__device__ __forceinline__ void weigh(pair& v, pair& u, level e, const double* cap, real scale) {
    double limited = (double)e < cap[0] ? (double)e : cap[0];
    real w = (real)(limited - cap[1]);
    v.x *= scale, v.y *= scale;
    u.x = w * v.x, u.y = w * v.y;
}
