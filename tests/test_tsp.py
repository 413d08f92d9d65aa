"""TSP: TSPLIB's distances, both formulations against brute force, and published optima."""

from __future__ import annotations

import csv
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qopt.core import BestKnown, InstanceFormatError, UnsupportedError, fingerprint
from qopt.problems.files import load, save
from qopt.problems.formats.contract import ReadOptions
from qopt.problems.formats.tsplib import METRICS, TsplibReader
from qopt.problems.generate import generate
from qopt.problems.solutions import read_solution
from qopt.problems.tsp import MAX_CITIES, Tsp
from qopt.problems.tsp_edges import TspEdges, edge_index
from qopt.problems.tsp_positions import TspPositions


def random_tsp(n, seed, *, symmetric=False):
    d = np.random.default_rng(seed).integers(1, 50, size=(n, n))
    return Tsp(np.triu(d, 1) + np.triu(d, 1).T if symmetric else d)


def best_by_permutations(tsp):
    tours = np.array([(0, *rest) for rest in permutations(range(1, tsp.num_cities))])
    return min(tsp.distances[tour, np.roll(tour, -1)].sum() for tour in tours)


def all_points(n):
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.uint8)


# distances


def one_distance(metric, first, second):
    return int(METRICS[metric](np.array([first, second], dtype=float))[0, 1])


@pytest.mark.parametrize(
    ("metric", "second", "distance"),
    [
        ("EUC_2D", (3, 4), 5),
        ("EUC_2D", (1, 1), 1),
        ("EUC_2D", (1.5, 0), 2),  # halves go up: numpy's rint gives 2, too ...
        ("EUC_2D", (2.5, 0), 3),  # ... but 2 here
        ("CEIL_2D", (1, 1), 2),
        ("CEIL_2D", (3, 4), 5),
        ("MAN_2D", (1.2, 1.2), 2),
        ("MAX_2D", (1.2, 2.6), 3),
        ("ATT", (10, 0), 4),  # sqrt(10) = 3.16, nearest 3 is below it
        ("ATT", (11, 0), 4),  # sqrt(12.1) = 3.48
        ("ATT", (20, 0), 7),  # sqrt(40) = 6.32
    ],
)
def test_metric_rounds_as_tsplib(metric, second, distance):
    assert one_distance(metric, (0, 0), second) == distance


def test_geo_truncates_degrees():
    # ulysses16, cities 1 and 2, by the formulae of the TSPLIB report with truncated degrees
    assert one_distance("GEO", (38.24, 20.42), (39.57, 26.15)) == 509
    assert one_distance("GEO", (-0.30, 0.0), (0.30, 0.0)) == 112  # one degree of latitude, 111.3 km, plus 1, truncated


@pytest.mark.parametrize("form", ["UPPER", "LOWER"])
@pytest.mark.parametrize("diagonal", ["", "_DIAG"])
@pytest.mark.parametrize("order", ["_ROW", "_COL"])
def test_triangles_are_read_in_their_order(form, diagonal, order):
    d = np.array([[0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 0]])
    indices = [(i, j) for i in range(4) for j in range(4) if (i < j) == (form == "UPPER") or i == j]
    indices = [(i, j) for i, j in indices if i != j or diagonal]
    indices.sort(key=lambda pair: pair if order == "_ROW" else pair[::-1])
    numbers = " ".join(str(d[i, j]) for i, j in indices)
    text = f"TYPE: TSP\nDIMENSION: 4\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: {form}{diagonal}{order}\n"
    [tsp] = TsplibReader().read(f"{text}EDGE_WEIGHT_SECTION\n{numbers}\nEOF\n", "t.tsp", ReadOptions())
    assert tsp.distances.tolist() == d.tolist()


def test_cities_may_stand_in_any_order():
    text = "TYPE : TSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n3 0 9\n1 0 0\n2 0 4\n"
    [tsp] = TsplibReader().read(text, "dir/three.tsp", ReadOptions())
    assert tsp.coordinates.tolist() == [[0, 0], [0, 4], [0, 9]]
    assert tsp.distances[0].tolist() == [0, 4, 9]
    assert tsp.name == "three"


