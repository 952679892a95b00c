#!/usr/bin/env python3
"""Recomputes the facts of DIR/story.json from DIR/truth and DIR/sites without naru: the standard library, and DuckDB's
own library through read_parquet.mjs. Ends with 1 and names each disagreement.

usage: recompute.py DIR
"""
import collections
import csv
import datetime
import gzip
import hashlib
import json
import math
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HOLDERS = ["hospital-a", "hospital-b", "hospital-c", "agency"]
HOSPITALS = HOLDERS[:3]
OUTSIDE_THE_STORY = {"cdm_source"}  # describes the source, holds no record


class Recomputation:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.story = {step["name"]: step for step in json.loads((self.folder / "story.json").read_text())["steps"]}
        self.failed = []
        self.agreed = 0

    def site(self, name):
        return self.folder / "sites" / name

    def facts(self, step):
        return self.story.get(step, {}).get("facts", {})

    def equal(self, told, found, what, tolerance=0.0):
        both = isinstance(told, (int, float)) and isinstance(found, (int, float)) and told is not True and told is not False
        same = abs(told - found) <= tolerance + 1e-12 if both else told == found
        if same:
            self.agreed += 1
        else:
            self.failed.append(f"{what}: story.json says {told!r}, recomputed {found!r}")
        return same

    def holds(self, condition, what):
        return self.equal(True, bool(condition), what)

    def query(self, queries):
        """{name: SQL} → {name: [row as dict, …]}, by DuckDB outside naru."""
        done = subprocess.run(["node", str(HERE / "read_parquet.mjs")], input=json.dumps(queries), text=True,
                              capture_output=True, env={**os.environ, "NARU_SOURCE": str(HERE.parent.parent)})
        if done.returncode != 0:
            raise OSError(f"read_parquet.mjs failed: {done.stderr.strip()[-600:]}")
        return json.loads(done.stdout)


def literal(path):
    return "'" + str(path).replace("'", "''") + "'"


def parquet(path):
    return f"read_parquet({literal(path)})"


# ---------------------------------------------------------------- sources

def check_sources(r):
    planted = json.loads((r.folder / "truth" / "planted.json").read_text())["rows"]
    facts = r.facts("sources")
    persons = collections.Counter(row["site"] for row in csv.DictReader(open(r.folder / "truth" / "persons.csv")))
    lakes = r.query({site: f"SELECT count(*) AS persons, count(DISTINCT person_source_value) AS numbers "
                           f"FROM {parquet(r.site(site) / 'lake' / 'person.parquet')}" for site in HOLDERS})
    for site in HOLDERS:
        tables = {name: cell for name, cell in planted[site].items() if name not in OUTSIDE_THE_STORY}
        written = sum(cell["written"] for cell in tables.values())
        bad = sum(cell["bad"] for cell in tables.values())
        r.equal(facts[site]["read"], written, f"sources, {site}: rows read")
        r.equal(facts[site]["refused"], bad, f"sources, {site}: rows refused")
        r.equal(facts[site]["stored"], written - bad, f"sources, {site}: rows stored")
        refused = collections.Counter()
        for receipt in facts[site]["receipts"]:
            for table, counts in receipt["tables"].items():
                refused[table] += counts["refused"]
        for table, cell in tables.items():
            r.equal(refused[table], cell["bad"], f"sources, {site}, {table}: rows refused")
        r.equal(lakes[site][0]["persons"], persons[site], f"sources, {site}: persons in the lake against the truth")
        r.equal(lakes[site][0]["numbers"], persons[site], f"sources, {site}: distinct source numbers in the lake")


# ---------------------------------------------------------------- link

