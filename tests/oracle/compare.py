#!/usr/bin/python3
"""Compares the harness with python3 on random programs and makes what differs small.

Each program comes from a seed (`generate.py`), so a failure can be replayed by its number alone.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from generate import generate
from phases import as_harness, as_python
from shrink import Shrinker

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import seeds  # noqa: E402

PYTHON = "/usr/bin/python3"
TIMEOUT_S = 20
EXIT_MEMORY_DEFECT = 4
LIFETIMES = ["leak", "manual", "refcount", "refcount+cycles", "gc", "scope", "ownership", "arena", "stack"]
ALLOCATORS = ["direct", "arena"]
# A plain Python program never says when it is done with an object, so under these it may leak.
LIFETIMES_THAT_MAY_LEAK = ["manual", "refcount"]
# A Python program does not say who owns what: an unnamed container takes what it owns along, a name ends with its
# function. So it may read what is gone, or end it twice. In checked mode that is told where it happens; in unchecked
# mode such a program means nothing.
DEFECTS = {
    "manual": [["UseAfterFreeError"], ["DoubleFreeError"]],
    "scope": [["UseAfterFreeError"], ["EscapeError"]],
    "ownership": [["UseAfterFreeError"], ["EscapeError"], ["UseAfterMoveError"]],
}
ERROR = re.compile(r":(\d+):\d+: error\[(\w+)\](?:: (.*))?")
ERROR_NAME = re.compile(r"error\[(\w+)\]")
TRACEBACK_LINE = re.compile(r'^  File "[^"]*", line (\d+)', re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What one process did with a program."""

    output: bytes
    messages: str
    exit_code: int


@dataclass(frozen=True)
class Cell:
    """One way of running the harness."""

    lifetime: str
    allocator: str
    unchecked: bool

    @property
    def arguments(self) -> list[str]:
        mode = ["--unchecked"] if self.unchecked else []
        # Small programs end before a collector begins.
        mode += ["--gc-stress"] if self.lifetime == "gc" else []
        return ["--lifetime", self.lifetime, "--allocator", self.allocator, *mode]

    @property
    def leaks_are_fine(self) -> bool:
        return self.lifetime in LIFETIMES_THAT_MAY_LEAK


def execute(command: list[str]) -> Run:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as expired:
        return Run(expired.stdout or b"", f"no end after {TIMEOUT_S} s", -1)
    return Run(done.stdout, done.stderr.decode(errors="replace"), done.returncode)


def run_python(file: Path) -> Run:
    # Without the site packages python3 starts in half the time, which is most of what shrinking waits for.
    return execute([PYTHON, "-W", "ignore", "-S", "-E", str(file)])


def is_comparable(python: Run) -> bool:
    """Not so where python3 refuses the text, does not end, or prints what no other program could."""
    if b" at 0x" in python.output or b"<class " in python.output or " at 0x" in python.messages:
        return False
    return python.exit_code == 0 or python_error(python) is not None


def python_error(python: Run) -> tuple[str, str, str] | None:
    """Name, text and line of the error that ended a program."""
    if python.exit_code != 1 or not python.messages.startswith("Traceback"):
        return None
    # What an error came from is told before it; the text itself may have several lines.
    last = python.messages.rpartition("Traceback (most recent call last):\n")[2]
    text = next(line for line in last.splitlines() if not line.startswith(" "))
    name, _, message = text.partition(": ")
    lines = TRACEBACK_LINE.findall(last)
    return name.rpartition(".")[2], message, lines[-1] if lines else ""


def harness_error(harness: Run) -> tuple[str, str, str] | None:
    found = ERROR.search(harness.messages)
    return (found[2], found[3] or "", found[1]) if harness.exit_code == 1 and found else None


def ends_in_expected_defect(harness: Run, cell: Cell) -> bool:
    if cell.lifetime not in DEFECTS or harness.exit_code != EXIT_MEMORY_DEFECT:
        return False
    return ERROR_NAME.findall(harness.messages)[:1] in DEFECTS[cell.lifetime]


