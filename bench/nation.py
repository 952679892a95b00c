#!/usr/bin/python3
"""A nation from `naru synth` to the first cohort answer, in one command: generated, ingested as real data is, checked,
indexed, asked, extracted; then what was planted is estimated from the lake and compared. Prints Markdown.

bench/nation.py [PERSONS [FOLDER]]      770,000 persons and a temporary folder (about 6 GB) unless told otherwise

It fails when an answer is not the planted one; times are printed, never judged."""
import csv
import json
import math
import os
import pathlib
import shutil
import sys
import tempfile
import time

import numpy

NARU = os.environ.get("NARU", "build/release/naru")
Z95, Z999 = 1.959964, 3.290527


def run(*words):
    """Answer, wall seconds, CPU seconds, peak memory in MB of one command."""
    words = [str(word) for word in words] + ["--json"]
    read, write = os.pipe()
    begin = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.dup2(write, 1)
        os.close(read)
        os.execv(NARU, [NARU, *words])
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as answer:
        text = answer.read()
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"naru {' '.join(words)}: {text}")
    return json.loads(text), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Story:
    def __init__(self):
        self.failed = []
        self.total = 0.0

    def step(self, name, *words, facts=lambda answer: ""):
        answer, wall, cpu, memory = run(*words)
        self.total += wall
        print(f"| {name} | {facts(answer)} | {wall:,.2f} | {cpu:,.2f} | {memory:,.0f} |", flush=True)
        return answer

    def check(self, held, sentence):
        if not held:
            self.failed.append(sentence)
        return "yes" if held else "**no**"


def rows_of(answer):
    return sum(answer["rows"].values())


def feature(name, kind, domain, concept, window):
    return {"name": name, "kind": kind, "domain": domain, "window_days": window,
            "concepts": [{"concept_id": concept, "descendants": True}]}


def logistic(x, y):
    """Maximum likelihood by Newton's method: coefficients and standard errors."""
    beta = numpy.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + numpy.exp(-x @ beta))
        information = x.T @ (x * (p * (1 - p))[:, None])
        step = numpy.linalg.solve(information, x.T @ (y - p))
        beta += step
        if numpy.abs(step).max() < 1e-10:
            break
    return beta, numpy.sqrt(numpy.diag(numpy.linalg.inv(information)))


