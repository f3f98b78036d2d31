"""Reads a golden program: a `.src` file that carries its own expectations in comments.

Both the runner beside this file and the oracle tools use it, so that one place defines the format.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from pathlib import Path

EXPECT_LINE = re.compile(r"(?:^|\s)# expect:(?: (.*))?$")
EXPECT_HELP = re.compile(r"^\s*# expect help: (.*)$")
EXPECT_EARLIER = re.compile(r"^\s*# expect earlier: (.*)$")
EXPECT_PLACE = re.compile(r"^\s*# expect place: (.*)$")
EXPECT_ERROR = re.compile(r"^\s*# expect error: (?:(\d+):(\d+) )?(\w+)(?:: (.*))?$")
FIGURE = re.compile(r"^# figure: (\S+) (==|!=|<=|>=|<|>) (\S+)$")
DIRECTIVE = re.compile(r"^# (awaits|args|set|lifetimes|allocators|python|exit|portable|checked|cycles): ?(.*)$")

# What the shell sees when an error of this name ends the program; every other name is a run-time error, 1.
MEMORY_DEFECTS = {
    "LeakError",
    "UseAfterFreeError",
    "DoubleFreeError",
    "InvalidFreeError",
    "BufferOverflowError",
    "UseAfterMoveError",
    "EscapeError",
    "UninitialisedReadError",
}
REJECTIONS = {"SyntaxError", "CapabilityError"}
EXIT_RUN_TIME_ERROR = 1
EXIT_MEMORY_DEFECT = 4
EXIT_REJECTED = 6

COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


class FormatError(ValueError):
    """A directive that cannot be read; the message names the file and the line."""


@dataclass(frozen=True)
class ExpectedError:
    """Where and how a program ends, 0:0 for no place; without a message only place and name are compared."""

    line: int
    column: int
    name: str
    message: str | None


@dataclass(frozen=True)
class Figure:
    """One number of the JSON report and what it must be, for example `heap.allocations == 3`."""

    path: str
    comparison: str
    value: int | str

    def holds(self, report: dict) -> bool:
        return COMPARISONS[self.comparison](self.read(report), self.value)

    def read(self, report: dict):
        at = report
        for key in self.path.split("."):
            at = at[int(key)] if key.isdigit() else at[key]
        return at


@dataclass
class Program:
    """A golden program and everything that its comments say about it."""

    path: Path
    lines: list[str]
    expected_lines: list[str] = field(default_factory=list)
    expected_errors: list[ExpectedError] = field(default_factory=list)
    expected_helps: list[str] = field(default_factory=list)
    expected_earlier: list[str] = field(default_factory=list)
    expected_places: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    lifetimes: list[str] | None = None
    allocators: list[str] | None = None
    python: bool = True
    portable: bool = False
    cycles: bool = False  # its closures refer to each other, which nothing but a collector finds
    checked: bool | None = None
    exit_code: int = 0

    @property
    def expected_file(self) -> Path:
        """A workload keeps its longer output in a file beside it instead of in comments."""
        return self.path.with_suffix(".expected")

    @property
    def is_workload(self) -> bool:
        return self.expected_file.exists()

    @property
    def expected_output(self) -> bytes:
        if self.is_workload:
            return self.expected_file.read_bytes()
        return "".join(line + "\n" for line in self.expected_lines).encode()


def expected_exit_code(errors: list[ExpectedError]) -> int:
    """The exit code that follows from how the program ends, unless `# exit:` says otherwise."""
    if not errors:
        return 0
    error = errors[0]
    if error.name in MEMORY_DEFECTS:
        return EXIT_MEMORY_DEFECT
    if error.name in REJECTIONS:
        return EXIT_REJECTED
    return EXIT_RUN_TIME_ERROR


def figure_value(text: str) -> int | str:
    """A number, or a word such as the run's status."""
    return int(text) if text.lstrip("-").isdigit() else text


def yes_or_no(text: str, where: str) -> bool:
    if text not in ("yes", "no"):
        raise FormatError(f"{where}: write yes or no, not '{text}'")
    return text == "yes"


def apply_directive(program: Program, name: str, text: str, where: str) -> int | None:
    """Applies one directive; returns the exit code when the directive states one."""
    if name == "args":
        program.arguments += text.split()
    elif name == "set":
        for setting in text.split():
            program.arguments += ["--set", setting]
    elif name == "awaits":
        # States a part of the language that is still to come: the program is kept and not run.
        program.lifetimes = []
    elif name == "lifetimes":
        program.lifetimes = text.replace(",", " ").split()
    elif name == "allocators":
        program.allocators = text.replace(",", " ").split()
    elif name == "python":
        program.python = yes_or_no(text, where)
    elif name == "cycles":
        program.cycles = yes_or_no(text, where)
    elif name == "portable":
        program.portable = yes_or_no(text, where)
    elif name == "checked":
        program.checked = yes_or_no(text, where)
    elif name == "exit":
        return int(text)
    return None


def read_program(path: Path) -> Program:
    """Reads the file and its expectations; raises FormatError for a directive it does not know."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    program = Program(path, text.removesuffix("\n").split("\n"))
    exit_code = None
    for number, line in enumerate(program.lines, start=1):
        where = f"{path}:{number}"
        if match := EXPECT_ERROR.match(line):
            at_line, at_column, name, message = match.groups()
            program.expected_errors.append(ExpectedError(int(at_line or 0), int(at_column or 0), name, message))
        elif match := EXPECT_HELP.match(line):
            program.expected_helps.append(match.group(1))
        elif match := EXPECT_EARLIER.match(line):
            program.expected_earlier.append(match.group(1))
        elif match := EXPECT_PLACE.match(line):
            program.expected_places.append(match.group(1))
        elif match := EXPECT_LINE.search(line):
            program.expected_lines.append(match.group(1) or "")
        elif match := FIGURE.match(line):
            program.figures.append(Figure(match.group(1), match.group(2), figure_value(match.group(3))))
        elif match := DIRECTIVE.match(line):
            stated = apply_directive(program, match.group(1), match.group(2), where)
            exit_code = exit_code if stated is None else stated
        elif line.startswith(("# expect", "# figure")):
            raise FormatError(f"{where}: this expectation cannot be read: {line}")
    program.exit_code = expected_exit_code(program.expected_errors) if exit_code is None else exit_code
    pin_choices(program)
    if program.is_workload:
        program.python, program.portable = False, True
    return program


def pin_choices(program: Program) -> None:
    """Takes a lifetime and an allocator that the arguments name out of them, so that each is given once."""
    program.lifetimes = take_option(program.arguments, "--lifetime", program.lifetimes)
    program.allocators = take_option(program.arguments, "--allocator", program.allocators)


def take_option(arguments: list[str], option: str, otherwise: list[str] | None) -> list[str] | None:
    if option not in arguments:
        return otherwise
    at = arguments.index(option)
    value = arguments[at + 1]
    del arguments[at : at + 2]
    return [value]
