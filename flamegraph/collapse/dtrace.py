"""DTrace aggregations: stacks with a number below each, `dtrace -n 'profile-97 { @[stack(), ustack()] = count(); }'`.

    CPU     ID                    FUNCTION:NAME
      0  64091                        :tick-60s

                  genunix`fop_write+0x5d
                  unix`sys_syscall+0x17a

                  libc.so.1`__write+0xa
                  cat`main+0x25
                    3

A stack is leaf first; between the kernel's and the program's is a blank line. The lines that come out are those of
stackcollapse.pl and inferno-collapse-dtrace, with these exceptions:

- names of C++ and Rust are whole: `Harness<T,S>::poll` is not `Harness`;
- `--offsets` keeps every offset, that of the leaf as well;
- what Rust and DTrace left half mangled (`_$LT$T$GT$::poll::h0123456789abcdef`) is written out, as inferno does;
- "->" divides a JIT's inlined functions where it can't be a part of a type or of `operator->`;
- a second output in the same file has a header of its own, which is no frame;
- other keys of an aggregation, such as execname, are frames at the root; quantize() counts samples.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..builder import Builder
from ..kernel_names import KernelOptions
from ..profile import Kind, Meta, Profile
from ..source import Source
from ..sums import LARGEST
from ..text import decode
from . import Format, Match

__all__ = ["FORMAT", "parse", "sniff"]


FORMAT = Format(
    title="DTrace aggregations",
    made_by="dtrace -x ustackframes=100 -n 'profile-97 { @[stack(), ustack()] = count(); }'",
    options=KernelOptions,
    files=("*.dtrace", "*.dtrace.txt"),
)

_HEADER = re.compile(rb"\nCPU +ID +FUNCTION:NAME")
_STACK = re.compile(rb"\n[ \t]+[^\s`]+`[^\n]+\n(?:[^\n]*\n){0,512}?[ \t]+\d+[ \t]*\r?$", re.MULTILINE)

_SAID = re.compile(r"CPU +ID +FUNCTION:NAME|\d+\s+\d+\s+\S*:\S*|dtrace: .*|value  -+ Distribution -+ count")
_DROPPED = re.compile(r"dtrace: (\d{1,18}) (?:dynamic variable |aggregation )?drops? on CPU \d+.*")
_BAR = re.compile(r"(?:[<>]=? *)?-?\d{1,20} \|[@ ]*\s(\d{1,19})")
_ADDRESS = re.compile(r"\s+0x[0-9a-f]+\s*")
_NUMBERS = re.compile(r"^(?:-?\d+(?:\s+|$))+")
_OFFSET = re.compile(r"\+0x[0-9a-f]{1,16}$")

#: What DTrace itself says is no longer than this.
_LONGEST = 1000
#: Modules that are the kernel wherever they are.
_KERNELS = frozenset({"unix", "genunix", "kernel", "mach_kernel"})

_RUST_HASH = re.compile(r"::h[0-9a-f]{16}(?: \(\.llvm\.\d+\)|\.llvm\.\d+)?$")
_RUST_CODE = re.compile(r"\$(?:(SP|BP|RF|LT|GT|LP|RP|C)|u([0-9a-f]{1,4}))\$|(\.\.)|(?<=:)_(?=\$)")
_RUST_SIGNS = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}


def sniff(source: Source) -> Match:
    """A signature where DTrace's header stands, a shape where there are stacks of its spelling."""
    if _HEADER.search(source.line_starts):
        return Match.SIGNATURE
    return Match.SHAPE if _STACK.search(source.line_starts) else Match.NO


def parse(source: Source, options: KernelOptions) -> Profile:
    """The profile of an output. What its lines are, is told by the lines."""
    lines = decode(bytes(source.data)).replace("\r\n", "\n").split("\n")
    reader = _Reader(options)
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        reader.take(line, after)
    return reader.finish()


