"""Statements of portable programs. Each method writes one kind, or nothing and says so by False.

Whatever a statement takes out of a place it stores elsewhere or ends in the same step, and what it stores into a place
that held something it has taken out before: under `manual` nothing is released by being overwritten.
"""

from __future__ import annotations

from contextlib import nullcontext

from env import KEYS, Environment, Place
from model import COUNTER, INTS, STRS, TABLE, Function, Type, Var

NESTING_MAX = 4
LOOP_MAX = 3


class Statements(Environment):
    def statements(self, count: int) -> None:
        for _ in range(count):
            if self.choices.chance(90):
                self.statement()

    def statement(self) -> None:
        simple = [self.show, self.make, self.make, self.change_value, self.change_list, self.store_unnamed, self.store_moved]
        simple += [self.push, self.push, self.pop, self.replace_element, self.replace_field, self.swap, self.reorder, self.end]
        simple += [self.rebind, self.hand_on, self.keep_one, self.keep_two, self.keep_forever, self.link, self.unlink]
        simple += [self.borrow, self.walk, self.call_lent, self.call_lent, self.call_given, self.call_absorb, self.call_pick]
        simple += [self.call_step, self.call_split, self.call_counter, self.ring, self.add_objects, self.pass_on, self.tuples]
        simple += [self.temporaries, self.pipe, self.sorted_borrows, self.copy, self.fill_table, self.call_register]
        compound = [self.branch, self.loop, self.each, self.drain, self.region, self.attempt, self.try_finally, self.search]
        room = self.frame.level < NESTING_MAX and self.cost + self.multiplier * 20 < 600
        self.given_edges.clear()
        for _ in range(4):
            if self.choices.pick(simple * 2 + compound * 5 if room else simple)() is not False:
                return
        self.show()

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

    # Names

    def make(self) -> None:
        if len(self.frame.variables) > 9:
            return self.change_value()
        type_ = self.choices.pick(self.types())
        with self.giving():
            text = self.unnamed(type_)
        name = self.fresh("v")
        self.emit(f"{name} = {text}")
        self.bind_from(name, type_, text)

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

    def pick_or_none(self, options: list):
        return self.choices.pick(options) if options else None

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

    # Values in places

    def guarded(self, place: Place, *lines: str) -> None:
        if place.guards:
            self.emit(f"if {place.guard}:")
            with self.indented():
                self.emit_all(*lines)
        else:
            self.emit_all(*lines)

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

    # Lives that are tied to others

    def keep_one(self):
        """A new object is stored by its name, before or after it is kept; from then on it is read through the place."""
        places = [p for p in self.places(free=True) if p.type.kind == "obj" and p.owned]
        chances = [(p, f) for p in places for f in p.type.of.of_kind("kept", "kept_list")]
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        place, field = chosen
        name = self.fresh("c")
        text = f"{place.text}.{field.name}"
        free_place = f"{text} is None" if field.kind == "kept" else f"len({text}) < 3"
        store = f"{text} = {name}" if field.kind == "kept" else f"{text}.append({name})"
        keep = f"keep {name} with {place.text}"
        self.emit(f"if {' and '.join(place.guards + (free_place,))}:")
        with self.indented():
            new = self.new_obj(Type("obj", field.of), 0)
            self.emit_all(f"{name} = {new}", *self.choices.pick([[store, keep], [keep, store]]))
        return None

    def keep_two(self):
        """Two objects refer to one that goes with the last of them."""
        if self.frame.loops:
            return False
        chances = []
        for a in self.find(owned=True):
            for f in a.type.of.of_kind("edge") if a.type.kind == "obj" else []:
                if a not in self.linked:
                    chances.append((a, f))
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        a, field = chosen
        others = [b for b in self.find(type_=a.type, owned=True) if b is not a and b not in self.linked]
        b = self.pick_or_none(others)
        if b is None or a.level < self.frame.floor or b.level < self.frame.floor or a.direct or b.direct:
            return False
        # From here on these two fields are left alone.
        self.linked |= {a, b}
        name = self.fresh("c")
        self.emit_all(f"{name} = {self.new_obj(Type('obj', field.of), 0)}", f"{a.name}.{field.name} = &{name}", f"{b.name}.{field.name} = &{name}")
        self.emit(f"keep {name} with {a.name}, {b.name}")
        return None

    def keep_forever(self):
        if self.frame.loops or not self.choices.chance(40):
            return False
        type_ = self.choices.pick([INTS] + [cls.type for cls in self.classes])
        name = self.fresh("k")
        self.emit_all(f"{name} = {self.unnamed(type_, 1)}", f"keep {name}")
        var = self.bind(name, type_, owned=False)
        var.frozen = 1
        return None

    def link(self):
        """An unowned edge from one name's object to another's that ends later."""
        level = self.frame.loops[-1] if self.frame.loops else 0
        chances = []
        for holder in [v for v in self.find(owned=True, kind="obj") if v.level >= level and v not in self.linked]:
            for field in holder.type.of.of_kind("edge"):
                if field.name == "parent" or field.name in holder.direct.values():
                    continue
                targets = [t for t in self.find(type_=Type("obj", field.of), owned=True) if self.ends_before(holder, t)]
                chances += [(holder, field, target) for target in targets if target not in holder.edges]
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        holder, field, target = chosen
        linkers = [f for f in self.functions if f.kind == "link" and f.type == holder.type and f.other == target.type and f.name.endswith(field.name)]
        if linkers and self.choices.chance(50):
            self.emit(f"{linkers[0].name}(&{holder.name}, &{target.name})")
        else:
            self.emit(f"{holder.name}.{field.name} = &{target.name}")
        holder.edges.add(target)
        holder.direct[target] = field.name
        return None

    def unlink(self):
        holders = [v for v in self.find() if v.direct and v.level >= self.frame.floor]
        holder = self.pick_or_none(holders)
        if holder is None:
            return False
        target = next(iter(sorted(holder.direct, key=lambda v: v.name)))
        text = f"{holder.name}.{holder.direct[target]}"
        self.emit_all(f"print({text}.n if {text} is not None else 0)", f"{text} = None")
        del holder.direct[target]
        holder.edges.discard(target)
        return None

    def ring(self):
        """Neighbours that refer to each other and are owned by one list."""
        makers = [f for f in self.functions if f.kind == "ring" and self.affords(f)]
        maker = self.pick_or_none(makers)
        if maker is None:
            return False
        name = self.fresh("r")
        self.emit(f"{name} = {self.call(maker, [str(self.choices.between(1, 4))])}")
        self.bind(name, Type("ring", maker.type.of))
        self.emit_all(f"{name}[0].{maker.other}.touch(3)", f"print([e.{maker.other}.n for e in {name}])")
        return None

    # Borrows

    def borrow(self):
        """A name for a part of something; what it is a part of rests meanwhile."""
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind in ("obj", "ints", "objs") and p.root.type.kind != "ring"])
        if place is None:
            return False
        name = self.fresh("b")
        if place.guards:
            self.emit(f"if {place.guard}:")
            with self.block():
                self.use_borrow(name, place)
        else:
            self.use_borrow(name, place)
        return None

    def use_borrow(self, name: str, place: Place) -> None:
        self.emit(f"{name} = {self.choices.pick(['&', ''])}{place.text}" if place.text != place.root.name else f"{name} = &{place.text}")
        var = self.bind(name, place.type, owned=False)
        if not place.owned:
            var.frozen = 1
        var.edges = set()
        with self.frozen(place.root):
            self.statements(self.choices.below(3))
        if var in self.frame.variables:
            self.forget(var)

    def walk(self):
        """Along a list by a borrowed name."""
        places = [p for p in self.places() if p.type.kind == "obj" and any(f.of is p.type.of for f in p.type.of.of_kind("child"))]
        place = self.pick_or_none(places)
        if place is None:
            return False
        field = next(f for f in place.type.of.of_kind("child") if f.of is place.type.of)
        at, count = self.fresh("at"), self.fresh("n")
        self.guarded(
            place,
            f"{at} = {self.choices.pick(['&', '&'])}{place.text}",
            f"{count} = 0",
            f"while {at} is not None:",
            f"    {count} = ({count} * 3 + {at}.n) % 997",
            *self.choices.pick([[], [f"    {at}.touch(1)"], [f"    if {count} % 5 == 2:", "        break"]]),
            f"    {at} = {at}.{field.name}",
            f"print({count})",
        )
        return None

    def sorted_borrows(self):
        """Lists that are new and own themselves, but not what they list."""
        place = self.pick_or_none([p for p in self.places() if p.type.kind == "objs" and not p.guards and p.owned])
        if place is None:
            return False
        text, name = place.text, self.fresh("s")
        new = self.choices.pick([f"sorted({text}, key=lambda e: e.n)", f"{text}[1:]", f"[e for e in {text} if e.n % 2 == 0]", f"list({text})"])
        if self.choices.chance(50):
            self.emit(f"print([e.n for e in {new}])")
            return None
        self.emit_all(f"{name} = {new}", f"for e in {name}:")
        with self.indented():
            self.emit(self.choices.pick(["e.touch(1)", "print(e.t)"]))
        self.emit_all(f"print(len({name}))", f"free({name})")
        return None

    # Calls

    def callable_(self, *kinds: str) -> list[Function]:
        return [f for f in self.functions if f.kind in kinds and self.affords(f)]

    def call_lent(self):
        function = self.pick_or_none(self.callable_("measure", "mutate", "risky"))
        if function is None:
            return False
        if function.kind == "risky":
            return self.attempt()
        return self.emit_lent(function)

    def emit_lent(self, function: Function):
        free = function.kind != "measure"
        places = [p for p in self.places(free=free) if p.type == function.type and (p.owned or not free)]
        place = self.pick_or_none(places)
        if place is None:
            if function.type.kind == "obj" or self.choices.chance(50):
                self.emit(f"print({self.call(function, [self.unnamed_lent(function.type)])})") if function.kind == "measure" else None
                return None if function.kind == "measure" else False
            return False
        call = self.call(function, [f"{self.choices.pick(['&', '&', '~&'])}{place.text}", self.int_(0)] if function.kind == "mutate" else [f"&{place.text}"])
        self.guarded(place, f"print({call})" if self.multiplier <= 12 else f"{self.fresh('n')} = {call}")
        return None

    def unnamed_lent(self, type_: Type) -> str:
        return f"&{self.new_obj(type_, 0)}" if type_.kind == "obj" else f"&({self.unnamed(type_, 0)})"

    def call_given(self):
        function = self.pick_or_none(self.callable_("consume"))
        if function is None:
            return False
        var = self.pick_or_none(self.consumable(function.type))
        if var is not None and self.choices.chance(60):
            value = self.give(var)
            self.given_edges.clear()
            plain = self.choices.chance(30) and not self.frame.loops
            self.emit(f"print({self.call(function, [var.name if plain else value])})")
        else:
            self.emit(f"print({self.call(function, [self.unnamed(function.type, 1)])})")
        return None

    def call_absorb(self):
        """A lent object comes to own a given one."""
        function = self.pick_or_none(self.callable_("absorb"))
        if function is None:
            return False
        places = [p for p in self.places(free=True) if p.type == function.type and p.owned]
        place = self.pick_or_none(places)
        if place is None:
            return False
        self.guarded(place, self.call(function, [f"&{place.text}", self.unnamed(function.other, 1)]))
        return None

    def call_pick(self):
        """A parameter comes back as the borrow that it is."""
        function = self.pick_or_none(self.callable_("pick"))
        if function is None:
            return False
        places = [p for p in self.places(free=True) if p.type == function.type and p.owned and not p.guards]
        roots = {p.root: p for p in places}
        if len(roots) < 2:
            return False
        first = self.choices.pick(list(roots))
        second = self.choices.pick([root for root in roots if root is not first])
        name = self.fresh("b")
        self.emit(f"{name} = {self.call(function, [f'&{roots[first].text}', f'&{roots[second].text}'])}")
        self.emit_all(f"{name}.touch({self.choices.below(5)})", f"print({name}.n, {name}.t)")
        return None

    def call_step(self):
        """`x = f(move(x))`: given and returned."""
        function = self.pick_or_none(self.callable_("step"))
        if function is None:
            return False
        names = [v for v in self.find(type_=function.type, owned=True) if not self.holders_of(v) and not v.edges]
        var = self.pick_or_none(names)
        if var is None:
            return False
        self.emit(f"{var.name} = {self.call(function, [f'move({var.name})', str(self.choices.below(50))])}")
        return None

    def call_split(self):
        function = self.pick_or_none(self.callable_("split"))
        if function is None:
            return False
        a, b = self.fresh("v"), self.fresh("v")
        call = self.call(function, [self.int_(0)])
        if self.choices.chance(70):
            self.emit(f"{a}, {b} = {call}")
            self.bind(a, function.type)
            self.bind(b, function.other)
        else:
            self.emit_all(f"{a} = {call}", f"print({a}[0].n, len({a}))", f"deinit({a})")
        return None

    def call_counter(self):
        counters = self.find(kind="counter")
        if counters and self.choices.chance(70):
            self.emit(f"print({self.choices.pick(counters).name}({self.int_(0)}))")
            return None
        function = self.pick_or_none(self.callable_("counter"))
        if function is None:
            return False
        name = self.fresh("f")
        self.emit(f"{name} = {self.call(function, [self.int_(0)])}")
        self.bind(name, COUNTER)
        return None

    def call_register(self):
        function = self.pick_or_none(self.callable_("register"))
        if function is None:
            return False
        self.emit(self.call(function, [self.int_(0)]))
        return None

    # Expressions that make and forget

    def temporaries(self):
        cls = self.choices.pick(self.classes)
        new = self.new_obj(cls.type, 1)
        self.emit(self.choices.pick([
            f"print({new}.show())", f"print({new}.touch(2).n)", f"print(len([{new}, {self.new_obj(cls.type, 0)}]))", f"{new}.total()",
            f"print([e.n for e in [{new}]], max([x for x in [3, 1]]))", f"print({new}.n if {self.condition()} else 5)",
            f"print(sorted([{new}], key=lambda e: e.n)[0].n)", f"print({{'k': {new}}}['k'].t)", f"print(({new}, 1)[0].n)",
        ]))  # fmt: skip

    def add_objects(self):
        cls = self.pick_or_none([c for c in self.classes if c.adds])
        if cls is None:
            return False
        operands = [p.text for p in self.places() if p.type == cls.type and not p.guards] or [self.new_obj(cls.type, 0)]
        a, b = self.choices.pick(operands), self.choices.pick(operands)
        if self.choices.chance(50):
            self.emit(f"print(({a} + {b} + {self.new_obj(cls.type, 0)}).show())")
        else:
            name = self.fresh("v")
            self.emit(f"{name} = {a} + {b}")
            self.bind(name, cls.type)
        return None

    def pass_on(self):
        """A conditional expression, or `or`, that hands a new object on."""
        type_ = self.choices.pick(self.types())
        a, b, name = self.unnamed(type_, 1), self.unnamed(type_, 1), self.fresh("v")
        self.emit(f"{name} = {a} if {self.condition()} else {b}")
        self.bind(name, type_)

    def tuples(self):
        """A tuple that owns objects, or one of values that nobody needs to own."""
        cls = self.choices.pick(self.classes)
        name, a, b = self.fresh("t"), self.fresh("v"), self.fresh("v")
        kind = self.choices.below(3)
        if kind == 0:
            self.emit(f"{name} = ({self.int_()}, {self.str_()})")
            self.frame.ints.append(f"{name}[0]")
            self.frame.strs.append(f"{name}[1]")
            # Products of products would grow without end.
            self.emit(f"{name} = ({name}[0] % 997, {name}[1])")
        elif kind == 1:
            self.emit(f"{name} = ({self.new_obj(cls.type, 0)}, {self.int_(0)}, {self.unnamed(INTS, 0)})")
            self.emit_all(f"print({name}[0].n, {name}[2])", f"deinit({name})")
        else:
            self.emit(f"{a}, {b} = {self.new_obj(cls.type, 0)}, {self.unnamed(INTS, 0)}")
            self.bind(a, cls.type)
            self.bind(b, INTS)

    def pipe(self):
        """Stages that are lent what the stage before made."""
        functions = [f for f in self.callable_("measure") if f.type.kind == "obj"]
        function = self.pick_or_none(functions)
        if function is None:
            return False
        self.emit(f"print({self.new_obj(function.type, 0)} | {self.call(function, ['&_'])})")
        return None

    # Compound statements

    def branch(self):
        self.emit(f"if {self.condition()}:")
        with self.block():
            self.statements(self.choices.between(1, 2))
            self.leave()
        if self.choices.chance(50):
            self.emit("else:")
            with self.block():
                self.statements(self.choices.between(1, 2))

    attempts = 0  # an early return would end what the `finally` around it still reads

    def leave(self) -> None:
        """Out of the loop or the function, from the end of a conditional block; what it passes is ended first."""
        if self.frame.loops and self.choices.chance(35):
            level = self.frame.loops[-1]
            self.emit_all(*self.ends_on_the_way_out(level), self.choices.pick(["continue", "break"]))
        elif self.frame.kind != "main" and self.returning is not None and not self.attempts and self.choices.chance(30):
            self.early_return()
        else:
            return
        # Nothing behind the jump is reached; the names' ends would be, if they stood there.
        for var in [v for v in self.frame.variables if v.level == self.frame.level]:
            self.forget(var)

    def early_return(self) -> None:
        """The result is made before what it reads is ended."""
        result = self.returning()
        if result is None:
            return
        text, name = result, self.fresh("result")
        if text.isalnum():
            self.emit_all(*self.ends_on_the_way_out(0), f"return {text}")
        else:
            self.emit(f"{name} = {text}")
            self.emit_all(*self.ends_on_the_way_out(0), f"return {name}")

    def loop(self):
        if self.multiplier >= 9:
            return False
        times, name = self.choices.between(1, LOOP_MAX), self.fresh("i")
        counting = self.choices.chance(60)
        self.emit(f"for {name} in range({times}):" if counting else f"while {name} < {times}:")
        if not counting:
            self.lines.insert(len(self.lines) - 1, "    " * self.indent + f"{name} = 0")
        with self.block(loop=True, times=times):
            self.frame.ints.append(name)
            if not counting:
                self.emit(f"{name} += 1")
            self.statements(self.choices.between(1, 3))
        return None

    def each(self):
        """Over the objects of a list, which rests meanwhile."""
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind in ("objs", "kept_list") and p.owned])
        if place is None or self.multiplier >= 9:
            return False
        name = self.fresh("e")
        if place.guards:
            self.emit(f"if {place.guard}:")
        with self.block() if place.guards else nullcontext():
            self.emit(self.choices.pick([f"for {name} in {place.text}:", f"for {name} in {place.text}[1:]:", f"for {self.fresh('i')}, {name} in enumerate({place.text}):"]))
            with self.frozen(place.root), self.block(loop=True, times=3):
                self.bind(name, Type("obj", place.type.of), owned=False)
                self.statements(self.choices.between(1, 2))
                self.leave_sometimes()
        return None

    def leave_sometimes(self) -> None:
        if self.choices.chance(30):
            self.emit(f"if {self.condition()}:")
            with self.indented():
                self.emit_all(*self.ends_on_the_way_out(self.frame.loops[-1]), self.choices.pick(["continue", "break"]))

    def drain(self):
        """Pops until the list is empty; all that is popped ends."""
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind == "objs" and p.owned and p.root.type.kind != "ring"])
        if place is None or self.multiplier >= 9:
            return False
        name = self.fresh("p")
        self.emit(f"while {' and '.join(place.guards + (place.text,))}:" if place.guards else f"while {place.text}:")
        with self.block(loop=True, times=3):
            self.emit(f"{name} = {place.text}.pop()")
            if self.keeps_parents(place):
                self.emit(f"{name}.parent = None")
            var = self.bind(name, Type("obj", place.type.of))
            var.edges |= {each for each in place.root.edges if each in self.frame.variables}
            with self.frozen(place.root):
                self.statements(self.choices.below(2))
                self.leave_sometimes()
        return None

    def region(self):
        """A phase. A name that it makes may live on behind it, where it owns the copy that left."""
        self.emit("region:")
        leaving = None
        with self.block(conditional=False):
            self.statements(self.choices.between(1, 3))
            mine = [v for v in self.frame.variables if v.level == self.frame.level and v.owned and not v.edges]
            mine = [v for v in mine if not self.holders_of(v) and not v.frozen and v.type.kind != "counter" and v not in self.linked]
            if mine and self.choices.chance(50):
                leaving = self.choices.pick(mine)
                leaving.level -= 1
        return None

    def attempt(self):
        """An error on the way through owners; what they own is ended by `defer` and `finally`."""
        functions = self.callable_("risky")
        function = self.pick_or_none(functions)
        error = self.fresh("err")
        self.emit("try:")
        self.attempts += 1
        with self.block():
            self.statements(self.choices.below(2))
            self.end_block()
            places = []
            if function is not None and self.choices.chance(70):
                places = [p for p in self.places(free=True) if p.type == function.type and p.owned and not p.guards]
            if places:
                self.emit(f"print({self.call(function, ['&' + self.choices.pick(places).text, self.int_(0)])})")
            else:
                self.emit_all(f"if {self.condition()}:", f"    raise {self.choices.pick(['ValueError', 'KeyError', 'Refused'])}({self.str_()})")
        if self.choices.chance(30):
            self.emit("except (KeyError, ZeroDivisionError):")
            with self.block():
                self.statements(1)
        self.emit(f"except Exception as {error}:")
        with self.block():
            self.emit(f"print(type({error}).__name__, {error})")
            self.statements(self.choices.below(2))
        self.attempts -= 1
        if self.choices.chance(30):
            self.emit("finally:")
            with self.block():
                self.statements(1)

    def try_finally(self):
        """The name is ended by the `finally`, whichever way the block is left."""
        type_ = self.choices.pick(self.types())
        name = self.fresh("v")
        text = self.unnamed(type_, 1)
        self.emit_all(f"{name} = {text}", "try:")
        var = self.bind(name, type_, owned=False)
        with self.block():
            with self.frozen(var):
                self.statements(self.choices.between(1, 2))
            self.show()
        self.forget(var)
        self.emit("finally:")
        with self.block():
            self.emit(f"deinit({name})")

    def search(self):
        """A loop with an `else`, left early when something is found."""
        place = self.pick_or_none([p for p in self.places() if p.type.kind in ("objs", "ints", "strs") and not p.guards and p.owned])
        if place is None:
            return False
        name = self.fresh("x")
        test = f"{name}.n % 3 == 1" if place.type.kind == "objs" else f"{name} != {self.int_(0) if place.type == INTS else self.str_(0)}"
        self.emit_all(f"for {name} in {place.text}:", f"    if {test}:", f"        print({name + '.t' if place.type.kind == 'objs' else name})", "        break")
        self.emit_all("else:", "    print('none')")
        return None