def check_link(r):
    facts = r.facts("link")
    clusters = r.site("key-manager") / "linkage" / "clusters.parquet"
    parts = []
    for site in HOLDERS:
        rows = parquet(r.site(site) / "private" / "rows.parquet")
        person = parquet(r.site(site) / "lake" / "person.parquet")
        parts.append(f"SELECT c.cluster::VARCHAR AS cluster, c.holder AS site, p.person_source_value AS source FROM {rows} w "
                     f"JOIN {parquet(clusters)} c ON c.holder = {literal(site)} AND c.row_id = w.row_id "
                     f"JOIN {person} p ON p.person_id = w.person_id")
    members = collections.defaultdict(list)
    for row in r.query({"all": " UNION ALL ".join(parts)})["all"]:
        members[row["cluster"]].append((row["site"], row["source"]))
    found = set()
    for group in members.values():
        for i, left in enumerate(group):
            for right in group[i + 1:]:
                if left[0] != right[0]:
                    found.add(frozenset((left, right)))
    true = {frozenset(((row["left_site"], row["left_source"]), (row["right_site"], row["right_source"])))
            for row in csv.DictReader(open(r.folder / "truth" / "pairs.csv"))}
    both = len(found & true)
    r.equal(facts["true_pairs"], len(true), "link: true pairs")
    r.equal(facts["found_pairs"], len(found), "link: found pairs")
    r.equal(facts["precision"], both / len(found) if found else None, "link: precision", 1e-9)
    r.equal(facts["recall"], both / len(true) if true else None, "link: recall", 1e-9)
    check_key_and_payload(r)


def check_key_and_payload(r):
    """Outside its holder nobody's telephone, name with birth date, or source number stands anywhere: not in a file, not
    in a database, not in a text column of a Parquet file."""
    numbers = {row["person_source_value"].encode() for row in csv.DictReader(open(r.folder / "truth" / "persons.csv"))}
    phones = set()
    for site in HOLDERS:
        file = parquet(r.site(site) / "private" / "identity.parquet")
        for row in r.query({"i": f"SELECT DISTINCT phone FROM {file} WHERE phone IS NOT NULL"})["i"]:
            phones.add(row["phone"].replace("-", "").encode())
    pattern = re.compile(rb"010-?[01]\d{3}-?\d{4}|[A-Z]\d{9}")

    def known(content):
        return any(hit.replace(b"-", b"") in phones or hit in numbers for hit in pattern.findall(content))

    r.holds(known(next(iter(numbers))) and known(b"x" + next(iter(phones))), "link: the search finds what it looks for")
    tables = []
    for site in ("key-manager", "combiner", "authority"):
        for file in sorted(p for p in r.site(site).rglob("*") if p.is_file()):
            if file.suffix == ".parquet":
                tables.append(file)
            else:
                r.holds(not known(file.read_bytes()), f"link: {file.relative_to(r.folder)} holds no telephone and no source number")
    columns = r.query({str(file): f"SELECT column_name FROM (DESCRIBE SELECT * FROM {parquet(file)}) WHERE column_type = 'VARCHAR'"
                       for file in tables})
    texts = {}
    for file in tables:
        for row in columns[str(file)]:
            name = '"' + row["column_name"].replace('"', '""') + '"'
            texts[f"{file.relative_to(r.folder)}, {name}"] = f"SELECT DISTINCT {name} AS t FROM {parquet(file)} WHERE {name} IS NOT NULL"
    for where, rows in r.query(texts).items():
        r.holds(not known("\n".join(str(row["t"]) for row in rows).encode()), f"link: {where} holds no telephone and no source number")


# ---------------------------------------------------------------- release

def check_release(r):
    for facts, name in ((r.facts("release"), "r1"), (r.facts("withdraw").get("r2", {}), "r2")):
        if not facts:
            continue
        folder = pathlib.Path(facts["path"])
        manifest = json.loads((folder / "manifest.json").read_text())
        named = {}
        for entry in manifest["files"]:
            file = folder / entry["path"]
            named[entry["path"]] = entry
            if not r.holds(file.is_file(), f"release {name}: {entry['path']} is there"):
                continue
            content = file.read_bytes()
            r.equal(entry["sha256"], hashlib.sha256(content).hexdigest(), f"release {name}, {entry['path']}: digest")
            r.equal(entry["bytes"], len(content), f"release {name}, {entry['path']}: bytes")
        present = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
        extra = present - set(named) - {"manifest.json", "manifest.sig"}
        r.equal([], sorted(extra), f"release {name}: files that the manifest does not name")
        tables = {path: entry for path, entry in named.items() if path.endswith(".parquet")}
        counted = r.query({path: f"SELECT count(*) AS n FROM {parquet(folder / path)}" for path in tables})
        for path, entry in tables.items():
            r.equal(entry["rows"], counted[path][0]["n"], f"release {name}, {path}: rows")
        if name == "r1":
            told = facts["rows"] if isinstance(facts.get("rows"), int) else None
            if told is not None:
                r.equal(told, sum(rows[0]["n"] for rows in counted.values()), "release r1: rows in all")
            r.equal(facts["rebuilt_identical"], True, "release r1: built twice, equal bytes")
        check_release_content(r, folder, name)


