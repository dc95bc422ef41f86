"""Profile → Profile: the same samples, seen another way. Every function is pure.

Which samples     focus ignore between threads
Which frames      hide show_from trim drop_below merge_recursion prune
How they look     rename tidy group reverse by_thread by_process under

What is asked for by options, on the command line and elsewhere, is a `Transforms`; `apply` does it, in that order.
Patterns are regular expressions that are searched for in a frame's label.
"""

from __future__ import annotations

from .names import group, rename, tidy, tidy_name
from .options import Transforms, apply
from .samples import between, by_process, by_thread, focus, ignore, threads
from .stacks import drop_below, hide, merge_recursion, prune, reverse, show_from, trim, under

__all__ = [
    "Transforms",
    "apply",
    "between",
    "by_process",
    "by_thread",
    "drop_below",
    "focus",
    "group",
    "hide",
    "ignore",
    "merge_recursion",
    "prune",
    "rename",
    "reverse",
    "show_from",
    "threads",
    "tidy",
    "tidy_name",
    "trim",
    "under",
]
