// What every header of the engine needs before its own text: the standard headers, the contract, and for which
// instruction set this translation unit is. An _isa_*.cpp sets ISA (its namespace) and VECTOR_BYTES first, includes this,
// switches the compiler's target, and then includes _isa.h; a header that is read alone is for the machine's base.
#pragma once
#if defined(_MSC_VER) && !defined(__clang__)
#error "needs vector extensions: use GCC or Clang; without them the NumPy engine runs"
#endif
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "_engine.h"
#include "_team.h"

#ifndef ISA
#define ISA base
#define VECTOR_BYTES 16
#endif
#define INLINE inline __attribute__((always_inline))
