"""Runs one program whose figures are sums that can be done by hand, on every allocator and lifetime.

The peak is in the middle of the program, so figures that were taken at the end would be wrong.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
def burst():
    xs = [0] * 1000
    n = len(xs)
    deinit(xs)
    return n

a = burst()
b = burst()
last = [1, 2, 3]
print(a + b + len(last))
deinit(last)
"""
# A list of n has (n + 1) * 8 bytes. Each burst has a list of one and, made from it, one of a thousand.
ONE, THOUSAND, THREE = 16, 8008, 32
TOTAL = 2 * (ONE + THOUSAND) + THREE
ALL = [ONE, THOUSAND, ONE, THOUSAND, THREE]

# By lifetime: sizes of what is live at the peak, and the header of each list.
AT_PEAK = {
    "leak": (ALL, 0),
    "arena": (ALL, 8),
    "stack": ([ONE, THOUSAND], 8),
    "manual": ([ONE, THOUSAND], 0),
    "scope": ([ONE, THOUSAND], 0),
    "ownership": ([ONE, THOUSAND], 0),
    "refcount": ([ONE, THOUSAND], 8),
    "refcount+cycles": ([ONE, THOUSAND], 8),
    "gc": (ALL, 8),  # too little for a cycle
}
ALLOCATORS = ["arena", "direct", "fixed", "page", "pool", "stack", "counting(direct)"]


def expected(allocator: str, lifetime: str) -> dict[str, int]:
    live, header = AT_PEAK[lifetime]
    figures = {
        "allocations": 5,
        "payload_bytes_total": TOTAL,
        "payload_bytes_peak": sum(live),
        "payload_bytes_leaked": TOTAL if lifetime == "leak" else 0,
        "header_bytes_peak": header * len(live),
        "requested_bytes_peak": sum(live) + header * len(live),
        "requested_bytes_total": TOTAL + 5 * header,
    }
    if allocator == "page":
        figures["reserved_bytes_peak"] = sum((size + header + 4095) // 4096 * 4096 for size in live)
    return figures


def reserved_by_malloc(lifetime: str) -> range:
    """glibc: a word in front, multiples of 16; what is left of a split and too small for a chunk stays with it."""
    live, header = AT_PEAK[lifetime]
    least = sum(max(32, (size + header + 8 + 15) // 16 * 16) for size in live)
    return range(least, least + 16 * len(live) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harness", required=True)
    options = parser.parse_args()
    sanitized = b"__asan_init" in Path(options.harness).read_bytes()
    cells = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "peak.src", Path(folder) / "figures.json"
        source.write_text(PROGRAM)
        for allocator in ALLOCATORS:
            for lifetime in AT_PEAK:
                for mode in ([], ["--unchecked"]):
                    command = [options.harness, "run", "--quiet", *mode, "--allocator", allocator, "--lifetime", lifetime,
                               "--json", str(out), "--force", str(source)]
                    done = subprocess.run(command, capture_output=True, timeout=60)
                    heap = json.loads(out.read_text())["heap"]
                    want = expected(allocator, lifetime)
                    wrong = {k: (heap[k], v) for k, v in want.items() if heap[k] != v}
                    by_malloc = reserved_by_malloc(lifetime)
                    if allocator == "direct" and not sanitized and heap["reserved_bytes_peak"] not in by_malloc:
                        wrong["reserved_bytes_peak"] = (heap["reserved_bytes_peak"], by_malloc)
                    if done.returncode != 0 or done.stdout != b"2003\n":
                        wrong["output"] = (done.stdout, done.stderr)
                    cells += 1
                    if wrong:
                        failed += 1
                        print("FAILED", " ".join(command[1:-3]), "is and should be:", wrong)
    print(f"{cells - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
