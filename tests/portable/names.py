"""Statements that make, end, copy and pass on names; what the other statements need of names and places."""

from __future__ import annotations

from env import Environment, Place
from model import COUNTER, INTS, Type, Var


class Names(Environment):
    def pick_or_none(self, options: list):
        return self.choices.pick(options) if options else None

    def guarded(self, place: Place, *lines: str) -> None:
        if place.guards:
            self.emit(f"if {place.guard}:")
            with self.indented():
                self.emit_all(*lines)
        else:
            self.emit_all(*lines)

    # Showing

    def shown(self, place: Place) -> str:
        kind, text = place.type.kind, place.text
        if kind == "obj":
            return f"{text}.show()" if place.owned else f"{text}.n"
        if kind in ("objs", "kept_list"):
            return f"[e.show() for e in {text}]"
        if kind == "index":
            return f"[(k, {text}[k].n) for k in {text}]"
        return f"len({text})" if kind in ("pair", "ring") else text

    def show(self) -> None:
        places = [place for place in self.places() if not place.guards]
        if not places or self.multiplier > 12:
            self.emit(f"print({self.int_()}, {self.str_()})" if self.multiplier <= 12 else "pass")
        elif self.choices.chance(70):
            self.emit(f"print({self.choices.between(0, 99)}, {self.shown(self.choices.pick(places))})")
        else:
            self.emit(f"print({self.int_(2)}, {self.str_()})")

    # Making and ending

    def make(self) -> None:
        if len(self.frame.variables) > 9:
            return self.change_value()
        type_ = self.choices.pick(self.types())
        with self.giving():
            text = self.unnamed(type_)
        name = self.fresh("v")
        self.emit(f"{name} = {text}")
        self.bind_from(name, type_, text)

    def make_placed(self):
        """From an allocator of the program's own; it ends like any other."""
        if not self.has_pool or len(self.frame.variables) > 9:
            return False
        type_ = self.choices.pick([cls.type for cls in self.classes] + [INTS, Type("objs", self.classes[0])])
        a, b = self.int_(0), self.int_(0)
        with self.giving():
            text = {"ints": f"[{a}, {b}]", "objs": f"[{self.new_obj(Type('obj', self.classes[0]), 0)}]"}.get(type_.kind) or self.new_obj(type_, 1)
        name = self.fresh("v")
        self.emit(f"{name} = {text} using pool")
        self.bind_from(name, type_, text)
        return None

    def bind_from(self, name: str, type_: Type, text: str) -> Var:
        var = self.bind(name, type_)
        self.inherit(var)
        return var

    def inherit(self, var: Var) -> None:
        """What was given away into this name brought what it refers to along."""
        for edges in self.given_edges:
            var.edges |= {each for each in edges if each in self.frame.variables and each is not var}
        self.given_edges.clear()

    def give(self, var: Var) -> str:
        self.given_edges.append(set(var.edges))
        return super().give(var)

    def may_consume(self, var: Var) -> bool:
        """Where a statement may run again, what refers to others stays: the next round would not know of it."""
        return super().may_consume(var) and not (var.edges and self.frame.loops)

    def end(self):
        var = self.pick_or_none([v for v in self.frame.variables if self.may_consume(v)])
        if var is None:
            return False
        self.let_go(var)
        self.emit(self.ending(var))
        self.forget(var)

    def rebind(self):
        """An outer name ends and begins again, also in loops; nothing may refer to what it held."""
        names = [v for v in self.frame.variables if v.owned and not v.frozen and not self.holders_of(v) and not v.edges]
        var = self.pick_or_none([v for v in names if v.type != COUNTER and v.type.kind not in ("pair", "ring")])
        if var is None:
            return False
        self.emit(self.ending(var))
        var.frozen += 1
        self.frame.variables.remove(var)
        text = self.unnamed(var.type, 1)
        self.frame.variables.append(var)
        var.frozen -= 1
        self.emit(f"{var.name} = {text}")

    def hand_on(self):
        """The value gets another name; the old one is not read again."""
        var = self.pick_or_none([v for v in self.frame.variables if self.may_consume(v) and v.type.kind not in ("pair", "ring")])
        if var is None:
            return False
        # Another name of a closure shares what it captured, and what is shared by hand ends with nobody.
        plain = self.choices.chance(30) and var.type != COUNTER
        text = self.give(var)
        name = self.fresh("v")
        self.emit(f"{name} = {var.name}" if plain else f"{name} = {text}")
        self.bind_from(name, var.type, text)

    def copy(self):
        options = [v for v in self.find(free=False) if v.type.kind in ("ints", "strs", "map", "table")]
        options += [v for v in self.find(free=False) if v.type.of and v.type.of.may_clone and v.type.kind != "ring" and not v.edges]
        options = [v for v in options if v.type.kind != "pair"]
        var = self.pick_or_none(options)
        if var is None:
            return False
        name = self.fresh("v")
        self.emit(f"{name} = clone({var.name})")
        self.bind(name, var.type)

    # What may refer to what

    def takers(self, type_: Type, var: Var) -> list[Var]:
        """Names whose object may come to own what `var` does: they end before what it refers to."""
        found = []
        for other in self.find(type_=type_):
            if other is var or (var.edges and not other.owned):
                continue
            if all(self.ends_before(other, target) for target in var.edges):
                found.append(other)
        return found

    def ends_before(self, var: Var, target: Var) -> bool:
        """Whether `var` may refer to what `target` owns: it is no outer name, and the target does not refer to it."""
        return var is not target and var.level >= target.level and not self.reaches(target, var)

    def reaches(self, start: Var, goal: Var) -> bool:
        seen, todo = set(), [start]
        while todo:
            at = todo.pop()
            if at is goal:
                return True
            if at not in seen:
                seen.add(at)
                todo += at.edges
        return False
