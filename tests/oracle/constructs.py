"""Random statements around one construct each: generators, iterators, patterns, ways out of blocks, closures, arguments,
slices, changes while something is visited, texts, orders.

Each method emits one small program of its own beside the variables that are bound, and prints what came of it, so that
what fails shrinks to the construct.
"""

from __future__ import annotations

from definitions import Definitions
from expressions import Scope

# Beyond this many executions a construct is too long an output.
EXECUTIONS_MAX = 20
SLICES = ["::2", "1:", ":-1", "::-1", "-3:", "2:5", "4:1:-1", ":0", "1::3", "-1:-4:-2", "99:", ":"]


class Constructs(Definitions):
    """Statements; the order of the program's lines is for the class that derives from this one."""

    def constructs(self) -> list:
        return [
            self.generator, self.generator_chain, self.generator_kept, self.own_iterator, self.match_shape,
            self.match_object, self.leave_through_finally, self.loop_through_finally, self.shared_cells,
            self.deep_closures, self.all_parameters, self.slice_change, self.change_while_visiting,
            self.fail_half_way, self.formats, self.order_by_key, self.deep_comprehension, self.operators,
            self.properties, self.nested_containers, self.object_graph, self.error_chain, self.unpack_deep,
        ]  # fmt: skip

    def construct(self) -> None:
        if self.multiplier > EXECUTIONS_MAX:
            return self.assign()
        self.rng.choice(self.constructs())()

    def emit_lines(self, *texts: str) -> None:
        """Emits lines whose own indentation, by four, stands in them."""
        for line in "\n".join(texts).split("\n"):
            depth = (len(line) - len(line.lstrip())) // 4
            with self.indented(depth):
                self.emit(line.lstrip())

    def with_int(self, *names: str, depth: int = 2) -> str:
        """An integer expression in which these names are integers, too."""
        self.scopes.append(Scope({"int": list(names)}))
        text = self.small_int(depth)
        self.scopes.pop()
        return text

    def with_bool(self, *names: str) -> str:
        self.scopes.append(Scope({"int": list(names)}))
        text = self.bool_(1)
        self.scopes.pop()
        return text

    # Generators and iterators

    def generator(self) -> None:
        g, v = self.fresh("gen"), self.fresh("v")
        element = self.with_int(v)
        condition = f" if {self.with_bool(v)}" if self.rng.random() < 0.5 else ""
        source = self.rng.choice([f"{self.ints(1)}[:6]", "range(5)", f"sorted({self.ints(1)})[:5]"])
        expression = f"({element} for {v} in {source}{condition})"
        self.emit(self.rng.choice([
            f"{g} = {expression}; print(next({g}, None), list({g}), list({g}))",
            f"print(sum{expression}, sorted{expression}[:3], max({expression}, default=-1))",
            f"{g} = {expression}; print([({v}, next({g}, 'end')) for {v} in {g}])",
            f"print(dict(({v}, [{v}] * 2) for {v} in {source}))",
            f"print(tuple({expression}), ','.join(str({v}) for {v} in {source}))",
            f"{g} = {expression}; print(list(zip({g}, {g})), next({g}, 0))",
            f"print(list(enumerate({expression})), any({v} > 3 for {v} in {expression}))",
            f"{g}, *{g}rest = ({element} for {v} in range(4)); print({g}, {g}rest)",
        ]))  # fmt: skip

    def generator_chain(self) -> None:
        """Each draws from the one before it, one element at a time."""
        a, b, v, w = self.fresh("gen"), self.fresh("gen"), self.fresh("v"), self.fresh("w")
        seen = self.fresh("seen")
        self.emit_lines(
            f"{seen} = []",
            f"{a} = ({seen}.append({v}) or {v} * 2 for {v} in {self.ints(1)}[:6])",
            f"{b} = ([{w}, {self.with_int(w, depth=1)}] for {w} in {a} if {self.with_bool(w)})",
            self.rng.choice([
                f"for {v} in {b}:\n    if len({seen}) > 2: break",
                f"print(next({b}, 'none'), {seen})",
                f"print([{v}[0] for {v} in {b}], {seen})",
                f"{b} = list({b})",
            ]),
            f"print({seen}, list({a})[:3])",
        )  # fmt: skip

    def generator_kept(self) -> None:
        """A function returns a generator that draws on its locals; several stand half-way."""
        f, n, v, g = self.fresh("stream"), self.fresh("n"), self.fresh("v"), self.fresh("g")
        self.emit_lines(
            f"def {f}({n}):",
            f"    base = [{n}, {self.with_int(n, depth=1)}]",
            f"    return (({v} + base[0], base) for {v} in range({n} % 5))",
            f"{g} = [{f}({v}) for {v} in range(2, 5)]",
            f"print([next({v}) for {v} in {g}], next({g}[1]))",
            self.rng.choice([f"del {g}[1]", f"{g}.reverse()", f"{g} = {g}[1:]", f"{g}[0] = {f}(3)"]),
            f"print([list({v}) for {v} in {g}])",
        )

    def own_iterator(self) -> None:
        name, made = self.fresh("Iter"), self.fresh("it")
        self.emit_lines(
            f"class {name}:",
            "    def __init__(self, n):",
            "        self.n = n",
            "        self.seen = []",
            "    def __iter__(self):",
            self.rng.choice([
                "        return self",
                f"        return ({self.with_int('k', depth=1)} for k in range(self.n))",
                "        return iter(list(range(self.n)))",
            ]),
            "    def __next__(self):",
            "        if self.n <= 0: raise StopIteration",
            "        self.n -= 1",
            "        self.seen.append(self.n)",
            "        return [self.n, self.seen[-1:]]",
            f"{made} = {name}({self.rng.randrange(6)})",
            self.rng.choice([
                f"print(list({made}), list({made}), {made}.seen)",
                f"for k in {made}: print(k, end=' ')",
                f"print([k for k in {made} if k], {made}.n)",
                f"print(next({made}, 'none'), {made}.seen, next({made}, 'none'))",
                f"print(sorted({made}), 3 in {made}, {made}.seen)",
                f"print(dict(enumerate({made})), list(zip({made}, 'ab')))",
            ]),
        )  # fmt: skip

    # Patterns

    def match_shape(self) -> None:
        subject = self.rng.choice([
            f"{self.ints(1)}[:4]", self.pair(2), f"({self.pair(1)}, {self.ints(0)}[:3])", self.small_int(1),
            f"[{self.small_int(1)}, [{self.small_int(0)}, {self.str_(1)}]]", self.str_(1), self.float_(1),
            f"({self.small_int(0)}, ({self.bool_(1)}, None))",
        ])  # fmt: skip
        cases = [
            ("[]", "'empty'"), ("[x]", "('one', x)"), ("[x, y]", "('two', x, y)"), ("(a, (b, c))", "(a, b, c)"),
            ("[x, *rest]", "(x, rest)"), ("[*front, last]", "(front, last)"), ("[1 | 2, *_]", "'one or two'"),
            ("int(n) if n > 9", "('large', n)"), ("int() | float()", "'number'"), ("str(s)", "('text', s)"),
            ("[int(a), [b, *c]]", "(a, b, c)"), ("(n, str() as t)", "(n, t)"), ("[x, y] as both", "(x, y, both)"),
            ("(0, _) | (_, 0)", "'zero'"), ("None | True", "'none'"), ("bool(b)", "b"),
        ]  # fmt: skip
        self.emit(f"match {subject}:")
        for pattern, result in self.rng.sample(cases, 5):
            self.emit_lines(f"    case {pattern}:", f"        print({result})")
        self.emit_lines("    case other:", "        print('other', other)")

    def match_object(self) -> None:
        name, v = self.fresh("Shape"), self.fresh("v")
        self.emit_lines(
            f"class {name}:",
            "    __match_args__ = ('a', 'b')",
            "    def __init__(self, a, b):",
            "        self.a = a",
            "        self.b = b",
            f"class {name}Sub({name}):",
            "    pass",
            f"for {v} in [{name}({self.small_int(1)}, {self.ints(0)}), {name}Sub({name}(1, 2), {self.str_(0)}), 3]:",
            f"    match {v}:",
        )
        for pattern, result in self.rng.sample([
            (f"{name}Sub({name}(p, q), r)", "('deep', p, q, r)"), (f"{name}Sub()", "'sub'"),
            (f"{name}(a, b=[first, *_])", "(a, first)"), (f"{name}(a=0 | 1)", "'small'"),
            (f"{name}(x, y) if x", "('both', x, y)"), ("int(k)", "k"), (f"{name}() as whole", "whole.b"),
        ], 4):  # fmt: skip
            self.emit_lines(f"        case {pattern}:", f"            print({result})")
        self.emit_lines("        case _:", "            print('nothing fits')")

    # Ways out of blocks

    def leave_through_finally(self) -> None:
        """A return, a break or an error on its way out, and what `finally` makes of it."""
        f, n = self.fresh("leave"), self.fresh("n")
        way = lambda: self.rng.choice([  # noqa: E731
            f"return [{n}, log]", f"raise ValueError({n}, log)", f"return {self.with_int(n, depth=1)}",
            f"log.append({self.with_int(n, depth=1)} // ({n} % 2))", "pass", "log.append([log[:1]])",
        ])  # fmt: skip
        self.emit_lines(
            f"def {f}({n}):",
            f"    log = [{n}]",
            f"    local = [log, {self.str_(1)}]",
            "    try:",
            f"        if {n} > 1: {way()}",
            "        try:",
            f"            {way()}",
            self.rng.choice(["        except ZeroDivisionError as e:", "        except (TypeError, ValueError) as e:"]),
            f"            log.append(type(e).__name__)",
            f"            {way()}",
            "        else:",
            f"            log.append('else'); {way()}",
            "        finally:",
            f"            log.append('inner'); local.append({n})",
            self.rng.choice(["", f"            if {n} == 2: {way()}"]),
            "    finally:",
            "        print('outer', log)",
            self.rng.choice(["", "", f"        if {n} == 3: return local[1]"]),
            "    return local[1:]",
            f"for {n} in range(5):",
            f"    try: print({f}({n}))",
            "    except Exception as e: print('out', type(e).__name__, e)",
        )

    def loop_through_finally(self) -> None:
        i, log = self.fresh("i"), self.fresh("log")
        leave = lambda: self.rng.choice(["break", "continue", f"{log}.append([{i}])", f"{log} = {log} + [{i}]"])  # noqa: E731
        self.emit_lines(
            f"{log} = []",
            self.rng.choice([f"for {i} in range(6):", f"for {i} in [k for k in range(5)]:", f"for {i} in list('abcd'):"]),
            "    try:",
            f"        held = [{i}, {log}[:2]]",
            f"        if len({log}) > {self.rng.randrange(4)}: {leave()}",
            f"        {log}.append(held[:1])",
            f"        if {self.with_bool()}: raise KeyError({i})",
            f"    except KeyError:",
            f"        {leave()}",
            f"    else:",
            f"        if len({log}) % 2: {leave()}",
            f"    finally:",
            f"        {log}.append('f')",
            self.rng.choice(["", f"        if len({log}) > 5: {leave()}"]),
            "else:",
            f"    {log}.append('ended')",
            f"print({log}[:12])",
        )

    def error_chain(self) -> None:
        """An error object is kept, looked at and raised again; its arguments are the program's objects."""
        name, kept, v = self.fresh("Err"), self.fresh("kept"), self.fresh("v")
        self.emit_lines(
            f"class {name}(Exception):",
            "    def __init__(self, what, items):",
            "        super().__init__(what)",
            "        self.items = items",
            f"{kept} = []",
            f"for {v} in range(3):",
            "    try:",
            "        try:",
            f"            raise {name}({self.with_int(v, depth=1)}, [{v}, {self.ints(0)}])",
            f"        except {name} as e:",
            f"            {kept}.append(e.items)",
            self.rng.choice([
                f"            if {v} == 1: raise",
                f"            raise {name}({v}, {kept}[:]) from e",
                f"            raise e",
                f"            {kept}.append(e)",
            ]),
            f"    except {name} as e:",
            f"        {kept}.append([e.items[0], str(e), e.args])",
            f"print([k if isinstance(k, list) else [k.items, k.args] for k in {kept}])",
        )  # fmt: skip

    # Closures

    def shared_cells(self) -> None:
        f, v = self.fresh("cells"), self.fresh("v")
        self.emit_lines(
            f"def {f}(start):",
            f"    total, history = start, [{self.small_int(0)}]",
            "    def add(n):",
            "        nonlocal total",
            f"        total = {self.with_int('total', 'n')}",
            "        history.append(total)",
            "        return total",
            "    def undo():",
            "        nonlocal total, history",
            "        if len(history) > 1: history.pop()",
            "        total, history = history[-1], history[:]",
            "        return history",
            "    return " + self.rng.choice(["add, undo", "[add, undo]", "add, (lambda: undo())"]),
            f"{f}a, {f}b = {f}({self.small_int(1)})",
            f"print([{f}a({v}) for {v} in range(3)], {f}b(), {f}a(1), {f}b())",
        )

    def deep_closures(self) -> None:
        f, v, k = self.fresh("outer"), self.fresh("v"), self.rng.randrange(2, 5)
        self.emit_lines(
            f"def {f}(a):",
            "    items = [a]",
            "    def middle(b):",
            "        count = 0",
            "        def inner(c):",
            "            nonlocal a, b, count",
            "            count += 1",
            f"            a = {self.with_int('a', 'b', 'c', 'count')}",
            "            b = (b + c) % 1009",
            "            items.append([a, b])",
            "            return " + self.rng.choice(["count", "items[-1]", "(a, b, count)", "lambda: (a, len(items))"]),
            "        return inner",
            "    return middle, lambda: items",
            f"{f}m, {f}i = {f}({self.small_int(1)})",
            f"{f}c = [{f}m({v}) for {v} in range({k})]",
            f"for {v} in {f}c:",
            f"    r = {v}({self.with_int(depth=1)})",
            "    print(r() if callable(r) else r)",
            f"print({f}i(), {f}c[0](1) is None)",
        )

    # Arguments

    def all_parameters(self) -> None:
        f, n, xs = self.fresh("params"), self.small_int(1), self.ints(1)
        header = self.rng.choice([
            "(a, b=2, *rest, c, d=4, **more)", "(a, *rest, c=3, **more)", "(a, b=[], *, c=0, **more)",
            "(*rest, **more)", "(a=1, b=2, c=3, **more)",
        ])  # fmt: skip
        names = [name.strip(" *").split("=")[0] for name in header.strip("()").split(",")]
        shown = ", ".join(name for name in names if name and name != "more")
        self.emit_lines(
            f"def {f}{header}:",
            f"    more['seen'] = len(more)",
            f"    return [{shown}], sorted(more.items())",
        )
        calls = [
            f"{f}({n}, c={n})", f"{f}(*{xs}[:3], c=[{n}])", f"{f}({n}, **{{'c': {n}, 'z': {xs}}})",
            f"{f}(*range(2), *{xs}[:2], c=5, y=1)", f"{f}(c=1, a={xs})", f"{f}(1, 2, 3, 4)",
            f"{f}(**{{'k': 1}}, c=[2])", f"{f}(*[[{n}], {xs}], c=None)", f"{f}(*'ab', c='c')",
        ]  # fmt: skip
        for call in self.rng.sample(calls, 3):
            self.emit_lines("try:", f"    print({call})", "except TypeError as e:", "    print(e)")
        if self.rng.random() < 0.4:
            self.emit_lines(
                f"{f}g = lambda *args, **named: {f}(*args, **named)",
                f"try: print({f}g({n}, {xs}, c=[{n}]))",
                "except TypeError as e: print(e)",
            )

    # Slices, and changes while something is visited

    def slice_change(self) -> None:
        xs, s = self.fresh("s"), self.rng.choice
        items = self.rng.choice(["[[k] for k in range(6)]", "[str(k) * 2 for k in range(6)]", "list(range(6))"])
        self.emit(f"{xs} = {items}")
        for _ in range(self.rng.randint(1, 3)):
            self.emit_lines(
                "try:",
                "    " + s([
                    f"{xs}[{s(SLICES)}] = [{self.small_int(0)}, [{self.str_(0)}]]",
                    f"{xs}[{s(SLICES)}] = {xs}[{s(SLICES)}]",
                    f"del {xs}[{s(SLICES)}]",
                    f"{xs}[{s(SLICES)}] = []",
                    f"{xs} += {xs}[{s(SLICES)}]",
                    f"{xs}[1:2] *= 2",
                    f"{xs}[{s(SLICES)}] = 'ab'",
                    f"{xs}[{s(SLICES)}] = (k for k in [1, [2]])",
                    f"{xs}[0], {xs}[-1] = {xs}[-1], {xs}[0]",
                    f"{xs}[{self.rng.randrange(-9, 9)}] = {xs}[{s(SLICES)}]",
                    f"{xs} = {xs}[{s(SLICES)}] + {xs}[{s(SLICES)}]",
                ]),
                "except (ValueError, IndexError, TypeError) as e: print(e)",
            )  # fmt: skip
        self.emit(f"print({xs}, tuple({xs})[{s(SLICES)}], str({xs})[{s(SLICES)}])")

    def change_while_visiting(self) -> None:
        xs, d, v = self.fresh("xs"), self.fresh("d"), self.fresh("v")
        self.emit_lines(
            f"{xs} = [[k] for k in range(5)]",
            f"{d} = {{k: [k, str(k)] for k in 'abc'}}",
        )
        self.emit_lines(*self.rng.choice([
            [f"for {v} in {xs}:", f"    if len({xs}) < 8: {xs}.append({v} + [0])", f"    if {v}[0] == 1: {xs}.pop(0)"],
            [f"for {v} in {xs}:", f"    {xs}.remove({v})"],
            [f"for {v} in {xs}:", f"    {xs} = {xs}[1:]"],
            [f"for {v} in {xs}:", f"    {xs}[:] = [{v}]"],
            ["try:", f"    for {v} in {d}: {d}[{v} + 'x'] = [{v}]", "except RuntimeError as e: print(e)"],
            ["try:", f"    for {v} in {d}: {d}.pop({v})", "except RuntimeError as e: print(e)"],
            [f"for {v} in {d}: {d}[{v}] = [{d}[{v}], {v}]"],
            [f"for {v} in list({d}): del {d}[{v}]"],
            [f"for {v}, w in {d}.items(): w.append({v}); {xs}.append(w)"],
            [f"print([{xs}.pop() for {v} in {xs}])"],
            [f"for {v} in {d}.values(): {xs}.insert(0, {v})", f"{d}.clear()"],
            [f"{xs}.sort(key=lambda k: (-k[0], {xs} is None))"],
        ]))  # fmt: skip
        self.emit(f"print({xs}, {d})")

    def fail_half_way(self) -> None:
        """An error in the midst of a store, a call or a display: what was done stays done, nothing is lost."""
        xs, d, n = self.fresh("xs"), self.fresh("d"), self.small_int(0)
        self.emit_lines(
            f"{xs} = [[k, [k]] for k in range(3)]",
            f"{d} = {{'a': [1], 'b': [[2]]}}",
            "def fails(k):",
            f"    if k == {self.rng.randrange(4)}: raise ValueError('fails', [k])",
            "    return [k]",
            "try:",
            "    " + self.rng.choice([
                f"{xs}.append([fails(k) for k in range(4)])",
                f"{d}.update({{k: fails(len({d})) for k in 'xyz'}})",
                f"{xs}[fails({n} % 4)[0]], {d}['c'] = fails(1), fails(2)",
                f"{xs}.sort(key=lambda k: fails(k[0]))",
                f"{xs}[:] = (fails(k) for k in range(4))",
                f"print([1], fails(0), {{'k': fails(1)}}, (fails(2), [fails(3)]))",
                f"{xs}.extend(fails(k) for k in range(4))",
                f"{d}['a'], {d}['b'][fails(3)[0]] = {d}['b'], fails(2)",
                f"print(max({xs}, key=lambda k: fails(k[0])), f'{{fails(2)}} {{fails(3)}}')",
                f"{d}['b'] += [fails(0), fails(1), fails(2), fails(3)]",
                f"for k, {xs}[fails(0)[0]] in enumerate([1, 2]): pass",
                f"print(list(map(fails, range(4))), list(filter(fails, {{0: 1, 3: 2}})))",
                f"print('%s %d' % (fails(1), fails(2)))",
                f"print(dict([fails(0) + fails(1), fails(2)]))",
            ]),
            "except (ValueError, TypeError, IndexError) as e:",
            "    print(type(e).__name__, e)",
            f"print({xs}, {d})",
        )  # fmt: skip

    # Texts and orders

    def formats(self) -> None:
        n, f, s, w = self.small_int(1), self.float_(1), self.variable("str", "'txt'"), self.rng.randrange(1, 14)
        width = self.fresh("width")
        align = self.rng.choice(["<", ">", "^", "*^", "=^"])
        name = self.variable("int", "12")
        self.emit_lines(
            f"{width} = {w}",
            self.rng.choice([
                f"print(f'{{{s}:{align}{{{width}}}}}|{{{name}:0{{{width}}}d}}|{{{name}:+,}}')",
                f"print(f'{{{s}!r:{align}{{{width}}}}}|{{{s}:.{{{width}}}}}|{{{name} % 7 + 0.5:{{{width}}}.2f}}')",
                f"print('{{:{align}{w}}}|{{:>{w}}}'.format({s}, {n}), '{{0!r}} {{0}}'.format({s}))",
                f"print(format({n}, ',d'), format({f}, '.3e'), format({s}, '{align}{w}'))",
                f"print('%*d|%-*d|%.3s|%5.1f%%' % ({w}, {n}, {w}, {n}, {s}, {f}))",
                f"print(f'{{{name}=}} {{{s}!r}} {{[{s}, {name}]!s:>{w}}}', f'{{{{{{{name}}}}}}}')",
                f"print(str([{s}, ({n},), {{{s}: {f}}}]), repr(({s}, None, True)))",
                f"print({s}.join([{s}, str({n})]), {s}.expandtabs() if False else {s} * 2)",
                f"print({s}.split('-', 1), {s}.partition(' '), {s}.encode() if False else {s}.upper())",
            ]),
        )  # fmt: skip

    def order_by_key(self) -> None:
        xs, v = self.fresh("rows"), self.fresh("v")
        self.emit_lines(
            f"{xs} = [({v} * 7 % 5, 'k' + str({v} % 3), [{v}]) for {v} in range({self.rng.randrange(2, 9)})]",
            self.rng.choice([
                f"{xs}.sort(key=lambda r: r[0])",
                f"{xs}.sort(key=lambda r: (r[1], -r[0]), reverse={self.bool_(0)})",
                f"{xs} = sorted({xs}, key=lambda r: r[2][0] % 3)",
                f"{xs} = sorted({xs}, key=lambda r: [r[1], r[0]])[::-1]",
                f"{xs}.sort()",
                f"{xs} = [max({xs}, key=lambda r: r[0]), min({xs}, key=lambda r: r[1])]",
                f"{xs} = sorted({xs} + {xs}[:2], key=str)",
                f"{xs} = list(reversed(sorted({xs}, key=lambda r: {self.with_int(depth=1)})))",
            ]),
            f"print({xs})",
        )  # fmt: skip

    def deep_comprehension(self) -> None:
        a, b, c = self.fresh("a"), self.fresh("b"), self.fresh("c")
        n, m = self.with_int(a, b, depth=1), self.with_int(a, b, c, depth=1)
        if_ = self.with_bool(a, b)
        self.emit("print(" + self.rng.choice([
            f"[[[{m} for {c} in range({b})] for {b} in range({a})] for {a} in range(3)]",
            f"[{m} for {a} in range(3) for {b} in range({a}) if {if_} for {c} in [{a}, {b}]]",
            f"{{{a}: {{{b}: [{n}] for {b} in range({a})}} for {a} in range(3)}}",
            f"[({b}, [{c} for {c} in {b}]) for {a} in [[1, 2], [3]] for {b} in [{a}, {a} * 2]]",
            f"[f({a}) for {a} in range(3) for f in [lambda {b}: [{n}, {a}]]]",
            f"[[{b} := {a} + 1, {b}] for {a} in range(3)]",
            f"dict(({a}, [{n} for {b} in range({a}) if {if_}]) for {a} in range(3))",
            f"sum([[{n}] for {a} in range(3) for {b} in range(2)], [])",
            f"[{{**{{'k': {a}}}, 'm': [{n}]}} for {a}, {b} in enumerate(range(2))]",
        ]) + ")")  # fmt: skip

    # Classes

    def operators(self) -> None:
        name, a, b = self.fresh("Op"), self.fresh("a"), self.fresh("b")
        self.emit_lines(
            f"class {name}:",
            "    def __init__(self, v):",
            "        self.v = v",
            "    def __repr__(self):",
            f"        return 'Op(%r)' % (self.v,)",
            "    def __add__(self, other):",
            f"        return {name}([self.v, other.v if isinstance(other, {name}) else other])",
            "    def __radd__(self, other):",
            f"        return {name}((other, self.v))",
            "    def __iadd__(self, other):",
            "        self.v = [self.v, other]",
            "        return " + self.rng.choice(["self", f"{name}(self.v)"]),
            "    def __mul__(self, k):",
            f"        return [{name}(self.v) for i in range(k)]",
            "    def __getitem__(self, i):",
            "        if not isinstance(self.v, list) or i > 1: raise IndexError('at', i)",
            "        return self.v[i]",
            "    def __setitem__(self, i, x):",
            "        self.v = [x, self.v] if i else [x, i]",
            "    def __delitem__(self, i):",
            "        self.v = i",
            "    def __eq__(self, other):",
            f"        return isinstance(other, {name}) and self.v == other.v",
            "    def __lt__(self, other):",
            "        return str(self.v) < str(other.v)",
            "    def __call__(self, *args, **named):",
            f"        return [self, args, sorted(named)]",
            "    def __neg__(self):",
            f"        return {name}(-self.v if isinstance(self.v, int) else self.v)",
            f"class {name}2({name}):",
            "    def __add__(self, other):",
            "        return [super().__add__(other), self]",
            f"{a}, {b} = {name}({self.small_int(1)}), {name}2([{self.small_int(0)}])",
        )
        uses = [
            f"print({a} + {b}, {b} + {a}, 1 + {a})", f"{a} += [{b}]; print({a})", f"{b} += {a}; print({b})",
            f"print({a} * 2, -{a}, {a} == {b}, {a} != {a})", f"{a}[1] = {b}; print({a}, list({a}) if 0 else 0)",
            f"print(list({a} + {b}))", f"print({a}({b}, [1], k={a})[1:])", f"del {b}[{self.str_(0)}]; print({b})",
            f"print(sorted([{b}, {a}, {name}(0)]))", f"print([x for x in {b}], ({a} + 1)[0])",
            f"{a}, {b} = {b}, {a}; print({a}, {b})", f"{a}[0] = [{b} + 1]; print({a}[0])",
        ]  # fmt: skip
        self.emit_lines(*self.rng.sample(uses, 3))

    def properties(self) -> None:
        name, a = self.fresh("P"), self.fresh("p")
        self.emit_lines(
            f"class {name}:",
            "    made = []",
            "    def __init__(self, v):",
            "        self._v = [v]",
            f"        {name}.made.append(v)",
            "    @property",
            "    def v(self):",
            "        return self._v",
            "    @v.setter",
            "    def v(self, value):",
            "        self._v = [value, self._v[:1]]",
            "    @staticmethod",
            "    def twice(x):",
            "        return [x, x]",
            "    @classmethod",
            "    def build(cls, *args):",
            "        return [cls(x) for x in args]",
            "    def __getattr__(self, what):",
            "        if what == 'nothing': raise AttributeError(what)",
            "        return [what, self._v]",
            f"{a} = {name}({self.small_int(1)})",
        )
        uses = [
            f"{a}.v = {self.str_(1)}; print({a}.v)", f"{a}.v += [1]; print({a}.v)", f"print({a}.twice([{a}.v]))",
            f"print([k.v for k in {name}.build(1, [2])], {name}.made[-3:])", f"print({a}.other, hasattr({a}, 'nothing'))",
            f"{a}.other = [{a}.v]; print({a}.other)", f"f = {a}.twice; print(f([1]), {name}.twice(2))",
            f"f = {a}.build; print(len(f(1, 2)), {name}.made[-2:])", f"print(getattr({a}, 'x', 3), {a}.v.append(2))",
        ]  # fmt: skip
        self.emit_lines(*self.rng.sample(uses, 3))

    # Containers of containers

    def nested_containers(self) -> None:
        t, v = self.fresh("tree"), self.fresh("v")
        self.emit(f"{t} = {{'a': [1, [2, {self.str_(0)}]], 'b': {{'c': ({self.small_int(0)}, [3])}}}}")
        for _ in range(self.rng.randint(2, 4)):
            self.emit_lines(self.rng.choice([
                f"{t}['a'].append([{self.small_int(1)}])",
                f"{t}['a'][1] = {{'k': {t}['a'][:1]}}",
                f"{t}['b']['d'] = [{t}['b']['c'][0], {self.ints(0)}]",
                f"{t}['b']['c'][1].append({self.pair(1)})",
                f"{t}['e'] = {t}['a']",
                f"{t}['a'] = [{t}['a'][0], {t}.get('e')]",
                f"{t}['b'] = {{**{t}['b'], 'z': [[]]}}",
                f"for {v} in {t}: {t}[{v}] = [{t}[{v}]]\n{t} = {{'a': [1, {t}['a']], 'b': {{'c': (0, [])}}}}",
                f"{t}['a'], {t}['f'] = {t}['a'][:], {t}['a']",
                f"{t}.setdefault('g', []).append([{t}['a'][0]])",
                f"{t}['a'] += [[{self.str_(0)}]]",
                f"{t}['h'] = [[{v}, [{v}]] for {v} in range(2)]",
                f"print({t}.pop('e', None), {t}.pop('h', [])[:1])",
            ]))  # fmt: skip
        self.emit(f"print({t})")

    def object_graph(self) -> None:
        name, a, v = self.fresh("Node"), self.fresh("head"), self.fresh("v")
        self.emit_lines(
            f"class {name}:",
            "    def __init__(self, value, rest=None):",
            "        self.value = value",
            "        self.rest = rest",
            "        self.links = []",
            f"{a} = None",
            f"for {v} in {self.ints(1)}[:5]:",
            f"    {a} = {name}([{v}], {a})",
            f"{a}0 = {name}('end', {a})",
            self.rng.choice([
                f"{a}0.links.append({name}({a}0.value, None))",
                f"{a}0.extra = [{a}0.value, {a}]",
                f"{a}0.rest, {a}0.value = {name}(1, {a}0.rest), {a}0.rest",
                f"{a}0.links += [{name}({v}, None) for {v} in range(3)]",
                f"{a}0.rest = {name}(0, {name}(1))",
                f"{a}0 = {name}({a}0, {a}0.rest)",
                f"{a} = None",
            ]),
            f"{v} = {a}0",
            f"while {v} is not None:",
            f"    print({v}.value if not isinstance({v}.value, {name}) else 'node', len({v}.links), end='; ')",
            f"    {v} = {v}.rest",
            "print()",
        )  # fmt: skip

    def unpack_deep(self) -> None:
        a, b, c = self.fresh("a"), self.fresh("b"), self.fresh("c")
        self.emit_lines(
            "try:",
            "    " + self.rng.choice([
                f"({a}, [{b}, *{c}]) = [{self.ints(1)}, [[1], [2], [3]]]",
                f"{a}, {b}, *{c} = {self.ints(1)}",
                f"*{a}, ({b}, {c}) = [[1], [2]], [[3], [4]], ({self.pair(1)})",
                f"[{a}, {b}], {c} = {self.str_(0)}, [0]",
                f"for {a}, ({b}, *{c}) in [(1, [[2], [3]]), ([4], 'xyz')]: print({a}, {b}, {c})",
                f"{a} = {b} = {c} = [{self.small_int(1)}]; {b}.append(1)",
                f"{a}, {b} = {c} = [[1], [2]]",
                f"{a} = [[1], [2]]; {a}[0], ({b}, *{c}) = {a}[1], ({a}[0], [5])",
                f"{a}, {b}, {c} = (k for k in [[1], [2], [3]])",
            ]),
            f"    print({a}, {b}, {c})",
            "except (ValueError, TypeError) as e: print(e)",
        )  # fmt: skip
