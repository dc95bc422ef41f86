"""Two sides compared: what changed per function and per node, and how sure that is.

    comparison = fg.diff(fg.read("before.folded"), fg.read("after.folded"))

Each side is a profile, or several of repeated runs. Both are put on one trie (`align`), scaled so that they may be
compared (`scale`), tested (`judge`, `permutation`), and what only went elsewhere is told apart (`shift`). The result
is a `Comparison`; its profile has the metrics `before` and `after`, and every output draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..errors import IncompatibleProfiles, UsageError
from ..profile import Profile
from ..units import duration_ns
from .align import align
from .blocks import cut
from .comparable import compare_sides
from .judge import enough_runs, grain
from .model import Changes, Comparison, Difference, FunctionChanges, Runs, Scale, Verdict, union_profile
from .scale import NORMS, scale_of

__all__ = [
    "NORMS",
    "Changes",
    "Comparison",
    "Difference",
    "FunctionChanges",
    "Runs",
    "Scale",
    "Verdict",
    "diff",
]


def diff(
    before: Profile | Sequence[Profile],
    after: Profile | Sequence[Profile],
    *,
    metric: str | None = None,
    norm: str = "auto",
    alpha: float = 0.05,
    fdr: bool = False,
    key: Callable[[str], str] | None = None,
    blocks: bool = False,
    force: bool = False,
) -> Comparison:
    """Compare two profiles, or two sets of repeated runs.

    metric  the name of the one to compare (default: the first that both sides have)
    norm    one of `NORMS`, described in `flamegraph.comparison.scale`
    alpha   in at most this share of comparisons without any change something may be called changed
    fdr     bound the share of wrong calls among all calls in place of that, which finds more where much has changed
    key     what functions that only one side has are matched by, made from their labels, such as
            `transform.tidy_name`; None: by their labels alone
    blocks  with one timestamped capture per side: let blocks of its time stand for runs (see `blocks`)
    force   compare what can't be compared, as numbers that mean little

    IncompatibleProfiles where the sides measure different things. UsageError for an unknown metric or norm.
    """
    if not 0 < alpha < 1:
        raise UsageError(f"alpha {alpha}: expected a share between 0 and 1")
    sides = [[side] if isinstance(side, Profile) else list(side) for side in (before, after)]
    if not all(sides):
        raise UsageError("expected at least one profile on each side")
    columns, measured, differences = compare_sides(*sides, metric)
    fatal = [difference for difference in differences if difference.fatal]
    if fatal and not force:
        raise IncompatibleProfiles(
            "; ".join(f"{d.what}: {d.before} before, {d.after} after" for d in fatal)
            + "; --force compares them all the same"
        )
    captures = [profile.meta for profile in (*sides[0], *sides[1])]
    notes: tuple[str, ...] = ()
    if blocks:
        sides, columns, notes = _in_blocks(sides, columns)
    runs = align(*sides, columns, key)
    metas = tuple(profile.meta for profile in (*sides[0], *sides[1]))
    in_blocks = len(metas) > len(captures)
    scale = scale_of(runs, norm, captures, metas, measured)
    grains = grain(runs, measured, metas)
    annotated = frozenset().union(*(meta.annotated for meta in metas))
    enough = enough_runs(runs.after)
    return Comparison(
        profile=union_profile(runs, scale, measured.unit, replace(sides[1][0].meta, annotated=annotated)),
        metric=measured,
        runs=runs,
        scale=scale,
        grains=grains,
        differences=differences,
        alpha=alpha,
        method=("fdr" if fdr else "max-t") if enough else "sampling noise only",
        blocks=in_blocks,
        notes=notes,
    )


def _in_blocks(
    sides: list[list[Profile]], columns: list[int]
) -> tuple[list[list[Profile]], list[int], tuple[str, ...]]:
    """(sides, columns, notes): each capture as its blocks; as they were where too few fit in."""
    if [len(side) for side in sides] != [1, 1]:
        raise UsageError("blocks: expected one capture per side; repeated runs tell more")
    cuts = [cut(side[0], column) for side, column in zip(sides, columns, strict=True)]
    one, other = cuts
    if one is None or other is None:
        whole = [[replace(side[0], meta=replace(side[0].meta, timeline=False))] for side in sides]
        return whole, columns, ("too few blocks of time: what the program does changes too slowly for its length",)
    note = (
        f"{len(one.profiles)} blocks of {duration_ns(one.length)} before and {len(other.profiles)} of "
        f"{duration_ns(other.length)} after stand for runs: they tell how one run varies, not how runs differ"
    )
    each = [columns[0]] * len(one.profiles) + [columns[1]] * len(other.profiles)
    return [one.profiles, other.profiles], each, (note,)
