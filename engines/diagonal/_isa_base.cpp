// The engine for the vectors that every machine of this architecture has (SSE2, NEON).
#define ISA base
#define VECTOR_BYTES 16
#include "_target.h"

#include "_isa.h"
const qopt::Engine* qopt::base_engine() {
  static const Engine engine = {"base", base::lane_bits<float>, base::forward, base::backward};
  return &engine;
}