def check_release_content(r, folder, name):
    """No direct identifier as a column, the same persons in all tables, k-anonymous person table."""
    policy_k = 5
    person = parquet(folder / "data" / "person.parquet")
    columns = {row["column_name"] for row in r.query({"c": f"SELECT column_name FROM (DESCRIBE SELECT * FROM {person})"})["c"]}
    r.equal([], sorted(columns & {"person_source_value", "month_of_birth", "day_of_birth", "birth_datetime"}),
            f"release {name}: direct identifiers in the person table")
    quasi = [c for c in ("year_of_birth", "gender_concept_id", "race_concept_id", "ethnicity_concept_id", "location_id")
             if c in columns]
    smallest = r.query({"k": f"SELECT coalesce(min(n), {policy_k}) AS k FROM (SELECT count(DISTINCT person_id) AS n FROM {person} "
                             f"GROUP BY {', '.join(quasi)})"})["k"][0]["k"]
    r.holds(smallest >= policy_k, f"release {name}: every class of {', '.join(quasi)} holds at least {policy_k} persons "
                                  f"(smallest {smallest})")
    persons = r.query({"n": f"SELECT count(*) AS n, count(DISTINCT person_id) AS d FROM {person}"})["n"][0]
    r.equal(persons["n"], persons["d"], f"release {name}: one row for every person")


# ---------------------------------------------------------------- ask

def concepts_of(definition):
    """codeset id → SQL that yields its concepts, with descendants where the definition says so."""
    sets = {}
    for concept_set in definition["ConceptSets"]:
        chosen = []
        for item in concept_set["expression"]["items"]:
            chosen.append((item["concept"]["CONCEPT_ID"], item.get("includeDescendants", False)))
        sets[concept_set["id"]] = chosen
    return sets


def concept_sql(chosen, vocabulary):
    parts = [f"SELECT {concept} AS id" for concept, _ in chosen]
    below = [str(concept) for concept, with_descendants in chosen if with_descendants]
    if below:
        parts.append(f"SELECT descendant_concept_id FROM {parquet(vocabulary / 'concept_ancestor.parquet')} "
                     f"WHERE ancestor_concept_id IN ({', '.join(below)})")
    return " UNION ".join(parts)


def question_sql(definition, data, vocabulary, excluded=(), age_at_event=False):
    """Persons of the shipped questions, written by hand: first diagnosis in a person's life, age then, within an
    observation period, and (for the first question) a drug of the second set from that day to 180 days after."""
    primary = definition["PrimaryCriteria"]["CriteriaList"][0]["ConditionOccurrence"]
    sets = concepts_of(definition)
    age = primary["Age"]["Value"]
    genders = [g["CONCEPT_ID"] for g in primary.get("Gender", [])]
    out = ", ".join(str(p) for p in excluded) or "-1"
    years = "year(c.condition_start_date) - p.year_of_birth"
    if age_at_event:
        years = f"coalesce(c.age_at_event, {years})"
    # Where one person has several rows in a combined release, any of them may hold the year of birth.
    sql = (f"WITH first_diagnosis AS (SELECT c.*, row_number() OVER (PARTITION BY c.person_id ORDER BY c.condition_start_date, "
           f"c.condition_occurrence_id) AS place FROM {parquet(data / 'condition_occurrence.parquet')} c "
           f"WHERE c.condition_concept_id IN ({concept_sql(sets[primary['CodesetId']], vocabulary)})) "
           f"SELECT count(DISTINCT c.person_id) AS n FROM first_diagnosis c "
           f"JOIN {parquet(data / 'person.parquet')} p ON p.person_id = c.person_id "
           f"JOIN {parquet(data / 'observation_period.parquet')} o ON o.person_id = c.person_id "
           f"AND c.condition_start_date BETWEEN o.observation_period_start_date AND o.observation_period_end_date "
           f"WHERE c.place = 1 AND {years} >= {age} AND c.person_id NOT IN ({out})")
    if genders:
        sql += f" AND p.gender_concept_id IN ({', '.join(map(str, genders))})"
    for criterion in definition.get("AdditionalCriteria", {}).get("CriteriaList", []):
        drug = criterion["Criteria"]["DrugExposure"]
        days = criterion["StartWindow"]["End"]["Days"]
        sql += (f" AND EXISTS (SELECT 1 FROM {parquet(data / 'drug_exposure.parquet')} d WHERE d.person_id = c.person_id "
                f"AND d.drug_concept_id IN ({concept_sql(sets[drug['CodesetId']], vocabulary)}) "
                f"AND d.drug_exposure_start_date - c.condition_start_date BETWEEN 0 AND {days})")
    return sql


