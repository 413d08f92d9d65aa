// The engine for AVX2 with FMA.
#define ISA avx2
#define VECTOR_BYTES 32
#include "../cpu/supports.h"
#include "_target.h"

#if defined(__x86_64__) && !defined(QOPT_BASE_ALONE)
#include "../cpu/avx2_begin.h"
#include "_isa.h"
#include "../cpu/target_end.h"
const qopt::Engine* qopt::avx2_engine() {
  static const Engine engine = {"avx2", avx2::lane_bits<float>, avx2::forward, avx2::backward};
  return qopt::cpu::has_avx2() ? &engine : nullptr;
}
#else
const qopt::Engine* qopt::avx2_engine() { return nullptr; }
#endif
