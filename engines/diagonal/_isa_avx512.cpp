// The engine for AVX-512.
#define ISA avx512
#define VECTOR_BYTES 64
#include "../cpu/supports.h"
#include "_target.h"

#if defined(__x86_64__) && !defined(QOPT_BASE_ALONE)
#include "../cpu/avx512_begin.h"
#include "_isa.h"
#include "../cpu/target_end.h"
const qopt::Engine* qopt::avx512_engine() {
  static const Engine engine = {"avx512", avx512::lane_bits<float>, avx512::forward, avx512::backward};
  return qopt::cpu::has_avx512() ? &engine : nullptr;
}
#else
const qopt::Engine* qopt::avx512_engine() { return nullptr; }
#endif
