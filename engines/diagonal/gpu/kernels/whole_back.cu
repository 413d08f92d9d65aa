// A whole circuit taken back on states of one tile.
#include "adjoint.h"

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
    const double* cap = caps + 2 * blockIdx.x;
    real first = rotations[(wide)blockIdx.x * layers * (TILE + 1)].y;
#pragma unroll
    EACH {
        v[j] = states[blockIdx.x * size + local<0>(thread, j)];
        weigh(v[j], u[j], run.e[j], cap, first);
    }
    for (int layer = 0; layer < layers; ++layer) {
        wide row = (wide)blockIdx.x * layers + layer;
        const pair* rotation = rotations + row * (TILE + 1);
        const level* diagonal = diagonals[layer] + offset;
        double* own = density + layer * size;
        if (layer % 2 == 0) {
            up<0, TOP>(v, u, rotation + 1, plain[row], tile, kept + WARPS);
            unphase<TOP>(v, u, diagonal, own, place, phases[row], rotation[0].x, nullptr, flags | STORE, kept);
        } else {
            down<TOP>(v, u, rotation + 1, plain[row], tile, kept + WARPS);
            unphase<0>(v, u, diagonal, own, place, phases[row], rotation[0].x, nullptr, flags | STORE, kept);
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
