#!/usr/bin/python3
"""Prints a random program of the common subset, the same one for the same seed.

The program always ends, prints much of its state on the way, catches every error it provokes and relies on neither
addresses nor hash order. So python3 says what it must print, and any difference is a bug of the harness.
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
from contextlib import contextmanager

from expressions import COMPARISONS, KEYS, Scope
from phases import Phases, as_harness

# Beyond this many executions a statement no longer prints, so that the output stays readable.
PRINT_MULTIPLIER_MAX = 30
NESTING_MAX = 3


class Generator(Phases):
    """Statements: each method emits one kind, with everything it needs bound before it."""

    def statement(self) -> None:
        nested = self.nesting < NESTING_MAX and self.multiplier < 200
        simple = [self.assign, self.assign, self.show, self.show, self.augment, self.change_list, self.change_map]
        simple += [self.unpack, self.swap, self.alias, self.use_closure, self.use_object, self.use_object, self.walrus]
        simple += [self.delete_local, self.matrix, self.tuple_keys, self.local_function, self.share]
        simple += [self.percent, self.deep_recursion, self.spread]
        compound = [self.branch, self.loop_range, self.loop_container, self.loop_while, self.attempt, self.select]
        special = [self.construct] * 14 + ([self.phase] * 6 if nested and self.phases else [])
        self.rng.choice(simple + special + compound if nested else simple)()

    def block(self, count: int) -> None:
        """An indented block; what it binds is not relied upon after it."""
        self.nesting += 1
        self.scopes.append(Scope())
        with self.indented():
            for _ in range(count):
                self.statement()
        self.scopes.pop()
        self.nesting -= 1

    @contextmanager
    def repeated(self, times: int):
        self.multiplier *= times
        yield
        self.multiplier //= times

    @contextmanager
    def at_risk(self):
        before, self.risky = self.risky, True
        yield
        self.risky = before

    # Simple statements

    def show(self) -> None:
        if self.multiplier > PRINT_MULTIPLIER_MAX:
            return self.assign()
        values = [self.printable(self.rng.randint(1, 3)) for _ in range(self.rng.randint(1, 3))]
        ending = self.rng.choice(["", "", "", ", sep='|'", ", end=';\\n'"])
        self.emit(f"print({', '.join(values)}{ending})")

    def assign(self) -> None:
        kind = self.rng.choice(["int", "int", "float", "str", "bool", "ints", "ints", "strs", "map", "pair"])
        # In a nested function a name of an outer scope may be read but not rebound.
        rebindable = self.local_names(kind)
        value = self.bounded(kind, self.expression(kind, self.rng.randint(1, 3)))
        if rebindable and self.rng.random() < 0.5:
            self.emit(f"{self.rng.choice(rebindable)} = {value}")
        else:
            name = self.fresh(kind[0])
            self.emit(f"{name} = {value}")
            self.scopes[-1].add(kind, name)

    def bounded(self, kind: str, text: str) -> str:
        """What is stored is cut to a size that no loop can make grow."""
        limits = {"str": 60, "ints": 20}
        if kind == "strs":
            return f"[t[:40] for t in {text}[:12]]"
        if kind == "map":
            return f"{{k[:20]: v for k, v in list({text}.items())[:12]}}"
        if kind == "pair":
            return f"({text}[0], {text}[1][:20])" if self.rng.random() < 0.5 else text
        return f"{text}[:{limits[kind]}]" if kind in limits else text

    def local_names(self, kind: str) -> list[str]:
        return [name for scope in self.scopes[self.function_scope :] for name in scope.names.get(kind, [])]

    def local(self, kind: str) -> str | None:
        names = self.local_names(kind)
        return self.rng.choice(names) if names else None

    def augment(self) -> None:
        name = self.local("int")
        if name is None:
            return self.assign()
        operator = self.rng.choice(["+=", "-=", "*=", "//=", "%=", "&=", "|=", "^="])
        value = self.small_int(2)
        if operator in ("//=", "%="):
            value = f"(abs({value}) + 1)"
        self.emit(f"{name} {operator} {value}")
        self.emit(f"{name} %= 1000003")
        text = self.local("str")
        if text is not None and self.rng.random() < 0.4:
            self.emit(f"{text} += {self.str_(1)}")
            self.emit(f"{text} = {text}[-40:]")

    def change_list(self) -> None:
        name = self.local("ints")
        if name is None:
            return self.assign()
        value = self.small_int(2)
        self.emit(self.rng.choice([
            f"{name}.append({value})",
            f"{name}.insert({self.int_(1)}, {value})",
            f"{name}.extend({self.ints(1)})",
            f"{name}.reverse()",
            f"{name}.sort(reverse={self.bool_(1)})",
            f"{name}.sort(key=lambda k: k % 7)",
            f"{name}[{self.rng.randrange(4)}:{self.rng.randrange(6)}] = {self.ints(1)}",
            f"{name}[::2] = [{self.small_int(0)}] * len({name}[::2])",
            f"del {name}[{self.rng.randint(-3, 3)}:{self.rng.randint(-2, 4)}]",
            f"{name} += [{value}]",
            f"if {name}: {name}[{self.int_(1)} % len({name})] = {value}",
            f"if {name}: print({name}.pop())",
            f"if {name}[1:]: {name}.remove({name}[1])",
            f"if {name}: {name}[-1] += {self.rng.randrange(50)}",
        ]))  # fmt: skip
        self.emit(f"{name}[:] = [k % 1000003 for k in {name}[:20]]")

    def change_map(self) -> None:
        name = self.local("map")
        if name is None:
            return self.assign()
        key = self.str_(1)
        self.emit(self.rng.choice([
            f"{name}[{key}] = {self.small_int(2)}",
            f"{name}.pop({key}, None)",
            f"{name}.update({self.map_(1)})",
            f"print({name}.setdefault({self.rng.choice(KEYS)!r}, {self.small_int(1)}))",
            f"for k in list({name})[1:2]: del {name}[k]",
            f"{name}[{self.rng.choice(KEYS)!r}] = {name}.get({key}, 1) + 1",
            f"if len({name}) > 3: print({name}.popitem())",
        ]))  # fmt: skip
        self.emit(f"if len({name}) > 12: {name}.clear()")

    def unpack(self) -> None:
        a, b, c = self.fresh("u"), self.fresh("u"), self.fresh("u")
        kind = self.rng.randrange(4)
        if kind == 0:
            self.emit(f"{a}, {b} = {self.small_int(2)}, {self.str_(2)}")
            self.bind(int=a, str=b)
        elif kind == 1:
            self.emit(f"{a}, *{b} = {self.ints(1)} + [{self.small_int(1)}]")
            self.bind(int=a, ints=b)
        elif kind == 2:
            self.emit(f"({a}, {b}), {c} = {self.pair(2)}, {self.bool_(1)}")
            self.bind(int=a, str=b, bool=c)
        else:
            self.emit(f"{a} = {b} = {self.small_int(2)}")
            self.bind(int=a)
            self.bind(int=b)

    def bind(self, **names: str) -> None:
        for kind, name in names.items():
            self.scopes[-1].add(kind, name)

    def swap(self) -> None:
        a, b = self.local("int"), self.local("int")
        if a is None or b is None:
            return self.assign()
        self.emit(f"{a}, {b} = {b}, {a}")

    def alias(self) -> None:
        """Two names of one list: a change through one is seen through the other."""
        name = self.local("ints")
        if name is None or self.multiplier > PRINT_MULTIPLIER_MAX:
            return self.assign()
        other = self.fresh("alias")
        self.emit(f"{other} = {name}")
        self.emit(f"{other}.append({self.small_int(1)})")
        self.emit(f"print({name}, {other} is {name}, {name} == {other}[:])")
        self.emit(f"del {other}[20:]")

    def matrix(self) -> None:
        """Lists in a list: rows are shared or not, and are reached through two subscripts."""
        if self.multiplier > PRINT_MULTIPLIER_MAX:
            return self.assign()
        name, row = self.fresh("rows"), self.fresh("row")
        shared = self.fresh("row")
        self.emit(f"{shared} = [{self.small_int(1)}] * 3")
        shape = self.rng.choice([
            f"[[{self.small_int(1)} + {row} for k in range(3)] for {row} in range(3)]",
            f"[{shared}, {shared}, {shared}]",
            f"[{self.ints(1)}[:5] + [1, 2, 3] for {row} in range(3)]",
        ])  # fmt: skip
        i, j = self.rng.randrange(3), self.rng.randint(-3, 2)
        self.emit(f"{name} = {shape}")
        self.emit(self.rng.choice([
            f"{name}[{i}][{j}] += {self.small_int(2)}",
            f"{name}[{j}], {name}[{i}] = {name}[{i}], {name}[{j}]",
            f"{name}[{i}].append({name}[{j}][0])",
            f"{name}[{i}:] = {name}[:{i}]",
            f"{name}.sort(reverse=True)",
        ]))  # fmt: skip
        self.emit(f"print({name}, [{row}[-1] for {row} in {name}], sum([{row}[:2] for {row} in {name}], []))")

    def tuple_keys(self) -> None:
        if self.multiplier > PRINT_MULTIPLIER_MAX:
            return self.assign()
        name = self.fresh("table")
        self.emit(f"{name} = {{{self.pair(2)}: {self.small_int(1)}, {self.small_int(1)}: 'int key'}}")
        self.emit(f"{name}[{self.pair(1)}] = {self.float_(1)}")
        self.emit(f"{name}[{self.bool_(1)}] = {self.rng.choice(['None', '1.5', '(1, 2)'])}")
        self.emit(f"print({name}, {name}.get(1.0), {self.pair(1)} in {name}, len({name}))")

    def walrus(self) -> None:
        name = self.fresh("w")
        self.emit(f"if ({name} := {self.small_int(2)}) {self.rng.choice(COMPARISONS)} {self.small_int(1)}:")
        self.scopes[-1].add("int", name)
        self.block(1)

    def percent(self) -> None:
        """The older way to format: one value, several, or by name."""
        if self.multiplier > PRINT_MULTIPLIER_MAX:
            return self.assign()
        n, s, f = self.small_int(1), self.str_(1), self.float_(1)
        self.emit(self.rng.choice([
            f"print('%d|%5d|%-5d|%05d|%x' % ({n}, {n}, {n}, {n}, abs({n})))",
            f"print('%s|%10s|%-8s|%r' % ({s}, {s}, {s}, {s}))",
            f"print('%.2f|%8.3f|%e|%g' % ({f}, {f}, {f}, {f}))",
            f"print('%s and %s' % ({n}, {self.ints(1)}), 'at %d%%' % {n})",
            f"print('%(a)s-%(b)d' % {{'a': {s}, 'b': {n}}}, '%c%s' % (65 + {n} % 26, None))",
            f"print('{{}} {{:>5}} {{!r}}'.format({n}, {s}[:5], {s}), '{{1}}{{0}}{{k:.1f}}'.format({s}, {n}, k={f}))",
        ]))  # fmt: skip

    def deep_recursion(self) -> None:
        """Runs into the limit of the depth, is caught, and the program goes on."""
        if self.multiplier > 1 or self.nesting > 0:
            return self.show()
        name = self.fresh("endless")
        self.emit(f"def {name}(n):")
        with self.indented():
            self.emit(f"return 1 + {name}(n + {self.rng.randrange(7)})")
        self.emit("try:")
        with self.indented():
            self.emit(f"print({name}({self.small_int(1)}))")
        self.emit("except RecursionError as deep:")
        with self.indented():
            self.emit("print(type(deep).__name__)")

    def spread(self) -> None:
        """Arguments that are unpacked, and parameters that take the rest."""
        if self.multiplier > PRINT_MULTIPLIER_MAX or self.nesting > 0:
            return self.show()
        name = self.fresh("rest")
        self.emit(f"def {name}(first, *others, last={self.small_int(1)}, **named):")
        with self.indented():
            self.emit("return first, others, last, sorted(named.items())")
        xs, n = self.ints(1), self.small_int(1)
        self.emit(self.rng.choice([
            f"print({name}(*[{n}, *{xs}[:4]], last={n}))",
            f"print({name}({n}, k={self.str_(1)}, **{{'z': {n}, 'last': {n}}}))",
            f"print({name}(*({n}, {n})), {name}(first={n}, other={n}))",
        ]))  # fmt: skip

    def delete_local(self) -> None:
        name = self.fresh("gone")
        self.emit(f"{name} = {self.printable(1)}")
        self.emit(f"del {name}")

    # Compound statements

    def branch(self) -> None:
        self.emit(f"if {self.bool_(3)}:")
        self.block(self.rng.randint(1, 3))
        if self.rng.random() < 0.4:
            self.emit(f"elif {self.bool_(2)}:")
            self.block(self.rng.randint(1, 2))
        if self.rng.random() < 0.6:
            self.emit("else:")
            self.block(self.rng.randint(1, 2))

    def loop_range(self) -> None:
        times, name = self.rng.randint(1, 6), self.fresh("i")
        self.emit(f"for {name} in range({times}):")
        self.loop_body(times, int=name)

    def loop_container(self) -> None:
        name, other = self.fresh("x"), self.fresh("y")
        header, bound = self.rng.choice([
            (f"for {name} in {self.ints(2)}[:6]:", {"int": name}),
            (f"for {name} in {self.strs(2)}[:6]:", {"str": name}),
            (f"for {name} in {self.str_(2)}[:6]:", {"str": name}),
            (f"for {name}, {other} in enumerate({self.strs(1)}[:6]):", {"int": name, "str": other}),
            (f"for {name}, {other} in zip({self.ints(1)}[:6], {self.strs(1)}):", {"int": name, "str": other}),
            (f"for {name}, {other} in list({self.map_(1)}.items())[:6]:", {"str": name, "int": other}),
            (f"for {name} in sorted({self.map_(1)})[:6]:", {"str": name}),
        ])  # fmt: skip
        self.emit(header)
        self.loop_body(6, **bound)

    def loop_body(self, times: int, **bound: str) -> None:
        self.scopes.append(Scope({kind: [name] for kind, name in bound.items()}))
        with self.repeated(times):
            self.block(self.rng.randint(1, 3))
            self.leave_loop()
        self.scopes.pop()
        if self.rng.random() < 0.25:
            self.emit("else:")
            self.block(1)

    def leave_loop(self) -> None:
        if self.rng.random() < 0.4:
            with self.indented():
                self.emit(f"if {self.bool_(2)}: {self.rng.choice(['break', 'continue'])}")

    def loop_while(self) -> None:
        """The counter is the program's fuel: it falls before anything else can happen in the body."""
        name, times = self.fresh("fuel"), self.rng.randint(1, 6)
        self.emit(f"{name} = {times}")
        self.emit(f"while {name} > 0 and {self.bool_(1)}:")
        with self.indented():
            self.emit(f"{name} -= 1")
        self.loop_body(times)

    def attempt(self) -> None:
        """Provokes errors and shows what python3 calls them."""
        error = self.fresh("e")
        self.emit("try:")
        with self.at_risk():
            self.block(self.rng.randint(1, 2))
            with self.indented():
                self.provoke()
        if self.rng.random() < 0.3:
            names = self.rng.choice(["(KeyError, ValueError)", "(IndexError, TypeError)", "ZeroDivisionError"])
            self.emit(f"except {names}:")
            with self.indented():
                self.emit("print('first handler')")
        self.emit(f"except Exception as {error}:")
        with self.indented():
            self.emit(f"print(type({error}).__name__, {error})")
        if self.rng.random() < 0.4:
            self.emit("else:")
            self.block(1)
        if self.rng.random() < 0.4:
            self.emit("finally:")
            self.block(1)

    def provoke(self) -> None:
        n, s, xs = self.small_int(1), self.str_(1), self.ints(1)
        if self.raisers and self.rng.random() < 0.4:
            return self.emit(f"print({self.rng.choice(self.raisers)}({n}))")
        self.emit(self.rng.choice([
            f"print({n} // ({n} - {n}))", f"print({n} % 0)", f"print({xs}[99])", f"print({{}}[{s}])",
            f"print(int({s} + 'q'))",
            f"print({n} + {s})", f"print({s} + {n})", f"print(len({n}))", "print(undefined_name)", f"print({xs} < {n})",
            f"raise ValueError({s})", f"raise {self.error_class()}({n}, {s})", f"assert {self.bool_(2)}, {s}",
            f"print(({n}).missing)", f"print(({n})())", f"print(None[{n}])", f"a, b = {xs}", f"print({xs}.index(-5))",
            f"print({s}.index('zz'))", f"print([].pop(), {n})", f"for q in {n}: pass", f"print(float({s}))",
            f"print(sorted([{n}, {s}]))", f"print(max({xs}[:0]))", f"print({s} * {s})", f"print(-{s})",
            f"print({self.expression('int', 3)}, {self.expression('float', 3)})", f"print({self.wrong_call()})",
        ]))  # fmt: skip

    def select(self) -> None:
        self.emit(f"match {self.rng.choice([self.int_(2) + ' % 4', self.str_(0)])}:")
        with self.indented():
            for pattern in self.rng.sample(["0", "1 | 2", "'red' | 'k0'", "3", "None", "'' | 'x1'"], 3):
                self.emit(f"case {pattern}:")
                self.block(1)
            name = self.fresh("m")
            if self.rng.random() < 0.5:
                self.emit(f"case {name} if {self.bool_(2)}:")
                with self.indented():
                    self.emit(f"print('guarded', {name})")
            self.emit(f"case {self.rng.choice(['_', name])}:")
            self.block(1)

    # The whole program

    def program(self) -> str:
        # Most programs have no regions, so that both kinds of compilation are seen.
        self.phases = self.rng.random() < 0.35
        for kind in ["int", "int", "float", "str", "str", "bool", "ints", "strs", "map", "pair"]:
            name = self.fresh(kind[0])
            self.emit(f"{name} = {self.bounded(kind, self.expression(kind, 1))}")
            self.scopes[0].add(kind, name)
        for _ in range(self.rng.randint(2, 4)):
            self.define()
            for _ in range(self.rng.randint(1, 4)):
                self.statement()
        for _ in range(self.rng.randint(3, 10)):
            self.statement()
        self.show_everything()
        if self.rng.random() < 0.3:
            # Nothing catches this: python3 and the harness must tell of the same error at the same line.
            with self.at_risk():
                self.provoke()
        return "\n".join(self.lines) + "\n"

    def show_everything(self) -> None:
        for kind, names in sorted(self.scopes[0].names.items()):
            if kind != "closure":
                self.emit(f"print({kind!r}, {', '.join(names)})")


def without_idle_parentheses(source: str) -> str:
    """Leaves only the parentheses that precedence needs, so that precedence is tested too."""
    try:
        return ast.unparse(ast.parse(source)) + "\n"
    except ValueError:
        return source


def generate(seed: int) -> str:
    rng = random.Random(seed)
    source = Generator(rng).program()
    return without_idle_parentheses(source) if rng.random() < 0.8 else source


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="the program's number; the same seed gives the same text")
    sys.stdout.write(as_harness(generate(parser.parse_args().seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
