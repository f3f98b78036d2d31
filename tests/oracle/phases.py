"""Random memory statements that mean nothing to Python: regions, copies, moves, ends of names.

They are written so that Python's grammar takes them, as `with region:` and plain calls, because programs are made small as
Python's syntax trees. `as_harness` and `as_python` give the text that each side runs, line for line.
"""

from __future__ import annotations

import re

from constructs import EXECUTIONS_MAX, Constructs
from expressions import Scope

REGION_BLOCK = re.compile(r"^( *)with region:", re.MULTILINE)
REGION_DECORATOR = re.compile(r"^ *@region$", re.MULTILINE)
END_OF_NAME = re.compile(r"\b(?:free|deinit)\((\w+)\)")
CLONE = re.compile(r"\bclone\(")
MOVE = re.compile(r"\bmove\(")


def as_harness(source: str) -> str:
    return REGION_BLOCK.sub(r"\1region:", source)


def as_python(source: str) -> str:
    """What the memory statements leave behind when they are erased."""
    source = REGION_DECORATOR.sub("", REGION_BLOCK.sub(r"\1if True:", source))
    source = END_OF_NAME.sub(r"del \1", source)
    return MOVE.sub("(", CLONE.sub("__import__('copy').deepcopy(", source))


class Phases(Constructs):
    """Statements that open regions and take things out of them."""

    def phase(self) -> None:
        self.rng.choice([
            self.region_block, self.region_block, self.region_function, self.results_of_regions, self.region_in_loop,
            self.region_generator, self.region_generator, self.region_closure, self.stores_out_of_region,
            self.error_out_of_region, self.copies,
        ])()  # fmt: skip

    def region_block(self) -> None:
        """Statements of any kind in a region; what they bind is read behind it, so it must have left."""
        inner = Scope()
        self.emit("with region:")
        self.nesting += 1
        self.scopes.append(inner)
        with self.indented():
            for _ in range(self.rng.randint(1, 4)):
                self.statement()
        self.scopes.pop()
        self.nesting -= 1
        for kind, names in inner.names.items():
            for name in names:
                self.scopes[-1].add(kind, name)

    def region_function(self) -> None:
        if self.nesting > 0:
            return self.region_block()
        self.emit("@region")
        self.define_function()

    def result_expression(self, n: str) -> str:
        return self.rng.choice([
            f"[local, local, {n}]", f"{{'k': local, {n}: (local, [{n}])}}", f"(local, [local[:1]], {n})", "local",
            "local[0]", f"[[{n}] for k in range(2)] + local", "[k for k in local if k]", f"str(local) + {self.str_(1)}",
            f"lambda: (local, {n})", "(k for k in local)", f"{n}", "iter(local)", "local[1:]",
        ])  # fmt: skip

    def results_of_regions(self) -> None:
        """Results that share, that are computed late, and that another region took before."""
        if self.multiplier > EXECUTIONS_MAX or self.nesting > 0:
            return self.region_block()
        f, n, v = self.fresh("phase"), self.fresh("n"), self.fresh("v")
        self.emit_lines(
            "@region",
            f"def {f}({n}):",
            f"    local = [[{n}], [{self.with_int(n, depth=1)}], {self.str_(1)}]",
            f"    if {n} > 2: return {f}({n} - 3)",
            self.rng.choice(["    local.append(local[0])", "    local[2] = {'self': local[:2]}", "    local = [local] * 2"]),
            f"    return {self.result_expression(n)}",
            f"for {v} in range(5):",
            f"    {f}r = {f}({v})",
            f"    {f}s = {f}r() if callable({f}r) else {f}r",
            f"    print({f}s if isinstance({f}s, (int, str, list, tuple, dict)) else list({f}s))",
        )

    def region_in_loop(self) -> None:
        """Every way out of a region in a loop, with names that live on."""
        out, i = self.fresh("out"), self.fresh("i")
        self.emit_lines(
            f"{out}, {out}last = [], None",
            self.rng.choice([f"for {i} in range(5):", f"for {i} in [[k] for k in range(4)]:", f"for {i} in 'abcd':"]),
            "    with region:",
            f"        inner = [[{i}], {{'k': [{i}, {self.with_int(depth=1)}]}}]",
            f"        {out}last = inner[{self.rng.randrange(2)}]",
            self.rng.choice([
                f"        if len({out}) > 2: break",
                f"        if len({out}) == 1: {out}.append([0]); continue",
                f"        for k in inner: {out}last = [k, {out}last]",
                "        with region: inner = [inner, [9]]",
                f"        {out}.append(clone(inner))",
            ]),
            f"        {out}.append([{i}, str({i})])",
            self.rng.choice([f"    print({out}last)", f"    {out}.append({out}last)", ""]),
            f"print({out}[:8], {out}last)",
        )  # fmt: skip

    def region_generator(self) -> None:
        """A generator made outside goes on inside of a region, or the other way round."""
        g, v, keep = self.fresh("gen"), self.fresh("v"), self.fresh("kept")
        source = self.rng.choice(["range(7)", "[0, 1, 2, 3, 4, 5]", "'abcdef'", "(str(k) for k in range(6))"])
        made = f"([{v}, str({v}) * 2, [{self.with_int(depth=1)}]] for {v} in {source})"
        if self.rng.random() < 0.4:
            made = f"(({v}, [{v}]) for {v} in ([k, [k]] for k in {source}))"
        draw = self.rng.choice([f"next({g})", f"[next({g}), next({g})]", f"list({g})[:2]", f"(next({g}), 1)"])
        if self.rng.random() < 0.5:
            self.emit_lines(
                f"{g} = {made}",
                f"{keep} = [next({g})]",
                "with region:",
                f"    first = {draw}",
                f"    print(first, {keep})",
                self.rng.choice([f"    {keep} = [first, {keep}]", f"    {keep}.append(next({g}, None))", "    pass"]),
                self.rng.choice(["print(first)", ""]),
                f"print({keep}, next({g}, 'end'))",
                f"print(list({g}))",
            )
        else:
            self.emit_lines(
                "with region:",
                f"    base = [[1], [2], [3], [4]]",
                f"    {g} = ([k, base[:1], [{v}]] for {v} in base for k in {v})",
                f"    {keep} = next({g})",
                self.rng.choice(["    with region: print(next(" + g + "))", "    base.append([5])", "    pass"]),
                f"print({keep})",
                f"print(next({g}), list({g}))",
            )

    def region_closure(self) -> None:
        f, v = self.fresh("counter"), self.fresh("v")
        self.emit_lines(
            f"def {f}(items):",
            "    count = 0",
            "    def step(k):",
            "        nonlocal count, items",
            "        count += 1",
            "        items = items[-3:] + [[k, count]]",
            "        return items",
            "    return step" + self.rng.choice(["", ", lambda: (count, items)"]),
            "with region:",
            f"    {v} = {f}([[{self.small_int(0)}]])",
            f"    if isinstance({v}, tuple): {v}[0](1); print({v}[1]())",
            f"    else: print({v}(2))",
            self.rng.choice([f"    {v} = [{v}, {v}]", f"    {v} = (1, {v})", f"    {v} = [{v}]"]),
            f"print(len({v}), callable({v}[0]))",
            f"{v}g = {v}[-1] if callable({v}[-1]) else {v}[-1][0]",
            "with region:",
            f"    print({v}g([7]))",
            f"print({v}g('end'))",
        )

    def stores_out_of_region(self) -> None:
        """Unnamed things stored in what lives longer are made there, or take their region along."""
        box, v = self.fresh("box"), self.fresh("v")
        self.emit_lines(f"{box} = {{'list': [], 'text': ''}}", f"for {v} in range({self.rng.randint(1, 3)}):", "    with region:")
        for _ in range(self.rng.randint(2, 4)):
            self.emit_lines("        " + self.rng.choice([
                f"{box}['list'].append([{v}, [{v}], str({v})])",
                f"{box}['text'] += str({v}) + {self.str_(1)}[:5]",
                f"{box}[str({v})] = [k for k in [[1], [2]]]",
                f"{box}[({v}, str({v}))] = {{'deep': [{v}, {{'er': [{v}]}}]}}",
                f"{box}['list'] = {box}['list'] + [[{v}]]",
                f"{box}['list'][:0] = [[{v}], 'new' + str({v})]",
                f"{box}['list'].extend([k, [k]] for k in range(2))",
                f"{box}['made'] = list(map(lambda k: [k, {v}], range(2)))",
                f"{box}['f'] = lambda: [{v}]",
                f"{box}['list'].insert(0, clone({box}['list'][-1:]))",
                f"{box}.setdefault('d', {{}}).update({{str({v}): [{v}]}})",
                f"{box}['sorted'] = sorted([[3], [1], [{v}]], key=lambda k: -k[0])",
                f"{box}['name'] = '%s-%d' % ({self.str_(0)}, {v})",
                f"{box}['gen'] = ([k] for k in range(3))",
            ]))  # fmt: skip
        self.emit(f"{box}.pop('gen', None); {box}.pop('f', None)")
        self.emit(f"print({box})")

    def error_out_of_region(self) -> None:
        """An error leaves one region or two, with what it carries."""
        e, n = self.fresh("e"), self.fresh("n")
        block = self.rng.choice(["with region:", "for k in range(2):", "try:"])
        self.emit_lines(
            f"{n} = [[1]]",
            "try:",
            "    with region:",
            f"        {n} = [[2], {self.str_(1)}]",
            f"        {block}",
            f"            inside = [{n}, [3]]",
            "            " + self.rng.choice([
                "if len(inside) > 1: raise ValueError('out', inside)",
                f"if len(inside) > 1: raise KeyError(str({n}))",
                "inside[5] = 1",
                f"{n} = inside; {n}.missing",
                f"{{}}[{self.str_(1)}]",
            ]),
        )  # fmt: skip
        if block == "try:":
            self.emit_lines("        finally:", "            print('finally', inside)")
        self.emit_lines(
            f"except Exception as {e}:",
            f"    print(type({e}).__name__, {e}, {e}.args, {n} is None)",
            f"    {n} = [{e}.args, {n}]",
            f"print({n})",
        )

    def copies(self) -> None:
        a, b = self.fresh("a"), self.fresh("b")
        self.emit_lines(
            f"{a} = [[1], {{'k': [{self.small_int(1)}]}}, {self.str_(1)}]",
            f"{a}.append({a}[0])",
            f"{b} = clone({a})",
            f"{b}[0].append(2)",
            f"print({a}, {b}, {b}[0] is {b}[3])",
            self.rng.choice([f"free({b})", f"{b} = move({a})", f"deinit({b})", f"{b}[1]['k'] = move({b}[0])[:]"]),
        )
