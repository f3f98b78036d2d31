"""Random functions, closures, classes and exceptions, and the statements that use them.

A function calls only those defined before it, so that every program ends; recursion carries its own fuel.
"""

from __future__ import annotations

import random
from contextlib import contextmanager

from expressions import Expressions, Function, Scope

RESULT_KINDS = ["int", "int", "int", "str", "bool", "ints"]
PRINT_COST = 25
PARAMETER_KINDS = ["int", "int", "str", "float", "ints", "map"]


class Definitions(Expressions):
    """Emits lines; the statements themselves come from the class that derives from this one."""

    def __init__(self, rng: random.Random):
        super().__init__(rng)
        self.lines: list[str] = []
        self.indent = 0
        self.nesting = 0
        self.function_scope = 0
        self.classes: list[str] = []
        self.errors: list[str] = []
        self.raisers: list[str] = []
        self.phases = False

    def emit(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)
        # Printing counts more, so that functions which print are called less and the output stays readable.
        self.cost += self.multiplier * (PRINT_COST if "print(" in text else 1)

    @contextmanager
    def indented(self, by: int = 1):
        self.indent += by
        yield
        self.indent -= by

    def define(self) -> None:
        self.rng.choice([
            self.define_function,
            self.define_function,
            self.define_recursion,
            self.define_closure_maker,
            self.define_class,
            self.define_class,
            self.define_error,
            self.define_counter,
            self.define_raiser,
        ])()

    # Functions

    def define_function(self) -> None:
        name, result = self.fresh("f"), self.rng.choice(RESULT_KINDS)
        parameters = [(self.fresh("p"), self.rng.choice(PARAMETER_KINDS)) for _ in range(self.rng.randint(0, 3))]
        defaults = self.rng.randint(0, len(parameters))
        words = []
        for index, (parameter, kind) in enumerate(parameters):
            has_default = index >= len(parameters) - defaults
            words.append(f"{parameter}={self.default_of(kind)}" if has_default else parameter)
        self.emit(f"def {name}({', '.join(words)}):")
        cost = self.function_body(parameters, result)
        self.functions.append(Function(name, parameters, result, cost, defaults))

    def share(self) -> None:
        """Passes containers themselves, not copies, and shows what the callee made of them."""
        able = [f for f in self.functions if any(kind in ("ints", "map") for _, kind in f.parameters)]
        if not able or self.multiplier > 20:
            return self.show()
        function = self.rng.choice(able)
        arguments, shared = [], []
        for _, kind in function.parameters:
            name = self.local(kind) if kind in ("ints", "map") else None
            arguments.append(name or self.argument(kind, 1))
            shared += [name] if name else []
        self.cost += function.cost * self.multiplier
        call = f"{function.name}({', '.join(arguments)})"
        self.emit(f"print({', '.join([call, *shared])})")

    def default_of(self, kind: str) -> str:
        defaults = {"int": "7", "str": "'dflt'", "float": "2.5", "ints": "[1, 2]", "map": "{'k0': 1}"}
        return defaults[kind]

    def function_body(self, parameters: list[tuple[str, str]], result: str) -> int:
        """Emits a body of its own scope; returns what one call costs."""
        saved = self.cost, self.multiplier, self.nesting, self.function_scope, self.risky
        self.cost, self.multiplier, self.nesting, self.risky = 1, 1, self.nesting + 1, False
        self.function_scope = len(self.scopes)
        self.scopes.append(Scope())
        for name, kind in parameters:
            self.scopes[-1].add(kind, name)
        # A call prints at most once or twice, since it may be called from a loop.
        with self.repeated_quietly(), self.indented():
            for _ in range(self.rng.randint(1, 3)):
                self.statement()
            if self.rng.random() < 0.3:
                self.emit(f"if {self.bool_(2)}: return {self.bounded(result, self.expression(result, 1))}")
            self.emit(f"return {self.bounded(result, self.expression(result, 2))}")
        self.scopes.pop()
        cost = self.cost
        self.cost, self.multiplier, self.nesting, self.function_scope, self.risky = saved
        return cost

    @contextmanager
    def repeated_quietly(self):
        self.multiplier *= 8
        yield
        self.multiplier //= 8

    def define_recursion(self) -> None:
        name, depth = self.fresh("r"), self.rng.randint(3, 30)
        self.emit(f"def {name}(n, total):")
        with self.indented():
            self.emit(f"if n <= 0 or n > {depth}: return total")
            self.scopes.append(Scope({"int": ["n", "total"]}))
            self.multiplier *= depth
            step = self.small_int(2)
            shape = self.rng.choice([
                f"return {name}(n - 1, ({step} + total) % 1000003)",
                f"return ({name}(n - 1, total) + {step}) % 1000003",
                f"return ({name}(n - 2, total) * 3 + {name}(n - {max(depth // 2, 2)}, {step})) % 1000003",
            ])  # fmt: skip
            self.multiplier //= depth
            self.scopes.pop()
            self.emit(shape)
        self.functions.append(Function(name, [("n", "int"), ("total", "int")], "int", depth * 40))

    def define_counter(self) -> None:
        """A function that rebinds a global: the order of evaluation becomes visible."""
        name, counter = self.fresh("count"), self.fresh("g")
        self.emit(f"{counter} = {self.rng.randrange(10)}")
        self.emit(f"def {name}(by={self.rng.randint(1, 9)}):")
        with self.indented():
            self.emit(f"global {counter}")
            self.emit(f"{counter} = ({counter} * 2 + by) % 1000003")
            self.emit(f"return {counter}")
        self.functions.append(Function(name, [("by", "int")], "int", 3, 1))

    # Closures

    def define_closure_maker(self) -> None:
        name = self.fresh("make")
        self.emit(f"def {name}(k, xs):")
        with self.indented():
            self.emit("calls = 0")
            self.emit("def inner(n):")
            with self.indented():
                self.emit("nonlocal k, calls")
                self.emit("calls += 1")
                self.scopes.append(Scope({"int": ["k", "n", "calls"], "ints": ["xs"]}))
                self.multiplier *= 20
                self.emit(f"k = {self.small_int(3)}")
                self.emit(f"return {self.small_int(2)}")
                self.multiplier //= 20
                self.scopes.pop()
            self.emit(self.rng.choice(["return inner", "return lambda n=3: inner(n + 1) % 1000003"]))
        for _ in range(self.rng.randint(1, 2)):
            closure = self.fresh("c")
            self.emit(f"{closure} = {name}({self.small_int(1)}, {self.ints(1)})")
            self.scopes[-1].add("closure", closure)

    def use_closure(self) -> None:
        closures = self.variables("closure")
        if not closures or self.multiplier > 20:
            return self.use_lambdas()
        f = self.rng.choice(closures)
        self.emit(f"print({f}({self.small_int(2)}), {f}({self.small_int(1)}))")

    def use_lambdas(self) -> None:
        name = self.fresh("h")
        self.scopes.append(Scope({"int": ["j", "z"]}))
        body = self.small_int(2)
        self.scopes.pop()
        late = self.rng.choice(["lambda z", "lambda z, j=j"])
        self.emit(f"{name} = [{late}: {body} for j in range(3)]")
        if self.multiplier <= 20:
            self.emit(f"print([t({self.small_int(1)}) for t in {name}])")

    def local_function(self) -> None:
        """A function inside whatever block this is; it sees the variables around it and may call itself."""
        if self.multiplier > 20:
            return self.use_lambdas()
        name, fuel, x = self.fresh("local"), self.fresh("n"), self.fresh("x")
        self.scopes.append(Scope({"int": [fuel, x]}))
        self.multiplier *= 8
        base, step = self.small_int(1), self.small_int(2)
        self.multiplier //= 8
        self.scopes.pop()
        self.emit(f"def {name}({fuel}, {x}={self.rng.randrange(9)}):")
        with self.indented():
            self.emit(f"if {fuel} <= 0: return {base}")
            self.emit(f"return ({name}({fuel} - 1, {step}) + {x}) % 1000003")
        self.emit(f"print({name}({self.rng.randrange(7)}), {name}({self.rng.randrange(7)}, {x}=2))")

    # Classes

    def define_class(self) -> None:
        name = self.fresh("C")
        base = self.rng.choice(self.classes) if self.classes and self.rng.random() < 0.5 else None
        self.emit(f"class {name}({base}):" if base else f"class {name}:")
        with self.indented():
            self.emit(f"kind = {self.rng.choice(['1', '2', '30'])}")
            self.emit("def __init__(self, n, items):")
            with self.indented():
                if base:
                    self.emit(f"super().__init__(n + {self.rng.randrange(5)}, items)")
                else:
                    self.emit("self.n = n")
                    self.emit("self.items = items[:8]")
            self.define_methods(name, base)
        self.classes.append(name)
        for _ in range(self.rng.randint(1, 2)):
            made = self.fresh("o")
            self.emit(f"{made} = {name}({self.small_int(1)}, {self.ints(1)})")
            self.scopes[0].add("object", made)

    def define_methods(self, name: str, base: str | None) -> None:
        """A class without a base has every method that a statement may use; a derived one overrides some."""
        self.scopes.append(Scope({"int": ["self.n", "self.kind"], "ints": ["self.items"]}))
        step, score = self.small_int(2), self.small_int(2)
        self.scopes.pop()
        methods = {
            "step(self, by=1)": [f"self.n = (self.n + by * {step}) % 1000003", "return self.n"],
            "score(self)": [f"return {score}"],
            "__repr__(self)": [f'return f"{name}({{self.n}}, {{self.items}})"'],
            "__eq__(self, other)": [f"return isinstance(other, {name}) and self.n == other.n"],
            "__lt__(self, other)": ["return self.n < other.n"],
            "__add__(self, other)": [f"return {name}((self.n + other.n) % 1000003, self.items + other.items)"],
            "__neg__(self)": [f"return {name}(-self.n, self.items[::-1])"],
            "__len__(self)": ["return len(self.items)"],
            "__bool__(self)": ["return self.n % 2 == 0"],
            "__getitem__(self, i)": ["return self.items[i]"],
            "__setitem__(self, i, value)": ["self.items[i] = value"],
            "__contains__(self, x)": ["return x == self.n or x in self.items"],
            "__call__(self, x)": ["return (self.n * x) % 1000003"],
            "__mul__(self, k)": [f"return {name}(self.n * (k % 100) % 1000003, self.items)"],
        }
        chosen = list(methods) if base is None else self.rng.sample(list(methods), 4)
        for signature in chosen:
            self.emit(f"def {signature}:")
            with self.indented():
                if base is not None and signature.startswith("score") and self.rng.random() < 0.7:
                    self.emit("return super().score() + 1")
                    continue
                for line in methods[signature]:
                    self.emit(line)

    def use_object(self) -> None:
        objects = self.variables("object")
        if not objects or self.multiplier > 20:
            return self.assign()
        a, b, n = self.rng.choice(objects), self.rng.choice(objects), self.small_int(1)
        text = self.rng.choice([
            f"print({a}.step({n}), {a}.step(by={n}), {a}.n)", f"print({a}, {a}.score(), {a}.kind, type({a}).__name__)",
            f"print({a} == {b}, {a} != {b}, {a} < {b}, {a} is {b})", f"print({a} + {b}, -{a}, {a} * {n})",
            f"print(len({a}), bool({a}), 'yes' if {a} else 'no', {n} in {a})", f"print({a}({n}), {a}.items, str({a}))",
            f"both = [{a}, {b}, {a}]; print(sorted(both), max({a}, {b}).n)",
            f"print(isinstance({a}, {self.classes[0]}), hasattr({a}, 'n'))",
            f"print(getattr({a}, 'n'), getattr({a}, 'missing', {n}))",
            f"{a}.n = {n}", f"{a}.items = {self.ints(1)}[:8]",
            f"setattr({a}, 'n', {n})", f"{a}.n += {n}; {a}.n %= 1000003",
            f"if len({a}): {a}[0] = {n}; print({a}[0], {a}[-1])",
            f"print(f'{{{a}}} {{{a}!r}} {{{a}.n:>9}}')", f"{a}.kind = {n} % 50",
        ])  # fmt: skip
        self.emit(text)

    # Exceptions

    def define_error(self) -> None:
        name = self.fresh("E")
        base = self.rng.choice(["Exception", "ValueError", "LookupError", *self.errors])
        self.emit(f"class {name}({base}):")
        with self.indented():
            self.emit(self.rng.choice(["pass", "level = 3"]))
        self.errors.append(name)

    def define_raiser(self) -> None:
        """A function that fails for some arguments, through a frame of its own; only a `try` may call it."""
        name, text = self.fresh("raiser"), self.str_(1)
        self.emit(f"def {name}(n):")
        with self.indented():
            self.emit("try:")
            with self.indented():
                self.emit(f"if n % 3 == 0: raise {self.error_class()}(n, {text})")
                self.emit(f"if n % 3 == 1: return {name}(n - 1)")
            self.emit(self.rng.choice(["except KeyError as e:", "except (ValueError, TypeError) as e:"]))
            with self.indented():
                self.emit("print('handled', type(e).__name__, e)")
                self.emit(self.rng.choice(["raise", "raise RuntimeError('again')", "return -1"]))
            self.emit("finally:")
            with self.indented():
                self.emit("print('left', n)")
            self.emit("return 100 // (n % 2)")
        self.raisers.append(name)

    def error_class(self) -> str:
        return self.rng.choice([*self.errors, "KeyError", "RuntimeError", "TypeError"])

    def wrong_call(self) -> str:
        """A call whose arguments do not fit; the text of the error names the function and its parameters."""
        if not self.functions:
            return "len()"
        function = self.rng.choice(self.functions)
        too_many = ", ".join(["1"] * (len(function.parameters) + 1))
        return f"{function.name}({self.rng.choice([too_many, 'no_such=1'])})"
