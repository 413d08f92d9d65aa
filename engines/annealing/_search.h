// Searches by single flips that count every change they look at: tabu, memetic tabu, self-avoiding walk, annealing.
//
// Each has its twin in polynomial_reference.py, which takes the same random words and gives the same points.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_set>
#include <vector>

#include "_random.h"

namespace {

using Spins = std::vector<int8_t>;

class Search {
 public:
  virtual ~Search() = default;
  // Goes on until `evaluations` in all were made, or the target is reached; a tabu search, a walk or a sweep is not cut,
  // but by `limit`, which is never passed.
  virtual void advance(uint64_t evaluations, double target) = 0;
  uint64_t limit = std::numeric_limits<uint64_t>::max();
  double best_energy = std::numeric_limits<double>::infinity();
  Spins best;
  uint64_t evaluations = 0, searches = 0;
};

template <class Model> class Base : public Search {
 public:
  Base(Model model, uint64_t seed) : model_(std::move(model)), random_{seed} { best.assign(model_.size(), 1); }

 protected:
  void draw(Spins& spins) {
    for (auto& spin : spins) spin = random_.next() >> 63 ? int8_t(-1) : int8_t(1);
  }
  void keep() {
    if (model_.energy() < this->best_energy) {
      this->best_energy = model_.energy();
      for (size_t i = 0; i < model_.size(); i++) best[i] = model_.spin(i);
    }
  }
  void start(const Spins& spins) {
    model_.set(spins.data());
    this->evaluations++;
    keep();
  }
  bool goes_on(uint64_t evaluations, double target) const {
    return this->evaluations < evaluations && fits(1) && this->best_energy > target;
  }
  bool fits(uint64_t more) const { return this->limit - this->evaluations >= more; }
  // The best flip allowed, ties uniformly; n where none is.
  template <class Allowed> size_t best_flip(Allowed allowed) {
    const size_t n = model_.size();
    size_t found = n;
    uint32_t ties = 0;
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < n; i++) {
      const double change = model_.change(i);
      if (!allowed(i, change)) continue;
      if (change < least) least = change, found = i, ties = 1;
      else if (change == least && random_.below(++ties) == 0) found = i;
    }
    this->evaluations += n;
    return found;
  }
  // Tabu search from `spins`, which becomes the best point seen; M ~ U(n/2, 3n/2) moves, tenure M/10 + U(0, M/50).
  double tabu(Spins& spins) {
    const size_t n = model_.size();
    start(spins);
    double here = model_.energy();
    const size_t moves = n / 2 + random_.below(uint32_t(n + 1));
    const size_t least = moves / 10, more = moves / 50;
    std::vector<size_t> until(n, 0);
    for (size_t move = 1; move <= moves && fits(n); move++) {
      const double now = model_.energy();
      const size_t i = best_flip([&](size_t k, double change) { return until[k] < move || now + change < here; });
      if (i == n) continue;
      model_.flip(i);
      until[i] = move + least + (more ? random_.below(uint32_t(more + 1)) : 0);
      if (model_.energy() < here) {
        here = model_.energy();
        for (size_t k = 0; k < n; k++) spins[k] = model_.spin(k);
      }
      keep();
    }
    this->searches++;
    return here;
  }

  Model model_;
  Counter random_;
};

// Tabu searches from uniform points.
template <class Model> class Multistart : public Base<Model> {
 public:
  using Base<Model>::Base;
  void advance(uint64_t evaluations, double target) override {
    Spins spins(this->model_.size());
    while (this->goes_on(evaluations, target)) {
      this->draw(spins);
      this->tabu(spins);
    }
  }
};

template <class Model> class Memetic : public Base<Model> {
 public:
  Memetic(Model model, uint64_t seed, size_t population, double crossover)
      : Base<Model>(std::move(model), seed), size_(population), crossover_(uint64_t(crossover * 9007199254740992.0)) {}
  void advance(uint64_t evaluations, double target) override {
    const uint32_t n = uint32_t(this->model_.size());
    while (this->goes_on(evaluations, target)) {
      Spins child(n);
      if (people_.size() < size_) {
        this->draw(child);
        this->start(child);
        energies_.push_back(this->model_.energy());
        people_.push_back(child);
        continue;
      }
      child = people_[chosen()];
      if (this->random_.next() >> 11 < crossover_) {
        const Spins& other = people_[chosen()];
        for (auto i = 0u; i < n; i++)
          if (this->random_.next() >> 63) child[i] = other[i];
      }
      for (auto i = 0u; i < n; i++)
        if (this->random_.below(n) == 0) child[i] = int8_t(-child[i]);
      const double energy = this->tabu(child);
      const size_t out = this->random_.below(uint32_t(size_));
      people_[out] = child;
      energies_[out] = energy;
    }
  }

 private:
  size_t chosen() {  // the better of two
    const size_t a = this->random_.below(uint32_t(size_)), b = this->random_.below(uint32_t(size_));
    return energies_[b] < energies_[a] ? b : a;
  }
  size_t size_;
  uint64_t crossover_;
  std::vector<Spins> people_;
  std::vector<double> energies_;
};

// Walks from uniform points to the best neighbour that the walk has not been at.
template <class Model> class Avoiding : public Base<Model> {
 public:
  Avoiding(Model model, uint64_t seed, size_t length) : Base<Model>(std::move(model), seed), length_(length) {
    for (size_t i = 0; i < this->model_.size(); i++) words_.push_back(this->random_.next());
  }
  void advance(uint64_t evaluations, double target) override {
    const size_t n = this->model_.size();
    Spins spins(n);
    while (this->goes_on(evaluations, target)) {
      this->draw(spins);
      this->start(spins);
      uint64_t key = 0;
      for (size_t i = 0; i < n; i++)
        if (spins[i] < 0) key ^= words_[i];
      std::unordered_set<uint64_t> seen{key};
      for (size_t step = 0; step < length_ && this->fits(n); step++) {
        const size_t i = this->best_flip([&](size_t k, double) { return !seen.count(key ^ words_[k]); });
        if (i == n) break;
        this->model_.flip(i);
        seen.insert(key ^= words_[i]);
        this->keep();
        if (this->best_energy <= target) break;
      }
      this->searches++;
    }
  }

 private:
  size_t length_;
  std::vector<uint64_t> words_;  // of each spin: a point is known by the sum of those that are -1
};

// Metropolis sweeps in order, one inverse temperature each; after the last a new anneal begins.
template <class Model> class Annealer : public Base<Model> {
 public:
  Annealer(Model model, uint64_t seed, std::vector<double> betas) : Base<Model>(std::move(model), seed), betas_(std::move(betas)) {}
  void advance(uint64_t evaluations, double target) override {
    while (this->goes_on(evaluations, target)) {
      if (sweep_ == 0) {
        Spins spins(this->model_.size());
        this->draw(spins);
        this->start(spins);
      }
      if (!this->fits(this->model_.size())) {
        sweep_ = 0;
        continue;
      }
      sweep(betas_[sweep_]);
      if (++sweep_ == betas_.size()) sweep_ = 0, this->searches++;
    }
  }

 private:
  void sweep(double beta) {
    for (size_t i = 0; i < this->model_.size(); i++) {
      const double change = this->model_.change(i);
      if (change > 0.0) {
        const double u = double(this->random_.next() >> 11) * 0x1p-53;
        if (u >= std::exp(-beta * change)) continue;
      }
      this->model_.flip(i);
      this->keep();
    }
    this->evaluations += this->model_.size();
  }
  std::vector<double> betas_;
  size_t sweep_ = 0;
};

}  // namespace