def has_column(r, file, column):
    rows = r.query({"c": f"SELECT column_name FROM (DESCRIBE SELECT * FROM {parquet(file)})"})["c"]
    return column in {row["column_name"] for row in rows}


def persons_of(r, definition_file, site, excluded=()):
    definition = json.loads(pathlib.Path(definition_file).read_text())
    folder = r.site(site)
    data = folder / "releases" / "r1" / "data" if site == "combiner" else folder / "lake"
    with_age = has_column(r, data / "condition_occurrence.parquet", "age_at_event")
    sql = question_sql(definition, data, folder / "vocabulary", excluded, with_age)
    return r.query({"n": sql})["n"][0]["n"]


def withdrawn_at(r, site):
    file = r.site(site) / "private" / "withdrawn.json"
    return json.loads(file.read_text())["persons"] if file.exists() else []


def check_ask(r):
    questions = r.facts("ask")["questions"]
    r.holds(len(questions) >= 2, "ask: at least one question, in both modes")
    for question in questions:
        name = pathlib.Path(question["definition"]).name
        r.equal(question["distinct"], question["mode"] == "linked", f"ask {name}: distinct only where linked")
        for holder in question["holders"]:
            persons = persons_of(r, question["definition"], holder["site"])
            where = f"ask {name}, {question['mode']}, {holder['site']}"
            r.equal(holder["persons"], persons, f"{where}: persons before output rules")
            answer = holder["answer"]
            if answer is None:
                r.holds(bool(holder["reason"]), f"{where}: a hidden answer tells its reason")
            else:
                r.holds(persons >= 10 or answer == 0, f"{where}: fewer than 10 persons are not shown")
                r.equal(answer % 5, 0, f"{where}: rounded to 5")
                r.holds(abs(answer - persons) <= 2.5, f"{where}: the answer {answer} is {persons} rounded")


# ---------------------------------------------------------------- verify

def rank_auroc(scored):
    """Mann-Whitney with ties by mid-ranks."""
    ordered = sorted(scored)
    ranks = 0.0
    i = 0
    while i < len(ordered):
        j = i
        while j < len(ordered) and ordered[j][0] == ordered[i][0]:
            j += 1
        ranks += sum(label for _, label in ordered[i:j]) * (i + 1 + j) / 2
        i = j
    events = sum(label for _, label in scored)
    others = len(scored) - events
    return (ranks - events * (events + 1) / 2) / (events * others) if events and others else None


