// The passes of a circuit. Rotations of different qubits commute, so the qubits are cut into groups and a layer may begin
// on the group on which the layer before ended: with two groups the state is read and written once a layer.
#pragma once
#include "_multiply.h"

namespace qopt::ISA {

struct Group {
  int first, bits;
};

constexpr int LOW_BITS = 14;        // of float64: a low block of 256 KiB, a part of the second-level cache
constexpr int FIRST_CACHE_BITS = 10;
constexpr int HIGH_BITS = 12;
constexpr size_t ROW_BYTES = VECTOR_BYTES == 64 ? 1024 : 512;  // measured on a Xeon and on a Zen 3
constexpr int SMALL_FOR_THREADS = 17;  // a pass must outlast the wait for the other threads by far

template <class T> std::vector<Group> groups_of(int n, bool half) {
  const int extra = sizeof(T) == 4 ? 1 : 0, fitting = FIRST_CACHE_BITS + extra;
  if (n <= fitting && !half) return {{0, n}};
  const int low = std::min({n - 1, LOW_BITS + extra, std::max(fitting, n - 6)}), high = n - low;
  if (high <= HIGH_BITS) return {{0, low}, {low, high}};
  return {{0, low}, {low, high / 2}, {low + high / 2, high - high / 2}};
}

// A rotation of all qubits by tangents; its cosines, as one factor, go into the phase beside it.
template <class T> struct Slot {
  std::vector<T> tangents;
  std::vector<double> squares;  // of the cosines
  double scale = 1;

  Slot(const std::vector<double>& angles, double sign) {
    for (size_t q = 0; q < angles.size(); q++) {
      if (q && angles[q] == angles[q - 1]) {
        tangents.push_back(tangents.back()), squares.push_back(squares.back());
      } else {
        const double tangent = std::tan(sign * angles[q]);
        tangents.push_back(T(tangent)), squares.push_back(1 / (1 + tangent * tangent));
      }
    }
    double sign_of_all = 1, square = 1;
    for (size_t q = 0; q < angles.size(); q++) sign_of_all *= std::cos(angles[q]) < 0 ? -1 : 1, square *= squares[q];
    scale = sign_of_all * std::sqrt(square);
  }
};

// Alternating rotations and phases as passes over memory. Phase k stands before rotation k, a last one after all.
template <class T> struct Circuit {
  std::vector<Slot<T>> slots;
  std::vector<Pass<T>> passes;
  const State state;

  explicit Circuit(const State& state_) : state(state_) {}

  // The passes of rotations slots[0 ..]; phase(k, pass) puts phase k, if there is one, into a pass.
  template <class PhaseOf> void plan(PhaseOf phase) {
    std::vector<Group> groups = groups_of<T>(state.n, state.half);
    const int last = int(slots.size()) - 1;
    open(groups[0]);
    phase(0, passes.back());
    after(0);
    for (int k = 0; k <= last; k++) {
      for (size_t g = 1; g + 1 < groups.size(); g++) open(groups[g]), before(k);
      open(groups.back());
      if (groups.size() > 1) before(k);
      phase(k + 1, passes.back());
      if (k < last) after(k + 1);
      std::reverse(groups.begin(), groups.end());
    }
  }

 private:
  void open(Group group) {
    passes.emplace_back();
    passes.back().first = group.first, passes.back().bits = group.bits;
  }
  Rotation<T> rotation(int k) const { return {slots[k].tangents.data(), state.half ? slots[k].tangents.back() : T(0)}; }
  void before(int k) { passes.back().before = rotation(k), passes.back().slot_before = k; }
  void after(int k) { passes.back().after = rotation(k), passes.back().slot_after = k; }
};

template <class T> void put_phase(Pass<T>& pass, const Diagonal& diagonal, double turns, double scale, const State& state) {
  pass.has_phase = true, pass.diagonal = diagonal;
  pass.phase = Phase<T>(turns, scale);
  if (diagonal.kind != Kind::int16 || !diagonal.data) return;
  pass.digits = Digits<T>(turns, scale, Digits<T>::needed(diagonal.bound));
  if (Table<T>::fits(diagonal.bound, size_t(1) << state.n)) pass.table = Table<T>(turns, scale, diagonal.bound);
}

template <class T> size_t row_width(const Pass<T>& pass) {
  if (pass.first == 0) return lanes<T>;
  return std::min(std::max(ROW_BYTES, FIRST_CACHE_BYTES / 2 >> pass.bits) / sizeof(T), size_t(1) << pass.first);
}

// Tiles of a pass; where the state is half, low blocks go in mirrored pairs.
template <class T> size_t tiles_of(const Pass<T>& pass, const State& state) {
  const size_t blocks = size_t(1) << (state.n - pass.bits - pass.first);
  if (pass.first == 0) return state.half ? blocks / 2 : blocks;
  return blocks * ((size_t(1) << pass.first) / row_width(pass));
}

// Numbers that a thread needs to hold the largest tile that is not in one piece.
template <class T> size_t cache_size(const std::vector<Pass<T>>& passes, int arrays) {
  size_t size = 0;
  for (const Pass<T>& pass : passes)
    if (pass.first) size = std::max(size, arrays * ((row_width(pass) << pass.bits) + 16 * PADDING / sizeof(T)));
  return size;
}

// Space for all threads, from a cache line on.
template <class T> struct Caches {
  std::vector<T> space;
  size_t size;
  T* first;
  Caches(int threads, size_t size_)
      : space(threads * size_ + 64), size(size_),
        first(reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(space.data()) + 63) / 64 * 64)) {}
  T* of(int thread) { return first + thread * size; }
};

