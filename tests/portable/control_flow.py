"""Statements with blocks: branches, loops, regions, errors, and the ways out of them."""

from __future__ import annotations

from contextlib import nullcontext

from model import INTS, Class, Function, Type, Var
from names import Names

LOOP_MAX = 3


class ControlFlow(Names):
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

    def carry(self):
        """An object in an exception, which owns it unless it was lent; a handler may take it out of a field."""
        cls = self.choices.pick(self.classes)
        thrower = self.pick_or_none([f for f in self.callable_("throw") if f.type == cls.type])
        error, taken = self.fresh("err"), self.fresh("c")
        self.emit("try:")
        self.attempts += 1
        with self.block():
            self.statements(self.choices.below(2))
            self.end_block()
            lent = self.throw(cls, thrower)
        self.emit(f"except Carrying as {error}:")
        with self.block():
            self.emit(f"print({error}, {error}.item.show())")
            if self.choices.chance(60):
                self.emit(f"{taken} = move({error}.item)")
                self.bind(taken, cls.type)
            else:
                self.emit(f"{error}.item.touch({self.choices.below(9)})")
            self.statements(self.choices.below(2))
        self.emit(f"except Refused as {error}:")
        with self.block():
            self.emit(f"print({error}.args[0].show(), len({error}.args))")
            with self.frozen(lent) if lent else nullcontext():
                self.statements(self.choices.below(2))
            self.emit(f"print({error}.args[0].touch({self.choices.below(9)}).n)")
        self.attempts -= 1

    def throw(self, cls: Class, thrower: Function | None) -> Var | None:
        """Gives the name whose object is only lent."""
        k = self.int_(0)
        if thrower is not None and self.choices.chance(60):
            self.emit(f"print({self.call(thrower, [k])})")
            return None
        lent = [p for p in self.places(free=True) if p.type == cls.type and p.owned and not p.guards and p.text == p.root.name]
        if lent and self.choices.chance(30):
            place = self.choices.pick(lent)
            self.emit(f"raise Refused(&{place.text}, {k})")
            return place.root
        text = self.unnamed(cls.type, 1)
        if self.choices.chance(40):
            name = self.fresh("x")
            self.emit_all(f"{name} = {text}", f"{name}.touch({self.choices.below(9)})")
            text = f"move({name})"
        self.emit(f"raise {self.choices.pick(['Refused', 'Carrying'])}({text}, {k})")
        return None

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
