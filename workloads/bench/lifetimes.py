#!/usr/bin/python3
"""Times the lifetimes against each other, all bars in one run, and prints a ratio with its interval for each.

    lifetimes.py --harness build/harness/harness [--bars gc,checked] [--programs a,b] [--repeat N] [--each] [--markdown]
    lifetimes.py --harness build/harness/harness --check [--programs a,b]

Programs are the families of workloads, at sizes of some tenths of a second, and for some bars those beside this file.
Every contender must print the same as all others, or no time is published. Runs of all contenders of a program
alternate, forwards and backwards; a time is the processor time of the process that runs the program. A ratio is taken
in each round; over the programs of a bar the geometric mean counts, of which the table shows the median over all rounds
and the least and the greatest.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
WORKLOADS = FOLDER.parent
SMALL = re.compile(r"^# small: (\d+)$", re.MULTILINE)
PEERS = ["jemalloc", "mimalloc", "tcmalloc"]
# Lifetimes under which programs that say nothing about memory may end with a defect of their own.
NEEDS_PORTABLE = {"manual", "scope", "ownership", "stack"}

# What makes a workload take some tenths of a second; those of bench/ have their sizes in themselves.
SIZES = {
    "lru_cache": "requests=240000", "segmented_lru": "requests=240000", "random_slots": "slots=1000 generations=960",
    "three_phase": "programs=1200", "frame_loop": "frames=4800", "call_graph": "rounds=400 functions=400",
    "shortest_paths": "side=30 queries=180", "barnes_hut": "bodies=300 steps=40", "matrices": "size=96 rounds=12",
    "n_body": "steps=30000", "json_round_trip": "documents=2500", "syntax_trees": "expressions=3200",
    "event_simulation": "users=160 jobs=500", "linked_queue": "rounds=3200", "request_loop": "requests=60000",
    "web_server": "requests=24000", "rope": "edits=9000", "string_building": "lines=48000",
    "word_count": "paragraphs=9000", "taylor_series": "formulas=2100", "hash_table": "keys=6000 rounds=20",
    "binary_trees": "depth=14", "persistent_tree": "transactions=24000", "treap": "rounds=480",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One way to run a program."""

    lifetime: str
    allocator: str
    checked: bool = False
    heap_limited: bool = False  # to twice the live bytes

    def __str__(self) -> str:
        checked = ", checked" if self.checked else ""
        return f"{self.lifetime} on {self.allocator}{checked}{', heap limited' if self.heap_limited else ''}"


