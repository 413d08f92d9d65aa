"""Encoding <-> JSON, so that a QUBO can be stored, sent to another machine, sampled there, and decoded here again.

Floats keep every bit (JSON holds their shortest exact text). Decoders, programs and arrays nested in ``state`` are
tagged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core import (
    DECODERS,
    BinaryProgram,
    Decoder,
    Encoding,
    KroneckerProducts,
    PolynomialModel,
    PolynomialProgram,
    Rows,
    bqm_from_arrays,
    bqm_to_arrays,
)
from ..core.polynomial_text import from_json as polynomial_from_json
from ..core.polynomial_text import to_json as polynomial_to_json

SCHEMA = "qopt.encoding/1"
_TAG = "__type__"


def encoding_to_json(encoding: Encoding) -> dict[str, Any]:
    """The encoding as JSON values, with its schema.

    Raises
    ------
    TypeError
        ``state`` or ``trace`` holds something that is neither JSON, array, decoder, program nor encoding.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> from qopt.encoders.slack import Slack
    >>> encoding = Slack().encode(BinaryProgram(c=[-1, -1], rows=make_rows([[1, 1]], upper=[1])))
    >>> data = encoding_to_json(encoding)
    >>> data["schema"], data["linear"], data["quadratic"]
    ('qopt.encoding/1', [-1.0, -1.0], [[0, 1, 2.0]])
    >>> encoding_from_json(data).decode(np.array([[0, 1]])).tolist()
    [[0, 1]]
    """
    return {
        "schema": SCHEMA,
        **_model_to_json(encoding.bqm),
        "decoder": _to_json(encoding.decoder),
        "penalties": {name: float(value) for name, value in encoding.penalties.items()},
        "num_aux": encoding.num_aux,
        "is_exact": encoding.is_exact,
        "is_relaxation": encoding.is_relaxation,
        "native": None if encoding.native is None else _to_json(encoding.native),
        "note": encoding.note,
        "trace": [_to_json(row) for row in encoding.trace],
        "state": _to_json(dict(encoding.state)),
    }


def encoding_from_json(data: Mapping[str, Any]) -> Encoding:
    """The encoding that ``encoding_to_json`` gave.

    Raises
    ------
    ValueError
        The schema is another one, a key is missing, or a decoder is unknown.
    """
    if data.get("schema") != SCHEMA:
        raise ValueError(f"encoding must have schema {SCHEMA}, got {data.get('schema')!r}; was it written by qopt?")
    keys = {"polynomial"} if "polynomial" in data else {"linear", "quadratic", "offset"}
    missing = (keys | {"decoder"}) - set(data)
    if missing:
        raise ValueError(f"encoding must have the key {sorted(missing)[0]!r}; was the file cut?")
    return Encoding(
        bqm=_model_from_json(data),
        decoder=_from_json(data["decoder"]),
        penalties=dict(data.get("penalties", {})),
        num_aux=int(data.get("num_aux", 0)),
        is_exact=bool(data.get("is_exact", False)),
        is_relaxation=bool(data.get("is_relaxation", False)),
        native=None if data.get("native") is None else _from_json(data["native"]),
        note=str(data.get("note", "")),
        trace=tuple(_from_json(row) for row in data.get("trace", [])),
        state=_from_json(data.get("state", {})),
    )


def _model_to_json(model: Any) -> dict[str, Any]:
    """A QUBO as ``offset``, ``linear`` and ``quadratic``; a polynomial of higher degree under ``polynomial``."""
    if isinstance(model, PolynomialModel):
        return {"polynomial": polynomial_to_json(model.polynomial)}
    linear, i, j, values, offset = bqm_to_arrays(model)
    return {
        "offset": offset,
        "linear": linear.tolist(),
        "quadratic": [list(t) for t in zip(np.minimum(i, j).tolist(), np.maximum(i, j).tolist(), values.tolist())],
    }


def _model_from_json(data: Mapping[str, Any]) -> Any:
    if "polynomial" in data:
        return PolynomialModel(polynomial_from_json(data["polynomial"], "encoding"))
    i, j, values = ([term[k] for term in data["quadratic"]] for k in range(3))
    return bqm_from_arrays(data["linear"], i, j, values, data["offset"])


def _to_json(value: Any) -> Any:
    """Any value that an Encoding may hold, as JSON; what JSON has no form for carries a tag."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else {_TAG: "float", "value": repr(value)}
    if isinstance(value, np.generic):
        return _to_json(value.item())
    if isinstance(value, np.ndarray):
        return {_TAG: "array", "dtype": value.dtype.name, "shape": list(value.shape), "values": _numbers(value)}
    if isinstance(value, Mapping):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, tuple):
        return {_TAG: "tuple", "values": [_to_json(item) for item in value]}
    if isinstance(value, Encoding):
        return {_TAG: "encoding", "value": encoding_to_json(value)}
    if isinstance(value, PolynomialProgram):
        return {_TAG: "polynomial", "value": polynomial_to_json(value.polynomial), "names": list(value.names)}
    if isinstance(value, BinaryProgram):
        return _program_to_json(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _to_json(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
        return {_TAG: "decoder", "name": DECODERS.entry_of(type(value)).name, "fields": fields}
    raise TypeError(f"encoding state must be JSON, arrays, decoders or programs, got {type(value).__name__}")


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    match value.get(_TAG):
        case None:
            return {key: _from_json(item) for key, item in value.items()}
        case "float":
            return float(value["value"])
        case "array":
            numbers = [_from_json(item) for item in value["values"]]
            return np.array(numbers, dtype=value["dtype"]).reshape(value["shape"])
        case "tuple":
            return tuple(_from_json(item) for item in value["values"])
        case "encoding":
            return encoding_from_json(value["value"])
        case "polynomial":
            return PolynomialProgram(polynomial_from_json(value["value"], "encoding"), tuple(value["names"]))
        case "program":
            return _program_from_json(value)
        case "decoder":
            return _decoder(value)
        case other:
            raise ValueError(f"encoding value must have a known type, got {other!r}; was it written by a newer qopt?")


def _decoder(data: Mapping[str, Any]) -> Decoder:
    make = DECODERS.get(data["name"]).make
    decoder: Decoder = make(**{key: _from_json(item) for key, item in data["fields"].items()})
    return decoder


def _numbers(array: np.ndarray[Any, Any]) -> list[Any]:
    flat = array.ravel().tolist()
    return [_to_json(item) for item in flat] if array.dtype.kind == "f" else flat


def _program_to_json(program: BinaryProgram) -> dict[str, Any]:
    rows = program.constraints
    return {
        _TAG: "program",
        "c": program.c.tolist(),
        "Q": _products_to_json(program.Q),
        "offset": program.offset,
        "A": _csr_to_json(rows.A),
        "lower": _numbers(rows.lower),
        "upper": _numbers(rows.upper),
        "row_names": list(rows.names),
        "names": list(program.names),
    }


def _program_from_json(data: Mapping[str, Any]) -> BinaryProgram:
    lower, upper = ([_from_json(item) for item in data[key]] for key in ("lower", "upper"))
    rows = Rows(_csr_from_json(data["A"]), np.array(lower), np.array(upper), tuple(data["row_names"]))
    return BinaryProgram(data["c"], _products_from_json(data["Q"]), data["offset"], rows, tuple(data["names"]))


def _products_to_json(Q: Any) -> dict[str, Any]:
    if isinstance(Q, KroneckerProducts):
        return {"flow": Q.flow.tolist(), "distance": Q.distance.tolist()}
    return _csr_to_json(Q)


def _products_from_json(data: Mapping[str, Any]) -> Any:
    return KroneckerProducts(data["flow"], data["distance"]) if "flow" in data else _csr_from_json(data)


def _csr_to_json(matrix: Any) -> dict[str, Any]:
    parts = {key: getattr(matrix, key).tolist() for key in ("data", "indices", "indptr")}
    return {"shape": list(matrix.shape), **parts}


def _csr_from_json(data: Mapping[str, Any]) -> Any:
    from scipy.sparse import csr_array

    return csr_array((data["data"], data["indices"], data["indptr"]), shape=tuple(data["shape"]))
