#!/usr/bin/env python3
"""Bad input and faults against the real binary: the error says what, where and what to do; nothing stored changes."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import NARU, Journey

journey = Journey("faults")
base = journey.folder


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def write(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


site = base / "hospital"
journey.must("init", site, "--site", "hospital-x", "--role", "hospital")
good = base / "good"
write(good / "person.csv", "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n"
      "1,8507,1970,0,0\n2,8532,1980,0,0\n")
write(good / "condition_occurrence.csv",
      "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_type_concept_id\n"
      "1,1,201826,2020-02-03,32817\n2,2,201826,2020-02-31,32817\n2,1,201826,2020-03-01,32817\n1,2,201826,2020-04-01,32817\n")
receipt = journey.must("ingest", "omop", good, "--site", site, "--legal-basis", "pseudonymised-use")
conditions = receipt["tables"]["condition_occurrence"]
journey.equal((conditions["read"], conditions["stored"], conditions["refused"]), (4, 2, 2),
              "31 February and a repeated id are refused rows, the rest is stored")
lake = tree(site / "lake")
again = journey.must("ingest", "omop", good, "--site", site, "--legal-basis", "pseudonymised-use")
journey.check(again.get("unchanged") is True, "the same source again changes nothing and says so")
journey.equal(tree(site / "lake"), lake, "the lake after the same source again")

column = base / "no-column"
write(column / "person.csv", "person_id,year_of_birth\n3,1970\n")
error = journey.refused(4, "rejected", "ingest", "omop", column, "--site", site, "--legal-basis", "pseudonymised-use")
journey.check("gender_concept_id" in json.dumps(error, ensure_ascii=False), f"the missing column is named: {error}")
journey.equal(tree(site / "lake"), lake, "the lake after a table without a required column")

cp949 = base / "cp949"
write(cp949 / "person.csv", "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,"
      "person_source_value\n4,8507,1970,0,0,나루\n", "cp949")
error = journey.refused(4, "rejected", "ingest", "omop", cp949, "--site", site, "--legal-basis", "pseudonymised-use")
journey.check("cp949" in error["hint"], f"the hint names --encoding cp949: {error}")
journey.equal(tree(site / "lake"), lake, "the lake after CP949 read as UTF-8")

fhir = base / "fhir"
write(fhir / "Patient.ndjson", '{"resourceType":"Patient","id":"p1","gender":"male","birthDate":"1970-01-01"}\n'
      '{"resourceType":"Patient","id":"p2","gender":"fem')
receipt = journey.must("ingest", "fhir", fhir, "--site", site, "--legal-basis", "consent")
patients = receipt["tables"]["Patient"]
journey.equal((patients["read"], patients["stored"], patients["refused"]), (2, 1, 1),
              "a truncated last line is one refused row")
lake = tree(site / "lake")

definition = write(base / "odd.json", json.dumps({"ConceptSets": [], "PrimaryCriteria": {
    "CriteriaList": [{"PayerPlanPeriod": {"CodesetId": 0}}],
    "ObservationWindow": {"PriorDays": 0, "PostDays": 0}, "PrimaryCriteriaLimit": {"Type": "All"}}}))
error = journey.refused(4, "rejected", "cohort", "count", "--cdm", site / "lake", "--definition", definition)
journey.check("PayerPlanPeriod" in json.dumps(error), f"the unsupported feature is named: {error}")
journey.refused(2, "usage", "cohort", "count", "--cdm", site / "lake")
journey.refused(5, "not_found", "release", "verify", base / "no-release", "--key", "00" * 32)

# kill -9 while a larger source is on its way in: the old lake stands, and the same source then goes in whole.
big = base / "big"
write(big / "person.csv", "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n" +
      "".join(f"{i},8507,1970,0,0\n" for i in range(1000, 60000)))
write(big / "measurement.csv", "measurement_id,person_id,measurement_concept_id,measurement_date,"
      "measurement_type_concept_id,value_as_number\n" +
      "".join(f"{i},{1000 + i % 59000},3004410,2021-0{1 + i % 9}-11,32817,{i % 90}\n" for i in range(1, 400000)))
killed = 0
for wait in (0.05, 0.2, 0.4, 0.7, 1.1):
    child = subprocess.Popen([NARU, "ingest", "omop", str(big), "--site", str(site), "--legal-basis",
                              "pseudonymised-use", "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(wait)
    if child.poll() is None:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        killed += 1
        count, answer, _ = journey.run("cohort", "count", "--cdm", site / "lake", "--definition", definition)
        present = tree(site / "lake")
        journey.check(present == lake or len(present) >= len(lake), f"after kill -9 at {wait} s a whole lake stands")
    else:
        break
journey.check(killed > 0, "the load was killed at least once")
receipt = journey.must("ingest", "omop", big, "--site", site, "--legal-basis", "pseudonymised-use")
journey.equal(receipt["tables"]["measurement"]["stored"], 399999, "after the kills the same source goes in whole")

# A site that is down: the authority asks, nobody answers, the error says so; nothing is spent.
authority = base / "authority"
journey.must("init", authority, "--site", "authority", "--role", "authority")
error = journey.refused(5, "not_found", "ask", "--site", authority, "--right", "right-none", "--definition", definition)
journey.end()