// One tile: where it lies, and the work. Calls done(tile object) for its sums.
template <class T, bool LOW, bool HALF, bool BACK, class Done>
void run_tile(const Pass<T>& pass, const StartValues<T>& start, const Mirror<T>& mirror, const State& state,
              const State& adjoint, size_t number, T* cache, Done done) {
  using Tile_ = Tile<T, LOW, HALF, BACK>;
  const size_t size = size_t(1) << state.n, width = row_width(pass), pitch = LOW ? width : size_t(1) << pass.first;
  const size_t columns = LOW ? 1 : pitch / width, extent = size_t(1) << (pass.first + pass.bits);
  const size_t at = number / columns * extent + number % columns * width, mirror_at = size - extent - at;
  const size_t energy_bytes = bytes_of(pass.diagonal.kind);
  const char* energies = static_cast<const char*>(pass.diagonal.data);
  Tile_ tile(pass, start, mirror, width, size);
  typename Tile_::Part part;
  T* const bases[4] = {static_cast<T*>(state.re), static_cast<T*>(state.im), static_cast<T*>(adjoint.re),
                       static_cast<T*>(adjoint.im)};
  for (int a = 0; a < Tile_::arrays; a++) part.x[a] = bases[a % Tile_::own] + (a < Tile_::own ? at : mirror_at);
  part.pitch = part.energy_pitch = pitch;
  part.energies = energies ? energies + at * energy_bytes : nullptr;
  part.mirror_energies = energies ? energies + mirror_at * energy_bytes : nullptr;
  part.index = at;
  if constexpr (LOW)
    tile.descend(part, pass.bits - lane_bits<T>);
  else
    tile.fetch_and_descend(part, pass.bits, cache);
  done(tile);
}

template <class T, bool BACK, class Done>
void run_tile(const Pass<T>& pass, const StartValues<T>& start, const Mirror<T>& mirror, const State& state,
              const State& adjoint, size_t number, T* cache, Done done) {
  if (pass.first)
    run_tile<T, false, false, BACK>(pass, start, mirror, state, adjoint, number, cache, done);
  else if (state.half)
    run_tile<T, true, true, BACK>(pass, start, mirror, state, adjoint, number, cache, done);
  else
    run_tile<T, true, false, BACK>(pass, start, mirror, state, adjoint, number, cache, done);
}

// Tangents stay small enough for float32's range: an angle near pi/2 is done in two halves, of which the first has the phase.
inline bool is_steep(const Step& step) {
  for (double angle : step.angles)
    if (std::abs(std::tan(angle)) > 3) return true;
  return false;
}

}  // namespace qopt::ISA
