"""From the text below a header to a node of a trie, once per distinct text.

Nearly all of the work of reading perf script text is repeated: a hot loop is sampled in the same place again and
again, and from everywhere in it the way up to `main` is the same. So three things are remembered: what a whole text
became, what the text without its first line (the callers) became, and what a line became.
"""

from __future__ import annotations

from .frames import Frame, Spelling, is_frame, parse_frame, parse_srcline

__all__ = ["StackTexts"]

# Text remembered before it is forgotten again (the nodes stay): 64 MiB hold a hundred thousand stacks of usual size,
# and an input in which no stack repeats needs no more memory than this.
_REMEMBERED = 64 << 20


class StackTexts(dict[bytes, int]):
    """Text below a header → node of the trie, -1 where it is not frames and nothing else.

    The trie has no comm yet: node 0 is what the comm will be. `parent` and `frame` are its columns, `frames` its
    frames, in order of first appearance.
    """

    def __init__(self, spelling: Spelling):
        super().__init__({b"": 0})
        self.frames: dict[Frame, int] = {}
        self.parent, self.frame = [0], [-1]
        self._spelling = spelling
        self._children: dict[tuple[int, int], int] = {}
        self._callers: dict[bytes, int] = {b"": 0}
        self._lines: dict[bytes, list[int] | None] = {}
        self._functions: dict[tuple[bytes, ...] | None, list[int]] = {}
        self._room = _REMEMBERED

    def __missing__(self, text: bytes) -> int:
        self._room -= len(text)
        if self._room < 0:
            self._forget()
        leaf, _, callers = text.partition(b"\n")
        above = self._callers.get(callers)
        if above is None:
            above = self._stack(callers)
            self._callers[callers] = above
            self._room -= len(callers)
        frames = self._line(leaf) if above >= 0 else None
        # A line that is no frame may be the source line of the one above it, so the whole text has to be looked at.
        node = self._stack(text) if frames is None else self._push(above, frames)
        self[text] = node
        return node

    def _forget(self) -> None:
        self.clear()
        self._callers.clear()
        self._lines.clear()
        self._functions.clear()
        self[b""] = self._callers[b""] = 0
        self._room = _REMEMBERED

    def _stack(self, text: bytes) -> int:
        lines = text.split(b"\n")
        chain: list[list[int]] = []
        at = 0
        while at < len(lines):
            frames = self._line(lines[at])
            if frames is None:
                return -1
            at += 1
            if at < len(lines) and self._line(lines[at]) is None:
                frames = self._line(lines[at - 1] + b"\n" + lines[at])
                if frames is None:
                    return -1
                at += 1
            chain.append(frames)
        node = 0
        for frames in reversed(chain):
            node = self._push(node, frames)
        return node

    def _push(self, node: int, frames: list[int]) -> int:
        for frame in frames:
            child = self._children.get((node, frame))
            if child is None:
                child = self._children[node, frame] = len(self.parent)
                self.parent.append(node)
                self.frame.append(frame)
            node = child
        return node

    def _line(self, line: bytes) -> list[int] | None:
        """The frames of a line, or of a line and the source line below it; None where it is something else."""
        try:
            return self._lines[line]
        except KeyError:
            pass
        known = None
        frame, below, source = line.partition(b"\n")
        where = parse_srcline(source) if below else None
        if is_frame(frame) and (where or not below):
            key = None if self._spelling.addrs else _without_addresses(frame, source)
            known = self._functions.get(key)
            if known is None:
                rows = parse_frame(frame, where, self._spelling)
                known = [self.frames.setdefault(row, len(self.frames)) for row in rows]
                if key:
                    self._functions[key] = known
        self._lines[line] = known
        return known


def _without_addresses(line: bytes, source: bytes) -> tuple[bytes, ...]:
    """What two lines in one function have in common."""
    rest = line.split(None, 1)[1]
    symbol, plus, offset = rest.rpartition(b"+0x")
    dso = offset.lstrip(b"0123456789abcdef")
    return (symbol, dso, source) if plus and dso[:1] in b" " else (rest, source)
