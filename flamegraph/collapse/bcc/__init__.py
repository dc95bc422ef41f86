"""bcc tools: stacks with a number below each, as profile, offcputime, stackcount and their kin print them.

    Tracing off-CPU time (us) of all threads by user + kernel stack for 5 secs.

        finish_task_switch
        schedule
        entry_SYSCALL_64_after_hwframe
        --
        read
        main
        -                mysqld (8234)
            4952

Read are profile, offcputime, offwaketime, wakeuptime, stackcount, memleak and biostacks, as text and (where a header
stands above it) folded, those written in Python and those in C (libbpf-tools), old and new. Folded output without a
header is `folded`'s; with `--from bcc --unit us` it is read here, as what off-CPU tools print: microseconds.

- Blocked time becomes nanoseconds; memleak's two numbers are two metrics, those of its last report.
- "--" between the kernel's stack and the program's is drawn as "-", as in folded output. Where a tool was not asked
  to put it there (`-d`), the kernel's functions are known by the entry into the kernel, and only for colours.
- offwaketime hangs the waker's stack, upside down, on the stack that was blocked, as its folded output does.
- Older and newer versions of wakeuptime print stacks in opposite orders. Here the waker's outermost function is at
  the root in any case; folded output of the newer ones has it on top.
- The running kernel function is often printed twice, as profile of bcc 0.26 does. It is kept as it is printed.
- What Python 3 printed as b'name' is a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...kernel_names import KernelOptions
from ...options import option
from ...profile import Profile
from ...source import Source
from ...text import decode
from .. import Format, Match
from .biostacks import is_biostacks, read_biostacks
from .memleak import is_memleak, read_memleak

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options(KernelOptions):
    """What `bcc` may be asked."""

    unit: str | None = option(
        None, "what the numbers are (default: as the header says)", choices=("ns", "us", "ms", "s", "bytes")
    )
    pid: bool = option(False, "show comm-PID in place of comm")


FORMAT = Format(
    title="bcc tools: profile, offcputime, offwaketime, wakeuptime, stackcount, memleak",
    made_by="profile-bpfcc -d, offcputime-bpfcc, stackcount-bpfcc, memleak-bpfcc",
    options=Options,
    files=("*.bcc", "*.bcc.txt"),
)

_HEADER = re.compile(
    rb"\n(?:(?:Sampling at (?:every )?\d+ \w+ of |Tracing (?:off-CPU|blocked) time \(us\)|Tracing \d+ functions for \""
    rb""
    rb"|(?:\[[\d:]{5,8}\] )?Top \d+ stacks with outstanding allocations)"
    rb"|\s*\d+ bytes in \d+ allocations from stack\r?$)",
    re.MULTILINE,
)
#: The end of a stack: who, and how much.
_BLOCK = re.compile(
    rb"\n(?:    -{1,2} {15,16}\S[^\n]* \(\d+\)\r?\n {8}\d+\r?$|[\t ]+(?:waker|target): +\S)", re.MULTILINE
)

_BPFTRACE = re.compile(rb"\n(?:Attach(?:ing|ed) \d+ probes?\b|@\w*\[)")


def sniff(source: Source) -> Match:
    """A signature where a tool says what it does, or where a stack ends as theirs do."""
    head = source.head
    if head.lstrip().startswith(b"Demonstrations of "):
        return Match.NO  # a page of bcc's documentation, which has outputs of several tools in it
    text = source.line_starts
    if _BPFTRACE.search(text):
        return Match.NO  # whose programs say what they trace in much the same words
    found = _HEADER.search(text) or _BLOCK.search(text) or is_biostacks(head)
    return Match.SIGNATURE if found else Match.NO


def parse(source: Source, options: Options) -> Profile:
    """The profile of an output."""
    from .stacks import read_stacks  # what it takes to read is not needed to find out whose a file is

    head = source.head
    read = read_memleak if is_memleak(head) else read_biostacks if is_biostacks(head) else read_stacks
    return read(decode(bytes(source.data)).replace("\r\n", "\n").split("\n"), options)
