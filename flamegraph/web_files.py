"""The files that pictures and pages are made of: templates, styles and scripts, in the folder `web`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

__all__ = ["template", "web_file"]

_WEB = Path(__file__).parent / "web"


@cache
def web_file(name: str) -> str:
    """A file's text, by its path from the folder."""
    return (_WEB / name).read_text("utf-8")


@cache
def template(name: str) -> Template:
    """A file as a template, which escapes what is put into it and refuses what it does not know."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(web_file(name))
