// The engine for one instruction set. Included once by each _isa_*.cpp inside its namespace and target.
#if defined(_MSC_VER) && !defined(__clang__)
#error "needs vector extensions: use GCC or Clang; without them the NumPy engine runs"
#endif
#define INLINE inline __attribute__((always_inline))
#include "_simd.h"
#include "_rotate.h"
#include "_phase.h"
#include "_digits.h"
#include "_pass.h"
#include "_tile.h"
#include "_multiply.h"
#include "_schedule.h"
#include "_forward.h"
#include "_backward.h"
