"""dimod's own files: binary BQM and CQM files, and the JSON of a BQM. Spins become bits by s = 2 x - 1.

BQM files are parsed here, and CQM files checked (zip checksums, counts) before dimod sees them: dimod's loaders read
past the end of damaged files and may crash the process. A CQM file made up by hand to do so is not guarded against.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ...core import READERS, AnyArray, InstanceFormatError, Problem, UnsupportedError
from ...core.labels import label_texts
from ...core.model_text import Model
from ...core.program_io import model_of_cqm
from ..qubo import Qubo
from ..reading import brief
from .contract import ReadOptions, path_name
from .coo import from_spins
from .programs import problem_of

_BQM, _CQM = b"DIMODBQM", b"DIMODCQM"
#: A constrained model that unpacks to more is refused (bytes).
_MAX_UNPACKED = 2**30
_VARINFO = np.dtype([("vartype", np.int8), ("lower", np.float64), ("upper", np.float64)])


@READERS.register("bqm")
class BqmReader:
    """dimod BQM file (``bqm.to_file()``): a QUBO or Ising model."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".bqm",)
    is_binary: ClassVar[bool] = True
    has_complement: ClassVar[bool] = False

    def sniff(self, text: bytes, path: str) -> bool:
        """Whether the bytes begin as a dimod BQM file does."""
        return text.startswith(_BQM)

    def read(self, text: bytes, path: str, options: ReadOptions) -> list[Problem]:
        """The one model as a QUBO; spins become bits, labels variable names.

        Raises
        ------
        InstanceFormatError
            The file is of another version, cut, or its header does not fit its arrays.
        """
        file = _Bytes(text, path)
        version, header = _header(file, _BQM)
        if version not in ((1, 0), (2, 0)):
            raise InstanceFormatError(path, None, f"expected a BQM file of version 1.0 or 2.0, found {version}")
        try:
            n, m = (int(count) for count in header["shape"])
            value = np.dtype({"float32": "<f4", "float64": "<f8"}[header["dtype"]])
            whole = {name: np.dtype(f"<{name[0]}{int(name.lstrip('uint')) // 8}") for name in _INTEGERS}
            index, start = whole[header["itype"]], whole[header["ntype"]]
            is_spin = {"SPIN": True, "BINARY": False}[header["vartype"]]
        except (KeyError, TypeError, ValueError):
            raise InstanceFormatError(path, None, "expected a BQM header, found it damaged") from None
        offset = float(file.array(np.dtype([("value", value)]), 1, "the offset")["value"][0])
        own = file.array(np.dtype([("start", start), ("bias", value)]), n, "linear terms")
        terms = file.array(np.dtype([("other", index), ("bias", value)]), 2 * m, "products")
        linear, row = own["bias"].astype(np.float64), _rows_of(own["start"].astype(np.int64), 2 * m, path)
        other = terms["other"].astype(np.int64)
        if ((other < 0) | (other >= n)).any():
            raise InstanceFormatError(path, None, f"expected products of variables below {n}, found others")
        once = other < row  # each product stands in the lists of both its variables
        pairs, couplings = np.stack([other[once], row[once]], axis=1), terms["bias"][once].astype(np.float64)
        if is_spin:
            linear, couplings, offset = from_spins(linear, pairs, couplings, offset)
        labels = header.get("variables") if version == (1, 0) else file.labels() if header.get("variables") else None
        names = _variable_names(labels, n, path)
        return [Qubo(linear, pairs, couplings, offset, variable_names=names, name=path_name(path))]


