"""LP and MPS files through HiGHS: every spelling, refusals by name, integers and maxima as the file has them."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.core import signed
from qopt.problems.files import load, save
from qopt.problems.integer_program import IntegerProgram
from qopt.problems.qubo import Qubo

highspy = pytest.importorskip("highspy")

HEAD = "Maximize\n obj: x + y\n"
TAIL = "bin\n x y\nend\n"


def load_text(folder, text, name="model.lp", **options):
    path = folder / name
    path.write_text(text)
    return load(path, **options)


def points_of(problem):
    """All points of the instance's own variables."""
    if isinstance(problem, IntegerProgram):
        sides = [range(low, high + 1) for low, high in zip(problem.minimum, problem.maximum, strict=True)]
    else:
        sides = [(0, 1)] * problem.linear.size
    return [np.array(point) for point in itertools.product(*sides)]


def best_of(problem):
    """Best objective over all feasible points, in the instance's sense; None where there is none."""
    found = [problem.objective(x) for x in points_of(problem) if not problem.violations(x)]
    return None if not found else min(found) if problem.sense == "min" else max(found)


#: Text and optimum by hand; each was read as another program, or refused, before LP files went through HiGHS.
RIGHT = {
    "bound on a binary": (
        "Minimize\n obj: x + y\nSubject To\n c1: x + y >= 0\nBounds\n x >= 1\nBinaries\n x y\nEnd\n",
        1,
    ),
    "binaries before bounds": (
        "Minimize\n obj: x + y\nSubject To\n c1: x + y >= 0\nBinaries\n x y\nBounds\n x = 1\nEnd\n",
        1,
    ),
    "bound of two sides": (
        "Minimize\n obj: x + y\nSubject To\n c1: x + y >= 0\nBounds\n 1 <= x <= 1\nBinaries\n x y\nEnd\n",
        1,
    ),
    "upper bound 0": (
        "Minimize\n obj: - x - y\nSubject To\n c1: x + y + z >= 1\nBounds\n x <= 0\nBinaries\n x y z\nEnd\n",
        -1,
    ),
    "fixed variable": (
        "Minimize\n obj: x + y\nSubject To\n c1: x + y + z >= 1\nBounds\n z = 0\nBinaries\n x y z\nEnd\n",
        1,
    ),
    "range of negative numbers": (
        "Maximize\n obj: x + y + z\nSubject To\n c1: -2 <= - x - y - z <= -1\nBinaries\n x y z\nEnd\n",
        2,
    ),
    "range with coefficients": (
        "Maximize\n obj: x + y + z\nSubject To\n c1: 1 <= 2 x + 2 y + 2 z <= 5\nBinaries\n x y z\nEnd\n",
        2,
    ),
    "range from above": (HEAD + "st\n c1: 1.5 >= x + y >= 1\n" + TAIL, 1),
    "flipped row": (HEAD + "st\n c1: 1 >= x + y\n" + TAIL, 1),
    "variables on both sides": (HEAD + "st\n c1: x + 1 <= 2 - y\n" + TAIL, 1),
    "constant on the left": (HEAD + "st\n c1: x + y + 3 <= 4\n" + TAIL, 1),
    "row over lines": (HEAD + "st\n c1: x\n + y\n <=\n 1\n" + TAIL, 1),
    "two rows in a line": (HEAD + "st\n c1: x <= 1 c2: y <= 0\n" + TAIL, 1),
    "row without name": (HEAD + "st\n x + y <= 1\n - x - y >= -1\n" + TAIL, 1),
    "term twice": (HEAD + "st\n c1: x + y + x + y <= 2\n" + TAIL, 1),
    "constant in the objective": ("max\n x + y + 5\nst\n c1: x + y <= 1\n" + TAIL, 6),
    "squares and products": ("min\n [ 2 x ^ 2 - 6 x * y ] / 2\nst\n c1: x + y >= 1\n" + TAIL, -2),
    "comments": ("\\ a model\nmax x + y \\ profit\nst\n c1: x + y <= 1 \\ one\n" + TAIL, 1),
    "rows that hold none": (HEAD + "st\n c1: 0 x >= 1\n" + TAIL, None),
}
SPELLINGS = ("s.t.", "st.", "S.T.", "st", "ST:", "subject to", "Subject To:", "such that", "SUBJECT  TO", "s.t.:")


