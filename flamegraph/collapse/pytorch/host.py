"""The stacks of the CPU: events within events, by time.

Python functions are among the events since 2022. Their ids say as well who called whom, and where both say it they
agree, but for callbacks from C++, whose caller the ids leave out, and for threads that the ids confuse. Before 2022 an
operator had Python's stack as text: what of it is not around it already is put there. (With `verbose`, traces of today
have both, and the text says nothing that the events do not.)
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
    read_stack = _CallStacks(forest) if show != "ops" and PYTHON not in host.category else None
    above, events = parent.tolist(), pieces.slice.tolist()
    row, ground, python = [0] * len(above), [0] * len(above), [()] * len(above)
    outside: dict[int, int] = {}
    for i in in_time:
        event, outer = events[i], above[i]
        top, known = (ground[outer], python[outer]) if outer >= 0 else (base[event], ())
        python[i] = known
        if read_stack and host.call_stack[event]:
            python[i] = read_stack(host.call_stack[event])
            top = forest.chain(top, python[i][_common(known, python[i]) :])
        if shown[event]:
            top = forest.push(top, frame[event])
        row[i] = ground[i] = top
        if top in bases:  # nothing is shown of it: what is within it stands on the ground, but its own time
            if top not in outside:
                outside[top] = forest.push(top, forest.frame(_OUTSIDE[show or ""]))
            row[i] = outside[top]
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
    if not flows:
        return
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
    engine = list(range(len(parent)))  # around each piece, or the piece itself
    for i in pieces.order.tolist():
        outer = pieces.parent[i]
        if outer >= 0 and not host.name[pieces.slice[i]].startswith(_ENGINE):
            around = engine[outer]
            engine[i] = around if host.name[pieces.slice[around]].startswith(_ENGINE) else i
    for forward, backward in zip(*(column.tolist() for column in found), strict=True):
        # Only ever onto what began before, so that nothing stands on itself.
        if forward >= 0 and backward >= 0 and pieces.start[forward] < pieces.start[engine[backward]]:
            parent[engine[backward]] = forward


def _id(event: Event) -> str:
    return str(event.get("id"))