class _Reader:
    """An aggregation's entry as far as it was read: its keys, and its stacks, leaf first."""

    def __init__(self, options: KernelOptions):
        self.options = options
        self.build = Builder()
        self.metric = self.build.metric("samples", "samples")
        self.keys: list[str] = []
        self.stacks: list[list[str]] = [[]]
        self.bars: int | None = None
        self.frames: dict[tuple[str, bool], list[int]] = {}

    def take(self, line: str, after: str) -> None:
        """Take a line; `after` is the next one."""
        text = line.strip()
        if self.bars is not None and not _BAR.fullmatch(text):
            self.count(self.bars)
        if _is_frame(line):
            self.stacks[-1].append(text)
        elif not text:
            if self.stacks[-1]:
                self.stacks.append([])
        elif line[0] not in " \t" or (len(line) < _LONGEST and _SAID.fullmatch(text)):
            dropped = _DROPPED.fullmatch(text)
            self.build.skip("sample dropped by DTrace", int(dropped[1]) if dropped else 0)
            self.build.skip("line that is no part of a stack", not _SAID.fullmatch(text[:_LONGEST]))
        elif bar := _BAR.fullmatch(text):
            self.bars = (self.bars or 0) + int(bar[1])
        elif text.isdecimal() and len(text) <= 20:
            if any(self.stacks) or not _is_frame(after):
                self.count(int(text))
        else:
            name, _, number = text.rpartition("  ")
            counts = number.isdecimal() and len(number) <= 20
            self.name(name.rstrip() if counts else text)
            if counts:
                self.count(int(number))

    def name(self, key: str) -> None:
        """Take a key that is no stack. Numbers before a name, such as a pid, are not shown."""
        name = _NUMBERS.sub("", key)
        if name:
            self.keys.append(name)

    def count(self, value: int) -> None:
        """Count the entry that was read, and begin another one."""
        stacks = [stack for stack in self.stacks if stack]
        node = self.build.stack(self.build.frame(key, Kind.PROCESS) for key in self.keys)
        for number, stack in reversed(list(enumerate(stacks))):
            kernel = (number == 0 and len(stacks) > 1) or any(line.partition("`")[0] in _KERNELS for line in stack)
            for line in reversed(stack):
                node = self.build.stack(self.frame(line, kernel), node)
        if value <= LARGEST:
            self.build.sample(node, value, self.metric)
        else:
            self.build.skip("value of 2^63 or more")
        self.keys, self.stacks, self.bars = [], [[]], None

    def frame(self, line: str, kernel: bool) -> list[int]:
        """The frames in a line, outermost first: several where a JIT inlined."""
        known = self.frames.get((line, kernel))
        if known is None:
            names = _names(line if self.options.offsets else _OFFSET.sub("", line))
            module = line.partition("`")[0] if "`" in line else ""
            kind = Kind.KERNEL if kernel else Kind.USER
            known = [self.build.frame(n, kind if i == 0 else Kind.INLINED, module) for i, n in enumerate(names)]
            self.frames[line, kernel] = known
        return known

    def finish(self) -> Profile:
        if self.bars is not None:
            self.count(self.bars)
        self.build.skip("stack without a count", any(self.stacks))
        annotated = {
            Kind.KERNEL: self.options.kernel,
            Kind.INLINED: any(len(known) > 1 for known in self.frames.values()),
        }
        return self.build.finish(Meta(annotated=frozenset(kind for kind, wanted in annotated.items() if wanted)))


def _is_frame(line: str) -> bool:
    """Whether a line is a function in its module, or an address."""
    return line[:1] in (" ", "\t") and ("`" in line or _ADDRESS.fullmatch(line) is not None)


def _names(text: str) -> Sequence[str]:
    """The functions in a frame, outermost first, as they are called in the source."""
    if "->" in text and not re.search(r"[(<\[{ ]|operator", text):
        return text.split("->")
    shorter = _RUST_HASH.sub("", text)
    return [_RUST_CODE.sub(_rust, shorter.replace("`_$", "`$"))] if shorter != text else [text]


def _rust(match: re.Match[str]) -> str:
    """What a code in a Rust name stands for."""
    if match[1]:
        return _RUST_SIGNS[match[1]]
    return chr(int(match[2], 16)) if match[2] else "::" if match[3] else ""
