// Any program: one-hot and packing rows are kept by ejection, the others are soft, and their weights follow T.
//
// A violated row's weight grows, a kept one's falls, each by a share of T: the weights end near the dual prices and the
// walk stays at the boundary of what the rows allow. Only points that keep every row are reported.
#pragma once
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "_state.h"
#include "_walk.h"

namespace {

class GeneralWalk final : public Walk {
 public:
  explicit GeneralWalk(Program program) : program_(std::move(program)), state_(program_) {
    for (int i = 0; i < program_.n; i++) {
      if (program_.group[i] >= 0)
        grouped_.push_back(i);
      else if (state_.is_bit(i))
        free_.push_back(i);
      else if (program_.lower[i] < program_.upper[i])
        whole_.push_back(i);
    }
    members_.resize(program_.groups);
    for (int i : grouped_) members_[program_.group[i]].push_back(i);
    start_weights();
    const double all = double(std::max(1, program_.n));
    switch_share_ = double(grouped_.size()) / all;
    whole_share_ = double(whole_.size()) / all;
  }

  size_t size() const override { return program_.n; }

  // Weights of broken rows grow until every row is kept, or for so many sweeps; then as many sweeps more at zero T.
  void close(uint64_t sweeps) override {
    const double cold = 1e-300;
    for (uint64_t sweep = 0; sweep < sweeps && !state_.keeps_all_rows(); sweep++) {
      for (int k = 0; k < program_.soft_rows(); k++)
        if (state_.row_violation(k) > 0) state_.set_weight(k, growth * state_.weight(k) + growth_share * first_weight_[k]);
      for (uint64_t q = 0; q < stride(); q++) propose(cold);
    }
    if (!state_.keeps_all_rows()) return;
    for (uint64_t q = 0; q < sweeps * stride(); q++) propose(cold);
  }

  // From now on anneals start with the weights that the rows have now: near the dual prices after a pilot.
  void keep_weights() override {
    for (int k = 0; k < program_.soft_rows(); k++) start_weight_[k] = state_.weight(k);
  }
  void point(int64_t* x) const override { std::copy(state_.values().begin(), state_.values().end(), x); }

 protected:
  static constexpr int most_ejected = 8;
  static constexpr int64_t short_range = 1024;  // integers that start anywhere, and may jump
  static constexpr double gain = 0.1, fall = 0.2, floor_share = 1e-4, ceiling_share = 1e4;
  static constexpr double growth = 1.2, growth_share = 0.1;

  bool keeps_all_rows() const override { return state_.keeps_all_rows(); }
  uint64_t stride() const override { return uint64_t(std::max(1, program_.n)); }

  void begin_block(double t) override {
    const int rows = program_.soft_rows();
    for (int k = 0; k < rows; k++) {
      const double step = gain * t / program_.row_scale[k];
      const double moved = state_.weight(k) + (state_.row_violation(k) > 0 ? step : -fall * step);
      state_.set_weight(k, std::min(std::max(moved, first_weight_[k] * floor_share), first_weight_[k] * ceiling_share));
    }
  }

  void draw() override {
    for (int k = 0; k < program_.soft_rows(); k++) state_.set_weight(k, start_weight_[k]);
    for (int attempt = 0; attempt < 50; attempt++) {
      state_.reset();
      if (fill_groups()) break;
    }
    fill_free();
    for (int i : whole_)
      if (const int64_t range = program_.upper[i] - program_.lower[i]; range <= short_range)
        if (const int64_t step = program_.lower[i] + random_.below(uint32_t(range + 1)) - state_.value(i)) state_.apply({i, step});
    cost_ = state_.cost;
  }

  void propose(double t) override {
    count_ = 0;
    if (!choose() || !count_) return;
    double d = state_.cost_change(changes_, count_);
    d += state_.penalty_change(changes_, count_);
    if (!accepts(d, t)) return;
    // what falls goes first, so that a group never has two members
    for (int q = 0; q < count_; q++)
      if (changes_[q].step < 0) state_.apply(changes_[q]);
    for (int q = 0; q < count_; q++)
      if (changes_[q].step > 0) state_.apply(changes_[q]);
    cost_ = state_.cost;
    accepted_++;
    note(t);
  }

