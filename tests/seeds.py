"""Tests on programs that are made from numbers: a failure is told with the number that makes its program again.

What makes a program and what must hold for it is each test's own affair; the order of work and the options are here.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

WORKERS = 2
SHRINK_TIME_MAX_S = 60
BATCH = 100


def add_options(parser: argparse.ArgumentParser, programs: int) -> None:
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to test")
    parser.add_argument("--count", type=int, default=programs, help="how many programs")
    parser.add_argument("--seed", type=int, help="the number of the first program; a fresh one if not given")
    parser.add_argument("--lifetime", action="append", metavar="L", help="only these; may be given several times")


def add_shrinking_options(parser: argparse.ArgumentParser) -> None:
    """For tests that run programs on several allocators and make small what fails."""
    parser.add_argument("--allocator", action="append", metavar="A", help="only these; may be given several times")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write what was made small there, not to the screen")
    parser.add_argument("--shrink-time", type=float, default=SHRINK_TIME_MAX_S, metavar="S", help="0 leaves it whole")
    parser.add_argument("--failures", type=int, default=5, metavar="N", help="stop after so many")


def first_seed(options: argparse.Namespace) -> int:
    return options.seed if options.seed is not None else random.SystemRandom().randrange(1, 10**9)


def batches(first: int, programs: int, hours: float | None = None) -> Iterator[range]:
    """The numbers of the programs, a batch at a time, until enough were tested or the time is up."""
    if hours is None:
        yield range(first, first + programs)
        return
    deadline = time.monotonic() + hours * 3600
    for batch in count():
        if time.monotonic() > deadline:
            return
        yield range(first + batch * BATCH, first + (batch + 1) * BATCH)


def run_seeds(
    numbers: Iterable[range], failure: Callable, report: Callable[..., None], failures_max: int | None = None
) -> int:
    """`failure` says what is wrong with a number's program, or None; `report` tells it. Returns the exit code."""
    passed = failed = 0
    with ThreadPoolExecutor(WORKERS) as workers:
        for seeds in numbers:
            for seed, found in zip(seeds, workers.map(failure, seeds)):
                if found is None:
                    passed += 1
                    continue
                failed += 1
                report(seed, found)
                if failed == failures_max:
                    workers.shutdown(cancel_futures=True)
                    break
            if failed == failures_max:
                break
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def hand_out(source: str, folder: Path | None, name: str) -> None:
    """Keeps a program that failed in `folder`, or prints it."""
    if folder is None:
        print("\n".join("    " + line for line in source.splitlines()))
        return
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(source, encoding="utf-8")
    print(f"    made small: {file}")
