"""Content decides which format an input is in; one format claims it, and the right one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from golden import CORPUS

from flamegraph.collapse import Match, detect, formats
from flamegraph.errors import AmbiguousFormat, EmptyProfile, FlamegraphError, UnknownFormat
from flamegraph.source import Source


def claimants(source: Source) -> list[str]:
    """The formats that claim an input at the best grade."""
    grades = {name: format.sniff(source) for name, format in formats().items()}
    best = max(grades.values())
    return [name for name, grade in grades.items() if grade == best and grade is not Match.NO]


# What the corpus's index calls a file, and who must claim it. The first that matches decides.
EXPECTED = [
    (r"^perf script text", "perf_script"),
    (r"^perf\.data", "perf_data"),
    (r"^nsys export SQLite", "nsys_sqlite"),
    (r"^collapsed \(expected, gzip\)", None),  # "stack [1 2]", another grammar
    # Python's profilers
    (r"(^| )speedscope( JSON.*)?$", "speedscope"),
    (r"^py-spy (raw|dump)|\(py-spy raw\)", "py_spy"),
    (r"^austin (folded|MOJO)", "austin"),
    (r"^pyinstrument", "pyinstrument"),
    (r"(^|[ (])(folded|collapsed)", "folded"),
    (r"^PyTorch", "pytorch"),  # execution traces too: it says what to do about them
    (r"^Chrome (trace event|DevTools timeline) JSON|^py-spy chrometrace", "chrome_trace"),
    (r"^nsys stats CSV", "nsys_stats"),
    (r"^ncu ", "ncu"),
    (r"^rocprof|^omniperf workload", "rocprof"),
    # eBPF. bcc's documentation has outputs of many tools in prose: nobody claims it.
    (r"^bpftrace output", "bpftrace"),
    (r"^bcc profile text", "bcc"),
    # pprof's family; EXCEPTIONS has those whose row does not tell which of the formats it is.
    (r"^pprof (report|text|Profile)", None),
    (r"^pprof protobuf or legacy", "pprof_legacy"),
    (r"^pprof", "pprof"),
    (r"^OTLP profiles", "otlp_profile"),
    (r"^DTrace aggregation text", "dtrace"),
]

# Corpus files that are not what their row says, or hold nothing to claim, and why.
_NAMEATTR = "attributes for names, not a profile"
EXCEPTIONS: dict[str, tuple[list[str], str]] = {
    "differential/austin/diff_a-b.austin": (["py_spy"], "austin-diff calls frames as py-spy does"),
    "folded/flamelens/invalid-lines.txt": (["py_spy"], "frames of py-spy's shape"),
    "folded/flameshow/with_comment.txt": (["austin"], "Austin's text"),
    "folded/gprof2dot-synapse.collapse.gz": (["py_spy"], "frames of py-spy's shape"),
    "folded/inferno-flamegraph/austin/flames.txt": (["austin"], "Austin's text"),
    "py-spy/flamelens/readable.txt": (["folded"], "made up, with frames that py-spy does not write"),
    "rocprof/omniperf-MI200-pmc_dispatch_info.csv": ([], "names of kernels, no times"),
    "rocprof/omniperf-MI200-sysinfo.csv": ([], "what the machine is"),
    "pprof/google/driver-go.nomappings.crash": (["pprof"], "protobuf"),
    "pprof/google/fuzz-empty": ([], "empty"),
    "pprof/google/fuzz-go.crc32.cpu.pb": (["pprof_legacy"], "words of gperftools"),
    "pprof/google/fuzz-gobench.cpu.pb": (["pprof_legacy"], "words of gperftools"),
    "pprof/google/fuzz-java.cpu.pb": (["pprof_legacy"], "words of gperftools"),
    "pprof/pprofutils/folded.in.pprof": (["pprof"], "the pair is called folded"),
    "pprof/pprofutils/folded.out.pprof": (["pprof"], "the pair is called folded"),
    "pprof/pprofutils/json.out.json": ([], "google/pprof's Profile as JSON"),
    "pprof/pprofutils/raw.out.txt": ([], "what `go tool pprof -raw` prints"),
    "folded/inferno-flamegraph/empty/empty.txt": ([], "empty"),
    "perf-script/local/fp.header-only.txt": (["perf_script"], "perf script --header-only: its header, no sample"),
    "perf-script/inferno/expected/no-events-collapsed.txt": ([], "empty"),
    "perf-script/inferno/no-events.txt": ([], "empty"),
    "folded/inferno-flamegraph/nameattr/nameattr.txt": ([], _NAMEATTR),
    "folded/inferno-flamegraph/nameattr/nameattr_duplicate_attributes.txt": ([], _NAMEATTR),
    "folded/inferno-flamegraph/nameattr/nameattr_empty_attribute.txt": ([], _NAMEATTR),
    "folded/inferno-flamegraph/nameattr/nameattr_empty_first_line.txt": ([], _NAMEATTR),
    "folded/inferno-flamegraph/nameattr/nameattr_invalid_attribute.txt": ([], _NAMEATTR),
    "pytorch-kineto/hta/memory_analysis-memory_timeline.raw.gz": ([], "a list of allocations, not a trace"),
}


def corpus() -> list[tuple[str, str]]:
    if not CORPUS.exists():
        return []
    rows = [line.split("\t") for line in (CORPUS / "INDEX.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return [(row[0], row[1]) for row in rows if (CORPUS / row[0]).is_file()]


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_corpus():
    """Every perf script text and every folded file is claimed by its format, and nothing is claimed by a wrong one."""
    wrong = []
    for name, called in corpus():
        format = next((format for pattern, format in EXPECTED if re.search(pattern, called)), None)
        expected = EXCEPTIONS.get(name, ([format] if format else [], ""))[0]
        try:
            found = claimants(Source((CORPUS / name).read_bytes()))
        except FlamegraphError as error:
            found = [str(error)]
        if found != expected:
            wrong.append(f"{name} ({called}): claimed by {found}, expected {expected}")
    assert not wrong, "\n".join(wrong)


def test_exceptions_are_in_the_corpus():
    names = {name for name, _ in corpus()}
    assert not names or set(EXCEPTIONS) <= names


def test_the_name_decides_between_equals_only(tmp_path: Path):
    """A misleading name does not mislead."""
    path = tmp_path / "profile.folded"
    path.write_text("main 1 [000] 12.000001:     100 cycles: \n\t    55d main+0x1 (/bin/main)\n\n")
    assert detect(Source(path)).name == "perf_script"
    path = tmp_path / "perf.script.txt"
    path.write_text("main;work 3\n")
    assert detect(Source(path)).name == "folded"


@pytest.mark.parametrize(
    ("content", "error", "found"),
    [
        (b"", EmptyProfile, "an empty file"),
        (b" \n\n", EmptyProfile, "an empty file"),
        (b"\x7fELF\2\1\1\0\0\0\0\0", UnknownFormat, "binary data that begins with 7f 45 4c 46"),
        (b"Dear diary,\nnothing happened.\n", UnknownFormat, "text that begins with 'Dear diary,'"),
        (b"\0" * 5000, UnknownFormat, "binary data"),
    ],
)
def test_what_nobody_claims(content: bytes, error: type[Exception], found: str):
    with pytest.raises(error) as raised:
        detect(Source(content, "input"))
    assert str(raised.value).startswith("input: expected ") and found in str(raised.value)


def test_unknown_names_the_formats():
    with pytest.raises(UnknownFormat) as raised:
        detect(Source(b"nothing we know"))
    for name in formats():
        assert name in str(raised.value)
    assert str(raised.value).endswith("or say which with --from")


def test_two_claims_are_an_error_that_says_what_to_do(monkeypatch, tmp_path: Path):
    from dataclasses import replace

    import flamegraph.collapse as collapse

    folded = formats()["folded"]
    twin = replace(folded, name="twin", files=("*.twin",))
    monkeypatch.setattr(collapse, "formats", lambda: {"folded": folded, "twin": twin})
    with pytest.raises(AmbiguousFormat) as raised:
        detect(Source(b"main 1\n", "input"))
    assert str(raised.value) == "input: looks like folded or twin; say which with --from"
    path = tmp_path / "x.twin.gz"
    path.write_bytes(b"main 1\n")
    assert detect(Source(path)).name == "twin"
