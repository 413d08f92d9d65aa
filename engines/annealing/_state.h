// The state of the general walk: values, fields, activities, and what a set of changes would do to cost and rows.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "_program.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace {

using qopt::annealing::Change;
using qopt::annealing::Program;

// Bits by value, for uniform draws.
class Sides {
 public:
  void reset(int n) {
    where_.assign(n, -1);
    side_[0].clear(), side_[1].clear();
  }
  void insert(int i, bool on) {
    where_[i] = int(side_[on].size());
    side_[on].push_back(i);
  }
  void move(int i, bool on) {
    std::vector<int>& from = side_[!on];
    from[where_[i]] = from.back();
    where_[from.back()] = where_[i];
    from.pop_back();
    insert(i, on);
  }
  const std::vector<int>& on() const { return side_[1]; }
  const std::vector<int>& off() const { return side_[0]; }

 private:
  std::vector<int> side_[2], where_;
};

class State {
 public:
  explicit State(const Program& program)
      : program_(program), x_(program.n), g_(program.n), tight_(program.n), activity_(program.soft_rows()),
        weight_(program.soft_rows()), gain_(program.soft_rows()), marked_(program.soft_rows()) {
    const double entries = double(program.columns.index.size());
    dense_ = program.soft_rows() > 0 && program.soft_rows() <= 128 && entries > 0.5 * program.n * program.soft_rows();
    if (dense_) {
      groups_of_four_ = (program.soft_rows() + 3) / 4;
      table_.assign(size_t(program.n) * 4 * groups_of_four_, 0.0);
      for (int i = 0; i < program.n; i++)
        for (int64_t e = program.columns.begin(i); e < program.columns.end(i); e++)
          table_[size_t(i) * 4 * groups_of_four_ + program.columns.index[e]] = program.columns.value[e];
      // rows that fill the last four are never broken
      const size_t padded = 4 * groups_of_four_;
      const double infinity = std::numeric_limits<double>::infinity();
      padded_lower_ = program.row_lower, padded_lower_.resize(padded, -infinity);
      padded_upper_ = program.row_upper, padded_upper_.resize(padded, infinity);
      activity_.resize(padded, 0.0);
      weight_.resize(padded, 0.0);
    }
  }

  // All variables at their lower bound; no group has a member.
  void reset() {
    x_ = program_.lower;
    g_ = program_.c;
    cost = program_.offset;
    std::fill(tight_.begin(), tight_.end(), 0);
    std::fill(activity_.begin(), activity_.end(), 0.0);
    broken_ = 0;
    uncovered_ = program_.groups + program_.squares;
    holder_.assign(program_.groups, -1);
    square_holder_.assign(program_.squares, -1);
    sides.reset(program_.n);
    for (int i = 0; i < program_.n; i++)
      if (is_bit(i)) sides.insert(i, false);
    for (int k = 0; k < program_.soft_rows(); k++) broken_ += violation(k, 0.0) > 0;
    for (int i = 0; i < program_.n; i++)
      if (x_[i]) {
        const int64_t start = x_[i];
        x_[i] = 0;
        apply({i, start});
      }
  }

  bool is_bit(int i) const { return program_.lower[i] == 0 && program_.upper[i] == 1; }
  int64_t value(int i) const { return x_[i]; }
  const std::vector<int64_t>& values() const { return x_; }
  double field(int i) const { return g_[i]; }
  int tight(int i) const { return tight_[i]; }
  int holder(int group) const { return holder_[group]; }
  int square_holder(int square) const { return square_holder_[square]; }
  bool keeps_all_rows() const { return broken_ == 0 && uncovered_ == 0; }
  double weight(int row) const { return weight_[row]; }
  void set_weight(int row, double value) { weight_[row] = value; }
  double row_violation(int row) const { return violation(row, activity_[row]); }

  bool breaks(int row, double more) const { return violation(row, activity_[row] + more) > 0; }

  double cost_change(const Change* changes, int count) const {
    double d = 0;
    for (int q = 0; q < count; q++) {
      const auto [i, step] = changes[q];
      d += double(step) * g_[i] + program_.square[i] * double(step) * double(step);
    }
    if (program_.products.index.empty()) return d;
    for (int q = 1; q < count; q++)
      for (int p = 0; p < q; p++)
        d += double(changes[p].step) * double(changes[q].step) * product(changes[p].variable, changes[q].variable);
    return d;
  }