@dataclass
class Program:
    path: Path
    settings: list[str]
    workload: bool
    live_bytes: int = 0  # the most that refcount ever holds, with its headers
    region_shaped: bool = False
    seconds: dict[Cell, list[float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def small_settings(self) -> list[str]:
        """Workloads are small unless told otherwise; those of bench/ name a small size in their heads."""
        found = None if self.workload else SMALL.search(self.path.read_text())
        return [] if found is None else [f"n={found.group(1)}"]


@dataclass(frozen=True)
class Bar:
    """`over` against the best of `under`, on the programs that `takes` accepts: at most `bar`, going to `goal`."""

    name: str
    what: str
    over: Cell
    under: list[Cell]
    takes: str  # all, workloads, region-shaped
    bar: float
    goal: float | None = None

    def accepts(self, program: Program) -> bool:
        if self.takes == "all":
            return program.workload or {self.over.lifetime, self.under[0].lifetime}.isdisjoint(NEEDS_PORTABLE)
        return program.workload and (self.takes == "workloads" or program.region_shaped)


def bars_of(allocator: str, bump: str, peers: list[str]) -> list[Bar]:
    """The table; each bar is known by its name on the command line."""
    manual = Cell("manual", allocator)
    refcount = Cell("refcount", allocator)
    peers_manual = [Cell("manual", peer) for peer in peers]
    return [
        Bar("refcount", "refcount / leak", refcount, [Cell("leak", allocator)], "all", 1.15, 1.08),
        Bar("scope", "scope / manual", Cell("scope", allocator), [manual], "workloads", 1.1, 1.0),
        Bar("ownership", "ownership / manual", Cell("ownership", allocator), [manual], "workloads", 1.1, 1.0),
        Bar("arena", f"arena on {bump} / manual on the best peer", Cell("arena", bump), peers_manual,
            "region-shaped", 0.7, 0.5),
        Bar("stack", f"stack on {bump} / manual on the best peer", Cell("stack", bump), peers_manual,
            "region-shaped", 0.7, 0.5),
        Bar("gc", "gc, twice the live bytes / refcount", Cell("gc", allocator, heap_limited=True), [refcount],
            "workloads", 1.5, 1.0),
        Bar("checked", "checked / unchecked, refcount", Cell("refcount", allocator, checked=True), [refcount],
            "all", 2.0, 1.5),
    ]  # fmt: skip


class Runner:
    def __init__(self, harness: str, folder: Path, at_default_sizes: bool):
        self.harness = harness
        self.folder = folder
        self.at_default_sizes = at_default_sizes
        self.printed: dict[str, str] = {}
        self.problems: list[str] = []

    def report(self, program: Program, cell: Cell) -> dict | None:
        """Runs once; None after a failure, or when it prints something else than the runs before, which is noted."""
        file = self.folder / "report.json"
        command = [self.harness, "run", "--quiet", "--force", "--json", str(file), "--allocator", cell.allocator]
        command += ["--lifetime", cell.lifetime, str(program.path)]
        command += [] if cell.checked else ["--unchecked"]
        command += ["--max-heap", str(2 * program.live_bytes)] if cell.heap_limited else []
        for setting in program.small_settings if self.at_default_sizes else program.settings:
            command += ["--set", setting]
        file.unlink(missing_ok=True)
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        # A program beside this file may leak what it never says it is done with.
        if done.returncode not in ((0,) if program.workload else (0, 4)) or not file.exists():
            message = done.stderr.decode(errors="replace").strip().splitlines()
            self.problems.append(f"{program.name}: {cell}: exit code {done.returncode}: {' '.join(message[:3])}")
            return None
        found = json.loads(file.read_text())
        expected = self.printed.setdefault(program.name, found["output_xxh3"])
        if found["output_xxh3"] != expected:
            self.problems.append(f"{program.name}: {cell} prints something else")
            return None
        return found

    def seconds(self, program: Program, cell: Cell) -> float | None:
        found = self.report(program, cell)
        return None if found is None else (found["process"]["user_ns"] + found["process"]["system_ns"]) / 1e9

    def look_at(self, program: Program) -> bool:
        """Finds what is live at most, and whether the regions that the program marks end at least half of its bytes."""
        counted = self.report(program, Cell("refcount", "direct"))
        regions = self.report(program, Cell("arena", "arena"))
        if counted is None or regions is None:
            return False
        program.live_bytes = counted["heap"]["requested_bytes_peak"]
        program.region_shaped = program.workload and (
            regions["heap"]["payload_bytes_peak"] <= counted["heap"]["payload_bytes_total"] / 2
        )
        return True


def measure(runner: Runner, program: Program, cells: list[Cell], repeat: int) -> bool:
    """False when one of the contenders failed: then none of them has a time."""
    program.seconds = {cell: [] for cell in cells}
    for turn in range(repeat):
        for cell in cells if turn % 2 == 0 else reversed(cells):
            seconds = runner.seconds(program, cell)
            if seconds is None:
                program.seconds = {}
                return False
            program.seconds[cell].append(seconds)
    return True


@dataclass(frozen=True)
class Ratio:
    """Of one program or of many: the median over the rounds, the least and the greatest."""

    median: float
    least: float
    greatest: float

    @staticmethod
    def of(rounds: list[float]) -> Ratio:
        return Ratio(statistics.median(rounds), min(rounds), max(rounds))

    def __str__(self) -> str:
        return f"{self.median:.2f}"


def rounds_of(bar: Bar, program: Program) -> list[float]:
    """The ratio in each round; the best of several opponents is the one with the least median."""
    best = min(bar.under, key=lambda cell: statistics.median(program.seconds[cell]))
    pairs = zip(program.seconds[bar.over], program.seconds[best], strict=True)
    return [over / max(under, 1e-6) for over, under in pairs]


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(max(value, 1e-6)) for value in values))


def over_all(bar: Bar, programs: list[Program]) -> Ratio:
    by_program = [rounds_of(bar, program) for program in programs]
    return Ratio.of([geometric_mean(list(ratios)) for ratios in zip(*by_program, strict=True)])


def verdict(bar: Bar, ratio: Ratio) -> str:
    if bar.goal is not None and ratio.median <= bar.goal:
        return "goal reached"
    if ratio.median <= bar.bar:
        return "held"
    return "within the noise" if ratio.least <= bar.bar else "missed"


def render(header: list[str], rows: list[list[str]], markdown: bool) -> str:
    if markdown:
        lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in [header, *rows])


def table(bars: list[Bar], programs: list[Program], markdown: bool) -> str:
    rows = []
    for bar in bars:
        chosen = [program for program in programs if program.seconds and bar.accepts(program)]
        if not chosen:
            continue
        ratio = over_all(bar, chosen)
        worst = max(chosen, key=lambda program: statistics.median(rounds_of(bar, program)))
        worst_ratio = Ratio.of(rounds_of(bar, worst))
        rows.append([bar.what, str(len(chosen)), str(ratio), f"{ratio.least:.2f} to {ratio.greatest:.2f}",
                     f"{worst_ratio} {worst.name}", f"{bar.bar:.2f}", "" if bar.goal is None else f"{bar.goal:.2f}",
                     verdict(bar, ratio)])  # fmt: skip
    header = ["ratio", "programs", "geometric mean", "over the rounds", "worst", "at most", "going to", ""]
    return render(header, rows, markdown)


