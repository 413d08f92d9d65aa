"""Rewrite the table of docs/index.md: what qopt and each of its extras installs, in packages and megabytes.

``python benchmarks/extras.py`` counts the files of the packages that are installed in this environment, with all that
they depend on; an extra that is not installed here has no figures. With ``--fresh EXTRA`` it installs one extra into an
empty environment and counts that.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from public import write_block

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "index.md"
#: Extras that are for working on qopt itself.
LEFT_OUT = ("docs", "test", "all")


def closure(requirements: list[str]) -> tuple[dict[str, Distribution], set[str]]:
    """The installed packages that requirements bring, by name, and those that are not installed."""
    found: dict[str, Distribution] = {}
    missing: set[str] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        wanted, extra = waiting.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({**default_environment(), "extra": extra}):
            continue
        name = wanted.name.lower().replace("_", "-")
        try:
            part = distribution(name)
        except PackageNotFoundError:
            missing.add(name)
            continue
        if name in found and not wanted.extras:
            continue
        found[name] = part
        for inner in ["", *wanted.extras]:
            waiting += [(Requirement(text), inner) for text in part.requires or []]
    return found, missing


def megabytes(packages: dict[str, Distribution]) -> float:
    """Size of all files of the packages but compiled bytecode."""
    files = [path.locate() for part in packages.values() for path in part.files or [] if path.suffix != ".pyc"]
    return sum(Path(path).stat().st_size for path in files if Path(path).is_file()) / 1e6


def fresh(extra: str) -> str:
    """The row of an extra in an empty environment."""
    with tempfile.TemporaryDirectory() as folder:
        target = f"{ROOT}[{extra}]" if extra else str(ROOT)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", folder, target], check=True)
        files = [path for path in Path(folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        size = sum(path.stat().st_size for path in files) / 1e6
        return f"| {extra or 'qopt itself'} | {len(list(Path(folder).glob('*.dist-info')))} | {size:.0f} |"


def main() -> None:
    """Count every extra and rewrite the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fresh", metavar="EXTRA", help="install this one into an empty environment and count that")
    arguments = parser.parse_args()
    if arguments.fresh is not None:
        print(fresh(arguments.fresh))
        return
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    own, missing = closure(project["dependencies"])
    lines = ["| extra | brings | packages | MB |", "|---|---|---|---|"]
    heaviest = sorted(own, key=lambda name: -megabytes({name: own[name]}))[:4]
    lines.append(f"| none | {', '.join(heaviest)}, ... | {len(own)} | {megabytes(own):.0f} |")
    for extra, requirements in project["optional-dependencies"].items():
        if extra in LEFT_OUT:
            continue
        found, missing = closure(requirements)
        more = {name: part for name, part in found.items() if name not in own}
        names = ", ".join(Requirement(text).name for text in requirements)
        size = "not installed here | -" if missing else f"+{len(more)} | +{megabytes(more):.0f}"
        lines.append(f"| {extra} | {names} | {size} |")
    print("\n".join(lines))
    write_block(PAGE, "extras", lines)


if __name__ == "__main__":
    main()
