// The passes of a circuit. Rotations of different qubits commute, so the qubits are cut into groups and a layer may begin
// on the group on which the layer before ended: with two groups the state is read and written once a layer.

struct Group {
  int first, bits;
};

constexpr int LOW_BITS_IN_CACHE = 18 - 4;  // a low block: 2**14 amplitudes of 16 bytes, a quarter of a small L2 cache
constexpr int HIGH_BITS_AT_ONCE = 12;
constexpr size_t ROW_BYTES = 128;

template <class T> std::vector<Group> groups_of(int n) {
  const int extra = sizeof(T) == 4 ? 1 : 0, in_first_cache = 10 + extra, low_limit = LOW_BITS_IN_CACHE + extra;
  if (n <= in_first_cache) return {{0, n}};
  const int low = std::min(low_limit, std::max(in_first_cache, n - 6)), high = n - low;
  if (high <= HIGH_BITS_AT_ONCE) return {{0, low}, {low, high}};
  return {{0, low}, {low, high / 2}, {low + high / 2, high - high / 2}};
}

template <class T> struct Circuit {
  std::vector<std::vector<T>> tangents;  // by step
  std::vector<Pass<T>> passes;

  Circuit(const Forward& job, const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      tangents.emplace_back();
      for (double angle : step.angles) tangents.back().push_back(T(std::tan(angle)));
    }
    std::vector<Group> groups = groups_of<T>(job.state.n);
    Pass<T> pass = begin(steps[0], groups[0], 0);
    pass.starts = job.starts;
    if (groups.size() == 1) {
      for (size_t l = 0; l < steps.size(); l++) {
        if (l) pass = begin(steps[l], groups[0], l);
        passes.push_back(pass);
      }
      pass = plain(groups[0]);
      if (job.measured.data) finish(pass, job);
      return;
    }
    passes.push_back(pass);
    for (size_t l = 0; l < steps.size(); l++) {
      for (size_t g = 1; g + 1 < groups.size(); g++) {
        passes.push_back(plain(groups[g]));
        passes.back().before = tangents[l].data();
      }
      const bool ends = l + 1 == steps.size();
      pass = ends ? plain(groups.back()) : begin(steps[l + 1], groups.back(), l + 1);
      pass.before = tangents[l].data();
      if (ends)
        finish(pass, job);
      else
        passes.push_back(pass);
      std::reverse(groups.begin(), groups.end());
    }
  }

 private:
  static Pass<T> plain(Group group) {
    Pass<T> pass;
    pass.first = group.first, pass.bits = group.bits;
    return pass;
  }
  Pass<T> begin(const Step& step, Group group, size_t l) const {
    Pass<T> pass = plain(group);
    double scale = 1;
    for (double angle : step.angles) scale *= std::cos(angle);
    pass.has_phase = true, pass.diagonal = step.diagonal, pass.phase = Phase<T>(step.turns, scale);
    if (step.diagonal.kind == Kind::int16)
      pass.digits = Digits<T>(step.turns, scale, Digits<T>::needed(step.diagonal.bound));
    pass.after = tangents[l].data();
    return pass;
  }
  void finish(Pass<T>& pass, const Forward& job) {
    pass.measures = job.measured.data, pass.diagonal = job.measured, pass.stores = job.stores;
    passes.push_back(pass);
  }
};

// Tangents stay small enough for float32's range: an angle near pi/2 is done in two halves.
inline std::vector<Step> with_small_tangents(const std::vector<Step>& steps) {
  std::vector<Step> out;
  for (const Step& step : steps) {
    out.push_back(step);
    bool steep = false;
    for (double& angle : out.back().angles) {
      angle = std::remainder(angle, 2 * M_PI);
      steep = steep || std::abs(std::tan(angle)) > 3;
    }
    if (!steep) continue;
    for (double& angle : out.back().angles) angle /= 2;
    Step second = out.back();
    second.diagonal = {}, second.turns = 0;
    out.push_back(second);
  }
  return out;
}

template <class T> size_t row_width(const Pass<T>& pass) {
  if (pass.first == 0) return lanes<T>;
  return std::min(std::max(ROW_BYTES, FIRST_CACHE_BYTES / 2 >> pass.bits) / sizeof(T), size_t(1) << pass.first);
}
template <class T> size_t tiles_of(const Pass<T>& pass, int n) {
  const size_t blocks = size_t(1) << (n - pass.bits - pass.first);
  return pass.first == 0 ? blocks : blocks * ((size_t(1) << pass.first) / row_width(pass));
}

template <class T, class C>
Measured run_tile(const Pass<T>& pass, const StartValues<T>& start, const State& state, size_t tile, T* cache) {
  const size_t width = row_width(pass);
  const bool low = pass.first == 0;
  const size_t columns = low ? 1 : (size_t(1) << pass.first) / width;
  const size_t at = (tile / columns << (pass.first + pass.bits)) + tile % columns * width;
  T *re = static_cast<T*>(state.re) + at, *im = static_cast<T*>(state.im) + at;
  const C* energies = pass.diagonal.data ? static_cast<const C*>(pass.diagonal.data) + at : nullptr;
  if (low) {
    Tile<T, C, true> work(pass, start, width);
    work.descend({re, im, width, energies, width, at}, pass.bits - lane_bits<T>);
    return {total<T>(work.energy), total<T>(work.norm)};
  }
  Tile<T, C, false> work(pass, start, width);
  const size_t pitch = size_t(1) << pass.first;
  work.fetch_and_descend({re, im, pitch, energies, pitch, at}, pass.bits, cache);
  return {total<T>(work.energy), total<T>(work.norm)};
}

template <class T> Measured forward_as(const Forward& job) {
  const std::vector<Step> steps = with_small_tangents(job.steps);
  const Circuit<T> circuit(job, steps);
  const StartValues<T> start(job.state.n);
  std::vector<size_t> tiles;
  size_t cache_size = 0;
  for (const Pass<T>& pass : circuit.passes) {
    tiles.push_back(tiles_of(pass, job.state.n));
    if (pass.first) cache_size = std::max(cache_size, 2 * ((row_width(pass) << pass.bits) + 16 * PADDING / sizeof(T)));
  }
  const int threads = job.state.n < 17 ? 1 : job.threads;
  std::vector<T> space(threads * cache_size + 64);
  T* const caches = reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(space.data()) + 63) / 64 * 64);
  std::vector<Measured> parts(tiles.empty() ? 0 : tiles.back());
  run_team(threads, tiles, [&](int thread, size_t p, size_t tile) {
    const Pass<T>& pass = circuit.passes[p];
    T* const cache = caches + thread * cache_size;
    Measured part;
    switch (pass.diagonal.kind) {
      case Kind::int16: part = run_tile<T, int16_t>(pass, start, job.state, tile, cache); break;
      case Kind::float32: part = run_tile<T, float>(pass, start, job.state, tile, cache); break;
      case Kind::float64: part = run_tile<T, double>(pass, start, job.state, tile, cache); break;
    }
    if (pass.measures) parts[tile] = part;
  });
  Measured sum;
  for (const Measured& part : parts) sum.energy += part.energy, sum.norm += part.norm;
  return sum;
}

inline Measured forward(const Forward& job) { return job.state.single ? forward_as<float>(job) : forward_as<double>(job); }
