#!/usr/bin/env python3
"""The same story on public real-format inputs with generated claims: its known answers."""
import csv
import gzip
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import NARU, SHARED, Journey, skip

data = SHARED / "data"
if not (data / "omop" / "GiBleed_5.3_csv.zip").exists():
    skip(f"{data} is not on this machine (set NARU_SHARED)")
journey = Journey("real")
folder = journey.folder / "demo"
done = subprocess.run([NARU, "demo", "--dir", str(folder), "--data", str(data), "--persons", "2000", "--no-serve",
                       "--json", "--port", "0"], capture_output=True, text=True, timeout=850)
print(done.stderr)
journey.equal(done.returncode, 0, "naru demo --data ends with 0")
steps = {step["name"]: step for step in json.loads((folder / "story.json").read_text())["steps"]}
for name, step in steps.items():
    journey.check(step["ok"], f"step {name} is ok")

link = steps["link"]["facts"]
journey.equal((link["true_pairs"], link["found_pairs"]), (0, 0), "no linkable pairs between these sources")
journey.equal((link["precision"], link["recall"]), (None, None), "precision and recall are undefined, not zero")

asked = {pathlib.Path(q["definition"]).stem: q for q in steps["ask"]["facts"]["questions"] if q["mode"] == "federated"}
for name, expected in {"celecoxib": 1844, "diclofenac": 850, "gi-bleed": 479}.items():
    holders = {h["site"]: h for h in asked[name]["holders"]}
    journey.equal(holders["hospital-b"]["persons"], expected, f"{name} at hospital B before output rules")

verify = steps["verify"]["facts"]
one_class = [site for site in verify["sites"] if site["auroc"] is None]
journey.check(one_class, "some site has one class only")
for site in one_class:
    journey.check(site["reason"], f"the missing AUROC of {site['site']} has a reason")

expected_file = data / "genomics" / "eur503_chr20" / "expected_ac.tsv.gz"
with gzip.open(expected_file, "rt") as handle:
    expected = {(r["chrom"], r["pos"], r["ref"], r["alt"]): r for r in csv.DictReader(handle, delimiter="\t")}
for cohort, file in steps["genome"]["facts"]["exact_counts"].items():
    with open(file) as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    journey.equal(len(rows), len(expected), f"{cohort}: variants")
    wrong = 0
    for row in rows:
        truth = expected[(row["chrom"], row["pos"], row["ref"], row["alt"])]
        wrong += (row["ac"], row["an"]) != (truth[f"ac_{cohort}"], truth[f"an_{cohort}"])
    journey.equal(wrong, 0, f"{cohort}: allele counts that differ")
journey.equal(sorted(steps["genome"]["facts"]["exact_counts"]), ["all", "siteA", "siteB"], "cohorts counted")
journey.end()
