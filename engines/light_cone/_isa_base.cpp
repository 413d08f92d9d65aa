// The kernels for whatever the compiler takes for granted.
#include "_contract.h"
#include "_lanes.h"
#include "_shared.h"

const qopt::light_cone::Kernels* qopt::light_cone::base_kernels() {
  static const Kernels kernels = {"base", evaluate_lanes, evaluate_shared};
  return &kernels;
}
