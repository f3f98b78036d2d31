"""What the generator knows of a program: types, classes with their fields, names and who owns what they hold.

A field's kind says what may be done with it, so that no statement needs to know how the field came by its content:
what `kept` holds was stored by name and kept, so it is never moved out; what `edge` holds is never owned.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Type:
    """`obj` and what holds objects name a class; the others hold only values."""

    kind: str
    of: "Class | None" = None

    @property
    def is_flat(self) -> bool:
        """All that it refers to is counted, so that `free` is enough."""
        return self.kind in ("ints", "strs", "map")


INTS, STRS, MAP, TABLE, COUNTER = Type("ints"), Type("strs"), Type("map"), Type("table"), Type("counter")


@dataclass(frozen=True)
class Field:
    name: str
    kind: str  # int str pair ints strs map table child children index edge kept kept_list
    of: "Class | None" = None

    @property
    def type(self) -> Type:
        plain = {"child": "obj", "edge": "obj", "kept": "obj", "children": "objs", "kept_list": "objs"}
        return Type(plain.get(self.kind, self.kind), self.of)

    @property
    def start(self) -> str:
        starts = {"pair": '(0, "-")', "child": "None", "edge": "None", "kept": "None"}
        return starts.get(self.kind, "{}" if self.kind in ("map", "table", "index") else "[]")


@dataclass(eq=False)
class Class:
    """Each has a number `n` and a text `t`; those that `take` a child are given it when they are made."""

    name: str
    fields: list[Field] = field(default_factory=list)
    takes: Field | None = None
    has_del: bool = False
    adds: bool = False

    def of_kind(self, *kinds: str) -> list[Field]:
        return [each for each in self.fields if each.kind in kinds]

    @property
    def type(self) -> Type:
        return Type("obj", self)

    @property
    def may_clone(self) -> bool:
        """A copy of what is not owned has no owner, and destructors are counted by what __init__ made."""
        owned = [each for each in self.fields if each.of is not None]
        if self.has_del or self.of_kind("edge", "kept", "kept_list"):
            return False
        return all(each.of is self or each.of.may_clone for each in owned)


@dataclass(eq=False)
class Var:
    """A name. What it owns must be ended before its block ends; what is lent to it must not."""

    name: str
    type: Type
    owned: bool
    level: int
    frozen: int = 0
    edges: set["Var"] = field(default_factory=set)  # names of objects that something in this one refers to
    direct: dict["Var", str] = field(default_factory=dict)  # those that a field of the object itself refers to


@dataclass(eq=False)
class Function:
    """A function of the program that later code may call."""

    name: str
    kind: str
    type: Type | None
    cost: int = 1
    other: Type | None = None
