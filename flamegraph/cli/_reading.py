"""Reading one input or thousands: one after the other, and where there are many, by several processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from ..collapse import Format, detect, formats, read
from ..errors import InputError, UsageError
from ..merging import merge
from ..processes import processors
from ..profile import Profile
from ..source import Source
from ..transform import under
from ..units import count, size_bytes
from ._memory import keep_memory
from ._progress import Told, progress

__all__ = ["read_all", "size_of"]

#: From here on several processes read: as many inputs, and as many bytes in all. To start one takes half a second.
_MANY, _LARGE = 32, 20 << 20

#: Inputs that a process reads before it hands over what they have in common.
_BATCH = 16


def read_all(
    inputs: Sequence[str], format: str | None, options: dict[str, Any], quiet: bool = False, label: bool = False
) -> Profile:
    """The inputs as one profile; with `label` each below a frame that bears its name.

    `options` are those that the user gave; a format that lacks one refuses it.
    """
    keep_memory()
    one = partial(_read_one, format=format, options=options)
    labels = _labels(inputs) if label else [""] * len(inputs)
    with progress(f"reading {inputs[0]}{_size(inputs[0])}", quiet) as told:
        pairs = list(zip(inputs, labels, strict=True))
        if len(inputs) >= _MANY and "-" not in inputs and sum(map(size_of, inputs)) >= _LARGE:
            return merge(_by_processes(partial(_read_batch, one), pairs, told))
        return merge(_one_by_one(one, pairs, told))


def _one_by_one(one: Any, pairs: list[tuple[str, str]], told: Told) -> Iterator[Profile]:
    for i, (name, label) in enumerate(pairs, start=1):
        of = f" ({count(i)} of {count(len(pairs))})" if len(pairs) > 1 else ""
        told.what = f"reading {name}{of}{_size(name)}"
        yield one(name, label)
    if len(pairs) > 1:
        told.what = f"merging {count(len(pairs))} inputs"


def _by_processes(batch: Any, pairs: list[tuple[str, str]], told: Told) -> Iterator[Profile]:
    import multiprocessing

    # Not forked: there is a thread that shows progress.
    context = multiprocessing.get_context("spawn")
    batches = [pairs[start : start + _BATCH] for start in range(0, len(pairs), _BATCH)]
    told.what = f"reading {count(len(pairs))} inputs"
    with _deaf_to_interrupts():
        pool = context.Pool(min(processors(), len(batches)))
    with pool:
        workers = set(multiprocessing.active_children())
        profiles = pool.imap(batch, batches)
        for i in range(1, len(batches) + 1):
            profile = None
            while profile is None:
                try:
                    profile = profiles.next(timeout=1)
                except multiprocessing.TimeoutError:
                    # The pool would start another one, and wait for what this one was to read.
                    if not workers <= set(multiprocessing.active_children()):
                        raise InputError("a process that read inputs was killed; is there enough memory?") from None
            told.what = f"reading {count(len(pairs))} inputs, {count(min(i * _BATCH, len(pairs)))} done"
            yield profile


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started in here do not hear Ctrl-C. Whoever started them does, afterwards, and ends them silently."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which would let interrupts through, once it is started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _read_batch(one: Any, pairs: list[tuple[str, str]]) -> Profile:
    return merge(one(name, label) for name, label in pairs)


def _read_one(name: str, label: str, format: str | None, options: dict[str, Any]) -> Profile:
    source = Source(name)
    chosen = formats()[format] if format else detect(source)
    _refuse_unknown(source, chosen, options)
    profile = read(source, format=chosen.name, **options)
    return under(profile, label) if label else profile


def _refuse_unknown(source: Source, chosen: Format, options: dict[str, Any]) -> None:
    """Say which option an input's format can't honour, and which formats could."""
    known = {field.name for field in fields(chosen.options)}
    for name in options:
        if name in known:
            continue
        if name == "timeline":
            raise UsageError(f"{source.name}: {chosen.name} can't tell when samples were taken")
        able = [f.name for f in formats().values() if name in {field.name for field in fields(f.options)}]
        flag = "--" + name.replace("_", "-")
        raise UsageError(f"{source.name}: is read as {chosen.name}, which takes no {flag} (for {', '.join(able)})")


def _labels(inputs: Sequence[str]) -> list[str]:
    """What tells the inputs apart: their names, without folder and endings where these are not needed for it."""
    for shorten in (lambda name: Path(name).name.split(".")[0], lambda name: Path(name).name, str):
        names = [shorten(name) or name for name in inputs]
        if len(set(names)) == len(names):
            return names
    return [f"{name} ({i})" for i, name in enumerate(inputs, start=1)]


def size_of(name: str) -> int:
    """The bytes of an input; 0 where that is not known."""
    try:
        return os.stat(name).st_size if name != "-" else 0
    except (OSError, ValueError):
        return 0  # reading tells what is wrong


def _size(name: str) -> str:
    size = size_of(name)
    return f", {size_bytes(size)}," if size else ""
