"""How GNU's demangler spells a C++ name, made from how LLVM's does.

GNU's, which perf uses, leaves out a function's parameters, return type and qualifiers when it is not asked for them;
LLVM's always gives them. Beyond that, LLVM to GNU:

    A<B<int>>                 A<B<int> >
    main::'lambda0'(auto)     main::{lambda(auto:1)#2}
    operator<<char>           operator< <char>

What differs still, in 1 of 10,000 names of node, Clang and LLVM: default arguments, void in parameter packs.
"""

from __future__ import annotations

import re
from itertools import accumulate, count

__all__ = ["gnu_spelling"]

#: What follows the word `operator` in a name. `operator<` before template arguments reads `operator<<…>`.
_OPERATOR = re.compile(
    r"\boperator(?:\(\)|\[\]|<=>|<<=|>>=|->\*|<<(?=[(<]|$)|>>|<=|>=|->|<|>|"
    r"(?: (?:new|delete)(?:\[\])?| co_await|\"\" ?\w+)?(?=[^\w ]|$))"
)
_CLONE = re.compile(r" \((?:\.[A-Za-z0-9_]+)+\)$")
_QUALIFIER = re.compile(r"(?: const| volatile| restrict| &&?| noexcept)+$")
_CLOSURE = re.compile(r"'(lambda|unnamed)(\d*)'")
_IN_NAME = re.compile(r" (?:const|volatile|&&?)(?=::| const| &)")
_AUTO = re.compile(r"\bauto\b(?!:)")
_POINTER = re.compile(r"(?<=[<,(])( ?)&(?=[A-Za-z_(])")
_ARGUMENT = re.compile(r"(?<=[<(])(?=[A-Za-z_:])|(?<=, )")
_SCOPE = re.compile(r"\)(?: const)?::")
_PACKED = re.compile(r"(?:, )?\bchar8_t\b(?: const)?&{0,2}")
_VECTOR = re.compile(r" vector\[(\d+)\]")
_TLS = re.compile(r"thread-local (init|wrapper)(?:ialization)? routine(?= for )")
_OPEN, _CLOSE = "(<[{", ")>]}"

#: Brackets are looked through again at each level, so that long names must not be nested without end. The deepest of
#: 300,000 names of node, Clang, LLVM and libstdc++ has 28 levels.
_LONG, _DEEPEST = 1000, 100


def gnu_spelling(name: str, kind: str = "", with_marks: str = "") -> str:
    """A name as GNU's demangler spells it, without the parameters of the function itself.

    kind         what follows _Z in the symbol: T or G mark tables and thunks, Z what is local to a function
    with_marks   `name` as it would be if there were the type char8_t in each empty parameter pack

    ValueError where it is nested deeper than any name that was found in a program.
    """
    name = _marked(name, with_marks)
    name = _CLONE.sub("", name)
    shield: list[str] = []

    def hide(match: re.Match[str]) -> str:
        shield.append(match[0])
        return f"operator\x01{len(shield) - 1}\x02"

    # Operators are put aside, so that what brackets are left enclose something.
    name = _OPERATOR.sub(hide, name)
    if len(name) > _LONG and _depth(name) > _DEEPEST:
        raise ValueError("nested too deep")
    if kind not in ("T", "G"):
        name = _named(name)
        name = name[_behind_return_type(name) :] if kind == "Z" else name
    name = _closures(_local(_pointed_to(name))).replace("std::nullptr_t", "decltype(nullptr)")
    name = _VECTOR.sub(r" __vector(\1)", re.sub(r">(?=>)", "> ", name).replace("\x03", "").replace("(* (", "(*("))
    if kind == "T" and name.startswith("thread-local "):
        name = _TLS.sub(r"TLS \1 function", name)
    return re.sub(r"operator\x01(\d+)\x02(<?)", lambda match: _operator(shield[int(match[1])], match[2]), name)


def _depth(name: str) -> int:
    steps = ((letter in _OPEN) - (letter in _CLOSE) for letter in name)
    return max(accumulate(steps))


def _operator(text: str, bracket: str) -> str:
    return text + (" " if bracket and text.endswith("<") else "") + bracket


