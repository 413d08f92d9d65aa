// The kernels for AVX-512.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../cpu/supports.h"
#include "_contract.h"

#if defined(__x86_64__) && !defined(QOPT_BASE_ALONE)
#include "../cpu/avx512_begin.h"
#include "_lanes.h"
#include "_shared.h"
#include "../cpu/target_end.h"

const qopt::light_cone::Kernels* qopt::light_cone::avx512_kernels() {
  static const Kernels kernels = {"avx512", evaluate_lanes, evaluate_shared};
  return qopt::cpu::has_avx512() ? &kernels : nullptr;
}
#else
const qopt::light_cone::Kernels* qopt::light_cone::avx512_kernels() { return nullptr; }
#endif
