// The engine for no vectors: states too small for any.
#define ISA scalar
#define VECTOR_BYTES 8
#include "_target.h"

#include "_isa.h"
const qopt::Engine* qopt::scalar_engine() {
  static const Engine engine = {"scalar", scalar::lane_bits<float>, scalar::forward, scalar::backward};
  return &engine;
}
