// The adjoint method: state and adjoint are taken back through the circuit together; each angle's derivative is
// 2 Re <adjoint| generator |state>, summed on the way. One memory pass a layer, two states.
//
// Vectors in mid-rotation are longer than they should be by the cosines still owed: each sum is multiplied by the squared
// cosines of the qubits that were rotated earlier in its slot.
#pragma once
#include "_forward.h"

namespace qopt::ISA {

template <class T> struct TileSums {
  double by_phase = 0, by_mirror_before = 0, by_mirror_after = 0;
  std::vector<double> by_before, by_after;  // by bit of the group
};

// Sum over lanes; `signs` has the tangents of a lane bit, whose signs the products still want.
template <class T> double signed_total(Vec<T> v, int bit) {
  double sum = 0;
  for (int lane = 0; lane < lanes<T>; lane++) sum += (lane >> bit & 1) ? v[lane] : -v[lane];
  return sum;
}

template <class T, class Tile_> TileSums<T> sums_of(const Tile_& tile, const std::vector<Slot<T>>& slots, double done_before) {
  const Pass<T>& pass = tile.pass;
  const int in_lanes = pass.first == 0 ? lane_bits<T> : 0;
  TileSums<T> out;
  out.by_phase = total<T>(tile.by_phase);
  auto bit_total = [&](const Vec<T>* v, int bit) { return bit < in_lanes ? signed_total<T>(v[bit], bit) : total<T>(v[bit]); };
  if (pass.slot_before >= 0) {
    const double* square = slots[pass.slot_before].squares.data() + pass.first;
    double all = done_before;
    for (int bit = 0; bit < pass.bits; bit++) all *= square[bit];
    out.by_mirror_before = all * total<T>(tile.by_mirror_before);
    for (int bit = 0; bit < pass.bits; bit++) {
      const int row = std::max(0, bit - in_lanes), from = tile.swept_from[row], to = tile.swept_to[row];
      double weight = done_before;  // rows above this bit's sweep came earlier, and lower bits of the same sweep
      for (int other = in_lanes + to; other < pass.bits; other++) weight *= square[other];
      for (int other = from == 0 ? 0 : in_lanes + from; other < bit; other++) weight *= square[other];
      out.by_before.push_back(weight * bit_total(tile.by_before, bit));
    }
  }
  if (pass.slot_after >= 0) {
    const Slot<T>& slot = slots[pass.slot_after];
    const bool mirrored = pass.first == 0 && tile.last_index + 1 != size_t(1) << slot.squares.size();
    double weight = 1;
    out.by_mirror_after = total<T>(tile.by_mirror_after);
    if (mirrored) weight *= slot.squares.back();
    for (int bit = 0; bit < pass.bits; bit++) {
      out.by_after.push_back(weight * bit_total(tile.by_after, bit));
      weight *= slot.squares[pass.first + bit];
    }
  }
  return out;
}

// adjoint = min(data, cap) * state
template <class T, class C> void weigh(const Backward& job, const C* data) {
  const T cap = T(std::min<double>(job.cap, std::numeric_limits<T>::max()));
  const size_t size = size_t(1) << job.state.n;
  const T *re = static_cast<const T*>(job.state.re), *im = static_cast<const T*>(job.state.im);
  T *out_re = static_cast<T*>(job.adjoint.re), *out_im = static_cast<T*>(job.adjoint.im);
  for (size_t j = 0; j < size; j++) {
    const T value = T(data[j]), weight = value < cap ? value : cap;
    out_re[j] = weight * re[j], out_im[j] = weight * im[j];
  }
}

template <class T> Derivatives backward_as(const Backward& job) {
  switch (job.weight.data ? job.weight.kind : Kind(-1)) {
    case Kind::int16: weigh<T>(job, static_cast<const int16_t*>(job.weight.data)); break;
    case Kind::float32: weigh<T>(job, static_cast<const float*>(job.weight.data)); break;
    case Kind::float64: weigh<T>(job, static_cast<const double*>(job.weight.data)); break;
    default: break;
  }
  // Undo the last step first: rotate back, then turn the phase back. step_of[k]: whose phase follows slot k.
  Circuit<T> circuit(job.state);
  std::vector<int> step_of, phase_of;
  for (int l = int(job.steps.size()) - 1; l >= 0; l--) {
    const bool steep = is_steep(job.steps[l]);
    std::vector<double> angles = job.steps[l].angles;
    for (double& angle : angles) angle /= steep ? 2 : 1;
    for (int half = steep ? 1 : 0; half >= 0; half--) {
      circuit.slots.emplace_back(angles, -1);
      step_of.push_back(l), phase_of.push_back(half == 0 ? l : -1);
    }
  }
  circuit.plan([&](size_t k, Pass<T>& pass) {
    if (k == 0) return;
    const int l = phase_of[k - 1];
    const double scale = circuit.slots[k - 1].scale;
    pass.slot_phase = int(k) - 1;
    if (l >= 0)
      put_phase(pass, job.steps[l].diagonal, -job.steps[l].turns, scale, job.state);
    else
      put_phase(pass, Diagonal{}, 0, scale, job.state);
  });

  const StartValues<T> start(job.state.n);
  const Mirror<T> mirror(job.state.n + 1);
  std::vector<size_t> tiles;
  for (const Pass<T>& pass : circuit.passes) tiles.push_back(tiles_of(pass, job.state));
  const int threads = job.state.n < SMALL_FOR_THREADS ? 1 : job.threads;
  Caches<T> caches(threads, cache_size(circuit.passes, 4));
  std::vector<std::vector<TileSums<T>>> parts;
  for (size_t count : tiles) parts.emplace_back(count);
  // Squared cosines of the groups that a slot's earlier passes rotated.
  std::vector<double> done_before(circuit.passes.size(), 1.0);
  for (size_t p = 1; p < circuit.passes.size(); p++)
    for (size_t q = 0; q < p; q++) {
      const Pass<T>&now = circuit.passes[p], &earlier = circuit.passes[q];
      if (now.slot_before < 0 || (earlier.slot_before != now.slot_before && earlier.slot_after != now.slot_before)) continue;
      const Slot<T>& slot = circuit.slots[now.slot_before];
      for (int bit = 0; bit < earlier.bits; bit++) done_before[p] *= slot.squares[earlier.first + bit];
      if (earlier.first == 0 && job.state.half) done_before[p] *= slot.squares.back();
    }
  run_team(threads, tiles, [&](int thread, size_t p, size_t number) {
    run_tile<T, true>(circuit.passes[p], start, mirror, job.state, job.adjoint, number, caches.of(thread),
                      [&](const auto& tile) { parts[p][number] = sums_of<T>(tile, circuit.slots, done_before[p]); });
  });

  Derivatives out;
  out.by_gamma.assign(job.steps.size(), 0.0);
  for (const Step& step : job.steps) out.by_angle.emplace_back(step.angles.size(), 0.0);
  auto add = [&](int slot, int qubit, double sum) {
    // The derivative by an angle done in two halves is the same in both; it is taken from the second one undone.
    if (phase_of[slot] >= 0) out.by_angle[step_of[slot]][qubit] += 2 * sum;
  };
  for (size_t p = 0; p < circuit.passes.size(); p++) {
    const Pass<T>& pass = circuit.passes[p];
    const double* const squares = pass.slot_phase >= 0 ? circuit.slots[pass.slot_phase].squares.data() : nullptr;
    double all = 1;
    for (size_t q = 0; squares && q < job.steps[0].angles.size(); q++) all *= squares[q];
    for (const TileSums<T>& part : parts[p]) {
      if (squares && phase_of[pass.slot_phase] >= 0) out.by_gamma[phase_of[pass.slot_phase]] += 2 * all * part.by_phase;
      for (size_t bit = 0; bit < part.by_before.size(); bit++) add(pass.slot_before, pass.first + int(bit), part.by_before[bit]);
      for (size_t bit = 0; bit < part.by_after.size(); bit++) add(pass.slot_after, pass.first + int(bit), part.by_after[bit]);
      if (job.state.half && pass.first == 0 && pass.slot_before >= 0) add(pass.slot_before, job.state.n, part.by_mirror_before);
      if (job.state.half && pass.first == 0 && pass.slot_after >= 0) add(pass.slot_after, job.state.n, part.by_mirror_after);
    }
  }
  return out;
}

inline Derivatives backward(const Backward& job) {
  return job.state.single ? backward_as<float>(job) : backward_as<double>(job);
}

}  // namespace qopt::ISA
