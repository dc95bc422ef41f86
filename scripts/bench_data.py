"""Inputs for bench.py, made from a seed: the same size gives the same bytes everywhere (recordings: here).

    python scripts/bench_data.py perf-script 100 out.txt       about 100 MB of `perf script` text
    python scripts/bench_data.py folded 16 out.folded          about 16 MB of folded stacks
    python scripts/bench_data.py perf-data 21 out.data         about 21 MB of a recording (bench_recording.py)

bench.py runs this as a process of its own, because a child's peak memory is never less than that of the process
which started it, so that one has to stay small.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench_recording import perf_data
from bench_stacks import THREADS, grow, zipf

SEED = 20240229
MEGABYTE = 10**6

_VERBS = [
    "get", "set", "read", "write", "open", "close", "parse", "handle", "make", "update", "find", "insert",
    "remove", "send", "lock", "map", "copy",
]  # fmt: skip
_NOUNS = [
    "buffer", "page", "socket", "request", "index", "block", "tree", "node", "cache", "table", "queue",
    "frame", "string", "value", "inode", "task",
]  # fmt: skip
_CLASSES = [
    "Server", "Session", "Parser", "Allocator", "Scheduler", "Channel", "Pool", "Reader", "Writer", "Planner",
    "Store", "Cursor",
]  # fmt: skip
_SPACES = "net::http", "std::__detail", "absl::container_internal", "app::storage", "app::query", "rocks::util"
_TEMPLATES = "std::vector<%s*>", "std::map<std::string, %s>", "std::unique_ptr<%s>", "std::shared_ptr<const %s>"


def symbol(rng: random.Random, plain: float) -> str:
    """A name as it stands in real profiles: a C function (`plain` of them), a C++ method, now and then a template."""
    verb, noun, owner = rng.choice(_VERBS), rng.choice(_NOUNS), rng.choice(_CLASSES)
    if rng.random() < plain:
        return f"{rng.choice(('', '', '__', 'do_'))}{verb}_{noun}{rng.choice(('', '', '', '64'))}"
    sort = rng.random()
    if sort < 0.7:
        return f"{owner}::{verb}{noun.capitalize()}"
    method = f"{rng.choice(_SPACES)}::{owner}::{verb}_{noun}"
    return method if sort < 0.9 else f"{rng.choice(_TEMPLATES) % f'{rng.choice(_SPACES)}::{owner}'}::{verb}_{noun}"


def symbols(rng: random.Random, n: int, plain: float) -> list[str]:
    """n different names."""
    names: dict[str, None] = {}
    while len(names) < n:
        name = symbol(rng, plain)
        # Few words make few names; a number keeps the rest apart, as versions and clones do in real programs.
        names[name if name not in names else f"{name}.{len(names)}"] = None
    return list(names)


def folded(rng: random.Random, size: int) -> Iterator[bytes]:
    """Distinct stacks. 68 MB of them are 520,000 stacks, a million nodes and 4.5 million frames."""
    names = symbols(rng, 12_000, plain=0.945)
    seen: set[tuple[int, ...]] = set()
    written = 0
    for stack in grow(rng, len(names), kept=0.765, fresh=2.0):
        if stack in seen:
            continue
        seen.add(stack)
        # A few stacks take most of the samples, most take one or two.
        line = f"{';'.join([names[f] for f in stack])} {min(int(rng.paretovariate(1.1)), 10**6)}\n".encode()
        written += len(line)
        yield line
        if written >= size:
            return


def folded_after(rng: random.Random, size: int) -> Iterator[bytes]:
    """The stacks of `folded` after a change: a tenth are gone, a tenth are new, the others count another time."""
    chance = random.Random(SEED + 1)
    for line in folded(rng, size):
        stack, _, count = line.rpartition(b" ")
        fate = chance.random()
        if fate > 0.1:
            stack += b";added_function" if fate > 0.9 else b""
            yield b"%s %d\n" % (stack, max(int(int(count) * chance.gauss(1, 0.1)), 1))


def in_order(lines: Callable[[random.Random, int], Iterator[bytes]]) -> Callable[[random.Random, int], list[bytes]]:
    """The same lines sorted, as stackcollapse-*.pl, inferno and we write them."""
    return lambda rng, size: sorted(lines(rng, size))


_KERNEL = [
    "__handle_mm_fault", "handle_mm_fault", "exc_page_fault", "asm_exc_page_fault", "vfs_read", "ksys_read",
    "vfs_write", "tcp_sendmsg_locked", "sock_sendmsg", "__x64_sys_sendto", "do_epoll_wait", "schedule", "__schedule",
    "finish_task_switch.isra.0", "copy_page_to_iter", "filemap_read", "ext4_file_read_iter", "futex_wait_queue",
]  # fmt: skip
_MODULES = [
    "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30", "/opt/app/bin/server",
    "/opt/app/lib/libstorage.so.3", "/usr/lib/postgresql/15/bin/postgres",
]  # fmt: skip


def perf_script(rng: random.Random, size: int) -> Iterator[bytes]:
    """Samples as `perf script` prints them: 800 bytes and 10 frames each, a third of them stopped in the kernel.

    The leaf's offset is what makes most stack texts differ. In real recordings (sampled for this: eight of 300 to
    7,000 samples) the number of distinct texts grows with the 0.7th power of that of samples, more slowly the more
    there are. Here 12,000 samples (10 MB) have 25 % distinct texts, 530,000 samples (428 MB) 7 %.
    """
    names = symbols(rng, 4_000, plain=0.6)
    place = [rng.choice(_MODULES) for _ in names]
    address = [rng.randrange(0x1000, 0x200000, 16) for _ in names]

    def user(frame: int, offset: int) -> str:
        return f"\t{address[frame] + offset:16x} {names[frame]}+0x{offset:x} ({place[frame]})\n"

    def kernel(name: int, offset: int) -> str:
        return f"\tffffffff{0x81000000 + name * 4096 + offset:8x} {_KERNEL[name]}+0x{offset:x} ([kernel.kallsyms])\n"

    entry = "\tffffffff81000130 entry_SYSCALL_64_after_hwframe+0x76 ([kernel.kallsyms])\n"
    begin = "\t           2724a __libc_start_call_main+0x7a (/usr/lib/x86_64-linux-gnu/libc.so.6)\n"
    calls = [rng.randrange(5, 400) for _ in names]  # one call site per function
    paths = []
    for stack in grow(rng, len(names), kept=0.68, fresh=2.0):
        below = "".join(user(frame, calls[frame]) for frame in reversed(stack[:-1])) + begin
        inside = ""
        if rng.random() < 0.33:
            picked = rng.sample(range(len(_KERNEL)), 4)
            inside = "".join(kernel(k, 0x10 + k) for k in picked[1:]) + entry + user(stack[-1], calls[stack[-1]])
            paths.append((picked[0], True, inside + below))
        else:
            paths.append((stack[-1], False, below))
        if len(paths) == 6_000:
            break
    rng.shuffle(paths)  # the first ones are short, and what is popular need not be

    popular, hot = zipf(len(paths), 1.3), zipf(40, 1.3)
    times = 2361.88
    written = 0
    while True:
        chosen = rng.choices(paths, cum_weights=popular, k=10_000)
        spots = rng.choices(range(40), cum_weights=hot, k=10_000)
        owners = rng.choices(THREADS, k=10_000)
        for (leaf, in_kernel, rest), spot, (comm, tid) in zip(chosen, spots, owners, strict=True):
            times += rng.random() * 0.0004
            top = kernel(leaf, spot * 5) if in_kernel else user(leaf, spot * 7)
            sample = f"{comm} {tid:5} [00{tid % 4}] {times:12.6f}:     250000 cycles:P: \n{top}{rest}\n".encode()
            written += len(sample)
            yield sample
            if written >= size:
                return


KINDS: dict[str, Callable[[random.Random, int], Iterable[bytes]]] = {
    "perf-script": perf_script,
    "folded": folded,
    "folded-after": folded_after,
    "folded-sorted": in_order(folded),
    "folded-after-sorted": in_order(folded_after),
    "perf-data": perf_data,
}


def main() -> None:
    kind, megabytes, path = sys.argv[1:]
    target = Path(path)
    partial = target.with_name(target.name + ".part")  # so that an interrupted run leaves nothing that looks complete
    with open(partial, "wb", buffering=1 << 20) as file:
        file.writelines(KINDS[kind](random.Random(SEED), int(float(megabytes) * MEGABYTE)))
    partial.replace(target)


if __name__ == "__main__":
    main()
