// CUDA C on one CPU thread: each thread of a block is a fiber, barriers and warp functions switch between them.
// Slow, but the kernels run as they are: index arithmetic, barriers and sums are those of the card.
#pragma once
// No header of C++ is included: reading them took twice as long as compiling a kernel.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static
#define __align__(n)
#define SHARED(name) unsigned char* name = shared_memory

struct float2 { float x, y; };
struct double2 { double x, y; };
struct Index { unsigned x = 0, y = 0, z = 0; };

static Index threadIdx, blockIdx, blockDim, gridDim;
static unsigned char* shared_memory;
extern "C" double rint(double);

struct Barrier { int arrived = 0, alive = 0, generation = 0; };
static Barrier whole_block;
static const unsigned most_threads = 1024;  // of a block, as on a card
static Barrier warps[most_threads / 32];
static uint64_t slots[most_threads];
static ucontext_t fibers[most_threads];
static bool is_done[most_threads];
static ucontext_t scheduler;
static void (*kernel_body)(const void*);
static const void* kernel_arguments;

static void pass_on(Barrier& b) {
    if (b.alive && b.arrived == b.alive) b.arrived = 0, ++b.generation;
}

static void wait_at(Barrier& b) {
    int own = b.generation;
    ++b.arrived;
    pass_on(b);
    while (b.generation == own) {
        unsigned t = threadIdx.x;
        swapcontext(&fibers[t], &scheduler);
    }
}

static Barrier& own_warp() { return warps[threadIdx.x / 32]; }
static void __syncthreads() { wait_at(whole_block); }
static void __syncwarp() { wait_at(own_warp()); }

template <class T> static T exchange(T value, int from) {
    unsigned t = threadIdx.x;
    memcpy(&slots[t], &value, sizeof(T));
    wait_at(own_warp());
    unsigned source = t / 32 * 32 + (unsigned)from;
    T out = value;
    if (from >= 0 && from < 32 && source < blockDim.x) memcpy(&out, &slots[source], sizeof(T));
    wait_at(own_warp());
    return out;
}
template <class T> static T __shfl_down_sync(unsigned, T x, int step) { return exchange(x, (int)(threadIdx.x % 32) + step); }
template <class T> static T __shfl_up_sync(unsigned, T x, int step) { return exchange(x, (int)(threadIdx.x % 32) - step); }
template <class T> static T __shfl_sync(unsigned, T x, int lane) { return exchange(x, lane); }
static unsigned __ballot_sync(unsigned, bool vote) {
    unsigned first = threadIdx.x / 32 * 32, out = 0;
    slots[threadIdx.x] = vote;
    wait_at(own_warp());
    for (unsigned lane = 0; lane < 32 && first + lane < blockDim.x; ++lane) out |= (unsigned)slots[first + lane] << lane;
    wait_at(own_warp());
    return out;
}
static int __float_as_int(float x) { int out; memcpy(&out, &x, 4); return out; }
static float __int_as_float(int x) { float out; memcpy(&out, &x, 4); return out; }
static float __fadd_rn(float x, float y) { return x + y; }
static float __fmul_rn(float x, float y) { return x * y; }
static int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static int __ffs(int x) { return __builtin_ffs(x); }
template <class T> static T atomicAdd(T* at, T x) { T old = *at; *at += x; return old; }
template <class T> static T atomicMin(T* at, T x) { T old = *at; *at = x < old ? x : old; return old; }
static const double pi = 3.141592653589793;
static void sincospif(float x, float* s, float* c) { *s = __builtin_sinf((float)pi * x), *c = __builtin_cosf((float)pi * x); }
static void sincospi(double x, double* s, double* c) { *s = __builtin_sin(pi * x), *c = __builtin_cos(pi * x); }

static void fiber() {
    kernel_body(kernel_arguments);
    unsigned t = threadIdx.x;
    is_done[t] = 1;
    --whole_block.alive, --own_warp().alive;
    pass_on(whole_block), pass_on(own_warp());
    swapcontext(&fibers[t], &scheduler);
}

static void emulate_blocks(unsigned gx, unsigned gy, unsigned threads, size_t shared) {
    if (threads > most_threads) abort();
    const size_t stack = 1 << 16;
    char* stacks = (char*)malloc(stack * threads);
    shared_memory = (unsigned char*)malloc(shared + 64);
    if (!stacks || !shared_memory) abort();
    memset(shared_memory, 0xff, shared + 64);
    blockDim.x = threads, gridDim.x = gx, gridDim.y = gy;
    for (blockIdx.y = 0; blockIdx.y < gy; ++blockIdx.y)
        for (blockIdx.x = 0; blockIdx.x < gx; ++blockIdx.x) {
            memset(is_done, 0, sizeof is_done);
            whole_block = Barrier{0, (int)threads, 0};
            for (Barrier& warp : warps) warp = Barrier{};
            for (unsigned t = 0; t < threads; ++t) {
                ++warps[t / 32].alive;
                getcontext(&fibers[t]);
                fibers[t].uc_stack.ss_sp = stacks + t * stack;
                fibers[t].uc_stack.ss_size = stack;
                fibers[t].uc_link = nullptr;
                makecontext(&fibers[t], fiber, 0);
            }
            for (bool any = true; any;) {
                any = false;
                for (unsigned t = 0; t < threads; ++t)
                    if (!is_done[t]) {
                        any = true, threadIdx.x = t;
                        swapcontext(&scheduler, &fibers[t]);
                    }
            }
        }
    free(stacks), free(shared_memory);
}

template <class Body>
static void emulate(unsigned gx, unsigned gy, unsigned threads, size_t shared, Body body) {
    kernel_arguments = &body;
    kernel_body = [](const void* held) { (*(const Body*)held)(); };
    emulate_blocks(gx, gy, threads, shared);
}
