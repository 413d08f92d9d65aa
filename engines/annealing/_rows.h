// Dense models: one replica at a time, its fields contiguous, and one row of J added where a flip is accepted.
//
// A vector of consecutive variables is tested at once; the lowest accepted one flips, and those after it are tested
// again with the same thresholds: exactly the chain that visits one variable after the other.
#pragma once
#include <vector>

#include "_kernels.h"
#include "_memory.h"
#include "_random.h"
#include "_sweep.h"

namespace {

template <class F, class J> class RowReplica {
  using L = Lanes<F>;
  using Mask = typename L::Mask;
  using Vec = typename L::Vec;

 public:
  static constexpr int block = L::width;

  // `twice`: 2 J by rows of `padded` numbers, zero on the diagonal.
  RowReplica(const Model& model, const J* twice, int padded, const Schedule& schedule, size_t pool_size)
      : model_(model), twice_(twice), padded_(padded), schedule_(schedule), field_(padded), up_(padded / block),
        threshold_(pool_size + block), spins_(padded) {}

  Counts run(int8_t* spins, uint64_t* word, float* values, size_t pool_size) {
    Counter counter{*word};
    Pool pool(values, pool_size, block, schedule_.gibbs);
    if (schedule_.fresh) pool.fill(counter);
    if (schedule_.fresh && schedule_.random_start) {
      uint64_t bits = 0;
      for (int i = 0; i < model_.n; i++) {
        bits = i % 64 ? bits >> 1 : counter.next();
        spins[i] = bits & 1 ? 1 : -1;
      }
    }
    start(spins);
    counts_ = {};
    for (size_t k = 0; k < schedule_.sweeps; k++) {
      pool.refresh(counter);
      pool.scale(threshold_.data(), float(schedule_.temperature[k]), cap_of<F>());
      uint64_t bits = 0;
      for (int b = 0; b < padded_; b += block) {
        bits = b / block % 4 ? bits >> 16 : counter.next();
        visit(b, L::load_any(threshold_.data() + (bits & pool.offsets())));
      }
      counts_.attempts += model_.n;
    }
    if (schedule_.descent < 0) descend();
    for (int b = 0; b < padded_; b += block) L::to_spins(up_[b / block], spins_.data() + b);
    for (int i = 0; i < model_.n; i++) spins[i] = spins_[i];
    *word = counter.state;
    return counts_;
  }

 private:
  void start(const int8_t* spins) {
    const F* h = static_cast<const F*>(model_.field);
    const F* weight = static_cast<const F*>(model_.weight);
    for (int i = 0; i < padded_; i++) field_[i] = 0, spins_[i] = 1;
    for (int i = 0; i < model_.n; i++) {
      F f = h[i];
      for (int e = model_.ptr[i]; e < model_.ptr[i + 1]; e++) f = F(f + weight[e] * spins[model_.col[e]]);
      field_[i] = f;
      spins_[i] = spins[i];
    }
    for (int b = 0; b < padded_; b += block) up_[b / block] = L::from_spins(spins_.data() + b);
  }

  INLINE void visit(int b, Vec limits) {
    const int live = model_.n - b < block ? model_.n - b : block;
    int lane = 0;
    while (lane < live) {
      const Mask accepted = L::at_most(L::gain(L::load(field_.data() + b), up_[b / block]), limits);
      lane = L::first_set(accepted, lane);
      if (lane >= live) return;
      flip(b + lane);
      lane++;
    }
  }

  void flip(int i) {
    counts_.flips++;
    const int b = i / block;
    const bool was_up = L::is_up(up_[b], i % block);
    up_[b] = L::toggled(up_[b], i % block);
    add_row(twice_ + size_t(i) * padded_, was_up);
  }

  // Fields after a flip: less the row where the spin was +1, else more.
  INLINE void add_row(const J* row, bool was_up) {
    typedef F Fields __attribute__((vector_size(64), aligned(64), may_alias));
    typedef J Weights __attribute__((vector_size(block * sizeof(J)), aligned(block * sizeof(J)), may_alias));
    Fields* f = reinterpret_cast<Fields*>(field_.data());
    const Weights* weights = reinterpret_cast<const Weights*>(row);
    const int count = padded_ / block;
    if (was_up)
      for (int k = 0; k < count; k++) f[k] -= __builtin_convertvector(weights[k], Fields);
    else
      for (int k = 0; k < count; k++) f[k] += __builtin_convertvector(weights[k], Fields);
  }

  void descend() {
    const Vec limits = L::splat(F(schedule_.descent));
    for (int pass = 0; pass < 1000; pass++) {
      const uint64_t before = counts_.flips;
      for (int b = 0; b < padded_; b += block) visit(b, limits);
      counts_.attempts += model_.n;
      if (counts_.flips == before) return;
    }
  }

  const Model& model_;
  const J* twice_;
  int padded_;
  const Schedule& schedule_;
  Aligned<F> field_;
  Aligned<Mask> up_;
  Aligned<F> threshold_;
  Aligned<int8_t> spins_;
  Counts counts_;
};

template <class F, class J> Counts anneal_dense(const Model& model, Batch batch, const Schedule& schedule) {
  constexpr int block = RowReplica<F, J>::block;
  const int padded = (model.n + 63) / 64 * 64;
  const F* weight = static_cast<const F*>(model.weight);
  Aligned<J> twice(size_t(model.n) * padded);
  for (size_t k = 0; k < size_t(model.n) * padded; k++) twice[k] = 0;
  for (int i = 0; i < model.n; i++)
    for (int e = model.ptr[i]; e < model.ptr[i + 1]; e++) twice[size_t(i) * padded + model.col[e]] = J(2 * weight[e]);
  RowReplica<F, J> replica(model, twice.data(), padded, schedule, batch.pool_size);
  Counts counts;
  for (size_t r = 0; r < batch.replicas; r++) {
    const Counts one = replica.run(batch.spins + r * model.n, batch.words + r,
                                   batch.pool + r * (batch.pool_size + block), batch.pool_size);
    counts.attempts += one.attempts;
    counts.flips += one.flips;
  }
  return counts;
}

inline bool twice_fits_byte(const Model& model) {
  const int16_t* weight = static_cast<const int16_t*>(model.weight);
  for (int e = 0; e < model.ptr[model.n]; e++)
    if (weight[e] > 63 || weight[e] < -63) return false;
  return true;
}

// int8 models are dense ones of int16 fields whose doubled weights fit a byte.
inline Counts anneal_rows(const Model& model, Batch batch, const Schedule& schedule) {
  switch (model.kind) {
    case qopt::annealing::Kind::int8: return anneal_dense<int16_t, int8_t>(model, batch, schedule);
    case qopt::annealing::Kind::int16:
      if (twice_fits_byte(model)) return anneal_dense<int16_t, int8_t>(model, batch, schedule);
      return anneal_dense<int16_t, int16_t>(model, batch, schedule);
    case qopt::annealing::Kind::int32: return anneal_dense<int32_t, int32_t>(model, batch, schedule);
    default: return anneal_dense<double, double>(model, batch, schedule);
  }
}

}  // namespace
