#!/usr/bin/python3
"""Holds what is found without running against what the runs say.

Every program of the table really ends with the error that was found, under each lifetime that the finding names, and
its twin with the remedy applied is legal there. Generated legal programs have no finding, and no program of the suite
has one for a lifetime under which it runs well. Call it with the path of the binary: agreement_test.py HARNESS.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "portable"))
from choices import Choices  # noqa: E402
from generate import generate  # noqa: E402
from table import read_table  # noqa: E402

HARNESS = ""
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PATIENCE_S = 300
TABLES = sorted(HERE.glob("findings/*.txt"))


def check(files: list[str], *options: str) -> list[dict]:
    """The programs' objects of the JSON report, in the order of the files."""
    done = subprocess.run(
        [HARNESS, "check", "--json", "-", "--quiet", *options, *files],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    if done.returncode in (2, 7) or not done.stdout:
        raise AssertionError(f"{done.args} ended with {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])["programs"]


# A run tells a cycle of owners as the leak that it is.
ALSO = {"ReferenceCycleError": {"LeakError"}}


def errors_of(cell: dict) -> list[str]:
    return [error["kind"] for error in cell["errors"] + cell["defects"]]


class Table(unittest.TestCase):
    def programs(self, mended: bool) -> list[dict]:
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for table in TABLES:
                for row in read_table(table):
                    file = Path(folder) / f"{table.stem}.{row.name}.src"
                    file.write_text(row.mended() if mended else row.text(), encoding="utf-8")
                    files.append(str(file))
            self.assertGreater(len(files), 60)
            return check(files)

    def test_what_was_found_is_what_a_run_ends_with(self):
        claims = 0
        for program in self.programs(mended=False):
            cells = {cell["lifetime"]: cell for cell in program["cells"]}
            ended: set[str] = set()
            for finding in program["findings"]:
                for lifetime, error in finding["lifetimes"].items():
                    if lifetime in ended:
                        continue  # the first defect ends the program
                    ended.add(lifetime)
                    claims += 1
                    with self.subTest(Path(program["file"]).stem, lifetime=lifetime):
                        met = errors_of(cells[lifetime])
                        self.assertTrue({error, *ALSO.get(error, ())} & set(met), f"{error} was found, {met} met")
        self.assertGreater(claims, 150)

    def test_a_mended_program_is_legal_where_it_was_not(self):
        found = self.programs(mended=False)
        for before, after in zip(found, self.programs(mended=True)):
            self.assertEqual(after["findings"], [], after["file"])
            named = {lifetime for finding in before["findings"] for lifetime in finding["lifetimes"]}
            for cell in after["cells"]:
                if cell["lifetime"] not in named:
                    continue
                with self.subTest(Path(after["file"]).stem, lifetime=cell["lifetime"]):
                    # The table says nothing of what a program forgets to free.
                    self.assertLessEqual(set(errors_of(cell)), {"LeakError"} if cell["lifetime"] == "manual" else set())


class Generated(unittest.TestCase):
    def test_silence_on_programs_that_are_legal_under_every_lifetime(self):
        first = random.randrange(1 << 30)
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for seed in range(first, first + 100):
                file = Path(folder) / f"seed_{seed}.src"
                file.write_text(generate(Choices(seed)), encoding="utf-8")
                files.append(str(file))
            for program in check(files, "--static"):
                # Made again by tests/portable/generate.py --seed N.
                self.assertEqual((program["errors"], program["findings"]), ([], []), program["file"])


class Suite(unittest.TestCase):
    def test_no_finding_for_a_lifetime_under_which_a_program_runs_well(self):
        files = [str(file) for folder in ("tests/programs", "workloads") for file in sorted((ROOT / folder).rglob("*.src"))]
        found = {}
        for program in check(files, "--static"):
            if claims := [finding for finding in program["findings"] if finding["lifetimes"]]:
                found[program["file"]] = claims
        self.assertGreater(len(found), 10)
        for file, claims in found.items():
            text = Path(file).read_text(encoding="utf-8")
            options = [word for setting in re.findall(r"^# set: *(\S+)", text, re.M) for word in ("--set", setting)]
            if small := re.search(r"^# small: *(\d+)", text, re.M):
                options += ["--set", f"n={small[1]}"]
            named = {name for finding in claims for name in finding["lifetimes"]}
            limits = ["--timeout", "5", "--max-heap", "256M", "--lifetimes", ",".join(named)]
            [program] = check([file], *limits, *options)
            well = {cell["lifetime"] for cell in program["cells"] if cell["status"] == "ok"}
            for finding in program["findings"]:
                with self.subTest(file, line=finding["line"], error=finding["kind"]):
                    self.assertFalse(well & set(finding["lifetimes"]), "a false alarm")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    HARNESS = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
