"""Statements of portable programs. Each method writes one kind, or nothing and says so by False."""

from __future__ import annotations

from borrows import Borrows
from calls import Calls
from control_flow import ControlFlow
from stores import Stores

NESTING_MAX = 4


class Statements(Stores, Borrows, Calls, ControlFlow):
    """All kinds of statements, and the choice between them."""

    def statements(self, count: int) -> None:
        for _ in range(count):
            if self.choices.chance(90):
                self.statement()

    def statement(self) -> None:
        simple = [self.show, self.make, self.make, self.change_value, self.change_list, self.store_unnamed, self.store_moved]
        simple += [self.push, self.push, self.pop, self.replace_element, self.replace_field, self.swap, self.reorder, self.end]
        simple += [self.rebind, self.hand_on, self.keep_one, self.keep_two, self.keep_forever, self.link, self.unlink]
        simple += [self.borrow, self.walk, self.call_lent, self.call_lent, self.call_given, self.call_absorb, self.call_pick]
        simple += [self.call_step, self.call_split, self.call_counter, self.ring, self.add_objects, self.pass_on, self.tuples]
        simple += [self.temporaries, self.pipe, self.sorted_borrows, self.copy, self.fill_table, self.call_register]
        simple += [self.make_placed]
        compound = [self.carry, self.branch, self.loop, self.each, self.drain, self.region, self.attempt, self.try_finally, self.search]
        room = self.frame.level < NESTING_MAX and self.cost + self.multiplier * 20 < 600
        self.given_edges.clear()
        for _ in range(4):
            if self.choices.pick(simple * 2 + compound * 5 if room else simple)() is not False:
                return
        self.show()
