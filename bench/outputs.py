#!/usr/bin/env python3
"""Output control beside its limits (CPU seconds; run from the repository after `make build`).

1. The ledger's decision on a new table of 770,000 persons beside 1,000 answered ones, 48 numbers each, depth 3; the
   limit is a twentieth of a second or so, what nobody notices.
2. `naru protect outputs`: the cheapest suppression of a two-way table of 48 numbers, process start included, beside
   starting the process alone.
3. The attacks of every release, where folders of OMOP Parquet tables (a release, a holder's lake) are given as arguments:
   CPU seconds of a release's attacks (each ends when its interval lies on one side of the bound), of the policy's full
   number of attempts, and of reading the ground alone; which attack costs most; that one and two threads report the
   same bytes. The aim is a second of CPU a release, whatever its size."""
import json
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


def attack(folder, *more, processors=None):
    command = ["build/release/naru", "protect", "attack", "--release", folder, "--json", *more]
    if processors is not None:
        command = ["taskset", "--cpu-list", processors, *command]
    spent, done = cpu_seconds(command)
    if done.returncode not in (0, 4):
        raise SystemExit(f"{folder}: {done.stdout}{done.stderr}")
    return spent, done.stdout


for folder in sys.argv[1:]:
    best = min((attack(folder, "--enough", "--timed") for _ in range(3)), key=lambda answer: answer[0])
    report = json.loads(best[1])
    attacks = report["cpu_seconds"]
    ground = best[0] - sum(attacks.values())
    whole, _ = attack(folder)
    alone = attack(folder, "--enough", processors="0")[1]
    same = alone == attack(folder, "--enough")[1]
    dearest = sorted(attacks, key=attacks.get, reverse=True)[:3]
    print(f"attacks on {folder}: {best[0]:.2f} s CPU as a release runs them, of it {ground:.2f} s reading the ground; "
          f"{', '.join(f'{name} {attacks[name]:.2f} s' for name in dearest)}; all attempts {whole:.2f} s; "
          f"within the bound: {report['within']}; same bytes on one processor: {same}")
    if not same:
        raise SystemExit("the report depends on the number of threads")
