#!/usr/bin/python3
"""Tests that `cmake --install` gives a program that needs nothing of the build tree, and what its pages point to.

    install_test.py CMAKE BUILD_FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE = ""
BUILD = ""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        # Installed in one place and moved to another, so that no remembered path can help.
        first, cls.prefix = Path(folder.name) / "first", Path(folder.name) / "second"
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", str(first)], check=True, stdout=subprocess.DEVNULL)
        first.rename(cls.prefix)

    def test_the_program_runs_an_installed_workload(self):
        workload = self.prefix / "share/harness/workloads/trees/binary_trees.src"
        command = [str(self.prefix / "bin/harness"), "run", "--allocator", "arena", "--set", "depth=8", str(workload)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("kept tree of depth 8 check 511", done.stdout)
        self.assertRegex(done.stderr, r"^arena × refcount: ok, .* 0 B leaked\n$")

    def test_the_program_searches_no_library_in_the_build_tree(self):
        program = str(self.prefix / "bin/harness")
        dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("RUNPATH", dynamic)
        self.assertNotIn("RPATH", dynamic)

    def test_the_program_does_not_name_the_build_tree(self):
        self.assertNotIn(str(Path(BUILD).resolve()).encode(), (self.prefix / "bin/harness").read_bytes())

    def test_the_pages_come_along(self):
        for page in ["README.md", "lang/reference/README.md", "harness/json.md", "workloads/README.md"]:
            self.assertTrue((self.prefix / "share/harness" / page).is_file(), page)


if __name__ == "__main__":
    CMAKE, BUILD = sys.argv[1:3]
    del sys.argv[1:3]
    sys.exit(unittest.main(verbosity=2))
