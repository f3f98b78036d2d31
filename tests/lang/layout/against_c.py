#!/usr/bin/python3
"""Random structs and enums have the layout that C compilers give to the same declarations.

    against_c.py --harness PATH [--seed N] [--count N]

Each file of declarations is measured by a program (size_of, align_of, offset_of of everything), and what that prints
becomes _Static_asserts: 64 bits for gcc and clang, 32 bits for clang with a target that aligns 8-byte types to 8. A
failure prints the seed, which makes the same file again.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PRIMITIVES = {
    "i8": "int8_t", "u8": "uint8_t", "i16": "int16_t", "u16": "uint16_t", "i32": "int32_t", "u32": "uint32_t",
    "i64": "int64_t", "u64": "uint64_t", "isize": "intptr_t", "usize": "uintptr_t", "f32": "float", "f64": "double",
    "int": "int64_t", "float": "double", "bool": "_Bool", "char": "uint32_t", "str": "char *", "list": "void *",
    "dict": "void *", "any": "uint64_t",
}
COMPILERS = (
    ("gcc, 64 bits", 64, ["gcc"]),
    ("clang, 64 bits", 64, ["clang"]),
    ("clang, 32 bits", 32, ["clang", "--target=armv7-linux-gnueabihf", "-ffreestanding"]),
)


class Declarations:
    """One file: the same types in both languages, and what is to be asked of each."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.source: list[str] = []
        self.c: list[str] = ["#include <stdint.h>", "#include <stddef.h>"]
        self.names: list[str] = []
        self.asked: list[tuple[str, str]] = []  # in our language, in C
        for number in range(self.random.randint(3, 9)):
            (self.struct if self.random.random() < 0.65 else self.enum)(f"T{number}")

    def ask(self, ours: str, c: str) -> None:
        self.asked.append((ours, c))

    def type(self, depth: int = 0) -> tuple[str, str]:
        """A type, and a C declaration with @ for the name."""
        kind = self.random.random()
        if kind < 0.45 or depth > 3:
            name = self.random.choice(list(PRIMITIVES))
            return name, PRIMITIVES[name] + " @"
        if kind < 0.65 and self.names:
            name = self.random.choice(self.names)
            return name, name + " @"
        if kind < 0.72:
            inner = self.random.choice([*PRIMITIVES, *self.names])
            return f"{self.random.choice(['Box', 'Vec'])}({inner})", "void *@"
        inner, c = self.type(depth + 1)
        if kind < 0.80:
            return f"MaybeUninit({inner})", c
        if kind < 0.90:
            held = c.replace("@", "held")
            return f"Option({inner})", f"struct {{ uint8_t tag; union {{ struct {{ {held}; }} some; }} u; }} @"
        count = self.random.choice([0, 1, 2, 3, 7, 16])
        return f"[{inner}; {count}]", c.replace("@", f"@[{count}]")

    def align(self) -> str:
        if self.random.random() < 0.75:
            return ""
        align = 2 ** self.random.randint(0, 6)
        self.source.append(f"@align({align})")
        return f"__attribute__((aligned({align}))) "

    def fields(self, most: int) -> list[tuple[str, str, str]]:
        made = []
        for number in range(self.random.randint(0, most)):
            ours, c = self.type()
            made.append((f"f{number}", ours, c))
        return made

    def measured(self, name: str) -> None:
        self.names.append(name)
        self.ask(f"size_of({name})", f"sizeof({name})")
        self.ask(f"align_of({name})", f"_Alignof({name})")

    def struct(self, name: str) -> None:
        attribute = self.align()
        fields = self.fields(8)
        self.source.append(f"struct {name}:")
        self.source += [f"    {field}: {ours}" for field, ours, _ in fields] or ["    pass"]
        body = " ".join(c.replace("@", field) + ";" for field, _, c in fields)
        self.c.append(f"typedef struct {attribute}{{ {body} }} {name};")
        self.measured(name)
        for field, _, _ in fields:
            self.ask(f'offset_of({name}, "{field}")', f"offsetof({name}, {field})")

    def enum(self, name: str) -> None:
        attribute = self.align()
        self.source.append(f"enum {name}:")
        variants = []
        many = self.random.random() < 0.05
        for number in range(300 if many else self.random.randint(1, 4)):
            fields = [] if many and number > 2 else self.fields(4)
            listed = ", ".join(f"{field}: {ours}" for field, ours, _ in fields)
            self.source.append(f"    V{number}({listed})" if fields else f"    V{number}")
            body = " ".join(c.replace("@", field) + ";" for field, _, c in fields)
            variants.append((f"V{number}", f"struct {{ {body} }} V{number};", fields))
        tag = "uint16_t" if many else "uint8_t"
        self.c.append(f"typedef struct {attribute}{{ {tag} tag; union {{ {' '.join(v[1] for v in variants)} }} u; }} {name};")
        self.measured(name)
        for variant, _, fields in variants:
            for field, _, _ in fields:
                self.ask(f'offset_of({name}, "{variant}.{field}")', f"offsetof({name}, u.{variant}.{field})")

    def program(self) -> str:
        return "\n".join(self.source + [f"print({ours})" for ours, _ in self.asked]) + "\n"

    def assertions(self, figures: list[str]) -> str:
        checks = [self.quoted(ours, c, figure) for (ours, c), figure in zip(self.asked, figures)]
        return "\n".join(self.c + checks) + "\n"

    @staticmethod
    def quoted(ours: str, c: str, figure: str) -> str:
        text = ours.replace('"', "'")
        return f'_Static_assert({c} == {figure}, "{text} is not {figure}");'


def failure(harness: str, seed: int, folder: Path) -> str | None:
    made = Declarations(seed)
    program = folder / "declarations.src"
    program.write_text(made.program(), encoding="utf-8")
    for name, bits, compiler in COMPILERS:
        run = subprocess.run([harness, "run", "--quiet", "--target-bits", str(bits), str(program)],
                             capture_output=True, text=True, timeout=60)
        if run.returncode != 0:
            return f"seed {seed}, {name}: the program was refused\n{run.stderr}\n{made.program()}"
        figures = run.stdout.split()
        assert len(figures) == len(made.asked)
        text = made.assertions(figures)
        told = subprocess.run([*compiler, "-fsyntax-only", "-w", "-xc", "-"], input=text, capture_output=True,
                              text=True, timeout=60)
        if told.returncode != 0:
            return f"seed {seed}, {name}:\n{told.stderr}\n{made.program()}\n{text}"
    return None


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--harness", required=True)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--count", type=int, default=40)
    given = reader.parse_args()
    for name, _, compiler in COMPILERS:
        if shutil.which(compiler[0]) is None:
            print(f"{name}: there is no {compiler[0]}")
            return 1
    figures = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(given.seed, given.seed + given.count):
            told = failure(given.harness, seed, Path(folder))
            if told is not None:
                print(told)
                return 1
            figures += len(Declarations(seed).asked)
    print(f"{given.count} files, {figures} figures under each of {len(COMPILERS)} compilers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
