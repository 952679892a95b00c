#!/usr/bin/env python3
"""Cohort answers on a national lake: the index beside SQL on the same tables, five layouts, feature matrices, extracts, and
the shared library definitions in the lake's concepts.

bench/cohorts.py [PERSONS [FOLDER]] uses what bench/nation.py left in FOLDER, or makes a lake there (770,000 persons, panel
8: 74 M rows; about 0.5 GB and an index of 1.8 GB). NARU_BENCH_PARTS chooses among national, layouts, tables, library, small. Wall times suffer from a busy machine; CPU seconds do not."""
import csv
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

NARU = "build/release/naru"
TOOL = "build/release/bench_cohorts"


def run(*words, environment=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True,
                          env={**os.environ, **(environment or {})})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), time.perf_counter() - begin, cpu


def table(title, rows):
    print(f"\n{title}\n\n| cohort | persons at entry | in cohort | rules | compile ms | index: wall ms | CPU ms | SQL: wall ms | "
          "CPU ms | SQL / index, CPU |\n|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['name']} | {row['entry_persons']:,} | {row['persons']:,} | {row['rules']} | "
              f"{row['compile']['wall_ms']:.2f} | {row['index']['wall_ms']:.1f} | {row['index']['cpu_ms']:.1f} | "
              f"{row['sql']['wall_ms']:,.0f} | {row['sql']['cpu_ms']:,.0f} | "
              f"{row['sql']['cpu_ms'] / max(row['index']['cpu_ms'], 0.01):.0f} |")
        assert row["equal"], "index and SQL differ"


def standard_concepts(lake, domain):
    file = next(path for path in (lake / "vocabulary").iterdir() if path.name.lower() == "concept.csv")
    with open(file, encoding="utf-8") as lines:
        return [int(row["concept_id"]) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row["domain_id"] == domain and row["standard_concept"] == "S"]


def national(folder, persons):
    """The site that bench/nation.py left in the folder, or a lake of its own."""
    site, lake = folder / "site", folder / "lake"
    if (site / "lake").is_dir():
        nation = folder / "nation"
        data, words, parquet = site, ["--site", site], site / "lake"
    else:
        nation, data, words, parquet = lake, lake, ["--cdm", lake], lake
        if not (lake / "truth" / "lake.json").exists():
            made, wall, cpu = run(NARU, "synth", "lake", "--persons", persons, "--panel", 8, "--out", lake, "--json")
            print(f"synth lake: {made['rows_total']:,} rows, {wall:.1f} s wall, {cpu:.1f} s CPU")
        built, wall, cpu = run(NARU, "cohort", "index", lake, "--threads", 2, "--json")
        if not built["unchanged"]:
            rows = sum(built["rows"].values())
            print(f"index: {built['bytes'] / rows:.1f} bytes a row, {wall:.1f} s wall, {cpu:.1f} s CPU, "
                  f"{rows / cpu / 1e6:.2f} M rows per CPU second")
    truth = json.loads((nation / "truth" / "lake.json").read_text())
    answer, _, _ = run(TOOL, data, 2, 7)
    table(f"{truth['persons']:,} persons, {sum(truth['rows'].values()):,} rows, 2 threads, warm, least of 7 (SQL: of 1)",
          answer["cohorts"])
    print(f"\nPersons per condition × sex × age decade: {answer['profile_cells']:,} cells, "
          f"{answer['profile']['wall_ms']:.0f} ms wall, {answer['profile']['cpu_ms']:.0f} ms CPU; "
          f"memory {answer['max_rss_mb']:,} MB (index pages and SQL included)")
    return nation, data, words, parquet, answer["cohorts"]


def layouts(folder, parquet, ours):
    """The question on five layouts of the same rows."""
    scratch = folder / "layouts"
    answer, _, _ = run("build/release/bench_layouts", parquet, scratch, 2, 5)
    shutil.rmtree(scratch, ignore_errors=True)
    print("\nThe same question on five layouts (2 threads, warm, least of 5; milliseconds, wall / CPU)\n")
    print("| layout | rare | typical | common |\n|---|---|---|---|")
    counted = {row["name"]: row for row in ours}
    for row in answer:
        cells = []
        for name in ("rare", "typical", "common"):
            assert row[name]["persons"] == counted[name]["persons"], f"{row['layout']}, {name}: another count"
            cells.append(f"{row[name]['wall_ms']:.1f} / {row[name]['cpu_ms']:.1f}")
        print(f"| {row['layout']} | {' | '.join(cells)} |")
    print("| postings (the index) | " + " | ".join(f"{counted[name]['index']['wall_ms']:.1f} / "
                                                    f"{counted[name]['index']['cpu_ms']:.1f}"
                                                    for name in ("rare", "typical", "common")) + " |")


def tables(words, nation, folder):
    target = nation / "definitions" / "target.json"
    features = {"features": [{"name": "age", "kind": "age"}, {"name": "male", "kind": "male"}]}
    for kind, domain in (("present", "Condition"), ("count", "Drug"), ("last_value", "Measurement")):
        table_of = {"Condition": "ConditionOccurrence", "Drug": "DrugExposure", "Measurement": "Measurement"}[domain]
        for concept in standard_concepts(nation, domain)[:40]:
            features["features"].append({"name": f"{kind}{concept}", "kind": kind, "domain": table_of, "concepts": [
                {"concept_id": concept, "descendants": True}], "window_days": [-730, 0]})
    (folder / "features.json").write_text(json.dumps(features))
    matrix, wall, cpu = run(NARU, "cohort", "features", *words, "--definition", target, "--features",
                            folder / "features.json", "--out", folder / "matrix.parquet", "--threads", 2, "--json")
    print(f"\nFeature matrix: {matrix['rows']:,} × {len(matrix['features'])}, {wall:.1f} s wall, {cpu:.1f} s CPU")
    rows, wall, cpu = run(NARU, "cohort", "extract", *words, "--definition", target, "--out", folder / "rows",
                          "--threads", 2, "--json")
    number = sum(rows["rows"].values())
    print(f"\nExtract in order of person: {number:,} rows of {rows['persons']:,} persons, {wall:.1f} s wall "
          f"({number / wall / 1e6:.2f} M rows a second), {cpu:.1f} s CPU ({number / cpu / 1e6:.2f} M rows per CPU second)")


