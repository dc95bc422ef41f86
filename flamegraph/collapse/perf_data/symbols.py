"""Names for addresses: which source of symbols answers for which mapping."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence

import numpy as np

from ...text import decode
from .demangle import NEEDED, Demangler
from .files import DIFFERS
from .images import Image
from .inline import Call
from .jit import NO_MAP, compiled
from .kernel import Kernel
from .living import living
from .processes import Mapping
from .table import Table

__all__ = ["Resolver", "compiled_code"]

_KERNEL = "[kernel"

#: Memory that holds no file: what runs there was compiled at run time. The first three are perf's (map.c), the others
#: are how .NET, and programs that name their memory (prctl PR_SET_VMA), show up; perf leaves those unknown.
_ANONYMOUS = ("//anon", "/dev/zero", "/anon_hugepage", "/memfd:", "[anon")


def compiled_code(mapping: Mapping) -> bool:
    """Whether a mapping is memory that holds no file."""
    return mapping.anonymous or mapping.path.startswith(_ANONYMOUS)


class Resolver:
    """Finds the names of addresses, reading each file once.

    inline  as it was given
    notes   what could not be read or was not trusted, and how many addresses that left unknown
    """

    def __init__(
        self,
        *,
        symfs: str = "",
        kallsyms: str | None = None,
        vmlinux: str | None = None,
        demangle: bool = True,
        build_ids: Iterable[tuple[int, str, str]] = (),
        release: str = "",
        inline: str = "no",
        elsewhere: bool = False,
    ):
        """
        symfs      look for programs below this directory only
        kallsyms   the kernel's symbols as in /proc/kallsyms, plain or gzip
        vmlinux    the kernel's ELF image; wins over `kallsyms`
        build_ids  (pid, path, hex) as recorded; the kernel's path begins with [kernel
        release    of the recorded kernel (uname -r), which decides where its build id is not known
        inline     whether inlined functions are looked up: yes, no, or auto, where it costs little
        elsewhere  whether another machine made the recording: of its programs nothing here is known but by build ids
        """
        self.notes: dict[str, int] = {}
        self.inline = inline
        self._symfs, self._kernel_files, self._release = symfs, (kallsyms, vmlinux), release
        self._elsewhere = elsewhere
        self._build_ids = {path: build_id for _pid, path, build_id in build_ids if build_id.strip("0")}
        self._demangler = Demangler(demangle)
        self._images: dict[tuple[str, str], Image] = {}
        self._compiled: dict[int, Table] = {}
        self._kernel: Kernel | None = None

    def user(
        self, pid: int, mapping: Mapping, addresses: np.ndarray, memory: Sequence[Mapping] = (),
        alike: Sequence[Mapping] = (),
    ) -> list[str | None]:  # fmt: skip
        """The names of run-time addresses (uint64) inside one mapping of a process; None where unknown.

        memory   all that the process has mapped: a jitdump file may be in it
        alike    the same mapping in other processes, which may be there for longer
        """
        if compiled_code(mapping):
            if pid not in self._compiled:
                apart = None if self._elsewhere or self._symfs else living(mapping)
                paths = [other.path for other in memory]
                self._compiled[pid] = compiled([apart] * bool(apart) + [(self._symfs, pid)], paths)
            if not len(self._compiled[pid]):
                self._count(NO_MAP, len(addresses))
            found = self._compiled[pid].names(addresses)
            return [None if name is None else decode(name) for name in found]
        build_id = self._build_id(mapping)
        another = self._elsewhere or self._release not in ("", platform.release())
        if mapping.path == "[vdso]" and not build_id and another:
            return [None] * len(addresses)  # it is part of the kernel, and another one runs here
        image = self._images.get((mapping.path, build_id))
        if image is None:
            image = Image(
                mapping.path, build_id, self._symfs, self._demangler.shown, self._elsewhere, alike or [mapping]
            )
            self._images[mapping.path, build_id] = image
        names = image.names(_offsets(mapping, addresses))
        if image.problem:
            where = mapping.path if image.problem == DIFFERS else "a program or library"
            self._count(f"address in {where}: {image.problem}", len(names))
        if self._demangler.missed:
            self.notes[f"C++ or Rust name left as it is: {NEEDED}"] = self._demangler.missed
        return names

    def inlined(self, mapping: Mapping, addresses: np.ndarray, caller: np.ndarray) -> list[tuple[Call, ...]]:
        """The functions at run-time addresses (uint64) that `user` was asked about, outermost first.

        The first is the one that `user` named. Empty where nothing is known. caller: bool, whether the address is where
        a call returns to; then the call itself, before it, is looked up.
        """
        image = None if mapping.anonymous else self._images.get((mapping.path, self._build_id(mapping)))
        if image is None:
            return [()] * len(addresses)
        calls = image.inlined(_offsets(mapping, addresses), caller, self.inline == "auto")
        self._count(f"address in a program or library: {image.inline_problem}", len(calls) * bool(image.inline_problem))
        return calls

    def _build_id(self, mapping: Mapping) -> str:
        """The recorded one, "" if none was."""
        path = mapping.path
        if path.startswith(_KERNEL):  # with the name of a symbol behind it
            path = next(filter(lambda path: path.startswith(_KERNEL), self._build_ids), "")
        return mapping.build_id or self._build_ids.get(path, "")

    def kernel(self, mappings: Sequence[Mapping], addresses: np.ndarray) -> tuple[list[str | None], list[str]]:
        """(names, places) of kernel addresses (uint64).

        A name is None where unknown; a place is [kernel.kallsyms], [module] or the name of a BPF program.
        """
        if self._kernel is None:
            self._kernel = Kernel(
                mappings, self._build_id, self._release, *self._kernel_files, self._symfs, self._elsewhere
            )
        names, places = self._kernel.names(addresses)
        self._count(f"kernel address: {self._kernel.problem}", names.count(None) if self._kernel.problem else 0)
        return names, places

    def _count(self, note: str, count: int) -> None:
        if count:
            self.notes[note] = self.notes.get(note, 0) + count


def _offsets(mapping: Mapping, addresses: np.ndarray) -> np.ndarray:
    """Where in the file run-time addresses lie."""
    return addresses - np.uint64(mapping.start) + np.uint64(mapping.offset)
