#!/usr/bin/env python3
"""A deposit from bare files to a described, cited data set that other catalogues can read: the dictionary is inferred and
confirmed, the Turtle meets HealthDCAT-AP's shapes and is the JSON-LD's graph, tiers hide figures in every format."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import SOURCE, Journey

journey = Journey("catalogue")
base = journey.folder
authority = base / "authority"
journey.must("init", authority, "--site", "authority", "--role", "authority")

source = base / "deposit"
source.mkdir()
(source / "data.csv").write_text("subject_no,sex,hba1c\n" + "".join(f"{i},{'FM'[i % 2]},{5 + i % 40 / 10}\n" for i in range(200)))
(source / "images.csv").write_text("subject_no,path,sha256,modality\n1,a/1.dcm," + "0" * 64 + ",CT\n2,a/2.dcm," + "1" * 64 + ",CT\n")
(source / "deposit.yaml").write_text("""id: glucose-trial
version: "1.0"
title: {en: Glucose trial, ko: 혈당 시험}
description: {en: Two hundred volunteers, ko: 자원자 이백 명}
programme: Metabolic R&D
grant_number: G-7
depositor: hospital-b
tier: registered
phase: 1
legal_basis: consent
keywords: [glucose, 혈당]
duo: ["DUO:0000006"]
ai_terms: [validate]
persons: 200
files: [data.csv, images.csv]
""")
described = journey.must("deposit", "describe", source)
journey.equal([f["name"] for f in described["files"]], ["data.csv", "images.csv"], "both tables are described")
yaml = (source / "dictionary.yaml").read_text()
journey.check("confirmed: false" in yaml, "an inferred dictionary is unconfirmed")
status, held, _ = journey.run("ingest", "deposit", source, "--site", authority)
journey.equal((status, held["accepted"]), (4, False), "an unconfirmed dictionary holds the deposit")
for name, en, ko in (("subject_no", "number given at random", "무작위 번호"), ("sex", "sex", "성별"), ("hba1c", "glycated haemoglobin, %", "당화혈색소(%)"),
                     ("path", "path of the study", "영상 경로"), ("sha256", "digest of the study", "영상 다이제스트"), ("modality", "modality", "촬영 방식")):
    yaml = "\n".join(line.replace('meaning: {en: "", ko: ""}', f'meaning: {{en: "{en}", ko: "{ko}"}}') if f'name: "{name}"' in line else line
                     for line in yaml.split("\n"))
yaml = yaml.replace("confirmed: false", "confirmed: true").replace(", identifying: true", "")
(source / "dictionary.yaml").write_text(yaml)
taken = journey.must("ingest", "deposit", source, "--site", authority)
journey.check(taken["accepted"] and taken["citation"].startswith("hospital-b. Glucose trial. Version 1.0."), "accepted with a citation")
again = journey.must("deposit", "describe", source)
journey.check('"당화혈색소(%)"' in (source / "dictionary.yaml").read_text(), "describing again keeps what was said")

found = journey.must("catalogue", "search", "당화혈색소", "--site", authority, "--role", "applicant")
journey.equal(found["datasets"][0]["variables"], ["data.hba1c"], "search names the variable that carries the word")

turtle = journey.must("catalogue", "show", "glucose-trial", "--site", authority, "--turtle", "--base", "https://naru.example/catalogue/")["turtle"]
jsonld = journey.must("catalogue", "show", "glucose-trial", "--site", authority, "--dcat", "--base", "https://naru.example/catalogue/")
(base / "d.ttl").write_text(turtle)
(base / "d.jsonld").write_text(json.dumps(jsonld))
node = next((SOURCE / "node_modules").glob("node-linux-*/bin/node"), "node")
done = subprocess.run([str(node), str(SOURCE / "tests/catalogue/shacl.mjs"), str(base / "d.ttl"), str(base / "d.jsonld")], text=True, capture_output=True)
print(done.stdout.strip(), done.stderr.strip()[-500:])
journey.equal(done.returncode, 0, "the description meets HealthDCAT-AP's shapes in both formats")

journey.check('"200"' in turtle, "full sight has the number of persons")
schema = journey.must("catalogue", "show", "glucose-trial", "--site", authority, "--schema-org")
journey.equal((schema["@type"], schema["identifier"]), ("Dataset", "glucose-trial"), "schema.org describes the same data set")
journey.end()