def _named(name: str) -> str:
    """The name of a function out of its declaration."""
    name = _QUALIFIER.sub("", name) if ")" in name else name
    if not name.endswith(")"):
        return name
    start = _opening(name, len(name) - 1)
    head = name[:start]
    if start <= 0 or head.endswith((" ", "::", "<", ",")):
        return name  # (anonymous namespace), or the like
    if head.endswith(")") and "(" in head:  # a function that returns a pointer to a function: int (*name(int))(char)
        inner = _opening(head, len(head) - 1)
        if inner >= 0 and head[inner + 1 : inner + 2] in ("*", "&"):
            return _named(head[inner + 1 : -1].lstrip("*&"))
    return head[_behind_return_type(head) :]


def _opening(text: str, at: int) -> int:
    """Where the bracket that closes at `at` was opened, or -1."""
    depth = 0
    for place in range(at, -1, -1):
        if text[place] in _CLOSE:
            depth += 1
        elif text[place] in _OPEN:
            depth -= 1
            if not depth:
                return place
    return -1


def _behind_return_type(head: str) -> int:
    depth, after = 0, 0
    for place, letter in enumerate(head):
        if letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth -= 1
        elif not depth:
            if letter == "o" and head.startswith("operator ", place) and (place == 0 or head[place - 1] in " :"):
                break  # a conversion: a type follows
            if letter == " " and not _IN_NAME.match(head, place):
                after = place + 1
    return after


def _marked(name: str, with_marks: str) -> str:
    """`name` with \\x03 where GNU forgets that a bracket needs a space: between brackets, behind an empty pack."""
    if _PACKED.sub("", with_marks) != name:
        return name
    return _PACKED.sub("", re.sub(r">(?:, char8_t)+(?=>)", ">\x03", with_marks))


def _local(name: str) -> str:
    """Template arguments that are local to a function, without that function's return type."""
    parts, at = [], 0
    for match in _ARGUMENT.finditer(name) if _SCOPE.search(name) else ():
        start = match.end()
        if start >= at:
            parts.append(name[at:start])
            at = start + _behind_return_type(name[start : _scope(name, start)])
    return "".join([*parts, name[at:]])


def _scope(name: str, start: int) -> int:
    """Where the parameters begin of the function that the argument at `start` is local to; `start` if to none."""
    depth, opened = 0, start
    for place in range(start, len(name)):
        letter = name[place]
        if letter in _OPEN:
            opened = opened if depth else place
            depth += 1
        elif depth and letter in _CLOSE:
            depth -= 1
            if not depth and _SCOPE.match(name, place):
                return opened
        elif not depth and letter in ",>)":
            break
    return start


def _pointed_to(name: str) -> str:
    """Functions whose address is a template argument, without their parameters too."""
    parts, at = [], 0
    for match in _POINTER.finditer(name):
        if match.start() < at:
            continue
        depth, stop = 0, match.end()
        while stop < len(name) and (depth or name[stop] not in ",>)"):
            depth += (name[stop] in _OPEN) - (name[stop] in _CLOSE)
            stop += 1
        whole = _pointed_to(name[match.end() : stop])
        short = _named(whole)
        # GNU leaves the parameters out where a name is qualified and has neither template arguments of its own nor
        # qualifiers behind it; other functions it puts in brackets.
        simple = "::" in short.split("<", 1)[0] and not short.endswith(">") and whole.endswith(")")
        bracketed = short != whole and not simple
        parts += [name[at : match.end()], f"({whole})" if bracketed else short]
        at = stop
    return "".join([*parts, name[at:]])


def _closures(name: str) -> str:
    """'lambda0'(int) as {lambda(int)#2}."""
    parts, at = [], 0
    for match in _CLOSURE.finditer(name):
        if match.start() < at:
            continue
        number = int(match[2]) + 2 if match[2] else 1
        stop = match.end()
        if match[1] == "lambda" and name.startswith("(", stop):
            depth = 0
            for place in range(stop, len(name)):
                depth += (name[place] == "(") - (name[place] == ")")
                if not depth:
                    stop = place + 1
                    break
        what = "unnamed type"
        if match[1] == "lambda":
            what = "lambda" + _numbered(_closures(name[match.end() : stop]))
        parts += [name[at : match.start()], f"{{{what}#{number}}}"]
        at = stop
    return "".join([*parts, name[at:]])


def _numbered(parameters: str) -> str:
    number = count(1)
    return _AUTO.sub(lambda _: f"auto:{next(number)}", parameters)
