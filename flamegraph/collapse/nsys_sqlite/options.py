"""What `nsys_sqlite` may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UsageError
from ...gpu import GpuOptions
from ...options import option

__all__ = ["Options"]


@dataclass(frozen=True)
class Options(GpuOptions):
    """What is read from an export, and how it is shown."""

    show: str | None = option(
        None,
        "what the CPU did, in place of the GPU's work: sampled stacks (cpu), NVTX ranges (nvtx), calls of CUDA and of "
        "the libraries around it (api), or calls of the operating system's libraries (osrt)",
        choices=("cpu", "nvtx", "api", "osrt"),
    )
    callers: str = option(
        "auto",
        "what stands above a call: its call chain where one was recorded, else the NVTX ranges around it (auto), "
        "only one of the two, or nothing but the process",
        choices=("auto", "chain", "nvtx", "none"),
    )
    by_stream: bool = option(False, "show work on a GPU below its device and stream")
    short_names: bool = option(False, "show kernels without template arguments and parameters")
    range_numbers: bool = option(False, "keep the numbers and shapes that PyTorch puts behind its NVTX ranges' names")
    pid: bool = option(False, "show each process on its own, as name-PID")
    addrs: bool = option(False, "show the addresses of unknown functions")
    timeline: bool = option(False, "keep samples one by one in time order")

    def __post_init__(self) -> None:
        if self.show is None:
            return
        for name, given in (("gpu", self.gpu), ("by-stream", self.by_stream), ("short-names", self.short_names)):
            if given:
                raise UsageError(f"--{name} is for work on a GPU; it does not go with --show {self.show}")
