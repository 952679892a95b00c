#!/usr/bin/env python3
"""Clinical ingest: rows and bytes per CPU second, wall seconds and peak memory of each kind of source, from file to lake,
beside the parse limit of the same bytes. Every ingest is a process of its own. Usage: bench/clinical.py [--scale X].

Sources are made here: OMOP (100 rows a person) as Parquet and CSV, HIRA claims (2.5 diagnoses a claim, as in the NHIS
sample cohort), FHIR from `naru synth` and, where the shared Synthea export stands, that export repeated under other ids."""
import argparse
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

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


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--scale", type=float, default=1.0)
    options.add_argument("--json")
    given = options.parse_args()
    results = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
        work = pathlib.Path(scratch)
        persons = int(200_000 * given.scale)
        for form in ("parquet", "csv"):
            size = persons if form == "parquet" else persons // 4
            tool("omop", work / form, size, form)
            results.append(ingest(f"OMOP {form}", "omop", work / form, work))
            shutil.rmtree(work / form)
        best = results[0]
        print(f"  77,000,000 OMOP rows from Parquet: {77e6 / best['rows_per_cpu_s']:.0f} CPU s, "
              f"{77e6 / best['rows_per_cpu_s'] / 2:.0f} s on two processors (extrapolated)")
        diagnoses = int(30_000_000 * given.scale)
        tool("hira", work / "hira", diagnoses)
        claims = ingest("HIRA claims", "hira", work / "hira", work)
        results.append(claims)
        shutil.rmtree(work / "hira")
        minutes = claims["cpu"] * 300e6 / diagnoses / 60
        print(f"  300,000,000 diagnoses: {minutes:.0f} CPU minutes, {minutes / 2:.0f} on two processors (extrapolated from "
              f"{diagnoses:,}; published SQL ETL of one table: 50:39)")
        if SYNTHEA.is_dir():
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