@pytest.mark.parametrize("name", RIGHT)
def test_lp_text_means_what_it_says(tmp_path, name):
    text, right = RIGHT[name]
    assert best_of(load_text(tmp_path, text)) == right


@pytest.mark.parametrize("word", SPELLINGS)
def test_rows_begin_after_any_spelling_of_subject_to(tmp_path, word):
    assert best_of(load_text(tmp_path, f"{HEAD}{word}\n c1: x + y <= 1\n{TAIL}")) == 1
    assert best_of(load_text(tmp_path, f"{HEAD}{word} c1: x + y <= 1\n{TAIL}")) == 1


@pytest.mark.parametrize(("sign", "right"), [("<", 1), ("=<", 1), ("<=", 1), ("=", 1), ("==", 1), (">", 2), ("=>", 2)])
def test_signs_of_comparison(tmp_path, sign, right):
    assert best_of(load_text(tmp_path, f"{HEAD}st\n c1: x + y {sign} 1\n{TAIL}")) == right


@pytest.mark.parametrize(
    "name", ["x[0]", "x[0,1]", "inf1", "infinity2", "e1", "free", "st1", "bin1", "x#1", "x(1)", "ä"]
)
def test_names_of_variables(tmp_path, name):
    problem = load_text(tmp_path, f"max {name} + 2 y\nst\n c[1]: {name} + y <= 1\nbin {name} y\nend\n")
    assert (problem.variable_names, problem.row_names, best_of(problem)) == ((name, "y"), ("c[1]",), 2)


