#!/usr/bin/python3
"""Times programs with declared types of numbers against their untyped twins, and prints the ratios.

    typed.py --harness build/harness/harness [--programs a,b] [--repeat N] [--lifetime L] [--allocator A]
    typed.py --harness build/harness/harness --count     # instructions, by cachegrind, at the small size
    typed.py --harness build/harness/harness --check     # outputs only, at the small size

A twin is the program in typed/ without its annotations, so both are the same algorithm by construction. Nothing is
timed before both, and CPython on the twin, printed the same. Runs of the two alternate, and a time is the processor
time of the process that runs the program.
"""

from __future__ import annotations

import argparse
import math
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "typed"
SMALL = re.compile(r"^# small: (\d+)$", re.MULTILINE)
TYPE = r"(?:[iu](?:8|16|32|64|size)|f32|f64|int|float|bool|list|str)"
WANTED = 1.3


def untyped(text: str) -> str:
    """The program without annotations."""
    lines = []
    for line in text.split("\n"):
        if re.match(rf"\s*\w+: {TYPE}$", line):
            continue
        if re.match(r"\s*def ", line):
            line = re.sub(rf": {TYPE}\b", "", line)
            line = re.sub(rf" -> {TYPE}:$", ":", line)
        else:
            line = re.sub(rf"^(\s*\w+): {TYPE} = ", r"\1 = ", line)
        lines.append(line)
    return "\n".join(lines)


def command(args: argparse.Namespace, path: Path, settings: list[str]) -> list[str]:
    out = [args.harness, "run", "--quiet", "--unchecked", "--allocator", args.allocator, "--lifetime", args.lifetime]
    for setting in settings:
        out += ["--set", setting]
    return [*out, str(path)]


def output(args: argparse.Namespace, path: Path, settings: list[str]) -> str:
    done = subprocess.run(command(args, path, settings), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{path.name}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def seconds(argv: list[str]) -> float:
    """Processor time; the processes that a run starts are counted with it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def instructions(argv: list[str], folder: Path) -> int:
    """Of the process that runs the program, which executes more than the one that started it."""
    for old in folder.glob("cg.*"):
        old.unlink()
    valgrind = ["setarch", "-R", "valgrind", "--tool=cachegrind", "--cache-sim=no", "--trace-children=yes"]
    subprocess.run(
        [*valgrind, f"--cachegrind-out-file={folder}/cg.%p", *argv],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    totals = [re.search(r"^summary: (\d+)", f.read_text(), re.MULTILINE) for f in folder.glob("cg.*")]
    return max(int(total.group(1)) for total in totals if total is not None)


def check(args: argparse.Namespace, path: Path, twin: Path, settings: list[str], folder: Path) -> None:
    typed = output(args, path, settings)
    if typed != output(args, twin, settings):
        sys.exit(f"{path.stem}: the untyped twin prints something else")
    python = folder / f"{path.stem}.py"
    text = subprocess.run(
        [args.harness, "python", str(twin)], capture_output=True, text=True, check=True
    ).stdout
    python.write_text(text)
    argv = ["/usr/bin/python3", str(python)]
    for setting in settings:
        argv += ["--set", setting]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stdout != typed:
        sys.exit(f"{path.stem}: python3 prints something else\n{done.stdout}{done.stderr}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", required=True)
    parser.add_argument("--programs", default="")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--lifetime", default="refcount")
    parser.add_argument("--allocator", default="arena")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--count", action="store_true")
    args = parser.parse_args()
    wanted = [name for name in args.programs.split(",") if name]
    paths = [p for p in sorted(FOLDER.glob("*.src")) if not wanted or p.stem in wanted]
    if not paths:
        sys.exit("no such program")
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in paths:
            text = path.read_text()
            twin = folder / path.name
            twin.write_text(untyped(text))
            if ": i" not in text and ": float" not in text:
                sys.exit(f"{path.stem}: nothing in it is typed")
            small = SMALL.search(text)
            settings = [f"n={small.group(1)}"] if small is not None else []
            check(args, path, twin, settings, folder)
            if args.check:
                continue
            if args.count:
                typed = instructions(command(args, path, settings), folder)
                plain = instructions(command(args, twin, settings), folder)
                ratios.append(plain / typed)
                print(f"{path.stem:12} {typed / 1e6:9.2f} M {plain / 1e6:9.2f} M  {plain / typed:.2f}", flush=True)
                continue
            rounds = []
            for turn in range(args.repeat):
                both = [command(args, path, []), command(args, twin, [])]
                times = [seconds(each) for each in (both if turn % 2 == 0 else reversed(both))]
                if turn % 2 != 0:
                    times.reverse()
                rounds.append(times)
            typed_time, plain_time = (min(r[i] for r in rounds) for i in (0, 1))
            middle = statistics.median(r[1] / r[0] for r in rounds)
            ratios.append(middle)
            print(f"{path.stem:12} {typed_time:7.3f} s {plain_time:7.3f} s  {middle:.2f}", flush=True)
    if ratios:
        mean = math.exp(sum(math.log(r) for r in ratios) / len(ratios))
        print(f"geometric mean {mean:.2f}, wanted {WANTED}; worst {min(ratios):.2f}")


if __name__ == "__main__":
    main()
