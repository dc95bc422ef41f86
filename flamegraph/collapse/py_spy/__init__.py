"""py-spy: what `py-spy record -f raw` and `py-spy dump` write, the latter as text or as JSON.

    process 30050:"python app.py";thread (30052): MainThread;<module> (app.py:21);main (app.py:19) 234

    Thread 30064 (active+gil): "MainThread"
        main (app.py:19)
        <module> (app.py:21)

Raw text is folded text. A frame's name is the whole of `main (app.py:19)`, so that folded text goes out as it came in
and a picture shows what py-spy's own does; file, line and, of native frames, the shared object are known besides. Names
of threads and command lines may hold ";" and line ends, which py-spy does not escape: they are put together again.

A dump is one sample per thread, running or idle. `active` and `gil` count those that ran, and that held the
interpreter's lock. Several dumps in one text add up; where they are of several processes, the process is the first
frame, as `py-spy record --subprocesses` has it.
"""

from __future__ import annotations

from ...profile import Profile
from ...source import Source
from .. import Format, Match
from . import dump, dump_json, raw

__all__ = ["FORMAT", "parse", "sniff"]

FORMAT = Format(
    "py-spy raw stacks and dumps",
    made_by="py-spy record -f raw -o FILE -- python3 app.py, py-spy dump --pid PID, py-spy dump --json --pid PID",
    files=("py-spy*.txt", "pyspy*.txt"),
)

_FORMS = (dump_json, dump, raw)


def sniff(source: Source) -> Match:
    whole = len(source.head) == len(source.data)
    return Match.SIGNATURE if any(form.looks(source.head, whole) for form in _FORMS) else Match.NO


def parse(source: Source, options: object) -> Profile:
    whole = len(source.head) == len(source.data)
    form = next((form for form in _FORMS if form.looks(source.head, whole)), raw)
    return form.read(source)
