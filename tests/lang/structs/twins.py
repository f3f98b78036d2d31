#!/usr/bin/python3
"""Random programs with structs print under every lifetime what their translation prints under python3.

    twins.py --harness PATH [--seed N] [--count N] [--allocator NAME]

Values stay in the range of their fields, so Python's classes hold the same. A failure prints the seed, which makes the
same program again.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

LIFETIMES = ("leak", "refcount", "refcount+cycles", "gc", "scope", "ownership", "arena", "stack", "manual")
RANGES = {
    "i8": (-128, 127), "u8": (0, 255), "i16": (-32768, 32767), "u16": (0, 65535), "i32": (-2**31, 2**31 - 1),
    "u32": (0, 2**32 - 1), "i64": (-2**46, 2**46), "u64": (0, 2**46), "int": (-2**40, 2**40), "usize": (0, 2**40),
}
TYPES = [*RANGES, "f32", "f64", "bool", "char", "str", "list", "dict", "any"]


class Program:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.structs: list[list[tuple[str, str]]] = []
        for number in range(self.random.randint(1, 4)):
            self.struct(number)
        self.functions()
        self.body()

    def type(self) -> str:
        name = self.random.choice(TYPES)
        return f"Option({name})" if name != "any" and self.random.random() < 0.25 else name

    def value(self, kind: str) -> str:
        pick = self.random
        if kind.startswith("Option("):
            return "None" if pick.random() < 0.4 else self.value(kind[7:-1])
        if kind in RANGES:
            low, high = RANGES[kind]
            return str(pick.choice([low, high, 0 if low <= 0 else low, pick.randint(low, high)]))
        if kind in ("f32", "f64"):
            return pick.choice(["0.1", "-2.5", "1e10", "3.0", "7", "0.30000000000000004"])
        if kind == "bool":
            return pick.choice(["True", "False"])
        if kind == "char":
            return pick.choice(['"a"', '"z"', '" "'])
        if kind == "str":
            return pick.choice(['""', '"text"', f'"s" + str({pick.randint(0, 999)})', '"a" * 20'])
        if kind == "list":
            return pick.choice(["[]", "[1, 2]", f"[{pick.randint(0, 9)}, \"x\" + str(3)]", "[[1], [2.5]]"])
        if kind == "dict":
            return pick.choice(["{}", '{"k": 1}', f'{{1: "v" + str({pick.randint(0, 9)})}}'])
        return pick.choice(["None", "3", "2.5", '"any" + str(1)', "[4]", "True"])

    def struct(self, number: int) -> None:
        fields = [(f"f{i}", self.type()) for i in range(self.random.randint(0, 7))]
        self.structs.append(fields)
        if self.random.random() < 0.2:
            self.lines.append(f"@align({2 ** self.random.randint(0, 6)})")
        self.lines.append(f"struct S{number}:")
        defaults = self.random.randint(0, len(fields)) if self.random.random() < 0.4 else len(fields)
        for at, (name, kind) in enumerate(fields):
            if at >= defaults and any(word in kind for word in ("list", "dict", "any")):
                defaults = at + 1
        for at, (name, kind) in enumerate(fields):
            default = f" = {self.value(kind)}" if at >= defaults else ""
            self.lines.append(f"    {name}: {kind}{default}")
        self.lines.append("    def all_of(self):")
        self.lines.append(f"        return [{', '.join('&self.' + name for name, _ in fields)}]")
        self.lines.append("")

    def made(self, number: int) -> str:
        return f"S{number}({', '.join(self.value(kind) for _, kind in self.structs[number])})"

    def functions(self) -> None:
        number = self.random.randrange(len(self.structs))
        self.lines += ["def build(n):", "    made = []", "    for i in range(n):",
                       f"        made.append({self.made(number)})", "    return made", "",
                       "def show(x: any):", "    print(&x)", "", "def same(a: any, b: any):", "    return a == b", ""]

    def body(self) -> None:
        names: dict[str, int] = {}
        for step in range(self.random.randint(5, 25)):
            action = self.random.random()
            if not names or action < 0.25:
                number = self.random.randrange(len(self.structs))
                name = f"v{step}"
                how = self.random.random()
                text = self.made(number) if how < 0.75 else f"S{number}.default()"
                self.lines.append(f"{name} = {text}")
                names[name] = number
            elif action < 0.55:
                name = self.random.choice(list(names))
                fields = self.structs[names[name]]
                if not fields:
                    continue
                field, kind = self.random.choice(fields)
                if any(word in kind for word in ("list", "dict", "any")):
                    continue  # what they hold would have to be freed by hand first
                value = self.value(kind)
                self.lines.append(f"for turn in range({self.random.choice([1, 3])}):")
                self.lines.append(f"    {name}.{field} = {value}")
                self.lines.append(f"print({name}.{field})")
            elif action < 0.7:
                name = self.random.choice(list(names))
                self.lines.append(f"show(&{name})")
            elif action < 0.8:
                a, b = self.random.choice(list(names)), self.random.choice(list(names))
                self.lines.append(f"print(same(&{a}, &{b}), {a} != {b})")
            elif action < 0.9:
                name = self.random.choice(list(names))
                self.lines += [f"copy{step} = clone(&{name})", f"print(same(&copy{step}, &{name}), copy{step}.all_of())",
                               f"deinit(copy{step})"]
            else:
                self.lines += [f"some{step} = build({self.random.randint(0, 5)})", f"print(&some{step})",
                               f"deinit(some{step})"]
        self.lines += [f"deinit({name})" for name in names]

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def failure(harness: str, seed: int, folder: Path, modes: list[list[str]]) -> str | None:
    program = folder / "program.src"
    program.write_text(Program(seed).text(), encoding="utf-8")
    python = subprocess.run([harness, "python", str(program)], capture_output=True, text=True, timeout=60)
    if python.returncode != 0:
        return f"seed {seed}: harness python: {python.stderr}\n{program.read_text()}"
    oracle = subprocess.run(["/usr/bin/python3", "-"], input=python.stdout, capture_output=True, text=True, timeout=60)
    for lifetime in LIFETIMES:
        for mode in modes:
            run = subprocess.run([harness, "run", "--quiet", "--lifetime", lifetime, *mode, str(program)],
                                 capture_output=True, text=True, timeout=60)
            leaks = run.returncode == 4 and lifetime == "manual" and "LeakError" in run.stderr
            if run.stdout != oracle.stdout or (run.returncode != 0 and not leaks):
                return (f"seed {seed}, {lifetime} {' '.join(mode)}\n{run.stderr}\n--- python3 {oracle.stderr}\n{oracle.stdout}"
                        f"--- harness\n{run.stdout}---\n{program.read_text()}")
    return None


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--harness", required=True)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--count", type=int, default=40)
    reader.add_argument("--allocator", default="direct")
    given = reader.parse_args()
    modes = [["--allocator", given.allocator], ["--allocator", given.allocator, "--unchecked"]]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(given.seed, given.seed + given.count):
            told = failure(given.harness, seed, Path(folder), modes)
            if told is not None:
                print(told)
                return 1
    print(f"{given.count} programs under {len(LIFETIMES)} lifetimes, checked and unchecked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