def people_of(site, folder):
    """Age in decades on 2025-12-31 and sex of everybody under observation, from entry date and age."""
    (folder / "people.json").write_text(json.dumps({"features": [{"name": "age", "kind": "age"},
                                                                 {"name": "male", "kind": "male"}]}))
    run("cohort", "features", "--site", site, "--definition", everybody(folder / "everybody.json"), "--features",
        folder / "people.json", "--out", folder / "people.csv")
    bands, men, persons = [0] * 9, 0, 0
    with open(folder / "people.csv", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            born = int(row["cohort_start_date"][:4]) - int(row["age"])
            bands[(2025 - born) // 10] += 1
            men += int(row["male"])
            persons += 1
    return {"bands": bands, "men": men, "persons": persons}


def marginals(story, truth, people):
    """Persons who were seen: exactly those planted. Everybody: the stated shares, within chance."""
    print("\n### Planted marginals (age on 2025-12-31)\n")
    print("| | planted share | persons planted | share with 95 % interval | agrees | persons seen, planted | found in the lake "
          "| equal |\n|---|---|---|---|---|---|---|---|")
    persons = truth["persons"]

    def line(name, share, planted, seen, found):
        error = math.sqrt(share * (1 - share) / persons)
        drawn = planted / persons
        inside = story.check(abs(drawn - share) <= Z999 * error, f"share of {name}")
        same = story.check(seen == found, f"persons seen: {name}")
        print(f"| {name} | {share:.4f} | {planted:,} | {drawn:.4f} ({drawn - Z95 * error:.4f} to {drawn + Z95 * error:.4f}) | "
              f"{inside} | {seen:,} | {found:,} | {same} |")
    line("men", truth["male_share_stated"], truth["male"], truth["male_seen"], people["men"])
    total = sum(truth["age_band_shares_stated"])
    for band, share in enumerate(truth["age_band_shares_stated"]):
        line(f"age {band * 10} to {band * 10 + 9}", share / total, truth["age_bands"][band], truth["age_bands_seen"][band],
             people["bands"][band])


def effects(story, truth, matrix):
    with open(matrix, encoding="utf-8") as lines:
        table = list(csv.DictReader(lines))
    planted = truth["effects"]["log_odds"]
    names = list(planted)
    # Half a year: the lake tells years of birth, the planted age is exact.
    centre = {"age": 60 + 0.5, "HbA1c": 7.5}
    whole = [row for row in table if row["HbA1c"]]
    x = numpy.array([[1.0] + [float(row[name] or 0) - centre.get(name, 0) for name in names] for row in whole])
    y = numpy.array([float(row["event"]) for row in whole])
    beta, error = logistic(x, y)
    print(f"\n### Planted effects on an acute cardiorenal event within a year ({len(whole):,} persons with a first diabetes "
          f"diagnosis and an HbA1c before it, {int(y.sum()):,} events)\n")
    print("| | planted log odds | estimate | 95 % interval | odds ratio | agrees |\n|---|---|---|---|---|---|")
    # A quarter of one hospital's hypertension stands under a code that nobody mapped, HbA1c is measured with noise and
    # one laboratory reads 0.2 higher: the estimates may be off by that much beside chance.
    allowed = 0.02
    for name, planted_value, found, sigma in zip(["intercept", *names], [truth["effects"]["intercept"], *planted.values()],
                                                 beta, error):
        extra = 0.06 if name == "intercept" else allowed * (0.1 if name == "age" else 1)
        inside = story.check(abs(found - planted_value) <= Z999 * sigma + extra, f"effect of {name}")
        print(f"| {name} | {planted_value:.3f} | {found:.3f} | {found - Z95 * sigma:.3f} to {found + Z95 * sigma:.3f} | "
              f"{math.exp(found):.2f} | {inside} |")
    change = {treated: numpy.array([float(row["later"]) - float(row["HbA1c"]) for row in whole
                                    if row["later"] and (float(row["metformin"]) > 0) == treated])
              for treated in (True, False)}
    found = change[False].mean() - change[True].mean()
    sigma = math.sqrt(sum(values.var(ddof=1) / len(values) for values in change.values()))
    drop = truth["effects"]["metformin_hba1c_drop"]
    inside = story.check(abs(found - drop) <= Z999 * sigma + allowed, "metformin's effect on HbA1c")
    print(f"\nMetformin lowers HbA1c by {found:.3f} percent points ({found - Z95 * sigma:.3f} to {found + Z95 * sigma:.3f}; "
          f"{len(change[True]):,} with, {len(change[False]):,} without); planted {drop}: {inside}.")


def without_age(definition, target):
    """The target cohort of any age: planted are diabetics of any age."""
    whole = json.loads(definition.read_text())
    whole["PrimaryCriteria"]["CriteriaList"][0]["ConditionOccurrence"].pop("Age")
    target.write_text(json.dumps(whole))
    return target


def everybody(target):
    """Who is under observation, with no other condition."""
    target.write_text(json.dumps({"PrimaryCriteria": {
        "CriteriaList": [{"ObservationPeriod": {}}], "PrimaryCriteriaLimit": {"Type": "First"}}}))
    return target


def tell(persons, folder):
    story = Story()
    nation, site = folder / "nation", folder / "site"
    print(f"## {persons:,} persons, from nothing to a cohort answer\n")
    print("| step | | wall s | CPU s | memory MB |\n|---|---|---|---|---|")
    if nation.exists():
        shutil.rmtree(nation)
    if site.exists():
        shutil.rmtree(site)
    story.step("`naru synth lake`", "synth", "lake", "--persons", persons, "--panel", 8, "--out", nation,
               facts=lambda a: f"{rows_of(a):,} rows")
    truth = json.loads((nation / "truth" / "lake.json").read_text())
    story.step("`naru init`", "init", site, "--site", "nation", "--role", "hospital")
    story.step("`naru vocabulary load`", "vocabulary", "load", nation / "vocabulary", "--site", site,
               facts=lambda a: f"{a['concepts']:,} concepts")
    tables = sorted(nation.glob("*.parquet"))
    receipt = story.step("`naru ingest omop` and its index", "ingest", "omop", *tables, "--site", site, "--legal-basis",
                         "synthetic", facts=lambda a: f"{sum(t['stored'] for t in a['tables'].values()):,} rows stored, "
                         f"{sum(t['refused'] for t in a['tables'].values()):,} refused; of it the index "
                         f"{a['index'].get('seconds', 0):.1f} s")
    story.check(sum(t["read"] for t in receipt["tables"].values()) == sum(truth["rows"].values()), "every row was read")
    story.check(receipt["index"]["state"] == "ready", "the index is ready after the load")
    story.step("the same again", "ingest", "omop", *tables, "--site", site, "--legal-basis", "synthetic",
               facts=lambda a: "unchanged" if a["unchanged"] else "**changed**")
    story.step("`naru quality`", "quality", "--site", site, facts=lambda a: f"{len(a['checks'])} checks")
    story.step("`naru characterise`", "characterise", "--site", site, "--least-persons", 10)
    definitions = nation / "definitions"
    first = story.step("**first cohort answer** (target)", "cohort", "count", "--site", site, "--definition",
                       definitions / "target.json",
                       facts=lambda a: f"{a['persons']:,} persons by {a['executor']}, {a['seconds'] * 1000:.1f} ms inside")
    story.check(first["executor"] == "index", "the first answer comes from the index")
    print(f"| from nothing to the first answer | | {story.total:,.0f} | | |")
    for name in ("question", "rules", "emergencies"):
        story.step(f"`cohort count` {name}", "cohort", "count", "--site", site, "--definition",
                   definitions / f"{name}.json",
                   facts=lambda a: f"{a['persons']:,} persons, {len(a['attrition']) - 1} rules, "
                   f"{a['seconds'] * 1000:.1f} ms inside")
    by_sql = story.step("the same by SQL (rules)", "cohort", "count", "--site", site, "--definition",
                        definitions / "rules.json", "--no-index", facts=lambda a: f"{a['persons']:,} persons")
    by_index = run("cohort", "count", "--site", site, "--definition", definitions / "rules.json")[0]
    story.check(by_sql["attrition"] == by_index["attrition"], "index and SQL give the same attrition")
    story.step("condition × sex × age decade", "cohort", "profile", "--site", site, "--out", folder / "cells.csv",
               facts=lambda a: f"{a['cells']:,} cells, {a['seconds'] * 1000:.0f} ms inside")
    diabetics = run("cohort", "count", "--site", site, "--definition",
                    without_age(definitions / "target.json", folder / "diabetics.json"))[0]
    card = {f["name"]: f for f in json.loads((nation / "solution" / "scorecard.json").read_text())["features"]}
    kinds = {"condition": ("present", "ConditionOccurrence"), "drug": ("present", "DrugExposure"),
             "measurement_last": ("last_value", "Measurement")}
    specs = [{"name": "age", "kind": "age"}, {"name": "male", "kind": "male"}]
    for name, one in card.items():
        if one["source"]["kind"] in kinds:
            kind, domain = kinds[one["source"]["kind"]]
            specs.append(feature(name, kind, domain, one["source"]["concepts"][0], [-365, 0]))
    sets = {name: json.loads((definitions / f"{name}.json").read_text())["ConceptSets"] for name in ("outcome", "question")}
    concept = lambda name, at: sets[name][at]["expression"]["items"][0]["concept"]["CONCEPT_ID"]
    specs.append(feature("event", "present", "ConditionOccurrence", concept("outcome", 0), [1, 365]))
    specs.append(feature("metformin", "present", "DrugExposure", concept("question", 1), [0, 180]))
    later = feature("later", "last_value", "Measurement", card["HbA1c"]["source"]["concepts"][0], [60, 450])
    (folder / "features.json").write_text(json.dumps({"features": specs + [later]}))
    story.step("`cohort features`", "cohort", "features", "--site", site, "--definition", definitions / "target.json",
               "--features", folder / "features.json", "--out", folder / "matrix.csv",
               facts=lambda a: f"{a['rows']:,} × {len(a['features'])}")
    extracted = story.step("`cohort extract`", "cohort", "extract", "--site", site, "--definition",
                           definitions / "target.json", "--out", folder / "rows",
                           facts=lambda a: f"{rows_of(a):,} rows of {a['persons']:,} persons, "
                           f"{rows_of(a) / a['seconds'] / 1e6:.2f} M rows a second inside")
    story.check(rows_of(extracted) > 0, "the extract holds rows")
    print("\n### Counts\n\n| | planted | found | equal |\n|---|---|---|---|")
    observed = run("cohort", "count", "--site", site, "--definition", everybody(folder / "everybody.json"))[0]["persons"]
    for name, planted, found in (("persons under observation", truth["persons_seen"], observed),
                                 ("persons with a diabetes diagnosis", truth["diabetic_seen"], diabetics["persons"])):
        print(f"| {name} | {planted:,} | {found:,} | {story.check(planted == found, name)} |")
    marginals(story, truth, people_of(site, folder))
    effects(story, truth, folder / "matrix.csv")
    if story.failed:
        sys.exit("not as planted: " + "; ".join(story.failed))


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 770_000
    with tempfile.TemporaryDirectory() as scratch:
        place = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else scratch)
        place.mkdir(parents=True, exist_ok=True)
        tell(number, place)
