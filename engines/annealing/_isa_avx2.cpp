// The annealers for AVX2.
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
#include "../cpu/avx2_begin.h"
#include "_lanes_vector.h"
// the lanes come first
#include "_sweep.h"
#include "_rows.h"
#include "../cpu/target_end.h"

const qopt::annealing::Kernels* qopt::annealing::avx2_kernels() {
  static const Kernels kernels = {"avx2", anneal_lanes, anneal_rows};
  return qopt::cpu::has_avx2() ? &kernels : nullptr;
}
#else
const qopt::annealing::Kernels* qopt::annealing::avx2_kernels() { return nullptr; }
#endif
