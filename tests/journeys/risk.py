"""Risk recomputed from outside: plain loops over the rows of a made-up hospital must give what `naru protect assess` says.

Then the policy that refuses production, and the two people who together find the person behind a pseudonym.
"""
import collections
import csv
import datetime
import itertools
import json

import journey as house

journey = house.Journey("risk")
nation = journey.folder / "nation"
journey.must("synth", "--persons", 800, "--hospitals", 2, "--seed", 5, "--out", nation)
cdm = next(folder for folder in sorted(nation.glob("*/omop")))


def rows_of(table):
    with open(cdm / f"{table}.csv", encoding="utf-8", newline="") as file:
        return [{key.lower(): value for key, value in row.items()} for row in csv.DictReader(file)]


def day(text):
    return datetime.date.fromisoformat(text[:10])


def smallest(patterns):
    """{person: patterns} → {size of the smallest class: persons}."""
    holders = collections.Counter(pattern for own in patterns.values() for pattern in own)
    return collections.Counter(min(holders[p] for p in own) for own in patterns.values() if own)


def windows(values, length):
    return {tuple(values[i:i + length]) for i in range(len(values) - length + 1)}


def banded(sizes):
    edges = [1, 2, 3, 5, 10, 20, 50, 100, 500, 1000]
    out = []
    for i, low in enumerate(edges):
        high = edges[i + 1] if i + 1 < len(edges) else None
        out.append(sum(n for size, n in sizes.items() if size >= low and (high is None or size < high)))
    return out


def assessed_here():
    places = {row["location_id"]: row for row in rows_of("location")} if (cdm / "location.csv").exists() else {}
    persons = {}
    for row in rows_of("person"):
        place = places.get(row.get("location_id", ""), {})
        persons[row["person_id"]] = {
            **{key: row.get(key, "") for key in ("year_of_birth", "month_of_birth", "day_of_birth", "gender_concept_id",
                                                 "race_concept_id", "ethnicity_concept_id")},
            **{key: place.get(key, "") for key in ("state", "county", "city", "zip")}}
    telling = [key for key in next(iter(persons.values())) if len({p[key] for p in persons.values()}) > 1]
    own = {person: tuple(values[key] for key in telling) for person, values in persons.items()}
    visits = collections.defaultdict(set)
    codes = collections.defaultdict(dict)
    records = collections.defaultdict(list)
    for row in rows_of("visit_occurrence"):
        visits[row["person_id"]].add(day(row["visit_start_date"]))
        records[row["person_id"]].append(("visit", day(row["visit_start_date"])))
    for row in rows_of("condition_occurrence"):
        when, code = day(row["condition_start_date"]), int(row["condition_concept_id"])
        records[row["person_id"]].append((code, when))
        if code > 0:
            first = codes[row["person_id"]]
            first[code] = min(first.get(code, when), when)
    order = {person: [code for code, when in sorted(own.items(), key=lambda item: (item[1], item[0]))]
             for person, own in codes.items()}
    return telling, {
        "demographics": smallest({person: [key] for person, key in own.items()}),
        "visit-dates": smallest({p: {(own[p], w) for w in windows(sorted(visits[p]), 3)} for p in own}),
        "any-visits": smallest({p: {(own[p], w) for w in itertools.combinations(sorted(visits[p]), 3)} for p in own}),
        "rare-code": smallest({p: {(own[p], code) for code in codes[p]} for p in own}),
        "code-trajectory": smallest({p: {(own[p], w) for w in windows(order.get(p, []), 3)} for p in own}),
        "other-hospital": smallest({p: {(own[p], tuple(sorted(records[p], key=str)))} for p in own if records[p]})}


def the_figures():
    page = journey.folder / "risk.html"
    answer = journey.must("protect", "assess", "--cdm", cdm, "--policy", "naru-demo", "--html", page)
    telling, expected = assessed_here()
    journey.equal(sorted(answer["quasi_identifiers"]), sorted(telling), "the columns that differ between persons")
    for attacker in answer["attackers"]:
        sizes = expected[attacker["id"]]
        name = attacker["id"]
        journey.equal([band["persons"] for band in attacker["class_sizes"]], banded(sizes), f"{name}: class sizes")
        journey.equal(attacker["unique"], sizes.get(1, 0), f"{name}: unique")
        average = sum(n / size for size, n in sizes.items()) / answer["persons"]
        journey.check(abs(attacker["prosecutor"]["average"] - average) < 1e-12, f"{name}: prosecutor's average")
        journey.check(attacker["journalist"]["average"] <= attacker["prosecutor"]["average"], f"{name}: not knowing helps")
        high = sum(n for size, n in sizes.items() if 1 / size > 0.2) / answer["persons"]
        journey.check(abs(attacker["prosecutor"]["share_at_high_risk"] - high) < 1e-12, f"{name}: above the limit")
    journey.equal(len(answer["attackers"]), 6, "six attackers")
    again = journey.must("protect", "assess", "--cdm", cdm, "--policy", "naru-demo")
    journey.equal(again["attackers"], answer["attackers"], "the same input gives the same figures")
    text = page.read_text(encoding="utf-8")
    journey.check("재식별 위험 보고서" in text and "Re-identification risk" in text, "the page speaks both languages")
    journey.check("<script" not in text and "http" not in text, "the page stands alone")
    table = journey.must("protect", "assess", "--table", cdm / "person.csv", "--quasi", "year_of_birth,gender_concept_id")
    classes = collections.Counter((r["year_of_birth"], r["gender_concept_id"]) for r in rows_of("person"))
    journey.equal((table["k"], table["classes"]), (min(classes.values()), len(classes)), "a plain table")
    journey.refused(2, "usage", "protect", "assess", "--cdm", cdm)
    journey.refused(5, "not_found", "protect", "assess", "--table", cdm / "person.csv", "--quasi", "shoe_size")


