// A pass over one tile: all values of a group's bits. It is worked on inside the cache: sweeps over its rows' bits down to
// parts that fit in the first-level cache, the phase, and sweeps back.
//
// LOW: the group begins inside the vectors, a row is one vector. HALF: the tile comes with its mirror (see Mirror).
// BACK: state and adjoint turn together and the derivatives are summed.
#pragma once
#include "_pass.h"

namespace qopt::ISA {

template <class T, bool LOW, bool HALF, bool BACK> struct Tile {
  static constexpr int states = BACK ? 2 : 1, own = 2 * states, arrays = HALF ? 2 * own : own;
  static constexpr int register_bits = REGISTER_BITS - (BACK ? 1 : 0);

  // A tile or a part of one: rows of `width` numbers, `pitch` apart. Arrays: real and imaginary part of the state, of its
  // adjoint, then the same of the mirror, whose rows are counted from the last. `index` numbers the first amplitude.
  struct Part {
    T* x[arrays];
    size_t pitch;
    const char *energies, *mirror_energies;
    size_t energy_pitch, index;
  };

  const Pass<T>& pass;
  const StartValues<T>& start;
  const Mirror<T>& mirror;
  const size_t width, energy_bytes, last_index;
  const T *before, *after;  // of the rows' bits
  const LaneTangents<T> lanes_before, lanes_after;
  Vec<T> energy{}, norm{}, by_phase{}, by_mirror_before{}, by_mirror_after{};
  Vec<T> by_before[BACK ? 32 : 1] = {}, by_after[BACK ? 32 : 1] = {};  // by bit of the group
  int swept_from[BACK ? 32 : 1] = {}, swept_to[BACK ? 32 : 1] = {};    // row bits of the sweep that rotates a row bit

  static const T* rows_of(const T* tangents, int first) {
    return tangents ? tangents + (LOW ? lane_bits<T> : first) : nullptr;
  }
  static LaneTangents<T> lanes_of(const T* tangents) {
    static constexpr T none[lane_bits<T> + 1] = {};
    return LaneTangents<T>(LOW && tangents ? tangents : none);
  }
  Tile(const Pass<T>& pass_, const StartValues<T>& start_, const Mirror<T>& mirror_, size_t width_, size_t size)
      : pass(pass_), start(start_), mirror(mirror_), width(width_), energy_bytes(bytes_of(pass.diagonal.kind)),
        last_index(size - 1), before(rows_of(pass.before.tangents, pass.first)),
        after(rows_of(pass.after.tangents, pass.first)), lanes_before(lanes_of(pass.before.tangents)),
        lanes_after(lanes_of(pass.after.tangents)) {}

  // Rows k * rows .. of a part that has all_rows.
  Part sub_part(const Part& part, size_t k, size_t rows, size_t all_rows) const {
    Part out = part;
    const size_t ahead = k * rows, mirrored = all_rows - ahead - rows;
    for (int a = 0; a < arrays; a++) out.x[a] += (a < own ? ahead : mirrored) * part.pitch;
    if (part.energies) out.energies += ahead * part.energy_pitch * energy_bytes;
    if (part.mirror_energies) out.mirror_energies += mirrored * part.energy_pitch * energy_bytes;
    out.index += ahead * part.pitch;
    return out;
  }

  // Rotate the row bits first .. first + bits - 1 of a part with 2**all_bits rows; with the lanes' bits if LOW and first is 0.
  void rotate(const Part& part, int first, int bits, int all_bits, bool is_after) {
    const T* tangents = (is_after ? after : before) + first;
    const Vec<T>* in_lanes = (is_after ? lanes_after : lanes_before).t;
    Vec<T>* sums = is_after ? by_after : by_before;
    if constexpr (BACK)
      for (int bit = first; bit < first + bits && !is_after; bit++) swept_from[bit] = first, swept_to[bit] = first + bits;
    const size_t step = part.pitch << first, rows = size_t(1) << first, all_rows = size_t(1) << all_bits;
    const bool dense = part.pitch == width;
    const size_t grid_rows = dense ? 1 : rows, grid_width = dense ? step : width;
    with_constant<register_bits>(bits, [&](auto constant) {
      constexpr int BITS = constant();
      for (int a = 0; a < arrays; a += (a & 1) && BACK ? 3 : 1) {  // BACK: the state's arrays, each with its adjoint's
        T *x = part.x[a], *y = part.x[BACK ? a + 2 : a];
        if constexpr (LOW) {
          if (first == 0) {
            if constexpr (BACK)
              rotate_runs<T, BITS>(x, y, all_rows, in_lanes, tangents, sums);
            else
              rotate_runs<T, BITS>(x, all_rows, in_lanes, tangents);
            continue;
          }
        }
        for (size_t high = 0; high < all_rows; high += rows << bits) {
          const Grid<T> gx{x + high * part.pitch, step, part.pitch}, gy{y + high * part.pitch, step, part.pitch};
          const Grid<const T> cx{gx.at, step, part.pitch}, cy{gy.at, step, part.pitch};
          if constexpr (BACK)
            rotate_grids<T, BITS>(cx, cy, gx, gy, grid_rows, grid_width, tangents, sums + (LOW ? lane_bits<T> : 0) + first);
          else
            rotate_grid<T, BITS>(cx, gx, grid_rows, grid_width, tangents);
        }
      }
    });
  }

  // A part in the first-level cache, whose lowest `bits` row bits (of all_bits) are still to be rotated: the rest of the
  // rotation before, the phase, the start of the one after.
  void work_on(const Part& part, int bits, int all_bits) {
    const int upper = bits > register_bits ? bits / 2 : 0, lower = bits - upper;
    if (before) {
      if (upper) rotate(part, lower, upper, all_bits, false);
      rotate(part, 0, lower, all_bits, false);
    }
    multiply_part(*this, part, size_t(1) << all_bits);
    if (after) {
      rotate(part, 0, lower, all_bits, true);
      if (upper) rotate(part, lower, upper, all_bits, true);
    }
  }

  // A tile that lies in one piece: sweep the high rows' bits, descend into each part, sweep back.
  void descend(const Part& part, int bits) {
    const int sweep = sweep_bits(bits), rest = bits - sweep;
    if (sweep == 0) return work_on(part, bits, bits);
    if (before) rotate(part, rest, sweep, bits, false);
    for (size_t k = 0; k < size_t(1) << sweep; k++) descend(sub_part(part, k, size_t(1) << rest, size_t(1) << bits), rest);
    if (after) rotate(part, rest, sweep, bits, true);
  }

  // A tile whose rows lie far apart in memory: the first sweep brings it into `cache`, the last one takes it back.
  void fetch_and_descend(const Part& tile, int bits, T* cache) {
    if (bits <= register_bits) return work_on(tile, bits, bits);
    const bool fits = sweep_bits(bits) == 0;
    const int sweep = fits ? bits / 2 : register_bits, rest = bits - sweep;
    const size_t rows = size_t(1) << rest, chunk = rows * width + (fits ? 0 : PADDING / sizeof(T));
    T* cached[arrays];
    for (int a = 0; a < arrays; a++) cached[a] = cache + a * (chunk << sweep);
    if constexpr (BACK)
      for (int bit = rest; bit < bits; bit++) swept_from[bit] = rest, swept_to[bit] = bits;
    move(tile.x, {nullptr, tile.pitch << rest, tile.pitch}, cached, {nullptr, chunk, width}, {sweep, rest}, false);
    for (size_t k = 0; k < (fits ? 1 : size_t(1) << sweep); k++) {
      Part part = sub_part(tile, k, rows, rows << sweep);
      for (int a = 0; a < arrays; a++) part.x[a] = cached[a] + k * chunk;
      part.pitch = width;
      fits ? work_on(part, rest, bits) : descend(part, rest);
    }
    if (pass.stores)
      move(cached, {nullptr, chunk, width}, tile.x, {nullptr, tile.pitch << rest, tile.pitch}, {sweep, rest}, true);
  }

  // Rotate {bits, first} on the way from one place to another.
  void move(T* const* from, Grid<T> in, T* const* to, Grid<T> out, std::pair<int, int> what, bool is_after) {
    const int first = what.second;
    const T* tangents = is_after ? after : before;
    if (tangents) tangents += first;
    Vec<T>* sums = (is_after ? by_after : by_before) + (BACK ? first : 0);
    with_constant<register_bits>(what.first, [&](auto constant) {
      constexpr int BITS = constant();
      for (int a = 0; a < own; a += a == 1 && BACK ? 3 : 1) {
        const Grid<const T> x_in{from[a], in.group_pitch, in.row_pitch};
        const Grid<T> x_out{to[a], out.group_pitch, out.row_pitch};
        if constexpr (BACK)
          rotate_grids<T, BITS>(x_in, {from[a + 2], in.group_pitch, in.row_pitch}, x_out,
                                {to[a + 2], out.group_pitch, out.row_pitch}, size_t(1) << first, width, tangents, sums);
        else
          rotate_grid<T, BITS>(x_in, x_out, size_t(1) << first, width, tangents);
      }
    });
  }

  // Bits to sweep before the rest fits in the first-level cache (and two sweeps can do it); 0 if it does already.
  int sweep_bits(int bits) const {
    const int fitting = log2_of(int(FIRST_CACHE_BYTES / (arrays * sizeof(T) * width)));
    return std::clamp(bits - std::min(fitting, 2 * register_bits), 0, register_bits);
  }
};

}  // namespace qopt::ISA
