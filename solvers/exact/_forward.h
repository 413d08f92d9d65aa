// One pass over memory: rotate a group of qubits (layer l), apply the phase (layer l + 1), rotate the group again.
// The state is cut into tiles that hold all values of the group's bits; a tile is worked on inside the cache: sweeps of
// up to four bits down to the core, which does the lowest bits and the phase in registers, and sweeps back up.

constexpr int REGISTER_BITS = VECTOR_BYTES == 64 ? 4 : 3;  // 2**REGISTER_BITS vectors are held in registers at once
constexpr size_t FIRST_CACHE_BYTES = 16384;                // of real and imaginary parts; the energies come on top
constexpr size_t PADDING = 64;                             // bytes between chunks, so that they do not share cache sets

template <class T> struct StartValues {  // (-i)**popcount(index) * 2**(-n/2) for a vector whose index has q ones
  Vec<T> re[4], im[4];
  explicit StartValues(int n) {
    const T size = T(std::exp2(-0.5 * n)), cycle[4] = {size, 0, -size, 0};
    for (int q = 0; q < 4; q++)
      for (int lane = 0; lane < lanes<T>; lane++) {
        const int ones = q + __builtin_popcount(lane);
        re[q][lane] = cycle[ones & 3], im[q][lane] = cycle[(ones + 1) & 3];
      }
  }
};

template <class T> struct Pass {
  int first = 0, bits = 0;                       // the group: qubits first .. first + bits - 1
  const T *before = nullptr, *after = nullptr;   // tangents by qubit; null: no rotation
  Diagonal diagonal;                             // of the phase, or of the measurement
  bool has_phase = false, starts = false, measures = false, stores = true;
  Phase<T> phase{0, 1};
  Digits<T> digits;
};