  // Change of the weighted violations of the soft rows.
  double penalty_change(const Change* changes, int count) {
    const int rows = program_.soft_rows();
    if (!rows) return 0;
    double d = 0;
    if (dense_ && count <= 2) return dense_change(changes[0], count == 2 ? changes[1] : Change{changes[0].variable, 0});
    touched_.clear();
    for (int q = 0; q < count; q++) {
      const int i = changes[q].variable;
      for (int64_t e = program_.columns.begin(i); e < program_.columns.end(i); e++) {
        const int k = program_.columns.index[e];
        if (!marked_[k]) marked_[k] = 1, gain_[k] = 0, touched_.push_back(k);
        gain_[k] += double(changes[q].step) * program_.columns.value[e];
      }
    }
    for (int k : touched_) {
      marked_[k] = 0;
      d += weight_[k] * (violation(k, activity_[k] + gain_[k]) - violation(k, activity_[k]));
    }
    return d;
  }

  void apply(Change change) {
    const auto [i, step] = change;
    cost += double(step) * g_[i] + program_.square[i] * double(step) * double(step);
    x_[i] += step;
    g_[i] += 2 * program_.square[i] * double(step);
    for (int64_t e = program_.products.begin(i); e < program_.products.end(i); e++)
      g_[program_.products.index[e]] += double(step) * program_.products.value[e];
    for (int64_t e = program_.columns.begin(i); e < program_.columns.end(i); e++) {
      const int k = program_.columns.index[e];
      const bool was = violation(k, activity_[k]) > 0;
      activity_[k] += double(step) * program_.columns.value[e];
      broken_ += (violation(k, activity_[k]) > 0) - was;
    }
    if (!is_bit(i)) return;
    const bool on = x_[i] != 0;
    sides.move(i, on);
    for (int64_t e = program_.conflicts.begin(i); e < program_.conflicts.end(i); e++)
      tight_[program_.conflicts.index[e]] += on ? 1 : -1;
    hold(holder_, program_.group[i], i, on);
    hold(square_holder_, program_.square_of[i], i, on);
  }

  double cost = 0;
  Sides sides;

 private:
  typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));

  double dense_change(Change first, Change second) const {
    const auto four = [](const double* at) { return reinterpret_cast<const Four*>(at); };
    const Four* a = four(&table_[size_t(first.variable) * 4 * groups_of_four_]);
    const Four* b = four(&table_[size_t(second.variable) * 4 * groups_of_four_]);
    const Four *lower = four(padded_lower_.data()), *upper = four(padded_upper_.data());
    const Four *activity = four(activity_.data()), *weight = four(weight_.data());
    const double s = double(first.step), t = double(second.step);
    Four sum{};
    for (int k = 0; k < groups_of_four_; k++) {
      const Four now = activity[k], then = now + s * a[k] + t * b[k];
      sum += weight[k] * (excess(then, lower[k], upper[k]) - excess(now, lower[k], upper[k]));
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
  static Four excess(Four activity, Four lower, Four upper) {
    const Four over = activity - upper, under = lower - activity;
    const Four most = over > under ? over : under;
    return most > 0 ? most : Four{};
  }
  static double excess(double activity, double lower, double upper) {
    const double over = activity - upper, under = lower - activity;
    const double most = over > under ? over : under;
    return most > 0 ? most : 0;
  }
  double violation(int k, double activity) const { return excess(activity, program_.row_lower[k], program_.row_upper[k]); }

  double product(int i, int j) const {
    const auto first = program_.products.index.begin() + program_.products.begin(i);
    const auto last = program_.products.index.begin() + program_.products.end(i);
    const auto at = std::lower_bound(first, last, j);
    return at != last && *at == j ? program_.products.value[at - program_.products.index.begin()] : 0.0;
  }

  void hold(std::vector<int>& holders, int group, int i, bool on) {
    if (group < 0) return;
    if (on) {
      uncovered_ -= holders[group] < 0;
      holders[group] = i;
    } else if (holders[group] == i) {
      holders[group] = -1;
      uncovered_++;
    }
  }

  const Program& program_;
  std::vector<int64_t> x_;
  std::vector<double> g_;
  std::vector<int> tight_;
  std::vector<double> activity_, weight_, gain_;
  std::vector<char> marked_;
  std::vector<int> touched_, holder_, square_holder_;
  std::vector<double> table_, padded_lower_, padded_upper_;
  int groups_of_four_ = 0;
  int broken_ = 0, uncovered_ = 0;
  bool dense_ = false;
};

}  // namespace
