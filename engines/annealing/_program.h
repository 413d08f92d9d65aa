// A quadratic program in whole variables, as the general walk reads it.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace qopt::annealing {

// One variable's new value less its old one.
struct Change {
  int variable;
  int64_t step;
};

// Rows of entries, one after the other.
struct Sparse {
  std::vector<int64_t> ptr;
  std::vector<int32_t> index;
  std::vector<double> value;

  int64_t begin(int row) const { return ptr[row]; }
  int64_t end(int row) const { return ptr[row + 1]; }
};

// minimise offset + c'x + sum_i q_ii x_i^2 + sum_{i<j} q_ij x_i x_j; rows 1-hot and packing are kept, soft ones are not.
struct Program {
  int n = 0;
  double offset = 0;
  std::vector<double> c, square;          // square: q_ii, zero for bits
  Sparse products;                        // each pair twice, columns rising
  std::vector<int64_t> lower, upper;      // bounds of the variables
  std::vector<int32_t> group, square_of;  // one-hot group of a bit, and of the second family that makes a square; -1: none
  int groups = 0, squares = 0;
  Sparse conflicts;                       // bits that may not be set together with a bit (kept packing rows)
  Sparse columns;                         // soft rows of a variable
  std::vector<double> row_lower, row_upper, row_scale;  // soft rows: bounds with their tolerance, mean coefficient
  std::vector<int32_t> item, sack;        // pack and only soft row of a bit where each pair is one bit at most; empty: no
  std::vector<int32_t> cell;              // bit of (item, sack), or -1
  int sacks = 0;

  int soft_rows() const { return int(row_lower.size()); }
};

}  // namespace qopt::annealing
