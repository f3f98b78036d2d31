#!/usr/bin/python3
"""Times the programs beside this file under `harness run` and under other interpreters, and prints the ratios.

    run.py --harness build/harness/harness [--programs a,b] [--repeat N] [--markdown] …
    run.py --harness build/harness/harness --small --check

Each NAME.src has a NAME.lua of the same algorithm. Before anything is timed, every contender must print the same; one
that fails or prints something else is told by name and makes the exit code 1. The runs of all contenders alternate,
so that a slow minute of the machine meets all of them; a figure is the processor time of the whole process. One
column is no time: the counts that `refcount` executes, against the same program compiled without their elision.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SMALL = re.compile(r"^# small: (\d+)$", re.MULTILINE)
DEFAULT_SIZE = re.compile(r'param\("n", (\d+)\)')
PYTHON = "/usr/bin/python3"
# LuaJIT speaks Lua 5.1: the few operators of 5.4 that the programs use are written as calls for it.
FOR_LUAJIT = [
    (re.compile(r"(\w+|\([^()]*\)) // (\w+)"), r"math.floor(\1 / \2)"),
    (re.compile(r"(\w+|\([^()]*\)) << (\w+|\([^()]*\))"), r"bit.lshift(\1, \2)"),
    (re.compile(r"(\w+|\([^()]*\)) & (\w+|\([^()]*\))"), r"bit.band(\1, \2)"),
]


@dataclass
class Contender:
    """One way to run a program, and the processor seconds that its runs took."""

    name: str
    command: list[str]
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """A ratio of two contenders, and what it may be at most: over all programs, and for the worst of them."""

    title: str
    over: str
    under: str
    bar: str = ""
    worst_bar: str = ""


# The programs of which it is told, too, how the whole of allocator and interpreter does on its best allocator.
BEST_ALLOCATOR = ["binary_trees"]
ALLOCATORS = ["arena", "direct", "pool", "stack", "thread_local", "jemalloc", "mimalloc", "tcmalloc"]


def columns_of(options: argparse.Namespace) -> list[Column]:
    ours = options.lifetime
    columns = [Column(f"{ours} / lua5.4", ours, "lua5.4", "0.8", "1.2")]
    if ours == "leak":
        columns += [
            Column("refcount / lua5.4", "refcount", "lua5.4"),
            Column("refcount / leak", "refcount", "leak", "", "1.25"),
            Column("counts / without elision", "counts", "all counts", "", "0.3"),
        ]
    columns.append(Column("checked / unchecked", "checked", ours, "", "2.5"))
    columns.append(Column(f"{ours} / python3", ours, "python3"))
    if options.luajit:
        columns.append(Column("luajit -joff / lua5.4", "luajit", "lua5.4"))
    return columns


def contenders_of(program: Path, size: int, options: argparse.Namespace, folder: Path) -> list[Contender]:
    setting = ["--set", f"n={size}"]
    run = [options.harness, "run", "--quiet", "--allocator", options.allocator]
    source = str(program)
    ours = [
        Contender(options.lifetime, [*run, "--unchecked", "--lifetime", options.lifetime, source, *setting]),
        Contender("checked", [*run, "--lifetime", options.lifetime, source, *setting]),
    ]
    if options.lifetime == "leak":
        ours.append(Contender("refcount", [*run, "--unchecked", "--lifetime", "refcount", source, *setting]))
    lua = program.with_suffix(".lua")
    others = [Contender("lua5.4", ["lua5.4", str(lua), str(size)])]
    translated = folder / f"{program.stem}.py"
    with translated.open("wb") as out:
        subprocess.run([options.harness, "python", source], stdout=out, check=True)
    others.append(Contender("python3", [PYTHON, str(translated), *setting]))
    if options.luajit:
        text = lua.read_text()
        for pattern, call in FOR_LUAJIT:
            text = pattern.sub(call, text)
        other_lua = folder / lua.name
        other_lua.write_text(text)
        others.append(Contender("luajit", ["luajit", "-joff", str(other_lua), str(size)]))
    return ours + others


def counts_of(program: Path, size: int, options: argparse.Namespace, folder: Path) -> dict[str, float]:
    """The retains and releases that a checked run under `refcount` executes, and those without elision."""
    found = {}
    for name, extra in (("counts", []), ("all counts", ["--no-elision"])):
        report = folder / f"{name}.json"
        command = [options.harness, "run", "--quiet", "--allocator", options.allocator, "--lifetime", "refcount"]
        command += [*extra, "--json", str(report), "--force", str(program), "--set", f"n={size}"]
        _, _, failure = run_once(command)
        if failure:
            sys.exit(f"run.py: {program.stem}: counting failed: {failure}")
        costs = json.loads(report.read_text())["costs"]
        found[name] = costs["retains"] + costs["releases"]
    return found


def best_allocator(program: Path, size: int, options: argparse.Namespace) -> tuple[str, float]:
    """The allocator on which the program is fastest under `refcount`, and its processor seconds."""
    contenders = [
        Contender(name, [options.harness, "run", "--quiet", "--unchecked", "--lifetime", "refcount",
                         "--allocator", name, str(program), "--set", f"n={size}"])
        for name in ALLOCATORS
    ]  # fmt: skip
    # One that is not installed here is none of the candidates.
    contenders = [each for each in contenders if not run_once(each.command)[2]]
    measure(contenders, options.repeat)
    best = min(contenders, key=lambda each: min(each.seconds))
    return best.name, min(best.seconds)


def run_once(command: list[str]) -> tuple[bytes, float, str]:
    """The output, the processor seconds of the process and its children, and what went wrong, if anything did."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as messages:
        child = subprocess.Popen(command, stdout=out, stderr=messages, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        messages.seek(0)
        failure = "" if child.returncode == 0 else f"exit code {child.returncode}: {messages.read(2000).decode()}"
        return out.read(), usage.ru_utime + usage.ru_stime, failure


def disagreements(program: Path, contenders: list[Contender]) -> list[str]:
    """Runs each contender once: who fails, or prints something else than Lua."""
    results = {each.name: run_once(each.command) for each in contenders}
    expected = results["lua5.4"][0]
    problems = []
    for name, (output, _, failure) in results.items():
        if failure:
            problems.append(f"{program.stem}: {name}: {failure}")
        elif output != expected or not output:
            problems.append(f"{program.stem}: {name} printed {output[:200]!r}, lua5.4 {expected[:200]!r}")
    return problems


def measure(contenders: list[Contender], repeat: int) -> None:
    for turn in range(repeat):
        # Every other turn goes backwards, so that none always follows the same one.
        for each in contenders if turn % 2 == 0 else reversed(contenders):
            each.seconds.append(run_once(each.command)[1])


def render(header: list[str], rows: list[list[str]], markdown: bool) -> str:
    if markdown:
        lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    lines = []
    for line in [header, *rows]:
        first, *rest = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths)))
        lines.append("  ".join([first, *rest]))
    return "\n".join(lines)


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(max(value, 1e-6)) for value in values))


