// The part of a pass between its two rotations: the phase (with the mirror's rotation around it), or a measurement.
#pragma once
#include "_tile.h"

namespace qopt::ISA {

// The vectors of one place, in the order of Tile::Part.
template <class T, bool HALF, bool BACK> struct Place {
  static constexpr int own = BACK ? 4 : 2;
  Vec<T> x[HALF ? 2 * own : own];

  // Rotate the qubit that a half state leaves out; sums <y, G x> for a gradient.
  INLINE void rotate_mirror(const Mirror<T>& mirror, const int (&parity)[2], T tangent, Vec<T>& sum) {
    Vec<T> met[2 * own];  // G x
#pragma GCC unroll 8
    for (int a = 0; a < 2 * own; a++) {
      const int opposite = a < own ? a + own : a - own;
      const Vec<T> sign = mirror.sign[parity[a < own ? 0 : 1]];
      if (!mirror.swaps)
        met[a] = sign * reversed<T>(x[opposite]);
      else if (a & 1)
        met[a] = sign * reversed<T>(x[opposite - 1]);
      else
        met[a] = -sign * reversed<T>(x[opposite + 1]);
    }
    if constexpr (BACK)
      for (int a = 0; a < 2; a++) sum += x[a + 2] * met[a] + x[a + 2 + own] * met[a + own];
#pragma GCC unroll 8
    for (int a = 0; a < 2 * own; a++) x[a] += tangent * met[a];
  }

  // exp(-i angle) on the state (and its adjoint) of one side; sums Im(conj(adjoint) E state) for a gradient.
  INLINE void turn_side(int side, Vec<T> cosine, Vec<T> sine) {
    turn<T>(x[side], x[side + 1], cosine, sine);
    if constexpr (BACK) turn<T>(x[side + 2], x[side + 3], cosine, sine);
  }
};

template <class C, class T, bool LOW, bool HALF, bool BACK, class Factor>
INLINE void multiply(Tile<T, LOW, HALF, BACK>& tile, const typename Tile<T, LOW, HALF, BACK>::Part& part, size_t rows,
                     Factor factor) {
  using Tile_ = Tile<T, LOW, HALF, BACK>;
  const Pass<T>& pass = tile.pass;
  const int row_bits = log2_of(int(tile.width / lanes<T>));
  const bool starts = LOW && !BACK && pass.starts;
  const bool rotates_before = HALF && tile.before, rotates_after = HALF && tile.after;
  const size_t last_vector = tile.last_index / lanes<T>;
  for (size_t v = 0; v < rows << row_bits; v++) {
    const size_t row = v >> row_bits, j = (v - (row << row_bits)) * lanes<T>;
    const size_t at = row * part.pitch + j, mirror_at = (rows - 1 - row) * part.pitch;
    const size_t number = part.index / lanes<T> + v;  // of the vector; used where LOW only
    Place<T, HALF, BACK> place;
    if (starts) {
      const int ones = __builtin_popcountll(number) & 3, mirror_ones = __builtin_popcountll(last_vector - number) & 3;
      place.x[0] = tile.start.re[ones], place.x[1] = tile.start.im[ones];
      if constexpr (HALF) place.x[2] = tile.start.re[mirror_ones], place.x[3] = tile.start.im[mirror_ones];
    } else {
#pragma GCC unroll 8
      for (int a = 0; a < Tile_::arrays; a++) place.x[a] = load(part.x[a] + (a < Tile_::own ? at : mirror_at));
    }
    const int parity[2] = {__builtin_popcountll(number) & 1, __builtin_popcountll(last_vector - number) & 1};
    if constexpr (HALF)
      if (rotates_before) place.rotate_mirror(tile.mirror, parity, pass.before.mirror, tile.by_mirror_before);
    if (pass.has_phase) {
#pragma GCC unroll 2
      for (int side = 0; side < (HALF ? 2 : 1); side++) {
        const size_t energy_at = side ? (rows - 1 - row) * part.energy_pitch : row * part.energy_pitch + j;
        const C* energies = reinterpret_cast<const C*>(side ? part.mirror_energies : part.energies) + energy_at;
        Vec<T>* const x = place.x + side * Tile_::own;
        if constexpr (BACK && !std::is_same_v<C, char>)
          tile.by_phase += load_energies<T>(energies) * (x[2] * x[1] - x[3] * x[0]);
        Vec<T> cosine, sine;
        factor(energies, cosine, sine);
        place.turn_side(side * Tile_::own, cosine, sine);
      }
    }
    if constexpr (HALF)
      if (rotates_after) place.rotate_mirror(tile.mirror, parity, pass.after.mirror, tile.by_mirror_after);
#pragma GCC unroll 8
    for (int a = 0; a < Tile_::arrays; a++) store(part.x[a] + (a < Tile_::own ? at : mirror_at), place.x[a]);
  }
}

template <class C, class T, bool LOW, bool HALF, bool BACK>
void measure(Tile<T, LOW, HALF, BACK>& tile, const typename Tile<T, LOW, HALF, BACK>::Part& part, size_t rows) {
  constexpr int own = Tile<T, LOW, HALF, BACK>::own;
  Vec<T> energy{}, norm{};
  for (int side = 0; side < (HALF ? 2 : 1); side++)
    for (size_t row = 0; row < rows; row++)
      for (size_t j = 0; j < tile.width; j += lanes<T>) {
        const T *re = part.x[side * own] + row * part.pitch + j, *im = part.x[side * own + 1] + row * part.pitch + j;
        const C* energies = reinterpret_cast<const C*>(side ? part.mirror_energies : part.energies);
        const Vec<T> weight = load(re) * load(re) + load(im) * load(im);
        norm += weight;
        energy += weight * load_energies<T>(energies + row * part.energy_pitch + j);
      }
  tile.energy += energy, tile.norm += norm;
}

// What the pass does with a part, for energies of any kind.
template <class T, bool LOW, bool HALF, bool BACK>
void multiply_part(Tile<T, LOW, HALF, BACK>& tile, const typename Tile<T, LOW, HALF, BACK>::Part& part, size_t rows) {
  const Pass<T>& pass = tile.pass;
  auto series = [phase = pass.phase](const auto* energies, Vec<T>& cosine, Vec<T>& sine) {
    cos_sin<T>(load_energies<T>(energies), phase, cosine, sine);
  };
  if (!part.energies) {
    auto scale = [size = splat(pass.phase.scale)](const char*, Vec<T>& cosine, Vec<T>& sine) { cosine = size, sine = Vec<T>{}; };
    if (pass.has_phase || (HALF && (tile.before || tile.after))) multiply<char>(tile, part, rows, scale);
    return;
  }
  if (pass.has_phase || (HALF && tile.before)) {
    switch (pass.diagonal.kind) {
      case Kind::int16:
#if VECTOR_BYTES == 64
        if (pass.digits.count == 1) {
          multiply<int16_t>(tile, part, rows, DigitFactor<T, 1>(pass.digits));
          break;
        }
        if (pass.digits.count == 2) {
          multiply<int16_t>(tile, part, rows, DigitFactor<T, 2>(pass.digits));
          break;
        }
        if (pass.digits.count == 3) {
          multiply<int16_t>(tile, part, rows, DigitFactor<T, 3>(pass.digits));
          break;
        }
#endif
        if constexpr (Table<T>::helps)
          if (pass.table.bound) {
            multiply<int16_t>(tile, part, rows, TableFactor<T>(pass.table));
            break;
          }
        multiply<int16_t>(tile, part, rows, series);
        break;
      case Kind::float32: multiply<float>(tile, part, rows, series); break;
      case Kind::float64: multiply<double>(tile, part, rows, series); break;
    }
  }
  if (pass.measures) switch (pass.diagonal.kind) {
      case Kind::int16: measure<int16_t>(tile, part, rows); break;
      case Kind::float32: measure<float>(tile, part, rows); break;
      case Kind::float64: measure<double>(tile, part, rows); break;
    }
}

}  // namespace qopt::ISA