@READERS.register("cqm")
class CqmReader:
    """dimod CQM file (``cqm.to_file()``): a program over bits and bounded integers with linear rows."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo", "integer-program")
    chooses_kind: ClassVar[bool] = True
    suffixes: ClassVar[tuple[str, ...]] = (".cqm",)
    is_binary: ClassVar[bool] = True
    has_complement: ClassVar[bool] = False

    def sniff(self, text: bytes, path: str) -> bool:
        """Whether the bytes begin as a dimod CQM file does."""
        return text.startswith(_CQM)

    def read(self, text: bytes, path: str, options: ReadOptions) -> list[Problem]:
        """The one model, read by dimod after the archive was checked.

        Raises
        ------
        InstanceFormatError
            The file is of another version, or dimod cannot read it.
        """
        import dimod

        version, header = _header(_Bytes(text, path), _CQM)
        if version != (2, 0):
            raise InstanceFormatError(
                path, None, f"expected a CQM file of version 2.0, found {version}; write it again with a new dimod"
            )
        try:
            _check_archive(text, header.get("num_variables"), path)
            cqm = dimod.ConstrainedQuadraticModel.from_file(text)
        except InstanceFormatError:
            raise
        except _DAMAGE as error:
            raise InstanceFormatError(path, None, f"expected a CQM file, found: {brief(str(error), 120)}") from None
        try:
            model, types = model_of_cqm(cqm)
        except UnsupportedError as error:
            raise UnsupportedError(f"{error} ({path})") from None
        return [problem_of(_in_order(model), types, name=path_name(path), kind=options.kind)]


@READERS.register("dimod-json")
class DimodJsonReader:
    """JSON of a dimod BQM (``bqm.to_serializable()``)."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".bqm.json",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the text is a JSON object that says it is a BinaryQuadraticModel."""
        return text.lstrip()[:1] == "{" and ('"bqm_schema"' in text or '"BinaryQuadraticModel"' in text)

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one model of ``BinaryQuadraticModel.to_serializable``, with lists.

        Raises
        ------
        UnsupportedError
            Its biases are bytes.
        InstanceFormatError
            A key is missing or has another type.
        """
        from .native import parse_json

        document = parse_json(text, path)
        try:
            n = len(document["variable_labels"])
            if document.get("use_bytes"):
                raise UnsupportedError(f"{path} must hold lists, got bytes; write it with use_bytes=False")
            linear = np.array(document["linear_biases"], dtype=np.float64)
            pairs = np.stack([np.array(document[f"quadratic_{end}"], dtype=np.int64) for end in ("head", "tail")], 1)
            couplings = np.array(document["quadratic_biases"], dtype=np.float64)
            offset, vartype = float(document.get("offset", 0.0)), document["variable_type"]
        except UnsupportedError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError):
            raise InstanceFormatError(path, None, "expected the JSON of a dimod BQM, found it damaged") from None
        if linear.shape != (n,) or vartype not in ("SPIN", "BINARY"):
            raise InstanceFormatError(path, None, f"expected {n} linear terms and a vartype, found it damaged")
        if vartype == "SPIN" and ((pairs >= 0) & (pairs < n)).all() and len(couplings) == len(pairs):
            linear, couplings, offset = from_spins(linear, pairs, couplings, offset)
        names = _variable_names(document["variable_labels"], n, path)
        return [Qubo(linear, pairs, couplings, offset, variable_names=names, name=path_name(path))]


_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
#: What dimod, numpy, zip and JSON raise on damaged contents.
_DAMAGE = (
    ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RuntimeError, AssertionError, EOFError,
    OSError, MemoryError, NotImplementedError, zipfile.BadZipFile, struct.error,
)  # fmt: skip


@dataclass
class _Bytes:
    """Bytes read from front to back, each piece checked to be there."""

    data: bytes
    path: str
    position: int = 0

    def take(self, length: int, what: str) -> bytes:
        piece = self.data[self.position : self.position + length]
        if length < 0 or len(piece) < length:
            raise InstanceFormatError(self.path, None, f"expected {what}, found the end of the file; is it cut?")
        self.position += length
        return piece

    def array(self, dtype: np.dtype[Any], count: int, what: str) -> AnyArray:
        return np.frombuffer(self.take(count * dtype.itemsize, f"{count} {what}"), dtype=dtype)

    def labels(self) -> Any:
        """The section of variable labels: ``VARS``, length, JSON."""
        if self.take(4, "variable labels") != b"VARS":
            raise InstanceFormatError(self.path, None, "expected variable labels, found something else")
        (length,) = struct.unpack("<I", self.take(4, "variable labels"))
        return _json(self.take(length, "variable labels"), self.path)


def _header(file: _Bytes, magic: bytes) -> tuple[tuple[int, int], Mapping[str, Any]]:
    """Version and JSON header behind the magic word."""
    if file.take(8, "a dimod file") != magic:
        raise InstanceFormatError(file.path, None, f"expected {magic.decode()} at the start, found something else")
    major, minor, length = struct.unpack("<BBI", file.take(6, "a header"))
    header = _json(file.take(length, "a header"), file.path)
    if not isinstance(header, Mapping):
        raise InstanceFormatError(file.path, None, "expected a header, found it damaged")
    return (major, minor), header


def _json(data: bytes, path: str) -> Any:
    try:
        return json.loads(data.decode("ascii"))
    except (ValueError, RecursionError):
        raise InstanceFormatError(path, None, "expected JSON in a dimod file, found it damaged") from None


def _rows_of(starts: AnyArray, total: int, path: str) -> AnyArray:
    """The variable whose list each product stands in, from where the lists start."""
    ends = np.append(starts[1:], total) if starts.size else starts
    degrees = ends - starts
    if (degrees < 0).any() or degrees.sum() != total:
        raise InstanceFormatError(path, None, "expected lists of products one after the other, found them damaged")
    return np.repeat(np.arange(starts.size), degrees)


def _variable_names(labels: Any, n: int, path: str) -> tuple[str, ...]:
    """Different names of variables; a tuple label reads ``(0, 1)``, a number ``x[3]``."""
    if not labels:
        return ()
    if not isinstance(labels, list) or len(labels) != n:
        raise InstanceFormatError(path, None, f"expected {n} variable labels, found {brief(labels)}")
    return label_texts(labels)


def _check_archive(data: bytes, num_variables: Any, path: str) -> None:
    """Checksums and sizes of the members, and the header's number of variables against the table of variables."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MAX_UNPACKED:
            raise InstanceFormatError(path, None, f"expected at most {_MAX_UNPACKED} bytes unpacked, found more")
        damaged = archive.testzip()
        if damaged is not None:
            raise InstanceFormatError(path, None, f"expected whole data, found {damaged} damaged; fetch it again")
        table = archive.read("varinfo")[8:]
    size = _VARINFO.itemsize * num_variables if isinstance(num_variables, int) and num_variables >= 0 else -1
    known = 0 <= size <= len(table) and not table[size:].strip(b" ")
    if not known or (np.frombuffer(table[:size], _VARINFO)["vartype"] > 3).any():
        raise InstanceFormatError(
            path, None, f"expected {num_variables} variables, found another number; is it damaged?"
        )


def _in_order(model: Model) -> Model:
    """Rows by name, for dimod loads them in an order that changes from process to process; row[2] before row[10]."""
    parts = [
        [(not p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in re.split(r"(\d+)", n)] for n in model.row_names
    ]
    order = sorted(range(len(parts)), key=lambda i: parts[i])
    names = tuple(model.row_names[i] for i in order)
    return replace(model, A=model.A[order], lower=model.lower[order], upper=model.upper[order], row_names=names)
