// Permutations: n = N * N bits in N rows and N columns of which one is set each; a move exchanges two columns.
//
// The field g_u = c_u + sum over the set bits w of Q_uw makes the change of an exchange four look-ups and two products'
// weights, whatever N. An accepted one adds four rows of Q to the field.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

#include "_walk.h"

namespace {

// Products between bits that share a row or column are never both set, and must have been left out.
template <class V> class PermutationWalk final : public Walk {
 public:
  explicit PermutationWalk(qopt::annealing::Cells<V> cells)
      : side_(cells.side), bits_(size_t(cells.side) * cells.side), c_(std::move(cells.costs)), offset_(cells.offset),
        ptr_(std::move(cells.ptr)), col_(std::move(cells.col)), weight_(std::move(cells.weight)), place_(side_), g_(bits_) {
    dense_update_ = weight_.size() * 4 > bits_ * bits_;
    if (bits_ * bits_ * sizeof(V) <= most_bytes) {
      matrix_.assign(bits_ * bits_, V(0));
      for (size_t u = 0; u < bits_; u++)
        for (int64_t e = ptr_[u]; e < ptr_[u + 1]; e++) matrix_[u * bits_ + col_[e]] = weight_[e];
    } else {
      dense_update_ = false;
    }
  }

  size_t size() const override { return bits_; }
  void point(int64_t* x) const override {
    std::fill(x, x + bits_, 0);
    for (int a = 0; a < side_; a++) x[a * side_ + place_[a]] = 1;
  }

  void descend() override {
    for (bool improved = true; improved;) {
      improved = false;
      for (int a = 0; a < side_; a++)
        for (int b = a + 1; b < side_; b++) {
          const double d = change(a, b);
          if (d >= -rounding) continue;
          exchange(a, b, d);
          improved = true;
        }
    }
    note(0);
  }

 protected:
  void draw() override {
    std::iota(place_.begin(), place_.end(), 0);
    for (int a = side_ - 1; a > 0; a--) std::swap(place_[a], place_[random_.below(a + 1)]);
    g_ = c_;
    for (int a = 0; a < side_; a++) add(size_t(a) * side_ + place_[a], V(1));
    cost_ = offset_;
    for (int a = 0; a < side_; a++) {
      const size_t u = size_t(a) * side_ + place_[a];
      cost_ += 0.5 * (double(c_[u]) + double(g_[u]));
    }
  }

  uint64_t stride() const override { return 16 * uint64_t(side_); }

  void propose(double t) override {
    if (side_ < 2) return;
    const int a = random_.below(side_);
    int b = random_.below(side_ - 1);
    b += b >= a;
    const double d = change(a, b);
    if (!accepts(d, t)) return;
    exchange(a, b, d);
    accepted_++;
    note(t);
  }

 private:
  static constexpr size_t most_bytes = size_t(1) << 28;

  V product(size_t u, size_t w) const {
    if (!matrix_.empty()) return matrix_[u * bits_ + w];
    const auto first = col_.begin() + ptr_[u], last = col_.begin() + ptr_[u + 1];
    const auto at = std::lower_bound(first, last, int32_t(w));
    return at != last && *at == int32_t(w) ? weight_[at - col_.begin()] : V(0);
  }

  double change(int a, int b) const {
    const size_t off_a = size_t(a) * side_ + place_[a], off_b = size_t(b) * side_ + place_[b];
    const size_t on_a = size_t(a) * side_ + place_[b], on_b = size_t(b) * side_ + place_[a];
    return double(g_[on_a]) + double(g_[on_b]) - double(g_[off_a]) - double(g_[off_b]) + double(product(off_a, off_b)) +
           double(product(on_a, on_b));
  }

  void add(size_t u, V sign) {
    for (int64_t e = ptr_[u]; e < ptr_[u + 1]; e++) g_[col_[e]] += sign * weight_[e];
  }

  void exchange(int a, int b, double d) {
    const size_t off_a = size_t(a) * side_ + place_[a], off_b = size_t(b) * side_ + place_[b];
    const size_t on_a = size_t(a) * side_ + place_[b], on_b = size_t(b) * side_ + place_[a];
    std::swap(place_[a], place_[b]);
    cost_ += d;
    if (!dense_update_) {
      add(off_a, V(-1)), add(off_b, V(-1)), add(on_a, V(1)), add(on_b, V(1));
      return;
    }
    const V *less_a = &matrix_[off_a * bits_], *less_b = &matrix_[off_b * bits_];
    const V *more_a = &matrix_[on_a * bits_], *more_b = &matrix_[on_b * bits_];
    V* g = g_.data();
    for (size_t k = 0; k < bits_; k++) g[k] += more_a[k] + more_b[k] - less_a[k] - less_b[k];
  }

  int side_;
  size_t bits_;
  std::vector<V> c_;
  double offset_;
  std::vector<int64_t> ptr_;
  std::vector<int32_t> col_;
  std::vector<V> weight_;
  std::vector<int32_t> place_;
  std::vector<V> g_;
  std::vector<V> matrix_;
  bool dense_update_;
};

// The same where Q is a product of two matrices: cost = sum_ab C_a,p(a) + sum_{a,b} F_ab D_p(a),p(b). A change takes
// O(N), the memory is three N * N matrices. Diagonals of F and D are zero.
class ProductWalk final : public Walk {
 public:
  explicit ProductWalk(qopt::annealing::Factors factors)
      : side_(factors.side), c_(std::move(factors.costs)), offset_(factors.offset), flow_(std::move(factors.flow)),
        distance_(std::move(factors.distance)), flow_back_(transposed(flow_)), distance_back_(transposed(distance_)), place_(side_) {
    symmetric_ = flow_ == flow_back_ && distance_ == distance_back_;
  }

