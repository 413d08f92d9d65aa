// A circuit pass by pass (`forward`), or all at once where the state is one tile (`whole`).
#include "tile.h"

// Everything that a pass needs on its way down to the lowest step and up again.
struct Pass {
    const Place& place;
    int flags, bottom, first_before, first_after, thread;
    const pair *before, *after;
    const level *diagonal, *weights;
    Phase phase;
    real scale, amplitude;
    pair* tile;
    double energy, norm;
};

template <int S> __device__ __forceinline__ void at_bottom(pair* v, Pass& p) {
    if (p.flags & START) {
#pragma unroll
        EACH v[j].x = p.amplitude, v[j].y = 0;
    }
    if (p.flags & PHASE) {
        Run run;
        levels<S>(run, p.diagonal, p.place, p.thread);
#pragma unroll
        EACH turn(v[j], run.e[j], p.phase, p.scale);
    }
    if (p.flags & MEASURE) {
        Run run;
        levels<S>(run, p.weights, p.place, p.thread);
        real energy = 0, norm = 0;
#pragma unroll
        EACH {
            real square = v[j].x * v[j].x + v[j].y * v[j].y;
            norm += square;
            energy += square * (real)run.e[j];
        }
        p.energy = energy, p.norm = norm;
    }
    if (!(p.flags & MIX_AFTER) && p.flags & STORE) rearrange<S, TOP>(v, p.tile, p.thread);
}

template <int S> struct Walk {
    __device__ __forceinline__ static void run(pair* v, Pass& p) {
        if (p.flags & MIX_BEFORE) mix<S>(v, p.before, p.first_before, p.flags & PLAIN_BEFORE);
        if (S > p.bottom) {
            if (!(p.flags & START)) rearrange<S, S - 1>(v, p.tile, p.thread);
            Walk<S - 1>::run(v, p);
            if (p.flags & MIX_AFTER) rearrange<S - 1, S>(v, p.tile, p.thread);
        } else at_bottom<S>(v, p);
        if (p.flags & MIX_AFTER) mix<S>(v, p.after, p.first_after, p.flags & PLAIN_AFTER);
    }
};

template <> struct Walk<0> {
    __device__ __forceinline__ static void run(pair* v, Pass& p) {
        if (p.flags & MIX_BEFORE) mix<0>(v, p.before, p.first_before, p.flags & PLAIN_BEFORE);
        at_bottom<0>(v, p);
        if (p.flags & MIX_AFTER) mix<0>(v, p.after, p.first_after, p.flags & PLAIN_AFTER);
    }
};

// One pass over the states of a batch (blockIdx.y).
//   table: ints of all passes; phases: one a pass and state; rotations: scale, then before and after, a pass and state
//   sums: shape (states, 2, blocks), energy and norm
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
forward(pair* states, const level* diagonals, const level* weights, const int* table, const Phase* phases,
        const pair* rotations, double* sums, int pass, int passes, int first_block, int shared_diagonal, wide size) {
    SHARED(memory);
    __shared__ pair turns[2 * TILE + 1];
    __shared__ double scratch[32];
    const int* ints = table + pass * COLUMNS;
    int thread = threadIdx.x, row = blockIdx.y * passes + pass;
    wide block = (wide)blockIdx.x + first_block;
    Place place(ints, block, size);
    int flags = ints[FLAGS];
    pair* state = states + blockIdx.y * size;
    wide offset = shared_diagonal ? 0 : blockIdx.y * size;
    pair v[AMPLITUDES];
    wide own = place.base | place.spread(local<TOP>(thread, 0));
    if (!(flags & START)) {
#pragma unroll
        EACH v[j] = state[place.fold(own | place.spread(j << low(TOP)))];
    }
    for (int i = thread; i < 2 * TILE + 1; i += THREADS) turns[i] = rotations[(wide)row * (2 * TILE + 1) + i];
    __syncthreads();
    Pass p = {place, flags, ints[BOTTOM], ints[FIRST_BEFORE], ints[FIRST_AFTER], thread, turns + 1, turns + 1 + TILE,
              diagonals + offset, weights + offset, phases[row], turns[0].x, turns[0].y, (pair*)memory, 0, 0};
    Walk<TOP>::run(v, p);
    if (flags & STORE) {
#pragma unroll
        EACH state[place.fold(own | place.spread(j << low(TOP)))] = v[j];
    }
    if (flags & MEASURE) {
        double energy = block_sum(p.energy, scratch), norm = block_sum(p.norm, scratch);
        if (thread == 0) {
            double* out = sums + 2 * (wide)blockIdx.y * gridDim.x + blockIdx.x;
            out[0] = energy, out[gridDim.x] = norm;
        }
    }
}

