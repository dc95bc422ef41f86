"""One page with every view of a profile: flame and icicle graph, callers, one function, table and tree.

The page needs nothing else: no network, no server, no file beside it. It carries the profile as columns (`packed`),
works out what is asked of it in modules that know no page (`flamegraph/web/page`), and draws only what can be seen, so
that a million frames are no burden. A policy in its head lets nothing run but its own script, and nothing be loaded.
"""

from __future__ import annotations

from ...comparison import Comparison
from ...profile import Profile
from .. import Renderer
from .content import of_comparison, of_profile
from .options import Options

__all__ = ["RENDERER", "Options", "render", "render_comparison"]

RENDERER = Renderer("interactive page with all views", (".html", ".htm"), Options)


def render(profile: Profile, options: Options) -> bytes:
    from .page import page  # the templates' library takes longer to load than all the rest

    return page(*of_profile(profile, options))


def render_comparison(comparison: Comparison, options: Options) -> bytes:
    """The page of a comparison, which also knows each change's interval and what is said about it."""
    from .page import page

    return page(*of_comparison(comparison, options))