#: What qopt cannot hold, and the words that name it.
REFUSED = {
    "special ordered sets": ("st\n c1: x + y <= 1\nbin\n x y\nsos\n s1: S1:: x:1 y:2\nend\n", "special ordered sets"),
    "semi-continuous": ("st\n c1: x + y <= 1\nbounds\n x <= 5\nbin\n y\nsemi-continuous\n x\nend\n", "semi-continuous"),
    "indicator": ("st\n c1: x = 1 -> y >= 1\n" + TAIL, "indicator row"),
    "general constraints": (
        "st\n c1: x + y <= 1\nbin\n x y\ngeneral constraints\n g: x = max(x,y)\nend\n",
        "general constraints",
    ),
    "lazy rows": ("st\n c1: x + y <= 1\nlazy constraints\n l1: x >= 1\n" + TAIL, "lazy constraints"),
    "products in a row": ("st\n c1: x + [ x * y ] <= 1\n" + TAIL, "row c1 must be linear, got products"),
    "real variable": ("st\n c1: x + y <= 1\nbounds\n x <= 1\nbin\n y\nend\n", "variable x must be integer"),
    "unbounded integer": ("st\n c1: x - y <= 1\ngeneral\n x y\nend\n", "integer x must have a range"),
    "binary with a bound of 5": (
        "st\n c1: x + y <= 1\nbounds\n x <= 5\nbin\n x y\nend\n",
        r"bounds of the binary x within 0\.\.1, found 0\.\.5",
    ),
    "unknown section": ("st\n c1: x + y <= 1\nfoo\n l1: x >= 1\n" + TAIL, "expected"),
    "no comparison": ("st\n c1: x + y\n" + TAIL, "a comparison in the row"),
    "two comparisons behind the terms": ("st\n c1: x + y >= 1 <= 3\n" + TAIL, "terms <= number"),
    "crossed range": ("st\n c1: 3 <= x + y <= 1\n" + TAIL, "crossed"),
    "one row or two": ("st\n 1 <= x + y\n - x + y <= 3\n" + TAIL, "a name before each row"),
    "cut": ("st\n c1: x + y <= 1\nbin\n x y\n", "End as the last line"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_held_is_refused_by_name(tmp_path, name):
    text, words = REFUSED[name]
    with pytest.raises(ValueError, match=words) as found:
        load_text(tmp_path, HEAD + text)
    assert "\n" not in str(found.value)


def test_integers_and_a_maximum_stand_in_the_record_as_the_file_has_them(tmp_path):
    text = "Maximize\n obj: 2 x + i\nSubject To\n c: x + i <= 3\nBounds\n -1 <= i <= 4\nBinary\n x\nGeneral\n i\nEnd\n"
    problem = load_text(tmp_path, text)
    assert (problem.kind, problem.sense, problem.variable_names) == ("integer-program", "max", ("x", "i"))
    record = qopt.solve(problem, "cpsat", seed=0)
    assert (record.objective, record.solution, record.bound) == (4, (1, 2), 4)
    assert record.instance.sense == "max"
    sampled = qopt.solve(problem, "sa", seed=1)
    assert sampled.objective == 4
    assert sampled.solution == (1, 2)


def test_a_minimised_model_of_bits_stays_a_qubo(tmp_path):
    text = "min\n x - y\nst\n c: x + y <= 1\nbin\n x y\nend\n"
    assert isinstance(load_text(tmp_path, text), Qubo)
    assert isinstance(load_text(tmp_path, text, kind="integer-program"), IntegerProgram)


def test_missing_bounds_come_from_rows_and_from_the_need(tmp_path):
    """Slacks without upper bound, as in QOBLIB's market split models."""
    text = "min\n s + t\nst\n c1: 3 x + 5 y + s = 7\n c2: 4 x - t <= 1\nbin\n x y\ngeneral\n s t\nend\n"
    problem = load_text(tmp_path, text)
    assert dict(zip(problem.variable_names, problem.maximum.tolist(), strict=True)) == {"s": 7, "t": 3, "x": 1, "y": 1}
    assert best_of(problem) == 2  # y = 1, s = 2


def test_a_fixed_real_variable_is_a_constant(tmp_path):
    """QOBLIB writes the objective's constant as a real variable fixed at 1."""
    text = "min\n 5.5 one@6 + x + [ 4 one@6 * x ] / 2\nst\n c1: x + 2 one@6 >= 3\nbounds\n one@6 = 1\nbin\n x\nend\n"
    problem = load_text(tmp_path, text)
    assert (problem.variable_names, problem.offset, problem.linear.tolist(), problem.lower) == (("x",), 5.5, [3], (1,))


MPS = """NAME test
OBJSENSE
    MAX
ROWS
 N COST
 L c1
 G c2
 E c3
COLUMNS
 M1 'MARKER' 'INTORG'
 x COST 2 c1 1
 x c2 1
 y COST 3 c1 1
 z c3 1 c2 1
 M2 'MARKER' 'INTEND'
RHS
 RHS c1 4 c2 1
 RHS c3 2
 RHS COST -1
RANGES
 RNG c1 3
BOUNDS
 UP BND x 3
 UP BND y 2
 UP BND z 5
ENDATA
"""


def test_mps_with_ranges_and_a_constant(tmp_path):
    problem = load_text(tmp_path, MPS, "model.mps")
    assert (problem.sense, problem.variable_names, problem.lower, problem.upper) == (
        "max", ("x", "y", "z"), (1, 1, 2), (4, None, 2),
    )  # fmt: skip
    assert best_of(problem) == 2 * 2 + 3 * 2 + 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ENDATA", "SOS1\n S1 SOS s1\n ENDATA", "special ordered sets"),
        ("BOUNDS", "QCMATRIX c1\n x x 1\nBOUNDS", "products in rows"),
        ("BOUNDS", "INDICATORS\n IF c1 x 1\nBOUNDS", "indicator rows"),
        (" UP BND z 5", " SC BND z 5", "variable z must be integer, got a semi-continuous one"),
        ("RANGES", "FANCY", "expected a section of MPS, found 'FANCY'"),
        ("ENDATA\n", "", "ENDATA as the last line"),
        (" x c2 1", " x c9 1", "c9|c2|expected"),
    ],
)
def test_mps_that_cannot_be_held_is_refused_by_name(tmp_path, old, new, words):
    assert old in MPS
    with pytest.raises(ValueError, match=words):
        load_text(tmp_path, MPS.replace(old, new), "model.mps")


