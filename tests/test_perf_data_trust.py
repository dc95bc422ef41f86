"""Which files a recording may make us open, and whether they are taken for those that ran."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from elves import FUNC, GLOBAL, TEXT_ADDRESS, TEXT_OFFSET, elf
from recordings import USER, Recording

from flamegraph.collapse import read
from flamegraph.collapse.perf_data import kernel, living, regular
from flamegraph.collapse.perf_data.files import recorded_elsewhere
from flamegraph.collapse.perf_data.processes import Mapping
from flamegraph.collapse.perf_data.symbols import Resolver

ID = "0123456789abcdef0123456789abcdef01234567"
BASE = 0x7F0000000000
ADDRESSES = np.array([BASE], np.uint64)
HERE = {"hostname": platform.node(), "osrelease": platform.release(), "arch": platform.machine()}


def program(name: str, build_id: str = "") -> bytes:
    return elf([(name, TEXT_ADDRESS, 16, FUNC, GLOBAL)], build_id=build_id)


def put(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def mapped(path: str, pid: int = 1, build_id: str = "") -> Mapping:
    return Mapping(BASE, BASE + 0x2000, TEXT_OFFSET, path, build_id, pid=pid)


def ask(mapping: Mapping, **options) -> tuple[list[str | None], dict[str, int]]:
    resolver = Resolver(**options)
    return resolver.user(mapping.pid, mapping, ADDRESSES), resolver.notes


class TestWhatIsOpened:
    """A path out of a recording may name anything: what is no regular file is never opened."""

    @pytest.mark.parametrize(
        "path", ["/dev/zero", "//dev/zero", "/usr/../dev/stdin", "/proc/kmsg", "/proc/self/exe", "/sys/kernel/notes"]
    )
    def test_devices_and_the_like(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
        assert ask(mapped(path))[0] == [None]

    def test_pipes_and_sockets(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(tmp_path / "fifo")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "socket"))
            monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
            for name in ("fifo", "socket", "."):
                assert regular.opened(str(tmp_path / name)) is None

    def test_shared_memory_holds_files(self) -> None:
        folder = Path("/dev/shm")
        if not os.access(folder, os.W_OK):
            pytest.skip("there is none")
        path = put(folder / f"flamegraph-{os.getpid()}", program("shared"))
        try:
            assert ask(mapped(path))[0] == ["shared"]
        finally:
            os.unlink(path)


class TestAnotherMachine:
    """Where a recording was made elsewhere, a file here with the same path is another one, unless its build id says."""

    @pytest.mark.parametrize("word", HERE)
    def test_is_told_by_name_kernel_or_processor(self, word: str) -> None:
        assert not recorded_elsewhere({}) and not recorded_elsewhere(HERE)
        assert recorded_elsewhere({**HERE, word: "another"})

    def test_files_count_by_their_build_id(self, tmp_path: Path) -> None:
        path = put(tmp_path / "program", program("work", ID))
        assert ask(mapped(path), elsewhere=False)[0] == ["work"]
        found, notes = ask(mapped(path), elsewhere=True)
        assert found == [None] and "recorded on another machine" in next(iter(notes))
        assert ask(mapped(path, build_id=ID), elsewhere=True) == (["work"], {})
        assert ask(mapped(path), elsewhere=True, symfs="/") == (["work"], {}), "so they were asked for"

    def test_its_kernel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """By build id alone; and even if it lay where this one lies, its modules did not."""
        text = b"ffffffff81000000 T _text\nffffffff81000100 T work\nffffffffc0200000 t inner\t[module]\n"
        monkeypatch.setattr(kernel, "read_kallsyms", lambda path: text)
        monkeypatch.setattr(kernel, "running_build_id", lambda: ID)
        addresses = np.array([0xFFFFFFFF81000104, 0xFFFFFFFFC0200004], np.uint64)
        image = Mapping(0xFFFFFFFF81000000, 0xFFFFFFFFA0000000, 0xFFFFFFFF81000000, "[kernel.kallsyms]_text")
        asked = {
            (elsewhere, known): Resolver(
                build_ids=[(-1, "[kernel.kallsyms]", ID)] * known, release=HERE["osrelease"], elsewhere=elsewhere
            ).kernel([image], addresses)[0]
            for elsewhere in (False, True)
            for known in (False, True)
        }
        assert asked[False, False] == asked[False, True] == ["work", "inner"]
        assert asked[True, False] == [None, None] and asked[True, True] == ["work", None]

    def test_reading(self, tmp_path: Path) -> None:
        path = put(tmp_path / "program", program("work"))
        made = Recording()
        made.comm("program")
        made.mmap(BASE, 0x2000, path, offset=TEXT_OFFSET)
        made.sample(USER, BASE)
        for name, shown in ((platform.node(), "work"), ("another", "[program]")):
            text = name.encode().ljust(64, b"\0")
            feature = made.pack("IHHQI", 80, 0, 20 + len(text) + 4, 3, len(text)) + text + bytes(4)
            profile = read(made.pipe() + feature, format="perf_data")
            assert set(profile.frames.name) & {"work", "[program]"} == {shown}


class TestContainers:
    """A process that is still there, and sees other files than this one."""

    @pytest.fixture
    def proc(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """/proc with a process 42 that is 7 in its container."""
        folder = tmp_path / "proc"
        monkeypatch.setattr(living, "_PROC", str(folder))
        for pid, root in (("self", "/"), ("42", tmp_path / "container")):
            put(folder / pid / "maps", b"%x-%x r-xp 0000 00:00 0 /program\nnonsense\n" % (BASE, BASE + 0x2000))
            put(folder / pid / "status", b"Name:\tserver\nNStgid:\t42\t7\nNSpid:\t42\t7\n")
            put(folder / pid / "ns/mnt", b"")
            (folder / pid / "root").symlink_to(root)
        (tmp_path / "container").mkdir()
        return folder

    def test_its_files(self, proc: Path, tmp_path: Path) -> None:
        put(tmp_path / "container/program", program("inside", ID))
        assert ask(mapped("/program", pid=42)) == (["inside"], {})
        assert ask(mapped("/program", pid=42, build_id=ID)) == (["inside"], {})
        other = ID[:-1] + "0"
        assert ask(mapped("/program", 42, other)) == ([None], {"address in /program: build id differs": 1})
        assert ask(mapped("/program", pid=43))[0] == [None]
        assert ask(mapped("/program", pid=42, build_id=ID), elsewhere=True)[0] == [None]

    def test_not_ours_instead_of_its(self, proc: Path, tmp_path: Path) -> None:
        path = put(tmp_path / "program", program("outside"))
        assert ask(mapped(path, pid=1))[0] == ["outside"]
        put(Path(f"{tmp_path}/container{path}"), program("inside"))
        assert ask(mapped(path, pid=42))[0] == ["inside"]
        put(proc / "42/maps", b"55550000-55560000 r-xp 0000 00:00 0 /program\n")
        assert ask(mapped(path, pid=42))[0] == ["outside"], "another process has that number now"

    def test_a_process_of_several(self, proc: Path, tmp_path: Path) -> None:
        put(tmp_path / "container/program", program("inside", ID))
        first, second = mapped("/program", 41, ID), mapped("/program", 42, ID)
        assert Resolver().user(41, first, ADDRESSES, alike=[first, second]) == ["inside"]

    def test_its_map(self, proc: Path, tmp_path: Path) -> None:
        put(tmp_path / "container/tmp/perf-7.map", b"%x 20 compiled\n" % BASE)
        assert ask(mapped("//anon", pid=42)) == (["compiled"], {})
        assert ask(mapped("//anon", pid=42), elsewhere=True)[0] == [None]
        put(proc / "42/maps", b"%x-%x rw-p 0000 00:00 0\n" % (BASE, BASE + 0x2000))
        assert ask(mapped("//anon", pid=42))[0] == [None], "no code is there now"

    def test_a_real_one(self, tmp_path: Path) -> None:
        """Its own numbers of processes, and a /tmp of its own."""
        if not shutil.which("unshare") or subprocess.run(["unshare", "-mpf", "true"], capture_output=True).returncode:
            pytest.skip("no namespace can be made here")
        script = "mount -t tmpfs none /tmp && echo 7f00 20 compiled > /tmp/perf-1.map && echo && exec sleep 60"
        command = ["unshare", "-mpf", "--kill-child", "sh", "-c", script]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()
                pid = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())
                while "sleep" not in (lines := Path(f"/proc/{pid}/maps").read_text()):
                    time.sleep(0.01)
                start = next(int(line.split("-")[0], 16) for line in lines.splitlines() if "r-xp" in line)
                root, number = living.living(Mapping(start, start + 1, 0, "", pid=pid))
                assert number == 1 and living.apart(pid)
                assert Path(f"{root}/tmp/perf-1.map").read_text() == "7f00 20 compiled\n"
            finally:
                process.terminate()


def test_perfs_cache_has_what_was_stripped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`perf buildid-cache --add` puts files with their symbols where copies of programs are."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = put(tmp_path / "program", elf(build_id=ID))
    put(tmp_path / f".debug/.build-id/{ID[:2]}/{ID[2:]}/elf", program("work", ID))
    assert ask(mapped(path, build_id=ID)) == (["work"], {})
