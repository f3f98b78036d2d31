#!/usr/bin/python3
"""Erases the memory statements of a portable program, so that python3 can say what it must print.

This is an oracle of its own, independent of the harness's `python` command: it works on tokens and keeps every line in
its place. It knows the statements that portable programs use (`&x`, `~&x`, `move`, `clone`, `free`, `deinit`, `keep`,
`defer deinit(x)`, `region:`, `@region`, `let`) and nothing else; a program that uses more is not portable.
"""

from __future__ import annotations

import io
import sys
import tokenize
from pathlib import Path


def hash48(x: int) -> int:
    """47 bits of splitmix64's finaliser (Steele, Lea and Flood 2014); of ints only, which is what workloads hash."""
    word = (1 << 64) - 1
    z = (x + 0x9E3779B97F4A7C15) & word
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & word
    z = (z ^ z >> 27) * 0x94D049BB133111EB & word
    return (z ^ z >> 31) >> 17


# Functions of the language that Python lacks. They sit on one line, so that line numbers stay those of the program.
PRELUDE = {
    "move": lambda x: x,
    "free": lambda x: None,
    "deinit": lambda x: None,
    "region": lambda f: f,
    "param": lambda name, default: default,
    "wrap32": lambda x: x & 0xFFFFFFFF,
    "mulmod": lambda a, b, m: a * b % m,
    "hash48": hash48,
}

# Before one of these a `&` or `~&` is the borrow of what follows, not an operator between two values.
OPERAND_BEFORE = {tokenize.NAME, tokenize.NUMBER, tokenize.STRING}
KEYWORDS_BEFORE_OPERAND = {"return", "in", "and", "or", "not", "if", "else", "is", "lambda"}
SPACE = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENCODING}


def prelude(settings: dict[str, int] | None = None) -> dict:
    """The names a program finds before its first line; `settings` play the part of `--set`."""
    from copy import deepcopy

    values = settings or {}
    names = dict(PRELUDE, clone=deepcopy)
    names["param"] = lambda name, default: values.get(name, default)
    return names


def read_settings(pairs: list[str]) -> dict[str, int]:
    return {name: int(value) for name, value in (pair.split("=") for pair in pairs)}


def ends_an_operand(token: tokenize.TokenInfo | None) -> bool:
    if token is None or token.type in SPACE:
        return False
    if token.type == tokenize.NAME:
        return token.string not in KEYWORDS_BEFORE_OPERAND
    return token.type in OPERAND_BEFORE or token.string in (")", "]", "}")


def statements(tokens: list[tokenize.TokenInfo]):
    """Yields the index of the first token of each logical line, and that of its NEWLINE."""
    first = None
    for index, token in enumerate(tokens):
        if token.type in SPACE and token.type != tokenize.NEWLINE:
            continue
        if token.type == tokenize.NEWLINE:
            if first is not None:
                yield first, index
            first = None
        elif first is None:
            first = index


def erased_statement(words: list[str]) -> str | None:
    """What Python says instead of a whole statement, or None when the statement stays."""
    if words[0] == "defer" and words[1] in ("deinit", "free"):
        return "pass"
    if words[0] == "keep" and len(words) > 1 and words[1].isidentifier():
        return "pass"
    if words == ["region", ":"]:
        return "if True:"
    if words[0] in ("deinit", "free") and len(words) == 4 and words[1] == "(":
        return f"del {words[2]}"
    return None


def erase(source: str) -> str:
    """Returns the program without its memory statements, line for line."""
    lines = source.split("\n")
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    edits = []
    for first, last in statements(tokens):
        words = [token.string for token in tokens[first:last] if token.type != tokenize.COMMENT]
        replacement = erased_statement(words)
        if replacement is not None:
            end = tokens[first + len(words) - 1].end
            edits.append((tokens[first].start, end, replacement))
            continue
        if words[0] == "let" and words[1].isidentifier():
            edits.append((tokens[first].start, tokens[first + 1].start, ""))
        for index in range(first, last):
            before = tokens[index - 1] if index > first else None
            if tokens[index].string == "&" and not ends_an_operand(before) and (before is None or before.string != "~"):
                edits.append((tokens[index].start, tokens[index].end, ""))
            elif tokens[index].string == "~" and tokens[index + 1].string == "&":
                edits.append((tokens[index].start, tokens[index + 1].end, ""))
    for (row, start), (end_row, end), text in sorted(edits, reverse=True):
        if row != end_row:
            raise ValueError(f"line {row}: a memory statement must stand on one line")
        lines[row - 1] = lines[row - 1][:start] + text + lines[row - 1][end:]
    return "\n".join(lines)


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: erase.py FILE [NAME=VALUE…]   runs FILE under python3 without its memory statements")
        return 2
    path = Path(sys.argv[1])
    settings = read_settings(sys.argv[2:])
    sys.setrecursionlimit(100_000)
    exec(compile(erase(path.read_text(encoding="utf-8")), str(path), "exec"), prelude(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
