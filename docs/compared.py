"""Write the table of what other packages have, from docs/data/compared.json, into README.md and docs/compared.md.

A cell says what its source says; where nothing was checked it is a question mark, which is not a no.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- table: compared -->\n).*?(<!-- end -->)", re.DOTALL)


def data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / "data" / "compared.json").read_text(encoding="utf-8"))
    return found


def table(found: dict[str, Any]) -> str:
    """The cells without their sources."""
    names = [found["names"].get(tool, tool) for tool in found["tools"]]
    lines = [f"| | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for row in found["rows"]:
        cells = [row["cells"].get(tool, {"value": "?"})["value"] for tool in found["tools"]]
        lines.append(f"| {row['what']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def sources(found: dict[str, Any]) -> str:
    """Where each cell is from, a line each."""
    lines = []
    for row in found["rows"]:
        for tool, cell in row["cells"].items():
            source = cell["source"]
            link = f"<{source}>" if source.startswith("http") else f"[{source}]({source})"
            link = link if source.startswith("http") or source.endswith(".md") else f"`{source}`"
            lines.append(f"- {row['what']}, {found['names'].get(tool, tool)}: {cell['value']} ({link})")
    return "\n".join(lines) + "\n"


def readme(text: str, found: dict[str, Any]) -> str:
    """README.md with the table of today."""
    return BLOCK.sub(lambda match: f"{match[1]}{table(found)}{match[2]}", text)


def page(found: dict[str, Any]) -> str:
    return (
        "# What others have\n\n"
        f"Checked {found['checked']}. A cell says what its source says; `?` is *not checked*, not *no*. The "
        "facts are in `docs/data/compared.json`; `python docs/compared.py` writes this page and the README's table.\n\n"
        f"{table(found)}\n## Sources\n\n{sources(found)}"
    )


def main() -> None:
    found = data()
    path = ROOT / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8"), found), encoding="utf-8")
    (ROOT / "docs" / "compared.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
