// A circuit taken back pass by pass, on state and adjoint together.
#include "adjoint.h"

// Rows of sums: gamma, then the bits before the phase, then those after it.
template <int S>
__device__ __forceinline__ void walk(pair* v, pair* u, Frame& f, const Header& run, int pass, pair* tile, real* sums) {
    if (f.flags() & MIX_BEFORE)
        unmix<S>(v, u, f.rotations(false), f.ints[FIRST_BEFORE], f.flags() & PLAIN_BEFORE, sums + WARPS);
    bool is_bottom = true;
    if constexpr (S > 0) {
        is_bottom = S <= f.ints[BOTTOM];
        if (!is_bottom) {
            rearrange_both<S, S - 1>(v, u, tile);
            walk<S - 1>(v, u, f, run, pass, tile, sums);
            if (f.flags() & MIX_AFTER) rearrange_both<S - 1, S>(v, u, tile);
        }
    }
    if (is_bottom) {
        if (f.flags() & PHASE)
            unphase<S>(v, u, run.diagonals[pass] + f.offset, run.density, f.place(), f.phase, f.turns[0].x,
                       TABLES ? f.tables : nullptr, f.flags(), sums);
        if ((f.flags() & (MIX_AFTER | STORE)) == STORE) rearrange_both<S, TOP>(v, u, tile);
    }
    if (f.flags() & MIX_AFTER)
        unmix<S>(v, u, f.rotations(true), f.ints[FIRST_AFTER], f.flags() & PLAIN_AFTER, sums + (1 + TILE) * WARPS);
}

// One pass back over states and adjoints of a batch; rotations come reversed.
//   sums: shape (states, 1 + 2 TILE, blocks): gamma, bits before the phase, bits after it
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
backward(const Header* header, int pass, int first_block) {
    SHARED(memory);
    __shared__ Frame frame;
    __shared__ real kept[(1 + 2 * TILE) * WARPS];
    const Header& run = *header;
    const wide row = blockIdx.y * run.size;
    pair v[AMPLITUDES], u[AMPLITUDES];
    {
        const int* ints = run.table + pass * COLUMNS;
        Place place(ints, (wide)blockIdx.x + first_block, run.size);
        load<TOP>(v, run.states + row, place, threadIdx.x);
        if (!(ints[FLAGS] & WEIGH)) load<TOP>(u, run.adjoints + row, place, threadIdx.x);
    }
    frame.fill(run, pass, first_block);
    for (int i = threadIdx.x; i < (1 + 2 * TILE) * WARPS; i += THREADS) kept[i] = 0;
    __syncthreads();
    if (frame.flags() & WEIGH) {
        real scale = frame.turns[0].y;
        const double* cap = run.caps + 2 * blockIdx.y;
        Run weights;
        levels<TOP>(weights, run.weights + frame.offset, frame.place(), threadIdx.x);
#pragma unroll
        EACH weigh(v[j], u[j], weights.e[j], cap, scale);
    }
    walk<TOP>(v, u, frame, run, pass, (pair*)memory, kept);
    if (frame.flags() & STORE) {
        store<TOP>(v, run.states + row, frame.place(), threadIdx.x);
        store<TOP>(u, run.adjoints + row, frame.place(), threadIdx.x);
    }
    __syncthreads();
    double* out = run.sums + pass * run.sums_step + (wide)blockIdx.y * gridDim.x * (1 + 2 * TILE) + blockIdx.x;
    for (int i = threadIdx.x; i < 1 + 2 * TILE; i += THREADS) {
        double total = 0;
        for (int w = 0; w < WARPS; ++w) total += kept[i * WARPS + w];
        out[(wide)i * gridDim.x] = total;
    }
}