 private:
  // ---- moves -------------------------------------------------------------------------------------------------------

  bool choose() {
    const double u = random_.unit_interval();
    if (u < whole_share_) return step_whole();
    if (!program_.cell.empty() && random_.below(4) == 0) return trade();
    if (u < whole_share_ + switch_share_) return switch_member();
    if (program_.soft_rows() && (random_.next() >> 63)) return exchange();
    return flip();
  }

  void change(int i, int64_t step) { changes_[count_++] = {i, step}; }
  bool is_changed(int i) const {
    for (int q = 0; q < count_; q++)
      if (changes_[q].variable == i) return true;
    return false;
  }

  bool flip() {
    if (free_.empty()) return false;
    const int i = free_[random_.below(free_.size())];
    if (state_.value(i)) {
      change(i, -1);
      return true;
    }
    return set(i);
  }

  // One bit off, one on.
  bool exchange() {
    const std::vector<int>&on = state_.sides.on(), &off = state_.sides.off();
    if (on.empty() || off.empty()) return false;
    const int i = on[random_.below(on.size())], j = off[random_.below(off.size())];
    if (program_.group[i] >= 0 || program_.group[j] >= 0) return false;
    change(i, -1);
    return set(j);
  }

  // Two items of two sacks change places.
  bool trade() {
    const std::vector<int>& on = state_.sides.on();
    if (on.size() < 2) return false;
    const int i = on[random_.below(on.size())], j = on[random_.below(on.size())];
    const int p = program_.item[i], q = program_.item[j];
    if (p < 0 || q < 0 || p == q || program_.sack[i] == program_.sack[j]) return false;
    const int k = program_.cell[size_t(p) * program_.sacks + program_.sack[j]];
    const int l = program_.cell[size_t(q) * program_.sacks + program_.sack[i]];
    if (k < 0 || l < 0) return false;
    change(i, -1), change(j, -1), change(k, 1), change(l, 1);
    return true;
  }

  // The member of a one-hot group gives way to another; in a square, two groups exchange their members' columns.
  bool switch_member() {
    const int j = grouped_[random_.below(grouped_.size())];
    if (state_.value(j)) return false;
    const int i = state_.holder(program_.group[j]);
    if (i < 0) return set(j);
    change(i, -1);
    if (program_.square_of[j] < 0) return set(j);
    const int other = state_.square_holder(program_.square_of[j]);
    if (other < 0 || program_.square_of[i] < 0) return set(j);
    change(j, 1);
    change(other, -1);
    const int back = in_square(program_.group[other], program_.square_of[i]);
    if (back < 0) return false;
    change(back, 1);
    return !state_.tight(j) && !state_.tight(back);
  }

  int in_square(int group, int square) const {
    for (int i : members_[group])
      if (program_.square_of[i] == square) return i;
    return -1;
  }

  bool step_whole() {
    const int i = whole_[random_.below(whole_.size())];
    if (!add_step(i)) return false;
    if (random_.next() >> 63) {  // with another variable in exchange
      const int j = whole_[random_.below(whole_.size())];
      if (j != i && !add_step(j)) return false;
    }
    return true;
  }

  bool add_step(int i) {
    const int64_t range = program_.upper[i] - program_.lower[i];
    if (range <= short_range && random_.below(4) == 0) {  // any other value
      int64_t then = program_.lower[i] + random_.below(uint32_t(range));
      then += then >= state_.value(i);
      change(i, then - state_.value(i));
      return true;
    }
    int64_t size = 1;
    while (2 * size <= range && (random_.next() >> 63)) size *= 2;
    const int64_t step = random_.next() >> 63 ? size : -size, then = state_.value(i) + step;
    if (then < program_.lower[i] || then > program_.upper[i]) return false;
    change(i, step);
    return true;
  }

