"""TSPLIB95: symmetric and asymmetric travelling salesman instances, with TSPLIB's own rounding of distances.

Reads EUC_2D, CEIL_2D, MAN_2D, MAX_2D, ATT, GEO and EXPLICIT in every matrix form. Fixed edges are refused, because
they change the problem. TYPE CVRP is read in ``cvrplib``; HCP and SOP are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from ...core import READERS, AnyArray, Float, InstanceFormatError, Int, Problem, UnsupportedError, frozen_number
from ..reading import NumberStream, fail, parse_integer
from ..tsp import MAX_CITIES, Tsp
from .contract import ReadOptions, path_name

_SECTIONS = frozenset(
    "NODE_COORD_SECTION EDGE_WEIGHT_SECTION DISPLAY_DATA_SECTION TOUR_SECTION DEMAND_SECTION DEPOT_SECTION".split()  # noqa: SIM905
)

#: Notes, which may stand several times.
_REPEATED = frozenset({"COMMENT", "NAME", "DISPLAY_DATA_TYPE", "NODE_COORD_TYPE"})


def euc_2d(points: AnyArray) -> Int:
    """Euclidean distances (n, n) of points (n, 2), rounded to the nearest integer: int(r + 0.5)."""
    return (_euclid(points) + 0.5).astype(np.int64)


def ceil_2d(points: AnyArray) -> Int:
    """Euclidean distances (n, n) of points (n, 2), rounded up."""
    return np.ceil(_euclid(points)).astype(np.int64)


def man_2d(points: AnyArray) -> Int:
    """Manhattan distances (n, n) of points (n, 2), rounded to the nearest integer."""
    dx, dy = _differences(points)
    return np.asarray((np.abs(dx) + np.abs(dy) + 0.5).astype(np.int64))


def max_2d(points: AnyArray) -> Int:
    """The larger of the two rounded coordinate differences, shape (n, n), of points (n, 2)."""
    dx, dy = _differences(points)
    return np.asarray((np.maximum(np.abs(dx), np.abs(dy)) + 0.5).astype(np.int64))


def att(points: AnyArray) -> Int:
    """Pseudo-Euclidean distances (n, n) of points (n, 2): sqrt((dx^2 + dy^2) / 10), rounded so that they never shrink.

    Examples
    --------
    >>> int(att(np.array([[6734, 1453], [2233, 10]]))[0, 1])
    1495
    """
    dx, dy = _differences(points)
    r = np.sqrt((dx * dx + dy * dy) / 10.0)
    t = (r + 0.5).astype(np.int64)
    return np.asarray(t + (t < r))


def geo(points: AnyArray) -> Int:
    """Distances (n, n) on the earth in kilometres, for points (n, 2) in degrees and minutes DDD.MM.

    TSPLIB's pi is 3.141592, its radius 6378.388 km, and degrees are truncated (as in its published optima; the
    report's text says rounded).
    """
    degrees = np.trunc(points)
    radians = 3.141592 * (degrees + 5.0 * (points - degrees) / 3.0) / 180.0
    latitude, longitude = radians[:, 0], radians[:, 1]
    q1 = np.cos(longitude[:, None] - longitude)
    q2 = np.cos(latitude[:, None] - latitude)
    q3 = np.cos(latitude[:, None] + latitude)
    cosine = np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0)
    return (6378.388 * np.arccos(cosine) + 1.0).astype(np.int64)


def _differences(points: AnyArray) -> tuple[Float, Float]:
    x, y = np.asarray(points, dtype=np.float64).T
    return x[:, None] - x, y[:, None] - y


def _euclid(points: AnyArray) -> Float:
    dx, dy = _differences(points)  # in place: matrices of large instances are what memory goes into
    dx *= dx
    dy *= dy
    dx += dy
    return np.asarray(np.sqrt(dx, out=dx))


#: Distances by EDGE_WEIGHT_TYPE, from coordinates (n, 2).
METRICS = MappingProxyType(
    {"EUC_2D": euc_2d, "CEIL_2D": ceil_2d, "MAN_2D": man_2d, "MAX_2D": max_2d, "ATT": att, "GEO": geo}
)


def _full(stream: NumberStream, n: int) -> AnyArray:
    return stream.take((n, n), "EDGE_WEIGHT_SECTION")


def _triangle(lower: bool, diagonal: bool) -> Callable[[NumberStream, int], AnyArray]:
    def read(stream: NumberStream, n: int) -> AnyArray:
        values = stream.take(n * (n + 1) // 2 if diagonal else n * (n - 1) // 2, "EDGE_WEIGHT_SECTION")
        matrix = np.zeros((n, n), dtype=values.dtype)
        shift = 0 if diagonal else 1
        matrix[np.tril_indices(n, -shift) if lower else np.triu_indices(n, shift)] = values
        return np.asarray(matrix + matrix.T)  # doubles the diagonal, which Tsp ignores

    return read


#: Matrix readers by EDGE_WEIGHT_FORMAT; an upper triangle by columns is a lower one by rows.
MATRIX_FORMS = MappingProxyType(
    {
        "FULL_MATRIX": _full,
        "UPPER_ROW": _triangle(lower=False, diagonal=False),
        "LOWER_ROW": _triangle(lower=True, diagonal=False),
        "UPPER_DIAG_ROW": _triangle(lower=False, diagonal=True),
        "LOWER_DIAG_ROW": _triangle(lower=True, diagonal=True),
        "UPPER_COL": _triangle(lower=True, diagonal=False),
        "LOWER_COL": _triangle(lower=False, diagonal=False),
        "UPPER_DIAG_COL": _triangle(lower=True, diagonal=True),
        "LOWER_DIAG_COL": _triangle(lower=False, diagonal=True),
    }
)


@dataclass(frozen=True)
class Document:
    """A TSPLIB file: values by keyword, and the text of its sections, each with its first line's number."""

    path: str
    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    sections: dict[str, tuple[str, int]] = field(default_factory=dict)

    def value(self, key: str, default: str | None = None) -> str:
        """Value of a keyword; its first word is what counts for types.

        Raises
        ------
        InstanceFormatError
            The keyword is missing and has no default.
        """
        if key not in self.values:
            if default is None:
                raise InstanceFormatError(self.path, None, f"expected the keyword {key}, found none; is the file cut?")
            return default
        return self.values[key][0]

    def choice(self, key: str, known: tuple[str, ...], default: str | None = None) -> str:
        """Value of a keyword that must be one of the known words."""
        word = (self.value(key, default).split() or [""])[0].upper()
        if word not in known:
            line = self.values[key][1] if key in self.values else None
            fail(self.path, line, f"{key} one of {', '.join(known)}", word)
        return word

    def dimension(self) -> int:
        """Number of cities."""
        text = self.value("DIMENSION")
        return parse_integer(text, self.path, self.values["DIMENSION"][1], "DIMENSION", 1, MAX_CITIES)

    def stream(self, section: str) -> NumberStream:
        """The numbers of a section.

        Raises
        ------
        InstanceFormatError
            The section is missing.
        """
        if section not in self.sections:
            raise InstanceFormatError(self.path, None, f"expected a {section}, found none; is the file cut?")
        text, first = self.sections[section]
        return NumberStream(text, self.path, comment=None, first_line=first)


