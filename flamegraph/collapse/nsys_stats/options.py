"""What `nsys_stats` may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from ...gpu import GpuOptions
from ...options import option

__all__ = ["Options"]


@dataclass(frozen=True)
class Options(GpuOptions):
    """Which reports are taken, and how they are shown."""

    report: tuple[str, ...] = option((), "this report of nsys stats, e.g. cuda_gpu_kern_sum (repeatable)")
    range_numbers: bool = option(False, "keep the numbers and shapes that PyTorch puts behind its NVTX ranges' names")
    timeline: bool = option(False, "keep operations and ranges one by one in time order")
