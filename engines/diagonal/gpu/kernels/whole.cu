// A whole circuit on a state of one tile, which never leaves its block.
#include "tile.h"

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
            EACH turn(v[j], factor(run.e[j], phase, scale, nullptr));
            up<0, TOP>(v, rotation + 1, plain[row], tile);
        } else {
            levels<TOP>(run, diagonals[layer] + offset, place, thread);
#pragma unroll
            EACH turn(v[j], factor(run.e[j], phase, scale, nullptr));
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
