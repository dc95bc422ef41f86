#!/usr/bin/env python3
"""Make fixtures/collapse/nsys_sqlite: small exports of Nsight Systems with numbers of our own.

    scripts/make_nsys_fixtures.py

A function here is a file there, its docstring says what the file is about. A test compares them, row by row, as the
bytes depend on the version of SQLite. Goldens are then written with `scripts/test --bless`; read them before you
commit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from nsys_exports import NsysExport, thread  # noqa: E402

GOES_TO = ROOT / "fixtures" / "collapse" / "nsys_sqlite"

ORIGIN = """\
Where the files here come from: scripts/make_nsys_fixtures.py made them from numbers of our own, in the schema that
NVIDIA documents.

"""

US = 1_000
APP, CUDART, LIBC = "/opt/demo/solve", "/opt/cuda/lib64/libcudart.so.11.0", "/lib64/libc.so.6"
DRIVER, CUPTI, KERNEL = "/lib64/libcuda.so.1", "/opt/nsys/libcupti.so.11", "[kernel.kallsyms]"
START = (("_start", APP), ("__libc_start_main", LIBC), ("main", APP))
INSIDE = (("0x7f10", DRIVER, "unresolved"), ("0x7f20", CUPTI, "unresolved"))

GEMM = "void ampere::gemm<float, (int)128>(float *, float *, int)"
ADD = "void at::native::add<float>(at::TensorIterator &)"


def old_backtraces() -> NsysExport:
    """Nsight 2022 with --cudabacktrace: two rows for a call, chains counted from 0, MPI as NVTX domain, CPU samples
    of which some were not unwound to their end."""
    made = NsysExport("old")
    made.process(4242, "./solve", {4242: "solve", 4250: "cuda-EvtHandlr"})
    made.add("NVTX_EVENTS", start=1, eventType=75, text="MPI", globalTid=thread(4242), domainId=1)
    made.add("NVTX_EVENTS", start=2, eventType=39, text="MPI Rank 0", globalTid=thread(4242), domainId=0)
    made.range(5 * US, 40 * US, None, 4242, domainId=1, textId="MPI_Init")
    made.range(90 * US, 260 * US, "solve", 4242)
    made.range(300 * US, 380 * US, None, 4242, domainId=1, textId="MPI_Allreduce")
    made.call(10 * US, 12 * US, "cuModuleGetLoadingMode", 1, 4242, eventClass=1)
    called = [
        (50 * US, 60 * US, "cudaMalloc_v3020", 2, (("cudaError cudaMalloc<double>(double**, unsigned long)", APP),)),
        (100 * US, 140 * US, "cudaMemcpy_v3020", 3, ()),
        (150 * US, 155 * US, "cudaLaunchKernel_v7000", 4, (("saxpy(double*, int)", APP),)),
        (160 * US, 250 * US, "cudaMemcpy_v3020", 5, ()),
    ]
    for id, (start, end, name, correlation, wrapper) in enumerate(called):
        plain = name.split("_v")[0]
        made.call(start, end, plain, correlation, 4242, eventClass=67, callchainId=id)
        made.call(start + 50, end - 50, name, correlation, 4242)
        made.chain("CUDA_CALLCHAINS", id + 1, *START, *wrapper, (plain, CUDART), *INSIDE)
    made.copy(105 * US, 135 * US, 1, 4 << 20, 3, 4242)
    made.kernel(158 * US, 200 * US, "saxpy(double *, int)", 4, 4242)
    made.copy(205 * US, 245 * US, 2, 2 << 20, 5, 4242)
    made.sample(1, 20 * US, 4242, None, *START, ("MPI_Init", "/opt/mpi/libmpi.so.40"))
    made.sample(2, 30 * US, 4242, None, *START, ("fill", APP), ("asm_exc_page_fault", KERNEL, "kernel"),
                ("0xffff8", KERNEL, "kernel", "unresolved"))  # fmt: skip
    made.sample(3, 110 * US, 4242, None, *START, ("cudaMemcpy", CUDART), ("0x7f11", DRIVER, "unresolved"))
    made.sample(4, 120 * US, 4242, None, *START, ("cudaMemcpy", CUDART), ("0x7f12", DRIVER, "unresolved"))
    made.sample(5, 130 * US, 4242, None, ("[Broken backtraces]", "[Broken backtraces]"), ("memcpy", LIBC))
    made.sample(
        6, 140 * US, 4242, 4250, ("[Max depth]", "[Max depth]"), ("poll", LIBC), ("0x0", "[Unknown]", "unresolved")
    )
    made.add("COMPOSITE_EVENTS", id=7, start=150 * US, cpu=0, threadState=1, globalTid=thread(4242), cpuCycles=1)
    made.chain("SAMPLING_CALLCHAINS", 99, ("nobody", APP))
    return made


def training() -> NsysExport:
    """Two processes, each with a GPU that is its device 0, the same correlations in both: NVTX as PyTorch writes it,
    a second thread, cuBLAS around a launch, copies, unified memory, and work whose launch is not in the file."""
    made = NsysExport()
    made.add("ANALYSIS_DETAILS", globalVid=1 << 48, duration=2_000 * US, startTime=0, stopTime=2_000 * US)
    for name, value in (("COMMAND", "torchrun"), ("ARGUMENT_0", "--nproc-per-node=2"), ("ARGUMENT_1", "train.py")):
        made.add("META_DATA_CAPTURE", name=f"PROCESS_0:{name}", value=value)
    for rank, pid in enumerate((100, 200)):
        made.process(pid, "/usr/bin/python3.12", {pid: "python3.12", pid + 5: "pt_autograd_0"})
        made.add("TARGET_INFO_CUDA_DEVICE", gpuId=rank, cudaId=0, pid=pid, uuid="")
        late = rank * 7 * US
        for step in range(2):
            at = step * 400 * US + late + 10 * US
            made.range(at, at + 300 * US, f"step {step}", pid)
            made.range(at + 10 * US, at + 100 * US, f"aten::linear, seq = {step}, op_id = {step * 9 + 1}", pid)
            made.range(at + 20 * US, at + 90 * US, f"aten::addmm, seq = {step}, op_id = {step * 9 + 2}", pid)
            made.add("CUBLAS_EVENTS", start=at + 30 * US, end=at + 80 * US, eventClass=40, globalTid=thread(pid),
                     nameId="cublasSgemm_v2")  # fmt: skip
            first = 10 + step * 10
            made.call(at + 40 * US, at + 48 * US, "cudaLaunchKernel_v7000", first, pid)
            made.call(at + 120 * US, at + 125 * US, "cudaMemcpyAsync_v3020", first + 1, pid)
            made.range(
                at + 130 * US, at + 200 * US, f"autograd::engine, seq = {step}, op_id = {step * 9 + 3}", pid, pid + 5
            )
            made.call(at + 140 * US, at + 150 * US, "cudaLaunchKernelExC_v11060", first + 2, pid, pid + 5)
            made.call(at + 142 * US, at + 148 * US, "cuLaunchKernelEx", first + 2, pid, pid + 5, eventClass=1)
            made.call(at + 210 * US, at + 290 * US, "cudaStreamSynchronize_v3020", first + 3, pid)
            # On the first process's GPU the second stream overlaps the first; on the other one nothing does.
            made.kernel(at + 60 * US, at + 160 * US, GEMM, first, pid)
            made.copy(
                at + 130 * US + rank * 40 * US, at + 180 * US + rank * 40 * US, 1, 1 << 20, first + 1, pid, streamId=13
            )
            made.kernel(at + 230 * US, at + 280 * US, ADD, first + 2, pid)
    made.kernel(960 * US, 975 * US, GEMM, 77, 100)  # process 200 has a call of this number, 100 has none
    made.call(930 * US, 935 * US, "cudaLaunchKernel_v7000", 77, 200)
    made.kernel(1_000 * US, 1_010 * US, ADD, 901, 200)
    made.copy(1_020 * US, 1_024 * US, 11, 65_536, 0, 200)
    made.add("CUPTI_ACTIVITY_KIND_MEMSET", start=1_030 * US, end=1_031 * US, deviceId=0, contextId=1, streamId=7,
             correlationId=902, globalPid=1 << 48 | 200 << 24, value=0, bytes=4096)  # fmt: skip
    return made


def nvtx_only() -> NsysExport:
    """Ranges alone: in domains, one without a name, not closed, started and ended on their own, and marks."""
    made = NsysExport("middle")
    made.process(31, "render", {32: "loader"})
    made.add("NVTX_EVENTS", start=0, eventType=75, text="assets", globalTid=thread(31), domainId=3)
    made.range(10, 100, "frame", 31)
    made.range(20, 60, "shade", 31)
    made.range(30, 50, None, 31, domainId=3, textId="texture")
    made.range(70, 90, "shade", 31, domainId=3)
    made.range(200, None, "frame", 31)
    made.range(220, 240, "shade", 31)
    made.range(10, 90, "load", 31, 32)
    made.range(20, None, "stalled", 31, 32)
    made.range(30, 31, None, 31, 32)
    made.range(12, 95, "whole", 31, eventType=60, rangeId=1)
    made.range(40, 80, "across", 31, eventType=60, rangeId=2)
    made.range(15, 18, "begins here, ends there", 31, eventType=60, rangeId=3, endGlobalTid=thread(31, 32))
    made.range(120, 160, "first", 31, eventType=60, rangeId=4)
    made.range(130, 170, "second", 31, eventType=60, rangeId=5)
    made.range(180, None, "not ended", 31, eventType=60, rangeId=6)
    made.add("NVTX_EVENTS", start=55, eventType=34, text="vsync", globalTid=thread(31), domainId=0)
    return made


def graph_nodes() -> NsysExport:
    """CUDA graphs of which each node was traced: the id of the graph is in a column or in the node's id."""
    made = NsysExport()
    made.process(50, "serve")
    made.range(0, 90 * US, "decode", 50)
    for n, correlation in enumerate((7, 8)):
        at = n * 40 * US
        made.call(at + 1 * US, at + 4 * US, "cudaGraphLaunch_v10000", correlation, 50)
        made.kernel(at + 5 * US, at + 12 * US, GEMM, correlation, 50, graphNodeId=(12 << 32) + 1, graphId=12)
        made.kernel(at + 12 * US, at + 20 * US, ADD, correlation, 50, graphNodeId=(12 << 32) + 2, graphId=12)
        made.copy(at + 20 * US, at + 22 * US, 8, 512, correlation, 50, graphNodeId=(12 << 32) + 3)
    made.call(85 * US, 87 * US, "cudaLaunchKernel_v7000", 9, 50)
    made.kernel(88 * US, 91 * US, ADD, 9, 50)
    return made