def the_policies():
    shown = journey.must("protect", "policy", "kr-guideline")
    open_rules = [rule["rule"] for rule in shown["rules"] if not rule["verified"]]
    journey.check(open_rules and not shown["ready_for_production"], "the preset says that it is not ready")
    error = journey.refused(3, "refused", "protect", "policy", "kr-guideline", "--production")
    journey.check(open_rules[0] in error["where"], "the refusal names the first open rule")
    text = (house.SOURCE / "policies" / "kr-guideline.yaml").read_text(encoding="utf-8")
    import re
    whole = re.sub(r"(verified|dated): false, why: \"[^\"]*\"", r'\1: { on: "2026-11-26", against: "the original" }', text)
    rules = re.sub(r"(verified): false, why: \"[^\"]*\"", r'\1: { on: "2026-11-26", against: "the original" }', text)
    file = journey.folder / "mine.yaml"
    file.write_text(rules, encoding="utf-8")
    error = journey.refused(3, "refused", "protect", "policy", file, "--production")
    journey.check("sources." in error["where"], "a source whose version nobody compared keeps a policy from production")
    file.write_text(whole, encoding="utf-8")
    journey.check(journey.must("protect", "policy", file, "--production")["ready_for_production"],
                  "a policy whose every rule was compared is ready")
    file.write_text(text.replace("  k: 5\n", ""), encoding="utf-8")
    journey.refused(4, "rejected", "protect", "policy", file)


def the_two_people():
    site = journey.folder / "hospital"
    journey.must("init", site, "--site", "hospital-z", "--role", "hospital")
    for name in ("kim", "lee"):
        journey.must("account", "add", "--site", site, "--account", name, "--name-en", name, "--name-ko", name, "--roles",
                     "steward", "--password-stdin", stdin=f"{name}-long-password\n")
    people = journey.folder / "people.csv"
    people.write_text("person_id\n" + "\n".join(str(n) for n in range(100, 200)) + "\n")
    out = journey.folder / "out.parquet"
    scope = ["--site", site, "--project", "prj-9", "--recipient", "firm"]
    journey.equal(journey.must("protect", "pseudonymise", *scope, "--table", people, "--out", out)["persons"], 100,
                  "persons under pseudonyms")
    ask = ["--reason", "an incidental finding", "--basis", "Bioethics Act", "--pseudonym", 4711]
    journey.refused(3, "refused", "protect", "reidentify", "request", *scope, *ask, "--account", "kim", "--password-stdin",
                    stdin="wrong-password\n")
    request = journey.must("protect", "reidentify", "request", *scope, *ask, "--account", "kim", "--password-stdin",
                           stdin="kim-long-password\n")["request"]
    answer = ["protect", "reidentify", "approve", "--site", site, "--request", request, "--among", people, "--password-stdin"]
    journey.refused(3, "refused", *answer, "--account", "kim", stdin="kim-long-password\n")
    found = journey.must(*answer, "--account", "lee", stdin="lee-long-password\n")
    journey.equal((found["found"], found["id"]), (False, None), "nobody has that pseudonym")
    journey.refused(3, "refused", *answer, "--account", "lee", stdin="lee-long-password\n")
    certificate = journey.must("keys", "destroy", "pseudonym.prj-9", "--site", site, "--reason", "the project is over")
    file = journey.folder / "certificate.json"
    file.write_text(json.dumps(certificate), encoding="utf-8")
    journey.check(journey.must("keys", "verify-destruction", file, "--key", certificate["key"])["ok"], "the certificate holds")
    certificate["certificate"]["reason"] = "another reason"
    file.write_text(json.dumps(certificate), encoding="utf-8")
    journey.refused(4, "rejected", "keys", "verify-destruction", file, "--key", certificate["key"])
    journey.refused(3, "refused", "protect", "pseudonymise", *scope, "--table", people, "--out", out)


the_figures()
the_policies()
the_two_people()
journey.end()
