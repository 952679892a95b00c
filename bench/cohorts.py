#!/usr/bin/env python3
"""Cohort answers on a national lake: the index beside SQL on the same tables, building it, feature matrices, extracts.

bench/cohorts.py [PERSONS [FOLDER]] makes the lake (770,000 persons, panel 8: 74 M rows; about 0.5 GB and an index of
1.8 GB) below FOLDER unless it stands there. Wall times suffer from a busy machine; CPU seconds do not."""
import csv
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

NARU = "build/release/naru"
TOOL = "build/release/bench_cohorts"


def run(*words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), time.perf_counter() - begin, cpu


def table(title, rows):
    print(f"\n{title}")
    print(f"{'cohort':<12}{'persons at entry':>17}{'in cohort':>11}{'compile ms':>12}{'index: wall ms':>16}{'CPU ms':>9}"
          f"{'SQL: wall ms':>14}{'CPU ms':>9}{'SQL/index CPU':>15}")
    for row in rows:
        print(f"{row['name']:<12}{row['entry_persons']:>17,}{row['persons']:>11,}{row['compile']['cpu_ms']:>12.2f}"
              f"{row['index']['wall_ms']:>16.1f}{row['index']['cpu_ms']:>9.1f}{row['sql']['wall_ms']:>14.0f}"
              f"{row['sql']['cpu_ms']:>9.0f}{row['sql']['cpu_ms'] / max(row['index']['cpu_ms'], 0.01):>15.0f}")
        assert row["equal"], "index and SQL differ"


def standard_concepts(lake, domain):
    file = next(path for path in (lake / "vocabulary").iterdir() if path.name.lower() == "concept.csv")
    with open(file, encoding="utf-8") as lines:
        return [int(row["concept_id"]) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row["domain_id"] == domain and row["standard_concept"] == "S"]


def national(folder, persons):
    lake = folder / "lake"
    if not (lake / "truth" / "lake.json").exists():
        made, wall, cpu = run(NARU, "synth", "lake", "--persons", persons, "--panel", 8, "--out", lake, "--json")
        print(f"synth lake: {made['rows_total']:,} rows, {wall:.1f} s wall, {cpu:.1f} s CPU")
    rows = sum(json.loads((lake / "truth" / "lake.json").read_text())["rows"].values())
    built, wall, cpu = run(NARU, "cohort", "index", lake, "--threads", 2, "--json")
    if not built["unchanged"]:
        print(f"index: {built['bytes'] / rows:.1f} bytes a row, {wall:.1f} s wall, {cpu:.1f} s CPU, "
              f"{rows / cpu / 1e6:.2f} M rows per CPU second")
    answer, _, _ = run(TOOL, lake, 2, 7)
    table(f"{persons:,} persons, {rows:,} rows, 2 threads, warm, least of 7 (SQL: of 1)", answer["cohorts"])
    print(f"persons per condition x sex x age decade: {answer['profile_cells']:,} cells, "
          f"{answer['profile']['wall_ms']:.0f} ms wall, {answer['profile']['cpu_ms']:.0f} ms CPU; "
          f"memory {answer['max_rss_mb']} MB (index pages and SQL included)")
    target = lake / "definitions" / "target.json"
    features = {"features": [{"name": "age", "kind": "age"}, {"name": "male", "kind": "male"}]}
    for kind, domain in (("present", "Condition"), ("count", "Drug"), ("last_value", "Measurement")):
        table_of = {"Condition": "ConditionOccurrence", "Drug": "DrugExposure", "Measurement": "Measurement"}[domain]
        for concept in standard_concepts(lake, domain)[:40]:
            features["features"].append({"name": f"{kind}{concept}", "kind": kind, "domain": table_of, "concepts": [
                {"concept_id": concept, "descendants": True}], "window_days": [-730, 0]})
    (folder / "features.json").write_text(json.dumps(features))
    matrix, wall, cpu = run(NARU, "cohort", "features", "--cdm", lake, "--definition", target, "--features",
                            folder / "features.json", "--out", folder / "matrix.parquet", "--threads", 2, "--json")
    print(f"feature matrix: {matrix['rows']:,} x {len(matrix['features'])}, {wall:.1f} s wall, {cpu:.1f} s CPU")
    rows, wall, cpu = run(NARU, "cohort", "extract", "--cdm", lake, "--definition", target, "--out", folder / "rows",
                          "--threads", 2, "--json")
    number = sum(rows["rows"].values())
    print(f"extract: {number:,} rows of {rows['persons']:,} persons, {wall:.1f} s wall, {cpu:.1f} s CPU, "
          f"{number / cpu / 1e6:.2f} M rows per CPU second")


def library(folder, shared):
    archive = shared / "data" / "omop" / "GiBleed_5.3_csv.zip"
    if not archive.exists():
        print(f"library definitions: skipped, no {archive.name}")
        return
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "gibleed")
    definitions = sorted((shared / "data" / "circe" / "cohorts").glob("*.json"))
    data = next(path.parent for path in (folder / "gibleed").rglob("*") if path.name.lower() == "person.csv")
    answer, _, _ = run(TOOL, data, 2, 5, *definitions)
    rows = answer["cohorts"]
    assert all(row["equal"] for row in rows)
    print(f"\nlibrary definitions on GiBleed, {len(rows)}, all equal to SQL: CPU ms median "
          f"{statistics.median(row['index']['cpu_ms'] for row in rows):.2f} (SQL "
          f"{statistics.median(row['sql']['cpu_ms'] for row in rows):.0f}), most "
          f"{max(row['index']['cpu_ms'] for row in rows):.2f}; compile most {max(row['compile']['cpu_ms'] for row in rows):.2f}"
          f" ms (most rules: {max(row['rules'] for row in rows)})")


persons = int(sys.argv[1]) if len(sys.argv) > 1 else 770_000
with tempfile.TemporaryDirectory() as scratch:
    place = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else scratch)
    place.mkdir(parents=True, exist_ok=True)
    national(place, persons)
    library(pathlib.Path(scratch), pathlib.Path(os.environ.get("NARU_SHARED", "../shared")))
