// A circuit pass by pass: rotations of one group, the phase of the next layer, rotations of the same group.
#include "tile.h"

template <int S>
__device__ __forceinline__ void at_bottom(pair* v, Frame& f, const Header& run, int pass, pair* tile) {
    int thread = threadIdx.x;
    if (f.flags() & START) {
        real amplitude = f.turns[0].y;
#pragma unroll
        EACH v[j].x = amplitude, v[j].y = 0;
    }
    if (f.flags() & PHASE) {
        Run row;
        levels<S>(row, run.diagonals[pass] + f.offset, f.place(), thread);
        Phase phase = f.phase;
        real scale = f.turns[0].x;
#pragma unroll
        EACH turn(v[j], factor(row.e[j], phase, scale, TABLES ? f.tables : nullptr));
    }
    if (f.flags() & MEASURE) {
        Run row;
        levels<S>(row, run.weights + f.offset, f.place(), thread);
        real energy = 0, norm = 0;
#pragma unroll
        EACH {
            real square = v[j].x * v[j].x + v[j].y * v[j].y;
            norm += square;
            energy += square * (real)row.e[j];
        }
        double* out = run.sums + 2 * (wide)blockIdx.y * gridDim.x + blockIdx.x;
        double total = block_sum(energy, f.scratch);
        if (thread == 0) out[0] = total;
        total = block_sum(norm, f.scratch);
        if (thread == 0) out[gridDim.x] = total;
    }
    if ((f.flags() & (MIX_AFTER | STORE)) == STORE) rearrange<S, TOP>(v, tile, thread);
}

// From the highest step down to the lowest that rotates, and up again.
template <int S>
__device__ __forceinline__ void walk(pair* v, Frame& f, const Header& run, int pass, pair* tile) {
    if (f.flags() & MIX_BEFORE) mix<S>(v, f.rotations(false), f.ints[FIRST_BEFORE], f.flags() & PLAIN_BEFORE);
    bool is_bottom = true;
    if constexpr (S > 0) {
        is_bottom = S <= f.ints[BOTTOM];
        if (!is_bottom) {
            if (!(f.flags() & START)) rearrange<S, S - 1>(v, tile, threadIdx.x);
            walk<S - 1>(v, f, run, pass, tile);
            if (f.flags() & MIX_AFTER) rearrange<S - 1, S>(v, tile, threadIdx.x);
        }
    }
    if (is_bottom) at_bottom<S>(v, f, run, pass, tile);
    if (f.flags() & MIX_AFTER) mix<S>(v, f.rotations(true), f.ints[FIRST_AFTER], f.flags() & PLAIN_AFTER);
}

// One pass over the states of a batch (blockIdx.y); sums: shape (states, 2, blocks), energy and norm.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
forward(const Header* header, int pass, int first_block) {
    SHARED(memory);
    __shared__ Frame frame;
    const Header& run = *header;
    pair v[AMPLITUDES];
    {
        const int* ints = run.table + pass * COLUMNS;
        Place place(ints, (wide)blockIdx.x + first_block, run.size);
        if (!(ints[FLAGS] & START)) load<TOP>(v, run.states + blockIdx.y * run.size, place, threadIdx.x);
    }
    frame.fill(run, pass, first_block);
    __syncthreads();
    walk<TOP>(v, frame, run, pass, (pair*)memory);
    if (frame.flags() & STORE) store<TOP>(v, run.states + blockIdx.y * run.size, frame.place(), threadIdx.x);
}
