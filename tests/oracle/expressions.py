"""Random expressions of the common subset, by type, over the variables that a program has at that point.

Every integer expression carries a bound of its magnitude and is reduced before it could leave 48 bits, so that python3
and the harness must agree on every digit. Nothing here can raise unless the generator is in `risky` mode, which it is
only inside a `try`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

MODULUS = 1_000_003
INT_BOUND_MAX = 10**13
COMPREHENSION_LENGTH = 6
# Executed statements: of one call with all it calls, and of the whole program.
CALL_COST_MAX = 5_000
PROGRAM_COST_MAX = 100_000
WORDS = ["red", "Green", "blue", "x1", "Zed", "a b", "mixed Case", "", "42", "  pad ", "o-o", "tail\\n"]
KEYS = ["k0", "k1", "k2", "alpha", "beta"]
INT_SPECS = ["", ":5", ":<6", ":^7", ":05", ":+", ":x", ":#x", ":b", ":,", ":>8", ":*^9", ":d"]
FLOAT_SPECS = ["", ":.2f", ":8.3f", ":08.3f", ":e", ":g", ":.3g", ":+.1f", ":>12.2f", ":,.1f"]
STR_SPECS = ["", ":8", ":>6", ":^9", ":.3", "!r", "!s", "!r:>10", ":*<7"]
CLASS_TESTS = ["isdigit", "isalpha", "isspace", "isalnum", "isupper", "islower"]
TYPE_TESTS = ["int", "str", "(list, float)", "dict"]
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


@dataclass
class Function:
    """A callable of the program: parameter types and names, result type and cost in executed statements."""

    name: str
    parameters: list[tuple[str, str]]
    result: str
    cost: int
    defaults: int = 0


@dataclass
class Scope:
    """The variables that are certainly bound here, by type."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: str) -> None:
        self.names.setdefault(kind, []).append(name)