def study_rows(r, site, definitions, card, horizon):
    """(features, label) of each eligible person of one hospital, from its lake."""
    lake = r.site(site) / "lake"
    vocabulary = r.site(site) / "vocabulary"
    target = json.loads((definitions / "target.json").read_text())
    outcome = json.loads((definitions / "outcome.json").read_text())
    codes = {"target": concept_sql(concepts_of(target)[0], vocabulary), "outcome": concept_sql(concepts_of(outcome)[0], vocabulary)}
    excluded = ", ".join(map(str, withdrawn_before_verify(r, site))) or "-1"
    conditions = parquet(lake / "condition_occurrence.parquet")
    periods = parquet(lake / "observation_period.parquet")
    age = target["PrimaryCriteria"]["CriteriaList"][0]["ConditionOccurrence"]["Age"]["Value"]
    index = (f"SELECT c.person_id, c.condition_start_date AS day, p.gender_concept_id AS sex, "
             f"year(c.condition_start_date) - p.year_of_birth AS age FROM (SELECT *, row_number() OVER (PARTITION BY person_id "
             f"ORDER BY condition_start_date, condition_occurrence_id) AS place FROM {conditions} "
             f"WHERE condition_concept_id IN ({codes['target']})) c JOIN {parquet(lake / 'person.parquet')} p USING (person_id) "
             f"WHERE c.place = 1 AND year(c.condition_start_date) - p.year_of_birth >= {age} AND c.person_id NOT IN ({excluded}) "
             f"AND EXISTS (SELECT 1 FROM {periods} o WHERE o.person_id = c.person_id AND c.condition_start_date BETWEEN "
             f"o.observation_period_start_date AND o.observation_period_end_date)")
    queries = {
        "index": f"SELECT person_id::VARCHAR AS person, day, sex, age FROM ({index})",
        "events": f"SELECT i.person_id::VARCHAR AS person, (c.condition_start_date - i.day)::BIGINT AS days FROM ({index}) i "
                  f"JOIN {conditions} c USING (person_id) WHERE c.condition_concept_id IN ({codes['outcome']})",
        "covered": f"SELECT i.person_id::VARCHAR AS person, max(o.observation_period_end_date - i.day)::BIGINT AS days FROM ({index}) i "
                   f"JOIN {periods} o USING (person_id) WHERE i.day BETWEEN o.observation_period_start_date AND "
                   f"o.observation_period_end_date GROUP BY 1",
    }
    shapes = {"condition": ("condition_occurrence", "condition"), "drug": ("drug_exposure", "drug"),
              "measurement_last": ("measurement", "measurement")}
    for number, feature in enumerate(card["features"]):
        source = feature["source"]
        if source["kind"] not in shapes:
            continue
        table, prefix = shapes[source["kind"]]
        date = {"condition": "condition_start_date", "drug": "drug_exposure_start_date", "measurement": "measurement_date"}[prefix]
        wanted = concept_sql([(c, source["include_descendants"]) for c in source["concepts"]], vocabulary)
        more = ", e.value_as_number AS value, e.measurement_datetime AS time, e.measurement_id AS id" if prefix == "measurement" else ""
        queries[f"f{number}"] = (f"SELECT i.person_id::VARCHAR AS person, (i.day - e.{date})::BIGINT AS days{more} FROM ({index}) i "
                                 f"JOIN {parquet(lake / (table + '.parquet'))} e USING (person_id) WHERE e.{prefix}_concept_id IN "
                                 f"({wanted}) AND i.day - e.{date} BETWEEN 0 AND {source['window_days']}")
    answers = r.query(queries)
    events = collections.defaultdict(list)
    for row in answers["events"]:
        events[row["person"]].append(int(row["days"]))
    covered = {row["person"]: int(row["days"]) for row in answers["covered"]}
    rows = []
    for row in answers["index"]:
        person = row["person"]
        days = events.get(person, [])
        if any(d <= 0 for d in days):
            continue
        label = any(d <= horizon for d in days)
        if not label and covered.get(person, -1) < horizon:
            continue
        rows.append((person, row["sex"], row["age"], int(label)))
    values = {}
    for number, feature in enumerate(card["features"]):
        if f"f{number}" not in answers:
            continue
        column = {}
        for row in answers[f"f{number}"]:
            if feature["source"]["kind"] != "measurement_last":
                column[row["person"]] = 1.0
            elif row["value"] is not None:
                key = (-int(row["days"]), row["time"] or "", int(row["id"]))
                if row["person"] not in column or key > column[row["person"]][0]:
                    column[row["person"]] = (key, float(row["value"]))
        values[number] = column
    return rows, values


def withdrawn_before_verify(r, site):
    """Nobody has withdrawn before step verify: withdrawals are the step after it."""
    return []