  size_t size() const override { return size_t(side_) * side_; }
  void point(int64_t* x) const override {
    std::fill(x, x + size(), 0);
    for (int a = 0; a < side_; a++) x[a * side_ + place_[a]] = 1;
  }

  void descend() override {
    for (bool improved = true; improved;) {
      improved = false;
      for (int a = 0; a < side_; a++)
        for (int b = a + 1; b < side_; b++) {
          const double d = change(a, b);
          if (d >= -rounding) continue;
          std::swap(place_[a], place_[b]);
          cost_ += d;
          improved = true;
        }
    }
    note(0);
  }

 protected:
  void draw() override {
    std::iota(place_.begin(), place_.end(), 0);
    for (int a = side_ - 1; a > 0; a--) std::swap(place_[a], place_[random_.below(a + 1)]);
    cost_ = offset_;
    for (int a = 0; a < side_; a++) {
      cost_ += (c_[a * side_ + place_[a]]);
      for (int b = 0; b < side_; b++) cost_ += (flow_[a * side_ + b]) * (distance_[place_[a] * side_ + place_[b]]);
    }
  }

  uint64_t stride() const override { return 16 * uint64_t(side_); }

  void propose(double t) override {
    if (side_ < 2) return;
    const int a = random_.below(side_);
    int b = random_.below(side_ - 1);
    b += b >= a;
    const double d = change(a, b);
    if (!accepts(d, t)) return;
    std::swap(place_[a], place_[b]);
    cost_ += d;
    accepted_++;
    note(t);
  }

 private:
  std::vector<double> transposed(const std::vector<double>& m) const {
    std::vector<double> out(m.size());
    for (int i = 0; i < side_; i++)
      for (int j = 0; j < side_; j++) out[j * side_ + i] = m[i * side_ + j];
    return out;
  }

  // Sum over the other objects k of (F_bk - F_ak) (D_p(a),p(k) - D_p(b),p(k)).
  double one_way(const std::vector<double>& flow, const std::vector<double>& distance, int a, int b) const {
    const double *fa = &flow[size_t(a) * side_], *fb = &flow[size_t(b) * side_];
    const double *da = &distance[size_t(place_[a]) * side_], *db = &distance[size_t(place_[b]) * side_];
    double sum = 0;
    for (int k = 0; k < side_; k++) sum += (fb[k] - fa[k]) * (da[place_[k]] - db[place_[k]]);
    for (int k : {a, b}) sum -= (fb[k] - fa[k]) * (da[place_[k]] - db[place_[k]]);
    return sum;
  }

  double change(int a, int b) const {
    const int p = place_[a], q = place_[b];
    double d = one_way(flow_, distance_, a, b);
    d += symmetric_ ? d : one_way(flow_back_, distance_back_, a, b);
    d += (flow_[a * side_ + b] - flow_[b * side_ + a]) * (distance_[q * side_ + p] - distance_[p * side_ + q]);
    return d + (c_[a * side_ + q]) + (c_[b * side_ + p]) - (c_[a * side_ + p]) - (c_[b * side_ + q]);
  }

  int side_;
  std::vector<double> c_;
  double offset_;
  std::vector<double> flow_, distance_, flow_back_, distance_back_;
  std::vector<int32_t> place_;
  bool symmetric_;
};

}  // namespace
