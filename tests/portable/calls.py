"""Calls of the program's functions, and expressions that make something and forget it."""

from __future__ import annotations

from model import COUNTER, INTS, Function, Type
from names import Names


class Calls(Names):
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
            f"print({self.generated(f'[{new}]')})", f"print(sorted([{new}], key=lambda e: e.n)[0].n)", f"print({{'k': {new}}}['k'].t)", f"print(({new}, 1)[0].n)",
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
