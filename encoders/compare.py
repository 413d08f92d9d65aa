"""One line for an encoder on a program: qubits, terms, coefficients, penalties, exact or not, or why not possible."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ..core import (
    BinaryProgram,
    Encoder,
    Encoding,
    FactoredModel,
    Float,
    PolynomialModel,
    UnsupportedError,
    bqm_to_arrays,
    to_spec,
)


def compare_encoders(encoder: Encoder, program: BinaryProgram) -> dict[str, Any]:
    """Encode, and count; JSON values.

    Returns
    -------
    ``encoder`` (name), ``qubits``, ``aux_qubits``, ``quadratic_terms`` (of two factors or more), ``degree``,
    ``largest`` and ``smallest`` nonzero |coefficient| of the model without its offset, ``penalty_min`` and
    ``penalty_max`` (None without penalties), ``is_exact``, ``is_relaxation``, ``seconds`` of encoding (wall clock),
    ``bytes`` that the model takes in memory,
    ``note``, ``refusal`` (None, or why the encoder cannot take the program; then the others are None).

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> from qopt.encoders.domain_wall import DomainWall
    >>> from qopt.encoders.slack import Slack
    >>> program = BinaryProgram(c=[-3, -2], rows=make_rows([[2, 1]], upper=[2]))
    >>> row = compare_encoders(Slack(), program)
    >>> row["qubits"], row["aux_qubits"], row["quadratic_terms"], row["is_exact"]
    (4, 2, 6, True)
    >>> compare_encoders(DomainWall(), program)["refusal"]
    'domain walls need a one-hot row (sum of variables == 1), got none; use slack'
    """
    name = to_spec(encoder)["name"]
    start = time.perf_counter()
    try:
        encoding = encoder.encode(program)
    except UnsupportedError as error:
        return {"encoder": name, **dict.fromkeys(_COUNTS), "note": "", "refusal": str(error)}
    seconds = time.perf_counter() - start
    counts = dict(zip(_COUNTS, _counts(encoding, seconds), strict=True))
    return {"encoder": name, **counts, "note": encoding.note, "refusal": None}


_COUNTS = (
    "qubits",
    "aux_qubits",
    "quadratic_terms",
    "degree",
    "largest",
    "smallest",
    "penalty_min",
    "penalty_max",
    "is_exact",
    "is_relaxation",
    "seconds",
    "bytes",
)


def _counts(encoding: Encoding, seconds: float) -> tuple[Any, ...]:
    coefficients, degree, size = _model(encoding.bqm)
    values = np.abs(coefficients[coefficients != 0])
    penalties = list(encoding.penalties.values())
    return (
        encoding.num_qubits,
        encoding.num_aux,
        int(encoding.bqm.num_interactions),
        degree,
        float(values.max()) if values.size else None,
        float(values.min()) if values.size else None,
        min(penalties) if penalties else None,
        max(penalties) if penalties else None,
        encoding.is_exact,
        encoding.is_relaxation,
        seconds,
        size,
    )


def _model(model: Any) -> tuple[Float, int, int]:
    """Coefficients without the offset, degree, and bytes in memory."""
    if isinstance(model, PolynomialModel):
        polynomial = model.polynomial
        arrays = (polynomial.indptr, polynomial.indices, polynomial.coefficients)
        return polynomial.coefficients, polynomial.degree, sum(int(array.nbytes) for array in arrays)
    if isinstance(model, FactoredModel):
        return _extremes(model), 2, model.program.couplings.num_bytes
    linear, _, _, quadratic, _ = bqm_to_arrays(model)
    degree = 2 if quadratic.any() else int(linear.any())
    return np.concatenate([linear, quadratic]), degree, int(model.nbytes())


def _extremes(model: FactoredModel) -> Float:
    """Linear coefficients, and of the products the smallest and the largest of each block: no list of all is made."""
    sizes = (np.abs(values) for _, _, values in model.program.couplings.blocks() if values.size)
    return np.concatenate([model.program.c, *(np.array([part.min(), part.max()]) for part in sizes)])
