"""Makes each allocation of small programs fail in turn and judges what the harness makes of it.

A failed allocation may end in a MemoryError that the program catches or that ends it, never in a crash, a leak or a
run that pretends nothing happened. The last line tells how many faults were injected.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

FINE = {0, 1, 5}
LIFETIMES = ["leak", "refcount", "refcount+cycles", "arena"]


def run(harness: str, program: Path, lifetime: str, n: int, checked: bool):
    command = [harness, "run", "--quiet", "--json", "-", "--allocator", f"failing(direct,{n})", "--lifetime", lifetime]
    if not checked:
        command.append("--unchecked")
    done = subprocess.run([*command, str(program)], capture_output=True, timeout=60)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    report = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return command, done, report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harness", required=True)
    parser.add_argument("--most", type=int, default=400, help="allocations of one program that are made to fail")
    options = parser.parse_args()
    passed = failed = faults = 0
    for program in sorted(Path(__file__).parent.glob("*.src")):
        for lifetime in LIFETIMES:
            for checked in (True, False):
                problem = ""
                for n in range(1, options.most + 1):
                    command, done, report = run(options.harness, program, lifetime, n, checked)
                    text = done.stderr.decode("utf-8", "replace")
                    if done.returncode not in FINE:
                        problem = f"exit code {done.returncode}: {text.strip()[-300:]}"
                    elif lifetime != "leak" and report.get("heap", {}).get("payload_bytes_leaked", 0) != 0:
                        problem = "something leaked"
                    if problem:
                        break
                    if done.returncode == 0 and b"MemoryError" not in done.stdout:
                        break  # the program makes fewer allocations than n: nothing failed any more
                    faults += 1
                else:
                    problem = f"more than {options.most} allocations"
                if problem:
                    failed += 1
                    print("FAILED", " ".join(command), program, "\n   ", problem)
                else:
                    passed += 1
    print(f"{faults} faults injected")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
