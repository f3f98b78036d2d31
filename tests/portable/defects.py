"""Plants one defect into a legal program, where the generator knows the error's name and line.

Each kind writes a few lines with names of their own among the random ones, in two forms: with the defect, and its legal
twin. What the defect is under which lifetime is stated with it; under all others the program must still end well or is
not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from choices import Choices
from generate import ROUNDS_MAX, Generator

EVERY = ("leak", "manual", "refcount", "refcount+cycles", "gc", "scope", "ownership", "arena", "stack")
MARK = "# the defect"


@dataclass(frozen=True)
class Planted:
    """A program, the error that it must end with under `lifetimes`, and the line where."""

    source: str
    error: str
    line: int
    lifetimes: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """Lines with and without the defect; `{new}` makes an object, `{x}` and `{y}` are fresh names."""

    name: str
    error: str
    lifetimes: tuple[str, ...]
    bad: tuple[str, ...]
    good: tuple[str, ...]


KINDS = [
    Kind("a use after the end", "UseAfterFreeError", EVERY,
         ("{x} = {new}", "deinit({x})", "print({x}.n)" + MARK), ("{x} = {new}", "print({x}.n)", "deinit({x})")),
    Kind("a second end", "DoubleFreeError", EVERY,
         ("{x} = {new}", "deinit({x})", "deinit({x})" + MARK), ("{x} = {new}", "deinit({x})")),
    Kind("a use after a move", "UseAfterMoveError", EVERY,
         ("{x} = {new}", "{y} = move({x})", "print({x}.n)" + MARK, "deinit({y})"),
         ("{x} = {new}", "{y} = move({x})", "print({y}.n)", "deinit({y})")),
    Kind("a name moved into a list and read", "UseAfterMoveError", EVERY,
         ("{y} = []", "{x} = {new}", "{y}.append(move({x}))", "print({x}.n)" + MARK, "deinit({y})"),
         ("{y} = []", "{x} = {new}", "{y}.append(move({x}))", "print({y}[0].n)", "deinit({y})")),
    Kind("a lost end", "LeakError", ("manual",),
         ("{x} = {new}" + MARK, "print({x}.n)"), ("{x} = {new}", "print({x}.n)", "deinit({x})")),
    Kind("an overwritten owner", "LeakError", ("manual",),
         ("{x} = {new}" + MARK, "{x} = {new}", "deinit({x})"), ("{x} = {new}", "deinit({x})", "{x} = {new}", "deinit({x})")),
    Kind("an overwritten element", "LeakError", ("manual",),
         ("{y} = [{new}]" + MARK, "{y}[0] = {new}", "deinit({y})"),
         ("{y} = [{new}]", "{x} = move({y}[0])", "{y}[0] = {new}", "deinit({x})", "deinit({y})")),
    Kind("an alias used after the end", "UseAfterFreeError", ("manual", "scope", "ownership"),
         ("{x} = {new}", "{y} = &{x}", "deinit({x})", "print({y}.n)" + MARK),
         ("{x} = {new}", "{y} = &{x}", "print({y}.n)", "deinit({x})")),
    Kind("an element that left a region by name", "EscapeError", ("arena", "stack"),
         ("{y} = []", "region:", "    {x} = {new}", "    {y}.append({x})" + MARK, "print(len({y}))"),
         ("{y} = []", "region:", "    {x} = {new}", "    {y}.append(move({x}))", "print(len({y}))", "deinit({y})")),
    Kind("a dropped keep", "EscapeError", ("stack", "scope"),
         ("{y} = []", "def {x}(into):", "    made = {new}", "    into.append(made)" + MARK, "    return 0", "{x}(&{y})"),
         ("{y} = []", "def {x}(into):", "    made = {new}", "    into.append(made)", "    keep made with into", "    return 0",
          "{x}(&{y})", "print({y}[0].n)", "deinit({y})")),
    Kind("a cycle of owners", "LeakError", ("refcount",),
         ("{x} = []" + MARK, "{x}.append({x})"), ("{x} = []", "{x}.append(&{x})", "{x}.pop()", "deinit({x})")),
    Kind("a use of what a destroyed arena held", "UseAfterFreeError", EVERY,
         ("{y} = create_arena(8192)", "{x} = [1, 2] using {y}", "destroy_arena({y})", "print({x})" + MARK),
         ("{y} = create_arena(8192)", "{x} = [1, 2] using {y}", "print({x})", "destroy_arena({y})")),
    Kind("a second end of an arena", "DoubleFreeError", EVERY,
         ("{y} = create_arena(8192)", "destroy_arena({y})", "destroy_arena({y})" + MARK),
         ("{y} = create_arena(8192)", "destroy_arena({y})")),
]  # fmt: skip


class Planter(Generator):
    """A generator whose main part holds one planted fragment between its statements."""

    def __init__(self, choices: Choices, defective: bool):
        super().__init__(choices)
        self.defective = defective
        self.kind = KINDS[0]

    def main_part(self, rounds: int) -> None:
        self.kind = self.choices.pick(KINDS)
        super().main_part(self.choices.below(6))
        self.plant()
        super().main_part(self.choices.below(6))

    def plant(self) -> None:
        cls = self.choices.pick(self.classes)
        n, last = self.choices.below(50), ", None" if cls.takes else ""
        names = {"new": f"{cls.name}({n}, \"planted\"{last})", "x": self.fresh("planted"), "y": self.fresh("planted")}
        for line in self.kind.bad if self.defective else self.kind.good:
            self.emit(line.format(**names) if "{" in line else line)


def plant(seed: int, defective: bool) -> Planted:
    planter = Planter(Choices(seed), defective)
    lines = planter.program().split("\n")
    marked = [number for number, line in enumerate(lines, start=1) if line.endswith(MARK)]
    source = "\n".join(line.removesuffix(MARK) for line in lines)
    return Planted(source, planter.kind.error, marked[0] if marked else 0, planter.kind.lifetimes)
