#!/usr/bin/python3
"""Compares the instructions of programs in the full build with those in builds of one lifetime alone.

    same_instructions.py --harness FULL --programs FILE… --alone LIFETIME=HARNESS…

What a lifetime costs must not depend on which others there are. Valgrind counts the instructions of the child that
runs the program, with an empty environment and without randomised addresses, so that the figures are the same each
time. Both builds must print the same; a build of one lifetime must list that one and refuse all others by name.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BAR = 0.005
# Below this many instructions start-up is too great a part of them.
INSTRUCTIONS_MIN = 20_000_000
SUMMARY = re.compile(r"^summary: (\d+)", re.MULTILINE)
WORKERS = 2
# What starting a program under Valgrind and comparing its parts takes with figures of its own.
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def instructions(harness: str, lifetime: str, program: Path) -> tuple[int, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        command = ["setarch", "-R", "valgrind", "--tool=cachegrind", "--cache-sim=no",
                   f"--cachegrind-out-file={folder}/%p", harness, "run", "--unchecked", "--quiet", "--lifetime",
                   lifetime, "--allocator", "arena", str(program)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, timeout=300, check=False)
        if done.returncode != 0:
            sys.exit(f"{harness}: exit code {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")
        # The parent waits, so the child that ran the program has the most.
        counts = [int(SUMMARY.search(file.read_text()).group(1)) for file in Path(folder).iterdir()]
        return max(counts), done.stdout


def compare(full: str, alone: str, lifetime: str, program: Path) -> tuple[str, bool]:
    (many, printed), (one, also_printed) = instructions(full, lifetime, program), instructions(alone, lifetime, program)
    apart = many / one - 1
    fine = abs(apart) <= BAR and printed == also_printed and min(many, one) >= INSTRUCTIONS_MIN
    line = f"{lifetime:16} {program.stem:16} {one:>12,} alone {many:>12,} in the full build {apart:+.3%}"
    if printed != also_printed:
        line += ": they print different things"
    elif min(many, one) < INSTRUCTIONS_MIN:
        line += ": too few to compare"
    return line, fine


def knows_itself_alone(alone: str, lifetime: str, other: str, program: Path) -> str:
    """Empty, or what is wrong with how a build of one lifetime talks about it."""
    listed = subprocess.run([alone, "list", "lifetimes"], capture_output=True, text=True, check=False).stdout
    if [line.split()[0] for line in listed.splitlines()] != [lifetime]:
        return f"lists {listed!r}"
    refused = subprocess.run([alone, "run", "--lifetime", other, str(program)], capture_output=True, text=True,
                             check=False)  # fmt: skip
    if refused.returncode != 2 or f"'{other}' is not" not in refused.stderr:
        return f"{other}: exit code {refused.returncode}, {refused.stderr!r}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", required=True, help="the full build")
    parser.add_argument("--programs", nargs="+", type=Path, required=True)
    parser.add_argument("--alone", nargs="+", required=True, metavar="LIFETIME=HARNESS")
    options = parser.parse_args()
    for tool in ("valgrind", "setarch"):
        if shutil.which(tool) is None:
            print(f"{tool} is missing: ci/setup installs it")
            return 1
    builds = [entry.split("=", 1) for entry in options.alone]
    failed = 0
    for i, (lifetime, alone) in enumerate(builds):
        problem = knows_itself_alone(alone, lifetime, "refcont" if len(builds) == 1 else builds[i - 1][0],
                                     options.programs[0])  # fmt: skip
        if problem:
            failed += 1
            print(f"FAILED {lifetime}: {problem}")
    jobs = [(alone, lifetime, program) for lifetime, alone in builds for program in options.programs]
    with ThreadPoolExecutor(WORKERS) as workers:
        for line, fine in workers.map(lambda job: compare(options.harness, *job), jobs):
            failed += not fine
            print(("" if fine else "FAILED ") + line, flush=True)
    print(f"{len(jobs) + len(builds) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