@pytest.mark.parametrize(
    "sizes", [{}, {"layout": "clustered"}, {"asymmetric": True}, {"n": 1}, {"n": 2}], ids=lambda sizes: str(sizes)
)
def test_tsplib_written_is_read_back(tmp_path, sizes):
    tsp = generate("tsp", seed=3, **sizes)
    save(tsp, tmp_path / "out.tsp")
    again = load(tmp_path / "out.tsp")
    assert fingerprint(again) == fingerprint(tsp)
    assert again.name == tsp.name
    assert ("EUC_2D" in (tmp_path / "out.tsp").read_text()) == (not sizes.get("asymmetric"))


def test_tsplib_refuses_decimals(tmp_path):
    with pytest.raises(UnsupportedError, match="integer distances"):
        save(Tsp([[0, 1.5], [1.5, 0]]), tmp_path / "out.tsp")


# the problem


def test_diagonal_is_ignored():
    assert fingerprint(Tsp([[9999, 1], [1, 7]])) == fingerprint(
        Tsp([[0, 1], [1, 0]], name="x", best_known=BestKnown(2))
    )


@pytest.mark.parametrize(
    "distances", [[[0, 1]], [[0, 1], [1]], [[0, float("nan")], [1, 0]], [1, 2], [[[1]]], "abc", [[0, 2**60], [1, 0]]]
)
def test_bad_distances_are_refused(distances):
    with pytest.raises(ValueError, match="must"):
        Tsp(distances)


def test_too_many_cities_are_refused_before_a_copy_is_made():
    rows = np.broadcast_to(np.int8(1), (MAX_CITIES + 1, MAX_CITIES + 1))
    with pytest.raises(ValueError, match=f"at most {MAX_CITIES}"):
        Tsp(rows)


@pytest.mark.parametrize("solution", [[0, 1], [0, 1, 1], [1, 2, 3], [[0, 1, 2]], [0.5, 1, 2]])
def test_what_is_no_tour_is_refused(solution):
    with pytest.raises(ValueError, match=r"permutation of 0\.\.2"):
        random_tsp(3, 0).violations(solution)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(1, 8), st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_relabelling_cities_changes_nothing(n, seed, shuffle):
    tsp = random_tsp(n, seed)
    names = list(range(n))
    shuffle.shuffle(names)
    tour = np.random.default_rng(seed).permutation(n)
    relabelled = Tsp(tsp.distances[np.ix_(names, names)])
    assert relabelled.objective(np.argsort(names)[tour]) == tsp.objective(tour)
    assert TspPositions.size(relabelled).variables == TspPositions.size(tsp).variables