def score(card, person, sex, age, values):
    terms = [card["intercept"]]
    for number, feature in enumerate(card["features"]):
        kind = feature["source"]["kind"]
        if kind == "age":
            x = age if age is not None else feature["missing"]
        elif kind == "sex_male":
            x = 1.0 if sex == 8507 else 0.0 if sex == 8532 else feature["missing"]
        elif kind == "measurement_last":
            x = values[number][person][1] if person in values[number] else feature["missing"]
        else:
            x = values[number].get(person, 0.0)
        terms.append(feature["coefficient"] * x)
    return 1 / (1 + math.exp(-math.fsum(terms)))


def few(rows):
    """So few persons, or persons with or without the event, that the policy hides the figure."""
    events = sum(row[3] for row in rows)
    return min(events, len(rows) - events) < 10


def plan_number(text, key):
    for line in text.splitlines():
        if line.startswith(key + ":"):
            return int(line.split(":", 1)[1])
    raise SystemExit(f"the plan has no {key}")


def check_verify(r):
    facts = r.facts("verify")
    verify = r.folder / "sources"
    card = json.loads((verify / "solution" / "scorecard.json").read_text())
    plan = (verify / "solution" / "plan.yaml").read_text()
    horizon, grid = plan_number(plan, "horizon_days"), plan_number(plan, "score_grid")
    pooled = []
    told = {site["site"]: site for site in facts["sites"]}
    r.equal(sorted(told), HOSPITALS, "verify: one figure for each hospital")
    for site in HOSPITALS:
        rows, values = study_rows(r, site, verify / "definitions", card, horizon)
        # Scores are rounded to the plan's grid, half to even, at a site as in the sum over sites.
        scored = [(round(score(card, person, sex, age, values) * grid), label) for person, sex, age, label in rows]
        pooled += scored
        figure = rank_auroc(scored)
        if told[site]["auroc"] is None or figure is None:
            r.holds(told[site]["reason"] and (figure is None or few(rows)), f"verify, {site}: no AUROC, with the reason {told[site]['reason']!r}")
        else:
            # Four decimals leave the site, by the policy.
            r.equal(told[site]["auroc"], figure, f"verify, {site}: AUROC over {len(rows)} persons", 0.00006)
        if told[site].get("persons") is not None:
            r.holds(abs(told[site]["persons"] - len(rows)) <= 2.5, f"verify, {site}: {told[site]['persons']} persons is {len(rows)} rounded")
    if facts["auroc"] is None:
        r.holds(facts["reason"], "verify: no pooled AUROC, with its reason")
    else:
        r.equal(facts["auroc"], rank_auroc(pooled), f"verify: pooled AUROC over {len(pooled)} persons", 0.00006)
    r.holds(pathlib.Path(facts["report"]).is_file(), "verify: the report is there")


# ---------------------------------------------------------------- withdraw, genome, audit

def check_withdraw(r):
    facts = r.facts("withdraw")
    definition = r.facts("ask")["questions"][0]["definition"]
    before = sum(persons_of(r, definition, site) for site in HOLDERS)
    after = 0
    for site in HOLDERS:
        now = persons_of(r, definition, site, withdrawn_at(r, site))
        after += now
        told = {h["site"]: h for h in facts["question"]["holders"]}[site]
        r.equal(told["persons"], now, f"withdraw, {site}: persons after the withdrawal")
    r.equal(facts["before"], before, "withdraw: persons before, over all holders")
    r.equal(facts["after"], after, "withdraw: persons after, over all holders")
    r.holds(before > after, "withdraw: somebody is left out")
    # The withdrawn person's pseudonyms are in no table of r2 that r1 had them in: r2 has one person less.
    counts = r.query({name: f"SELECT count(*) AS n FROM {parquet(r.site('combiner') / 'releases' / name / 'data' / 'person.parquet')}"
                      for name in ("r1", "r2")})
    r.holds(0 <= counts["r1"][0]["n"] - counts["r2"][0]["n"] <= 60,
            f"withdraw: r2 holds the persons of r1 less the withdrawn one, up to suppression ({counts['r1'][0]['n']} → {counts['r2'][0]['n']})")
    check_one_human(r)


