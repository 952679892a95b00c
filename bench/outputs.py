#!/usr/bin/env python3
"""Output control beside its limits (CPU seconds; run from the repository after `make build`).

1. The ledger's decision on a new table of 770,000 persons beside 1,000 answered ones, 48 numbers each, depth 3; the
   limit is a twentieth of a second or so, what nobody notices.
2. `naru protect outputs`: the cheapest suppression of a two-way table of 48 numbers, process start included, beside
   starting the process alone.
3. `naru protect attack` where a folder of OMOP Parquet tables is given as the first argument."""
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile


def cpu_seconds(command, **more):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


_, scale = cpu_seconds(["build/release/test_protect", "-tc=*timed*"], env={**os.environ, "NARU_TEST_LONG": "1"})
print(next((line for line in scale.stdout.splitlines() if line.startswith("ledger:")), "ledger: not measured"))

with tempfile.TemporaryDirectory() as folder:
    random.seed(1)
    table = pathlib.Path(folder) / "counts.csv"
    bands = ["band"] + [str(10 * band) for band in range(11)]
    rows = [[sex] + [str(random.choice([0, 3, 7, 12, 40, 150, 900])) for _ in bands[1:]] for sex in ("F", "M", "other")]
    table.write_text("\n".join(",".join(row) for row in [bands] + rows) + "\n")
    spent, done = cpu_seconds(["build/release/naru", "protect", "outputs", "--preset", "cms", "--table", str(table), "--json"])
    start, _ = cpu_seconds(["build/release/naru", "--help"])
    print(f"suppression, 48 numbers: {spent:.3f} s CPU (process start {start:.3f} s), status {done.returncode}")

if len(sys.argv) > 1:
    spent, done = cpu_seconds(["build/release/naru", "protect", "attack", "--release", sys.argv[1]])
    print(done.stdout.strip())
    print(f"attacks: {spent:.1f} s CPU, status {done.returncode}")
