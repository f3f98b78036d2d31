"""Classes and functions of portable programs: what each kind of function does with what it is given or lent."""

from __future__ import annotations

from contextlib import contextmanager

from env import KEYS, WORDS
from model import COUNTER, INTS, MAP, TABLE, Class, Field, Function, Type, Var
from statements import Statements

FUNCTIONS_MAX = 8


class Definitions(Statements):
    # Classes

    def define_class(self) -> None:
        cls = Class(f"C{len(self.classes) + 1}")
        reachable = [cls, *self.classes]
        for kind in ("child", "ints", "children", "edge", "kept", "pair", "index", "kept_list", "map", "table", "child"):
            if self.choices.chance(40) and len(cls.fields) < 5:
                of = self.choices.pick(reachable) if kind in ("child", "children", "edge", "kept", "index", "kept_list") else None
                # What is kept is made on the spot; were it of the same class, that would never end.
                of = self.choices.pick(self.classes) if kind in ("kept", "kept_list") and self.classes else of
                if kind in ("kept", "kept_list") and of is cls:
                    continue
                cls.fields.append(Field(f"{kind[0]}{len(cls.fields)}", kind, of))
        if self.choices.chance(35):
            cls.fields += [Field("parent", "edge", cls), Field("kids", "children", cls)]
        children = cls.of_kind("child")
        cls.takes = children[0] if children and self.choices.chance(60) else None
        cls.has_del = self.choices.chance(50)
        cls.adds = self.choices.chance(30)
        self.classes.append(cls)
        self.write_class(cls)

    def write_class(self, cls: Class) -> None:
        base = ""
        self.emit(f"class {cls.name}{base}:")
        with self.indented():
            given = ", child" if cls.takes else ""
            self.emit(f"def __init__(self, n, t{given}):")
            with self.indented():
                if cls.has_del:
                    self.emit_all("global made", "made += 1")
                self.emit_all("self.n = n % 997", "self.t = t")
                for field in cls.fields:
                    self.emit(f"self.{field.name} = {'child' if field is cls.takes else field.start}")
            if cls.has_del:
                self.emit_all("def __del__(self):", "    self.n += len(self.t)")
            self.write_methods(cls)

    def write_methods(self, cls: Class) -> None:
        self.emit_all("def touch(self, k):", "    self.n = (self.n * 3 + k) % 997", "    return self")
        self.emit_all("def show(self):", f"    out = f\"{cls.name}({{self.n}},{{self.t}}\"")
        for field in cls.fields:
            self.emit_all(*("    " + line for line in self.shown_field(field)))
        self.emit_all('    return out + ")"', "def total(self):", "    sum_ = self.n")
        for field in cls.of_kind("child"):
            self.emit_all(f"    if self.{field.name} is not None:", f"        sum_ += self.{field.name}.total()")
        for field in cls.of_kind("children"):
            self.emit_all(f"    for e in self.{field.name}:", "        sum_ += e.total()")
        self.emit("    return sum_ % 9973")
        deep = [field for field in cls.of_kind("child") if field.of is cls]
        self.emit("def depth(self):")
        if deep:
            name = deep[0].name if cls.takes not in deep else cls.takes.name
            self.emit(f"    return 1 if self.{name} is None else 1 + self.{name}.depth()")
        else:
            self.emit("    return 1")
        if any(field.name == "parent" for field in cls.fields):
            self.emit_all("def adopt(self, child):", "    child.parent = &self", f"    self.kids.append({self.choices.pick(['move(child)', 'child'])})")
        if cls.adds:
            last = ", None" if cls.takes else ""
            self.emit_all("def __add__(self, other):", f"    return {cls.name}(self.n + other.n, self.t[:3] + other.t[:3]{last})")
            self.emit_all("def __lt__(self, other):", "    return self.n < other.n")

    def shown_field(self, field: Field) -> list[str]:
        text = f"self.{field.name}"
        if field.kind in ("child", "kept"):
            return [f"if {text} is not None:", f"    out += \",\" + {text}.show()"]
        if field.kind == "edge":
            return [f"out += \",-\" if {text} is None else f\",&{{{text}.n}}\""]
        if field.kind in ("children", "kept_list"):
            return [f"for e in {text}:", "    out += \";\" + e.show()"]
        if field.kind == "index":
            return [f"for k in {text}:", f"    out += k + {text}[k].show()"]
        return [f"out += \",\" + str({text})"]

    # Functions

    def define_functions(self) -> None:
        self.define_links()
        for _ in range(FUNCTIONS_MAX):
            if not self.choices.chance(85):
                return
            kinds = [self.define_make, self.define_make, self.define_measure, self.define_mutate, self.define_mutate, self.define_consume]
            kinds += [self.define_absorb, self.define_absorb, self.define_step, self.define_split, self.define_counter, self.define_pick]
            kinds += [self.define_ring, self.define_risky, self.define_risky, self.define_register, self.define_tree]
            kinds += [self.define_throw]
            self.choices.pick(kinds)()

    @contextmanager
    def defined(self, kind: str, parameters: str, type_: Type | None, other: Type | None = None, region: bool = True):
        """A function's head; when its body is written it may be called."""
        name = self.fresh(kind + "_")
        if region and self.choices.chance(25):
            self.emit("@region")
        self.emit(f"def {name}({parameters}):")
        function = Function(name, kind, type_, other=other)
        linked, self.linked = self.linked, set()
        with self.function(kind):
            self.frame.ints += [each for each in parameters.split(", ") if each in ("n", "k")]
            yield function
            function.cost = self.cost + 1
        self.linked = linked
        self.returning = None
        self.functions.append(function)

    def any_type(self) -> Type:
        return self.choices.pick([cls.type for cls in self.classes] * 3 + [INTS, Type("objs", self.classes[0]), TABLE])

    def object_type(self) -> Type:
        return self.choices.pick([cls.type for cls in self.classes])

    def lend(self, name: str, type_: Type) -> Var:
        return self.bind(name, type_, owned=False)

    def body(self, count: int) -> None:
        before = self.cost
        self.statements(count)
        self.cost = max(self.cost, before + 1)

    def end_all_but(self, var: Var | None) -> None:
        """Before the last return: the result must refer to nothing that ends here."""
        if var is not None:
            for target in list(var.direct):
                self.emit(f"{var.name}.{var.direct.pop(target)} = None")
                var.edges.discard(target)
            var.owned = False
            self.let_go(var)
        self.end_block()

    def return_result(self, name: str, type_: Type) -> None:
        var = next((v for v in self.frame.variables if v.name == name), None)
        if var is not None and (var.edges - set(var.direct) or any(var not in h.direct for h in self.holders_of(var))):
            var = None
        if var is None:
            name = self.fresh("result")
            self.emit(f"{name} = {self.unnamed(type_, 1)}")
            var = self.bind(name, type_)
        self.end_all_but(var)
        self.emit(f"return {self.choices.pick([name, name, f'move({name})'])}")

    def define_make(self) -> None:
        type_ = self.any_type()
        with self.defined("make", "n", type_):
            self.returning = lambda: self.unnamed(type_, 0)
            name = self.fresh("v")
            self.emit(f"{name} = {self.unnamed(type_, 1)}")
            self.bind(name, type_)
            self.body(self.choices.between(0, 4))
            self.return_result(name, type_)

    def define_tree(self) -> None:
        """By recursion: each level is given the ones below."""
        cls = next((c for c in self.classes if c.takes is not None and c.takes.of is c), None)
        if cls is None:
            return
        name = self.fresh("make_")
        if self.choices.chance(25):
            self.emit("@region")
        limit = self.choices.between(1, 4)
        self.emit_all(f"def {name}(n):", f"    if n % 11 < {limit}:", f"        return {cls.name}(n, \"leaf\", None)")
        below = f"{name}(n - {limit})"
        if self.choices.chance(50):
            self.emit_all(f"    below = {below}", "    below.touch(n)", f"    return {cls.name}(n, \"node\", {self.choices.pick(['move(below)', 'move(below)'])})")
        else:
            self.emit(f"    return {cls.name}(n, str(n), {below})")
        self.functions.append(Function(name, "make", cls.type, cost=30))

    def define_measure(self) -> None:
        type_ = self.any_type()
        with self.defined("measure", "x", type_):
            self.returning = lambda: self.choices.pick(["3", "n"]) if self.frame.ints else "3"
            self.returning = lambda: "3"
            self.lend("x", type_).frozen = 1
            self.body(self.choices.between(0, 3))
            self.emit(f"result = {self.int_(2)}")
            self.end_all_but(None)
            self.emit("return result % 9973")

    def define_mutate(self) -> None:
        type_ = self.any_type()
        with self.defined("mutate", "x, k", type_):
            self.returning = lambda: "k"
            self.lend("x", type_)
            self.body(self.choices.between(1, 4))
            self.end_all_but(None)
            self.emit(f"return {self.choices.pick(['k', 'k + 1'])}")

    def define_consume(self) -> None:
        type_ = self.any_type()
        with self.defined("consume", "x", type_):
            self.returning = lambda: "5"
            self.bind("x", type_)
            self.body(self.choices.between(0, 3))
            self.emit(f"result = {self.int_(2)}")
            self.end_all_but(None)
            self.emit("return result % 9973")

    def define_absorb(self) -> None:
        chances = [(cls, f) for cls in self.classes for f in cls.of_kind("child", "children", "ints")]
        if not chances:
            return
        cls, field = self.choices.pick(chances)
        item = Type("obj", field.of) if field.kind == "children" else field.type
        with self.defined("absorb", "h, x", cls.type, item):
            self.lend("h", cls.type)
            text = f"h.{field.name}"
            self.lend("x", item).frozen = 1
            self.body(self.choices.between(0, 1))
            self.end_block()
            given = self.choices.pick(["move(x)", "x"])
            if field.name == "kids":
                self.emit(f"h.adopt({given if given != 'x' else 'move(x)'})")
            elif field.kind == "children":
                self.emit(f"{text}.append({given})")
            else:
                self.emit_all(f"old = move({text})", f"{text} = {given}", "deinit(old)")

    def define_step(self) -> None:
        type_ = self.any_type()
        with self.defined("step", "x, k", type_):
            var = self.bind("x", type_)
            var.level = -1
            self.body(self.choices.between(0, 3))
            var.level = 0
            self.return_result("x", type_)

    def define_split(self) -> None:
        a, b = self.object_type(), self.any_type()
        with self.defined("split", "n", a, b):
            self.emit_all(f"left = {self.unnamed(a, 1)}", f"right = {self.unnamed(b, 0)}")
            left, right = self.bind("left", a), self.bind("right", b)
            left.frozen = right.frozen = 1
            self.body(self.choices.between(0, 2))
            left.owned = right.owned = False
            self.end_block()
            self.emit("return left, right")

    def define_counter(self) -> None:
        """A closure that owns what it captured."""
        name, cls = self.fresh("counter_"), self.choices.pick(self.classes)
        last = ", None" if cls.takes else ""
        captured, use = self.choices.pick([
            ("[n]", "held.append(k)\n        del held[5:]\n        return sum(held) + calls"),
            (f"{cls.name}(n, \"cell\"{last})", "held.touch(k)\n        return held.n + calls"),
            ('{"k": [n]}', 'held["k"].append(k)\n        del held["k"][3:]\n        return len(held["k"]) + calls'),
            ("str(n)", "return held + str(calls + k)"),
        ])  # fmt: skip
        self.emit_all(f"def {name}(n):", f"    held = {captured}", "    calls = 0", "    def bump(k):", "        nonlocal calls", "        calls += 1")
        self.emit_all(*("        " + line.strip() for line in use.split("\n")), "    return bump")
        self.functions.append(Function(name, "counter", COUNTER, cost=6))

    def define_pick(self) -> None:
        type_ = self.object_type()
        name = self.fresh("pick_")
        self.emit(f"def {name}(a, b):")
        self.emit_all(*("    " + line for line in self.choices.pick([
            ["return a if a.n >= b.n else b"],
            ["if a.n % 2 == 0:", "    return a", "return b"],
            ["found = a", "for each in (&a, &b):", "    if each.n < found.n:", "        found = each", "return found"],
        ])))  # fmt: skip
        self.functions.append(Function(name, "pick", type_, cost=3))

    def define_links(self) -> None:
        for cls in self.classes:
            for field in cls.of_kind("edge"):
                if self.choices.chance(50):
                    name = self.fresh("link_") + "_" + field.name
                    self.emit_all(f"def {name}(a, b):", f"    a.{field.name} = {self.choices.pick(['&b', '&b'])}")
                    self.functions.append(Function(name, "link", cls.type, other=Type("obj", field.of)))

    def define_ring(self) -> None:
        chances = [(cls, f) for cls in self.classes for f in cls.of_kind("edge") if f.of is cls]
        if not chances:
            return
        cls, field = self.choices.pick(chances)
        name, last = self.fresh("ring_"), ", None" if cls.takes else ""
        self.emit_all(
            f"def {name}(n):",
            f"    nodes = [{cls.name}(i, \"r\"{last}) for i in range(n)]",
            "    for i in range(n):",
            f"        nodes[i].{field.name} = &nodes[(i + 1) % n]",
            "    return nodes",
        )
        function = Function(name, "ring", cls.type, cost=15)
        function.other = field.name
        self.functions.append(function)

    def define_risky(self) -> None:
        """Raises or not; what it owns then is ended by `defer` or by `finally`."""
        type_ = self.object_type()
        with self.defined("risky", "x, k", type_):
            self.lend("x", type_)
            own = self.any_type()
            self.emit(f"mine = {self.unnamed(own, 1)}")
            var = self.bind("mine", own, owned=False)
            deferred = self.choices.chance(50)
            self.emit("defer deinit(mine)" if deferred else "try:")
            self.indent += not deferred
            inner = [f for f in self.functions if f.kind == "risky" and f.type == type_ and self.affords(f)]
            with self.frozen(var):
                self.body(self.choices.between(0, 2))
                self.end_block()
                test = self.choices.pick(["k % 2 == 0", "x.n % 3 == 1", "k > 10", "k % 3 != 1"])
                error = self.choices.pick(["ValueError", "KeyError", "Refused"])
                self.emit_all(f"if {test}:", f"    raise {error}(\"no \" + str(k) + x.t)")
                if inner:
                    self.emit(f"x.n = {self.call(self.choices.pick(inner), ['&x', 'k + 1'])} % 997")
                self.emit(f"result = {self.int_(1)}")
            self.indent -= not deferred
            if not deferred:
                self.emit_all("finally:", "    deinit(mine)")
            self.emit("return result % 997")

    def define_throw(self) -> None:
        """Raises what carries an object, or returns."""
        cls = self.choices.pick(self.classes)
        with self.defined("throw", "k", cls.type):
            own = self.any_type()
            self.emit(f"mine = {self.unnamed(own, 1)}")
            var = self.bind("mine", own, owned=False)
            self.emit("defer deinit(mine)")
            with self.frozen(var):
                self.body(self.choices.between(0, 2))
                self.end_block()
                self.emit(f"if {self.choices.pick(['k % 3 != 1', 'k > 2', 'k % 2 == 0'])}:")
                with self.indented():
                    self.throw_own(cls)
            self.emit("return k % 997")

    def throw_own(self, cls: Class) -> None:
        error, text = self.choices.pick(["Refused", "Carrying"]), self.unnamed(cls.type, 1)
        if self.choices.chance(40):
            self.emit_all(f"x = {text}", "x.touch(k)")
            text = "move(x)"
        self.emit(f"raise {error}({text}, k)")

    def define_register(self) -> None:
        """Into a global object, which outlives every call."""
        if not self.has_registry:
            return
        name, cls = self.fresh("register_"), self.classes[0]
        last = ", None" if cls.takes else ""
        if self.choices.chance(30):
            self.emit("@region")
        self.emit_all(f"def {name}(n):", *("    " + line for line in self.choices.pick([
            [f"registry.items.append({cls.name}(n, \"r\"{last}))"],
            [f"one = {cls.name}(n, str(n){last})", "one.touch(2)", "registry.items.append(move(one))"],
            [f"one = {cls.name}(n, str(n){last})", "registry.kept.append(one)", "keep one with registry"],
            ["registry.notes[str(n % 3)] = \"n\" + str(n)", "registry.last = (n, str(n))"],
        ])), "    registry.count += 1")  # fmt: skip
        self.functions.append(Function(name, "register", None, cost=4))
