#!/usr/bin/env python3
"""Clinical ingest: rows and bytes per CPU second, wall seconds and peak memory of each kind of source, from file to lake,
beside the parse limit of the same bytes. Every ingest is a process of its own. Usage: bench/clinical.py [--scale X] [--only KIND].

Beside each OMOP source stands plain DuckDB SQL that sorts and writes the same tables without looking at a row.
Sources are made here: OMOP (101 rows a person; 77 million as Parquet) as Parquet and CSV, HIRA claims (2.5 diagnoses a claim, as in the NHIS
sample cohort), FHIR from `naru synth` and, where the shared Synthea export stands, that export repeated under other ids."""
import argparse
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = ROOT / "build/release/bench_clinical"
NARU = ROOT / "build/release/naru"
SYNTHEA = pathlib.Path(os.environ.get("NARU_SHARED", ROOT.parent / "shared")) / "data/fhir/synthea_bulk_10"


def tool(*words):
    return subprocess.run([str(TOOL), *map(str, words)], check=True, capture_output=True, text=True).stdout


def repeat_synthea(folder, times):
    folder.mkdir(parents=True)
    uuid_head = re.compile(r"[0-9a-f]{4}(?=[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)")
    for name in ("Patient", "Encounter", "Condition", "MedicationRequest", "Procedure", "Immunization"):
        lines = gzip.open(SYNTHEA / f"{name}.000.ndjson.gz", "rt").read().splitlines()
        with open(folder / f"{name}.ndjson", "w") as out:
            for k in range(times):
                head = f"{k:04x}"
                out.writelines(uuid_head.sub(head, line) + "\n" for line in lines)


def ingest(name, kind, source, work):
    site = work / "site"
    result = json.loads(tool("run", kind, source, site))
    shutil.rmtree(site)
    result["name"] = name
    print(f"{name:<28} {result['read']:>12,} rows {result['bytes'] / 1e6:>9,.0f} MB  wall {result['wall']:>7.1f} s  "
          f"CPU {result['cpu']:>7.1f} s  {result['rows_per_cpu_s'] / 1e6:>6.2f} M rows/CPU s  "
          f"{result['mb_per_cpu_s']:>6.0f} MB/CPU s  peak {result['peak_mb']:>5} MB", flush=True)
    return result


def plain(source, work, ours):
    """Plain SQL over the same files, and reading and hashing their bytes once."""
    target = work / "plain"
    peer = json.loads(tool("plain", source, target))
    shutil.rmtree(target)
    files = sorted(source.iterdir())
    before = time.process_time()
    for file in files:
        with open(file, "rb") as stream:
            hashlib.file_digest(stream, "sha256") if hasattr(hashlib, "file_digest") else hashlib.sha256(stream.read())
    limit = time.process_time() - before
    print(f"  plain DuckDB SQL, no validation{'':<6} wall {peer['wall']:>7.1f} s  CPU {peer['cpu']:>7.1f} s  peak "
          f"{peer['peak_mb']:>5} MB; ours / plain: wall {ours['wall'] / peer['wall']:.2f}, CPU {ours['cpu'] / peer['cpu']:.2f}; "
          f"reading and hashing the bytes: {limit:.1f} s", flush=True)
    ours["plain"] = peer
    ours["hash_cpu"] = limit


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--scale", type=float, default=1.0)
    options.add_argument("--only", choices=("omop", "hira", "fhir"))
    options.add_argument("--json")
    given = options.parse_args()
    results = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
        work = pathlib.Path(scratch)
        wanted = [given.only] if given.only else ["omop", "hira", "fhir"]
        for form, persons in (("parquet", 762_377), ("csv", 100_000)) if "omop" in wanted else ():
            tool("omop", work / form, int(persons * given.scale), form)
            results.append(ingest(f"OMOP {form}", "omop", work / form, work))
            plain(work / form, work, results[-1])
            print(f"  {results[-1]['read'] / results[-1]['wall'] / 1e6:.2f} M rows a second by the clock")
            shutil.rmtree(work / form)
        if "hira" in wanted:
            diagnoses = int(30_000_000 * given.scale)
            tool("hira", work / "hira", diagnoses)
            claims = ingest("HIRA claims", "hira", work / "hira", work)
            results.append(claims)
            shutil.rmtree(work / "hira")
            minutes = claims["cpu"] * 300e6 / diagnoses / 60
            print(f"  300,000,000 diagnoses: {minutes:.0f} CPU minutes, {minutes / 2:.0f} on two processors (extrapolated from "
                  f"{diagnoses:,}; published SQL ETL of one table: 50:39)")
        if "fhir" in wanted and SYNTHEA.is_dir():
            repeat_synthea(work / "fhir", max(1, int(100 * given.scale)))
            limit = json.loads(tool("limit", work / "fhir"))
            result = ingest("FHIR NDJSON (Synthea)", "fhir", work / "fhir", work)
            result["limit"] = limit
            results.append(result)
            print(f"  parse limit of the same bytes, one core: DOM {limit['dom_mb_s']:.0f} MB/s (every byte validated, used "
                  f"here), On-Demand {limit['ondemand_mb_s']:.0f} MB/s, lines alone {limit['lines_mb_s']:.0f} MB/s; from "
                  f"file to lake {result['mb_per_cpu_s']:.0f} MB/CPU s, ratio {limit['dom_mb_s'] / result['mb_per_cpu_s']:.1f}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
