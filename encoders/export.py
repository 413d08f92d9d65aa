"""A QUBO in other tools' forms: dimod BQM file, COO text, LP text, Qiskit's SparsePauliOp; polynomials as .hubo text.

``.json`` is the whole encoding, with its way back (``encoding_from_json``).

Bit order: z[i] is variable i, spin ``s_i = 1 - 2 z_i``, the eigenvalue of Pauli Z on qubit i. Energies are kept, offset
included.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import (
    BinaryPolynomial,
    Encoding,
    MissingDependencyError,
    PolynomialModel,
    UnsupportedError,
    bqm_to_arrays,
    polynomial_text,
)
from ..core.files import write_bytes
from .serialise import encoding_to_json

if TYPE_CHECKING:
    import dimod

#: SparsePauliOp holds two bytes a term and qubit, and more while it is built.
MAX_PAULI_BYTES = 2 * 10**9


def export_encoding(encoding: Encoding, path: Path | str) -> None:
    """Write the model in the form that the path's suffix says: .bqm, .coo, .hubo, .json, .lp or .pauli.

    Raises
    ------
    ValueError
        The suffix is another one.
    UnsupportedError
        The QUBO is too large for a Pauli operator, or the form holds no polynomial of higher degree.
    MissingDependencyError
        Qiskit is not installed (.pauli).
    """
    path = Path(path)
    check_export_path(path)
    write_bytes(path, _written(encoding, path.suffix))


def _written(encoding: Encoding, suffix: str) -> bytes:
    if suffix == ".json":
        return (json.dumps(encoding_to_json(encoding), allow_nan=False) + "\n").encode()
    if isinstance(encoding.bqm, PolynomialModel) and suffix not in (".hubo", ".pauli"):
        raise UnsupportedError(
            f"a {suffix} file must hold a quadratic model, got a polynomial of degree "
            f"{encoding.bqm.polynomial.degree}; export .hubo, .pauli or .json, or use --encoder quadratise"
        )
    return WRITERS[suffix](encoding.bqm)


def check_export_path(path: Path) -> None:
    """Refuse a suffix that no form has, before any work is done for it.

    Raises
    ------
    ValueError
        No form has the path's suffix.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"export path must end in {', '.join(SUFFIXES)}, got {path.name!r}; choose one of these")


def hubo_text(model: Any) -> str:
    """The polynomial's text (``core.polynomial_text``), also of a QUBO; ``qopt`` reads it as kind ``hubo``.

    Examples
    --------
    >>> from qopt.core import bqm_from_arrays
    >>> print(hubo_text(bqm_from_arrays([1, 0], [0], [1], [-2.5], 3)), end="")
    p hubo binary 2 2 3
    1 0
    -2.5 0 1
    """
    return polynomial_text.to_text(_polynomial(model))


def _polynomial(model: Any) -> BinaryPolynomial:
    if isinstance(model, PolynomialModel):
        return model.polynomial
    linear, i, j, values, offset = bqm_to_arrays(model)
    terms = [((k,), value) for k, value in enumerate(linear.tolist())]
    pairs = [((a, b), value) for a, b, value in zip(i.tolist(), j.tolist(), values.tolist())]
    return BinaryPolynomial.from_terms(linear.size, [*terms, *pairs], offset)


def bqm_bytes(bqm: dimod.BinaryQuadraticModel) -> bytes:
    """dimod's own binary form; ``dimod.BQM.from_file`` reads it."""
    with bqm.to_file() as file:
        data: bytes = file.read()
    return data


def coo_text(bqm: dimod.BinaryQuadraticModel) -> str:
    """Lines ``i j value``, ``i i value`` for the linear term of each variable (also 0), as dimod's coo and qopt read
    them.

    Numbers are written without exponent, which dimod's reader does not know; the offset stands in a comment.

    Examples
    --------
    >>> from qopt.core import bqm_from_arrays
    >>> print(coo_text(bqm_from_arrays([1, 0], [0], [1], [2.5e-7], 3)), end="")
    # vartype=BINARY
    # offset=3
    0 0 1
    1 1 0
    0 1 0.00000025
    """
    linear, i, j, values, offset = bqm_to_arrays(bqm)
    lines = ["# vartype=BINARY", f"# offset={_decimal(offset)}"]
    lines += [f"{k} {k} {_decimal(value)}" for k, value in enumerate(linear.tolist())]
    low, high = np.minimum(i, j), np.maximum(i, j)
    order = np.lexsort((high, low))
    triples = zip(low[order].tolist(), high[order].tolist(), values[order].tolist())
    lines += [f"{a} {b} {_decimal(value)}" for a, b, value in triples]
    return "\n".join(lines) + "\n"


def _decimal(value: float) -> str:
    return np.format_float_positional(value, trim="-")


