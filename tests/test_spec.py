"""Settings <-> JSON: names, unknown keys, types, presets, and the id made of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pytest

from qopt.core import ENCODERS, SOLVERS, Registry, canonical_json, coerce, fields_of, from_spec, part, spec_id, to_spec


@dataclass(frozen=True)
class SpecTest:
    """A part for these tests."""

    count: int = 3
    rule: Literal["a", "b"] = "a"
    weights: tuple[float, ...] = ()
    limit: float | None = None
    is_on: bool = False
    inner: object = part("encoders", default=None)


def test_round_trip_with_a_nested_part() -> None:
    made = SpecTest(count=5, weights=(0.5, 1.0), inner=SpecTest(rule="b"))
    spec = to_spec(made)
    assert spec["inner"]["rule"] == "b"
    assert from_spec("encoders", spec) == made


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The part is an encoder during these tests only: other tests go through all encoders."""
    monkeypatch.setattr(ENCODERS, "_entries", dict(ENCODERS.load()._entries))
    ENCODERS.register("spec-test")(SpecTest)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("count", "7", 7), ("weights", "1,2.5", (1.0, 2.5)), ("limit", "0.5", 0.5), ("is_on", "yes", True)],
)
def test_text_from_a_command_line_becomes_the_field_type(key: str, text: str, value: object) -> None:
    assert coerce(SpecTest, fields_of(SpecTest)[key], text) == value


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"name": "spec-test", "cuont": 3}, "did you mean 'count'"),
        ({"name": "spec-test", "count": "many"}, "count must be a valid integer"),
        ({"name": "spec-test", "rule": "c"}, "rule must be 'a' or 'b'"),
        ({"name": "spec-tset"}, "did you mean 'spec-test'"),
        ({"count": 3}, "must have a name"),
    ],
)
def test_what_does_not_fit_is_one_line_with_the_remedy(spec: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        from_spec("encoders", spec)
    assert "\n" not in str(caught.value)


def test_underscores_and_aliases_name_the_same_part() -> None:
    assert ENCODERS.get("spec_test") is ENCODERS.get("spec-test")


def test_a_second_part_of_one_name_is_refused() -> None:
    registry = Registry("tests", "problems")
    registry.register("one")(SpecTest)
    with pytest.raises(ValueError, match="twice"):
        registry.register("one")(dict)


def test_a_preset_sets_fields_and_the_spec_names_the_class() -> None:
    ENCODERS.preset("spec-preset", SpecTest, "A preset.", count=9)
    made = from_spec("encoders", "spec-preset")
    assert made.count == 9
    assert to_spec(made)["name"] == "spec-test"


def test_the_id_does_not_depend_on_key_order() -> None:
    assert spec_id({"a": 1, "b": [1.5]}) == spec_id({"b": [1.5], "a": 1})
    assert spec_id({"a": 1}) != spec_id({"a": 2})


def test_a_preset_is_told_by_the_name_that_was_typed() -> None:
    """A table of cvar-vqe was headed vqe."""
    for name in ("vqe", "cvar-vqe", "qaoa", "cvar-qaoa", "lr-qaoa", "sa"):
        spec = json.loads(canonical_json(to_spec(from_spec("solvers", name))))
        assert SOLVERS.name_of(spec) == name
    assert SOLVERS.name_of({"name": "of-a-plugin-not-loaded"}) == "of-a-plugin-not-loaded"
