"""Formats and outputs are found by listing their package, so that adding one edits nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

__all__ = ["members"]


def members(package: ModuleType, mark: str) -> dict[str, ModuleType]:
    """The modules of a package that have an attribute called `mark`, by name, in alphabetical order."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    modules = {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, mark)}
