"""iaprof, Intel's profiler behind AI flame graphs: what it writes before any script makes folded stacks of it.

    string  2  main;train;zeCommandListAppendLaunchKernel
    interval  0  5120.010000
    kernel  0x80001000  1  4711  2  3  4
    eustall  0x70  5  11  0  0  0  0  13  0  2  0  0

Fields are set apart by tabs. A kernel has its process, pid, stack, file and symbol, the ids of strings but for the pid;
below it, each instruction has its offset, its text and a count for each reason why threads stood there. Each count is
a sample:

    python;4711;main;train;zeCommandListAppendLaunchKernel;-;gemm.cl_[G];gemm_[G];mad_[g];sbid_[g];0x70_[g] 13

So it is with `iaprof record` up to 0.5, whose lines are others (`e`, and its process and so on when they change; at
first all in one `eustall`). Samples that iaprof counts in all (metric eu-stall-sbid) but found no kernel for stand
below "[launch outside capture]". Its other metrics, load and frequency of the GPU, are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..builder import Builder
from ..errors import ParseError
from ..gpu import BOUNDARY, OUTSIDE
from ..options import option
from ..profile import SUFFIX, Kind, Meta, Profile
from ..source import Source
from ..tables import nanoseconds, number
from . import Format, Match

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options:
    """What `iaprof` may be asked."""

    timeline: bool = option(False, "keep samples one by one, each at the time of its interval")


FORMAT = Format(
    title="Intel iaprof",
    made_by="iaprof > stalls.iaprof",
    options=Options,
    files=("*.iaprof",),
)

#: Why threads stood where they did, in the order of the columns.
_REASONS = (
    "active", "control", "pipestall", "send", "dist_acc", "sbid", "sync", "inst_fetch", "other", "tdr",
)  # fmt: skip

#: Lines of which each sets one field of the samples that follow.
_FIELDS = ("proc_name", "pid", "ustack", "kstack", "shader_type", "gpu_file", "gpu_symbol", "insn_text")

_ALONE = ("interval_end", "frame")

_LINE = re.compile(
    r"string\t\d+\t.*|interval\t\d+\t[\d.]+|interval_start\t\d+(\t[\d.]+)?|kernel\t0x[\da-f]+(\t\d+){5}"
    r"|eustall(\t[^\t]+){12}|e\t\d+\t\d+\t[\da-f]+\t\d+"
)
_OTHER_LINE = re.compile(rf"({'|'.join(_FIELDS)})\t-?\d+|metric\t[\w-]+\t\d+|interval_end\t\d+|frame")

_NO_FILE, _NO_CODE, _UNKNOWN = "[unknown file]", "[failed decode]", "[unknown]"

#: Where samples belong whose kernel is not known: the ids of no strings, and no address.
_NOWHERE = (("0",) * 6, "")


def sniff(source: Source) -> Match:
    """Lines that only iaprof writes, and hardly any others."""
    lines = source.head_lines[:50]
    lines = lines[:-1] or lines  # the last may be cut off
    own = sum(bool(_LINE.fullmatch(line)) for line in lines)
    other = sum(bool(_OTHER_LINE.fullmatch(line)) for line in lines)
    return Match.SIGNATURE if own and own + other > len(lines) / 2 else Match.NO


def parse(source: Source, options: Options) -> Profile:
    reader = _Reader(Builder(timeline=options.timeline))
    for line in source.lines():
        if line and (complaint := reader.take(line.split("\t"))):
            reader.build.skip(complaint)
    return reader.profile(source)


class _Reader:
    """Takes lines, of whichever version."""

    def __init__(self, build: Builder):
        self.build = build
        self._metric = build.metric("samples", "samples")
        self._strings: dict[str, str] = {}
        self._kernels: dict[tuple[str, ...], tuple[int, int]] = {}  # (stack, thread) by what a kernel's line has
        self._tops: dict[tuple[int, str, str, str], int] = {}
        self._fields = dict.fromkeys(_FIELDS, "0")
        self._kernel: tuple[int, int] | None = None
        self._time = -1
        self._times: list[int] = []
        self._counted: Counter[str] = Counter()  # by reason, in this interval
        self._told: dict[str, int] = {}
        self._missing: list[tuple[int, str, int]] = []  # (time, reason, how many are told of and not counted)
        self._any = False

    def take(self, cells: list[str]) -> str | None:
        """Takes a line, and says what is wrong with it."""
        what, given = cells[0], len(cells)
        if what == "eustall" and given == 13:
            return self._one_reason(cells) if cells[11].startswith("0x") else self._all_reasons(cells)
        if what == "e" and given == 5:
            fields = self._fields
            kernel = [fields[name] for name in ("proc_name", "pid", "ustack", "kstack", "gpu_file", "gpu_symbol")]
            return self._stall(self._below(kernel, "0"), fields["insn_text"], cells[2], f"0x{cells[3]}", cells[4])
        if what == "string" and given >= 3:
            self._string(cells[1], "\t".join(cells[2:]))
        elif what in _FIELDS and given == 2:
            self._fields[what] = cells[1]
        elif what == "kernel" and given == 7:
            _, address, comm, pid, stack, file, symbol = cells
            self._kernel = self._below([comm, pid, stack, "0", file, symbol], address)
        elif what in ("interval", "interval_start"):
            self._interval(cells[2] if given == 3 else "")
        elif what == "metric" and given == 3:
            if cells[1].startswith("eu-stall-") and isinstance(total := number(cells[2]), int):
                self._told[cells[1].removeprefix("eu-stall-").replace("-", "_")] = total
        elif what not in _ALONE:
            # What comes below a broken line of a kernel is not the last one's.
            self._kernel = None if what == "kernel" else self._kernel
            return "line that is none of iaprof's"
        return None

    def _string(self, id_: str, text: str) -> None:
        if self._strings.setdefault(id_, text) != text:  # the next of several recordings in one file
            self._strings[id_] = text
            self._kernels.clear()

    def _interval(self, seconds: str) -> None:
        self._close()
        value = number(seconds)
        time = None if value is None else nanoseconds(value, "s")
        self._time = -1 if time is None else time
        self._kernel = None
        if self._time >= 0:
            self._times.append(self._time)

    def _close(self) -> None:
        for reason, total in self._told.items():
            self._missing.append((self._time, reason, total - self._counted[reason]))
        self._counted.clear()
        self._told.clear()

    def _all_reasons(self, cells: list[str]) -> str | None:
        counts = {reason: number(cell) for reason, cell in zip(_REASONS, cells[3:], strict=True) if cell != "0"}
        if not all(isinstance(count, int) and count >= 0 for count in counts.values()):
            return "stall without counts"
        kernel, code = self._kernel or self._below(*_NOWHERE), self._text(cells[2], _NO_CODE)
        for reason, count in counts.items():
            self._sample(kernel, code, reason, cells[1], count)
        self._any = True
        return None

    def _one_reason(self, cells: list[str]) -> str | None:
        _, comm, pid, ustack, kstack, _, _, file, symbol, code, reason, offset, count = cells
        if not reason.isdecimal():  # the first versions had the texts in place of ids
            for text in (comm, file, symbol, code, reason):
                self._strings.setdefault(text, text)
        return self._stall(self._below([comm, pid, ustack, kstack, file, symbol], "0"), code, reason, offset, count)

    def _stall(self, kernel: tuple[int, int], code: str, reason: str, offset: str, count: str) -> str | None:
        value = number(count)
        if not isinstance(value, int) or value < 0:
            return "stall without counts"
        self._sample(kernel, self._text(code, _NO_CODE), self._text(reason, "unknown"), offset, value)
        self._any = True
        return None

    def _sample(self, kernel: tuple[int, int], code: str, reason: str, offset: str, count: int) -> None:
        build, (stack, thread) = self.build, kernel
        key = stack, code, reason, offset
        top = self._tops.get(key)
        if top is None:
            top = build.stack((build.frame(name, Kind.INSTRUCTION) for name in (code, reason, offset)), stack)
            self._tops[key] = top
        self._counted[reason] += count
        build.sample(top, count, self._metric, self._time, thread)

    def _text(self, id_: str, otherwise: str) -> str:
        return self._strings.get(id_) or otherwise

    def _below(self, kernel: Sequence[str], address: str) -> tuple[int, int]:
        """(the stack of a kernel, its thread), of the ids of process, -pid-, two stacks, file and symbol."""
        key = (*kernel, address)
        found = self._kernels.get(key)
        if found is None:
            found = self._kernels[key] = self._new(kernel, address)
        return found

    def _new(self, kernel: Sequence[str], address: str) -> tuple[int, int]:
        build = self.build
        comm, pid, user, os_kernel, file, symbol = kernel
        if comm == "0":  # no launch of this kernel was seen
            stack, thread = build.push(0, build.frame(OUTSIDE)), build.thread(-1, -1, OUTSIDE)
        else:
            name, id_ = self._text(comm, _UNKNOWN), number(pid)
            stack = build.stack(build.frame(frame, Kind.PROCESS) for frame in (name, pid))
            thread = build.thread(id_ if isinstance(id_, int) and 0 <= id_ < 2**31 else -1, -1, name)
        for part in (user, os_kernel):
            text = "" if part == "0" else self._strings.get(part, _UNKNOWN)
            stack = build.stack((self._called(name) for name in text.split(";") if name), stack)
        stack = build.push(stack, build.frame(BOUNDARY, Kind.GAP))
        if not address:
            names = ("[unknown kernel]",)
        else:
            names = (self._text(file, _NO_FILE), self._text(symbol, address if address != "0" else _UNKNOWN))
        return build.stack((build.frame(name, Kind.GPU) for name in names), stack), thread

    def _called(self, name: str) -> int:
        bare = name.removesuffix(SUFFIX[Kind.KERNEL])
        return self.build.frame(bare, Kind.USER if bare == name else Kind.KERNEL)

    def profile(self, source: Source) -> Profile:
        """The profile, with the samples of no kernel. ParseError where there are none."""
        self._close()
        left = Counter[str]()
        for _, reason, missing in self._missing:
            left[reason] += missing  # less than nothing where an interval ended between a sample and its being told of
        for time, reason, missing in self._missing:
            count = min(missing, left[reason])
            if count > 0:
                left[reason] -= count
                stack, thread = self._below(*_NOWHERE)
                top = self.build.push(stack, self.build.frame(reason, Kind.INSTRUCTION))
                self.build.sample(top, count, self._metric, time, thread)
                self._any = True
        if not self._any:
            raise ParseError(f"{source.name}:1", "stalls of iaprof", "none")
        duration = max(self._times, default=0) - min(self._times, default=0)
        annotated = frozenset({Kind.KERNEL, Kind.GPU, Kind.INSTRUCTION})
        return self.build.finish(Meta(duration=duration, annotated=annotated))
