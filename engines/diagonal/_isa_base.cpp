// The engine for the vectors that every machine of this architecture has (SSE2, NEON).
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

#define VECTOR_BYTES 16
namespace qopt::base {
#include "_isa.h"
}
const qopt::Engine* qopt::base_engine() {
  static const Engine engine = {"base", base::lane_bits<float>, base::forward, base::backward};
  return &engine;
}
