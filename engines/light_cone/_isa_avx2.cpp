// The kernels for AVX2.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../cpu/supports.h"
#include "_contract.h"

#if defined(__x86_64__) && !defined(QOPT_BASE_ALONE)
#include "../cpu/avx2_begin.h"
#include "_lanes.h"
#include "_shared.h"
#include "../cpu/target_end.h"

const qopt::light_cone::Kernels* qopt::light_cone::avx2_kernels() {
  static const Kernels kernels = {"avx2", evaluate_lanes, evaluate_shared};
  return qopt::cpu::has_avx2() ? &kernels : nullptr;
}
#else
const qopt::light_cone::Kernels* qopt::light_cone::avx2_kernels() { return nullptr; }
#endif
