#!/usr/bin/python3
"""Runs one program in every cell of allocators and lifetimes and draws the matrix of its peak memory as SVG.

The figures are byte counts, which are the same in every run, so the picture can be drawn again on any machine:

    reports/draw_matrix.py --harness build/harness/harness workloads/strings/word_count.src > reports/matrix.svg
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

ALLOCATORS = ["arena", "fixed", "stack", "pool", "direct", "jemalloc", "page"]
LIFETIMES = ["leak", "manual", "refcount", "gc", "scope", "ownership", "arena", "stack"]

CELL_WIDTH, CELL_HEIGHT = 128, 44
LEFT, TOP, BOTTOM = 108, 92, 62
# From little to much: a scale of one hue that stays readable in print and for the colour-blind.
PALE, DEEP = (232, 241, 250), (33, 94, 160)


def measured(harness: str, program: Path, allocator: str, lifetime: str) -> dict:
    """The JSON report of one cell; the process ends here when the harness could not run it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [harness, "run", "--quiet", "--allocator", allocator, "--lifetime", lifetime]
        done = subprocess.run([*command, "--json", file, program], stdout=subprocess.DEVNULL, check=False)
        if done.returncode not in (0, 5) or not file.exists():
            sys.exit(f"{allocator} × {lifetime} ended with {done.returncode}")
        return json.loads(file.read_text())


def in_units(number: float) -> str:
    unit = 0
    while number >= 1024 and unit < 3:
        number /= 1024
        unit += 1
    return f"{number:.{0 if unit == 0 or number >= 99.5 else 1}f} {('B', 'KiB', 'MiB', 'GiB')[unit]}"


def text(x: float, y: float, content: str, *, size: int = 13, anchor: str = "middle", fill: str = "#222", bold=False):
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{weight}>'
        f"{escape(content)}</text>"
    )


def cell(x: float, y: float, report: dict, lowest: float, highest: float) -> list[str]:
    box = f'<rect x="{x}" y="{y}" width="{CELL_WIDTH - 3}" height="{CELL_HEIGHT - 3}" rx="4" fill='
    middle = x + (CELL_WIDTH - 3) / 2
    if report["status"] != "ok":
        return [f'{box}"#eee"/>', text(middle, y + 25, "does not fit", fill="#777")]
    heap = report["heap"]
    reserved = heap["reserved_bytes_peak"]
    share = (math.log(reserved) - lowest) / (highest - lowest)
    colour = "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(PALE, DEEP))
    ink = "#fff" if share > 0.5 else "#222"
    return [
        f'{box}"{colour}"/>',
        text(middle, y + 19, in_units(reserved), fill=ink, bold=True),
        text(middle, y + 34, f"{reserved / heap['requested_bytes_peak']:.2f} × requested", size=11, fill=ink),
    ]


def picture(program: Path, table: dict[tuple[str, str], dict]) -> str:
    good = [math.log(r["heap"]["reserved_bytes_peak"]) for r in table.values() if r["status"] == "ok"]
    lowest, highest = min(good), max(max(good), min(good) + 1)
    width = LEFT + CELL_WIDTH * len(LIFETIMES) + 12
    height = TOP + CELL_HEIGHT * len(ALLOCATORS) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">',
        f"<title>Peak memory of {escape(program.stem)} for each allocator and lifetime</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        text(12, 26, f"{program.stem}: peak of reserved bytes in each cell", size=16, anchor="start", bold=True),
        text(12, 46, "the same program, the same output in every cell", size=12, anchor="start", fill="#555"),
        text(LEFT + CELL_WIDTH * len(LIFETIMES) / 2, 66, "lifetime: when bytes go back", size=12, fill="#555"),
    ]
    for column, lifetime in enumerate(LIFETIMES):
        parts.append(text(LEFT + CELL_WIDTH * (column + 0.5), TOP - 8, lifetime, bold=True))
    for row, allocator in enumerate(ALLOCATORS):
        y = TOP + CELL_HEIGHT * row
        parts.append(text(LEFT - 10, y + 26, allocator, anchor="end", bold=True))
        for column, lifetime in enumerate(LIFETIMES):
            parts += cell(LEFT + CELL_WIDTH * column, y, table[allocator, lifetime], lowest, highest)
    foot = TOP + CELL_HEIGHT * len(ALLOCATORS) + 22
    parts += [
        text(12, foot, "rows: the allocator, where bytes come from", size=12, anchor="start", fill="#555"),
        text(12, foot + 18, "requested: payload and headers; reserved: with the allocator's rounding and metadata",
             size=12, anchor="start", fill="#555"),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--harness", required=True, metavar="PATH")
    options = parser.parse_args()
    table = {(a, l): measured(options.harness, options.program, a, l) for a in ALLOCATORS for l in LIFETIMES}
    sys.stdout.write(picture(options.program, table))


if __name__ == "__main__":
    main()