def report(measured: dict[str, dict[str, float]], options: argparse.Namespace) -> str:
    """The table: a row for each program, then the geometric mean and the worst of each ratio (of the
    counts, those of all programs together)."""
    columns = columns_of(options)
    # A program that shares nothing executes a handful of counts either way, which is no ratio to speak of.
    ratios = {
        column: [
            times[column.over] / times[column.under] if times[column.under] > (1000 if column.over == "counts" else 0)
            else None
            for times in measured.values()
        ]
        for column in columns
    }  # fmt: skip

    def over_all(fold, column: Column) -> str:
        known = [ratio for ratio in ratios[column] if ratio is not None]
        return f"{fold(known):.2f}" if known else ""

    def mean(column: Column) -> str:
        if column.over != "counts":
            return over_all(geometric_mean, column)
        # Some programs execute none at all, which no product bears: all of them together.
        all_counts = sum(times[column.under] for times in measured.values())
        return f"{sum(times[column.over] for times in measured.values()) / all_counts:.2f}" if all_counts else ""

    def cell(ratio: float | None) -> str:
        return "–" if ratio is None else f"{ratio:.2f}"

    rows = []
    for i, (program, times) in enumerate(measured.items()):
        name = f"`{program}`" if options.markdown else program
        rows.append([name, f"{times['lua5.4']:.3f} s", *(cell(ratios[column][i]) for column in columns)])
    rows.append(["geometric mean", "", *(mean(column) for column in columns)])
    rows.append(["at most", "", *(column.bar for column in columns)])
    rows.append(["worst", "", *(over_all(max, column) for column in columns)])
    rows.append(["at most", "", *(column.worst_bar for column in columns)])
    return render(["program", "lua5.4", *(column.title for column in columns)], rows, options.markdown)


