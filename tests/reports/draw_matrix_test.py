#!/usr/bin/python3
"""The picture of the matrix: well formed, one box for each cell, and the figures that the harness reports.

Call it with the path of the binary: draw_matrix_test.py HARNESS [unittest options].
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HARNESS = ""
SCRIPT = Path(__file__).parents[2] / "reports" / "draw_matrix.py"
CELLS = 7 * 8
PROGRAM = "xs = [str(i) for i in range(1000)]\nprint(len(xs))\ndeinit(xs)\n"
SVG = "{http://www.w3.org/2000/svg}"


class Picture(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = Path(folder.name) / "thousand.src"
        self.program.write_text(PROGRAM)

    def draw(self) -> ElementTree.Element:
        command = [sys.executable, SCRIPT, "--harness", HARNESS, self.program]
        return ElementTree.fromstring(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)

    def test_every_cell_is_drawn_with_its_own_figure(self):
        picture = self.draw()
        boxes = [each for each in picture.iter(SVG + "rect") if each.get("rx")]
        self.assertEqual(len(boxes), CELLS)
        words = [each.text for each in picture.iter(SVG + "text")]
        self.assertEqual(sum("× requested" in word for word in words), CELLS)
        told = subprocess.run(
            [HARNESS, "run", "--quiet", "--allocator", "fixed", "--lifetime", "leak", "--json", "-", self.program],
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        reserved = json.loads(told.stdout.splitlines()[-1])["heap"]["reserved_bytes_peak"]
        self.assertIn(f"{reserved / 1024:.1f} KiB", words)

    def test_no_word_reaches_beyond_the_picture(self):
        picture = self.draw()
        for each in picture.iter(SVG + "text"):
            self.assertLess(float(each.get("y")), float(picture.get("height")))
            self.assertLess(float(each.get("x")), float(picture.get("width")))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    HARNESS = str(Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
