// Chains: orders whose cost is a sum over neighbours, as tours are. Reversals and block moves change a few links only.
//
// cost = offset + sum_k M_(o_k, o_(k+1)) around a cycle; the node 0 stands first for ever, so that no move wraps round.
// An open chain has a node 0 of its own, whose links carry the costs of its ends.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

#include "_walk.h"

namespace {

class ChainWalk final : public Walk {
 public:
  explicit ChainWalk(qopt::annealing::Links links)
      : nodes_(links.nodes), links_(std::move(links.costs)), offset_(links.offset), order_(nodes_) {
    symmetric_ = true;
    for (int i = 0; i < nodes_; i++)
      for (int j = 0; j < i; j++) symmetric_ = symmetric_ && links_[size_t(i) * nodes_ + j] == links_[size_t(j) * nodes_ + i];
  }

  // The point is the order itself.
  size_t size() const override { return nodes_; }
  void point(int64_t* x) const override { std::copy(order_.begin(), order_.end(), x); }

 protected:
  void draw() override {
    std::iota(order_.begin(), order_.end(), 0);
    for (int k = nodes_ - 1; k > 1; k--) std::swap(order_[k], order_[1 + random_.below(k)]);
    cost_ = offset_;
    for (int k = 0; k < nodes_; k++) cost_ += link(at(k), at(k + 1));
  }

  uint64_t stride() const override { return 16 * uint64_t(nodes_); }

  void propose(double t) override {
    if (nodes_ < 3) return;
    if (!symmetric_)
      exchange_blocks(t);
    else if (random_.next() >> 63)
      reverse(t);
    else
      move_block(t);
  }

 private:
  int at(int k) const { return order_[k == nodes_ ? 0 : k]; }
  double link(int i, int j) const { return links_[size_t(i) * nodes_ + j]; }

  void take(double d, double t) {
    cost_ += d;
    accepted_++;
    note(t);
  }

  // The stretch i..j the other way round.
  void reverse(double t) {
    int i = 1 + random_.below(nodes_ - 1), j = 1 + random_.below(nodes_ - 1);
    if (i == j) return;
    if (i > j) std::swap(i, j);
    const int before = at(i - 1), first = at(i), last = at(j), after = at(j + 1);
    const double d = link(before, last) + link(first, after) - link(before, first) - link(last, after);
    if (!accepts(d, t)) return;
    std::reverse(order_.begin() + i, order_.begin() + j + 1);
    take(d, t);
  }

  // One to three nodes elsewhere, either way round.
  void move_block(double t) {
    const int longest = nodes_ - 2 < 3 ? nodes_ - 2 : 3;
    const int length = 1 + random_.below(longest);
    const int i = 1 + random_.below(nodes_ - length), j = i + length;  // the block is i .. j - 1
    int gap = random_.below(nodes_ - length);                         // put before the gap-th of the others, 1 is the first
    gap += 1;
    const bool turned = length > 1 && (random_.next() >> 63);
    if (gap == i && !turned) return;
    const int before = at(i - 1), first = at(i), last = at(j - 1), after = at(j);
    double d = -link(before, first) - link(last, after) + (gap == i ? 0 : link(before, after));
    const int target = gap < i ? gap : gap + length;  // in the present order: the block goes before this place
    const int left = gap == i ? before : at(target - 1), right = gap == i ? after : at(target);
    if (gap != i) d -= link(left, right);
    d += turned ? link(left, last) + link(first, right) : link(left, first) + link(last, right);
    if (!accepts(d, t)) return;
    const auto begin = order_.begin();
    if (turned) std::reverse(begin + i, begin + j);
    if (gap < i)
      std::rotate(begin + gap, begin + i, begin + j);
    else if (gap > i)
      std::rotate(begin + i, begin + j, begin + target);
    take(d, t);
  }

  // Two neighbouring blocks change places, each in its own direction: the only 3-opt move without a reversal.
  void exchange_blocks(double t) {
    const int longest = nodes_ - 2;
    const int most = longest < 50 ? longest : 50, few = longest < 3 ? longest : 3;
    int a = 1 + random_.below(few), b = 1 + random_.below(random_.next() >> 63 ? most : few);
    if (random_.next() >> 63) std::swap(a, b);
    if (a + b > nodes_ - 1) return;
    const int i = 1 + random_.below(nodes_ - 1);
    const int j = i + a, k = j + b;
    if (k > nodes_) return;
    const int before = at(i - 1), first = at(i), last = at(j - 1), second = at(j), end = at(k - 1), after = at(k);
    const double d = link(before, second) + link(end, first) + link(last, after) - link(before, first) - link(last, second) -
                     link(end, after);
    if (!accepts(d, t)) return;
    std::rotate(order_.begin() + i, order_.begin() + j, order_.begin() + k);
    take(d, t);
  }

  int nodes_;
  std::vector<double> links_;
  double offset_;
  std::vector<int32_t> order_;
  bool symmetric_;
};

}  // namespace
