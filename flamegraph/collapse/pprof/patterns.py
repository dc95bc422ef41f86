"""Regular expressions from files that nobody vouches for, matched in time that grows with the text alone.

Python's `re` can take years for a pattern that was made to; so a pattern becomes an automaton here, whose states are
worked out as they are met. Understood is what names of functions need: characters, ".", classes, groups, "|", "*", "+"
and "?". All else is Unsupported.
"""

from __future__ import annotations

__all__ = ["Pattern", "Unsupported"]

_LONGEST, _DEEPEST = 20_000, 50

#: So many states are visited in all, on the way to moves that are not known yet.
_MOST_WORK = 2_000_000

_CLASSES = {"d": "0123456789", "w": "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "s": "\t\n\f\r "}


class Unsupported(Exception):
    """The pattern is wrong, uses what is not understood here, or takes too much work."""


class Pattern:
    """A pattern, for whole texts.

    The automaton is a list of states. A state either takes a character out of a set (or one that is not in it) and
    goes on to the next state, or goes to several states without taking one.
    """

    def __init__(self, pattern: str):
        if len(pattern) > _LONGEST:
            raise Unsupported
        self._pattern, self._at, self._depth = pattern, 0, 0
        self._takes: list[tuple[frozenset[str], bool] | None] = []
        self._next: list[list[int]] = []
        start, end = self._alternatives()
        if self._at < len(pattern):
            raise Unsupported
        self._end = self._state()
        self._next[end].append(self._end)
        self._work = 0
        self._sets: dict[frozenset[int], int] = {}  # of states that may hold at once, each with its number
        self._states: list[frozenset[int]] = []
        self._ends: list[bool] = []
        self._moves: dict[tuple[int, str], int] = {}
        self._start = self._numbered(self._reach([start]))

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern matches the text from beginning to end. Unsupported where that takes too much work."""
        at = self._start
        for character in text:
            after = self._moves.get((at, character))
            if after is None:
                after = self._moves[at, character] = self._move(at, character)
            at = after
        return self._ends[at]

    def _move(self, at: int, character: str) -> int:
        states = self._states[at]
        reached = self._reach([self._next[s][0] for s in states if self._taken(s, character)])
        self._work += 1 + len(states) + len(reached)
        if self._work > _MOST_WORK:
            raise Unsupported
        return self._numbered(reached)

    def _numbered(self, states: frozenset[int]) -> int:
        number = self._sets.setdefault(states, len(self._sets))
        if number == len(self._ends):
            self._states.append(states)
            self._ends.append(self._end in states)
        return number

    def _taken(self, state: int, character: str) -> bool:
        takes = self._takes[state]
        return takes is not None and (character in takes[0]) != takes[1]

    def _reach(self, states: list[int]) -> frozenset[int]:
        """The states that these lead to without taking a character, themselves included."""
        found, todo = set(states), list(states)
        while todo:
            state = todo.pop()
            if self._takes[state] is None:
                new = [s for s in self._next[state] if s not in found]
                found.update(new)
                todo += new
        return frozenset(found)

    def _state(self, takes: tuple[frozenset[str], bool] | None = None) -> int:
        self._takes.append(takes)
        self._next.append([])
        return len(self._next) - 1

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise Unsupported
        self._at += 1
        return character

    # Each of these reads a part of the pattern, and gives the state it begins with and the one it ends in.

    def _alternatives(self) -> tuple[int, int]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unsupported
        start, end = self._state(), self._state()
        while True:
            first, last = self._sequence()
            self._next[start].append(first)
            self._next[last].append(end)
            if self._peek() != "|":
                break
            self._at += 1
        self._depth -= 1
        return start, end

    def _sequence(self) -> tuple[int, int]:
        start = end = self._state()
        while self._peek() not in ("", "|", ")"):
            first, last = self._repeated()
            self._next[end].append(first)
            end = last
        return start, end

    def _repeated(self) -> tuple[int, int]:
        start, end = self._atom()
        sign = self._peek()
        if not sign or sign not in "*+?":
            return start, end
        self._at += 1
        if self._peek() == "?":  # which of several ways to match is found first makes no difference here
            self._at += 1
        before, after = self._state(), self._state()
        self._next[before] += [start] if sign == "+" else [start, after]
        self._next[end] += [after] if sign == "?" else [start, after]
        return before, after

    def _atom(self) -> tuple[int, int]:
        character = self._take()
        if character == "(":
            if self._pattern.startswith("?:", self._at):
                self._at += 2
            start, end = self._alternatives()
            if self._take() != ")":
                raise Unsupported
            return start, end
        if character in "*+?{}^$)]":
            raise Unsupported
        if character == ".":
            takes = frozenset("\n"), True
        elif character == "[":
            takes = self._class()
        else:
            takes = frozenset(self._escaped() if character == "\\" else character), False
        start, end = self._state(takes), self._state()
        self._next[start].append(end)
        return start, end

    def _class(self) -> tuple[frozenset[str], bool]:
        negated = self._peek() == "^"
        self._at += negated
        found: set[str] = set()
        while self._peek() != "]" or not found:
            character = self._take()
            if character == "[" and self._peek() == ":":
                raise Unsupported
            ones = self._escaped() if character == "\\" else character
            if self._pattern[self._at : self._at + 1] == "-" and self._pattern[self._at + 1 : self._at + 2] != "]":
                self._at += 1
                last = self._take()
                if len(ones) != 1 or last == "\\" or not ord(ones) <= ord(last) < 0x180:
                    raise Unsupported
                ones = "".join(map(chr, range(ord(ones), ord(last) + 1)))
            found.update(ones)
        self._at += 1
        return frozenset(found), negated

    def _escaped(self) -> str:
        character = self._take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character.isalnum():
            raise Unsupported
        return character
