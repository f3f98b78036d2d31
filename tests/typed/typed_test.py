#!/usr/bin/python3
"""Generated programs with declared types of numbers, against python3 with every rule of lang/compile/typed.md spelled out.

Each program is written twice: in the language, and as Python whose every operation and store is checked by a function
that says what the type allows. Both must print the same, under the lifetimes in turn, checked and unchecked. Where
nothing was refused, the program without its types must print it too: types change what is refused and how fast it is.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "workloads" / "bench"))
import seeds  # noqa: E402
from typed import untyped  # noqa: E402

LIFETIMES = ["refcount", "gc", "leak", "manual", "scope", "ownership", "arena", "stack"]
RANGES = {f"i{n}": (-(2 ** (n - 1)), 2 ** (n - 1) - 1) for n in (8, 16, 32, 64)}
RANGES |= {f"u{n}": (0, 2**n - 1) for n in (8, 16, 32, 64)}
RANGES |= {"isize": RANGES["i64"], "usize": RANGES["u64"], "int": (-(2**47), 2**47 - 1)}
WHOLE = [t for t in RANGES if t not in ("u64", "usize")]
WORDS = ["u64", "usize"]
REFUSALS = "(OverflowError, TypeError, ZeroDivisionError, ValueError, IndexError)"

PRELUDE = f'''
import math, struct
_ranges = {RANGES!r}
def _s(type, v):
    low, high = _ranges[type]
    if low <= v <= high: return v
    raise (OverflowError if type == "int" else TypeError)()
def _f32(v):
    v = float(v)
    try:
        return struct.unpack("<f", struct.pack("<f", v))[0]
    except OverflowError:
        raise TypeError() from None
def _w(v):
    if -2**63 <= v < 2**63: return v
    raise OverflowError()
def _u(v):
    if 0 <= v < 2**64: return v
    raise OverflowError()
def _shl(a, b):
    if b < 0: raise ValueError()
    if a == 0: return 0
    if b > 63: raise OverflowError()
    return a << b
def _shr(a, b):
    if b < 0: raise ValueError()
    return a >> min(b, 64)
'''


@dataclass
class Expr:
    kind: str  # whole, word, float
    source: str
    python: str
    typed: bool = True


@dataclass
class Function:
    name: str
    parameters: list[tuple[str, str]]
    result: str
    source: list[str] = field(default_factory=list)
    python: list[str] = field(default_factory=list)


def kind_of(type: str) -> str:
    return "float" if type in ("float", "f64", "f32") else "word" if type in WORDS else "whole"


class Generator:
    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.functions: list[Function] = []
        self.names: dict[str, str] = {}
        self.counter = 0
        self.lists: list[str] = []

    def pick(self, items):
        return self.random.choice(list(items))

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    # --- Expressions

    def literal(self, low: int, high: int) -> int:
        near = [0, 1, 2, 3, 7, 8, 10, 127, 128, 255, 256, 1000, 65535, 2**31 - 1, 2**31, 2**32, 2**46, 2**53 + 1]
        near += [-1, -2, -128, -129, -(2**31), low, high, high // 2, self.random.randint(-100, 100)]
        return self.pick([i for i in near if low <= i <= high])

    def number(self, low: int = -(2**62), high: int = 2**62) -> Expr:
        i = self.literal(low, high)
        text = str(i) if i >= 0 else f"({i})"
        return Expr("word" if i >= 2**63 else "whole", text, text, False)

    def name_of(self, kind: str) -> Expr | None:
        all_names = [n for n, t in self.names.items() if kind_of(t) == kind]
        if not all_names:
            return None
        name = self.pick(all_names)
        return Expr(kind, name, name)

    def whole(self, depth: int) -> Expr:
        name = self.name_of("whole")
        assert name is not None
        if depth == 0 or self.chance(0.15):
            return name if self.chance(0.7) else self.number()
        choice = self.random.randrange(12)
        left, right = self.whole(depth - 1), self.whole(depth - 1)
        if not left.typed and not right.typed:
            left = name
        if choice < 5:
            op = self.pick(["+", "-", "*", "//", "%", "+", "-", "+"])
            return Expr("whole", f"({left.source} {op} {right.source})", f"_w({left.python} {op} {right.python})")
        if choice == 5:
            op = self.pick(["&", "|", "^"])
            return Expr("whole", f"({left.source} {op} {right.source})", f"({left.python} {op} {right.python})")
        if choice == 6:
            by = self.number(-1, 70) if self.chance(0.7) else name
            left = left if left.typed or by.typed else name
            op, call = self.pick([("<<", "_shl"), (">>", "_shr")])
            return Expr("whole", f"({left.source} {op} {by.source})", f"_w({call}({left.python}, {by.python}))")
        if choice == 7:
            of = left if left.typed else name
            op = self.pick(["-", "~"])
            return Expr("whole", f"({op}{of.source})", f"_w({op}{of.python})")
        if choice == 8:
            of = left if left.typed else name
            n = self.random.randint(0, 5)
            return Expr("whole", f"({of.source} ** {n})", f"_w({of.python} ** {n})")
        if choice == 9:
            test = self.condition(depth - 1)
            return Expr(
                "whole",
                f"({left.source} if {test[0]} else {right.source})",
                f"({left.python} if {test[1]} else {right.python})",
            )
        if choice == 10:
            made = self.call("whole", depth)
            return made if made is not None else left
        of = left if left.typed else name
        return Expr("whole", f"int({of.source})", of.python)

    def word(self, depth: int) -> Expr:
        name = self.name_of("word")
        assert name is not None
        if depth == 0 or self.chance(0.15):
            return name if self.chance(0.7) else self.number(0, 2**64 - 1)
        left, right = self.word(depth - 1), self.word(depth - 1)
        if not left.typed and not right.typed:
            left = name
        # A number of a narrower type without sign is as good.
        if left.kind == "word" and self.chance(0.2):
            narrow = [n for n, t in self.names.items() if t in ("u8", "u16", "u32")]
            if narrow:
                n = self.pick(narrow)
                right = Expr("whole", n, n)
        if left.kind != "word" and right.kind != "word":
            left = name
        choice = self.random.randrange(8)
        if choice < 5:
            op = self.pick(["+", "-", "*", "//", "%", "&", "|", "^", "+"])
            return Expr("word", f"({left.source} {op} {right.source})", f"_u({left.python} {op} {right.python})")
        if choice == 5:
            by = self.number(-1, 70)
            op, call = self.pick([("<<", "_shl"), (">>", "_shr")])
            return Expr("word", f"({name.source} {op} {by.source})", f"_u({call}({name.python}, {by.python}))")
        if choice == 6:
            made = self.call("word", depth)
            return made if made is not None else left
        return Expr("word", f"({name.source} ** 2)", f"_u({name.python} ** 2)")

    def floating(self, depth: int) -> Expr:
        name = self.name_of("float")
        assert name is not None
        if depth == 0 or self.chance(0.15):
            if self.chance(0.75):
                return name
            text = self.pick(["0.0", "1.5", "0.1", "(-2.25)", "1e300", "1e-300", "3.0", "4.0"])
            return Expr("float", text, text, False)
        left, right = self.floating(depth - 1), self.floating(depth - 1)
        if not left.typed and not right.typed:
            left = name
        choice = self.random.randrange(10)
        if choice < 5:
            op = self.pick(["+", "-", "*", "/", "+", "-", "*"])
            return Expr("float", f"({left.source} {op} {right.source})", f"({left.python} {op} {right.python})")
        if choice == 5:
            a, b = self.whole(depth - 1), self.name_of("whole")
            assert b is not None
            return Expr("float", f"({a.source} / {b.source})", f"({a.python} / {b.python})")
        if choice == 6:
            i, op = self.pick([self.whole(depth - 1), self.number()]), self.pick(["+", "-", "*"])
            name_first = self.chance(0.5)
            a, b = (name, i) if name_first else (i, name)
            return Expr("float", f"({a.source} {op} {b.source})", f"({a.python} {op} {b.python})")
        if choice == 7:
            of = left if left.typed else name
            return Expr("float", f"(-{of.source})", f"(-{of.python})")
        if choice == 8:
            of = left if left.typed else name
            op = self.pick(["%", "//"])
            return Expr("float", f"({of.source} {op} {right.source})", f"({of.python} {op} {right.python})")
        of = left if left.typed else name
        return Expr("float", f"math.sqrt({of.source})", f"math.sqrt({of.python})")

    def expression(self, kind: str, depth: int) -> Expr:
        return {"whole": self.whole, "word": self.word, "float": self.floating}[kind](depth)

    def call(self, kind: str, depth: int) -> Expr | None:
        fitting = [f for f in self.functions if kind_of(f.result) == kind]
        if not fitting:
            return None
        f = self.pick(fitting)
        arguments = []
        for _, type in f.parameters:
            # So that it is known to fit, or is an int that is looked at where it is computed.
            same = [n for n, t in self.names.items() if t == type]
            if kind_of(type) == "float":
                arguments.append(self.floating(min(depth - 1, 1)))
            elif type in ("i64", "int", "isize") and self.chance(0.6):
                made = self.whole(min(depth - 1, 1))
                arguments.append(made if made.typed else self.number(-1000, 1000))
            elif same and self.chance(0.7):
                n = self.pick(same)
                arguments.append(Expr(kind_of(type), n, n))
            else:
                low, high = RANGES[type]
                arguments.append(self.number(max(low, -(2**46)), min(high, 2**46)))
        text = ", ".join(a.source for a in arguments)
        return Expr(kind, f"{f.name}({text})", f"{f.name}({', '.join(a.python for a in arguments)})")

    def condition(self, depth: int) -> tuple[str, str]:
        choice = self.random.randrange(10)
        if depth > 0 and choice < 2:
            a, b = self.condition(depth - 1), self.condition(depth - 1)
            op = self.pick(["and", "or"])
            return f"({a[0]} {op} {b[0]})", f"({a[1]} {op} {b[1]})"
        if depth > 0 and choice == 2:
            a = self.condition(depth - 1)
            return f"(not {a[0]})", f"(not {a[1]})"
        if choice == 3:
            name, a, b = self.name_of("whole"), self.number(-100, 100), self.number(-100, 100000)
            assert name is not None
            return (f"({a.source} <= {name.source} < {b.source})",) * 2
        if choice == 4:
            name = self.name_of("whole")
            assert name is not None
            return name.source, name.source
        kinds = ["whole", "whole", "word", "float"]
        left = self.expression(self.pick(kinds), max(depth, 0))
        right = self.expression(self.pick(kinds), max(depth, 0))
        if not left.typed and not right.typed:
            name = self.name_of("whole")
            assert name is not None
            left = name
        op = self.pick(["<", "<=", ">", ">=", "==", "!="])
        return f"({left.source} {op} {right.source})", f"({left.python} {op} {right.python})"

    # --- Statements

    def stored(self, type: str, value: Expr) -> str:
        if type == "f32":
            return f"_f32({value.python})"
        if kind_of(type) == "float":
            return f"float({value.python})"
        return f'_s("{type}", {value.python})'

    def emit(self, f: Function, indent: int, source: str, python: str | None = None) -> None:
        f.source.append("    " * indent + source)
        f.python.append("    " * indent + (source if python is None else python))

    def statement(self, f: Function, indent: int, loops: int) -> None:
        name = self.pick(n for n in self.names if not n.startswith("k"))
        type = self.names[name]
        kind = kind_of(type)
        choice = self.random.randrange(15)
        if choice < 5:
            value = self.expression(kind, 3)
            if kind == "whole" and self.chance(0.1):
                value = self.word(1)
            self.emit(f, indent, f"{name} = {value.source}", f"{name} = {self.stored(type, value)}")
        elif choice < 7:
            value = self.expression(kind, 2)
            if kind == "word" and value.kind == "whole" and value.typed:
                value = self.number(0, 1000)
            op = self.pick(["+", "-", "*"])
            check = {"whole": "_w", "word": "_u", "float": ""}[kind]
            whole = Expr(kind, "", f"{check}({name} {op} {value.python})")
            self.emit(f, indent, f"{name} {op}= {value.source}", f"{name} = {self.stored(type, whole)}")
        elif choice == 7 and indent < 4:
            test = self.condition(2)
            self.emit(f, indent, f"if {test[0]}:", f"if {test[1]}:")
            self.block(f, indent + 1, loops)
            if self.chance(0.5):
                self.emit(f, indent, "else:")
                self.block(f, indent + 1, loops)
        elif choice == 8 and indent < 4 and loops < 2:
            k = f"k{loops}"
            self.emit(f, indent, f"{k} = 0")
            test = self.condition(1)
            self.emit(f, indent, f"while {k} < 6 and {test[0]}:", f"while {k} < 6 and {test[1]}:")
            self.emit(f, indent + 1, f"{k} += 1")
            self.block(f, indent + 1, loops + 1)
        elif choice == 9 and indent < 4 and loops < 2 and kind == "whole":
            low = self.random.randint(-3, 250)
            bounds = self.pick([f"{low}, {low + 7}", "6", f"{low + 9}, {low}, -2", f"{low}, {low + 20}, 5"])
            self.counter += 1
            item = f"_i{self.counter}"
            f.source.append("    " * indent + f"for {name} in range({bounds}):")
            f.python.append("    " * indent + f"for {item} in range({bounds}):")
            f.python.append("    " * (indent + 1) + f'{name} = _s("{type}", {item})')
            self.block(f, indent + 1, loops + 1)
            if self.chance(0.4):
                test = self.condition(1)
                self.emit(f, indent + 1, f"if {test[0]}:", f"if {test[1]}:")
                self.emit(f, indent + 2, self.pick(["break", "continue"]))
            f.source.append("    " * (indent + 1) + "pass")
        elif choice == 10 and indent < 4:
            self.emit(f, indent, "try:")
            self.block(f, indent + 1, loops)
            self.emit(f, indent, f"except {REFUSALS} as e:")
            self.emit(f, indent + 1, "print('refused', type(e).__name__)")
            if self.chance(0.4):
                self.emit(f, indent, "finally:")
                self.block(f, indent + 1, loops, 1)
        elif choice == 11:
            same = [n for n in self.names if self.names[n] == type and not n.startswith("k")]
            other = self.pick(same)
            if other != name:
                self.emit(f, indent, f"{name}, {other} = {other}, {name}")
        elif choice == 12 and kind == "whole":
            index = self.random.randint(0, 4)
            value = self.name_of("whole")
            assert value is not None
            self.emit(f, indent, f"xs[{index}] = {value.source} & 1048575")
            i = self.name_of("whole")
            assert i is not None
            self.emit(f, indent, f"{name} = xs[{i.source} % 5]", f'{name} = _s("{type}", xs[{i.source} % 5])')
        else:
            shown = [self.pick(self.names) for _ in range(2)]
            inner = ", ".join(shown)
            self.emit(f, indent, self.pick([f"print({inner})", f'print(f"{{{shown[0]}}} {{{shown[1]}}}")']))

    def block(self, f: Function, indent: int, loops: int, most: int = 3) -> None:
        for _ in range(self.random.randint(1, most)):
            self.statement(f, indent, loops)
        self.emit(f, indent, "pass")

    def function(self, number: int) -> None:
        types = WHOLE + WORDS + ["float", "f64"] + (["f32"] if self.chance(0.2) else [])
        parameters = [(f"p{i}", self.pick(t for t in types if t != "f32")) for i in range(self.random.randint(1, 3))]
        result = self.pick([t for t in types if t != "f32"] + ["i64", "int", "float"])
        f = Function(f"f{number}", parameters, result)
        self.names = dict(parameters)
        head = ", ".join(f"{n}: {t}" for n, t in parameters)
        f.source.append(f"def {f.name}({head}) -> {result}:")
        f.python.append(f"def {f.name}({', '.join(n for n, _ in parameters)}):")
        for n, t in parameters:
            f.python.append(f"    {n} = {self.stored(t, Expr(kind_of(t), n, n))}")
        self.emit(f, 1, "xs = [3, 1, 4, 1, 5]")
        for i, type in enumerate([self.pick(WHOLE), self.pick(WORDS), "float", self.pick(types), self.pick(types)]):
            start = self.pick(["0.5", "2.0"]) if kind_of(type) == "float" else str(self.random.randint(0, 100))
            value = Expr(kind_of(type), start, start)
            self.emit(f, 1, f"v{i}: {type} = {start}", f"v{i} = {self.stored(type, value)}")
            self.names[f"v{i}"] = type
        for _ in range(self.random.randint(3, 8)):
            self.statement(f, 1, 0)
        value = self.expression(kind_of(result), 2)
        self.emit(f, 1, f"return {value.source}", f"return {self.stored(result, value)}")
        self.functions.append(f)

    def program(self) -> tuple[str, str]:
        for i in range(self.random.randint(1, 4)):
            self.function(i)
        source, python = ["import math"], [PRELUDE]
        for f in self.functions:
            source += f.source
            python += f.python
            for _ in range(3):
                arguments = []
                for _, t in f.parameters:
                    if kind_of(t) == "float":
                        arguments.append(self.pick(["0.0", "1.5", "-3.25", "7.0", "1e10"]))
                    else:
                        low, high = RANGES[t]
                        arguments.append(str(self.literal(max(low, -(2**46)), min(high, 2**46))))
                text = f"{f.name}({', '.join(arguments)})"
                both = ["try:", f"    print('{f.name}', {text})", f"except {REFUSALS} as e:"]
                both.append("    print('refused', type(e).__name__)")
                source += both
                python += both
        return "\n".join(source) + "\n", "\n".join(python) + "\n"


class Property:
    def __init__(self, options: argparse.Namespace):
        self.harness = options.harness
        self.lifetimes = options.lifetime or LIFETIMES

    def failure(self, seed: int) -> str | None:
        source, python = Generator(seed).program()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "p.src"
            path.write_text(source)
            oracle = subprocess.run(
                ["/usr/bin/python3", "-"], input=python, capture_output=True, text=True, timeout=60, check=False
            )
            if oracle.returncode != 0:
                return f"the oracle failed: {oracle.stderr}"
            for checked in (True, False):
                lifetime = self.lifetimes[(seed + checked) % len(self.lifetimes)]
                wrong = self.differs(path, lifetime, checked, oracle.stdout)
                if wrong is not None:
                    return wrong
            if "refused" in oracle.stdout or "f32" in source:
                return None
            path.write_text(untyped(source))
            wrong = self.differs(path, "refcount", True, oracle.stdout)
            return None if wrong is None or "OverflowError" in wrong else f"the untyped twin: {wrong}"

    def differs(self, path: Path, lifetime: str, checked: bool, wanted: str) -> str | None:
        argv = [self.harness, "run", "--quiet", "--allocator", "direct", "--lifetime", lifetime]
        argv += [] if checked else ["--unchecked"]
        ran = subprocess.run([*argv, str(path)], capture_output=True, text=True, timeout=60, check=False)
        # Plain programs may leak by hand.
        leaked = ran.returncode == 4 and "LeakError" in ran.stderr
        if ran.returncode != 0 and not leaked:
            return f"exit code {ran.returncode}: {ran.stderr[:2000]}"
        if ran.stdout == wanted:
            return None
        pairs = zip(ran.stdout.splitlines(), wanted.splitlines())
        first = next((f"{a!r} instead of {b!r}" for a, b in pairs if a != b), "one is longer")
        return f"{' '.join(argv)}: {first}\n{ran.stdout}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    seeds.add_options(parser, 200)
    parser.add_argument("--show", type=int, metavar="SEED", help="print that program and its oracle")
    options = parser.parse_args()
    if options.show is not None:
        print(*Generator(options.show).program(), sep="\n# ---\n")
        return 0
    tested = Property(options)
    first = seeds.first_seed(options)
    print(f"programs {first} to {first + options.count - 1}")

    def report(seed: int, found: str) -> None:
        print(f"{seed}: {found}\n    {os.path.relpath(__file__)} --harness {options.harness} --seed {seed} --count 1")

    return seeds.run_seeds(seeds.batches(first, options.count), tested.failure, report, 5)


if __name__ == "__main__":
    sys.exit(main())
