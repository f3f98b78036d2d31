#!/usr/bin/python3
"""Runs texts of up to 1 MiB that no person would write, and holds each to its bounds of time and memory.

The random texts have a fixed seed: a failure repeats. The bounds are on the child alone, by its resource usage; this
script stays small, because the system counts the memory of whoever starts a process as that process's, too.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

MEBIBYTE = 1 << 20
SECONDS_MAX = 1.0
KIB_MAX_REJECTED = 64 * 1024
KIB_MAX_RUN = 160 * 1024  # a correct program of a mebibyte is compiled and run as well
MISTAKE = b"\n)\n"
# One that only the compiler finds, behind everything else.
LATE_MISTAKE = b"\n@of_nobody\ndef late():\n    pass\n"


def fill(part: str, size: int = MEBIBYTE - 64) -> str:
    return part * (size // len(part))


def count(part: str, size: int = MEBIBYTE - 64) -> str:
    """The part again and again, each # replaced by a number of its own."""
    return "".join(part.replace("#", str(i)) for i in range(size // (len(part) + 5 * part.count("#"))))


def steps(part: str, levels: int) -> str:
    return "".join(" " * i + part.replace("#", str(i)) for i in range(levels))


def words(seed: int) -> str:
    vocabulary = "if else for in def f x 1 'a' ( ) [ ] { } : , . + = == \n \n\n   not lambda class try except f'{ } & | _ keep".split(" ")
    source = random.Random(seed)
    return " ".join(source.choice(vocabulary) for _ in range(20000))


TEXTS = {
    # bytes
    "random_bytes": lambda: random.Random(1).randbytes(MEBIBYTE),
    "random_ascii": lambda: bytes(b % 95 + 32 for b in random.Random(2).randbytes(MEBIBYTE)),
    "random_words_1": lambda: words(1),
    "random_words_2": lambda: words(2),
    "nul": lambda: fill("\0"),
    "line_feeds": lambda: fill("\n"),
    "spaces": lambda: fill(" "),
    "carriage_returns": lambda: fill("\r"),
    "crlf": lambda: fill("\r\n"),
    "form_feeds": lambda: fill("\f"),
    "tabs": lambda: fill("\t"),
    "byte_order_marks": lambda: b"\xef\xbb\xbf" * 300000,
    "bytes_ff": lambda: b"\xff" * MEBIBYTE,
    "surrogate": lambda: b"x = '\xed\xa0\x80'",
    "overlong": lambda: b"x = '\xc0\x80'",
    "cut_character": lambda: b"x = 'a\xc3",
    "letters_beyond_ascii": lambda: fill("é", MEBIBYTE // 2),
    "wide_text": lambda: "x = '" + fill("漢", MEBIBYTE // 3) + "' +",
    # lengths
    "digits": lambda: "x = " + fill("1"),
    "digits_of_a_fraction": lambda: "x = 1." + fill("1"),
    "exponent": lambda: "x = 1e" + fill("9"),
    "hexadecimal": lambda: "x = 0x" + fill("f"),
    "underscores": lambda: "x = 1" + fill("_1"),
    "name": lambda: fill("a"),
    "name_assigned": lambda: fill("a", MEBIBYTE // 2) + " = " + fill("b", MEBIBYTE // 2 - 9),
    "string": lambda: "x = '" + fill("a") + "'",
    "string_without_end": lambda: "x = '" + fill("a"),
    "escapes": lambda: "x = '" + fill("\\x41") + "'",
    "triple_quotes": lambda: '"""' + fill("\n"),
    "joined_strings": lambda: "x = " + fill("'a' "),
    "comment": lambda: fill("#"),
    "backslashes": lambda: fill("\\"),
    "continued_lines": lambda: fill("\\\n"),
    "quotes": lambda: fill("'"),
    "sum": lambda: "x = 1\ny = " + fill("x + ") + "x",
    "conjunction": lambda: "x = 1\ny = " + fill("x and ") + "x",
    "comparison": lambda: "x = 1\ny = " + fill("x < ") + "x",
    "conditional": lambda: "x = 1\ny = " + fill("x if x else ") + "x",
    "fstring_parts": lambda: "x = f'" + fill("{1}") + "'",
    "semicolons": lambda: fill("a=1;"),
    # nesting
    "parentheses": lambda: fill("("),
    "parentheses_closed": lambda: fill("(", MEBIBYTE // 2) + fill(")", MEBIBYTE // 2 - 9),
    "brackets": lambda: "x = " + fill("["),
    "braces": lambda: "x = " + fill("{"),
    "closing_brackets": lambda: fill(")"),
    "lists_199": lambda: "y = 1\nx = " + "[y, " * 199 + "1" + "]" * 199,
    "dicts_199": lambda: "x = " + "{1: " * 199 + "1" + "}" * 199,
    "calls_199": lambda: "def f(a, x): return x\nx = " + "f(1, " * 199 + "1" + ")" * 199,
    "lambdas": lambda: "x = " + fill("lambda: ") + "1",
    "lambdas_that_capture": lambda: "x = " + "".join(f"lambda a{i}: " for i in range(150)) + "a0",
    "negations": lambda: "x = " + fill("not ") + "1",
    "minus_signs": lambda: "x = " + fill("-") + "1",
    "powers": lambda: "x = " + fill("2 ** ") + "1",
    "calls_of_results": lambda: "x = 1\nx" + fill("()"),
    "attributes": lambda: "x = 1\nx" + fill(".a"),
    "subscripts_900": lambda: "x = 1\nx" + "[0]" * 900,
    "slices_900": lambda: "x = [1]\ny = x" + "[:]" * 900,
    "pipes": lambda: "def f(x): return x\nx = 1" + fill(" | f(_)"),
    "borrows": lambda: "x = [1]\ny = " + fill("&") + "x",
    "walrus_199": lambda: "x = " + "(a := " * 199 + "1" + ")" * 199,
    "fstrings_nested": lambda: "x = " + fill("f'{"),
    "specs_nested": lambda: "a = 1\nx = f'" + "{a:" * 300 + "'",
    "comprehensions_190": lambda: "x = " + "[x for x in " * 190 + "[]" + "]" * 190,
    "comprehension_clauses": lambda: "x = [1" + count(" for x# in [1]", 4000) + "]",
    "comprehension_conditions": lambda: "x = [1 for x in []" + fill(" if x") + "]",
    "annotation": lambda: "x: " + fill("Vec("),
    "blocks_99": lambda: steps("if 1:\n", 99) + " " * 99 + "pass",
    "blocks_1400": lambda: steps("if 1:\n", 1400),
    "loops_99": lambda: steps("for a# in []:\n", 99) + " " * 99 + "pass",
    "functions_99": lambda: steps("def f#(a#):\n", 99) + " " * 99 + "return " + " + ".join(f"a{i}" for i in range(99)),
    "classes_99": lambda: steps("class A#:\n", 99) + " " * 99 + "pass",
    "tries_99": lambda: steps("try:\n", 99)
    + " " * 99
    + "pass\n"
    + "".join(" " * i + "finally: pass\n" for i in range(98, -1, -1)),
    "regions_99": lambda: steps("region:\n", 99) + " " * 99 + "pass",
    # counts
    "names": lambda: count("a#=1\n"),
    "names_of_a_function": lambda: "def f():\n" + count(" a#=1\n"),
    "unknown_names": lambda: count("a#=b#\n"),
    "numbers": lambda: "x = [" + count("#,") + "]",
    "strings": lambda: "def f():\n x = [" + count("'s#',") + "]\nf()",
    "functions": lambda: count("def f#():pass\n"),
    "functions_of_one_name": lambda: fill("def f():0\n"),
    "functions_with_parameters": lambda: fill("def f(a,b,c,d,e,f):0\n"),
    "functions_with_defaults": lambda: fill("def f(a=[],b=[]):0\n"),
    "lambdas_in_lines": lambda: fill("x=lambda:0\n"),
    "lambdas_in_a_list": lambda: "x=[" + fill("lambda:0,") + "]",
    "classes": lambda: count("class A#:pass\n"),
    "methods": lambda: "class A:\n" + count(" def f#(self):pass\n"),
    "generators": lambda: fill("any(x for x in[])\n"),
    "tuples": lambda: fill("0,\n"),
    "numbers_in_lines": lambda: fill("0\n"),
    "tries_in_lines": lambda: fill("try:0\nfinally:0\n"),
    "matches": lambda: fill("match 1:\n case 1:0\n"),
    "fstrings_in_lines": lambda: fill('f"{1}"\n'),
    "annotations": lambda: fill("a:int=1\n"),
    "blocks_with_names": lambda: fill("if 1:\n let a=1\n"),
    "errors_of_the_compiler": lambda: count("@a#\ndef f(): pass\n"),
    "an_error_at_the_end_of_a_run": lambda: fill("a=1\n") + "a.b",
    "fields": lambda: "class A:\n def __init__(self):\n" + count("  self.f#=1\n") + "A()",
    "parameters": lambda: "def f(" + count("a#,") + "): pass",
    "arguments": lambda: "print(" + fill("1,") + ")",
    "arguments_by_name": lambda: "print(" + count("a#=1,") + ")",
    "unpacked_arguments": lambda: "print(" + fill("*[],") + ")",
    "targets": lambda: count("a#,") + " = 1",
    "assignments": lambda: count("a#=") + "1",
    "elements": lambda: "y = 2\nx = [" + fill("y,") + "]",
    "entries": lambda: "y = 2\nx = {" + fill("y:y,") + "}",
    "cases": lambda: "match 1:\n" + count(" case #:pass\n"),
    "alternatives": lambda: "match 1:\n case " + fill("1|") + "1: pass\n",
    "pattern_parts": lambda: "match 1:\n case [" + fill("a,") + "]: pass\n",
    "decorators": lambda: fill("@a\n") + "def f(): pass",
    "imports": lambda: "import " + count("a#,", MEBIBYTE // 4) + "a",
    "import_lines": lambda: count("import a#\n", MEBIBYTE // 4),
    "elifs": lambda: "x = 0\nif x: pass\n" + fill("elif x: pass\n"),
    "handlers": lambda: "try: pass\n" + fill("except A: pass\n"),
    "globals": lambda: "def f():\n global " + count("a#,") + "a",
    "nonlocals": lambda: "def f():\n nonlocal " + count("a#,") + "a",
    "deletions": lambda: "del " + count("a#,") + "a",
    "captures": lambda: "def f():\n"
    + "".join(f" a{i}=1\n" for i in range(170))
    + " def g():\n  return "
    + " + ".join(f"a{i}" for i in range(170))
    + "\n return g()\nprint(f())",
    "captured_parameters": lambda: "def f("
    + ", ".join(f"a{i}" for i in range(150))
    + "):\n def g():\n  return "
    + " + ".join(f"a{i}" for i in range(150))
    + "\n return g()",
    "defaults": lambda: "def f(" + ", ".join(f"a{i}=[{i}]" for i in range(170)) + "): return a169\nprint(f())",
    "block_names": lambda: "def f(x):\n" + "".join("  " * i + f" if x:\n{'  ' * i}  let b{i} = 1\n" for i in range(45)),
    "defers": lambda: "def f():\n" + fill(" defer print(1)\n", MEBIBYTE // 4) + "f()",
    "keeps": lambda: "x = [1]\n" + fill("keep x\n"),
    "statements_of_a_loop": lambda: "for i in []:\n" + fill(" i = i + 1\n"),
    "statements_of_a_branch": lambda: "x = 0\nif x:\n" + fill(" x = x + 1\n") + "else:\n x = 2\n",
    # indentation
    "indents_abused": lambda: "".join(" " * (i % 50) + "x\n" for i in range(MEBIBYTE // 30)),
    "growing_indents": lambda: "".join(" " * i + "x\n" for i in range(1400)),
    "dedent_to_nowhere": lambda: "if 1:\n   x = 1\n  y = 2\n",
}


class Tester:
    def __init__(self, harness: str, lifetime: str, bounds: bool, folder: Path) -> None:
        self.harness, self.lifetime, self.bounds, self.folder = harness, lifetime, bounds, folder
        self.slowest = (0.0, "")
        self.largest = (0, "")
        self.failures = 0

    def run(self, name: str, text: bytes) -> int:
        file = self.folder / "text.src"
        file.write_bytes(text)
        command = [self.harness, "run", "--quiet", "--timeout", "20", "--max-heap", "100M"]
        with open(self.folder / "errors", "w+b") as errors:
            child = subprocess.Popen(
                [*command, "--lifetime", self.lifetime, "text.src"],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            told = errors.seek(0, 2)
            errors.seek(0)
            first = errors.read(300).decode("utf-8", "replace").split("\n")[0]
        seconds = usage.ru_utime + usage.ru_stime
        self.slowest = max(self.slowest, (seconds, name))
        complaints = []
        if child.returncode not in (0, 1, 5, 6):
            complaints.append(f"exit code {child.returncode}")
        if child.returncode != 0 and not first.startswith("text.src:"):
            complaints.append("the error has no place")
        if told > 100_000:
            complaints.append(f"{told} bytes of errors")
        if self.bounds:
            rejected = child.returncode == 6
            if rejected:
                self.largest = max(self.largest, (usage.ru_maxrss, name))
            if seconds > SECONDS_MAX:
                complaints.append(f"{seconds:.2f} s")
            if usage.ru_maxrss > (KIB_MAX_REJECTED if rejected else KIB_MAX_RUN):
                complaints.append(f"{usage.ru_maxrss} KiB")
        if complaints:
            self.failures += 1
            print(f"{name}: {', '.join(complaints)}: {first[:150]}", flush=True)
        return child.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", required=True)
    parser.add_argument("--lifetime", default="refcount")
    parser.add_argument("--only", action="append")
    parser.add_argument("--no-bounds", action="store_true", help="of time and memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tester = Tester(str(Path(options.harness).resolve()), options.lifetime, not options.no_bounds, Path(folder))
        runs = 0
        for name in options.only or TEXTS:
            text = TEXTS[name]()
            text = text.encode() if isinstance(text, str) else text
            runs += 1
            if tester.run(name, text) == 0:
                for what, mistake in ((" with a mistake", MISTAKE), (" with a late mistake", LATE_MISTAKE)):
                    runs += 1
                    if tester.run(name + what, text + mistake) != 6:
                        tester.failures += 1
                        print(f"{name}: the mistake in its last lines was not found")
    print(
        f"{runs} texts, {tester.failures} failed; slowest {tester.slowest[1]} {tester.slowest[0]:.2f} s,"
        f" largest {tester.largest[1]} {tester.largest[0] // 1024} MiB"
    )
    return 1 if tester.failures else 0


if __name__ == "__main__":
    sys.exit(main())