def parse(text: str, path: str) -> Document:
    """Keywords and sections of a TSPLIB file.

    Raises
    ------
    InstanceFormatError
        A line that is neither ``KEY : value``, nor the name of a section, nor numbers within one.
    """
    document = Document(path)
    section: str | None = None
    collected: list[str] = []
    first = 0
    for index, line in enumerate([*text.split("\n"), "EOF"], start=1):
        stripped = line.strip()
        if section is not None and not stripped[:1].isalpha():
            collected.append(line)
            continue
        if section is not None:
            document.sections[section] = ("\n".join(collected), first)
            section = None
        if not stripped:
            continue
        key, colon, value = (part.strip() for part in stripped.partition(":"))
        if key == "EOF":
            break
        if key in document.sections or (key in document.values and key not in _REPEATED):
            fail(path, index, f"{key} once", key, "remove one of the two")
        if key in _SECTIONS:
            section, collected, first = key, [], index + 1
        elif key.endswith("_SECTION"):
            fail(
                path,
                index,
                f"one of the sections {', '.join(sorted(_SECTIONS))}",
                key,
                "other data are not read",
            )
        elif colon and re.fullmatch(r"[A-Z][A-Z0-9_]*", key):
            document.values[key] = (value, index)
        else:
            fail(path, index, "'KEY : value' or a section", stripped)
    return document


