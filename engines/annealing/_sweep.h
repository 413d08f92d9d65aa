// Replicas in lanes: one variable's spins and local fields of all replicas stand together, and are tested at once.
//
// f_i = h_i + sum_j J_ij s_j; a flip of i changes the energy by -2 s_i f_i and is accepted where -s_i f_i is at most a
// threshold from the pool. Included by each _isa_*.cpp after its lanes.
#pragma once
#include <vector>

#include "_kernels.h"
#include "_lanes.h"
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
        field_(size_t(model.n) * lanes), up_(size_t(model.n) * vectors), threshold_(batch.pool_size + lanes) {
    find_ones();
  }

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
        int8_t* s = batch_.spins + size_t(i) * lanes;
        for (int r = 0; r < lanes; r++) s[r] = (bits >> r) & 1 ? 1 : -1;
      }
    }
    for (int i = 0; i < model_.n; i++)
      for (int v = 0; v < vectors; v++)
        up_[size_t(i) * vectors + v] = L::from_spins(batch_.spins + size_t(i) * lanes + v * L::width);
    const T* h = static_cast<const T*>(model_.field);
    const Mask all = L::at_most(L::splat(0), L::splat(0));
    for (int i = 0; i < model_.n; i++) {
      Vec sum[vectors];
      for (int v = 0; v < vectors; v++) sum[v] = L::splat(h[i]);
      for (int e = model_.ptr[i], end = model_.ptr[i + 1]; e < end; e++) {
        const Mask* up = up_.data() + size_t(model_.col[e]) * vectors;
        for (int v = 0; v < vectors; v++) sum[v] = L::add(sum[v], L::step(up[v], all, T(-weight_[e])));
      }
      for (int v = 0; v < vectors; v++) L::store(field_.data() + size_t(i) * lanes + v * L::width, sum[v]);
    }
  }

  void finish() {
    for (int i = 0; i < model_.n; i++)
      for (int v = 0; v < vectors; v++)
        L::to_spins(up_[size_t(i) * vectors + v], batch_.spins + size_t(i) * lanes + v * L::width);
    *batch_.words = counter_.state;
  }

  // Everything that a visit reads, in local variables: stores of bytes could change members as well, for the compiler.
  struct View {
    T* field;
    Mask* up;
    const int32_t *ptr, *col;
    const T* weight;
    const int* ones;  // where a variable's weights of -1 begin; nullptr where weights are not all +1 or -1
  };
  View view() { return {field_.data(), up_.data(), model_.ptr, model_.col, weight_, unit_.empty() ? nullptr : unit_.data()}; }

  // Flips the accepted lanes of variable i, and says how many; the neighbours' fields follow.
  static INLINE int visit(View at, int i, const Vec (&limits)[vectors]) {
    const T* f = at.field + size_t(i) * lanes;
    Mask* up = at.up + size_t(i) * vectors;
    Mask before[vectors], flips[vectors];
    bool any = false;
    for (int v = 0; v < vectors; v++) {
      before[v] = up[v];
      flips[v] = L::at_most(L::gain(L::load(f + v * L::width), before[v]), limits[v]);
      any |= L::any(flips[v]);
    }
    if (!any) return 0;
    int count = 0;
    for (int v = 0; v < vectors; v++) {
      up[v] = L::flipped(before[v], flips[v]);
      count += L::count(flips[v]);
    }
    if (at.ones)
      update_by_ones(at, i, before, flips);
    else
      update(at, i, before, flips);
    return count;
  }

  // The neighbours' fields after the flips of variable i; equal weights share one step.
  static INLINE void update(View at, int i, const Mask (&before)[vectors], const Mask (&flips)[vectors]) {
    const int end = at.ptr[i + 1];
    for (int e = at.ptr[i]; e < end;) {
      const T weight = at.weight[e];
      Vec step[vectors];
      for (int v = 0; v < vectors; v++) step[v] = L::step(before[v], flips[v], T(2 * weight));
      do {
        shift(at.field + size_t(at.col[e]) * lanes, step);
        e++;
      } while (e < end && at.weight[e] == weight);
    }
  }

  // The same where all weights are +1 or -1, those of +1 first.
  static INLINE void update_by_ones(View at, int i, const Mask (&before)[vectors], const Mask (&flips)[vectors]) {
    Vec step[vectors];
    int e = at.ptr[i];
    for (int v = 0; v < vectors; v++) step[v] = L::step(before[v], flips[v], T(2));
    for (const int middle = at.ones[i]; e < middle; e++) shift(at.field + size_t(at.col[e]) * lanes, step);
    for (const int end = at.ptr[i + 1]; e < end; e++) {
      T* f = at.field + size_t(at.col[e]) * lanes;
      for (int v = 0; v < vectors; v++) L::store(f + v * L::width, L::subtract(L::load(f + v * L::width), step[v]));
    }
  }

  static INLINE void shift(T* f, const Vec (&step)[vectors]) {
    for (int v = 0; v < vectors; v++) L::store(f + v * L::width, L::add(L::load(f + v * L::width), step[v]));
  }

  // Where each variable's weights of -1 begin, if all are +1 or -1.
  void find_ones() {
    const int edges = model_.ptr[model_.n];
    for (int e = 0; e < edges; e++)
      if (weight_[e] != 1 && weight_[e] != -1) return;
    for (int i = 0; i < model_.n; i++) {
      int e = model_.ptr[i];
      while (e < model_.ptr[i + 1] && weight_[e] > 0) e++;
      for (int later = e; later < model_.ptr[i + 1]; later++)
        if (weight_[later] > 0) return unit_.clear();
      unit_.push_back(e);
    }
  }

  void sweep() {
    if (schedule_.shuffle) draw_order();
    const View at = view();
    const T* thresholds = threshold_.data();
    const int* order = order_.empty() ? nullptr : order_.data();
    const size_t mask = pool_.offsets();
    const int n = model_.n;
    Counter counter = counter_;
    uint64_t flips = 0;
    for (int first = 0; first < n; first += 4) {
      uint64_t word = counter.next();
      const int last = first + 4 < n ? first + 4 : n;
      for (int k = first; k < last; k++, word >>= 16) {
        Vec limits[vectors];
        for (int v = 0; v < vectors; v++) limits[v] = L::load_any(thresholds + (word & mask) + v * L::width);
        flips += visit(at, order ? order[k] : k, limits);
      }
    }
    counter_ = counter;
    count(flips);
  }

  // With replacement: a variable may be visited twice or not at all.
  void draw_order() {
    order_.resize(model_.n);
    for (int k = 0; k < model_.n; k++) order_[k] = counter_.below(model_.n);
  }

  void descend() {
    Vec limits[vectors];
    for (int v = 0; v < vectors; v++) limits[v] = L::splat(T(schedule_.descent));
    const View at = view();
    for (int pass = 0; pass < 1000; pass++) {
      uint64_t flips = 0;
      for (int i = 0; i < model_.n; i++) flips += visit(at, i, limits);
      count(flips);
      if (!flips) return;
    }
  }

  void count(uint64_t flips) {
    counts_.attempts += uint64_t(model_.n) * lanes;
    counts_.flips += flips;
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
  std::vector<int> order_, unit_;
  Counts counts_;
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
