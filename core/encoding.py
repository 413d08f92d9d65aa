"""Contracts between a binary program and the QUBO that stands for it: Encoder, Encoding, Round, and the decoders.

An Encoder is frozen settings and keeps nothing; whatever it must remember (and iterating encoders must) stands in the
Encoding. Points of the program are ``x``, points of the QUBO ``z``; ``Encoding.decode`` leads from Z to X.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from .arrays import AnyArray, Bits, Float, Int
from .bit_maps import input_bits, seal_places
from .factored_model import FactoredModel
from .program import BinaryProgram
from .registry import DECODERS

if TYPE_CHECKING:
    import dimod


class Decoder(Protocol):
    """Points of the QUBO (k, m) to points of the program (k, n), as data: a registered frozen dataclass."""

    @property
    def num_inputs(self) -> int: ...

    def apply(self, Z: AnyArray) -> Bits:
        """Points of the program, shape (k, n), of the QUBO's points Z, shape (k, m)."""


@DECODERS.register("literals")
@dataclass(frozen=True, eq=False)
class LiteralMap:
    """Each program bit is a bit of the QUBO, its negation, or a constant: ``x_i = flip_i XOR z[index_i]``.

    Parameters
    ----------
    index : shape (n,), position in z; -1 for a constant, which is then ``flip_i`` itself.
    flip : shape (n,), 0 or 1.
    num_inputs : number m of QUBO bits.

    Examples
    --------
    >>> outer = LiteralMap([0, 0, -1], [0, 1, 1], 1)
    >>> outer.apply(np.array([[0], [1]])).tolist()
    [[0, 1, 1], [1, 0, 1]]
    """

    index: Int
    flip: Bits
    num_inputs: int

    def __post_init__(self) -> None:
        seal_places(self, ("index",), ("flip",))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @staticmethod
    def identity(n: int, num_inputs: int | None = None) -> LiteralMap:
        """The first n QUBO bits as they are; ``num_inputs`` counts auxiliary bits behind them too."""
        return LiteralMap(np.arange(n), np.zeros(n, dtype=np.uint8), n if num_inputs is None else num_inputs)

    def apply(self, Z: AnyArray) -> Bits:
        """X of shape (k, n) for Z of shape (k, m).

        Raises
        ------
        ValueError
            Z has another number of columns.
        """
        Z = input_bits(Z, self.num_inputs)
        padded = np.concatenate([Z, np.zeros((len(Z), 1), dtype=np.uint8)], axis=1)  # column -1 is the constant 0
        return padded[:, self.index] ^ self.flip

    def compose(self, inner: LiteralMap) -> LiteralMap:
        """The map that applies ``inner`` first: x = self(inner(z))."""
        index = np.where(self.index >= 0, inner.index[self.index], -1) if inner.index.size else self.index
        flip = self.flip ^ np.where(self.index >= 0, inner.flip[self.index], 0) if inner.flip.size else self.flip
        return LiteralMap(index, flip, inner.num_inputs)


@DECODERS.register("chain")
@dataclass(frozen=True, eq=False)
class Chain:
    """Two decoders in a row, for wrappers around an encoder whose own decoder is not a LiteralMap: outer(inner(z))."""

    outer: Decoder = field(metadata={"room": "decoders"})
    inner: Decoder = field(metadata={"room": "decoders"})

    @property
    def num_inputs(self) -> int:
        return self.inner.num_inputs

    def apply(self, Z: AnyArray) -> Bits:
        """Points of the outer decoder, shape (k, n), for points Z of the inner one, shape (k, m)."""
        return self.outer.apply(self.inner.apply(Z))


def chain(outer: Decoder, inner: Decoder) -> Decoder:
    """outer after inner, as one LiteralMap where both are."""
    if isinstance(outer, LiteralMap) and isinstance(inner, LiteralMap):
        return outer.compose(inner)
    return Chain(outer, inner)


