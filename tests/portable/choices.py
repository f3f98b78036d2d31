"""The choices that a generated program is made of, as a list of numbers.

A program is made small by making this list small and generating again: every candidate is then a program of the same
generator, so what was legal stays legal, which cutting statements out of a text would not grant. The idea is that of
Hypothesis (MacIver). The number 0 is always the simplest choice, and a list that has run out goes on with zeros.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence


class Choices:
    """Draws numbers by a seed, or replays a list of them; remembers what it gave."""

    def __init__(self, seed: int | None = None, replay: Sequence[int] | None = None):
        self.rng = random.Random(seed)
        self.replay = replay
        self.made: list[int] = []

    def below(self, count: int) -> int:
        """A number from 0 to count - 1; where there is no choice none is noted."""
        if count <= 1:
            return 0
        if self.replay is None:
            value = self.rng.randrange(count)
        else:
            value = min(self.replay[len(self.made)], count - 1) if len(self.made) < len(self.replay) else 0
        self.made.append(value)
        return value

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def pick(self, options: Sequence):
        return options[self.below(len(options))]


def shrink(made: list[int], fails: Callable[[list[int]], list[int] | None], time_max_s: float) -> list[int]:
    """The smallest list found that still fails; `fails` answers with the choices that a candidate came to use."""
    deadline = time.monotonic() + time_max_s
    best = list(made)
    changed = True
    while changed and time.monotonic() < deadline:
        changed = False
        for candidates in (without_runs, with_smaller_numbers):
            start = 0
            while time.monotonic() < deadline:
                better = next_better(best, candidates, start, fails, deadline)
                if better is None:
                    break
                start, best = better
                changed = True
    return best


def next_better(best, candidates, start, fails, deadline) -> tuple[int, list[int]] | None:
    """The first candidate from `start` on that fails and is smaller, with its place in the order."""
    for index, candidate in enumerate(candidates(best)):
        if index < start:
            continue
        if time.monotonic() > deadline:
            return None
        used = fails(candidate)
        if used is not None and (len(used), used) < (len(best), best):
            return index, used
    return None


def without_runs(best: list[int]):
    """Long runs first, from the end, where what is cut hurts nothing before it."""
    size = max(len(best) // 2, 1)
    while size >= 1:
        for end in range(len(best), 0, -size):
            yield best[: max(end - size, 0)] + best[end:]
        size //= 2


def with_smaller_numbers(best: list[int]):
    for index, value in enumerate(best):
        if value:
            yield best[:index] + [0] + best[index + 1 :]
            yield best[:index] + [value // 2] + best[index + 1 :]
            yield best[:index] + [value - 1] + best[index + 1 :]
