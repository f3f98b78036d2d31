"""Makes a failing program small: delta debugging over its statements, then over its expressions.

Every candidate is a syntactically valid program; whether it still fails is for the caller's `fails` to say.
"""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable

Fails = Callable[[str], bool]
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


class Shrinker:
    """Keeps the smallest failing program found so far until nothing helps or the time is up."""

    def __init__(self, source: str, fails: Fails, time_max_s: float):
        self.tree = ast.parse(source)
        self.fails = fails
        self.deadline = time.monotonic() + time_max_s

    def run(self) -> str:
        changed = True
        while changed and not self.late():
            changed = self.drop_statements() | self.unwrap_blocks() | self.simplify_expressions()
        return render(self.tree)

    def late(self) -> bool:
        return time.monotonic() > self.deadline

    def keep_if_failing(self, candidate: ast.Module) -> bool:
        try:
            source = render(candidate)
            ast.parse(source)
        except (ValueError, SyntaxError):
            return False
        if self.late() or not self.fails(source):
            return False
        self.tree = ast.parse(source)
        return True

    def drop_statements(self) -> bool:
        """Removes runs of statements, long ones first, from every block; the program's own block until nothing goes."""
        changed = False
        while self.drop_block(0):
            changed = True
        block = 1
        while not self.late():
            lists = statement_lists(self.tree)
            if block >= len(lists):
                return changed
            changed |= self.drop_block(block)
            block += 1
        return changed

    def drop_block(self, block: int) -> bool:
        lists = statement_lists(self.tree)
        size = len(lists[block]) if block < len(lists) else 0
        changed = False
        while size >= 1 and not self.late() and block < len(statement_lists(self.tree)):
            changed |= self.drop_runs(block, size)
            size //= 2
        return changed

    def drop_runs(self, block: int, size: int) -> bool:
        """Goes from the end to the beginning, so that what uses a name goes before what defines it."""
        changed = False
        end = len(statement_lists(self.tree)[block])
        while end > 0 and not self.late():
            candidate = copy.deepcopy(self.tree)
            del statement_lists(candidate)[block][max(end - size, 0) : end]
            if self.keep_if_failing(candidate):
                changed = True
                if block >= len(statement_lists(self.tree)):
                    return changed
            end -= size
        return changed

    def unwrap_blocks(self) -> bool:
        """Replaces a compound statement by one of its own blocks."""
        changed = False
        index = 0
        while not self.late():
            places = [place for place in statement_places(self.tree) if hasattr(at(self.tree, place), "body")]
            if index >= len(places):
                return changed
            if not any(self.unwrap(places[index], name) for name in ("body", "orelse", "finalbody")):
                index += 1
            else:
                changed = True
        return changed

    def unwrap(self, place: tuple[int, int], name: str) -> bool:
        candidate = copy.deepcopy(self.tree)
        block = statement_lists(candidate)[place[0]]
        inner = getattr(block[place[1]], name, None)
        if not isinstance(inner, list) or not inner or not all(isinstance(s, ast.stmt) for s in inner):
            return False
        block[place[1] : place[1] + 1] = inner
        return self.keep_if_failing(candidate)

    def simplify_expressions(self) -> bool:
        """Replaces an expression by one of its parts."""
        changed = False
        index = 0
        while not self.late():
            count = len(expression_slots(self.tree))
            if index >= count:
                return changed
            if self.simplify(index):
                changed = True
            else:
                index += 1
        return changed

    def simplify(self, index: int) -> bool:
        parts = len(parts_of(slot_value(expression_slots(self.tree)[index])))
        for part in range(parts):
            candidate = copy.deepcopy(self.tree)
            owner, name, position = expression_slots(candidate)[index]
            value = parts_of(slot_value((owner, name, position)))[part]
            if position is None:
                setattr(owner, name, value)
            else:
                getattr(owner, name)[position] = value
            if self.keep_if_failing(candidate):
                return True
        return False


def render(tree: ast.Module) -> str:
    """The program's text; a block that was emptied gets a `pass`."""
    tree = copy.deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list) and not node.body and not isinstance(node, ast.Module):
            node.body.append(ast.Pass())
        if isinstance(node, ast.Try) and not node.handlers and not node.finalbody:
            node.finalbody.append(ast.Pass())
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def statement_lists(tree: ast.AST) -> list[list]:
    lists = []
    for node in ast.walk(tree):
        for name in BODIES:
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                lists.append(block)
    return lists


def statement_places(tree: ast.AST) -> list[tuple[int, int]]:
    return [(b, i) for b, block in enumerate(statement_lists(tree)) for i in range(len(block))]


def at(tree: ast.AST, place: tuple[int, int]) -> ast.AST:
    return statement_lists(tree)[place[0]][place[1]]


def expression_slots(tree: ast.AST) -> list[tuple[ast.AST, str, int | None]]:
    """Every place that holds a compound expression which is read."""
    slots = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.JoinedStr, ast.FormattedValue, ast.pattern)):
            continue
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and parts_of(value):
                slots.append((node, name, None))
            elif isinstance(value, list):
                slots += [(node, name, i) for i, v in enumerate(value) if isinstance(v, ast.expr) and parts_of(v)]
    return slots


def slot_value(slot: tuple[ast.AST, str, int | None]) -> ast.expr:
    owner, name, position = slot
    value = getattr(owner, name)
    return value if position is None else value[position]


def parts_of(expression: ast.expr) -> list[ast.expr]:
    if not isinstance(getattr(expression, "ctx", ast.Load()), ast.Load) or isinstance(expression, ast.JoinedStr):
        return []
    return [node for node in ast.iter_child_nodes(expression) if isinstance(node, ast.expr)]
