#!/usr/bin/python3
"""Measures what the driver itself costs: start-up, memory, and the speed of its front end.

    driver.py --harness build/harness/harness [--repeat N] [--markdown]

Start-up and memory are told above those of an empty C++ program, dynamically linked and built here with the same
compiler: the least of many runs of each, in turn, so that the machine's own cost of a process is taken off. The
front end, told in processor time, reads the functions of the programs beside this file, repeated under other names, in a program that calls
none of them; the time of a program of a tenth of that size is taken off.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
FUNCTION = re.compile(r"^def (\w+)", re.MULTILINE)
BARS = {"start-up": "≤ 3 ms", "memory": "≤ 6 MiB", "front end": "≥ 300 000 lines/s"}


# Starts a program again and again and tells the shortest wall time, the shortest processor time (ns) and the smallest
# peak of memory (KiB), children included. Python cannot: a process counts the memory of what it was forked from.
LAUNCHER = r"""
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
static long long wall_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
int main(int, char** argv) {
    long long best_wall = 1LL << 62, best_cpu = 1LL << 62, best_kib = 1LL << 62;
    for (int i = atoi(argv[1]); i > 0; --i) {
        const long long start = wall_ns();
        const pid_t child = vfork();
        if (child == 0) {
            const int null = open("/dev/null", O_WRONLY);
            dup2(null, 1);
            execvp(argv[2], argv + 2);
            _exit(127);
        }
        int status;
        rusage u;
        wait4(child, &status, 0, &u);
        const long long wall = wall_ns() - start;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
        const long long cpu = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000LL +
                              (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000LL;
        if (wall < best_wall) best_wall = wall;
        if (cpu < best_cpu) best_cpu = cpu;
        if (u.ru_maxrss < best_kib) best_kib = u.ru_maxrss;
    }
    printf("%lld %lld %lld", best_wall, best_cpu, best_kib);
}
"""


class Launcher:
    def __init__(self, compiler: str, folder: Path) -> None:
        self.program = folder / "launcher"
        source = folder / "launcher.cpp"
        source.write_text(LAUNCHER)
        subprocess.run([compiler, "-O2", "-o", self.program, source], check=True)

    def run(self, times: int, command: list[str]) -> tuple[float, float, float]:
        """The least wall milliseconds, processor milliseconds and MiB of some runs."""
        done = subprocess.run([self.program, str(times), *command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"driver.py: {' '.join(command)} failed: {done.stderr}")
        wall, processor, kib = map(int, done.stdout.split())
        return wall / 1e6, processor / 1e6, kib / 1024


def functions_of(program: Path) -> str:
    """The program without what stands outside of its functions and classes, which would run."""
    kept, inside = [], False
    for line in program.read_text().splitlines():
        if line and not line[0].isspace():
            inside = line.startswith(("def ", "class "))
        if inside:
            kept.append(line)
    return "\n".join(kept) + "\n"


def large_program(lines: int) -> str:
    texts = [functions_of(path) for path in sorted(FOLDER.glob("*.src"))]
    parts, have, copy = [], 0, 0
    while have < lines:
        for text in texts:
            for name in set(FUNCTION.findall(text)) | set(re.findall(r"^class (\w+)", text, re.MULTILINE)):
                text = re.sub(rf"\b{name}\b", f"{name}_{copy}", text)
            parts.append(text)
            have += text.count("\n")
        copy += 1
    return "".join(parts)


def measure(options: argparse.Namespace, folder: Path) -> list[tuple[str, str, str]]:
    launcher = Launcher(options.compiler, folder)
    (folder / "empty.cpp").write_text("int main() {}\n")
    subprocess.run([options.compiler, "-O2", "-o", folder / "empty", folder / "empty.cpp"], check=True)
    (folder / "empty.src").write_text("")
    ours = [options.harness, "run", "--quiet", "--unchecked", "--lifetime", "leak", "--allocator", options.allocator]
    rounds = [
        (launcher.run(20, [str(folder / "empty")]), launcher.run(20, [*ours, str(folder / "empty.src")]))
        for _ in range(options.repeat)
    ]
    wall, processor, memory = (
        min(program[i] for _, program in rounds) - min(empty[i] for empty, _ in rounds) for i in range(3)
    )
    sources = []
    for lines in (options.lines // 10, options.lines):
        text = large_program(lines)
        path = folder / f"large_{lines}.src"
        path.write_text(text)
        sources.append((text.count("\n"), launcher.run(options.repeat, [*ours, str(path)])[1]))
    (few, short), (many, long) = sources
    speed = (many - few) / (long - short) * 1e3
    return [
        ("start-up", f"{wall:.2f} ms, {processor:.2f} ms of processor time", BARS["start-up"]),
        ("memory", f"{memory:.1f} MiB", BARS["memory"]),
        ("front end", f"{speed:,.0f} lines/s".replace(",", " "), BARS["front end"]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to measure")
    parser.add_argument("--compiler", default="c++", help="builds the empty program")
    parser.add_argument("--allocator", default="arena", metavar="NAME")
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--lines", type=int, default=100_000, help="of the program that the front end reads")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for what, figure, bar in measure(options, Path(folder)):
            print(f"| {what} | {figure} | {bar} |" if options.markdown else f"{what:10} {figure:45} {bar}")


if __name__ == "__main__":
    main()