// A pass over one tile, for energies stored as C. LOW: the group begins inside the vectors, a row is one vector.
template <class T, class C, bool LOW> struct Tile {
  const Pass<T>& pass;
  const StartValues<T>& start;
  const size_t width;
  const T *before, *after;  // of the rows' bits
  const LaneTangents<T> lanes_before, lanes_after;
  Vec<T> energy{}, norm{};

  static const T* rows_of(const T* tangents, int first) {
    return tangents ? tangents + (LOW ? lane_bits<T> : first) : nullptr;
  }
  static LaneTangents<T> lanes_of(const T* tangents) {
    static constexpr T none[lane_bits<T> + 1] = {};
    return LaneTangents<T>(LOW && tangents ? tangents : none);
  }
  Tile(const Pass<T>& pass_, const StartValues<T>& start_, size_t width_)
      : pass(pass_), start(start_), width(width_), before(rows_of(pass.before, pass.first)),
        after(rows_of(pass.after, pass.first)), lanes_before(lanes_of(pass.before)), lanes_after(lanes_of(pass.after)) {}

  // A tile or a part of one: rows of `width` numbers, `pitch` apart; `index` numbers the first amplitude.
  struct Part {
    T *re, *im;
    size_t pitch;
    const C* energies;
    size_t energy_pitch, index;

    Part at_row(size_t row) const {
      const size_t ahead = row * pitch;
      return {re + ahead, im + ahead, pitch, energies ? energies + row * energy_pitch : nullptr, energy_pitch, index + ahead};
    }
  };

  // (re + i im) *= factor(energies), vector by vector; a first pass generates what it multiplies.
  template <bool STARTS, class Factor> INLINE void multiply(const Part& part, size_t rows, Factor factor) {
    const int row_bits = log2_of(int(width / lanes<T>));
    for (size_t v = 0; v < rows << row_bits; v++) {
      const size_t row = v >> row_bits, j = (v - (row << row_bits)) * lanes<T>;
      T *const re = part.re + row * part.pitch + j, *const im = part.im + row * part.pitch + j;
      Vec<T> r, i, cosine, sine;
      if constexpr (STARTS) {
        const int ones = __builtin_popcountll(part.index / lanes<T> + v) & 3;
        r = start.re[ones], i = start.im[ones];
      } else {
        r = load(re), i = load(im);
      }
      factor(part.energies + row * part.energy_pitch + j, cosine, sine);
      turn<T>(r, i, cosine, sine);
      store(re, r), store(im, i);
    }
  }

  template <bool STARTS> void apply_phase(const Part& part, size_t rows) {
#if VECTOR_BYTES == 64
    if constexpr (std::is_same_v<C, int16_t>) {
      if (pass.digits.count == 1) return multiply<STARTS>(part, rows, DigitFactor<T, 1>(pass.digits));
      if (pass.digits.count == 2) return multiply<STARTS>(part, rows, DigitFactor<T, 2>(pass.digits));
      if (pass.digits.count == 3) return multiply<STARTS>(part, rows, DigitFactor<T, 3>(pass.digits));
    }
#endif
    multiply<STARTS>(part, rows, [phase = pass.phase](const C* e, Vec<T>& cosine, Vec<T>& sine) {
      cos_sin<T>(load_energies<T>(e), phase, cosine, sine);
    });
  }

  void apply_phase(const Part& part, size_t rows) {
    if (LOW && pass.starts)
      apply_phase<true>(part, rows);
    else
      apply_phase<false>(part, rows);
  }

  void apply_scale(const Part& part, size_t rows) {
    for (size_t row = 0; row < rows; row++)
      for (T* x : {part.re + row * part.pitch, part.im + row * part.pitch})
        for (size_t j = 0; j < width; j += lanes<T>) store(x + j, load(x + j) * pass.phase.scale);
  }

  void measure(const Part& part, size_t rows) {
    for (size_t row = 0; row < rows; row++)
      for (size_t j = 0; j < width; j += lanes<T>) {
        const Vec<T> r = load(part.re + row * part.pitch + j), i = load(part.im + row * part.pitch + j);
        const Vec<T> weight = r * r + i * i;
        norm += weight;
        if (part.energies) energy += weight * load_energies<T>(part.energies + row * part.energy_pitch + j);
      }
  }

  // Rotate the row bits first .. first + bits - 1 of a part with 2**all_bits rows; with the lanes' bits if LOW and first is 0.
  void rotate(const Part& part, int first, int bits, int all_bits, const T* tangents, const LaneTangents<T>& in_lanes) {
    const size_t step = part.pitch << first, rows = size_t(1) << first;
    const bool dense = part.pitch == width;
    for (T* x : {part.re, part.im})
      with_constant(bits, [&](auto constant) {
        for (size_t high = 0; high < size_t(1) << all_bits; high += rows << bits) {
          T* at = x + high * part.pitch;
          if (LOW && first == 0)
            rotate_run<T, constant()>(at, in_lanes.t, tangents);
          else
            rotate_grid<T, constant()>({at, step, part.pitch}, {at, step, part.pitch}, dense ? 1 : rows,
                                       dense ? step : width, tangents + first);
        }
      });
  }

  // A part that fits in the first-level cache, whose lowest `bits` row bits (of all_bits) are still to be rotated: the rest
  // of the rotation before, the phase, the start of the one after.
  void work_on(const Part& part, int bits, int all_bits) {
    const int upper = bits > REGISTER_BITS ? bits / 2 : 0, lower = bits - upper;
    if (before) {
      if (upper) rotate(part, lower, upper, all_bits, before, lanes_before);
      rotate(part, 0, lower, all_bits, before, lanes_before);
    }
    const size_t rows = size_t(1) << all_bits;
    if (pass.has_phase) pass.diagonal.data ? apply_phase(part, rows) : apply_scale(part, rows);
    if (pass.measures) measure(part, rows);
    if (after) {
      rotate(part, 0, lower, all_bits, after, lanes_after);
      if (upper) rotate(part, lower, upper, all_bits, after, lanes_after);
    }
  }

  // A tile that lies in one piece: sweep the high rows' bits, descend into each part, sweep back.
  void descend(const Part& part, int bits) {
    const int rest = bits - sweep_bits(bits);
    if (rest == bits) return work_on(part, bits, bits);
    if (before) rotate(part, rest, bits - rest, bits, before, lanes_before);
    for (size_t k = 0; k < size_t(1) << (bits - rest); k++) descend(part.at_row(k << rest), rest);
    if (after) rotate(part, rest, bits - rest, bits, after, lanes_after);
  }

  // A tile whose rows lie far apart in memory: the first sweep brings it into `cache`, the last one takes it back.
  void fetch_and_descend(const Part& tile, int bits, T* cache) {
    if (bits <= REGISTER_BITS) return work_on(tile, bits, bits);
    const bool fits = sweep_bits(bits) == 0;
    const int sweep = fits ? bits / 2 : REGISTER_BITS, rest = bits - sweep;
    const size_t rows = size_t(1) << rest, chunk = rows * width + (fits ? 0 : PADDING / sizeof(T));
    T *const cached[2] = {cache, cache + (chunk << sweep)}, *const memory[2] = {tile.re, tile.im};
    const size_t step = tile.pitch << rest;
    for (int x = 0; x < 2; x++)
      with_constant(sweep, [&](auto constant) {
        rotate_grid<T, constant()>({memory[x], step, tile.pitch}, {cached[x], chunk, width}, rows, width,
                                   before ? before + rest : nullptr);
      });
    auto cached_part = [&](size_t k) -> Part {
      const Part far = tile.at_row(k << rest);
      return {cached[0] + k * chunk, cached[1] + k * chunk, width, far.energies, far.energy_pitch, far.index};
    };
    if (fits)
      work_on(cached_part(0), rest, bits);
    else
      for (size_t k = 0; k < size_t(1) << sweep; k++) descend(cached_part(k), rest);
    for (int x = 0; x < 2 && pass.stores; x++)
      with_constant(sweep, [&](auto constant) {
        rotate_grid<T, constant()>({cached[x], chunk, width}, {memory[x], step, tile.pitch}, rows, width,
                                   after ? after + rest : nullptr);
      });
  }

  // Bits to sweep before the rest fits in the first-level cache (which two sweeps can do); 0 if it does already.
  int sweep_bits(int bits) const {
    const int fitting = log2_of(int(FIRST_CACHE_BYTES / (2 * sizeof(T) * width)));
    return std::clamp(bits - std::min(fitting, 2 * REGISTER_BITS), 0, REGISTER_BITS);
  }
};
