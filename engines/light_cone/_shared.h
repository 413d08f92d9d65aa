// Rows of one network one after another, for networks with large tensors: a step whose numbers are those of the row
// before keeps its result, and its slopes are added up over rows until it changes. Rows should be sorted so that the
// numbers of the costliest steps change least.
//
// A tensor is stored in blocks of eight numbers next to each other in its index.
#pragma once

#include "_network.h"

namespace qopt::light_cone {
namespace {  // of one instruction set

constexpr int LOW = 3;  // bits of an index inside a block
using Block = Complex<LANES>;

// How a step reads one of its inputs: all eight numbers of a block, one of them for all, or some in another order.
struct Reading {
  size_t offset = 0;
  const uint32_t* table = nullptr;
  int kept_low = 0;  // how many of the three lowest variables of the union the input has
  uint32_t lanes[LANES] = {};
};

struct SharedRun {
  const Network& net;
  const Rows& rows;
  std::vector<size_t> offsets;
  std::vector<Block> tensors, slopes, before;
  std::vector<Reading> inputs;
  std::vector<char> is_changed, is_touched;
  Maps maps;

  SharedRun(const Network& n, const Rows& r) : net(n), rows(r) {
    size_t at = 0;
    for (size_t k = 0; k < net.num_factors + net.num_steps; ++k) {
      offsets.push_back(at);
      const size_t size = net.offsets[k + 1] - net.offsets[k];
      at += (size + LANES - 1) / LANES;
    }
    tensors.resize(at), slopes.resize(rows.gradient ? at : 0), before.resize(net.most_inputs + 1);
    inputs.resize(net.most_inputs);
    is_changed.assign(offsets.size(), 1), is_touched.assign(offsets.size(), 0);
  }

  size_t blocks(size_t tensor) const { return (net.offsets[tensor + 1] - net.offsets[tensor] + LANES - 1) / LANES; }

  void read(size_t first, size_t count, int bits) {
    maps.fill(net.masks + first, count, bits);
    const size_t rows_of_table = (size_t(1) << maps.low_bits) + (size_t(1) << (bits - maps.low_bits));
    for (size_t i = 0; i < count; ++i) {
      const int64_t mask = net.masks[first + i] & ((1 << LOW) - 1);
      inputs[i].offset = offsets[size_t(net.inputs[first + i])];
      inputs[i].table = maps.table.data() + i * rows_of_table;
      inputs[i].kept_low = int((mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1));
      for (size_t l = 0; l < size_t(LANES); ++l) inputs[i].lanes[l] = Maps::pressed(l, mask, LOW);
    }
  }
  INLINE size_t place(const Reading& input, size_t u) const {
    const size_t low = size_t(1) << maps.low_bits;
    return input.table[u & (low - 1)] + input.table[low + (u >> maps.low_bits)];
  }
  INLINE void load(Block& out, const Reading& input, size_t u) const {
    const size_t at = place(input, u), lane = at % LANES;
    const Block& from = tensors[input.offset + at / LANES];
    if (input.kept_low == LOW) {
      out = from;
    } else if (input.kept_low == 0) {
      for (int l = 0; l < LANES; ++l) out.re[l] = from.re[lane], out.im[l] = from.im[lane];
    } else {
      for (int l = 0; l < LANES; ++l) {
        out.re[l] = from.re[lane + input.lanes[l]], out.im[l] = from.im[lane + input.lanes[l]];
      }
    }
  }
  INLINE void add_slope(const Reading& input, size_t u, const Block& slope) {
    const size_t at = place(input, u), lane = at % LANES;
    Block& to = slopes[input.offset + at / LANES];
    if (input.kept_low == LOW) {
      add<LANES>(to, slope);
    } else if (input.kept_low == 0) {
      double re = 0.0, im = 0.0;
      for (int l = 0; l < LANES; ++l) re += slope.re[l], im += slope.im[l];
      to.re[lane] += re, to.im[lane] += im;
    } else {
      for (int l = 0; l < LANES; ++l) {
        to.re[lane + input.lanes[l]] += slope.re[l], to.im[lane + input.lanes[l]] += slope.im[l];
      }
    }
  }
  INLINE void product(Block& out, size_t count, size_t u) const {
    load(out, inputs[0], u);
    for (size_t i = 1; i < count; ++i) {
      Block next;
      load(next, inputs[i], u);
      times<LANES>(out, out, next);
    }
  }

  INLINE void forward(size_t step) {
    const size_t first = size_t(net.starts[step]), count = size_t(net.starts[step + 1]) - first;
    const int bits = int(net.widths[step]) + 1;
    read(first, count, bits);
    Block* out = tensors.data() + offsets[net.num_factors + step];
    const size_t half = size_t(1) << (bits - 1);
    if (bits > LOW) {
      for (size_t u = 0; u < half; u += LANES) {
        Block one;
        product(out[u / LANES], count, u);
        product(one, count, u + half);
        add<LANES>(out[u / LANES], one);
      }
      return;
    }
    Block all;  // the union is one block; numbers past its end are read and left
    product(all, count, 0);
    for (size_t u = 0; u < half; ++u) {
      out[0].re[u] = all.re[u] + all.re[u + half], out[0].im[u] = all.im[u] + all.im[u + half];
    }
  }

