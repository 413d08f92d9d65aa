// What one pass over memory does, and the constants that its tiles share.
#pragma once
#include "_digits.h"

namespace qopt::ISA {

constexpr size_t FIRST_CACHE_BYTES = 16384;  // worked on at once: half of a small first-level cache
constexpr size_t PADDING = 64;               // bytes between chunks, so that they do not share cache sets

inline size_t bytes_of(Kind kind) { return kind == Kind::int16 ? 2 : kind == Kind::float32 ? 4 : 8; }

template <class T> struct Rotation {
  const T* tangents = nullptr;  // by qubit; null: no rotation
  T mirror = 0;                 // of the qubit that a half state leaves out
};

template <class T> struct Pass {
  int first = 0, bits = 0;     // the group: qubits first .. first + bits - 1
  Rotation<T> before, after;   // of the group, before and after the phase
  Diagonal diagonal;           // of the phase, or of the measurement
  bool has_phase = false, starts = false, measures = false, stores = true;
  Phase<T> phase{0, 1};
  Digits<T> digits;
  Table<T> table;
  int slot_before = -1, slot_after = -1, slot_phase = -1;  // where a gradient's sums belong
};

// The uniform superposition, turned: (-i)**popcount(k) 2**(-n/2), for a vector whose number has q ones.
template <class T> struct StartValues {
  Vec<T> re[4], im[4];
  explicit StartValues(int n) {
    const T size = T(std::exp2(-0.5 * n)), cycle[4] = {size, 0, -size, 0};
    for (int q = 0; q < 4; q++)
      for (int lane = 0; lane < lanes<T>; lane++) {
        const int ones = q + __builtin_popcount(lane);
        re[q][lane] = cycle[ones & 3], im[q][lane] = cycle[(ones + 1) & 3];
      }
  }
};

// A state equal at opposite points (all bits flipped) is kept by half, without its highest qubit. That qubit's X flips all
// the others: amplitude k meets its mirror ~k. In the turned basis of N qubits: a_k += t i**N (-1)**popcount(k) a_~k, a real
// rotation for even N; for odd N real and imaginary parts swap.
template <class T> struct Mirror {
  Vec<T> sign[2];  // by the parity of a vector's number
  bool swaps;
  explicit Mirror(int qubits) : swaps(qubits & 1) {
    const T factor = (qubits & 2) ? T(-1) : T(1);
    for (int parity = 0; parity < 2; parity++)
      for (int lane = 0; lane < lanes<T>; lane++)
        sign[parity][lane] = (__builtin_popcount(lane) + parity) & 1 ? -factor : factor;
  }
};

}  // namespace qopt::ISA
