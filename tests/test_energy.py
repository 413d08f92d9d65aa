"""Joules: counters of a made-up powercap tree, wrap-around, what cannot be read, and measured apart from modelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from qopt.experiments.energy import (
    Idle,
    Reading,
    energy_to_solution,
    joules_between,
    landauer_joules,
    measure_idle,
    net_joules,
    read_counters,
)

RANGE = 262_143_328_850


def _zone(root: Path, zone: str, name: str, energy: int | str) -> None:
    folder = root / zone
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(name + "\n")
    (folder / "energy_uj").write_text(f"{energy}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")


def test_two_packages_add_up_and_their_parts_do_not(tmp_path: Path) -> None:
    def tree(first: int, second: int) -> Reading:
        _zone(tmp_path, "intel-rapl:0", "package-0", first)
        _zone(tmp_path, "intel-rapl:1", "package-1", second)
        _zone(tmp_path, "intel-rapl:0:0", "core", first // 2)
        _zone(tmp_path, "intel-rapl:2", "psys", first + second)
        return read_counters(tmp_path)

    assert joules_between(tree(1_000_000, 5_000_000), tree(4_500_000, 5_250_000)) == 3.75


def test_a_counter_that_wrapped(tmp_path: Path) -> None:
    _zone(tmp_path, "intel-rapl:0", "package-0", RANGE - 1_999_999)
    before = read_counters(tmp_path)
    _zone(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    assert joules_between(before, read_counters(tmp_path)) == 3.0


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    _zone(tmp_path, "intel-rapl:0", "package-0", "no number")
    found = read_counters(tmp_path)
    assert not found.counters
    assert found.unreadable == (str(tmp_path / "intel-rapl:0" / "energy_uj"),)
    assert joules_between(found, found) is None
    assert joules_between(Reading({"a": (1, 10), "b": (1, 10)}), Reading({"a": (2, 10)})) is None


def test_without_counters_there_is_no_measurement(tmp_path: Path) -> None:
    assert read_counters(tmp_path) == Reading()
    assert measure_idle(1, root=tmp_path, sleep=lambda seconds: None) == Idle()


def test_idle_power_is_subtracted(tmp_path: Path) -> None:
    _zone(tmp_path, "intel-rapl:0", "package-0", 0)
    idle = measure_idle(
        5, root=tmp_path, sleep=lambda seconds: _zone(tmp_path, "intel-rapl:0", "package-0", int(seconds * 20e6))
    )
    assert idle.processor == pytest.approx(20)
    assert net_joules(100, 20, 4) == 20
    assert net_joules(50, 20, 4) == 0


def test_energy_to_solution_is_power_by_time_to_solution() -> None:
    assert energy_to_solution(joules=30, seconds=3, tts_seconds=50) == 500
    assert landauer_joules(1) == pytest.approx(2.87e-21, rel=1e-3)
