#!/usr/bin/python3
"""Prints a random program that is legal under every lifetime, the same one for the same seed."""

from __future__ import annotations

import argparse

from choices import Choices
from functions import Definitions
from model import Class

ROUNDS_MAX = 24


class Generator(Definitions):
    """A whole program: classes, functions, and a main part at top level or in a function of its own."""

    def __init__(self, choices: Choices):
        super().__init__(choices)
        self.given_edges: list[set] = []
        self.linked: set = set()
        self.returning = None
        self.has_registry = False

    def program(self) -> str:
        self.emit_all("made = 0", "class Refused(Exception):", "    pass")
        self.emit_all("class Carrying(Exception):", "    def __init__(self, item, k):", "        super().__init__(k)", "        self.item = move(item)")
        self.has_registry = self.choices.chance(60)
        self.has_pool = self.choices.chance(15)
        if self.has_pool:
            self.emit(f"pool = {self.choices.pick(['create_arena(4096)', 'system.memory.pool(64, 5000)'])}")
        if self.has_registry:
            self.emit_all("class Registry:", "    def __init__(self):", "        self.items = []", "        self.kept = []")
            self.emit_all("        self.notes = {}", "        self.last = (0, \"\")", "        self.count = 0", "registry = Registry()")
        for _ in range(self.choices.between(1, 3)):
            self.define_class()
        self.define_functions()
        self.cost = 0
        rounds = ROUNDS_MAX
        if self.choices.chance(40):
            self.emit("def main():")
            with self.function("whole"):
                self.main_part(rounds)
                self.end_block()
                self.emit("return 0")
            self.emit("main()")
        else:
            self.main_part(rounds)
            self.end_block()
        if self.has_registry:
            self.emit_all("for e in registry.items:", "    print(e.n, end=\" \")", "print(registry.count, [e.n for e in registry.kept])")
            self.emit_all("print(registry.notes, registry.last)", "deinit(registry)")
        self.emit("print(\"made\", made)")
        return "\n".join(self.lines) + "\n"

    def main_part(self, rounds: int) -> None:
        for _ in range(rounds):
            # Asked each time, so that a statement can be left out of the choices without moving the others.
            if not self.choices.chance(96):
                return
            self.statement()


def generate(choices: Choices) -> str:
    return Generator(choices).program()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True, metavar="N")
    print(generate(Choices(parser.parse_args().seed)), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
