"""Transforms as options: what commands offer, and the order in which they are done."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageError
from ..options import option
from ..profile import Profile
from .names import GROUPS, group, rename, tidy
from .samples import between, by_process, by_thread, focus, ignore, threads
from .stacks import drop_below, hide, merge_recursion, prune, reverse, show_from, trim

__all__ = ["Transforms", "apply"]


@dataclass(frozen=True)
class Transforms:
    """How a profile is to be seen. They are done in this order."""

    between: str | None = option(
        None, "only samples between two moments, in seconds since the first one", metavar="FROM,TO"
    )
    thread: str | None = option(None, "only threads whose name or id matches", metavar="REGEX")
    focus: tuple[str, ...] = option((), "only stacks with a function that matches", metavar="REGEX")
    ignore: tuple[str, ...] = option((), "no stacks with a function that matches", metavar="REGEX")
    by_thread: bool = option(False, "a root for each thread")
    by_process: bool = option(False, "a root for each process, below those of its threads")
    show_from: str | None = option(None, "stacks from the outermost function that matches on", metavar="REGEX")
    trim: int = option(0, "leave out so many outermost functions of each stack", metavar="N")
    drop_below: str | None = option(None, "leave out what a function that matches calls", metavar="REGEX")
    hide: tuple[str, ...] = option((), "leave out functions that match, not what they call", metavar="REGEX")
    rename: tuple[str, ...] = option((), "replace what matches in names, e.g. '^lib/=' or '(\\w+)_v\\d=\\1'",
                                     metavar="REGEX=TEXT")  # fmt: skip
    tidy: bool = option(False, "names without hashes, clone suffixes, numbers of lambdas, arguments of generics")
    group: str | None = option(None, "one frame for all functions of a module, package or file", choices=GROUPS)
    recursion: str | None = option(
        None, "once per stack: functions that call themselves (direct), also by way of others (full)",
        choices=("direct", "full"),
    )  # fmt: skip
    prune: float = option(0.0, "take together what is below this share of all, in percent", metavar="PERCENT")
    reverse: bool = option(False, "turn stacks over: from the leaves to their callers")

    @property
    def needs_samples(self) -> bool:
        """Whether samples must be read one by one, with their times and threads."""
        return self.between is not None or self.thread is not None or self.by_thread or self.by_process


def apply(profile: Profile, wanted: Transforms, metric: int = 0) -> Profile:
    """The profile as `wanted`; `metric` is the one that `prune` goes by. UsageError where that can't be done."""
    if wanted.between is not None:
        profile = between(profile, *_span(wanted.between))
    if wanted.thread is not None:
        profile = threads(profile, wanted.thread)
    for pattern in wanted.focus:
        profile = focus(profile, pattern)
    for pattern in wanted.ignore:
        profile = ignore(profile, pattern)
    if wanted.by_thread:
        profile = by_thread(profile)
    if wanted.by_process:
        profile = by_process(profile)
    if wanted.show_from is not None:
        profile = show_from(profile, wanted.show_from)
    if wanted.trim:
        profile = trim(profile, wanted.trim)
    if wanted.drop_below is not None:
        profile = drop_below(profile, wanted.drop_below)
    for pattern in wanted.hide:
        profile = hide(profile, pattern)
    for rule in wanted.rename:
        pattern, equals, text = rule.rpartition("=")
        if not equals:
            raise UsageError(f"--rename {rule}: expected REGEX=TEXT")
        profile = rename(profile, pattern, text)
    if wanted.tidy:
        profile = tidy(profile)
    if wanted.group is not None:
        profile = group(profile, wanted.group)
    if wanted.recursion is not None:
        profile = merge_recursion(profile, full=wanted.recursion == "full")
    if wanted.prune:
        profile = prune(profile, wanted.prune / 100, metric)
    return reverse(profile) if wanted.reverse else profile


def _span(text: str) -> tuple[int | None, int | None]:
    """(from, to) in ns of "FROM,TO" in seconds, either of which may be empty."""
    try:
        start, end = (round(float(part) * 1e9) if part.strip() else None for part in text.split(","))
    except (ValueError, OverflowError):
        raise UsageError(f"--between {text}: expected FROM,TO in seconds, either of which may be empty") from None
    return start, end
