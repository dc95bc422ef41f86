"""The stacks of the CPU: events within events, by time.

Python functions are among the events since 2022. Their ids say as well who called whom, and where both say it they
agree, but for callbacks from C++, whose caller the ids leave out, and for threads that the ids confuse. Before 2022 an
operator had Python's stack as text: what of it is not around it already is put there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...forest import Forest
from ...nesting import Pieces, SliceIndex, untangle
from ...trace_events import Clock, Event
from .events import Host
from .names import PYTHON, call_stack, frame_of

__all__ = ["HostStacks", "stacks_of"]

#: How the engine that runs the backward pass is called, around each of its operators.
_ENGINE = "autograd::engine::evaluate_function"

#: What stands for everything that is not shown and has nothing around it that is.
_OUTSIDE = {"python": "[outside Python]", "ops": "[outside operators]"}


@dataclass(frozen=True, eq=False)
class HostStacks:
    """Events as pieces that nest, and the row that each piece is, int64[k]."""

    pieces: Pieces
    row: np.ndarray

    def rows(self, event: np.ndarray) -> np.ndarray:
        """The rows of events; of one in pieces that of its first piece."""
        of, first = np.unique(self.pieces.slice, return_index=True)
        return self.row[first[np.searchsorted(of, event)]]


def stacks_of(
    forest: Forest, host: Host, roots: np.ndarray, clock: Clock, show: str | None, flows: list[Event]
) -> HostStacks:
    """The rows of what the CPU did, each thread's on its row of `roots`.

    Shown are all events, those of "python", or the others, "ops"; what is not shown is the row it stands on. `flows`
    tell which forward operator the operators of the backward pass are to stand on.
    """
    pieces = untangle(host.thread, host.start, host.end, clock.slack)
    parent = pieces.parent.copy()
    _onto_forward(parent, host, pieces, clock, flows)
    place = np.empty(len(parent), np.int64)
    place[pieces.order] = np.arange(len(parent))
    in_time = np.lexsort((place, pieces.start)).tolist()  # now a parent may be on another thread

    frame = _frames(forest, host)
    shown = [show is None or (category == PYTHON) == (show == "python") for category in host.category]
    base, bases = roots[host.thread].tolist(), set(roots.tolist())
    read_stack = _CallStacks(forest) if show != "ops" else None
    row, ground, python = [0] * len(parent), [0] * len(parent), [()] * len(parent)
    parents: list[int] = []
    frames: list[int] = []
    first = forest.rows

    def push(below: int, number: int) -> int:
        parents.append(below)
        frames.append(number)
        return first + len(frames) - 1

    outside: dict[int, int] = {}
    above, slices = parent.tolist(), pieces.slice.tolist()
    for i in in_time:
        event, outer = slices[i], above[i]
        top, known = (ground[outer], python[outer]) if outer >= 0 else (base[event], ())
        if read_stack and host.call_stack[event]:
            python[i] = read_stack(host.call_stack[event])
            for number in python[i][_common(known, python[i]) :]:
                top = push(top, number)
        else:
            python[i] = known
        if shown[event]:
            top = push(top, frame[event])
        row[i] = ground[i] = top
        if top in bases:  # nothing is shown of it: what is within it stands on the ground, but its own time
            if top not in outside:
                outside[top] = push(top, forest.frame(_OUTSIDE[show or ""]))
            row[i] = outside[top]
    forest.add(parents, frames)
    return HostStacks(pieces, np.array(row, np.int64))


def _frames(forest: Forest, host: Host) -> list[int]:
    spelled: dict[tuple[str, str], int] = {}
    for key in zip(host.name, host.category, strict=True):
        if key not in spelled:
            spelled[key] = frame_of(forest, *key)
    return [spelled[key] for key in zip(host.name, host.category, strict=True)]


class _CallStacks:
    """Reads Python's stacks, each text once."""

    def __init__(self, forest: Forest):
        self._forest = forest
        self._read: dict[str, tuple[int, ...]] = {}

    def __call__(self, text: str) -> tuple[int, ...]:
        if text not in self._read:
            self._read[text] = call_stack(self._forest, text)
        return self._read[text]


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many frames two stacks have in common, from the outermost on."""
    for k, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return k
    return min(len(one), len(other))


def _onto_forward(parent: np.ndarray, host: Host, pieces: Pieces, clock: Clock, flows: list[Event]) -> None:
    """Let what the backward pass runs stand on the operator that it is the backward of."""
    ends = {phase: {_id(event): event for event in flows if event.get("ph") == phase} for phase in "sf"}
    both = [id for id in ends["f"] if id in ends["s"]]
    number = {owner: i for i, owner in enumerate(host.owners)}
    index = SliceIndex(host.thread[pieces.slice], pieces.start, pieces.end, pieces.parent, pieces.order)
    found = []
    for phase in "sf":
        events = [ends[phase][id] for id in both]
        thread = [number.get((str(event.get("pid")), str(event.get("tid"))), -1) for event in events]
        moment, timed = clock.times([event.get("ts") for event in events])
        found.append(index.at(np.where(timed, np.array(thread, np.int64), -1), moment))
    for forward, backward in zip(*(column.tolist() for column in found), strict=True):
        engine = backward
        while engine >= 0 and not host.name[pieces.slice[engine]].startswith(_ENGINE):
            engine = pieces.parent[engine]
        engine = engine if engine >= 0 else backward
        # Only ever onto what began before, so that nothing stands on itself.
        if forward >= 0 and engine >= 0 and pieces.start[forward] < pieces.start[engine]:
            parent[engine] = forward


def _id(event: Event) -> str:
    return str(event.get("id"))