#: Names for the same variables; the first are read by every version of HiGHS.
NAMES = (("x", "y", "z", "w", "u"), ("x[0]", "x[1]", "a[0,1]", "b", "c"), ("inf1", "e2", "st3", "q", "bin1"))


class Writer:
    """A random model of bits and small integers, written with random spellings."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        count = self.random.randint(2, 5)
        self.shown = self.random.choice(NAMES)
        self.names = [f"@{i}@" for i in range(count)]
        self.has_labels = self.random.random() < 0.7  # without, each row is one line, and none starts with a sign
        self.bits = [self.random.random() < 0.6 for _ in self.names]

    def number(self) -> str:
        r = self.random
        return r.choice(
            [str(r.randint(0, 9)), f"{r.uniform(0, 5):.2f}", f"{r.randint(1, 9)}e-1", f"{r.randint(1, 9)}."]
        )

    def terms(self) -> str:
        r, words = self.random, []
        for name in r.sample(self.names, r.randint(1, len(self.names))):
            sign = r.choice(["+", "-", "+"])
            coefficient = r.choice(["", self.number() + " ", self.number() + r.choice([" ", " * "])])
            words += [sign, coefficient + name]
            if self.has_labels and r.random() < 0.15:
                words.append("\n ")
        text = " ".join(words).strip()
        return text.removeprefix("+ ") if r.random() < 0.5 or not self.has_labels else text

    def row(self, number: int) -> tuple[str, str]:
        """The row in a random spelling, and in the one that HiGHS reads."""
        r, terms = self.random, self.terms()
        if not self.has_labels and terms.startswith("-"):
            terms = f"0 {self.names[0]} {terms}"
        flat = terms.replace("\n", "").replace(" * ", " ")
        low, high = sorted((r.randint(-3, 6), r.randint(-3, 9)))
        less, more = r.choice(["<=", "<", "=<"]), r.choice([">=", ">", "=>"])
        name = r.choice([f"c{number}: ", f"c{number}:", f"row[{number}]: "]) if self.has_labels else ""
        plain = f"p{number}: {flat}"
        form = r.randint(0, 7)
        if form == 0:
            return f"{name}{low} {less} {terms} {less} {high}", f"{plain} >= {low}\n q{number}: {flat} <= {high}"
        if form == 1:
            return f"{name}{high} {more} {terms} {more} {low}", f"{plain} >= {low}\n q{number}: {flat} <= {high}"
        if form == 2:
            return f"{name}{low} {less} {terms}", f"{plain} >= {low}"
        if form == 3:
            return f"{name}{high} {more} {terms}", f"{plain} <= {high}"
        if form == 4:
            return f"{name}{terms} + 2 {less} {high}", f"{plain} <= {high - 2}"
        if form == 5:
            return f"{name}{terms} {r.choice(['=', '=='])} {high}", f"{plain} = {high}"
        return (f"{name}{terms} {less} {high}", f"{plain} <= {high}") if form == 6 else (
            f"{name}{terms} {more} {low}", f"{plain} >= {low}",
        )  # fmt: skip

    def texts(self) -> tuple[str, str]:
        """The model in random spellings, and plainly for HiGHS."""
        r = self.random
        sense = r.choice(["Minimize", "min", "MAXIMIZE", "max", "Maximise", "minimum"])
        rows = [self.row(i) for i in range(r.randint(0, 3))]
        products = ""
        if len(self.names) > 1 and r.random() < 0.3:
            i, j = r.sample(self.names, 2)
            products = f" + [ {r.randint(1, 6)} {i} * {j} - 2 {i} ^2 ] / 2"
        cost = self.terms() + products + r.choice(["", " + 4", " - 1.5"])
        bounds, fixed = [], []
        for name, bit in zip(self.names, self.bits, strict=True):
            low, high = (0, 1) if bit else (r.randint(-2, 0), r.randint(1, 3))
            if not bit:
                shape = r.choice(
                    [f"{low} <= {name} <= {high}", f"{high} >= {name} >= {low}", f"{name} >= {low}\n {name} <= {high}"]
                )
                bounds.append(shape)
            elif r.random() < 0.3:
                fixed.append(r.choice([f"{name} = 1", f"{name} <= 0", f"{name} >= 1"]))
        bits = [name for name, bit in zip(self.names, self.bits, strict=True) if bit]
        others = [name for name, bit in zip(self.names, self.bits, strict=True) if not bit]
        sections = ["Bounds\n " + "\n ".join([*bounds, *fixed])] if bounds or fixed else []
        kinds = [r.choice(["bin", "Binary", "BINARIES"]) + "\n " + " ".join(bits)] if bits else []
        kinds += [r.choice(["gen", "General", "Integers"]) + "\n " + "\n ".join(others)] if others else []
        tail = "\n".join([*sections, *kinds, r.choice(["end", "End"])])
        head = r.choice(SPELLINGS)
        text = f"\\ model\n{sense}\n obj: {cost}\n{head}\n " + "\n ".join(row for row, _ in rows) + f"\n{tail}\n"
        flat = cost.replace("\n", "").replace(" * ", " ").replace("] / 2", "]/2")
        plain = (
            f"{sense}\n obj: {cost if products else flat}\nst\n " + "\n ".join(row for _, row in rows) + f"\n{tail}\n"
        )
        return self.spelled(text, self.shown), self.spelled(plain, NAMES[0])

    def spelled(self, text: str, names: tuple[str, ...]) -> str:
        for stand_in, name in zip(self.names, names, strict=False):
            text = text.replace(stand_in, name)
        return text


def highs_optimum(path: Path) -> tuple[str, float | None]:
    """What HiGHS itself says of a file without products: its sense and optimum."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) != highspy.HighsStatus.kError, path.read_text()
    sense = "max" if solver.getLp().sense_ == highspy.ObjSense.kMaximize else "min"
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("threads", 1)  # the number is one for the whole process
    solver.run()
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return sense, solver.getObjectiveValue() if is_optimal else None


