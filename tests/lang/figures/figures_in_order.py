"""Holds the figures of golden programs against each other, whatever the programs do.

payload <= requested <= reserved <= mapped at the peak, and what is live never exceeds the peak, nor the peak the
total. Every n-th program runs in every cell; `--step 1` takes all of them.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "programs"))
import program_format  # noqa: E402  (found beside the golden programs)

ALLOCATORS = ["arena", "direct", "fixed", "page", "pool", "stack", "counting(direct)"]
LIFETIMES = ["leak", "manual", "refcount", "refcount+cycles", "gc", "scope", "ownership", "arena", "stack"]


def problems(report: dict) -> list[str]:
    heap = report["heap"]
    wrong = []

    def at_most(small: str, large: str) -> None:
        if heap.get(small) is not None and heap.get(large) is not None and heap[small] > heap[large]:
            wrong.append(f"{small} {heap[small]} > {large} {heap[large]}")

    at_most("payload_bytes_peak", "requested_bytes_peak")
    at_most("header_bytes_peak", "requested_bytes_peak")
    at_most("requested_bytes_peak", "reserved_bytes_peak")
    at_most("reserved_bytes_peak", "mapped_bytes_peak")
    at_most("payload_bytes_leaked", "payload_bytes_peak")
    at_most("payload_bytes_peak", "payload_bytes_total")
    at_most("requested_bytes_peak", "requested_bytes_total")
    at_most("payload_bytes_total", "requested_bytes_total")
    at_most("deallocations", "allocations")
    if heap["requested_bytes_peak"] > heap["payload_bytes_peak"] + heap["header_bytes_peak"]:
        wrong.append("requested at its peak is more than the peaks of payload and headers together")
    if report["stack"]["value_bytes_peak"] > report["stack"]["window_bytes_peak"]:
        wrong.append("named slots are more than the windows that hold them")
    return wrong


def run(harness: str, path: Path, allocator: str, lifetime: str) -> list[str]:
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [harness, "run", "--quiet", "--timeout", "20", "--allocator", allocator, "--lifetime", lifetime,
                   "--json", out.name, "--force", str(path)]
        try:
            subprocess.run(command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return [f"{' '.join(command)}: no end"]
        text = Path(out.name).read_text()
    if not text:
        return []  # refused before it ran
    report = json.loads(text)
    # A run that its time limit ended has no figures: one mapping for each object is slow on a busy machine.
    if report.get("heap") is None or report["status"] == "limit":
        return []
    return [f"{path.name} on {allocator} under {lifetime}: {p}" for p in problems(report)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harness", required=True)
    parser.add_argument("--step", type=int, default=12)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    paths = []
    for path in sorted(options.folder.rglob("*.src"))[:: options.step]:
        program = program_format.read_program(path)
        # What comes from an allocator of the program is in no figure of the run's own allocator.
        second = re.search(r"\busing\b|create_arena|system\.memory", "\n".join(program.lines))
        if not program.arguments and program.lifetimes != [] and not second:
            paths.append(path)
    cells = [(p, a, l) for p in paths for a in ALLOCATORS for l in LIFETIMES]
    with ThreadPoolExecutor(2) as pool:
        found = [problem for result in pool.map(lambda cell: run(options.harness, *cell), cells) for problem in result]
    for problem in found:
        print("FAILED", problem)
    print(f"{len(cells)} runs, {len(found)} failed")
    return 1 if found or not cells else 0


if __name__ == "__main__":
    sys.exit(main())
