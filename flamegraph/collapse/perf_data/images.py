"""The symbols of a mapped file: its own, those of its debug file and its PLT, settled into one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np

from .elf import Elf
from .files import debug_files, runtime_file
from .inline import LARGEST, Call, Inlines, debug_size
from .processes import Mapping
from .table import EMPTY, Raw, Strings, Table, merge

__all__ = ["Image"]


class Image:
    """One file that was mapped into processes.

    problem          why it can name nothing, or ""
    inline_problem   why it knows of no inlined functions, or ""; that there is no debug information is none
    """

    def __init__(
        self, path: str, build_id: str, symfs: str, shown: Callable[[bytes], str], elsewhere: bool = False,
        alike: Iterable[Mapping] = (),
    ):  # fmt: skip
        """`build_id` is the recorded one, or "" if none was; `shown` gives a raw name as it will be printed.

        elsewhere, alike   as `runtime_file` has them
        """
        self._shown, self._inlines, self.inline_problem = shown, None, ""
        self._debug: Callable[[], Iterator[Elf]] | None = None
        self._known: dict[int, str | None] = {-1: None}
        runtime, self.problem = runtime_file(path, build_id, symfs, elsewhere, alike)
        wanted = build_id or (runtime.build_id if runtime else "")
        best = runtime
        if runtime is None or not runtime.has_symtab:
            best = next(debug_files(path, wanted, runtime, symfs), runtime)
        if best is None:
            return
        self._file = runtime or best
        self._debug = lambda: chain((self._file, best), debug_files(path, wanted, runtime, symfs))
        self._table = symbol_table(best, self._file, shown)
        self.problem = "" if len(self._table) else "no symbols"

    def names(self, offsets: np.ndarray) -> list[str | None]:
        """The names of offsets in the file (uint64), as they are shown; None where no symbol covers one."""
        if self.problem:
            return [None] * len(offsets)
        numbers = self._table.find(self._file.addresses(offsets)).tolist()
        for number in set(numbers) - self._known.keys():
            self._known[number] = self._shown(self._table.name_of(number))
        return [self._known[number] for number in numbers]

    def inlined(self, offsets: np.ndarray, caller: np.ndarray, careful: bool) -> list[tuple[Call, ...]]:
        """The functions at offsets in the file (uint64), outermost first, the first being the one that `names` names.

        Empty where nothing is known. caller: bool, whether an offset is where a call returns to. `careful`: not where
        there is much debug information.
        """
        if self.problem:
            return [()] * len(offsets)
        if self._debug is not None:
            files, self._debug = self._debug(), None
            best = next(filter(debug_size, files), None)
            wanted = best is not None and not (careful and debug_size(best) > LARGEST)
            self._inlines = Inlines(best, self._shown) if wanted else None
        if self._inlines is None:
            return [()] * len(offsets)
        after = self._file.addresses(offsets)
        addresses = after - caller
        here = self._table.find(addresses)
        # What returns to another function never returns: perf names what is there, which knows nothing of the call.
        known = (here != -1) & (here == self._table.find(after))
        calls = [self._inlines.at(address) if ok else () for address, ok in zip(addresses.tolist(), known, strict=True)]
        self.inline_problem = self._inlines.problem
        return calls


def symbol_table(best: Elf, runtime: Elf, shown: Callable[[bytes], str]) -> Table:
    """All the symbols of an image; `best` holds its .symtab, `runtime` is what ran. Often they are one file.

    The PLT comes in last: perf, too, lets it take no part in filling gaps.
    """
    tables = best.symbols()
    if not best.has_symtab and runtime.packed is not None:
        tables = runtime.packed.symbols() + tables
    tables.append(runtime.plt())
    strings = Strings([text for _, text in tables])
    *raws, plt = (
        Raw(raw.start, raw.end, raw.kind, raw.binding, raw.name + base)
        for (raw, _), base in zip(tables, strings.starts, strict=False)
    )
    return Table.settled(merge([EMPTY, *raws]), strings, shown, plt, strings.starts[len(raws)])
