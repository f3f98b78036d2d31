#!/usr/bin/python3
"""The portable property on generated programs: under every lifetime the bytes that python3 prints, and no defect.

Each program runs under every lifetime, on allocators in turn, checked and unchecked; figures must agree between the
modes and with what the allocator counted itself. What fails is made small (see choices.py) and kept as a file.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from choices import Choices, shrink
from generate import generate
from judge import ALLOCATORS, Cell, Outcome, Runner, error_failure, lifetimes, modes_failure, portable_failure

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import seeds  # noqa: E402

MADE = re.compile(rb"^made (\d+)\n\Z", re.MULTILINE)


def made_objects(python: Outcome) -> int | None:
    """How many objects with a destructor the program says that it made."""
    found = MADE.search(python.output)
    return int(found[1]) if found else None


class Property:
    """What must hold for each program."""

    def __init__(self, options: argparse.Namespace):
        self.harness = options.harness
        self.lifetimes = options.lifetime or list(lifetimes(options.harness))
        self.allocators = options.allocator or ALLOCATORS

    def cells_of(self, seed: int) -> list[Cell]:
        """Every lifetime, on one allocator after the other."""
        return [Cell(each, self.allocators[(seed + i) % len(self.allocators)]) for i, each in enumerate(self.lifetimes)]

    def failure(self, source: str, cells: list[Cell]) -> tuple[str, Cell | None] | None:
        with Runner(self.harness, source) as runner:
            for cell in cells:
                wrong = self.failure_in(runner, cell)
                if wrong is not None:
                    return wrong, cell
        return None

    def failure_in(self, runner: Runner, cell: Cell) -> str | None:
        """Errors first: they need no answer of python3, and shrinking waits for little else."""
        checked = runner.run(cell)
        wrong = error_failure(checked)
        if wrong is not None:
            return wrong
        unchecked = runner.run(Cell(cell.lifetime, cell.allocator, True))
        wrong = error_failure(unchecked)
        if wrong is not None:
            return f"unchecked: {wrong}"
        python = runner.python()
        if python.exit_code != 0:
            return "python3: " + python.messages.strip().rpartition("\n")[2][:80]
        made = made_objects(python)
        for outcome in (checked, unchecked):
            wrong = wrong or portable_failure(python, outcome, cell, made, not runner.has_pool)
        return wrong or modes_failure(checked, unchecked)


def report(tested: Property, options: argparse.Namespace, seed: int, kind: str, cell: Cell | None) -> None:
    choices = Choices(seed)
    source = generate(choices)
    print(f"FAILED seed {seed}: {kind}" + (f" under {' '.join(cell.arguments)}" if cell else ""))
    print(f"    replay: {Path(__file__).name} --harness {options.harness} --seed {seed} --count 1", flush=True)
    if options.shrink_time > 0:
        cells = [cell] if cell else []

        def fails(candidate: list[int]) -> list[int] | None:
            again = Choices(replay=candidate)
            found = tested.failure(generate(again), cells)
            return again.made if found == (kind, cell) else None

        source = generate(Choices(replay=shrink(choices.made, fails, options.shrink_time)))
    title = f"# {kind} under {' '.join(cell.arguments)}\n" if cell else f"# {kind}\n"
    seeds.hand_out(title + source, options.keep, f"portable_{seed}.src")
    with Runner(options.harness, source) as runner:
        if cell:
            print("\n".join("    " + line for line in runner.run(cell).messages.splitlines()[:12]), flush=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    seeds.add_options(parser, 300)
    seeds.add_shrinking_options(parser)
    parser.add_argument("--hours", type=float, metavar="H", help="go on for so long, whatever the count")
    return parser.parse_args()


def main() -> int:
    options = read_options()
    sys.setrecursionlimit(10_000)
    tested = Property(options)
    first = seeds.first_seed(options)
    print(f"from seed {first} on; {' '.join(tested.lifetimes)} on {' '.join(tested.allocators)}", flush=True)
    return seeds.run_seeds(
        seeds.batches(first, options.count, options.hours),
        lambda seed: tested.failure(generate(Choices(seed)), tested.cells_of(seed)),
        lambda seed, failure: report(tested, options, seed, *failure),
        options.failures,
    )


if __name__ == "__main__":
    sys.exit(main())
