// Rows of one network eight at a time as lanes, for networks whose tensors fit in the cache.
//
// Each lane is a row of its own, so that a row's value does not depend on the others.
#pragma once

#include "_network.h"

namespace qopt::light_cone {
namespace {  // of one instruction set

INLINE void fill_lanes(const Factor& f, const Rows& rows, size_t row, size_t used, Complex<LANES>* to) {
  for (size_t l = 0; l < size_t(LANES); ++l) {
    Complex<1> entry[4];
    entries(f, rows, rows.coefficient(f, row + std::min(l, used - 1)), entry);
    for (int k = 0; k < f.size(); ++k) to[k].re[l] = entry[k].re[0], to[k].im[l] = entry[k].im[0];
  }
}

INLINE void collect_lanes(const Factor& f, const Rows& rows, size_t row, size_t used, const Complex<LANES>* value,
                          const Complex<LANES>* slope) {
  for (size_t l = 0; l < used; ++l) {
    Complex<1> values[4], slopes[4];
    for (int k = 0; k < f.size(); ++k) {
      values[k] = {{value[k].re[l]}, {value[k].im[l]}}, slopes[k] = {{slope[k].re[l]}, {slope[k].im[l]}};
    }
    collect(f, rows, rows.coefficient(f, row + l), values, slopes);
  }
}

template <int L>
INLINE void forward_step(const Network& net, size_t step, Complex<L>* tensors, Maps& maps, const Complex<L>** from) {
  const size_t first = size_t(net.starts[step]), count = size_t(net.starts[step + 1]) - first;
  const int bits = int(net.widths[step]) + 1;
  maps.fill(net.masks + first, count, bits);
  const size_t low = size_t(1) << maps.low_bits, high = size_t(1) << (bits - maps.low_bits);
  const size_t half = size_t(1) << (bits - 1);  // the variable that is summed is the highest bit
  for (size_t i = 0; i < count; ++i) from[i] = tensors + net.offsets[size_t(net.inputs[first + i])];
  Complex<L>* out = tensors + net.offsets[net.num_factors + step];
  for (size_t u = 0; u < low * high; ++u) {
    Complex<L> product{};
    for (size_t i = 0; i < count; ++i) {
      const uint32_t* table = maps.table.data() + i * (low + high);
      const Complex<L>& next = from[i][table[u & (low - 1)] + table[low + (u >> maps.low_bits)]];
      if (i == 0)
        product = next;
      else
        times<L>(product, product, next);
    }
    if (u & half)
      add<L>(out[u - half], product);
    else
      out[u] = product;
  }
}

template <int L>
INLINE void backward_step(const Network& net, size_t step, const Complex<L>* tensors, Complex<L>* slopes, Maps& maps,
                          const Complex<L>** from, Complex<L>** to, Complex<L>* before) {
  const size_t first = size_t(net.starts[step]), count = size_t(net.starts[step + 1]) - first;
  const int bits = int(net.widths[step]) + 1;
  maps.fill(net.masks + first, count, bits);
  const size_t low = size_t(1) << maps.low_bits, high = size_t(1) << (bits - maps.low_bits);
  const size_t half = size_t(1) << (bits - 1);  // the variable that is summed is the highest bit
  for (size_t i = 0; i < count; ++i) {
    const size_t offset = net.offsets[size_t(net.inputs[first + i])];
    from[i] = tensors + offset, to[i] = slopes + offset;
  }
  const Complex<L>* above = slopes + net.offsets[net.num_factors + step];
  for (size_t u = 0; u < low * high; ++u) {
    const size_t a = u & (low - 1), b = low + (u >> maps.low_bits);
    before[0] = above[u & (half - 1)];
    for (size_t i = 0; i + 1 < count; ++i) {
      const uint32_t* table = maps.table.data() + i * (low + high);
      times<L>(before[i + 1], before[i], from[i][table[a] + table[b]]);
    }
    Complex<L> after{};
    for (size_t i = count; i-- > 0;) {
      const uint32_t* table = maps.table.data() + i * (low + high);
      const size_t at = table[a] + table[b];
      if (i + 1 == count) {
        add<L>(to[i][at], before[i]);
        after = from[i][at];
      } else {
        add_product<L>(to[i][at], before[i], after);
        times<L>(after, after, from[i][at]);
      }
    }
  }
}

INLINE void evaluate_lanes(const Network& net, const Rows& rows) {
  using Lane = Complex<LANES>;
  std::vector<Lane> tensors(net.size()), slopes(rows.gradient ? net.size() : 0), before(net.most_inputs + 1);
  std::vector<const Lane*> from(net.most_inputs + 1);
  std::vector<Lane*> to(net.most_inputs + 1);
  Maps maps;
  for (size_t row = 0; row < rows.num_rows; row += LANES) {
    const size_t used = std::min(size_t(LANES), rows.num_rows - row);
    for (size_t k = 0; k < net.num_factors; ++k)
      fill_lanes(net.factors[k], rows, row, used, tensors.data() + net.offsets[k]);
    for (size_t k = 0; k < net.num_steps; ++k) forward_step<LANES>(net, k, tensors.data(), maps, from.data());
    Lane value{}, seed{};
    for (int l = 0; l < LANES; ++l) value.re[l] = rows.scale;
    for (size_t k = 0; k < net.num_ends; ++k) times<LANES>(value, value, tensors[net.offsets[size_t(net.ends[k])]]);
    bool is_wanted = false;
    for (size_t l = 0; l < used; ++l) {
      rows.values[row + l] = value.re[l];
      if (rows.gradient) seed.re[l] = rows.scale * rows.weights[row + l];
      is_wanted |= seed.re[l] != 0.0;
    }
    if (!is_wanted) continue;
    std::fill(slopes.begin(), slopes.end(), Lane{});
    for (size_t k = 0; k < net.num_ends; ++k) {
      Lane others = seed;
      for (size_t j = 0; j < net.num_ends; ++j)
        if (j != k) times<LANES>(others, others, tensors[net.offsets[size_t(net.ends[j])]]);
      slopes[net.offsets[size_t(net.ends[k])]] = others;
    }
    for (size_t k = net.num_steps; k-- > 0;)
      backward_step<LANES>(net, k, tensors.data(), slopes.data(), maps, from.data(), to.data(), before.data());
    for (size_t k = 0; k < net.num_factors; ++k)
      collect_lanes(net.factors[k], rows, row, used, tensors.data() + net.offsets[k], slopes.data() + net.offsets[k]);
  }
}

}  // namespace
}  // namespace qopt::light_cone
