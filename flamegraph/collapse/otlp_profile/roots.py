"""What samples say of themselves, as the frames their stacks stand on: service, process and thread."""

from __future__ import annotations

from ...errors import UsageError
from ...profile import Kind, Thread

__all__ = ["NO_THREAD", "Roots", "thread_of"]

_PROCESS = ("process.executable.name", "process.command", "process.executable.path")

#: The kernel keeps so many characters of a thread's name, which at first is that of its program.
_COMM = 15


class Roots:
    """Frames for the attributes of samples. `roots` and `leaves` are keys that the user asked for."""

    def __init__(self, roots: tuple[str, ...], leaves: tuple[str, ...]):
        self._roots, self._leaves = ([key for given in keys for key in given.split(",")] for keys in (roots, leaves))
        self._seen: set[str] = set()

    def below(self, attributes: dict[str, str]) -> list[tuple[str, Kind]]:
        """The frames that the stack of a sample with these attributes stands on, outermost first."""
        self._seen.update(attributes)
        if self._roots:
            return [self._named(key, attributes) for key in self._roots]
        service, process, thread = _service(attributes), _process(attributes), attributes.get("thread.name", "")
        if thread == process or (len(thread) == _COMM and process.startswith(thread)):
            thread = ""
        if process == service:
            process = ""
        frames = ((service, Kind.PROCESS), (process, Kind.PROCESS), (thread, Kind.THREAD))
        return [(name, kind) for name, kind in frames if name]

    def above(self, attributes: dict[str, str]) -> list[tuple[str, Kind]]:
        """The frames on top of the leaf, likewise."""
        return [self._named(key, attributes) for key in self._leaves]

    def check(self) -> None:
        """UsageError where a key was asked for that no sample had."""
        for key in (*self._roots, *self._leaves):
            if key not in self._seen:
                known = ", ".join(sorted(filter(None, self._seen))) or "none"
                raise UsageError(f"no sample has an attribute {key!r}; the attributes are: {known}")

    def _named(self, key: str, attributes: dict[str, str]) -> tuple[str, Kind]:
        return attributes.get(key) or f"[no {key}]", Kind.THREAD if key.startswith("thread.") else Kind.PROCESS


#: A thread of which nothing is told.
NO_THREAD = Thread(-1, -1, "")


def thread_of(attributes: dict[str, str]) -> Thread:
    """The thread that a sample is from."""
    pid, tid = (_id(attributes.get(key, "")) for key in ("process.pid", "thread.id"))
    return Thread(pid, tid, attributes.get("thread.name", ""))


def _service(attributes: dict[str, str]) -> str:
    """The service's name, where somebody gave it one: collectors make up others, such as the id of the container."""
    name = attributes.get("service.name", "")
    return "" if name.startswith("unknown_service") or name == attributes.get("container.id") else name


def _process(attributes: dict[str, str]) -> str:
    name = next((attributes[key] for key in _PROCESS if attributes.get(key)), "")
    return name.rpartition("/")[2] or name


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