def highs_by_hand(path: Path) -> tuple[str, float | None]:
    """The optimum of what HiGHS reads from a file, all points looked at (HiGHS solves no products of integers)."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) != highspy.HighsStatus.kError, path.read_text()
    lp, hessian = solver.getLp(), solver.getModel().hessian_
    H = np.zeros((lp.num_col_, lp.num_col_))
    for j in range(hessian.dim_):
        for k in range(hessian.start_[j], hessian.start_[j + 1]):
            H[hessian.index_[k], j] = H[j, hessian.index_[k]] = hessian.value_[k]
    A = np.zeros((lp.num_row_, lp.num_col_))
    matrix = lp.a_matrix_
    for j in range(lp.num_col_):
        for k in range(matrix.start_[j], matrix.start_[j + 1]):
            A[matrix.index_[k], j] = matrix.value_[k]
    sides = [range(int(low), int(high) + 1) for low, high in zip(lp.col_lower_, lp.col_upper_, strict=True)]
    X = np.array(list(itertools.product(*sides)), dtype=float)
    rows = X @ A.T
    kept = X[((rows >= np.array(lp.row_lower_) - 1e-7) & (rows <= np.array(lp.row_upper_) + 1e-7)).all(axis=1)]
    sense = "max" if lp.sense_ == highspy.ObjSense.kMaximize else "min"
    if not len(kept):
        return sense, None
    costs = kept @ np.array(lp.col_cost_) + lp.offset_ + 0.5 * np.einsum("ki,ij,kj->k", kept, H, kept)
    return sense, float(costs.min() if sense == "min" else costs.max())


@pytest.mark.parametrize("block", range(6))
def test_random_files_in_every_spelling_are_what_highs_reads(tmp_path, block):
    """300 files in all: their optimum by enumeration is that of HiGHS' own reading of the plain spelling."""
    compared = 0
    for seed in range(50 * block, 50 * block + 50):
        text, plain = Writer(seed).texts()
        path = tmp_path / f"{seed}.lp"
        path.write_text(plain)
        sense, right = highs_by_hand(path)
        if "[" not in plain:
            solved = highs_optimum(path)
            assert solved == (sense, pytest.approx(right, abs=1e-6) if right is not None else None), plain
        problem = load_text(tmp_path, text)
        assert problem.sense == sense, text
        found = best_of(problem)
        assert found == (None if right is None else pytest.approx(right, abs=1e-6)), text
        form = next(iter(problem.formulations.values()))(problem)
        if form.program.num_variables <= 10:
            X = np.array(list(itertools.product((0, 1), repeat=form.program.num_variables)), dtype=np.uint8)
            X = X[form.program.feasible(X)]
            least = form.program.costs(X).min() if len(X) else None
            assert least == (None if right is None else pytest.approx(signed(problem, right), abs=1e-6)), text
            compared += 1
        for suffix in ("lp", "mps"):
            save(problem, tmp_path / f"again.{suffix}")
            assert best_of(load(tmp_path / f"again.{suffix}")) == (None if found is None else pytest.approx(found)), (
                text
            )
    assert compared > 25


