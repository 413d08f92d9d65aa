"""Orthogonal Fourier transform over the symmetric group, in which the sum of all transpositions is diagonal.

A function on S_n in lexicographic order goes to one matrix an irreducible representation (partition of n). The
class sum of transpositions multiplies each by a whole number, the content of its partition, so that its exponential is
exact and costs two transforms whatever the angle. Limits: n <= 10 (blocks of 290 MB there).

The transform is Clausen's: from the coefficients over S_(k-1) in each of the k cosets to those over S_k by one
orthogonal matrix for each partition of k-1, here dense (so that BLAS does the work) and in Young's orthogonal form.

References
----------
Clausen (1989), Fast generalized Fourier transforms, doi:10.1016/0304-3975(89)90021-2.
Diaconis, Shahshahani (1981), Generating a random permutation with random transpositions, doi:10.1007/BF00535487: the
eigenvalues of the class sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...core import Float, Int

Partition = tuple[int, ...]

#: Coefficients of this many innermost letters are made by one dense matrix (120 x 120).
BASE_LETTERS = 5


def partitions(n: int) -> list[Partition]:
    """Partitions of n in reverse lexicographic order.

    Examples
    --------
    >>> partitions(3)
    [(3,), (2, 1), (1, 1, 1)]
    """

    def parts(rest: int, largest: int) -> Iterator[Partition]:
        if rest == 0:
            yield ()
        for first in range(min(rest, largest), 0, -1):
            for tail in parts(rest - first, first):
                yield (first, *tail)

    return list(parts(n, n))


def content(partition: Partition) -> int:
    """Sum of column minus row over the cells: eigenvalue of the sum of all transpositions.

    Examples
    --------
    >>> content((4,)), content((2, 2)), content((1, 1, 1, 1))
    (6, 0, -6)
    """
    return sum(column - row for row, length in enumerate(partition) for column in range(length))


def parents(partition: Partition) -> list[Partition]:
    """Partitions of n - 1 that lack one corner, the corner of the first row first."""
    out = []
    for row, length in enumerate(partition):
        if row + 1 == len(partition) or partition[row + 1] < length:
            smaller = (*partition[:row], length - 1, *partition[row + 1 :])
            out.append(tuple(part for part in smaller if part))
    return out


def tableaux(partition: Partition) -> Int:
    """Contents of the letters 1..n in each standard tableau, shape (dimension, n); grouped by ``parents``.

    The contents determine the tableau. Restricted to the first n - 1 letters the basis is the parents' own, in order.
    """
    n = sum(partition)
    if n == 0:
        return np.zeros((1, 0), dtype=np.int64)
    blocks = []
    for parent in parents(partition):
        below = tableaux(parent)
        corner = content(partition) - content(parent)
        blocks.append(np.hstack([below, np.full((len(below), 1), corner)]))
    return np.vstack(blocks)


@dataclass(frozen=True, eq=False)
class _Adjacent:
    """Young's orthogonal form of one adjacent transposition: a diagonal, and one partner with its weight."""

    diagonal: Float
    partner: Int
    weight: Float

    def __matmul__(self, columns: Float) -> Float:
        out: Float = self.diagonal[:, None] * columns + self.weight[:, None] * columns[self.partner]
        return out


def _adjacent(contents: Int) -> list[_Adjacent]:
    """The adjacent transpositions (i, i+1), i = 1..n-1, in the basis of the tableaux of these contents."""
    row_of = {tuple(row): k for k, row in enumerate(contents.tolist())}
    out = []
    for i in range(contents.shape[1] - 1):
        distance = contents[:, i + 1] - contents[:, i]
        swapped = contents.copy()
        swapped[:, [i, i + 1]] = swapped[:, [i + 1, i]]
        partner = np.array([row_of.get(tuple(row), k) for k, row in enumerate(swapped.tolist())])
        diagonal = 1.0 / distance
        out.append(_Adjacent(diagonal, partner, np.sqrt(np.maximum(0.0, 1.0 - diagonal**2))))
    return out


@dataclass(frozen=True, eq=False)
class _Step:
    """From the coefficients of one partition ``below`` of k-1 in k cosets to those of the partitions above it."""

    below: Partition
    matrix: Float
    rows: dict[Partition, slice]
    columns: dict[Partition, slice]