@READERS.register("tsplib")
class TsplibReader:
    """TSPLIB .tsp and .atsp: travelling salesman with coordinates or explicit distances."""

    kinds: ClassVar[tuple[str, ...]] = ("tsp",)
    suffixes: ClassVar[tuple[str, ...]] = (".tsp", ".atsp")
    writes: ClassVar[tuple[str, ...]] = ("tsp",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether ``TYPE : TSP`` (or ATSP) and a DIMENSION stand in the first 4,000 characters."""
        head = text[:4000]
        is_tsp = re.search(r"^\s*TYPE\s*:\s*A?TSP\b", head, re.MULTILINE) is not None
        return is_tsp and re.search(r"^\s*DIMENSION\s*:", head, re.MULTILINE) is not None

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance; distances from a matrix, or from points by the rule of EDGE_WEIGHT_TYPE.

        Raises
        ------
        InstanceFormatError
            A symmetric instance has a distance that differs by direction.
        """
        document = parse(text, path)
        is_asymmetric = document.choice("TYPE", ("TSP", "ATSP"), "TSP") == "ATSP"
        n = document.dimension()
        weights = document.choice("EDGE_WEIGHT_TYPE", (*METRICS, "EXPLICIT"))
        if weights == "EXPLICIT":
            form = document.choice("EDGE_WEIGHT_FORMAT", tuple(MATRIX_FORMS))
            stream = document.stream("EDGE_WEIGHT_SECTION")
            distances = MATRIX_FORMS[form](stream, n)
            stream.end()
            shown = next((s for s in ("DISPLAY_DATA_SECTION", "NODE_COORD_SECTION") if s in document.sections), None)
            coordinates = None if shown is None else points_section(document, shown, n)
        else:
            coordinates = points_section(document, "NODE_COORD_SECTION", n)
            distances = METRICS[weights](coordinates)
        tsp = Tsp(distances, coordinates, name=document.value("NAME", "").removesuffix(".tsp") or path_name(path))
        if not is_asymmetric and not tsp.is_symmetric:
            i, j = (int(v[0]) for v in np.nonzero(tsp.distances != tsp.distances.T))
            found = f"{tsp.distances[i, j]} from {i + 1} to {j + 1} and {tsp.distances[j, i]} back"
            raise InstanceFormatError(path, None, f"expected symmetric distances, found {found}; set TYPE : ATSP")
        return [tsp]

    def write(self, problem: Problem) -> str:
        """Coordinates where a TSPLIB metric gives these distances, else the matrix (integers only).

        Raises
        ------
        UnsupportedError
            The distances are no integers, or there is no city.
        """
        assert isinstance(problem, Tsp)
        n = problem.num_cities
        if problem.distances.dtype.kind != "i" or n == 0:
            raise UnsupportedError("tsplib must have integer distances and a city; write .json for this instance")
        lines = [f"NAME : {_line(problem.name) or 'tsp'}", f"TYPE : {'TSP' if problem.is_symmetric else 'ATSP'}"]
        if problem.best_known is not None:
            lines.append(f"COMMENT : best known {problem.best_known.value} {_line(problem.best_known.source)}".rstrip())
        lines.append(f"DIMENSION : {n}")
        metric = _metric(problem)
        if metric is not None:
            lines += [f"EDGE_WEIGHT_TYPE : {metric}", "NODE_COORD_SECTION", *_coordinate_lines(problem)]
        else:
            lines += ["EDGE_WEIGHT_TYPE : EXPLICIT", "EDGE_WEIGHT_FORMAT : FULL_MATRIX"]
            if problem.coordinates is not None:
                lines += ["DISPLAY_DATA_TYPE : TWOD_DISPLAY"]
            lines += ["EDGE_WEIGHT_SECTION", *(" ".join(map(str, row)) for row in problem.distances.tolist())]
            if problem.coordinates is not None:
                lines += ["DISPLAY_DATA_SECTION", *_coordinate_lines(problem)]
        return "\n".join([*lines, "EOF", ""])


def points_section(document: Document, section: str, n: int) -> AnyArray:
    """Coordinates (n, 2) of ``id x y`` lines in any order of the ids 1..n.

    Raises
    ------
    InstanceFormatError
        A coordinate is beyond 2**31.
    """
    stream = document.stream(section)
    table = stream.take((n, 3), f"{section} (id x y)")
    ids = table[:, 0]
    if not np.array_equal(np.sort(ids), np.arange(1, n + 1)):
        wrong = next(i for i in range(n) if ids[i] != np.rint(ids[i]) or not 1 <= ids[i] <= n or ids[i] in ids[:i])
        line = stream.line_of(3 * wrong)
        fail(document.path, line, f"each id from 1 to {n} once", ids[wrong].item())
    stream.end()
    points = np.empty((n, 2))
    points[ids.astype(np.int64) - 1] = table[:, 1:]
    if np.abs(points).max() > 2.0**31:
        raise InstanceFormatError(document.path, None, "expected coordinates below 2**31, found larger; rescale them")
    return frozen_number(points, section)


def _metric(problem: Tsp) -> str | None:
    """The first TSPLIB metric that gives the distances from the coordinates."""
    if problem.coordinates is None:
        return None
    points = np.asarray(problem.coordinates, dtype=np.float64)
    for name, metric in METRICS.items():
        distances = metric(points)
        np.fill_diagonal(distances, 0)
        if np.array_equal(distances, problem.distances):
            return name
    return None


def _coordinate_lines(problem: Tsp) -> list[str]:
    assert problem.coordinates is not None
    return [f"{i} {x!r} {y!r}" for i, (x, y) in enumerate(problem.coordinates.tolist(), start=1)]


def _line(text: str) -> str:
    return " ".join(text.split())
