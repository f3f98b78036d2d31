"""Compares what the harness reports as leaked with what Valgrind finds lost or still reachable.

Under `--lifetime leak --allocator direct --unchecked` every object of the program is one block of malloc that is
never freed, so both must count the same bytes: payload and headers. Blocks of the harness itself are told apart by
the functions that asked for them.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

# A block of the program: malloc, called by the allocator `direct`, called by the heap of objects.
ALLOCATOR = "Direct"
HEAP = "harness::lang::ObjectHeap::"
# Valgrind is slow; this one makes no more objects than its brothers, but a hundred thousand calls.
SKIPPED = {"a_recursion_100_000_deep_gives_its_result.src"}


def blocks(report: Path) -> list[int]:
    """Sizes of the program's blocks that one process left behind."""
    sizes = []
    for error in xml.etree.ElementTree.parse(report).getroot().iter("error"):
        leaked = error.findtext("xwhat/leakedbytes")
        if leaked is None:
            continue
        functions = [frame.findtext("fn") or "" for frame in error.iter("frame")]
        allocators = [i for i, name in enumerate(functions) if ALLOCATOR in name]
        ours = any(HEAP in name for name in functions)
        if functions[0] == "malloc" and allocators and allocators[0] == 1 and ours:
            sizes.append(int(leaked))
    return sizes


def check(harness: str, program: Path) -> str:
    """Empty when both agree, or what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = ["valgrind", "--quiet", "--trace-children=yes", "--leak-check=full", "--show-leak-kinds=all",
                   "--num-callers=60", "--xml=yes", f"--xml-file={folder}/%p.xml", harness, "run", "--unchecked",
                   "--quiet", "--lifetime", "leak", "--allocator", "direct", "--json", str(figures), str(program)]
        done = subprocess.run(command, capture_output=True, timeout=300)
        if done.returncode != 0:
            return f"exit code {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-500:]}"
        heap = json.loads(figures.read_text())["heap"]
        if heap["deallocations"] != 0:
            return "something was given back under leak"
        found = sum(sum(blocks(report)) for report in Path(folder).glob("*.xml"))
        if found != heap["requested_bytes_total"]:
            return f"Valgrind finds {found} bytes, reported are {heap['requested_bytes_total']}"
        headers = heap["header_bytes_peak"]
        if heap["payload_bytes_leaked"] + headers != found:
            return f"{heap['payload_bytes_leaked']} of payload and {headers} of headers are not {found}"
        print(f"{program.name}: {found} bytes")
        return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harness", required=True)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is missing: ci/setup installs it")
        return 1
    if b"__asan_init" in Path(options.harness).read_bytes():
        print("a sanitized harness does not run under Valgrind: nothing to compare")
        return 0
    programs = [p for p in sorted(options.folder.glob("*.src")) if p.name not in SKIPPED]
    failed = 0
    for program in programs:
        problem = check(options.harness, program)
        if problem:
            failed += 1
            print(f"FAILED {program.name}: {problem}")
    print(f"{len(programs) - failed} passed, {failed} failed")
    return 1 if failed or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
