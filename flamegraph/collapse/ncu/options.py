"""What `ncu` may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from ...options import option

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """What counts of a kernel, and what it stands on."""

    counter: str | None = option(None, "the metric that counts, e.g. dram__bytes_read.sum (default: the time)")
    callers: str = option(
        "auto",
        "what stands above a kernel: the functions that launched it, where they were recorded, else the NVTX ranges "
        "around it (auto), only one of the two, or nothing",
        choices=("auto", "chain", "nvtx", "none"),
    )
