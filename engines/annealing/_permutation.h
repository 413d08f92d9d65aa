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
// O(N), the memory is a few N * N matrices. Diagonals of F and D are zero.
//
// The distances stand in the order of the present places, M_ab = D_p(a),p(b), so that a change reads rows and gathers
// nothing; an accepted one exchanges two rows and two columns of M. Rows are filled up with zeros to whole groups of
// lanes, and a sum is taken lane by lane, in one order on every processor.
class ProductWalk final : public Walk {
 public:
  explicit ProductWalk(qopt::annealing::Factors factors)
      : side_(factors.side), row_((size_t(factors.side) + lanes - 1) / lanes * lanes), c_(std::move(factors.costs)),
        offset_(factors.offset), distance_(std::move(factors.distance)), place_(side_) {
    const auto& flow = factors.flow;
    bool symmetric = true;
    for (int a = 0; a < side_; a++)
      for (int b = 0; b < a; b++)
        symmetric &= flow[a * side_ + b] == flow[b * side_ + a] && distance_[a * side_ + b] == distance_[b * side_ + a];
    there_ = Way(row_ * side_), back_ = Way(symmetric ? 0 : row_ * side_);
    symmetric_ = symmetric;
    for (int a = 0; a < side_; a++)
      for (int b = 0; b < side_; b++) {
        there_.flow[a * row_ + b] = flow[a * side_ + b];
        if (!symmetric_) back_.flow[b * row_ + a] = flow[a * side_ + b];
      }
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
    cost_ = offset_;
    for (int a = 0; a < side_; a++) {
      cost_ += c_[a * side_ + place_[a]];
      for (int b = 0; b < side_; b++) {
        const double moved = distance_[place_[a] * side_ + place_[b]];
        there_.moved[a * row_ + b] = moved;
        if (!symmetric_) back_.moved[b * row_ + a] = moved;
        cost_ += there_.flow[a * row_ + b] * moved;
      }
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
  static constexpr size_t lanes = 8;

  // F and M by rows of row_ numbers; or both transposed.
  struct Way {
    explicit Way(size_t size = 0) : flow(size, 0.0), moved(size, 0.0) {}
    std::vector<double> flow, moved;
  };

  // Sum over the other objects k of (F_bk - F_ak) (M_ak - M_bk).
  double one_way(const Way& way, int a, int b) const {
    const double *fa = &way.flow[a * row_], *fb = &way.flow[b * row_];
    const double *ma = &way.moved[a * row_], *mb = &way.moved[b * row_];
    double lane[lanes] = {};
    for (size_t k = 0; k < row_; k += lanes)
      for (size_t l = 0; l < lanes; l++) lane[l] += (fb[k + l] - fa[k + l]) * (ma[k + l] - mb[k + l]);
    double sum = 0;
    for (double part : lane) sum += part;
    for (int k : {a, b}) sum -= (fb[k] - fa[k]) * (ma[k] - mb[k]);
    return sum;
  }

  double change(int a, int b) const {
    const int p = place_[a], q = place_[b];
    double d = one_way(there_, a, b);
    d += symmetric_ ? d : one_way(back_, a, b);
    const size_t ab = a * row_ + b, ba = b * row_ + a;
    d += (there_.flow[ab] - there_.flow[ba]) * (there_.moved[ba] - there_.moved[ab]);
    return d + c_[a * side_ + q] + c_[b * side_ + p] - c_[a * side_ + p] - c_[b * side_ + q];
  }

  void exchange(int a, int b, double d) {
    std::swap(place_[a], place_[b]);
    cost_ += d;
    exchange_lines(there_.moved, a, b);
    if (!symmetric_) exchange_lines(back_.moved, a, b);
  }

  void exchange_lines(std::vector<double>& moved, int a, int b) const {
    std::swap_ranges(&moved[a * row_], &moved[a * row_] + row_, &moved[b * row_]);
    for (int k = 0; k < side_; k++) std::swap(moved[k * row_ + a], moved[k * row_ + b]);
  }

  int side_;
  size_t row_;  // numbers of a row, filled up
  std::vector<double> c_;
  double offset_;
  std::vector<double> distance_;
  Way there_, back_;  // back_ is empty where both matrices are symmetric
  std::vector<int32_t> place_;
  bool symmetric_ = true;
};

}  // namespace
