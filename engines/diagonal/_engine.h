// What Python hands to an engine, free of any instruction set.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qopt {

enum class Kind { int16, float32, float64 };

struct Diagonal {
  Kind kind = Kind::float64;
  const void* data = nullptr;  // null: no phase, or nothing to measure
  int bound = 1 << 15;         // int16: no energy is larger in size
};

// exp(-2 pi i turns data), then a real rotation of qubit q by angles[q].
struct Step {
  Diagonal diagonal;
  double turns = 0;
  std::vector<double> angles;
};

// Arrays of 2**n numbers, aligned to 64 bytes. A half state leaves out its highest qubit (see Mirror): its circuits have
// n + 1 angles a step.
struct State {
  bool single = false;  // float32 instead of float64
  void *re = nullptr, *im = nullptr;
  int n = 0;
  bool half = false;
};

struct Forward {
  State state;
  std::vector<Step> steps;
  bool starts = false;  // generate the uniform superposition instead of reading it
  bool stores = true;   // false: only the measurement is wanted, the arrays are scratch
  Diagonal measured;
  int threads = 1;
};

struct Measured {
  double energy = 0, norm = 0;  // sums of |amplitude|^2 * data and of |amplitude|^2
};

// Undoes the steps on a state and its adjoint (which is set to min(data, cap) * state if `weight` is given).
struct Backward {
  State state, adjoint;
  std::vector<Step> steps;
  Diagonal weight;
  double cap = 0;
  int threads = 1;
};

struct Derivatives {
  std::vector<double> by_gamma;               // of <adjoint|state> by the phase's angle for one unit of data, for each step
  std::vector<std::vector<double>> by_angle;  // by each angle, for each step
};

// One entry for each instruction set; null where the machine or the compiler lacks it.
struct Engine {
  const char* name;
  int min_qubits;  // below: too small for its vectors
  Measured (*forward)(const Forward&);
  Derivatives (*backward)(const Backward&);
};
const Engine* avx512_engine();
const Engine* avx2_engine();
const Engine* base_engine();
const Engine* scalar_engine();

}  // namespace qopt
