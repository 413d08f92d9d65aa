// A circuit on a state: steps as passes, the last of them may measure.
#pragma once
#include "_schedule.h"

namespace qopt::ISA {

template <class T> Measured forward_as(const Forward& job) {
  Circuit<T> circuit(job.state);
  std::vector<Step> steps;
  for (const Step& step : job.steps) {
    steps.push_back(step);
    if (!is_steep(step)) continue;
    for (double& angle : steps.back().angles) angle /= 2;
    steps.push_back({{}, 0, steps.back().angles});
  }
  for (const Step& step : steps) circuit.slots.emplace_back(step.angles, 1);
  circuit.plan([&](size_t k, Pass<T>& pass) {
    if (k < steps.size()) return put_phase(pass, steps[k].diagonal, steps[k].turns, circuit.slots[k].scale, job.state);
    pass.measures = job.measured.data, pass.diagonal = job.measured, pass.stores = job.stores;
  });
  circuit.passes[0].starts = job.starts;

  const StartValues<T> start(job.state.n);
  const Mirror<T> mirror(job.state.n + 1);
  std::vector<size_t> tiles;
  for (const Pass<T>& pass : circuit.passes) tiles.push_back(tiles_of(pass, job.state));
  const int threads = job.state.n < SMALL_FOR_THREADS ? 1 : job.threads;
  Caches<T> caches(threads, cache_size(circuit.passes, 2));
  std::vector<Measured> parts(tiles.back());
  run_team(threads, tiles, [&](int thread, size_t p, size_t number) {
    const Pass<T>& pass = circuit.passes[p];
    run_tile<T, false>(pass, start, mirror, job.state, job.state, number, caches.of(thread), [&](const auto& tile) {
      if (pass.measures) parts[number] = {total<T>(tile.energy), total<T>(tile.norm)};
    });
  });
  Measured sum;
  for (const Measured& part : parts) sum.energy += part.energy, sum.norm += part.norm;
  return sum;
}

inline Measured forward(const Forward& job) { return job.state.single ? forward_as<float>(job) : forward_as<double>(job); }

}  // namespace qopt::ISA