template <int S, int END> __device__ __forceinline__ void up(pair* v, const pair* rotations, bool plain, pair* tile) {
    mix<S>(v, rotations, 0, plain);
    if constexpr (S < END) {
        rearrange<S, S + 1>(v, tile, threadIdx.x);
        up<S + 1, END>(v, rotations, plain, tile);
    }
}

template <int S> __device__ __forceinline__ void down(pair* v, const pair* rotations, bool plain, pair* tile) {
    mix<S>(v, rotations, 0, plain);
    if constexpr (S > 0) {
        rearrange<S, S - 1>(v, tile, threadIdx.x);
        down<S - 1>(v, rotations, plain, tile);
    }
}

// All layers of a circuit on a state of one tile, one block a state.
//   diagonals: a pointer a layer; rotations: scale and one group, a layer and state; plain: a layer and state
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
whole(pair* states, const level* const* diagonals, const level* weights, const Phase* phases, const pair* rotations,
      const unsigned char* plain, double* sums, int layers, int flags, int shared_diagonal, real amplitude) {
    SHARED(memory);
    __shared__ double scratch[32];
    pair* tile = (pair*)memory;
    const wide size = 1ull << TILE;
    int whole_place[COLUMNS] = {0, TILE, 0, 0, 0, 0, 0, 0, 0};
    Place place(whole_place, 0, size);
    int thread = threadIdx.x;
    pair* state = states + blockIdx.x * size;
    wide offset = shared_diagonal ? 0 : blockIdx.x * size;
    pair v[AMPLITUDES];
#pragma unroll
    EACH {
        v[j].x = amplitude, v[j].y = 0;
        if (!(flags & START)) v[j] = state[local<0>(thread, j)];
    }
    Run run;
    for (int layer = 0; layer < layers; ++layer) {
        wide row = (wide)blockIdx.x * layers + layer;
        const pair* rotation = rotations + row * (TILE + 1);
        real scale = rotation[0].x;
        Phase phase = phases[row];
        if (layer % 2 == 0) {
            levels<0>(run, diagonals[layer] + offset, place, thread);
#pragma unroll
            EACH turn(v[j], run.e[j], phase, scale);
            up<0, TOP>(v, rotation + 1, plain[row], tile);
        } else {
            levels<TOP>(run, diagonals[layer] + offset, place, thread);
#pragma unroll
            EACH turn(v[j], run.e[j], phase, scale);
            down<TOP>(v, rotation + 1, plain[row], tile);
        }
    }
    if (layers % 2) rearrange<TOP, 0>(v, tile, thread);
    if (flags & MEASURE) {
        levels<0>(run, weights + offset, place, thread);
        double energy = 0, norm = 0;
#pragma unroll
        EACH {
            real square = v[j].x * v[j].x + v[j].y * v[j].y;
            norm += square;
            energy += (double)square * (double)run.e[j];
        }
        energy = block_sum(energy, scratch), norm = block_sum(norm, scratch);
        if (thread == 0) sums[2 * blockIdx.x] = energy, sums[2 * blockIdx.x + 1] = norm;
    }
    if (flags & STORE) {
#pragma unroll
        EACH state[local<0>(thread, j)] = v[j];
    }
}
