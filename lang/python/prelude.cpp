// The prelude itself, as one Python text. A str of the language is a row of bytes, so strings here hold one
// character per byte (latin-1) and are written out as such; lengths and output then agree for every text, not
// for ASCII only.
#include "lang/python/prelude.hpp"

namespace harness::lang {

const std::string_view python_prelude = R"PYTHON(import copy as _h_copy
import os as _h_os
import struct as _h_struct
import sys as _h_sys
import threading as _h_threading
import time as _h_time
import types as _h_types
from contextlib import ExitStack as _h_ExitStack

_h_mask = (1 << 64) - 1
_h_step = 0x9E3779B97F4A7C15


def _h_bytes(text):
    return _h_os.fsencode(text).decode("latin-1")


def _h_command_line():
    settings, rest, seed = {}, [], 1
    words = [_h_bytes(word) for word in _h_sys.argv[1:]]
    while words:
        word = words.pop(0)
        if word == "--":
            rest += words
            break
        name, equals, value = word.partition("=")
        if name in ("--set", "--seed"):
            if not equals:
                if not words:
                    _h_sys.exit(f"{name} needs a value")
                value = words.pop(0)
            if name == "--seed":
                seed = int(value)
            else:
                key, equals, setting = value.partition("=")
                if not equals:
                    _h_sys.exit("--set needs name=value")
                settings[key] = setting
        else:
            rest.append(word)
    return settings, rest, seed


_h_settings, args, _h_seed = _h_command_line()


def param(name, default):
    """The setting `name` in the type of `default`, or `default` itself when it was not set."""
    if name not in _h_settings:
        return default
    text = _h_settings[name]
    if isinstance(default, bool):
        if text in ("true", "True", "1"):
            return True
        if text in ("false", "False", "0"):
            return False
        raise ValueError(f"setting {name}={text} is not a bool")
    if isinstance(default, int):
        return int(text)
    if isinstance(default, float):
        return float(text)
    return text


def wrap32(x):
    """The low 32 bits of an int, unsigned."""
    return x & 0xFFFFFFFF


def mulmod(a, b, m):
    """(a * b) % m without an intermediate limit; the sign follows m as Python's % does."""
    return a * b % m


def _h_mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _h_mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _h_mask
    return z ^ (z >> 31)


def hash48(x):
    """A hash from 0 to 2**47 - 1 of an int (as 64 bits, two's complement) or of the bytes of a str."""
    if isinstance(x, str):
        h = 0xCBF29CE484222325
        for c in x.encode("latin-1"):
            h = ((h ^ c) * 0x100000001B3) & _h_mask
    elif isinstance(x, int):
        h = x
    else:
        raise TypeError(f"hash48() takes an int or a str, not {type(x).__name__}")
    return _h_mix((h + _h_step) & _h_mask) >> 17


class _h_Random:
    """splitmix64 (Steele, Lea, Flood 2014): the state steps by a constant and is mixed."""

    def __init__(self, seed):
        self.state = seed & _h_mask

    def next(self):
        self.state = (self.state + _h_step) & _h_mask
        return _h_mix(self.state)


_h_random = _h_Random(_h_seed)


def random_seed(n):
    global _h_random
    _h_random = _h_Random(n)


def random_int(lo, hi):
    """An int from lo to hi, both included: lo + the rest of one 64-bit number by the count of values."""
    if hi < lo:
        raise ValueError("empty range for random_int()")
    return lo + _h_random.next() % (hi - lo + 1)


def random_float():
    """A float in [0, 1): the top 53 bits of one 64-bit number."""
    return (_h_random.next() >> 11) * 2.0**-53


def progress(done, total):
    pass


def clock():
    """Seconds as a float, from an arbitrary start."""
    return _h_time.perf_counter()


def exit(n=0):
    _h_sys.exit(n)


def progress(*values):
    """Tells a user who watches how far the program is; no part of its output."""


def read_file(path):
    with open(path.encode("latin-1"), "rb") as file:
        return file.read().decode("latin-1")


def write_file(path, text):
    with open(path.encode("latin-1"), "wb") as file:
        file.write(text.encode("latin-1"))


def open_file(path, mode):
    return open(path.encode("latin-1"), mode.replace("b", ""), encoding="latin-1", newline="\n")


def read_line(file):
    """The next line with its line end; empty at the end of the file."""
    return file.readline()


def write(file, text):
    file.write(text)


def close_file(file):
    file.close()


_h_clone = _h_copy.deepcopy


def _h_as_float(value):
    return float(value) if type(value) is int else value


def _h_stored(name, value, floats, short_floats):
    if name in floats and type(value) is int:
        return float(value)
    if name in short_floats and type(value) in (int, float):
        return _h_struct.unpack("f", _h_struct.pack("f", value))[0]
    return value


def _h_pipe(value, *stages):
    for stage in stages:
        value = stage(value)
    return value


_h_sources = {}
_h_modules = {}


def _h_import(name):
    if name not in _h_modules:
        module = _h_modules[name] = _h_types.ModuleType(name)
        for key, value in _h_language.items():
            module.__dict__.setdefault(key, value)
        exec(compile(_h_sources[name], name + ".src", "exec"), module.__dict__)
    return _h_modules[name]


_h_language = {key: value for key, value in globals().items() if not key.startswith("__")}


def _h_names(all_names):
    """Of a module's names those that the program bound itself."""
    return {
        key: value
        for key, value in all_names.items()
        if not key.startswith(("_h_", "__")) and (key not in _h_language or _h_language[key] is not value)
    }


def _h_unwrapped(code):
    """The code without a trace of `_h_main` in the names of its lambdas, which error messages show."""
    inner = tuple(_h_unwrapped(each) if isinstance(each, _h_types.CodeType) else each for each in code.co_consts)
    return code.replace(co_consts=inner, co_qualname=code.co_qualname.removeprefix("_h_main.<locals>."))


def _h_run(main):
    main.__code__ = _h_unwrapped(main.__code__)
    _h_sys.stdout.reconfigure(encoding="latin-1", errors="replace", newline="\n")
    _h_sys.setrecursionlimit(200_000)
    # The standard library counts an int's digits before printing it; the language has no such limit.
    if hasattr(_h_sys, "set_int_max_str_digits"):
        _h_sys.set_int_max_str_digits(0)
    outcome = [1]

    def body():
        try:
            main()
            outcome[0] = 0
        except SystemExit as stop:
            outcome[0] = stop.code
        except BaseException:
            _h_sys.stdout.flush()
            _h_sys.excepthook(*_h_sys.exc_info())

    # Calls that pass through C code need C stack: as much as can be reserved.
    for size in (1 << 30, 1 << 28, 1 << 26):
        try:
            _h_threading.stack_size(size)
            thread = _h_threading.Thread(target=body)
            thread.start()
            break
        except (RuntimeError, ValueError, MemoryError):
            continue
    else:
        _h_sys.exit("cannot start a thread")
    thread.join()
    _h_sys.exit(outcome[0])
)PYTHON";

const std::string_view python_epilogue = R"PYTHON(

_h_run(_h_main)
)PYTHON";

}  // namespace harness::lang
