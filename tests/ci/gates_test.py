#!/usr/bin/python3
"""Tests the gates of ci/: each must pass what is right and name what is wrong."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CI = Path(__file__).resolve().parent.parent.parent / "ci"

HANDLERS = """
#include <cstdint>
struct Machine;
using Handler = std::uint64_t (*)(Machine&, const std::uint32_t*);
struct Machine { Handler table[256]; std::uint64_t values[16]; };
std::uint64_t slow(Machine&, const std::uint32_t*);
void look(std::uint64_t*);

template <int Mode>
struct Ops {
    static std::uint64_t op_add(Machine& m, const std::uint32_t* at) {
        m.values[0] += m.values[Mode];
        return m.table[*at & 255](m, at + 1);
    }
    static std::uint64_t op_branch(Machine& m, const std::uint32_t* at) {
        if (m.values[0] == 0) return m.table[at[1] & 255](m, at + 2);
        if (m.values[0] == 1) return slow(m, at);
        return m.table[*at & 255](m, at + 1);
    }
    static std::uint64_t op_halt(Machine& m, const std::uint32_t*) { return m.values[0]; }
};
template struct Ops<1>;
"""
# The local's address is known outside, so no compiler may reuse the frame for the next handler.
DROPPED = HANDLERS + """
std::uint64_t op_dropped(Machine& m, const std::uint32_t* at) {
    std::uint64_t local = 1;
    look(&local);
    const std::uint64_t result = m.table[*at & 255](m, at + 1);
    return result;
}
"""


def gate(name: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(CI / name), *arguments], capture_output=True, text=True, check=False)


class Gate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class Includes(Gate):
    def test_the_tree_passes(self):
        done = gate("check_includes")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_allowed_directions_pass(self):
        self.write("lang/a.cpp", '#include <vector>\n#include "lang/a.hpp"\n#include "allocators/x.hpp"\n')
        self.write("harness/b.cpp", '#include "lang/a.hpp"\n')
        self.assertEqual(gate("check_includes", str(self.folder)).returncode, 0)

    def test_what_points_back_is_named(self):
        self.write("allocators/a.cpp", '// why\n#include "lang/value.hpp"\n')
        done = gate("check_includes", str(self.folder))
        self.assertEqual(done.returncode, 1)
        self.assertIn('allocators/a.cpp:2: allocators may not include "lang/value.hpp"', done.stdout)

    def test_includes_beside_the_file_are_named(self):
        self.write("lang/a.cpp", '#include "a.hpp"\n#include "lang/../harness/x.hpp"\n')
        self.assertIn("2 includes against", gate("check_includes", str(self.folder)).stdout)


class TailCalls(Gate):
    def compiled(self, source: str, *options: str) -> str:
        self.write("vm.cpp", source)
        output = self.folder / "vm.o"
        command = ["g++", "-std=c++20", *options, "-c", str(self.folder / "vm.cpp"), "-o", str(output)]
        subprocess.run(command, check=True)
        return str(output)

    def test_sibling_calls_pass_and_are_counted(self):
        done = gate("check_tail_calls", self.compiled(HANDLERS, "-O2"), "--may-stop", "op_halt", "--list")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("3 handlers", done.stdout)
        self.assertIn("op_branch: 2 jumps", done.stdout)

    def test_a_handler_that_stops_must_be_named(self):
        done = gate("check_tail_calls", self.compiled(HANDLERS, "-O2"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("op_halt: returns instead of jumping on", done.stdout)

    def test_a_dropped_sibling_call_is_found(self):
        done = gate("check_tail_calls", self.compiled(DROPPED, "-O2"), "--may-stop", "op_halt")
        self.assertEqual(done.returncode, 1)
        self.assertIn("op_dropped: returns instead of jumping on", done.stdout)
        self.assertIn("1 failed", done.stdout)

    def test_an_unoptimised_build_is_found(self):
        done = gate("check_tail_calls", self.compiled(HANDLERS, "-O0"), "--may-stop", "op_halt")
        self.assertEqual(done.returncode, 1)
        self.assertIn("2 failed", done.stdout)

    def test_a_build_without_handlers_does_not_pass(self):
        done = gate("check_tail_calls", self.compiled("int main() {}\n", "-O2"))
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