# formulations


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_positions_have_the_optimum_of_all_permutations(n):
    for seed in range(3):
        tsp = random_tsp(n, seed)
        form = TspPositions(tsp)
        X = all_points((n - 1) ** 2)
        feasible = form.program.feasible(X)
        assert feasible.sum() == len(list(permutations(range(n - 1))))
        assert form.program.costs(X[feasible]).min() == best_by_permutations(tsp)
        assert [form.decode(x) is not None for x in X] == feasible.tolist()


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_edges_have_the_optimum_of_all_permutations(n):
    tsp = random_tsp(n, 7, symmetric=True)
    form = TspEdges(tsp)
    X = all_points(n * (n - 1) // 2)
    denotes = np.array([form.decode(x) is not None for x in X])
    assert denotes.sum() == max(len(list(permutations(range(n - 1)))) // 2, 1)
    assert form.program.costs(X[denotes]).min() == best_by_permutations(tsp)
    # degree rows and the rows found by separation cut off exactly what is no tour
    degrees = form.program.feasible(X)
    assert [form.separate(x) is None for x in X[degrees]] == denotes[degrees].tolist()
    rows = form.separate(X)
    if rows is not None:
        assert (form.program.with_rows(rows).feasible(X) == denotes).all()


def test_positions_of_no_city():
    form = TspPositions(Tsp(np.zeros((0, 0))))
    assert form.program.num_variables == 0
    assert form.decode(np.zeros(0)).tolist() == form.encode([]).tolist() == []
    assert form.problem.objective([]) == 0


def test_edges_need_symmetry_and_three_cities():
    for tsp in (random_tsp(4, 0), Tsp([[0, 1], [1, 0]])):
        assert list(tsp.formulations) == ["positions"]
        with pytest.raises(UnsupportedError):
            TspEdges(tsp)
        with pytest.raises(UnsupportedError):
            TspEdges.size(tsp)


def test_separation_finds_two_triangles_also_fractional():
    form = TspEdges(random_tsp(7, 1, symmetric=True))
    x = np.zeros(21)
    for i, j in [(1, 2), (2, 5), (1, 5), (0, 3), (3, 4), (4, 6), (0, 6)]:
        x[edge_index(np.array(i), np.array(j), 7)] = 1
    assert form.program.feasible(x)[0]
    assert form.decode(x) is None
    rows = form.separate(np.array([x, x / 2, x]))  # one row, though found three times and from both sides
    assert rows.names == ("cut[1,2,5]",)
    assert (rows.lower.tolist(), rows.upper.tolist()) == ([2.0], [np.inf])
    assert rows.A.sum() == 3 * 4
    assert (rows.A @ x).tolist() == [0.0]
    assert form.separate(form.encode(np.arange(7))) is None
    with pytest.raises(ValueError, match="shape"):
        form.separate(np.zeros((2, 5)))


def test_direction_and_start_of_a_tour_do_not_matter():
    tsp = random_tsp(6, 2, symmetric=True)
    tour = np.array([3, 0, 5, 1, 4, 2])
    edges, positions = TspEdges(tsp), TspPositions(tsp)
    assert np.array_equal(edges.encode(tour), edges.encode(np.roll(tour[::-1], 2)))
    assert np.array_equal(positions.encode(tour), positions.encode(np.roll(tour, 4)))
    assert positions.decode(positions.encode(tour)).tolist() == [0, 5, 1, 4, 2, 3]


def test_large_positions_are_counted_and_refused_before_building():
    tsp = Tsp(np.ones((400, 400)))
    assert TspPositions.size(tsp).variables == 399**2
    with pytest.raises(UnsupportedError, match="at most 25,000,000 terms"):
        _ = TspPositions(tsp).program


# generators


def test_generated_instances_follow_their_laws():
    uniform = generate("tsp", n=400, seed=5)
    clustered = generate("tsp", n=400, seed=5, layout="clustered", clusters=2)
    crooked = generate("tsp", n=40, seed=5, asymmetric="yes")
    assert uniform.coordinates.min() >= 0
    assert uniform.coordinates.max() <= 1000
    assert abs(uniform.coordinates.mean() - 500) < 40
    nearest = [np.sort(tsp.distances, axis=1)[:, 1].mean() for tsp in (uniform, clustered)]
    assert nearest[1] < nearest[0] / 2
    assert not crooked.is_symmetric
    plain = generate("tsp", n=40, seed=5).distances
    assert (crooked.distances >= plain).all()
    assert (crooked.distances <= 1.5 * plain).all()


@pytest.mark.parametrize(
    "sizes", [{"n": 0}, {"clusters": 0}, {"side": 0}, {"n": 10**9}, {"n": "many"}, {"layout": "x"}]
)
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="must be"):
        generate("tsp", **sizes)


# published instances


def test_every_tsplib_file_loads_and_published_tours_have_their_length(instances_dir):
    tours = 0
    with open(instances_dir / "best_known.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["problem"] in ("TSP", "ATSP")]
    for row in rows:
        tsp = load(instances_dir / row["file"])
        assert (tsp.num_cities, tsp.name) == (int(row["size"]), row["instance"])
        assert tsp.is_symmetric == (row["problem"] == "TSP")
        solution = (instances_dir / row["file"]).with_suffix(".opt.tour")
        if solution.exists():
            assert tsp.objective(read_solution(solution, tsp)) == int(row["best_known"]), row["instance"]
            tours += 1
    assert len(rows) == len([*instances_dir.glob("tsplib/*.*tsp")]) == 69
    assert tours == len(list(instances_dir.glob("tsplib/*.tour")))


def test_pr76_positions_are_built_from_arrays(instances_dir):
    tsp = load(instances_dir / "tsplib" / "pr76.tsp")
    program = TspPositions(tsp).program
    assert (program.num_variables, program.num_rows, program.products.nnz) == (5625, 150, 410_700)
    tour = read_solution(instances_dir / "tsplib" / "pr76.opt.tour", tsp)
    for form in (TspPositions(tsp), TspEdges(tsp)):
        assert form.program.costs(form.encode(tour)).tolist() == [108159.0]


def test_tsplib_of_another_type_is_no_tsp(instances_dir):
    with pytest.raises(InstanceFormatError):
        load(instances_dir / "cvrp" / "A-n32-k5.vrp", kind="tsp")
