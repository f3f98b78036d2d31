"""What is in scope while a program is written: its lines, its names, and how each may still be used.

Rules 3 to 7 of the lifetimes come down to questions that are asked here: may this name be given away at this point, what
must be cleared before it goes, in which order do the names of a block end.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

from choices import Choices
from model import COUNTER, INTS, MAP, STRS, TABLE, Class, Field, Function, Type, Var

WORDS = ["a", "be", "sea", "delta", "echo5", "fox-trot", ""]
KEYS = ["k1", "k2", "key three"]
COST_MAX = 1500  # statements that a program may execute, more or less


@dataclass
class Place:
    """A path to an object: how it is written, what must hold for it to exist, and the name it starts from."""

    text: str
    type: Type
    root: Var
    guards: tuple[str, ...] = ()
    owned: bool = True  # not behind an edge or a kept field, so its fields may be moved and stored again

    @property
    def guard(self) -> str:
        return " and ".join(self.guards)


@dataclass
class Frame:
    """One function under way. Blocks at or below `floor` may run never or often: outer names stay as they are there."""

    variables: list[Var] = field(default_factory=list)
    level: int = 0
    floor: int = 0
    loops: list[int] = field(default_factory=list)
    ints: list[str] = field(default_factory=list)
    strs: list[str] = field(default_factory=list)
    kind: str = "main"


class Environment:
    """Emission and names; the base of the classes that know statements."""

    def __init__(self, choices: Choices):
        self.choices = choices
        self.lines: list[str] = []
        self.indent = 0
        self.counter = 0
        self.classes: list[Class] = []
        self.functions: list[Function] = []
        self.frame = Frame()
        self.multiplier = 1
        self.cost = 0
        # Only where a statement is sure to run once may what it makes take names along.
        self.may_give = False
        self.may_read = True
        self.has_pool = False

    # Text

    def emit(self, text: str) -> int:
        """Writes one line and gives its number."""
        self.lines.append("    " * self.indent + text)
        self.cost += self.multiplier
        return len(self.lines)

    def emit_all(self, *texts: str) -> None:
        for text in texts:
            self.emit(text)

    def fresh(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    @contextmanager
    def indented(self):
        self.indent += 1
        yield
        self.indent -= 1

    @contextmanager
    def block(self, *, conditional: bool = True, loop: bool = False, times: int = 1):
        """An indented block; the names it makes are ended at its end."""
        frame = self.frame
        floor, ints, strs = frame.floor, list(frame.ints), list(frame.strs)
        before = len(self.lines)
        frame.level += 1
        if conditional:
            frame.floor = frame.level
        if loop:
            frame.loops.append(frame.level)
        self.multiplier *= times
        self.indent += 1
        yield
        self.end_block()
        if len(self.lines) == before:
            self.emit("pass")
        self.indent -= 1
        self.multiplier //= times
        if loop:
            frame.loops.pop()
        frame.level -= 1
        frame.floor, frame.ints, frame.strs = floor, ints, strs

    @contextmanager
    def function(self, kind: str):
        before, self.frame = self.frame, Frame(kind=kind)
        multiplier, cost, self.multiplier, self.cost = self.multiplier, self.cost, 1, 0
        self.indent += 1
        yield self.frame
        self.indent -= 1
        self.frame, self.multiplier, self.cost = before, multiplier, cost

    # Names

    def bind(self, name: str, type_: Type, owned: bool = True) -> Var:
        var = Var(name, type_, owned, self.frame.level)
        self.frame.variables.append(var)
        return var

    def forget(self, var: Var) -> None:
        """The name is dead from here on; nothing that is generated reads it again."""
        self.frame.variables.remove(var)
        for other in self.frame.variables:
            other.edges.discard(var)
            other.direct.pop(var, None)

    def find(self, *, type_: Type | None = None, kind: str = "", owned: bool | None = None, free: bool = True) -> list[Var]:
        """Names by type; `free` ones may be changed."""
        return [
            var
            for var in self.frame.variables
            if (type_ is None or var.type == type_)
            and (not kind or var.type.kind == kind)
            and (owned is None or var.owned == owned)
            and not (free and var.frozen)
        ]

    @contextmanager
    def frozen(self, var: Var):
        """Something refers into the object: its names and places stay as they are."""
        var.frozen += 1
        yield
        var.frozen -= 1

    # Ends

    def holders_of(self, var: Var) -> list[Var]:
        return [other for other in self.frame.variables if var in other.edges]

    def may_consume(self, var: Var) -> bool:
        """Whether the name may be ended or given away here; what refers to it must be able to let go."""
        if not var.owned or var.frozen or var.level < self.frame.floor:
            return False
        return all(var in holder.direct and not holder.frozen for holder in self.holders_of(var))

    def let_go(self, var: Var) -> None:
        """Clears what refers to the object."""
        for holder in self.holders_of(var):
            self.emit(f"{holder.name}.{holder.direct[var]} = None")
            del holder.direct[var]
            holder.edges.discard(var)

    def consumable(self, type_: Type) -> list[Var]:
        return [var for var in self.find(type_=type_, owned=True) if self.may_consume(var)]

    def end_block(self) -> None:
        """The block's own names end, those that refer to others before those."""
        for var in self.in_order_of_end(self.frame.level):
            self.let_go(var)
            self.emit(self.ending(var))
            self.forget(var)
        for var in [each for each in self.frame.variables if each.level >= self.frame.level]:
            self.forget(var)

    def ends_on_the_way_out(self, level: int) -> list[str]:
        """What must be written before a jump out of the blocks from `level` on; the names live on where it is not taken."""
        order = self.in_order_of_end(level)
        lines = []
        for index, var in enumerate(order):
            later = [each for each in self.frame.variables if each not in order[:index] and var in each.direct]
            lines += [f"{holder.name}.{holder.direct[var]} = None" for holder in later if holder is not var]
            lines.append(self.ending(var))
        return lines

    def in_order_of_end(self, level: int) -> list[Var]:
        left = [var for var in self.frame.variables if var.owned and var.level >= level]
        order = []
        while left:
            # A name that others refer to only directly can be let go; one within a container must wait for it.
            ready = [v for v in left if not any(v in o.edges and v not in o.direct for o in left if o is not v)]
            bare = [v for v in ready if not any(v in o.edges for o in left if o is not v)] or ready
            order.append(bare[-1 - self.choices.below(len(bare))])
            left.remove(order[-1])
        return order

    def ending(self, var: Var) -> str:
        words = ["deinit", "free"] if var.type.is_flat else ["deinit"]
        return f"{self.choices.pick(words)}({var.name})"

    # Values

    def int_(self, depth: int = 1) -> str:
        """An int of any size below some thousands; stores reduce it."""
        options = [lambda: str(self.choices.below(50))]
        if self.frame.ints:
            options.append(lambda: self.choices.pick(self.frame.ints))
        if depth > 0:
            places = [place for place in self.places() if not place.guards]
            if places:
                options += [lambda: self.measure(self.choices.pick(places))] * 2
            options.append(lambda: f"({self.int_(depth - 1)} + {self.int_(depth - 1)})")
            options.append(lambda: f"({self.int_(depth - 1)} * {self.choices.below(5)} - {self.int_(depth - 1)})")
            if not self.may_give:
                options.append(lambda: f"len({self.unnamed(INTS, 0)})")
        return self.choices.pick(options)()

    def measure(self, place: Place) -> str:
        kind = place.type.kind
        if kind == "obj":
            return f"{place.text}.n" if self.choices.chance(70) else f"{place.text}.total()"
        if kind in ("objs", "kept_list"):
            return self.choices.pick([f"len({place.text})", f"sum([e.n for e in {place.text}])", self.generated(place.text)])
        if kind == "ints":
            return self.choices.pick([f"len({place.text})", f"sum({place.text})", f"sum(x % 5 for x in {place.text})"])
        if kind == "map":
            return f"{place.text}.get({self.choices.pick(KEYS)!r}, {self.choices.below(9)})"
        return "7" if kind == "counter" else f"len({place.text})"

    def generated(self, objects: str) -> str:
        """An int from a generator expression over objects."""
        k = self.choices.between(2, 4)
        return self.choices.pick([
            f"sum(e.n for e in {objects})", f"len(list(e.n for e in {objects} if e.n % {k} == 1))", f"int(any(e.n % {k} == 0 for e in {objects}))",
            f"int(all(e.n % {k} for e in {objects}))", f"sum(sorted(e.n for e in {objects})[:{k}])", f"max((e.n for e in {objects}), default={k})",
            f"len(\"\".join(e.t for e in {objects}))", f"sum(n * {k} for n in (e.n for e in {objects}))",
        ])  # fmt: skip

    def str_(self, depth: int = 1) -> str:
        options = [lambda: repr(self.choices.pick(WORDS))]
        if self.frame.strs:
            options.append(lambda: self.choices.pick(self.frame.strs))
        if depth > 0:
            options.append(lambda: f"str({self.int_(depth)})")
            options.append(lambda: f"({self.str_(depth - 1)} + {self.str_(depth - 1)})[:20]")
            options.append(lambda: f"f\"{{{self.int_(0)}}}:{{{self.int_(0)}:>4}}\"")
            options.append(lambda: f"\"-\".join([{self.str_(0)}, {self.str_(0)}])[:20]")
            for place in self.places():
                if place.type.kind == "obj" and not place.guards:
                    options.append(lambda place=place: f"{place.text}.t")
        return self.choices.pick(options)()

    def condition(self) -> str:
        return f"{self.int_(1)} {self.choices.pick(['%', '%', '//'])} {self.choices.between(2, 4)} == {self.choices.below(3)}"

    # Objects

    def unnamed(self, type_: Type, depth: int = 2) -> str:
        """A new object that nobody owns yet: a display, a constructor, a call, or a name that is given away."""
        if self.may_give and self.choices.chance(30):
            options = self.consumable(type_)
            if options:
                return self.give(self.choices.pick(options))
        makers = [f for f in self.functions if f.kind == "make" and f.type == type_ and self.affords(f)]
        if makers and self.choices.chance(40):
            return self.call(self.choices.pick(makers), [self.int_(0)])
        return getattr(self, f"new_{type_.kind}")(type_, depth)

    def affords(self, function: Function) -> bool:
        return self.multiplier * function.cost + self.cost <= COST_MAX

    def call(self, function: Function, arguments: list[str]) -> str:
        self.cost += self.multiplier * function.cost
        return f"{function.name}({', '.join(arguments)})"

    def give(self, var: Var) -> str:
        """The name is dead from here on; whoever calls this stores the value at once."""
        self.let_go(var)
        self.forget(var)
        return f"move({var.name})"

    def new_ints(self, type_: Type, depth: int) -> str:
        a, b = self.int_(0), self.int_(0)
        flat = self.find(type_=INTS, free=False) if self.may_read else []
        options = [f"[{a}]", f"[{a}, {b}, 3]", f"list(range({self.choices.below(5)}))", f"[{a} + i for i in range(3)]"]
        options += [f"sorted([{a}, {b}])", f"[{a}] * 2 + [{b}]", f"[i * i for i in range(5) if i % 2 == {self.choices.below(2)}]"]
        if flat:
            name = self.choices.pick(flat).name
            options += [f"clone({name})", f"{name} + [{a}]", f"{name}[{self.choices.below(3)}:]", f"[x + 1 for x in {name}]"]
            options += [f"sorted({name})", f"list(reversed({name}))"]
        return self.choices.pick(options)

    def new_strs(self, type_: Type, depth: int) -> str:
        a, b = self.str_(0), self.str_(1)
        return self.choices.pick([f"[{a}]", f"[{a}, {b}]", "\"p q r\".split()", f"[str(i) + {a} for i in range(3)]", f"[{b}, {b}] + [{a}]"])

    def new_map(self, type_: Type, depth: int) -> str:
        a, b, k = self.int_(0), self.int_(0), self.choices.pick(KEYS)
        return self.choices.pick([f"{{{k!r}: {a}}}", "{}", f"{{k: {a} for k in [\"k1\", \"x\"]}}", f"dict([({k!r}, {a}), (\"z\", {b})])"])

    def new_table(self, type_: Type, depth: int) -> str:
        if self.choices.chance(60):
            return f"{{{self.choices.pick(KEYS)!r}: {self.unnamed(INTS, 0)}}}"
        return self.choices.pick(["{}", f"{{str(i): [i, {self.int_(0)}] for i in range(2)}}"])

    def new_obj(self, type_: Type, depth: int) -> str:
        cls = type_.of
        arguments = [self.int_(1 if depth > 0 else 0), self.str_(1 if depth > 0 else 0)]
        if cls.takes is not None:
            deeper = depth > 0 and self.choices.chance(60)
            arguments.append(self.unnamed(cls.takes.type, depth - 1) if deeper else "None")
        if self.choices.chance(15):
            return f"{cls.name}({arguments[0]}, t={arguments[1]}{''.join(', child=' + each for each in arguments[2:])})"
        return f"{cls.name}({', '.join(arguments)})"

    def new_objs(self, type_: Type, depth: int) -> str:
        item = Type("obj", type_.of)
        name = type_.of.name
        last = ", None" if type_.of.takes is not None else ""
        many = f"[{name}(i, str(i){last}) for i in range({self.choices.between(1, 3)})]"
        if depth <= 0:
            return self.choices.pick(["[]", many, f"list({many[1:-1]})"])
        one, two = self.unnamed(item, depth - 1), self.unnamed(item, depth - 1)
        return self.choices.pick([f"[{one}, {two}]", f"[{one}] + [{two}]"])

    def new_index(self, type_: Type, depth: int) -> str:
        item = Type("obj", type_.of)
        return f"{{{self.choices.pick(KEYS)!r}: {self.unnamed(item, depth - 1)}}}" if self.choices.chance(60) else "{}"

    @contextmanager
    def giving(self):
        self.may_give = True
        yield
        self.may_give = False

    @contextmanager
    def reading_nothing(self):
        """What is made here stands between a place's move and its next store, so it reads no place at all."""
        self.may_read = False
        yield
        self.may_read = True

    # Paths

    def places(self, *, free: bool = False) -> list[Place]:
        """Every name, and what can be reached from it in one step or two."""
        if not self.may_read:
            return []
        found = [Place(v.name, v.type, v) for v in self.frame.variables if v.type != COUNTER and not (free and v.frozen)]
        for place in list(found):
            nearer = self.places_within(place)
            found += nearer
            for each in nearer:
                if each.type.kind == "obj":
                    found += self.places_within(each)
        return found

    def places_within(self, place: Place) -> list[Place]:
        found = []
        kind, text = place.type.kind, place.text
        if kind == "obj":
            for each in place.type.of.fields:
                found += self.place_of_field(place, each)
        elif kind == "objs":
            found.append(self.element(place, "0", f"len({text}) > 0"))
            found.append(self.element(place, "-1", f"len({text}) > 1"))
        elif kind == "index":
            found.append(self.element(place, '"k1"', f'"k1" in {text}'))
        return found

    def place_of_field(self, place: Place, field_: Field) -> list[Place]:
        text = f"{place.text}.{field_.name}"
        if field_.kind in ("int", "str", "pair"):
            return []
        guards = place.guards + ((f"{text} is not None",) if field_.type.kind == "obj" else ())
        owned = place.owned and field_.kind != "edge"
        type_ = Type("kept_list", field_.of) if field_.kind == "kept_list" else field_.type
        return [Place(text, type_, place.root, guards, owned)]

    def element(self, place: Place, index: str, guard: str) -> Place:
        return Place(f"{place.text}[{index}]", Type("obj", place.type.of), place.root, place.guards + (guard,), place.owned)

    def types(self) -> list[Type]:
        """What a name may be bound to."""
        objects = [cls.type for cls in self.classes]
        containers = [Type(kind, cls) for cls in self.classes for kind in ("objs", "index")]
        return objects * 3 + [INTS, STRS, MAP, TABLE] + containers
