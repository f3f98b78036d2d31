"""Statements that change values and store objects in fields and containers.

Whatever a statement takes out of a place it stores elsewhere or ends in the same step, and what it stores into a place
that held something it has taken out before: under `manual` nothing is released by being overwritten.
"""

from __future__ import annotations

from env import KEYS, Place
from model import INTS, STRS, TABLE, Type
from names import Names


class Stores(Names):
    # Values in places

    def change_value(self):
        places = [p for p in self.places() if p.type.kind == "obj"]
        place = self.pick_or_none(places)
        if place is None:
            return False
        k = self.int_()
        options = [f"{place.text}.n = ({k}) % 997", f"{place.text}.t = {self.str_()}", f"{place.text}.touch({self.choices.below(9)})"]
        options.append(f"{place.text}.n = ({place.text}.n + {k}) % 997")
        options += [f"{place.text}.{f.name} = ({self.int_(0)}, {self.str_(0)})" for f in place.type.of.of_kind("pair")]
        self.guarded(place, self.choices.pick(options))

    def change_list(self):
        place = self.pick_or_none([p for p in self.places(free=True) if p.type in (INTS, STRS) and p.owned])
        if place is None:
            return False
        text, value = place.text, f"({self.int_()}) % 97" if place.type == INTS else self.str_()
        lines = self.choices.pick([
            [f"{text}.append({value})"], [f"{text}.insert(0, {value})"], [f"{text}.extend([{value}, {value}])"],
            [f"{text} += [{value}]"], [f"{text}.reverse()"], [f"{text}.sort()"], [f"{text}[1:] = [{value}]"],
            [f"del {text}[2:]"], [f"if {text}:", f"    {text}[-1] = {value}"], [f"if {text}:", f"    {text}.pop()"],
            [f"while len({text}) > 1:", f"    {text}.pop(0)"],
        ])  # fmt: skip
        self.guarded(place, *lines, f"del {text}[8:]")

    def fill_table(self):
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind in ("map", "table", "index") and p.owned])
        if place is None:
            return False
        text, k = place.text, repr(self.choices.pick(KEYS))
        if place.type.kind == "map":
            self.guarded(place, self.choices.pick([f"{text}[{k}] = ({self.int_()}) % 97", f"{text}.pop({k}, 0)", f"{text}.update({{{k}: 1}})"]))
            return None
        with self.reading_nothing():
            new = self.unnamed(INTS if place.type == TABLE else Type("obj", place.type.of), 1)
        change = f"{text}[{k}].append({self.int_(0)})" if place.type == TABLE else f"{text}[{k}].touch(2)"
        old = self.fresh("old")
        self.guarded(place, *self.choices.pick([
            [f"if {k} not in {text}:", f"    {text}[{k}] = {new}", change],
            [f"if {k} in {text}:", f"    {old} = {text}.pop({k})", f"    print(len({text}))", f"    deinit({old})"],
            [f"if {k} in {text}:", f"    {old} = move({text}[{k}])", f"    {text}[{k}] = {new}", f"    deinit({old})"],
        ]))  # fmt: skip
        return None

    # Stores

    def owned_fields(self, *kinds: str) -> list[tuple[Place, object]]:
        """Fields of objects whose content may be replaced."""
        places = [p for p in self.places(free=True) if p.type.kind == "obj" and p.owned]
        return [(p, f) for p in places for f in p.type.of.of_kind(*kinds)]

    def store_unnamed(self):
        chosen = self.pick_or_none(self.owned_fields("child", "ints", "children"))
        if chosen is None:
            return False
        place, field = chosen
        text, old = f"{place.text}.{field.name}", self.fresh("old")
        with self.reading_nothing():
            new = self.unnamed(field.type, 1)
        if field.kind == "child" and self.choices.chance(50):
            self.guarded(place, f"if {text} is None:", f"    {text} = {new}")
        else:
            self.guarded(place, f"{old} = move({text})", f"{text} = {new}", self.choices.pick([f"deinit({old})", f"deinit({old})"]))
        return None

    def store_moved(self):
        """`p.f = move(x)`: what was there is moved out before."""
        chances = []
        for var in [v for v in self.frame.variables if v.type.kind in ("obj", "ints") and self.may_consume(v)]:
            for cls in self.classes:
                for field in cls.of_kind("child", "ints"):
                    if field.type == var.type:
                        chances += [(var, holder, field) for holder in self.takers(cls.type, var)]
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        var, holder, field = chosen
        text, old = f"{holder.name}.{field.name}", self.fresh("old")
        value = self.give(var)
        self.inherit(holder)
        self.emit_all(f"{old} = move({text})", f"{text} = {value}", f"deinit({old})")
        return None

    def push(self):
        """Into a list of objects: unnamed, or a name that is moved."""
        var = self.pick_or_none([v for v in self.frame.variables if v.type.kind == "obj" and self.may_consume(v)])
        if var is not None and self.choices.chance(50):
            lists = self.takers(Type("objs", var.type.of), var)
            target = self.pick_or_none(lists)
            if target is not None:
                value = self.give(var)
                self.inherit(target)
                self.emit(self.choices.pick([f"{target.name}.append({value})", f"{target.name}.insert(0, {value})", f"{target.name} += [{value}]"]))
                return None
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind == "objs" and p.owned and not self.keeps_parents(p)])
        if place is None:
            return False
        new = self.unnamed(Type("obj", place.type.of), 1)
        if self.has_pool and self.choices.chance(30):
            new = f"{self.new_obj(Type('obj', place.type.of), 0)} using pool"
        self.guarded(place, self.choices.pick([f"{place.text}.append({new})", f"{place.text}.insert(0, {new})", f"{place.text}.extend([{new}])"]))
        return None

    def keeps_parents(self, place: Place) -> bool:
        return place.text.endswith(".kids")

    def pop(self):
        """What is popped belongs to its new name, which ends in the same block."""
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind == "objs" and p.owned])
        if place is None:
            return False
        text, name = place.text, self.fresh("p")
        self.emit(f"if {' and '.join(place.guards + (f'len({text}) > 0',))}:")
        with self.block():
            how = self.choices.pick([f"{text}.pop()", f"{text}.pop(0)"])
            self.emit(f"{name} = {how}")
            if self.keeps_parents(place):
                self.emit(f"{name}.parent = None")
            var = self.bind(name, Type("obj", place.type.of))
            var.edges |= {each for each in place.root.edges if each in self.frame.variables}
            self.statements(self.choices.below(2))
        return None

    def replace_element(self):
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind == "objs" and p.owned and not self.keeps_parents(p)])
        if place is None:
            return False
        text, old = place.text, self.fresh("old")
        with self.reading_nothing():
            new = self.unnamed(Type("obj", place.type.of), 1)
        self.emit(f"if {' and '.join(place.guards + (f'len({text}) > 0',))}:")
        with self.indented():
            self.emit_all(f"{old} = move({text}[0])", f"{text}[0] = {new}", f"deinit({old})")
        return None

    def replace_field(self):
        """In one step: the new object leads to the old one."""
        places = [p for p in self.places(free=True) if p.type.kind == "obj" and p.owned]
        chances = [(p, f) for p in places for f in p.type.of.of_kind("child") if f.of.takes is not None and f.of.takes.of is f.of]
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        place, field = chosen
        text = f"{place.text}.{field.name}"
        n, t = self.int_(0), self.str_(0)
        # A list that only grows is cut where it is long.
        old = self.fresh("old")
        self.guarded(
            place,
            f"{text} = {field.of.name}({n}, {t}, {text})",
            f"if {text}.depth() > 4:",
            f"    {old} = move({text}.{field.of.takes.name})",
            f"    deinit({old})",
            f"    {text}.{field.of.takes.name} = None",
        )
        return None

    def swap(self):
        lists = [p for p in self.places(free=True) if p.type.kind == "objs" and p.owned]
        place = self.pick_or_none(lists)
        if place is not None and self.choices.chance(60):
            text = place.text
            self.emit(f"if {' and '.join(place.guards + (f'len({text}) > 1',))}:")
            with self.indented():
                self.emit(self.choices.pick([f"{text}[0], {text}[1] = {text}[1], {text}[0]", f"{text}[0], {text}[-1] = {text}[-1], {text}[0]"]))
            return None
        pairs = [(p, fs) for p in self.places(free=True) if p.type.kind == "obj" and p.owned for fs in [self.alike(p)] if fs]
        chosen = self.pick_or_none(pairs)
        if chosen is None:
            return False
        place, (a, b) = chosen
        self.guarded(place, f"{place.text}.{a}, {place.text}.{b} = {place.text}.{b}, {place.text}.{a}")
        return None

    def alike(self, place: Place):
        fields = [f for f in place.type.of.of_kind("child", "ints", "children") if f.name != "kids"]
        for index, field in enumerate(fields):
            for other in fields[index + 1 :]:
                if field.type == other.type:
                    return field.name, other.name
        return None

    def reorder(self):
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind == "objs" and p.owned])
        if place is None:
            return False
        self.guarded(place, self.choices.pick([f"{place.text}.reverse()", f"{place.text}.sort(key=lambda e: e.n % 7)", f"{place.text}.sort(key=lambda e: (-e.n, e.t))"]))
        return None
