// What every constraint-keeping walk has in common: its random numbers, its temperature, and the best point of an anneal.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "_random.h"
#include "_walks.h"

namespace {

struct Random : Counter {
  double unit_interval() { return (double(next() >> 11) + 0.5) * (1.0 / 9007199254740992.0); }
  double exponential() { return -std::log(unit_interval()); }
};

// Improvements smaller than this are rounding, for data that are not whole numbers.
constexpr double rounding = 1e-9;

class Walk : public qopt::annealing::AnyWalk {
 public:
  void restart(uint64_t seed) final {
    random_ = Random{{seed}};
    draw();
    best_cost_ = std::numeric_limits<double>::infinity();
    note(std::numeric_limits<double>::infinity());
  }

  void anneal(double first, double last, uint64_t proposals) final {
    const uint64_t block = stride();
    for (uint64_t done = 0; done < proposals; done += block) {
      const double share = double(done) / double(proposals);
      const double t = first * std::pow(last / first, share);
      const uint64_t end = done + block < proposals ? done + block : proposals;
      begin_block(t);
      for (uint64_t k = done; k < end; k++) propose(t);
      proposals_ += end - done;
    }
  }

  std::vector<double> rises(uint64_t proposals) final {
    std::vector<double> found;
    rises_ = &found;
    for (uint64_t k = 0; k < proposals; k++) propose(1e-300);
    rises_ = nullptr;
    return found;
  }

  void descend() override {}
  void close(uint64_t) override {}
  void keep_weights() override {}

  double cost() const final { return cost_; }
  double best_cost() const final { return best_cost_; }
  const std::vector<int64_t>& best_point() const final { return best_point_; }
  double best_temperature() const final { return best_temperature_; }
  uint64_t proposals() const final { return proposals_; }
  uint64_t accepted() const final { return accepted_; }

 protected:
  virtual void draw() = 0;
  virtual void propose(double t) = 0;
  virtual void begin_block(double) {}
  virtual uint64_t stride() const = 0;  // proposals at one temperature
  virtual bool keeps_all_rows() const { return true; }

  bool accepts(double delta, double t) {
    if (rises_) {
      if (delta > rounding) rises_->push_back(delta);
      return delta <= 0;
    }
    return delta <= 0 || delta < t * random_.exponential();
  }

  // Called after each accepted move.
  void note(double t) {
    if (cost_ >= best_cost_ - rounding || !keeps_all_rows()) return;
    best_cost_ = cost_;
    best_temperature_ = t;
    best_point_.resize(size());
    point(best_point_.data());
  }

  Random random_{{0}};
  double cost_ = 0;
  uint64_t accepted_ = 0;

 private:
  double best_cost_ = std::numeric_limits<double>::infinity();
  double best_temperature_ = 0;
  std::vector<int64_t> best_point_;
  std::vector<double>* rises_ = nullptr;
  uint64_t proposals_ = 0;
};

}  // namespace
