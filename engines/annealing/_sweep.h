// Replicas in lanes: one variable's spins and local fields of all replicas stand together, and are tested at once.
//
// f_i = h_i + sum_j J_ij s_j; a flip of i changes the energy by -2 s_i f_i and is accepted where -s_i f_i is at most a
// threshold from the pool. Included by each _isa_*.cpp after its lanes.
#pragma once
#include <numeric>
#include <utility>
#include <vector>

#include "_kernels.h"
#include "_memory.h"
#include "_random.h"

namespace {

using qopt::annealing::Batch;
using qopt::annealing::Counts;
using qopt::annealing::Model;
using qopt::annealing::Schedule;

template <class T> constexpr float cap_of() { return sizeof(T) == 1 ? 127.0f : sizeof(T) == 2 ? 32767.0f : 1073741824.0f; }

template <class T> class LaneBatch {
  using L = Lanes<T>;
  using Mask = typename L::Mask;
  using Vec = typename L::Vec;

 public:
  static constexpr int lanes = qopt::annealing::lanes_of(sizeof(T) == 1   ? qopt::annealing::Kind::int8
                                                         : sizeof(T) == 2 ? qopt::annealing::Kind::int16
                                                         : sizeof(T) == 4 ? qopt::annealing::Kind::int32
                                                                          : qopt::annealing::Kind::float64);
  static constexpr int vectors = lanes / L::width;

  LaneBatch(const Model& model, Batch batch, const Schedule& schedule)
      : model_(model), batch_(batch), schedule_(schedule), weight_(static_cast<const T*>(model.weight)),
        counter_{*batch.words}, pool_(batch.pool, batch.pool_size, lanes, schedule.gibbs),
        field_(size_t(model.n) * lanes), up_(size_t(model.n) * vectors), threshold_(batch.pool_size + lanes) {}

  Counts run() {
    start();
    for (size_t k = 0; k < schedule_.sweeps; k++) {
      pool_.refresh(counter_);
      pool_.scale(threshold_.data(), float(schedule_.temperature[k]), cap_of<T>());
      sweep();
    }
    if (schedule_.descent < 0) descend();
    finish();
    return counts_;
  }

 private:
  void start() {
    if (schedule_.fresh) pool_.fill(counter_);
    if (schedule_.fresh && schedule_.random_start) {
      for (int i = 0; i < model_.n; i++) {
        const uint64_t bits = counter_.next();
        for (int r = 0; r < lanes; r++) batch_.spins[size_t(i) * lanes + r] = (bits >> r) & 1 ? 1 : -1;
      }
    }
    const T* h = static_cast<const T*>(model_.field);
    for (int i = 0; i < model_.n; i++) {
      T* f = field_.data() + size_t(i) * lanes;
      for (int r = 0; r < lanes; r++) f[r] = h[i];
      for (int e = model_.ptr[i]; e < model_.ptr[i + 1]; e++) {
        const int8_t* s = batch_.spins + size_t(model_.col[e]) * lanes;
        for (int r = 0; r < lanes; r++) f[r] = T(f[r] + weight_[e] * s[r]);
      }
      for (int v = 0; v < vectors; v++)
        up_[size_t(i) * vectors + v] = L::from_spins(batch_.spins + size_t(i) * lanes + v * L::width);
    }
  }

  void finish() {
    for (int i = 0; i < model_.n; i++)
      for (int v = 0; v < vectors; v++)
        L::to_spins(up_[size_t(i) * vectors + v], batch_.spins + size_t(i) * lanes + v * L::width);
    *batch_.words = counter_.state;
  }

  // Flips the accepted lanes of variable i; the neighbours' fields follow.
  INLINE void visit(int i, const Vec (&limits)[vectors]) {
    T* f = field_.data() + size_t(i) * lanes;
    Mask* up = up_.data() + size_t(i) * vectors;
    Mask flips[vectors];
    bool any = false;
    for (int v = 0; v < vectors; v++) {
      flips[v] = L::at_most(L::gain(L::load(f + v * L::width), up[v]), limits[v]);
      any |= L::any(flips[v]);
    }
    if (!any) return;
    Mask before[vectors];
    for (int v = 0; v < vectors; v++) {
      before[v] = up[v];
      up[v] = L::flipped(up[v], flips[v]);
      flips_ += L::count(flips[v]);
    }
    const int end = model_.ptr[i + 1];
    for (int e = model_.ptr[i]; e < end;) {
      const T weight = weight_[e];
      Vec step[vectors];
      for (int v = 0; v < vectors; v++) step[v] = L::step(before[v], flips[v], T(2 * weight));
      do {
        T* g = field_.data() + size_t(model_.col[e]) * lanes;
        for (int v = 0; v < vectors; v++) L::store(g + v * L::width, L::add(L::load(g + v * L::width), step[v]));
        e++;
      } while (e < end && weight_[e] == weight);
    }
  }

  void sweep() {
    if (schedule_.shuffle) shuffle();
    uint64_t word = 0;
    const T* thresholds = threshold_.data();
    for (int k = 0; k < model_.n; k++) {
      word = k % 4 ? word >> 16 : counter_.next();
      const T* at = thresholds + (word & pool_.offsets());
      Vec limits[vectors];
      for (int v = 0; v < vectors; v++) limits[v] = L::load_any(at + v * L::width);
      visit(schedule_.shuffle ? order_[k] : k, limits);
    }
    count();
  }

  void shuffle() {
    if (order_.empty()) order_.resize(model_.n);
    std::iota(order_.begin(), order_.end(), 0);
    for (int k = model_.n - 1; k > 0; k--) std::swap(order_[k], order_[counter_.below(k + 1)]);
  }

  void descend() {
    Vec limits[vectors];
    for (int v = 0; v < vectors; v++) limits[v] = L::splat(T(schedule_.descent));
    for (int pass = 0; pass < 1000; pass++) {
      for (int i = 0; i < model_.n; i++) visit(i, limits);
      const bool done = flips_ == 0;
      count();
      if (done) return;
    }
  }

  void count() {
    counts_.attempts += uint64_t(model_.n) * lanes;
    counts_.flips += flips_;
    flips_ = 0;
  }

  const Model& model_;
  Batch batch_;
  const Schedule& schedule_;
  const T* weight_;
  Counter counter_;
  Pool pool_;
  Aligned<T> field_;
  Aligned<Mask> up_;
  Aligned<T> threshold_;
  std::vector<int> order_;
  Counts counts_;
  uint64_t flips_ = 0;
};

inline Counts anneal_lanes(const Model& model, Batch batch, const Schedule& schedule) {
  switch (model.kind) {
    case qopt::annealing::Kind::int8: return LaneBatch<int8_t>(model, batch, schedule).run();
    case qopt::annealing::Kind::int16: return LaneBatch<int16_t>(model, batch, schedule).run();
    case qopt::annealing::Kind::int32: return LaneBatch<int32_t>(model, batch, schedule).run();
    default: return LaneBatch<double>(model, batch, schedule).run();
  }
}

}  // namespace