def graph_whole() -> NsysExport:
    """CUDA graphs traced as a whole, which is nsys's default: the kernels in them are not in the file."""
    made = NsysExport()
    made.process(50, "serve")
    for n, correlation in enumerate((7, 8, 9)):
        at = n * 40 * US
        made.call(at + 1 * US, at + 4 * US, "cudaGraphLaunch_v10000", correlation, 50)
        made.add("CUPTI_ACTIVITY_KIND_GRAPH_TRACE", start=at + 5 * US, end=at + 22 * US, deviceId=0, contextId=1,
                 streamId=7, correlationId=correlation, globalPid=1 << 48 | 50 << 24, graphId=12 + n // 2,
                 graphExecId=40 + n // 2)  # fmt: skip
    made.call(130 * US, 133 * US, "cudaLaunchKernel_v7000", 10, 50)
    made.kernel(134 * US, 140 * US, ADD, 10, 50)
    return made


def system_calls() -> NsysExport:
    """Calls of the operating system's libraries: nested, with chains and without, and where tracing began and ended."""
    made = NsysExport("middle")
    made.process(61, "C:\\demo\\ingest.exe", {62: "worker"})
    made.add("OSRT_API", start=0, end=0, eventClass=31, globalTid=thread(61), nameId="[Unknown]", callchainId=0)
    made.os_call(10 * US, 30 * US, "open", 1, 61)
    made.os_call(40 * US, 90 * US, "fopen", 2, 61)
    made.os_call(50 * US, 70 * US, "open", 0, 61, nestingLevel=1)
    made.os_call(5 * US, 400 * US, "pthread_cond_wait", 3, 61, 62)
    made.os_call(410 * US, 415 * US, "write", 0, 61, 62)
    made.add(
        "OSRT_API", start=500 * US, end=500 * US, eventClass=32, globalTid=thread(61), nameId="[Unknown]", callchainId=0
    )
    made.chain("OSRT_CALLCHAINS", 1, *START, ("read_header", APP), ("__GI___libc_open", LIBC))
    made.chain("OSRT_CALLCHAINS", 2, *START, ("read_table", APP), ("_IO_new_fopen", LIBC))
    made.chain("OSRT_CALLCHAINS", 3, ("[Broken backtraces]", "[Broken backtraces]"), ("0x7f5", "//anon", "unresolved"),
               ("take", APP), ("pthread_cond_wait@@GLIBC_2.3.2", LIBC))  # fmt: skip
    return made


def stripped() -> NsysExport:
    """What others leave of an export: no processes, no owner of a kernel, strings that are missing, times that no clock
    shows and work that ends before it begins."""
    made = NsysExport()
    made.call(-3 * US, -1 * US, "cudaLaunchKernel_v7000", 1, 9)
    made.call(10 * US, 12 * US, "cudaLaunchKernel_v7000", 2, 9)
    made.kernel(0, 8 * US, GEMM, 1, 9)
    made.kernel(14 * US, 20 * US, ADD, 2, 9)
    made.kernel(30 * US, 29 * US, ADD, 2, 9)
    made.kernel(1 << 62, (1 << 62) + 5, ADD, 2, 9)
    made.kernel(40 * US, 41 * US, ADD, 2, 9)
    kernels = made.rows["CUPTI_ACTIVITY_KIND_KERNEL"]
    kernels[-1]["demangledName"] = 12_345
    kernels[-1]["shortName"] = None
    made.without.add(("CUPTI_ACTIVITY_KIND_KERNEL", "globalPid"))
    return made


def bad_no_rows() -> NsysExport:
    """A recording in which nothing was traced."""
    made = NsysExport()
    made.process(70, "idle")
    return made


MADE: dict[str, Callable[[], NsysExport]] = {
    make.__name__: make
    for make in (old_backtraces, training, nvtx_only, graph_nodes, graph_whole, system_calls, stripped, bad_no_rows)
}


def main() -> None:
    GOES_TO.mkdir(parents=True, exist_ok=True)
    for name, make in MADE.items():
        make().write(GOES_TO / f"{name}.sqlite")
    said = "".join(f"{name}.sqlite: {' '.join(MADE[name].__doc__.split())}\n" for name in sorted(MADE))
    (GOES_TO / "ORIGIN").write_text(ORIGIN + said)


if __name__ == "__main__":
    main()
