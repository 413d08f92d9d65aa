// The engine for no vectors: states too small for any.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "_engine.h"
#include "_team.h"

#define VECTOR_BYTES 8
namespace qopt::scalar {
#include "_isa.h"
}
const qopt::Engine* qopt::scalar_engine() {
  static const Engine engine = {"scalar", scalar::lane_bits<float>, scalar::forward, scalar::backward};
  return &engine;
}
