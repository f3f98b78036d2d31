#!/usr/bin/python3
"""One defect planted into each generated program is told by its name and line; the legal twin is silent."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from choices import Choices
from defects import Planter, plant
from judge import Cell, Runner, lifetimes

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import seeds  # noqa: E402


def failure(harness: str, seed: int, chosen: list[str]) -> str | None:
    bad, good = plant(seed, True), plant(seed, False)
    with Runner(harness, bad.source) as runner:
        for lifetime in [each for each in bad.lifetimes if each in chosen]:
            outcome = runner.run(Cell(lifetime, "direct"))
            if outcome.error != (bad.error, bad.line):
                return f"{lifetime}: {outcome.error} in place of {bad.error} in line {bad.line}"
    with Runner(harness, good.source) as runner:
        # One that raises the defect, and one of the others.
        for lifetime in {bad.lifetimes[seed % len(bad.lifetimes)], chosen[seed % len(chosen)]} & set(chosen):
            outcome = runner.run(Cell(lifetime, "direct"))
            if outcome.error is not None or outcome.exit_code != 0:
                return f"{lifetime}: the legal twin ends with {outcome.error}, exit code {outcome.exit_code}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    seeds.add_options(parser, 200)
    parser.add_argument("--show", action="store_true", help="print each program that fails")
    options = parser.parse_args()
    chosen = options.lifetime or list(lifetimes(options.harness))
    first = seeds.first_seed(options)
    print(f"from seed {first} on", flush=True)

    def report(seed: int, wrong: str) -> None:
        planter = Planter(Choices(seed), True)
        planter.program()
        print(f"FAILED seed {seed}: {planter.kind.name}: {wrong}", flush=True)
        if options.show:
            print(plant(seed, "twin" not in wrong).source)

    numbers = seeds.batches(first, options.count)
    return seeds.run_seeds(numbers, lambda seed: failure(options.harness, seed, chosen), report)


if __name__ == "__main__":
    sys.exit(main())