@dataclass(frozen=True, eq=False)
class Encoding:
    """A QUBO that stands for a binary program, with the way back.

    Parameters
    ----------
    bqm : dimod BINARY model with labels 0..m-1; minimised. Or what stands in its place: a PolynomialModel, a
        FactoredModel.
    decoder : Z -> X.
    penalties : weight by row name, of the rows that became penalties.
    num_aux : QUBO bits that are not program bits (slack).
    is_exact : every ground state decodes to an optimum of the program. Holds for this program and these penalties.
    is_relaxation : the ground energy is a lower bound of the optimal cost.
    native : the program whose points are z itself (for samplers that work in its feasible subspace), else None.
    is_separable : the QUBO has no products, so its minimum needs no sampler; reported, never silently used.
    note : one line about what was chosen and why, for the reader.
    trace : one JSON row a round, of iterating encoders (dual value, norms, ...); in the units of the program's cost.
    state : what ``Encoder.update`` needs of the past; JSON values and arrays.
    """

    bqm: dimod.BinaryQuadraticModel
    decoder: Decoder
    penalties: Mapping[str, float] = field(default_factory=dict)
    num_aux: int = 0
    is_exact: bool = False
    is_relaxation: bool = False
    native: BinaryProgram | None = None
    note: str = ""
    trace: tuple[Mapping[str, Any], ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.bqm.num_variables != self.decoder.num_inputs:
            raise ValueError(
                f"the decoder must read {self.bqm.num_variables} bits, as the QUBO has, got {self.decoder.num_inputs}"
            )

    def __repr__(self) -> str:
        """One line for a person: qubits, auxiliary bits, terms, and what is proven of it."""
        kinds = [word for word, holds in (("exact", self.is_exact), ("relaxation", self.is_relaxation)) if holds]
        proven = f", {', '.join(kinds)}" if kinds else ""
        aux = f" ({self.num_aux} auxiliary)" if self.num_aux else ""
        return f"<encoding: {self.num_qubits} qubits{aux}, {self.bqm.num_interactions} products{proven}>"

    def _repr_html_(self) -> str:
        """Sizes, what is proven, and penalties, as a table for notebooks."""
        from .model_html import encoding_html

        return encoding_html(self)

    @property
    def num_qubits(self) -> int:
        return int(self.bqm.num_variables)

    @property
    def is_separable(self) -> bool:
        return int(self.bqm.num_interactions) == 0

    def decode(self, Z: AnyArray) -> Bits:
        """Points of the program (k, n) for points of the QUBO (k, m)."""
        return self.decoder.apply(Z)


@dataclass(frozen=True, eq=False)
class Round:
    """What one round of sampling showed, handed to ``Encoder.update``.

    Parameters
    ----------
    X : all decoded points of the outer program, shape (k, n), lowest energy first.
    energies : their QUBO energies, shape (k,).
    energy_bound : proven lower bound of the QUBO's ground energy (exact oracles), else None.
    incumbent : best verified cost so far, in the units of ``program``'s cost; None when none. Repaired points count
        only if repair is on, and the Record says so.
    program : the program, which may have more rows than before; one-shot encoders then encode it anew.
    index : number of this round, from 0.
    counts : occurrences of each point, shape (k,); None when not known.
    costs, broken : cost of the objective and total violation of each point, shape (k,), where the pipeline has them; a
        surrogate's objective and lazy rows are known to it alone.
    """

    X: Bits
    energies: Float
    energy_bound: float | None
    incumbent: float | None
    program: BinaryProgram
    index: int = 0
    counts: Int | None = None
    costs: Float | None = None
    broken: Float | None = None


@runtime_checkable
class Encoder(Protocol):
    """Frozen settings that turn a program into an Encoding; composable: Shrink(inner=...), Fix(inner=...)."""

    def encode(self, program: BinaryProgram) -> Encoding:
        """The encoding of the program.

        Raises
        ------
        UnsupportedError
            The program has rows this encoder cannot express.
        """
        ...

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """The next round's encoding; None when there is nothing more to learn. A pure function."""
        ...

    def num_qubits(self, program: BinaryProgram) -> int:
        """Number of QUBO bits ``encode`` would give, without building the QUBO."""
        ...


def encode_again_if_grown(encoder: Encoder, encoding: Encoding, round: Round) -> Encoding | None:
    """``update`` of a one-shot encoder: a new encoding when lazy rows were added, else None."""
    known = encoding.state.get("rows")
    if known is None or round.program.num_rows == known:
        return None
    return encoder.encode(round.program)


def bqm_from_arrays(
    linear: npt.ArrayLike, rows: npt.ArrayLike, columns: npt.ArrayLike, values: npt.ArrayLike, offset: float = 0.0
) -> dimod.BinaryQuadraticModel:
    """BINARY model ``offset + sum_i linear_i z_i + sum_k values_k z_rows_k z_columns_k`` with labels 0..m-1.

    ``linear`` has shape (m,); rows, columns and values have one shape (k,).
    """
    import dimod

    h = np.asarray(linear, dtype=np.float64)
    i, j = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    v = np.asarray(values, dtype=np.float64)
    keep = v != 0
    return dimod.BinaryQuadraticModel.from_numpy_vectors(h, (i[keep], j[keep], v[keep]), float(offset), "BINARY")


def bqm_to_arrays(bqm: dimod.BinaryQuadraticModel) -> tuple[Float, Int, Int, Float, float]:
    """``(linear, rows, columns, values, offset)`` of a BINARY model with labels 0..m-1; the inverse of the above."""
    bqm = bqm.stored() if isinstance(bqm, FactoredModel) else bqm
    vectors = bqm.to_numpy_vectors(variable_order=range(bqm.num_variables))
    i, j = vectors.quadratic.row_indices, vectors.quadratic.col_indices
    return (
        np.asarray(vectors.linear_biases, dtype=np.float64),
        np.asarray(i, dtype=np.int64),
        np.asarray(j, dtype=np.int64),
        np.asarray(vectors.quadratic.biases, dtype=np.float64),
        float(bqm.offset),
    )