def lp_text(bqm: dimod.BinaryQuadraticModel) -> str:
    """CPLEX LP text with the objective ``linear + [ quadratic ] / 2``, variables z0, z1, ...; the offset as a constant.

    Examples
    --------
    >>> from qopt.core import bqm_from_arrays
    >>> print(lp_text(bqm_from_arrays([1, 0], [0], [1], [-2.5], 3)), end="")
    Minimize
     obj: + 1.0 z0 + 0.0 z1
     + [
     - 5.0 z0 * z1
     ] / 2
     + 3.0
    Subject To
    Binary
     z0
     z1
    End
    """
    linear, i, j, values, offset = bqm_to_arrays(bqm)
    # every variable stands in the objective, so that readers number them in order
    terms = [f"{_signed(value)} z{k}" for k, value in enumerate(linear.tolist())]
    lines = ["Minimize", " obj: " + "\n ".join(" ".join(terms[k : k + 8]) for k in range(0, len(terms), 8))]
    if values.size:
        products = zip(np.minimum(i, j).tolist(), np.maximum(i, j).tolist(), (2 * values).tolist())
        lines += [" + [", *(f" {_signed(value)} z{a} * z{b}" for a, b, value in products), " ] / 2"]
    if offset:
        lines.append(f" {_signed(offset)}")
    lines += ["Subject To", "Binary", *(f" z{k}" for k in range(linear.size)), "End"]
    return "\n".join(lines) + "\n"


def sparse_pauli_op(bqm: dimod.BinaryQuadraticModel) -> Any:
    """The QUBO as a Qiskit SparsePauliOp, diagonal in Z: <z|H|z> is the energy of z, variable i on qubit i.

    With ``z_i = (1 - Z_i) / 2``: constant ``offset + sum h / 2 + sum J / 4``, Z_i ``-h_i / 2 - sum_j J_ij / 4``, Z_i
    Z_j ``J_ij / 4``. Qiskit prints the highest qubit first.

    Raises
    ------
    UnsupportedError
        It would need more than ``MAX_PAULI_BYTES``.
    MissingDependencyError
        Qiskit is not installed.

    Examples
    --------
    >>> from qopt.core import bqm_from_arrays
    >>> sparse_pauli_op(bqm_from_arrays([2, 0], [], [], [])).to_list()
    [('II', (1+0j)), ('IZ', (-1+0j))]
    """
    try:
        from qiskit.quantum_info import PauliList, SparsePauliOp
    except ImportError:
        raise MissingDependencyError("qiskit", "quantum") from None
    if isinstance(bqm, PolynomialModel):
        return _higher_pauli_op(bqm.polynomial.to_spin())
    linear, i, j, values, offset = bqm_to_arrays(bqm)
    m = linear.size
    field = -linear / 2
    np.subtract.at(field, i, values / 4)
    np.subtract.at(field, j, values / 4)
    kept = np.flatnonzero(field)
    num_terms = 1 + kept.size + values.size
    if 2 * num_terms * m > MAX_PAULI_BYTES:
        raise UnsupportedError(
            f"Pauli operator must take at most {MAX_PAULI_BYTES / 1e9:g} GB, got {num_terms:,} terms on {m} qubits; "
            f"export .coo or .bqm"
        )
    z = np.zeros((num_terms, m), dtype=bool)
    z[1 + np.arange(kept.size), kept] = True
    pairs = 1 + kept.size + np.arange(values.size)
    z[pairs, i] = True
    z[pairs, j] = True
    constant = offset + linear.sum() / 2 + values.sum() / 4
    coefficients = np.concatenate([[constant], field[kept], values / 4]).astype(complex)
    return SparsePauliOp(PauliList.from_symplectic(z, np.zeros_like(z)), coefficients)


def _higher_pauli_op(spins: BinaryPolynomial) -> Any:
    from qiskit.quantum_info import SparsePauliOp

    size = 2 * (spins.num_terms + 1) * spins.num_variables
    if size > MAX_PAULI_BYTES:
        raise UnsupportedError(
            f"Pauli operator must take at most {MAX_PAULI_BYTES / 1e9:g} GB, got {spins.num_terms:,} terms on "
            f"{spins.num_variables} qubits; export .hubo"
        )
    terms = [("Z" * len(term), list(term), value) for term, value in spins.terms()]
    return SparsePauliOp.from_sparse_list([("", [], spins.offset), *terms], num_qubits=spins.num_variables)


def pauli_text(bqm: dimod.BinaryQuadraticModel) -> str:
    """Lines ``label coefficient`` of ``sparse_pauli_op``, the highest qubit first as in Qiskit's labels."""
    operator = sparse_pauli_op(bqm)
    labels, coefficients = operator.paulis.to_labels(), operator.coeffs.real.tolist()
    return "".join(f"{label} {value!r}\n" for label, value in zip(labels, coefficients))


def _signed(value: float) -> str:
    return f"- {-value!r}" if value < 0 else f"+ {value!r}"


#: Writer by suffix.
WRITERS: MappingProxyType[str, Callable[[dimod.BinaryQuadraticModel], bytes]] = MappingProxyType(
    {
        ".bqm": bqm_bytes,
        ".coo": lambda bqm: coo_text(bqm).encode(),
        ".hubo": lambda bqm: hubo_text(bqm).encode(),
        ".lp": lambda bqm: lp_text(bqm).encode(),
        ".pauli": lambda bqm: pauli_text(bqm).encode(),
    }
)
SUFFIXES = (*WRITERS, ".json")