def check_one_human(r):
    """Every site's withdrawn person is the same human being in the truth."""
    sources = {}
    for site in HOLDERS:
        persons = withdrawn_at(r, site)
        if persons:
            rows = r.query({"p": f"SELECT person_source_value AS s FROM {parquet(r.site(site) / 'lake' / 'person.parquet')} "
                                 f"WHERE person_id IN ({', '.join(map(str, persons))})"})["p"]
            sources[site] = {row["s"] for row in rows}
    humans = {row["global_id"] for row in csv.DictReader(open(r.folder / "truth" / "persons.csv"))
              if row["person_source_value"] in sources.get(row["site"], ())}
    r.equal(1, len(humans), "withdraw: all sites left out the same human being")


def count_vcf(file):
    """(chrom, pos, ref, alt) → [ac, an, het, hom, hemi], by a plain reading of GT."""
    counts = {}
    with gzip.open(file, "rt") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            cells = line.rstrip("\n").split("\t")
            alts = cells[4].split(",")
            calls = [[int(a) for a in g.split(":")[0].replace("|", "/").split("/") if a != "."] for g in cells[9:]]
            an = sum(len(call) for call in calls)
            for number, alt in enumerate(alts, 1):
                row = [0, an, 0, 0, 0]
                for call in calls:
                    copies = call.count(number)
                    row[0] += copies
                    row[4 if len(call) == 1 else 3 if copies == len(call) else 2] += copies
                counts[(cells[0], cells[1], cells[3], alt)] = row
    return counts


def check_genome(r):
    facts = r.facts("genome")
    files = {"siteA": ["hospital-a"], "siteB": ["hospital-b"], "all": ["hospital-a", "hospital-b"]}
    for name, sites in files.items():
        wanted = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
        per_file = [count_vcf(r.folder / "sources" / "genome" / f"{site}.vcf.gz") for site in sites]
        called = [{key[:3]: row[1] for key, row in one.items()} for one in per_file]
        for one in per_file:
            for key in one:
                wanted[key] = [0, 0, 0, 0, 0]
        for key in wanted:
            for one, sites_called in zip(per_file, called):
                row = one.get(key, [0, sites_called.get(key[:3], 0), 0, 0, 0])
                wanted[key] = [a + b for a, b in zip(wanted[key], row)]
        told = {}
        with open(facts["exact_counts"][name]) as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                told[(row["chrom"], row["pos"], row["ref"], row["alt"])] = [
                    int(row[c]) for c in ("ac", "an", "ac_het", "ac_hom", "ac_hemi")]
        wrong = [key for key in set(told) | set(wanted) if told.get(key) != wanted.get(key)]
        r.equal([], sorted(wrong)[:5], f"genome, {name}: variants whose counts differ from a plain reading of the VCF")


def check_audit(r):
    facts = r.facts("audit")
    # A checkpoint's second line is the number of entries, the third the root (base64), as in C2SP tlog-checkpoint.
    lines = facts["checkpoint"].split("\n")
    r.equal(facts["entries"], int(lines[1]), "audit: entries against the checkpoint")
    for name, found in facts["tampering"].items():
        r.holds(name in [f.get("kind") for f in found["findings"]], f"audit: {name} is found by its name")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    r = Recomputation(sys.argv[1])
    checks = {"sources": check_sources, "link": check_link, "release": check_release, "genome": check_genome,
              "ask": check_ask, "verify": check_verify, "withdraw": check_withdraw, "audit": check_audit}
    for name, check in checks.items():
        if name not in r.story:
            r.failed.append(f"{name}: story.json has no such step")
            continue
        before = len(r.failed)
        begin = datetime.datetime.now()
        try:
            check(r)
        except (KeyError, TypeError, ValueError, OSError) as problem:
            r.failed.append(f"{name}: could not be recomputed: {type(problem).__name__} {problem}")
        seconds = (datetime.datetime.now() - begin).total_seconds()
        print(f"{name:10} {'agrees' if len(r.failed) == before else 'DISAGREES'}  {seconds:.1f} s")
    for line in r.failed:
        print(f"DISAGREES: {line}")
    print(f"recomputed {r.agreed + len(r.failed)} figures: {r.agreed} agree, {len(r.failed)} do not")
    sys.exit(1 if r.failed else 0)


if __name__ == "__main__":
    main()