  INLINE void backward_block(size_t count, size_t u, const Block& above) {
    before[0] = above;
    Block next, after, mixed;
    for (size_t i = 0; i + 1 < count; ++i) {
      load(next, inputs[i], u);
      times<LANES>(before[i + 1], before[i], next);
    }
    for (size_t i = count; i-- > 0;) {
      if (i + 1 == count) {
        add_slope(inputs[i], u, before[i]);
        if (i) load(after, inputs[i], u);
      } else {
        times<LANES>(mixed, before[i], after);
        add_slope(inputs[i], u, mixed);
        if (i) load(next, inputs[i], u), times<LANES>(after, after, next);
      }
    }
  }

  INLINE void backward(size_t step) {
    const size_t first = size_t(net.starts[step]), count = size_t(net.starts[step + 1]) - first;
    const int bits = int(net.widths[step]) + 1;
    read(first, count, bits);
    for (size_t i = 0; i < count; ++i) is_touched[size_t(net.inputs[first + i])] = 1;
    const Block* above = slopes.data() + offsets[net.num_factors + step];
    const size_t half = size_t(1) << (bits - 1);
    if (bits > LOW) {
      for (size_t u = 0; u < 2 * half; u += LANES) backward_block(count, u, above[(u & (half - 1)) / LANES]);
      return;
    }
    Block both{};  // slope 0 past the union's end
    for (size_t u = 0; u < 2 * half; ++u) both.re[u] = above->re[u & (half - 1)], both.im[u] = above->im[u & (half - 1)];
    backward_block(count, 0, both);
  }

  void mark_changes(size_t row) {
    for (size_t k = 0; k < net.num_factors; ++k) {
      const Factor& f = net.factors[k];
      is_changed[k] = rows.coefficient(f, row) != rows.coefficient(f, row - 1);
    }
    for (size_t step = 0; step < net.num_steps; ++step) {
      char any = 0;
      for (int64_t i = net.starts[step]; i < net.starts[step + 1]; ++i) any |= is_changed[size_t(net.inputs[i])];
      is_changed[net.num_factors + step] = any;
    }
  }

  // Slopes of what changes go to what it was made from, and to the gradient.
  INLINE void flush(size_t row) {
    for (size_t k = is_changed.size(); k-- > 0;) {
      if (!is_changed[k] || !is_touched[k]) continue;
      if (k >= net.num_factors) {
        backward(k - net.num_factors);
      } else {
        Complex<1> values[4], of[4];
        for (int e = 0; e < net.factors[k].size(); ++e) {
          values[e] = {{tensors[offsets[k]].re[e]}, {tensors[offsets[k]].im[e]}};
          of[e] = {{slopes[offsets[k]].re[e]}, {slopes[offsets[k]].im[e]}};
        }
        collect(net.factors[k], rows, rows.coefficient(net.factors[k], row), values, of);
      }
      std::fill_n(slopes.begin() + ptrdiff_t(offsets[k]), blocks(k), Block{});
      is_touched[k] = 0;
    }
  }

  INLINE void renew(size_t row) {
    for (size_t k = 0; k < net.num_factors; ++k) {
      if (!is_changed[k]) continue;
      Complex<1> entry[4];
      entries(net.factors[k], rows, rows.coefficient(net.factors[k], row), entry);
      for (int e = 0; e < net.factors[k].size(); ++e)
        tensors[offsets[k]].re[e] = entry[e].re[0], tensors[offsets[k]].im[e] = entry[e].im[0];
    }
    for (size_t step = 0; step < net.num_steps; ++step)
      if (is_changed[net.num_factors + step]) forward(step);
  }

  Complex<1> end(size_t k) const {
    const Block& block = tensors[offsets[size_t(net.ends[k])]];
    return {{block.re[0]}, {block.im[0]}};
  }

  void seed(size_t row) {
    for (size_t k = 0; k < net.num_ends; ++k) {
      Complex<1> others{{rows.scale * rows.weights[row]}, {0.0}};
      for (size_t j = 0; j < net.num_ends; ++j)
        if (j != k) times<1>(others, others, end(j));
      Block& to = slopes[offsets[size_t(net.ends[k])]];
      to.re[0] += others.re[0], to.im[0] += others.im[0];
      is_touched[size_t(net.ends[k])] = 1;
    }
  }
};

INLINE void evaluate_shared(const Network& net, const Rows& rows) {
  SharedRun run(net, rows);
  for (size_t row = 0; row < rows.num_rows; ++row) {
    if (row) {
      run.mark_changes(row);
      if (rows.gradient) run.flush(row - 1);
    }
    run.renew(row);
    Complex<1> value{{rows.scale}, {0.0}};
    for (size_t k = 0; k < net.num_ends; ++k) times<1>(value, value, run.end(k));
    rows.values[row] = value.re[0];
    if (rows.gradient && rows.weights[row] != 0.0) run.seed(row);
  }
  if (!rows.gradient || !rows.num_rows) return;
  std::fill(run.is_changed.begin(), run.is_changed.end(), 1);
  run.flush(rows.num_rows - 1);
}

}  // namespace
}  // namespace qopt::light_cone