def difference(python: Run, harness: Run, cell: Cell) -> str | None:
    """Names the kind of difference, or None; a shrunken program must fail in the same way as the whole."""
    if ends_in_expected_defect(harness, cell):
        return None if python.output.startswith(harness.output) else "output"
    names = ERROR_NAME.findall(harness.messages)
    only_leaks = harness.exit_code == EXIT_MEMORY_DEFECT and set(names) <= {"LeakError"}
    expected = python_error(python)
    if expected is not None:
        found = harness_error(harness)
        if found != expected and not (only_leaks and cell.leaks_are_fine):
            return f"error {found[0] if found else names[:1]} for {expected[0]}"
    elif harness.exit_code != 0 and not (only_leaks and cell.leaks_are_fine):
        return f"exit code {harness.exit_code} {' '.join(names[:1])}".strip()
    return "output" if harness.output != python.output else None


class Comparison:
    """The harness under some cells against python3."""

    def __init__(self, options: argparse.Namespace):
        self.harness = options.harness
        modes = [True] if options.unchecked else [False] if options.checked else [False, True]
        self.cells = [
            Cell(lifetime, allocator, unchecked)
            for unchecked in modes
            for allocator in options.allocator or ALLOCATORS
            for lifetime in options.lifetime or LIFETIMES
        ]
        self.at_once = min(options.cells, len(self.cells)) if options.cells else len(self.cells)

    def cells_of(self, seed: int) -> list[Cell]:
        """As many cells as asked for, others for each seed, so that all have their turn."""
        first = seed * self.at_once
        return [self.cells[(first + i) % len(self.cells)] for i in range(self.at_once)]

    def run_harness(self, file: Path, cell: Cell) -> Run:
        return execute([self.harness, "run", "--quiet", *cell.arguments, str(file)])

    def runs(self, source: str, cells: list[Cell]):
        """python3 and the harness in each cell; nothing where python3 cannot be compared with."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "program.src"
            file.write_text(as_python(source), encoding="utf-8")
            python = run_python(file)
            if not is_comparable(python):
                return
            file.write_text(as_harness(source), encoding="utf-8")
            for cell in cells:
                if cell.lifetime in DEFECTS and cell.unchecked:
                    checked = Cell(cell.lifetime, cell.allocator, False)
                    if ends_in_expected_defect(self.run_harness(file, checked), checked):
                        continue
                yield python, self.run_harness(file, cell), cell

    def failure(self, source: str, cells: list[Cell]) -> tuple[str, Cell] | None:
        for python, harness, cell in self.runs(source, cells):
            kind = difference(python, harness, cell)
            if kind is not None:
                return kind, cell
        return None


def show_difference(comparison: Comparison, source: str, cell: Cell) -> str:
    python, harness, _ = next(comparison.runs(source, [cell]))
    old = python.output.decode(errors="replace").splitlines()
    new = harness.output.decode(errors="replace").splitlines()
    lines = list(difflib.unified_diff(old, new, "python3", "harness", lineterm="", n=1))[:40]
    lines += [f"python3: {line}" for line in python.messages.splitlines()[-1:]]
    return "\n".join("    " + line for line in lines + harness.messages.splitlines()[:8])


def report(comparison: Comparison, options: argparse.Namespace, seed: int, kind: str, cell: Cell) -> None:
    source = generate(seed)
    cell_text = " ".join(["" if cell.unchecked else "--checked", *cell.arguments]).strip()
    print(f"FAILED seed {seed}: {kind}")
    print(f"    replay: {Path(__file__).name} --harness {options.harness} --seed {seed} --count 1 {cell_text}")
    if options.shrink_time > 0:
        fails = lambda text: comparison.failure(text, [cell]) == (kind, cell)  # noqa: E731
        shrinker = Shrinker(source, fails, options.shrink_time)
        source = shrinker.run()
    seeds.hand_out(as_harness(source), options.keep, f"seed_{seed}.src")
    print(show_difference(comparison, source, cell), flush=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    seeds.add_options(parser, 300)
    seeds.add_shrinking_options(parser)
    parser.add_argument("--cells", type=int, metavar="N", help="each program runs under N of the cells in turn")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--checked", action="store_true", help="in checked mode only")
    mode.add_argument("--unchecked", action="store_true", help="in unchecked mode only")
    return parser.parse_args()


def main() -> int:
    options = read_options()
    sys.setrecursionlimit(10_000)
    comparison = Comparison(options)
    first = seeds.first_seed(options)
    print(f"seeds {first} to {first + options.count - 1}", flush=True)
    return seeds.run_seeds(
        seeds.batches(first, options.count),
        lambda seed: comparison.failure(generate(seed), comparison.cells_of(seed)),
        lambda seed, failure: report(comparison, options, seed, *failure),
        options.failures,
    )


if __name__ == "__main__":
    sys.exit(main())
