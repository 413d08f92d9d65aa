// The kernels for whatever the compiler takes for granted.
#include "_contract.h"
#include "_gates.h"

const qopt::statevector::Kernels* qopt::statevector::base_kernels() {
  static const Kernels kernels = {"base", run, pull_back, walsh};
  return &kernels;
}
