"""The drills: python -m benchmarks.drills NAME [--times N], or all [--quick]; benchmarks/README.md tells of each."""

import argparse
import importlib
import os
import sys
import time

NAMES = {"kill": (50, 4), "dispatcher": (50, 4), "hangup": (1, 1), "writers": (32, 6), "large": (500, 20),
         "faults": (1, 1), "overhead": (5, 2)}  # how often, or how many; with --quick  # fmt: skip


def main() -> int:
    """Do the drills that the command line names; 1 when anything did not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drills", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, "all"])
    parser.add_argument("--times", type=int, help="kills, writers, runs or repeats, as the drill has it")
    parser.add_argument("--quick", action="store_true", help="small numbers: whether it works, not the figures")
    asked = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"  # bit for bit, and two workers on two cores do not fight
    broken = []
    for name in NAMES if asked.name == "all" else [asked.name]:
        start, usual = time.monotonic(), NAMES[name]
        module = importlib.import_module(f"benchmarks.drills.{name}")
        broken += module.drill(asked.times or usual[asked.quick], asked.quick)
        print(f"\n{name}: {time.monotonic() - start:.0f} s", flush=True)
    print("\nall of it held" if not broken else "\ndid not hold:\n" + "\n".join(f"- {one}" for one in broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