def table_of_programs(bars: list[Bar], programs: list[Program], markdown: bool) -> str:
    rows = []
    for program in programs:
        cells = []
        for bar in bars:
            fits = program.seconds and bar.accepts(program)
            cells.append(str(Ratio.of(rounds_of(bar, program))) if fits else "–")
        rows.append([f"`{program.name}`" if markdown else program.name, *cells])
    return render(["program", *(bar.name for bar in bars)], rows, markdown)


def all_programs() -> list[Program]:
    found = []
    for path in sorted(WORKLOADS.glob("*/*.src")):
        workload = path.parent != FOLDER
        found.append(Program(path, SIZES.get(path.stem, "").split() if workload else [], workload))
    # Two names occur in both folders: the workload counts.
    names = {program.name for program in found if program.workload}
    return [program for program in found if program.workload or program.name not in names]


def choose(known: list, names: list[str], what: str) -> list:
    if not names:
        return known
    by_name = {each.name: each for each in known}
    for name in names:
        if name not in by_name:
            sys.exit(f"lifetimes.py: there is no {what} '{name}'; there are: {', '.join(by_name)}")
    return [by_name[name] for name in names]


def listed(harness: str, what: str) -> str:
    return subprocess.run([harness, "list", what], capture_output=True, text=True, check=True).stdout


def available(bars: list[Bar], lifetimes: set[str]) -> list[Bar]:
    """What this build can measure; the rest is told by name."""
    fine = []
    for bar in bars:
        missing = {cell.lifetime for cell in [bar.over, *bar.under]} - lifetimes
        if missing or not bar.under:
            reason = f"this build has no {', '.join(sorted(missing))}" if missing else "no peer is installed"
            print(f"lifetimes.py: {bar.name} is left out: {reason}", file=sys.stderr)
        else:
            fine.append(bar)
    return fine


def comma_separated(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to time")
    parser.add_argument("--bars", type=comma_separated, default=[], metavar="A,B", help="these only")
    parser.add_argument("--programs", type=comma_separated, default=[], metavar="A,B", help="these only")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="timed rounds")
    parser.add_argument("--allocator", default="direct", metavar="NAME", help="of all bars but those of regions")
    parser.add_argument("--bump", default="arena", metavar="NAME", help="the allocator for regions: arena or fixed(N)")
    parser.add_argument("--each", action="store_true", help="a second table with the ratios of each program")
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--check", action="store_true", help="compare outputs at small sizes; time nothing")
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error("--repeat must be at least 1")
    return options


def main() -> int:
    options = read_options()
    lines = listed(options.harness, "allocators").splitlines()
    peers = [peer for peer in PEERS if any(re.match(rf"{peer} .*\(missing", line) is None and line.startswith(peer + " ")
                                           for line in lines)]  # fmt: skip
    for peer in PEERS:
        if peer not in peers:
            print(f"lifetimes.py: {peer} is not installed; ci/setup installs it", file=sys.stderr)
    lifetimes = {line.split()[0] for line in listed(options.harness, "lifetimes").splitlines()}
    bars = available(choose(bars_of(options.allocator, options.bump, peers), options.bars, "bar"), lifetimes)
    programs = choose(all_programs(), options.programs, "program")
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(options.harness, Path(folder), options.check)
        for program in programs:
            if not runner.look_at(program):
                continue
            cells = list(dict.fromkeys(cell for bar in bars if bar.accepts(program) for cell in [bar.over, *bar.under]))
            fine = measure(runner, program, cells, 1 if options.check else options.repeat)
            if options.check and fine:
                print(f"{program.name}: {len(cells) + 2} print the same", flush=True)
            elif sys.stderr.isatty():
                print(f"{program.name} is measured", file=sys.stderr)
    if not options.check:
        if options.markdown:
            print(f"`{options.allocator}`; {options.repeat} rounds; {platform.machine()}, {os.cpu_count()} processors\n")
        print(table(bars, programs, options.markdown))
        print("\nregion-shaped:", ", ".join(program.name for program in programs if program.region_shaped))
        if options.each:
            print("\n" + table_of_programs(bars, programs, options.markdown))
    print("\n".join(runner.problems), end="\n" if runner.problems else "", file=sys.stderr)
    return 1 if runner.problems else 0


if __name__ == "__main__":
    sys.exit(main())
