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
#include "_gates.h"
#include "../cpu/target_end.h"

const qopt::statevector::Kernels* qopt::statevector::avx2_kernels() {
  static const Kernels kernels = {"avx2", run, pull_back, walsh};
  return cpu::has_avx2() ? &kernels : nullptr;
}
#else
const qopt::statevector::Kernels* qopt::statevector::avx2_kernels() { return nullptr; }
#endif
