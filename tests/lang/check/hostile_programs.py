#!/usr/bin/python3
"""Runs the static analysis on texts that no person would write, and holds each to a bound of time.

Beside the texts that the front end is held to there are some that aim at the analysis: many objects and stores, loops
within loops, calls through long chains. The bound is on the child's own processor time. Call it with the path of the
binary.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "robustness"))
from hostile_texts import TEXTS, count, fill, steps  # noqa: E402

SECONDS_MAX = 2.0
BOX = "class B:\n def __init__(self):\n  self.a = None\n"
INSIDE = " " * 99

OWN = {
    "objects_that_hold_each_other": lambda: BOX
    + "def f(x):\n"
    + "".join(f" b{i} = B()\n" for i in range(90))
    + fill("".join(f" b{i}.a = b{i + 1}\n" for i in range(89)), 300_000),
    "unknown_calls_with_many_objects": lambda: BOX
    + "def f(x):\n"
    + "".join(f" b{i} = B()\n" for i in range(90))
    + fill("".join(f" x.append(b{i})\n x(b{i})\n" for i in range(89)), 500_000),
    "branches_with_many_names": lambda: BOX
    + "def f(x):\n"
    + "".join(f" b{i} = B()\n" for i in range(90))
    + fill(" if x: b1.a = b2\n else: b2.a = b1\n", 500_000),
    "loops_that_surely_turn_twice": lambda: "a = []\n"
    + steps("for a# in [1, 2]:\n", 20)
    + "".join(f"{' ' * 20}b{i} = [a]\n" for i in range(5_000)),
    "loops_with_bodies": lambda: "".join(f"{' ' * i}x{i} = []\n{' ' * i}while x{i}:\n" for i in range(99))
    + fill(f"{INSIDE}x1.append(x2)\n", 500_000),
    "tries_with_bodies": lambda: steps("try:\n", 99)
    + fill(f"{INSIDE}x = [1]\n", 300_000)
    + "".join(f"{' ' * i}finally:\n{' ' * i} free(x)\n" for i in range(98, -1, -1)),
    "finals_within_finals": lambda: "x = [1]\n" + steps("try: pass\n#finally:\n".replace("#", ""), 1)
    + "".join(f"{' ' * i}try: pass\n{' ' * i}finally:\n" for i in range(1, 99))
    + fill(f"{INSIDE}x = [1]\n", 300_000),
    "a_chain_of_calls": lambda: "def f0(x): return x\n"
    + "".join(f"def f{i}(x): return f{i - 1}(x)\n" for i in range(1, 20_000)),
    "functions_that_all_call_all": lambda: "".join(
        f"def f{i}(x):\n" + "".join(f" f{j}(x)\n" for j in range(150)) for i in range(150)
    ),
    "methods_of_one_name": lambda: "".join(f"class C{i}:\n def m(self, x): x.m(self)\n" for i in range(10_000)),
    "a_chain_of_classes": lambda: "class C0:\n def m(self): pass\n"
    + "".join(f"class C{i}(C{i - 1}): pass\n" for i in range(1, 5_000))
    + fill("C4999().m()\n", 200_000),
    "keeps_in_a_chain": lambda: "def f():\n"
    + "".join(f" x{i} = [1]\n" for i in range(60))
    + "".join(f" keep x{i} with x{i + 1}\n" for i in range(59))
    + fill(" keep x59 with x58\n", 200_000),
    "findings": lambda: "a = [1]\n" + fill("free(a)\na = [1]\nfree(a)\nfree(a)\na = [1]\n"),
    "stores_of_borrows": lambda: BOX + count("def f#(x):\n y = B()\n x.a = &y\n"),
    "lists_within_lists": lambda: "y = [1]\n" + fill("x = " + "[y, " * 60 + "1" + "]" * 60 + "\n", 300_000),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("harness", type=Path)
    parser.add_argument("--factor", type=float, default=1.0, help="of the bound, for slower builds")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hostile.src"
        for name, make in {**TEXTS, **OWN}.items():
            text = make()
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
            before = os.times()
            try:
                done = subprocess.run(
                    [str(options.harness), "check", "--static", "--quiet", str(file)],
                    capture_output=True, timeout=120, check=False,
                )  # fmt: skip
                code, told = done.returncode, done.stderr.decode(errors="replace")
            except subprocess.TimeoutExpired:
                code, told = -1, "no end after 120 s"
            after = os.times()
            seconds = after.children_user + after.children_system - before.children_user - before.children_system
            if code not in (0, 4, 6) or seconds > SECONDS_MAX * options.factor:
                failed += 1
                print(f"{name}: exit code {code} after {seconds:.2f} s\n{told[-500:]}")
    print(f"{len(TEXTS) + len(OWN) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
