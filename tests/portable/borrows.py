"""Statements that refer to what others own: lives tied to others by `keep` and `&`, and names for parts."""

from __future__ import annotations

from env import Place
from model import INTS, Type
from names import Names


class Borrows(Names):
    # Lives that are tied to others

    def keep_one(self):
        """A new object is stored by its name, before or after it is kept; from then on it is read through the place."""
        places = [p for p in self.places(free=True) if p.type.kind == "obj" and p.owned]
        chances = [(p, f) for p in places for f in p.type.of.of_kind("kept", "kept_list")]
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        place, field = chosen
        name = self.fresh("c")
        text = f"{place.text}.{field.name}"
        free_place = f"{text} is None" if field.kind == "kept" else f"len({text}) < 3"
        store = f"{text} = {name}" if field.kind == "kept" else f"{text}.append({name})"
        keep = f"keep {name} with {place.text}"
        self.emit(f"if {' and '.join(place.guards + (free_place,))}:")
        with self.indented():
            new = self.new_obj(Type("obj", field.of), 0)
            self.emit_all(f"{name} = {new}", *self.choices.pick([[store, keep], [keep, store]]))
        return None

    def keep_two(self):
        """Two objects refer to one that goes with the last of them."""
        if self.frame.loops:
            return False
        chances = []
        for a in self.find(owned=True):
            for f in a.type.of.of_kind("edge") if a.type.kind == "obj" else []:
                if a not in self.linked:
                    chances.append((a, f))
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        a, field = chosen
        others = [b for b in self.find(type_=a.type, owned=True) if b is not a and b not in self.linked]
        b = self.pick_or_none(others)
        if b is None or a.level < self.frame.floor or b.level < self.frame.floor or a.direct or b.direct:
            return False
        # From here on these two fields are left alone.
        self.linked |= {a, b}
        name = self.fresh("c")
        self.emit_all(f"{name} = {self.new_obj(Type('obj', field.of), 0)}", f"{a.name}.{field.name} = &{name}", f"{b.name}.{field.name} = &{name}")
        self.emit(f"keep {name} with {a.name}, {b.name}")
        return None

    def keep_forever(self):
        if self.frame.loops or not self.choices.chance(40):
            return False
        type_ = self.choices.pick([INTS] + [cls.type for cls in self.classes])
        name = self.fresh("k")
        self.emit_all(f"{name} = {self.unnamed(type_, 1)}", f"keep {name}")
        var = self.bind(name, type_, owned=False)
        var.frozen = 1
        return None

    def link(self):
        """An unowned edge from one name's object to another's that ends later."""
        level = self.frame.loops[-1] if self.frame.loops else 0
        chances = []
        for holder in [v for v in self.find(owned=True, kind="obj") if v.level >= level and v not in self.linked]:
            for field in holder.type.of.of_kind("edge"):
                if field.name == "parent" or field.name in holder.direct.values():
                    continue
                targets = [t for t in self.find(type_=Type("obj", field.of), owned=True) if self.ends_before(holder, t)]
                chances += [(holder, field, target) for target in targets if target not in holder.edges]
        chosen = self.pick_or_none(chances)
        if chosen is None:
            return False
        holder, field, target = chosen
        linkers = [f for f in self.functions if f.kind == "link" and f.type == holder.type and f.other == target.type and f.name.endswith(field.name)]
        if linkers and self.choices.chance(50):
            self.emit(f"{linkers[0].name}(&{holder.name}, &{target.name})")
        else:
            self.emit(f"{holder.name}.{field.name} = &{target.name}")
        holder.edges.add(target)
        holder.direct[target] = field.name
        return None

    def unlink(self):
        holders = [v for v in self.find() if v.direct and v.level >= self.frame.floor]
        holder = self.pick_or_none(holders)
        if holder is None:
            return False
        target = next(iter(sorted(holder.direct, key=lambda v: v.name)))
        text = f"{holder.name}.{holder.direct[target]}"
        self.emit_all(f"print({text}.n if {text} is not None else 0)", f"{text} = None")
        del holder.direct[target]
        holder.edges.discard(target)
        return None

    def ring(self):
        """Neighbours that refer to each other and are owned by one list."""
        makers = [f for f in self.functions if f.kind == "ring" and self.affords(f)]
        maker = self.pick_or_none(makers)
        if maker is None:
            return False
        name = self.fresh("r")
        self.emit(f"{name} = {self.call(maker, [str(self.choices.between(1, 4))])}")
        self.bind(name, Type("ring", maker.type.of))
        self.emit_all(f"{name}[0].{maker.other}.touch(3)", f"print([e.{maker.other}.n for e in {name}])")
        return None

    # Borrows

    def borrow(self):
        """A name for a part of something; what it is a part of rests meanwhile."""
        place = self.pick_or_none([p for p in self.places(free=True) if p.type.kind in ("obj", "ints", "objs") and p.root.type.kind != "ring"])
        if place is None:
            return False
        name = self.fresh("b")
        if place.guards:
            self.emit(f"if {place.guard}:")
            with self.block():
                self.use_borrow(name, place)
        else:
            self.use_borrow(name, place)
        return None

    def use_borrow(self, name: str, place: Place) -> None:
        self.emit(f"{name} = {self.choices.pick(['&', ''])}{place.text}" if place.text != place.root.name else f"{name} = &{place.text}")
        var = self.bind(name, place.type, owned=False)
        if not place.owned:
            var.frozen = 1
        var.edges = set()
        with self.frozen(place.root):
            self.statements(self.choices.below(3))
        if var in self.frame.variables:
            self.forget(var)

    def walk(self):
        """Along a list by a borrowed name."""
        places = [p for p in self.places() if p.type.kind == "obj" and any(f.of is p.type.of for f in p.type.of.of_kind("child"))]
        place = self.pick_or_none(places)
        if place is None:
            return False
        field = next(f for f in place.type.of.of_kind("child") if f.of is place.type.of)
        at, count = self.fresh("at"), self.fresh("n")
        self.guarded(
            place,
            f"{at} = {self.choices.pick(['&', '&'])}{place.text}",
            f"{count} = 0",
            f"while {at} is not None:",
            f"    {count} = ({count} * 3 + {at}.n) % 997",
            *self.choices.pick([[], [f"    {at}.touch(1)"], [f"    if {count} % 5 == 2:", "        break"]]),
            f"    {at} = {at}.{field.name}",
            f"print({count})",
        )
        return None

    def sorted_borrows(self):
        """Lists that are new and own themselves, but not what they list."""
        place = self.pick_or_none([p for p in self.places() if p.type.kind == "objs" and not p.guards and p.owned])
        if place is None:
            return False
        text, name = place.text, self.fresh("s")
        new = self.choices.pick([f"sorted({text}, key=lambda e: e.n)", f"{text}[1:]", f"[e for e in {text} if e.n % 2 == 0]", f"list(e for e in {text} if e.n % 2 == 1)", f"list({text})"])
        if self.choices.chance(50):
            self.emit(f"print([e.n for e in {new}])")
            return None
        self.emit_all(f"{name} = {new}", f"for e in {name}:")
        with self.indented():
            self.emit(self.choices.pick(["e.touch(1)", "print(e.t)"]))
        self.emit_all(f"print(len({name}))", f"free({name})")
        return None
