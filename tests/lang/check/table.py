"""Reads the table of findings: programs, what is found in them, and their twins with the remedy applied."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Row:
    name: str
    source: list[str] = field(default_factory=list)
    twin: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(line + "\n" for line in self.source)

    def mended(self) -> str:
        return "".join(line + "\n" for line in self.twin)


def apply_remedy(remedy: str, lines: list[str]) -> None:
    """'replace 5: text', 'insert 5: text' before what is line 5 then, 'delete 5'."""
    head, _, text = remedy.partition(": ")
    verb, number = head.split()
    at = int(number) - 1
    if verb == "replace":
        lines[at] = text
    elif verb == "insert":
        lines.insert(at, text)
    elif verb == "delete":
        del lines[at]
    else:
        raise ValueError(remedy)


def read_table(file: Path) -> list[Row]:
    rows: list[Row] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "===":
            rows.append(Row(rest))
        elif mark == "---":
            rows[-1].twin = rows[-1].twin or list(rows[-1].source)
        elif mark == "+++":
            apply_remedy(rest, rows[-1].twin)
        elif line:
            rows[-1].source.append(line)
    return rows