def test_written_text_holds_every_digit(tmp_path):
    problem = IntegerProgram(
        linear=[0.1 + 0.2, 1 / 3, -123456789.123456789],
        minimum=[0, 0, -3],
        maximum=[1, 1, 7],
        pairs=[[0, 1], [2, 2]],
        couplings=[1 / 7, 0.3],
        offset=2.5,
        row_entries=[[0, 0], [0, 2], [1, 1]],
        row_values=[1 / 3, 0.7, 1e-7],
        lower=[-1.1, None],
        upper=[2.2, 0.1],
        sense="max",
    )
    for suffix in ("lp", "mps"):
        save(problem, tmp_path / f"a.{suffix}")
        again = load(tmp_path / f"a.{suffix}")
        assert again.linear.tolist() == problem.linear.tolist()
        assert again.couplings.tolist() == problem.couplings.tolist()
        assert (again.offset, again.minimum.tolist(), again.maximum.tolist()) == (2.5, [0, 0, -3], [1, 1, 7])
        assert sorted(again.row_values.tolist())[:1] == [1e-7]


def test_a_file_that_would_lose_a_coefficient_is_not_written(tmp_path):
    problem = Qubo(linear=[1, 1], row_entries=[[0, 0], [0, 1]], row_values=[1e-14, 1], lower=[None], upper=[1])
    with pytest.raises(ValueError, match="ignored"):
        save(problem, tmp_path / "a.mps")


@pytest.mark.parametrize("solver", ["exact", "milp", "cpsat", "brute-force", "sa"])
@pytest.mark.parametrize(
    ("row", "right"),
    [
        ("1000000000 x + 0.5 y <= 0.2", 0),
        ("1000000000 x + 0.5 y <= 1000000000.2", 1),
        ("1000000 x + 0.0005 y <= 0.0002", 0),
        ("0.0000000001 x + 0.0000000001 y <= 0.00000000015", 1),
    ],
)
def test_a_row_of_very_different_coefficients_is_held(tmp_path, solver, row, right):
    """A share of 1e-9 of the row was taken for rounding: 2 was ``optimal``, and milp ended in a contradiction."""
    problem = load_text(tmp_path, f"max\n x + y\nst\n c: {row}\nbin\n x y\nend\n")
    record = qopt.solve(problem, solver, seed=0, control=False)
    assert record.objective == right
    assert record.bound is None or record.bound >= right
