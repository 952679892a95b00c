#!/usr/bin/env python3
"""What every command promises, from outside: words that do not fit, one document on standard output, both languages, places
that cannot be written to, files where people have them (bare names, older code page, odd names), answers that were not given."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import NARU, Journey

journey = Journey("contract")
base = journey.folder
naru = str(pathlib.Path(NARU).resolve())


def run(*arguments, cwd=base, env=None, stdout=subprocess.PIPE):
    done = subprocess.run([naru, *map(str, arguments)], cwd=cwd, stdout=stdout, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "LC_ALL": "C", **(env or {})}, timeout=300)
    return done.returncode, done.stdout, done.stderr


def error(*arguments, **more):
    status, out, _ = run(*arguments, "--json", **more)
    return status, json.loads(out).get("error", {})


def korean(text):
    return any("가" <= c <= "힣" for c in text)


# Words that do not fit.
for words, name in ((["nonsense"], "nonsense"), (["cohort", "nonsense"], "nonsense"),
                    (["cohort", "count", "--definition", "x", "--nope", "1"], "--nope"),
                    (["evaluate", "scores"], "FILE"), (["protect", "search"], "--config"), (["init", "x", "--site", "s"], "--role"),
                    (["cohort", "count", "--definition"], "--definition")):
    status, said = error(*words)
    journey.equal((status, said.get("kind")), (2, "usage"), f"naru {' '.join(words)}")
    journey.check(name in said.get("what", ""), f"naru {' '.join(words)} names {name}: {said}")
    status, said = error(*words, "--lang", "ko")
    journey.check(status == 2 and korean(said.get("what", "")) and korean(said.get("hint", "")),
                  f"naru {' '.join(words)} --lang ko is Korean: {said}")
    status, said = error(*words, env={"LC_ALL": "ko_KR.UTF-8"})
    journey.check(korean(said.get("what", "")), f"naru {' '.join(words)} is Korean in a Korean environment")
for words in ([], ["cohort"], ["protect", "reidentify"]):
    status, said = error(*words)
    journey.check(status == 2 and "search" in said["hint"] + "search", f"naru {' '.join(words)} --json is one document")
    journey.check("one of" in said["hint"], f"naru {' '.join(words)} says which commands there are: {said}")
status, out, _ = run("--version", "--json")
journey.check(status == 0 and json.loads(out)["version"], "the version is told")
status, out, _ = run("--lang", "ko", "cohort", "count", "--help")
journey.check(status == 0 and "사용법" in out and "옵션" in out and "Options" not in out, f"--help is Korean: {out[:200]}")

# An answer that did not arrive was not given.
table = base / "scores.csv"
table.write_text("y,s,g\n1,0.9,a\n0,0.2,b\n1,0.6,a\n0,0.4,b\n1,0.3,a\n0,0.1,b\n")
with open("/dev/full", "w") as full:
    status, _, err = run("evaluate", "scores", table, "--label", "y", "--score", "s", "--json", stdout=full)
journey.check(status == 70 and err, f"a full disk below standard output is told: {status} {err}")

# One table, however it is written; a bare name is a file of the working folder.
want = run("evaluate", "scores", "scores.csv", "--label", "y", "--score", "s", "--subgroup", "g", "--json")[1]
(base / "점수 [최종] *.csv").write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n").replace(b",", b";"))
got = run("evaluate", "scores", "점수 [최종] *.csv", "--label", "y", "--score", "s", "--subgroup", "g", "--json")[1]
journey.equal(got, want, "BOM, CR LF, semicolons and a name with blanks, brackets and a star")
(base / "older.csv").write_bytes(table.read_text().replace("y,s,g", "결과,점수,병동").encode("cp949"))
status, said = error("evaluate", "scores", "older.csv", "--label", "결과", "--score", "점수")
journey.check(status == 4 and "cp949" in said["hint"] and "older.csv" in said["where"], f"CP949 is told apart: {said}")
status, out, _ = run("evaluate", "scores", "older.csv", "--label", "결과", "--score", "점수", "--encoding", "cp949", "--json")
journey.check(status == 0 and json.loads(out)["scores"]["점수"]["auroc"]["estimate"] == json.loads(want)["scores"]["s"]["auroc"]["estimate"],
              "evaluate reads CP949 when told")
(base / "ragged.csv").write_text("y,s\n1,0.5\n0,0.5,private\n")
status, said = error("evaluate", "scores", "ragged.csv", "--label", "y", "--score", "s")
journey.check(status == 4 and "3" in said["where"] and "ragged.csv" in said["where"] and "private" not in json.dumps(said),
              f"a line with another number of cells is named: {said}")
(base / "twice.csv").write_text("y,y,s\n1,0,0.5\n0,1,0.5\n")
status, said = error("evaluate", "scores", "twice.csv", "--label", "y", "--score", "s")
journey.check(status == 4 and "'y'" in said["what"], f"two columns of one name are refused: {said}")

people = "번호,이름,생일\n" + "".join(f"{i},{n},{d}\n" for i, (n, d) in enumerate(
    [("김민수", "1980-01-02"), ("김민수", "1980-01-02"), ("이영희", "1990-03-04"), ("박철수", "1975-05-06"), ("최지우", "1988-07-08")]))
(base / "people.csv").write_bytes(people.encode("cp949"))
(base / "utf8.csv").write_text(people)
columns = [{"name": "이름", "kind": "name"}, {"name": "생일", "kind": "date"}]
for name, more in (("utf8", {}), ("people", {"encoding": "cp949"})):
    (base / f"{name}.json").write_text(json.dumps({"left": f"{name}.csv", "id": "번호", "columns": columns, "threshold": 0.5, **more}))
    status, out, _ = run("linkage", "match", "--config", f"{name}.json", "--out", f"{name}.pairs", "--json")
    journey.equal(status, 0, f"linkage of {name}.csv: {out}")
journey.equal((base / "people.pairs").read_bytes(), (base / "utf8.pairs").read_bytes(), "linkage: the code page makes no difference")
for line in (base / "utf8.pairs").read_text().splitlines()[1:]:
    journey.equal(repr(float(line.split(",")[2])).rstrip("0").rstrip("."), line.split(",")[2].rstrip("0").rstrip("."), "a probability reads back exactly")
for name, more in (("utf8", {}), ("people", {"encoding": "cp949"})):
    (base / f"h-{name}.csv").write_bytes("".join(f"{n},*\n" for n in ("김민수", "이영희", "박철수", "최지우")).encode(more.get("encoding", "utf-8")))
    (base / f"p-{name}.json").write_text(json.dumps({
        "data": f"{name}.csv", "columns": [{"name": "이름", "role": "quasi_identifier", "hierarchy": f"h-{name}.csv"}],
        "models": [{"k_anonymity": 2}], "suppression_limit": 0.6, "utility": {"metric": "loss", "aggregate": "arithmetic_mean", "gs_factor": 0.5}, **more}))
    status, out, _ = run("protect", "apply", "--config", f"p-{name}.json", "--out", f"p-{name}.out", "--json")
    journey.equal(status, 0, f"protect apply of {name}.csv: {out}")
journey.equal((base / "p-people.out").read_bytes(), (base / "p-utf8.out").read_bytes(), "protect: the code page makes no difference")

status, said = error("protect", "search", "--config", "p-utf8.json", "--time-limit", "nan")
journey.equal((status, said["kind"]), (2, "usage"), "nan is no number of seconds")

# Bare names at a site's doors.
run("init", "site", "--site", "hospital-x", "--role", "hospital")
(base / "person.csv").write_text("person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1970,0,0\n")
status, out, _ = run("ingest", "omop", "person.csv", "--site", "site", "--legal-basis", "synthetic", "--json")
journey.check(status == 0 and json.loads(out)["tables"]["person"]["stored"] == 1, f"ingest of a bare name: {out}")
(base / "Patient.ndjson").write_text('{"resourceType":"Patient","id":"p1","gender":"male","birthDate":"1970-01-01"}\n')
status, out, _ = run("ingest", "fhir", "Patient.ndjson", "--site", "site", "--legal-basis", "synthetic", "--json")
journey.check(status == 0 and json.loads(out)["tables"]["Patient"]["stored"] == 1, f"ingest fhir of a bare name: {out}")
status, out, _ = run("ingest", "list", "--site", ".", cwd=base / "site")
journey.equal(status, 0, "a site named '.'")

# A place that cannot be written to: 4, named as the caller wrote it, nothing left behind.
(base / "lake").mkdir()
(base / "lake" / "person.csv").write_text((base / "person.csv").read_text())
(base / "lake" / "observation_period.csv").write_text(
    "observation_period_id,person_id,observation_period_start_date,observation_period_end_date,period_type_concept_id\n1,1,2000-01-01,2020-01-01,0\n")
(base / "all.json").write_text(json.dumps({"ConceptSets": [], "PrimaryCriteria": {"CriteriaList": [{"ObservationPeriod": {}}],
    "ObservationWindow": {"PriorDays": 0, "PostDays": 0}, "PrimaryCriteriaLimit": {"Type": "All"}}}))
nowhere = base / "no-such" / "out"
for words in (["cohort", "build", "--cdm", "lake", "--definition", "all.json", "--out", nowhere],
              ["linkage", "match", "--config", "utf8.json", "--out", nowhere],
              ["protect", "apply", "--config", "p-utf8.json", "--out", nowhere],
              ["quality", "--site", "site", "--html", nowhere],
              ["init", table, "--site", "x", "--role", "hospital"]):
    status, said = error(*words)
    journey.equal((status, said.get("kind")), (4, "rejected"), f"naru {' '.join(map(str, words[:2]))} to a place that is none: {said}")
    journey.check(".tmp-" not in said["where"], f"naru {' '.join(map(str, words[:2]))} names the place as written: {said['where']}")
journey.check(not nowhere.parent.exists(), "no folder was made on the way")
status, out, _ = run("cohort", "build", "--cdm", "lake", "--definition", "all.json", "--out", "rows.csv", "--json")
journey.equal((base / "rows.csv").read_text(), "subject_id,cohort_start_date,cohort_end_date\n1,2000-01-01,2020-01-01\n", "the cohort's rows")
journey.equal(json.loads(out)["absent_tables"], [], "every table the definition reads is there")
(base / "drug.json").write_text(json.dumps({"ConceptSets": [], "PrimaryCriteria": {"CriteriaList": [{"DrugExposure": {}}],
    "ObservationWindow": {"PriorDays": 0, "PostDays": 0}, "PrimaryCriteriaLimit": {"Type": "All"}}}))
status, out, _ = run("cohort", "count", "--cdm", "lake", "--definition", "drug.json", "--json")
journey.check(status == 0 and "drug_exposure" in json.loads(out)["absent_tables"], f"a table without a file is named: {out}")
status, said = error("audit", "verify", "no-such-folder")
journey.equal((status, said["kind"]), (5, "not_found"), "a log that is not there")
journey.end()
