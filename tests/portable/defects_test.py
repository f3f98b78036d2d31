#!/usr/bin/python3
"""One defect planted into each generated program is told by its name and line; the legal twin is silent."""

from __future__ import annotations

import argparse
import random
import sys
from concurrent.futures import ThreadPoolExecutor

from choices import Choices
from defects import Planter, plant
from judge import Cell, Runner, lifetimes

WORKERS = 2


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
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to test")
    parser.add_argument("--count", type=int, default=200, help="how many programs")
    parser.add_argument("--seed", type=int, help="the number of the first program; a fresh one if not given")
    parser.add_argument("--lifetime", action="append", metavar="L", help="only these; may be given several times")
    parser.add_argument("--show", action="store_true", help="print the first program that fails")
    options = parser.parse_args()
    chosen = options.lifetime or list(lifetimes(options.harness))
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(1, 10**9)
    print(f"from seed {first} on", flush=True)
    seeds = range(first, first + options.count)
    failed = 0
    with ThreadPoolExecutor(WORKERS) as workers:
        for seed, wrong in zip(seeds, workers.map(lambda each: failure(options.harness, each, chosen), seeds)):
            if wrong is None:
                continue
            failed += 1
            planter = Planter(Choices(seed), True)
            planter.program()
            print(f"FAILED seed {seed}: {planter.kind.name}: {wrong}", flush=True)
            if options.show and failed == 1:
                print(plant(seed, "twin" not in wrong).source)
    print(f"{options.count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
