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

__all__ = [
    "DIFFERS", "MISSING", "cache_home", "debug_files", "elf_file", "inside", "kernel_images", "runtime_file",
    "same_build",
]  # fmt: skip

#: Why a file can't be used.
MISSING, DIFFERS = "file not found", "build id differs"

_BUILD_ID = re.compile(r"[0-9a-f]{4,128}")
_RELEASE = re.compile(r"[\w.+~-]+")


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
        if build_id and not same_build(elf.build_id, build_id):
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
        if elf is not None and same_build(elf.build_id, build_id) and elf.has_symtab:
            yield elf
    link, checksum = runtime.debug_link if runtime is not None else ("", 0)
    folder = os.path.dirname(path)
    for place in (f"{folder}/{link}", f"{folder}/.debug/{link}", f"/usr/lib/debug{folder}/{link}") if link else ():
        elf = elf_file(inside(symfs, place))
        if elf is None or not elf.has_symtab:
            continue
        if same_build(elf.build_id, build_id) if build_id else zlib.crc32(elf.data) == checksum:
            yield elf


def same_build(one: str, other: str) -> bool:
    """Whether two build ids agree. Old recordings pad short ones with zeros to 20 bytes."""
    return bool(one) and one.ljust(40, "0") == other.ljust(40, "0")


def kernel_images(build_id: str, release: str, symfs: str) -> Iterator[tuple[str, bool]]:
    """(path, whether it is an ELF image): where a kernel's symbols may be, if it is not the one that runs."""
    yield from ((path, path.endswith("vmlinux")) for path in _cached(build_id, "vmlinux", "kallsyms"))
    if _BUILD_ID.fullmatch(build_id):
        places = [f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug"]
        if _RELEASE.fullmatch(release):
            places += [
                f"/usr/lib/debug/boot/vmlinux-{release}",
                f"/usr/lib/debug/lib/modules/{release}/vmlinux",
                f"/boot/vmlinux-{release}",
                f"/lib/modules/{release}/build/vmlinux",
                f"/lib/modules/{release}/vmlinux",
            ]
        yield from ((inside(symfs, path), True) for path in places)


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
