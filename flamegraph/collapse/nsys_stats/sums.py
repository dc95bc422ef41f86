"""Reports that hold one row for all calls, kernels or ranges of a name."""

from __future__ import annotations

from ...builder import Builder
from ...gpu import BOUNDARY
from ...launches import METRICS
from ...profile import Kind
from ...tables import nanoseconds, number
from .options import Options
from .reader import Reader
from .reports import COUNTS, NAMES, TOTALS, Report

__all__ = ["Summary"]


class Summary(Reader):
    """Tables of sums: report;name. Calls and work on the GPU, where one report has both, have metrics of their own."""

    def __init__(self, report: Report, build: Builder, options: Options):
        super().__init__(report, build, options)
        self._samples: dict[tuple[str, str], list[tuple[int, int]]] = {}

    def take(self, cells: list[str]) -> str | None:
        total, times = self._amount(cells, TOTALS), self._amount(cells, COUNTS)
        if total is None or times is None:
            return "row without numbers"
        ranges = "range" in self.report.columns
        on_gpu = self.report.on_gpu and self.cell(cells, "category") != "CUDA_API"
        if self.what and not on_gpu:
            return "row of calls, which --gpu leaves out"
        node = self._stack(cells, Kind.GPU if on_gpu and not ranges else Kind.USER)
        if self.what != "launches":
            size = self.report.first_of(TOTALS) == "total"
            self._count(("size", "bytes") if size else METRICS["time"] if on_gpu else ("time", "ns"), node, total)
        if self.what != "time":
            counted = "ranges" if ranges else "launches" if on_gpu else "calls"
            self._count((counted, counted), node, times)
        return None

    def _amount(self, cells: list[str], columns: tuple[str, ...]) -> int | None:
        """A time in ns, a size in bytes or a count, in the first of these columns that there is."""
        column = self.report.first_of(columns)
        value = None if column is None else number(self.cell(cells, column))
        if value is None or value < 0:
            return None
        unit = self.report.units[column]
        if columns is COUNTS or unit in _SIZES:
            return round(value * _SIZES.get(unit, 1))
        return nanoseconds(value, unit or "ns")

    def _stack(self, cells: list[str], kind: Kind) -> int:
        """report;name, for nvtx_kern_sum report;range;-;name, for cuda_gpu_kern_gb_sum report;name;dimensions."""
        frame, columns = self.build.frame, self.report.columns
        frames = [frame(self.report.name)]
        if "nvtx range" in columns:
            frames += [frame(self.range(cells, "nvtx range")), frame(BOUNDARY, Kind.GAP)]
        column = self.report.first_of(NAMES)
        frames.append(frame(self.range(cells, column) if column == "range" else self.cell(cells, column), kind))
        if "gridxyz" in columns and "blockxyz" in columns:
            grid, block = (", ".join(self.cell(cells, column).split()) for column in ("gridxyz", "blockxyz"))
            frames.append(frame(f"grid ({grid}), block ({block})", kind))
        return self.build.stack(frames)

    def _count(self, metric: tuple[str, str], node: int, value: int) -> None:
        self._samples.setdefault(metric, []).append((node, value))

    def finish(self) -> None:
        # The GPU comes first: the first metric is what is shown.
        for metric, samples in sorted(self._samples.items(), key=lambda item: _ORDER.index(item[0][0])):
            column = self.build.metric(*metric)
            for node, value in samples:
                self.build.sample(node, value, column)


_ORDER = ("gpu time", "time", "size", "launches", "calls", "ranges")

#: Units of size, in bytes.
_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