def _steps(k: int) -> list[_Step]:
    """The orthogonal matrices that lead from S_(k-1) to S_k, one a partition of k-1.

    With p = r_a h (r_a moves the first letter to a and keeps the order of the others) the coefficient matrices obey
    f(la) = sum_a rho_la(r_a) f_a(mu) on the columns of mu in la; orthogonal when scaled by sqrt(dimension / order).
    """
    blocks: dict[Partition, list[tuple[Partition, slice, Float]]] = {mu: [] for mu in partitions(k - 1)}
    dimension = {mu: len(tableaux(mu)) for mu in blocks}
    for la in partitions(k):
        contents = tableaux(la)
        swaps = _adjacent(contents)
        start = 0
        for mu in parents(la):
            columns = slice(start, start + dimension[mu])
            start = columns.stop
            image = np.eye(len(contents))[:, columns]
            images = [image]
            for a in range(1, k):  # r_a = s_(k-a) r_(a-1): letters are labelled from the last one, 1, to the first, k
                image = swaps[k - a - 1] @ image
                images.append(image)
            scale = math.sqrt(len(contents) / (k * dimension[mu]))
            blocks[mu].append((la, columns, scale * np.hstack(images)))
    out = []
    for mu, above in blocks.items():
        rows, stop = {}, 0
        for la, _, block in above:
            rows[la] = slice(stop, stop + len(block))
            stop += len(block)
        matrix = np.vstack([block for _, _, block in above])
        out.append(_Step(mu, matrix, rows, {la: columns for la, columns, _ in above}))
    return out


@dataclass(frozen=True, eq=False)
class SymmetricFourier:
    """The orthogonal Fourier transform over S_n of real functions in lexicographic order.

    Parameters
    ----------
    n : number of letters, 1..10.

    Examples
    --------
    >>> transform = SymmetricFourier(4)
    >>> values = np.random.default_rng(0).normal(size=(2, 24))
    >>> coefficients = transform.forward(values)
    >>> np.allclose(transform.backward(coefficients), values), sorted(c.shape for c in coefficients.values())
    (True, [(2, 1, 1), (2, 1, 1), (2, 2, 2), (2, 3, 3), (2, 3, 3)])
    """

    n: int

    @staticmethod
    def num_bytes(n: int) -> int:
        """Bytes of the matrices, counted without building them: sum over k of 8 * k**2 * (k-1)!."""
        base = min(n, BASE_LETTERS)
        return 8 * math.factorial(base) ** 2 + sum(8 * k * k * math.factorial(k - 1) for k in range(base + 1, n + 1))

    @cached_property
    def _base(self) -> tuple[Float, dict[Partition, slice]]:
        """Matrix of the innermost letters, (coefficients, functions), and where each partition's block stands."""
        m = min(self.n, BASE_LETTERS)
        coefficients = _climb({(): np.eye(math.factorial(m))[:, :, None, None]}, [_steps(k) for k in range(1, m + 1)])
        blocks, where, stop = [], {}, 0
        for la, block in coefficients.items():
            flat = block.reshape(math.factorial(m), -1)
            where[la] = slice(stop, stop + flat.shape[1])
            stop += flat.shape[1]
            blocks.append(flat)
        return np.hstack(blocks), where

    @cached_property
    def _levels(self) -> list[list[_Step]]:
        return [_steps(k) for k in range(min(self.n, BASE_LETTERS) + 1, self.n + 1)]

    def forward(self, values: Float) -> dict[Partition, Float]:
        """Coefficient matrices (b, d, d) by partition, of functions (b, n!)."""
        base, where = self._base
        flat = values.reshape(len(values), -1, len(base)) @ base
        start = {la: _square(flat[..., block]) for la, block in where.items()}
        return {la: block[:, 0] for la, block in _climb(start, self._levels).items()}

    def backward(self, coefficients: dict[Partition, Float]) -> Float:
        """Functions, shape (b, n!), of the matrices (b, d, d); the inverse and the transpose of ``forward``."""
        base, where = self._base
        below = {la: block[:, None] for la, block in coefficients.items()}
        for steps in reversed(self._levels):
            below = {step.below: _descend_one(step, below) for step in steps}
        b = len(next(iter(below.values())))
        outer = math.factorial(self.n) // len(base)
        flat = np.empty((b, outer, len(base)))
        for la, block in where.items():
            flat[..., block] = below[la].reshape(b, outer, -1)
        return np.asarray((flat @ base.T).reshape(b, -1))


def _climb(start: dict[Partition, Float], levels: list[list[_Step]]) -> dict[Partition, Float]:
    """Coefficients one level after the other: blocks (b, cosets, d, d) to (b, cosets / k, d', d')."""
    current = start
    for steps in levels:
        above: dict[Partition, Float] = {}
        for step in steps:
            block = current[step.below]
            b, cosets, d, _ = block.shape
            k = step.matrix.shape[0] // d
            image = step.matrix @ block.reshape(b, cosets // k, k * d, d)
            for la, rows in step.rows.items():
                size = rows.stop - rows.start
                target = above.setdefault(la, np.empty((b, cosets // k, size, size)))
                target[..., step.columns[la]] = image[:, :, rows]
        current = above
    return current


def _descend_one(step: _Step, above: dict[Partition, Float]) -> Float:
    """Blocks of ``step.below`` in k times as many cosets, from those of the partitions above it."""
    stacked = np.concatenate([above[la][..., step.columns[la]] for la in step.rows], axis=2)
    b, cosets, rows, d = stacked.shape
    return np.asarray((step.matrix.T @ stacked).reshape(b, cosets * rows // d, d, d))


def _square(flat: Float) -> Float:
    d = math.isqrt(flat.shape[-1])
    return flat.reshape(*flat.shape[:-1], d, d)
