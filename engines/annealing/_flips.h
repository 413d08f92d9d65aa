// Polynomials over spins under single flips: the change of each flip, and what a flip does to it.
//
// Terms keeps the change of every flip: a flip costs the factors of the terms it stands in. Labs keeps the
// autocorrelations: a change costs O(N), a flip too (Gallardo, Cotta, Fernandez 2009, doi:10.1016/j.asoc.2009.03.005).
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

class Terms {
 public:
  Terms(size_t n, std::vector<int64_t> indptr, std::vector<int64_t> indices, std::vector<double> coefficients, double offset)
      : n_(n), offset_(offset), indptr_(std::move(indptr)), indices_(std::move(indices)), coefficients_(std::move(coefficients)),
        spins_(n, 1), products_(coefficients_.size(), 1), changes_(n, 0.0) {
    std::vector<size_t> count(n + 1, 0);
    for (int64_t i : indices_) count[size_t(i) + 1]++;
    for (size_t i = 0; i < n; i++) count[i + 1] += count[i];
    first_ = count;
    holders_.resize(indices_.size());
    for (size_t t = 0; t < coefficients_.size(); t++)
      for (int64_t k = indptr_[t]; k < indptr_[t + 1]; k++) holders_[count[size_t(indices_[size_t(k)])]++] = t;
  }

  size_t size() const { return n_; }
  double energy() const { return energy_; }
  double change(size_t i) const { return changes_[i]; }
  int8_t spin(size_t i) const { return spins_[i]; }

  void set(const int8_t* spins) {
    energy_ = offset_;
    for (size_t i = 0; i < n_; i++) spins_[i] = spins[i], changes_[i] = 0.0;
    for (size_t t = 0; t < coefficients_.size(); t++) {
      int8_t product = 1;
      for (int64_t k = indptr_[t]; k < indptr_[t + 1]; k++) product = int8_t(product * spins[indices_[size_t(k)]]);
      products_[t] = product;
      const double value = coefficients_[t] * product;
      energy_ += value;
      for (int64_t k = indptr_[t]; k < indptr_[t + 1]; k++) changes_[size_t(indices_[size_t(k)])] -= 2.0 * value;
    }
  }
  void flip(size_t i) {
    energy_ += changes_[i];
    const double own = changes_[i];
    spins_[i] = int8_t(-spins_[i]);
    for (size_t h = first_[i]; h < first_[i + 1]; h++) {
      const size_t t = holders_[h];
      const double step = 4.0 * coefficients_[t] * products_[t];
      products_[t] = int8_t(-products_[t]);
      for (int64_t k = indptr_[t]; k < indptr_[t + 1]; k++) changes_[size_t(indices_[size_t(k)])] += step;
    }
    changes_[i] = -own;
  }

 private:
  size_t n_;
  double offset_, energy_ = 0.0;
  std::vector<int64_t> indptr_, indices_;
  std::vector<double> coefficients_;
  std::vector<int8_t> spins_, products_;
  std::vector<double> changes_;
  std::vector<size_t> first_, holders_;
};

class Labs {
 public:
  explicit Labs(size_t n) : n_(n), ahead_(2 * n, 0), behind_(2 * n, 0), sums_(n + 1, 0) {}

  size_t size() const { return n_; }
  double energy() const { return double(energy_); }
  int8_t spin(size_t i) const { return int8_t(ahead_[i]); }

  // C_k falls by 2 s_i (s_(i-k) + s_(i+k)); beyond the ends the spins are 0.
  double change(size_t i) const {
    const int32_t* forth = ahead_.data() + i;
    const int32_t* back = behind_.data() + (n_ - 1 - i);
    const int32_t twice = -2 * ahead_[i];
    int32_t total = 0;
    for (size_t k = 1; k < n_; k++) {
      const int32_t step = twice * (forth[k] + back[k]);
      total += step * (2 * sums_[k] + step);
    }
    return double(total);
  }
  void set(const int8_t* spins) {
    for (size_t i = 0; i < n_; i++) ahead_[i] = spins[i], behind_[n_ - 1 - i] = spins[i];
    energy_ = 0;
    for (size_t k = 1; k < n_; k++) {
      int32_t sum = 0;
      for (size_t i = 0; i + k < n_; i++) sum += ahead_[i] * ahead_[i + k];
      sums_[k] = sum;
      energy_ += int64_t(sum) * sum;
    }
  }
  void flip(size_t i) {
    energy_ += int64_t(change(i));
    const int32_t* forth = ahead_.data() + i;
    const int32_t* back = behind_.data() + (n_ - 1 - i);
    const int32_t twice = -2 * ahead_[i];
    for (size_t k = 1; k < n_; k++) sums_[k] += twice * (forth[k] + back[k]);
    ahead_[i] = behind_[n_ - 1 - i] = -ahead_[i];
  }

 private:
  size_t n_;
  int64_t energy_ = 0;
  std::vector<int32_t> ahead_, behind_, sums_;  // spins forwards and backwards, each followed by zeros
};

}  // namespace
