"""Where the file behind a mapping is found, and the file with its debug information: the places that perf looks in.

A file counts only if it is the one that ran: its build id is the recorded one, or, where neither is known, the
checksum in .gnu_debuglink agrees.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator

from .elf import Elf, mapped

__all__ = ["DIFFERS", "MISSING", "cache_home", "debug_files", "elf_file", "inside", "kernel_copies", "runtime_file"]

#: Why a file can't be used.
MISSING, DIFFERS = "file not found", "build id differs"

_BUILD_ID = re.compile(r"[0-9a-f]{4,128}")


def elf_file(path: str) -> Elf | None:
    """The ELF image at a path, or None."""
    data = mapped(path)
    try:
        return Elf(data, path) if data is not None else None
    except ValueError:
        return None


def runtime_file(path: str, build_id: str, symfs: str) -> tuple[Elf | None, str]:
    """(the file that was mapped, why there is none). The build id decides, if one is given."""
    if path == "[vdso]":
        places = iter([_vdso()])
    elif not path.startswith("/"):
        return None, MISSING
    elif symfs:
        places = map(elf_file, (inside(symfs, path), inside(symfs, os.path.basename(path))))
    else:
        places = map(elf_file, (path, *_cached(build_id, "vdso", "elf")))
    problem = MISSING
    for elf in places:
        if elf is None:
            continue
        if build_id and not _same(elf.build_id, build_id):
            problem = DIFFERS
            continue
        return elf, ""
    return None, problem


def debug_files(path: str, build_id: str, runtime: Elf | None, symfs: str) -> Iterator[Elf]:
    """Files with the symbols that were stripped from a file, best first."""
    places = list(_cached(build_id, "debug"))
    if _BUILD_ID.fullmatch(build_id):
        places += [
            inside(symfs, f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug"),
            os.path.join(cache_home(), "debuginfod_client", build_id, "debuginfo"),
        ]
        places.append(inside(symfs, f"/usr/lib/debug{path}.debug"))
        places.append(inside(symfs, f"/usr/lib/debug{path}"))
    for place in places:
        elf = elf_file(place)
        if elf is not None and _same(elf.build_id, build_id) and elf.has_symtab:
            yield elf
    link, checksum = runtime.debug_link if runtime is not None else ("", 0)
    folder = os.path.dirname(path)
    for place in (f"{folder}/{link}", f"{folder}/.debug/{link}", f"/usr/lib/debug{folder}/{link}") if link else ():
        elf = elf_file(inside(symfs, place))
        if elf is None or not elf.has_symtab:
            continue
        if _same(elf.build_id, build_id) if build_id else zlib.crc32(elf.data) == checksum:
            yield elf


def _same(one: str, other: str) -> bool:
    """Whether two build ids agree. Old recordings pad short ones with zeros to 20 bytes."""
    return bool(one) and one.ljust(40, "0") == other.ljust(40, "0")


def kernel_copies(build_id: str) -> Iterator[str]:
    """Copies of a kernel's symbols, kept by its build id: paths of vmlinux and of kallsyms that are there."""
    return filter(os.path.isfile, _cached(build_id, "vmlinux", "kallsyms"))


def inside(root: str, path: str) -> str:
    """A path below `root`, whatever `..` it holds."""
    return root.rstrip("/") + os.path.normpath("/" + path.lstrip("/")) if root else path


def _cached(build_id: str, *names: str) -> Iterator[str]:
    """Where perf keeps its own copies of files: its build-id cache."""
    if _BUILD_ID.fullmatch(build_id):
        folder = os.path.join(os.path.expanduser("~"), ".debug", ".build-id", build_id[:2], build_id[2:])
        yield from (os.path.join(folder, name) for name in names)


def cache_home() -> str:
    """Where a user keeps what can be made again (XDG base directories)."""
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")


def _vdso() -> Elf | None:
    """The code that the running kernel maps into every process, read from this one."""
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
            line = next(line for line in maps if line.endswith("[vdso]\n"))
            start, _, end = line.split()[0].partition("-")
            memory.seek(int(start, 16))
            return Elf(memory.read(min(int(end, 16) - int(start, 16), 1 << 20)))
    except (OSError, ValueError, StopIteration):
        return None
