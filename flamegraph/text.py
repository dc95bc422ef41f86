"""Bytes to names, and names to text that is safe to show.

Names come from programs and files that nobody vouches for. They are kept exactly as they were (bytes that are not
UTF-8 survive as lone surrogates, so folded text goes out as it came in) and are made fit for display at the sink.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["decode", "encode", "printable"]


def decode(raw: bytes) -> str:
    """Bytes as text. UTF-8; what is not, is kept as lone surrogates."""
    return raw.decode("utf-8", "surrogateescape")


# Surrogates that stand for no byte: JSON can spell them, UTF-8 can't hold them.
_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def encode(text: str) -> bytes:
    """The inverse of `decode`, byte for byte. What no bytes can be decoded to becomes U+FFFD."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", text).encode("utf-8", "surrogateescape")


# Control characters, line and paragraph separators, bidirectional overrides (they can make a name read as another
# one), tags (letters that nobody sees), lone surrogates and non-characters: none of them may reach a terminal, XML or
# a script.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the picture of the control character
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(character) in ("Cs", "Cn"):
        return "\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(name: str) -> str:
    """A name with everything that is not a visible character replaced by one that is."""
    return _UNPRINTABLE.sub(_visible, name)