def report_best(program: str, best: tuple[str, float], times: dict[str, float], options: argparse.Namespace) -> str:
    name, seconds = best
    header = ["refcount on its best allocator", "is", "/ lua5.4", "/ python3"]
    row = [f"`{program}`" if options.markdown else program, name]
    row += [f"{seconds / times[other]:.2f}" for other in ("lua5.4", "python3")]
    return render(header, [row, ["at most", "", "0.7", "0.35"]], options.markdown)


def choose_programs(options: argparse.Namespace) -> list[Path]:
    known = {path.stem: path for path in sorted(options.folder.glob("*.src"))}
    if not options.programs:
        return list(known.values())
    for name in options.programs:
        if name not in known:
            sys.exit(f"run.py: there is no program '{name}'; there are: {', '.join(known)}")
    return [known[name] for name in options.programs]


def size_of(program: Path, options: argparse.Namespace) -> int:
    found = (SMALL if options.small else DEFAULT_SIZE).search(program.read_text())
    if found is None:
        sys.exit(f"run.py: {program} has no line '# small: N', or no param(\"n\", N)")
    return int(found.group(1))


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to time")
    parser.add_argument("--programs", type=names, default=[], metavar="A,B", help="these only")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="timed runs of each contender")
    parser.add_argument("--lifetime", default="leak", metavar="NAME", help="refcount is compared with leak only")
    parser.add_argument("--allocator", default="arena", metavar="NAME")
    parser.add_argument("--statistic", choices=["min", "median"], default="min", help="of the repeated runs")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--small", action="store_true", help="with the size that each program's head names")
    parser.add_argument("--check", action="store_true", help="compare the outputs; time nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, metavar="PATH", help="programs from elsewhere")
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error("--repeat must be at least 1")
    options.luajit = shutil.which("luajit") is not None
    return options


def main() -> int:
    options = read_options()
    if shutil.which("lua5.4") is None:
        sys.exit("run.py: lua5.4 is not installed; ci/setup installs it")
    if not options.luajit and not options.check:
        print("run.py: luajit is not installed, so its column is left out; ci/setup installs it", file=sys.stderr)
    choose = min if options.statistic == "min" else statistics.median
    measured: dict[str, dict[str, float]] = {}
    best: list[str] = []
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for program in choose_programs(options):
            size = size_of(program, options)
            contenders = contenders_of(program, size, options, Path(folder))
            if found := disagreements(program, contenders):
                problems += found
                continue
            if options.check:
                print(f"{program.stem}: {len(contenders)} print the same", flush=True)
                continue
            measure(contenders, options.repeat)
            times = {each.name: max(choose(each.seconds), 1e-6) for each in contenders}
            measured[program.stem] = times
            if options.lifetime == "leak":
                times |= counts_of(program, size, options, Path(folder))
                if program.stem in BEST_ALLOCATOR:
                    found = best_allocator(program, size, options)
                    best.append(report_best(program.stem, found, times, options))
            if sys.stderr.isatty():
                print(f"{program.stem} is measured", file=sys.stderr)
    if measured:
        if options.markdown:
            print(f"`{options.lifetime}` on `{options.allocator}`; {options.statistic} of {options.repeat} runs; "
                  f"{platform.machine()}, {os.cpu_count()} processors\n")  # fmt: skip
        print("\n\n".join([report(measured, options), *best]))
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
