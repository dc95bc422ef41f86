"""What `rocprof` may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UsageError
from ...gpu import GpuOptions
from ...options import option

__all__ = ["Options"]


@dataclass(frozen=True)
class Options(GpuOptions):
    """What is read from a trace."""

    show: str | None = option(
        None, "what the CPU did, in place of the GPU's work: calls of HIP and of the libraries below it (api)",
        choices=("api",),
    )  # fmt: skip
    timeline: bool = option(False, "keep operations and calls one by one in time order")

    def __post_init__(self) -> None:
        if self.show and self.gpu:
            raise UsageError("--gpu is for work on a GPU; it does not go with --show api")
