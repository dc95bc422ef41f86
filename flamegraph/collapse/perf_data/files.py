"""Where the file behind a mapping is found, and the file with its debug information: the places that perf looks in.

A file counts only if it is the one that ran: its build id is the recorded one, or, where neither is known, the
checksum in .gnu_debuglink agrees.
"""

from __future__ import annotations

import os
import platform
import re
import zlib
from collections.abc import Iterable, Iterator

from .elf import Elf, mapped
from .living import roots
from .processes import Mapping

__all__ = [
    "DIFFERS", "ELSEWHERE", "MISSING", "cache_home", "debug_files", "elf_file", "inside", "kernel_images",
    "recorded_elsewhere", "runtime_file", "same_build",
]  # fmt: skip

#: Why a file can't be used.
MISSING, DIFFERS = "file not found", "build id differs"
ELSEWHERE = "recorded on another machine without build ids; --symfs DIR says where its programs are"

#: Where no programs are, but devices, and files that do something when they are opened.
_NO_PROGRAMS = re.compile(r"/+(?:proc|sys|dev(?!/shm/))/")

_BUILD_ID = re.compile(r"[0-9a-f]{4,128}")
_RELEASE = re.compile(r"[\w.+~-]+")


def elf_file(path: str) -> Elf | None:
    """The ELF image at a path, or None."""
    data = mapped(path)
    try:
        return Elf(data, path) if data is not None else None
    except ValueError:
        return None


def runtime_file(
    path: str, build_id: str, symfs: str, elsewhere: bool = False, alike: Iterable[Mapping] = ()
) -> tuple[Elf | None, str]:
    """(the file that was mapped, why there is none). The build id decides, if one is given.

    elsewhere   whether another machine made the recording
    alike       mappings of the file, one of each process
    """
    problem, places = MISSING, _places(path, build_id, symfs, () if elsewhere else alike)
    for elf in [_vdso()] if path == "[vdso]" else map(elf_file, places):
        if elf is None:
            continue
        if build_id and not same_build(elf.build_id, build_id):
            problem = DIFFERS
        elif elsewhere and not (build_id or symfs):
            problem = ELSEWHERE
        else:
            return elf, ""
    return None, problem


def _places(path: str, build_id: str, symfs: str, alike: Iterable[Mapping]) -> Iterator[str]:
    if not path.startswith("/") or _NO_PROGRAMS.match(os.path.normpath(path)):
        return
    if symfs:
        yield from (inside(symfs, path), inside(symfs, os.path.basename(path)))
        return
    theirs = (inside(root, path) for root in roots(alike))
    if build_id:
        yield path
        yield from _cached(build_id, "vdso", "elf")
        yield from theirs
    else:
        yield next(theirs, path)  # nothing else tells a file in a container from ours with the same path


def debug_files(path: str, build_id: str, runtime: Elf | None, symfs: str) -> Iterator[Elf]:
    """Files with the symbols that were stripped from a file, best first."""
    places = list(_cached(build_id, "debug", "elf"))  # the latter by `perf buildid-cache --add`
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


def recorded_elsewhere(words: dict[str, str]) -> bool:
    """Whether the head of a recording names another machine than this one: by its name, kernel or processor."""
    here = {"hostname": platform.node(), "osrelease": platform.release(), "arch": platform.machine()}
    return any(words.get(word, "") not in ("", known) for word, known in here.items())


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
