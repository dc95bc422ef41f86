"""Flame graphs you can trust, from the output of any profiler.

    import flamegraph as fg

    profile = fg.read("perf.data")                # the format is found from the content
    fg.write(profile, "out.svg")                  # what to write, from the suffix
    both = fg.merge([profile, fg.read("other.folded")])
    callers = fg.transform.reverse(profile)
    changed = fg.diff(profile, fg.read("after.data"))

`read` makes a `Profile`, a handful of tables described in `flamegraph.profile`; everything else takes one. `diff` makes
a `Comparison`, whose `profile` has both sides. All that can go wrong is a `FlamegraphError`. `formats()` and
`renderers()` list what can be read and written, with options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import transform
    from .builder import Builder, stacks_from_chains
    from .collapse import formats, read
    from .comparison import Comparison, diff
    from .errors import FlamegraphError
    from .merging import merge
    from .profile import Frames, Kind, Meta, Metric, Profile, Samples, Stacks, Thread
    from .render import renderers, write

__version__ = "0.1.0"

_HOME = {
    "Builder": "builder",
    "Comparison": "comparison",
    "FlamegraphError": "errors",
    "Frames": "profile",
    "Kind": "profile",
    "Meta": "profile",
    "Metric": "profile",
    "Profile": "profile",
    "Samples": "profile",
    "Stacks": "profile",
    "Thread": "profile",
    "diff": "comparison",
    "formats": "collapse",
    "merge": "merging",
    "read": "collapse",
    "renderers": "render",
    "stacks_from_chains": "builder",
    "transform": "transform",
    "write": "render",
}

__all__ = [
    "Builder",
    "Comparison",
    "FlamegraphError",
    "Frames",
    "Kind",
    "Meta",
    "Metric",
    "Profile",
    "Samples",
    "Stacks",
    "Thread",
    "diff",
    "formats",
    "merge",
    "read",
    "renderers",
    "stacks_from_chains",
    "transform",
    "write",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `flamegraph --help` does not wait for NumPy.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f".{_HOME[name]}", __name__)
    return module if name == _HOME[name] else getattr(module, name)