  // Sets a bit; set ones in conflict with it go, and a one-hot group that lost its member gets another.
  bool set(int j) {
    change(j, 1);
    if (!state_.tight(j)) return true;
    if (state_.tight(j) > most_ejected) return false;
    const int first = count_;
    for (int64_t e = program_.conflicts.begin(j); e < program_.conflicts.end(j); e++) {
      const int u = program_.conflicts.index[e];
      if (!state_.value(u) || is_changed(u)) continue;
      if (count_ == most_changes) return false;
      change(u, -1);
    }
    const int last = count_, left = count_ > 0 && changes_[0].step < 0 ? changes_[0].variable : -1;
    for (int q = first; q < last; q++)
      if (program_.group[changes_[q].variable] >= 0 && !refill(changes_[q].variable, left)) return false;
    return true;
  }

  // Another member for the group of a bit that goes: one that the bit `left` kept out, or any.
  bool refill(int gone, int left) {
    const int group = program_.group[gone];
    int found = -1, seen = 0;
    if (left >= 0)
      for (int64_t e = program_.conflicts.begin(left); e < program_.conflicts.end(left); e++) {
        const int v = program_.conflicts.index[e];
        if (program_.group[v] == group && v != gone && random_.below(++seen) == 0) found = v;
      }
    if (found < 0) found = members_[group][random_.below(members_[group].size())];
    if (found == gone || is_changed(found) || count_ == most_changes) return false;
    if (!is_allowed(found)) return false;
    change(found, 1);
    return true;
  }

  // Whether a bit has no conflict with what will be set.
  bool is_allowed(int v) const {
    int against = state_.tight(v);
    for (int64_t e = program_.conflicts.begin(v); e < program_.conflicts.end(v); e++)
      for (int q = 0; q < count_; q++)
        if (changes_[q].variable == program_.conflicts.index[e]) {
          if (changes_[q].step > 0) return false;
          against--;
        }
    return against == 0;
  }

  // ---- starts and weights ------------------------------------------------------------------------------------------

  bool fill_groups() {
    std::vector<int> order(program_.groups);
    std::iota(order.begin(), order.end(), 0);
    for (int k = program_.groups - 1; k > 0; k--) std::swap(order[k], order[random_.below(k + 1)]);
    bool complete = true;
    for (int group : order) {
      int found = -1, seen = 0;
      for (int i : members_[group]) {
        const bool taken = program_.square_of[i] >= 0 && state_.square_holder(program_.square_of[i]) >= 0;
        if (!state_.tight(i) && !taken && random_.below(++seen) == 0) found = i;
      }
      if (found >= 0)
        state_.apply({found, 1});
      else
        complete = false;
    }
    return complete;
  }

  // Bits in random order, each by a throw, where no row is broken that was not.
  void fill_free() {
    std::vector<int> order = free_;
    for (int k = int(order.size()) - 1; k > 0; k--) std::swap(order[k], order[random_.below(k + 1)]);
    for (int i : order) {
      if (state_.tight(i) || (random_.next() >> 63)) continue;
      bool fits = true;
      for (int64_t e = program_.columns.begin(i); e < program_.columns.end(i) && fits; e++) {
        const int k = program_.columns.index[e];
        fits = !(state_.row_violation(k) == 0 && state_.breaks(k, program_.columns.value[e]));
      }
      if (fits) state_.apply({i, 1});
    }
  }

  void start_weights() {
    double total = 0;
    int costly = 0;
    for (int i = 0; i < program_.n; i++) {
      double own = std::fabs(program_.c[i]) + std::fabs(program_.square[i]);
      for (int64_t e = program_.products.begin(i); e < program_.products.end(i); e++)
        own += 0.5 * std::fabs(program_.products.value[e]);
      total += own;
      costly += own > 0;
    }
    typical_ = costly ? total / costly : 1.0;
    for (int k = 0; k < program_.soft_rows(); k++) first_weight_.push_back(typical_ / program_.row_scale[k]);
    start_weight_ = first_weight_;
  }

  static constexpr int most_changes = 32;

  Program program_;
  State state_;
  std::vector<int> grouped_, free_, whole_;
  std::vector<std::vector<int>> members_;
  std::vector<double> first_weight_, start_weight_;
  Change changes_[most_changes + 4];
  int count_ = 0;
  double typical_ = 1, switch_share_ = 0, whole_share_ = 0;
};

}  // namespace