class Expressions:
    """Builds source text; parentheses are everywhere, and `ast.unparse` later removes those that say nothing."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.scopes = [Scope()]
        self.functions: list[Function] = []
        self.risky = False
        self.cost = 0
        self.multiplier = 1
        self.fresh_count = 0

    # Variables

    def fresh(self, stem: str) -> str:
        self.fresh_count += 1
        return f"{stem}{self.fresh_count}"

    def variables(self, kind: str) -> list[str]:
        return [name for scope in self.scopes for name in scope.names.get(kind, [])]

    def variable(self, kind: str, otherwise: str) -> str:
        found = self.variables(kind)
        return self.rng.choice(found) if found else otherwise

    def pick(self, *choices):
        return self.rng.choice(choices)()

    def within(self, kind: str, name: str, make):
        """Runs `make` while `name` is bound, as the variable of a comprehension or a lambda is."""
        self.scopes.append(Scope({kind: [name]}))
        self.multiplier *= COMPREHENSION_LENGTH
        try:
            return make()
        finally:
            self.multiplier //= COMPREHENSION_LENGTH
            self.scopes.pop()

    # Integers

    def int_(self, depth: int) -> str:
        return self.bounded_int(depth)[0]

    def small_int(self, depth: int) -> str:
        """An integer that fits a container: at most MODULUS in magnitude."""
        text, bound = self.bounded_int(depth)
        return text if bound <= MODULUS else f"({text} % {MODULUS})"

    def bounded_int(self, depth: int) -> tuple[str, int]:
        text, bound = self.raw_int(depth)
        return (text, bound) if bound <= INT_BOUND_MAX else (f"({text} % {MODULUS})", MODULUS)

    def raw_int(self, depth: int) -> tuple[str, int]:
        if depth <= 0:
            return self.pick(self.int_literal, self.int_variable, self.int_variable, self.length)
        return self.pick(
            lambda: self.int_arithmetic(depth),
            lambda: self.int_arithmetic(depth),
            lambda: self.int_division(depth),
            lambda: self.int_bits(depth),
            lambda: self.int_choice(depth),
            lambda: self.int_from_container(depth),
            lambda: self.int_from_text(depth),
            lambda: self.int_from_call(depth),
            self.int_variable,
            lambda: (f"{self.variable('pair', '(1, 2)')}[0]", MODULUS),
        )

    def int_literal(self) -> tuple[str, int]:
        value = self.rng.choice([0, 1, 2, 3, 7, 10, 100, 255, 4096, 99991, -1, -2, -17, -1000])
        return (hex(value) if value > 9 and self.rng.random() < 0.2 else f"({value})"), abs(value)

    def int_variable(self) -> tuple[str, int]:
        return self.variable("int", "5"), MODULUS

    def length(self) -> tuple[str, int]:
        kind = self.rng.choice(["str", "ints", "strs", "map"])
        return f"len({self.variable(kind, repr('ab'))})", 1000

    def int_arithmetic(self, depth: int) -> tuple[str, int]:
        (a, x), (b, y) = self.bounded_int(depth - 1), self.bounded_int(depth - 1)
        operator = self.rng.choice(["+", "-", "*"])
        bound = x * y if operator == "*" else x + y
        if bound > 10**14:
            a, x, bound = f"({a} % 1009)", 1009, (1009 * y if operator == "*" else 1009 + y)
        if bound > 10**14:
            b, bound = f"({b} % 1009)", 1009 * 1009
        return f"({a} {operator} {b})", bound

    def int_division(self, depth: int) -> tuple[str, int]:
        (a, x), b = self.bounded_int(depth - 1), self.int_(depth - 1)
        divisor = b if self.risky else self.rng.choice([f"(abs({b}) + 1)", f"(-abs({b}) - 1)", f"({b} % 7 + 3)"])
        kind = self.rng.randrange(3)
        if kind == 0:
            return f"({a} // {divisor})", x + 1
        if kind == 1:
            return f"({a} % {divisor})", INT_BOUND_MAX
        return f"divmod({a}, {divisor})[{self.rng.randrange(2)}]", INT_BOUND_MAX

    def int_bits(self, depth: int) -> tuple[str, int]:
        (a, x), (b, y) = self.bounded_int(depth - 1), self.bounded_int(depth - 1)
        kind = self.rng.randrange(5)
        if kind == 0:
            return f"({a} {self.rng.choice('&|^')} {b})", 2 * max(x, y) + 1
        if kind == 1:
            return f"(~{a})", x + 1
        if kind == 2:
            return f"(({a} % 1024) << {self.rng.randrange(8)})", 1024 * 128
        if kind == 3:
            return f"({a} >> {self.rng.randrange(12)})", x + 1
        return f"(({a} % 19) ** {self.rng.randrange(4)})", 19**3

    def int_choice(self, depth: int) -> tuple[str, int]:
        (a, x), (b, y) = self.bounded_int(depth - 1), self.bounded_int(depth - 1)
        condition = self.bool_(depth - 1)
        text = self.rng.choice([
            f"({a} if {condition} else {b})",
            f"({a} or {b})",
            f"({a} and {b})",
            f"min({a}, {b})",
            f"max({a}, {b}, {a})",
            f"abs({a})",
            f"(-{a})",
            f"({condition} + 1)",
        ])
        return text, max(x, y, 2)

    def int_from_container(self, depth: int) -> tuple[str, int]:
        xs = self.variable("ints", "[3, 1, 2]")
        index = self.int_(depth - 1)
        key = self.str_(depth - 2)
        if self.risky:
            table = self.variable("map", "{'k0': 1}")
            return self.rng.choice([f"{xs}[{index}]", f"{table}[{key}]", f"{xs}.index({index})"]), MODULUS
        name = self.fresh("v")
        kind = self.rng.randrange(7)
        if kind == 0:
            return f"({xs}[{index} % len({xs})] if {xs} else 0)", MODULUS
        if kind == 1:
            return f"{self.variable('map', '{}')}.get({key}, {self.small_int(0)})", MODULUS
        if kind == 2:
            return f"sum({self.ints(depth - 1)})", MODULUS * 1000
        if kind == 3:
            return f"{xs}.count({index})", 1000
        if kind == 4:
            element = self.within("int", name, lambda: self.small_int(depth - 1))
            condition = self.within("int", name, lambda: self.bool_(depth - 2))
            return f"sum({element} for {name} in {self.ints(depth - 1)} if {condition})", MODULUS * 1000
        if kind == 5:
            element = self.within("int", name, lambda: self.small_int(depth - 1))
            return f"max([{element} for {name} in {self.ints(depth - 1)}], default={self.small_int(0)})", MODULUS
        return f"min({xs} or [{self.small_int(0)}], key=lambda {name}: -{name})", MODULUS

    def int_from_text(self, depth: int) -> tuple[str, int]:
        s, t = self.str_(depth - 1), self.str_(0)
        if self.risky:
            return f"int({s}[:6])", MODULUS
        choices = [f"{s}.find({t})", f"{s}.rfind({t})", f"{s}.count({t})", f"ord(({s} + '?')[0])"]
        return self.rng.choice([*choices, f"int(str({self.small_int(depth - 1)}))", f"len({s})"]), MODULUS

    def int_from_call(self, depth: int) -> tuple[str, int]:
        return (self.call("int", depth) or self.int_variable()[0]), MODULUS

    # Calls of the program's own functions

    def call(self, result: str, depth: int) -> str | None:
        able = [f for f in self.functions if f.result == result and f.cost * self.multiplier <= CALL_COST_MAX]
        if not able or self.cost > PROGRAM_COST_MAX:
            return None
        function = self.rng.choice(able)
        self.cost += function.cost * self.multiplier
        count = len(function.parameters) - self.rng.randint(0, function.defaults)
        arguments = []
        keywords = False
        for name, kind in function.parameters[:count]:
            keywords = keywords or (name != "" and self.rng.random() < 0.25)
            value = self.argument(kind, depth - 1)
            arguments.append(f"{name}={value}" if keywords else value)
        return f"{function.name}({', '.join(arguments)})"

    def argument(self, kind: str, depth: int) -> str:
        """A callee may change its argument, which the rest of the expression may be visiting, so it gets a copy."""
        text = self.expression(kind, depth)
        if kind not in ("ints", "strs", "map"):
            return text
        return f"dict({text})" if kind == "map" else f"{text}[:]"

    def expression(self, kind: str, depth: int) -> str:
        makers = {
            "int": self.small_int,
            "float": self.float_,
            "str": self.str_,
            "bool": self.bool_,
            "ints": self.ints,
            "strs": self.strs,
            "map": self.map_,
            "pair": self.pair,
        }
        return makers[kind](depth)

    # Floats: overflow gives inf, which is a value; nothing here converts back to int.

    def float_(self, depth: int) -> str:
        if depth <= 0:
            literal = self.rng.choice(["0.5", "1.25", "3.0", "(-2.75)", "1e3", "0.1", "1e-3", "123456.789"])
            return self.rng.choice([literal, self.variable("float", "1.5")])
        a, b = self.float_(depth - 1), self.float_(depth - 1)
        n = self.small_int(depth - 1)
        divisor = b if self.risky else f"(abs({b}) + 0.5)"
        return self.rng.choice([
            f"({a} + {b})",
            f"({a} - {n})",
            f"({a} * {b})",
            f"({a} / {divisor})",
            f"({n} / (abs({self.small_int(depth - 1)}) + 1))",
            f"({a} % {divisor})",
            f"({a} // {divisor})",
            f"round({a}, {self.rng.randrange(4)})",
            f"float({n})",
            f"abs({a})",
            f"(-{a})",
            f"({a} if {self.bool_(depth - 1)} else {b})",
            f"(({n} % 10) ** -{self.rng.randrange(1, 4)})" if self.risky else f"(({n} % 10 + 1) ** -1)",
        ])

    # Text

    def str_(self, depth: int) -> str:
        if depth <= 0:
            literal, key = f"'{self.rng.choice(WORDS)}'", repr(self.rng.choice(KEYS))
            return self.rng.choice([literal, self.variable("str", "'s'"), key])
        return self.pick(
            lambda: f"({self.str_(depth - 1)} + {self.str_(depth - 1)})",
            lambda: f"({self.str_(depth - 1)} * {self.rng.randrange(4)})",
            lambda: f"str({self.printable(depth - 1)})",
            lambda: f"repr({self.printable(depth - 1)})",
            lambda: self.f_string(depth),
            lambda: self.slice_of(self.str_(depth - 1), depth),
            lambda: self.text_method(depth),
            lambda: self.text_method(depth),
            lambda: f"({self.str_(depth - 1)} if {self.bool_(depth - 1)} else {self.str_(depth - 1)})",
            lambda: f"chr(97 + {self.int_(depth - 1)} % 26)",
            lambda: f"{self.str_(0)}.join({self.strs(depth - 1)})",
            lambda: self.call("str", depth) or self.str_(0),
        )

    def text_method(self, depth: int) -> str:
        s = self.str_(depth - 1)
        width = self.rng.randrange(12)
        method = self.rng.choice([
            "upper()", "lower()", "title()", "capitalize()", "swapcase()", "strip()", "lstrip()", "rstrip()",
            f"strip({self.str_(0)} or None)",
            f"replace({self.str_(0)}, {self.str_(0)})", f"replace('a', 'b', {width % 3})",
            f"zfill({width})", f"ljust({width})", f"rjust({width}, '.')", f"center({width}, '*')",
            "partition('-')[2]", "rpartition(' ')[0]", "removeprefix('re')", "removesuffix('e')",
        ])  # fmt: skip
        return f"{s}.{method}"

    def f_string(self, depth: int) -> str:
        parts = []
        for _ in range(self.rng.randint(1, 3)):
            value = self.rng.choice(["int", "float", "str", "other"])
            if value == "int":
                spec = self.rng.choice(INT_SPECS)
                parts.append(f"{{{self.quoteless(self.int_(depth - 1), '7')}{spec}}}")
            elif value == "float":
                spec = self.rng.choice(FLOAT_SPECS)
                parts.append(f"{{{self.quoteless(self.float_(depth - 1), '0.5')}{spec}}}")
            elif value == "str":
                spec = self.rng.choice(STR_SPECS)
                parts.append(f"{{{self.variable('str', repr('s'))}{spec}}}")
            else:
                kind = self.rng.choice(["ints", "strs", "map", "pair", "bool"])
                parts.append(f"{{{self.variable(kind, 'None')}}}")
            parts.append(self.rng.choice(["", " ", "|", "{{", "}}", "-"]))
        return 'f"' + "".join(parts) + '"'

    def quoteless(self, text: str, otherwise: str) -> str:
        """Python 3.11 allows neither the string's own quote nor a backslash inside the braces of an f-string."""
        return otherwise if '"' in text or "\\" in text or "lambda" in text else f" {text} "

    def slice_of(self, text: str, depth: int) -> str:
        bounds = [self.rng.choice(["", str(self.rng.randint(-6, 8)), f"{self.int_(depth - 2)} % 9"]) for _ in range(2)]
        step = self.rng.choice(["", "", ":2", ":-1", ":-2", ":3"])
        return f"{text}[{bounds[0]}:{bounds[1]}{step}]"

    # Truth

    def bool_(self, depth: int) -> str:
        if depth <= 0:
            return self.rng.choice(["True", "False", self.variable("bool", "True"), f"({self.int_(0)} > 2)"])
        compare = self.rng.choice(COMPARISONS)
        name = self.fresh("v")
        return self.pick(
            lambda: f"({self.int_(depth - 1)} {compare} {self.int_(depth - 1)})",
            lambda: f"({self.float_(depth - 1)} {compare} {self.int_(depth - 1)})",
            lambda: f"({self.str_(depth - 1)} {compare} {self.str_(depth - 1)})",
            lambda: f"({self.int_(0)} {compare} {self.int_(depth - 1)} {self.rng.choice(COMPARISONS)} {self.int_(0)})",
            lambda: f"(not {self.expression(self.rng.choice(['int', 'str', 'ints', 'map']), depth - 1)})",
            lambda: f"({self.bool_(depth - 1)} {self.rng.choice(['and', 'or'])} {self.bool_(depth - 1)})",
            lambda: f"({self.int_(depth - 1)} {self.rng.choice(['in', 'not in'])} {self.ints(depth - 1)})",
            lambda: f"({self.str_(0)} in {self.str_(depth - 1)})",
            lambda: f"({self.str_(0)} in {self.variable('map', '{}')})",
            lambda: f"({self.ints(depth - 1)} {compare} {self.ints(depth - 1)})",
            lambda: f"({self.map_(depth - 1)} == {self.variable('map', '{}')})",
            lambda: f"{self.str_(depth - 1)}.{self.rng.choice(CLASS_TESTS)}()",
            lambda: f"{self.str_(depth - 1)}.{self.rng.choice(['startswith', 'endswith'])}({self.str_(0)})",
            lambda: f"isinstance({self.printable(depth - 1)}, {self.rng.choice(TYPE_TESTS)})",
            lambda: f"{self.rng.choice(['any', 'all'])}("
            f"{self.within('int', name, lambda: self.bool_(depth - 1))} for {name} in {self.ints(depth - 1)})",
            lambda: self.call("bool", depth) or self.bool_(0),
        )

    # Containers

    def ints(self, depth: int) -> str:
        if depth <= 0:
            literal = f"[{', '.join(self.small_int(0) for _ in range(self.rng.randrange(5)))}]"
            return self.rng.choice([literal, self.variable("ints", literal)])
        name = self.fresh("v")
        element = lambda: self.within("int", name, lambda: self.small_int(depth - 1))  # noqa: E731
        condition = lambda: self.within("int", name, lambda: self.bool_(depth - 1))  # noqa: E731
        return self.pick(
            lambda: f"[{', '.join(self.small_int(depth - 1) for _ in range(self.rng.randrange(4)))}]",
            lambda: f"[{element()} for {name} in {self.ints(depth - 1)}]",
            lambda: f"[{element()} for {name} in range({self.rng.randrange(6)}) if {condition()}]",
            lambda: self.slice_of(self.ints(depth - 1), depth),
            lambda: f"sorted({self.ints(depth - 1)}, reverse={self.bool_(0)})",
            lambda: f"sorted({self.ints(depth - 1)}, key=lambda {name}: {element()})",
            lambda: f"list(map(lambda {name}: {element()}, {self.ints(depth - 1)}))",
            lambda: f"list(filter(lambda {name}: {condition()}, {self.ints(depth - 1)}))",
            lambda: f"list(reversed({self.ints(depth - 1)}))",
            lambda: f"({self.ints(depth - 1)} + {self.ints(depth - 1)})[:20]",
            lambda: f"list(range({self.rng.randint(-3, 3)}, {self.rng.randint(-3, 9)}, {self.rng.choice([1, 2, -1])}))",
            lambda: f"list({self.variable('map', '{}')}.values())",
            lambda: f"[len({name}) for {name} in {self.strs(depth - 1)}]",
            lambda: self.call("ints", depth) or self.ints(0),
        )

    def strs(self, depth: int) -> str:
        if depth <= 0:
            return self.rng.choice(["['b', 'a', 'cc']", "'one two  three'.split()", self.variable("strs", "['q']")])
        name = self.fresh("v")
        return self.pick(
            lambda: f"{self.str_(depth - 1)}.split({self.rng.choice(['', repr('-'), repr(' ')])})",
            lambda: f"{self.str_(depth - 1)}.splitlines()",
            lambda: f"[{self.within('str', name, lambda: self.str_(depth - 1))} for {name} in {self.strs(depth - 1)}]",
            lambda: f"[{self.within('int', name, lambda: self.str_(depth - 1))} for {name} in {self.ints(depth - 1)}]",
            lambda: f"sorted({self.strs(depth - 1)})",
            lambda: f"sorted({self.strs(depth - 1)}, key=len)",
            lambda: f"list({self.variable('map', '{}')})",
            lambda: f"list({self.str_(depth - 1)})[:8]",
        )

    def map_(self, depth: int) -> str:
        if depth <= 0:
            entries = ", ".join(f"{self.rng.choice(KEYS)!r}: {self.small_int(0)}" for _ in range(self.rng.randrange(4)))
            return self.rng.choice([f"{{{entries}}}", self.variable("map", f"{{{entries}}}")])
        name, other = self.fresh("v"), self.fresh("v")
        return self.pick(
            lambda: f"{{{name}: {self.within('str', name, lambda: self.small_int(depth - 1))} "
            f"for {name} in {self.strs(depth - 1)}}}",
            lambda: f"dict(zip({self.strs(depth - 1)}, {self.ints(depth - 1)}))",
            lambda: f"{{{name}: {other} for {name}, {other} in {self.map_(depth - 1)}.items() if {other} % 2}}",
            lambda: f"{self.map_(depth - 1)}.copy()",
            lambda: f"({self.map_(depth - 1)} | {self.map_(depth - 1)})",
        )

    def pair(self, depth: int) -> str:
        if self.rng.random() < 0.2:
            return self.variable("pair", "(1, 'p')")
        return f"({self.small_int(depth - 1)}, {self.str_(depth - 1)})"

    def printable(self, depth: int) -> str:
        kinds = ["int", "int", "float", "str", "bool", "ints", "strs", "map", "pair"]
        return self.expression(self.rng.choice(kinds), depth)
