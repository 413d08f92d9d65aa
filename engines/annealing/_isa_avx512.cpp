// The annealers for AVX-512.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "../cpu/supports.h"
#include "_kernels.h"

#if defined(__x86_64__) && !defined(QOPT_BASE_ALONE)
#include <immintrin.h>
#include "../cpu/avx512_begin.h"
#include "_lanes_avx512.h"
// the lanes come first
#include "_sweep.h"
#include "_rows.h"
#include "../cpu/target_end.h"

const qopt::annealing::Kernels* qopt::annealing::avx512_kernels() {
  static const Kernels kernels = {"avx512", anneal_lanes, anneal_rows};
  return qopt::cpu::has_avx512() ? &kernels : nullptr;
}
#else
const qopt::annealing::Kernels* qopt::annealing::avx512_kernels() { return nullptr; }
#endif