DOMAIN_OF = {"ConditionOccurrence": "Condition", "ConditionEra": "Condition", "DrugExposure": "Drug", "DrugEra": "Drug",
             "DoseEra": "Drug", "ProcedureOccurrence": "Procedure", "Measurement": "Measurement"}


def set_uses(node, uses):
    """Concept set → the criteria that ask for it, anywhere in a definition."""
    if isinstance(node, list):
        for element in node:
            set_uses(element, uses)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in DOMAIN_OF and isinstance(value, dict) and "CodesetId" in value:
                uses.setdefault(value["CodesetId"], DOMAIN_OF[key])
            set_uses(value, uses)


def in_terms_of(nation, definition):
    """The definition with each concept replaced by one of the lake's, of the domain it is asked in (chosen by its id)."""
    whole = json.loads(definition.read_text(encoding="utf-8"))
    body = whole.get("expression", whole)
    uses = {}
    set_uses(body, uses)
    lists = {domain: standard_concepts(nation, domain) for domain in set(DOMAIN_OF.values())}
    for one in body["ConceptSets"]:
        for item in one["expression"]["items"]:
            choice = lists[uses.get(one["id"], "Condition")]
            item["concept"]["CONCEPT_ID"] = choice[item["concept"]["CONCEPT_ID"] * 2654435761 % (1 << 32) % len(choice)]
    return whole


def library(folder, nation, data, shared):
    definitions = sorted((shared / "data" / "circe" / "cohorts").glob("*.json"))
    if not definitions:
        print("\nLibrary definitions: skipped, the shared definitions are not there")
        return
    place = folder / "library"
    place.mkdir(exist_ok=True)
    translated = []
    for definition in definitions:
        translated.append(place / definition.name)
        translated[-1].write_text(json.dumps(in_terms_of(nation, definition)))
    for title, list_of in (("in the lake's concepts", translated), ("as they are (their concepts are not in the lake)", definitions)):
        answer, _, _ = run(TOOL, data, 2, 5, *list_of, environment={"NARU_BENCH_NO_SQL": "1"})
        rows = [row for row in answer["cohorts"] if "index" in row]
        wall = sorted(row["index"]["wall_ms"] for row in rows)
        cpu = sorted(row["index"]["cpu_ms"] for row in rows)
        compiled = max(answer["cohorts"], key=lambda row: row["compile"]["wall_ms"])
        print(f"\nLibrary definitions {title}: {len(rows)} of {len(answer['cohorts'])} by the index, "
              f"{sum(row['persons'] > 0 for row in rows)} with persons (median {statistics.median(row['persons'] for row in rows):,.0f}); "
              f"wall ms least {wall[0]:.1f}, median {statistics.median(wall):.1f}, most {wall[-1]:.1f} "
              f"(CPU {cpu[0]:.1f}, {statistics.median(cpu):.1f}, {cpu[-1]:.1f}); compile most {compiled['compile']['wall_ms']:.2f} ms "
              f"(most rules: {max(row.get('rules', 0) for row in answer['cohorts'])})")
        slow = sorted(rows, key=lambda row: -row["index"]["wall_ms"])[:3]
        print("Slowest: " + ", ".join(f"{row['name']} {row['index']['wall_ms']:.0f} ms ({row['persons']:,} persons, "
                                      f"{row['rules']} rules)" for row in slow))


def small(folder, shared):
    archive = shared / "data" / "omop" / "GiBleed_5.3_csv.zip"
    if not archive.exists():
        print(f"library definitions on GiBleed: skipped, no {archive.name}")
        return
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "gibleed")
    definitions = sorted((shared / "data" / "circe" / "cohorts").glob("*.json"))
    data = next(path.parent for path in (folder / "gibleed").rglob("*") if path.name.lower() == "person.csv")
    answer, _, _ = run(TOOL, data, 2, 5, *definitions)
    rows = answer["cohorts"]
    assert all(row["equal"] for row in rows)
    print(f"\nLibrary definitions on GiBleed, {len(rows)}, all equal to SQL: CPU ms median "
          f"{statistics.median(row['index']['cpu_ms'] for row in rows):.2f} (SQL "
          f"{statistics.median(row['sql']['cpu_ms'] for row in rows):.0f}), most "
          f"{max(row['index']['cpu_ms'] for row in rows):.2f}; compile most {max(row['compile']['cpu_ms'] for row in rows):.2f}"
          f" ms (most rules: {max(row['rules'] for row in rows)})")


persons = int(sys.argv[1]) if len(sys.argv) > 1 else 770_000
parts = os.environ.get("NARU_BENCH_PARTS", "national layouts tables library small").split()
with tempfile.TemporaryDirectory() as scratch:
    place = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else scratch)
    place.mkdir(parents=True, exist_ok=True)
    shared = pathlib.Path(os.environ.get("NARU_SHARED", "../shared"))
    nation, data, words, parquet, ours = national(place, persons)
    if "layouts" in parts:
        layouts(place, parquet, ours)
    if "tables" in parts:
        tables(words, nation, place)
    if "library" in parts:
        library(place, nation, data, shared)
    if "small" in parts:
        small(pathlib.Path(scratch), shared)
