#!/usr/bin/env python3
"""One score in three packings – a scorecard, an ONNX model, an executable – verified at three hospitals under one right,
each ending in a sealed report; and what nobody may learn: a hospital that dropped out, close thresholds, rows in a log."""
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import NARU, SOURCE, Journey, skip

if not (SOURCE / "node_modules" / "onnxruntime-node").exists():
    skip("onnxruntime-node is not installed (scripts/setup)")
if shutil.which("bwrap") is None:
    skip("bubblewrap is not installed (scripts/setup)")

journey = Journey("solutions")
base = journey.folder
HOSPITALS = ["hospital-a", "hospital-b", "hospital-c"]
ALL = HOSPITALS + ["hospital-d"]
MARK = "row-on-standard-error"
served = {}


def site(name):
    return base / "sites" / name


def serve(name):
    log = open(base / f"{name}.log", "w")
    more = ["--portal-port", "0", "--wire-port", "0"] if name == "authority" else []
    served[name] = subprocess.Popen([NARU, "serve", "--site", str(site(name)), *more], stdout=log, stderr=log)


def stop_all():
    for process in served.values():
        process.terminate()
    for process in served.values():
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def found_sites():
    for name in ["authority", *ALL]:
        journey.must("init", site(name), "--site", name, "--role", "authority" if name == "authority" else "hospital")
    serve("authority")
    listening = site("authority") / "serve.json"
    while not listening.exists():
        if served["authority"].poll() is not None:
            raise SystemExit((base / "authority.log").read_text())
        time.sleep(0.05)
    port = json.loads(listening.read_text())["wire_port"]
    for name in ALL:
        code = journey.must("authority", "code", "--site", site("authority"), "--for", name, "--role", "hospital")["code"]
        journey.must("enrol", site(name), "--authority", f"https://127.0.0.1:{port}", "--code-stdin", stdin=code)


def take_in(nation):
    """Sources of all four; hospital D has no vocabulary yet, and so is not covered by the right."""
    hashes = [journey.must("vocabulary", "load", nation / "vocabulary", "--site", site(name))["hash"]
              for name in HOSPITALS]
    for name in ALL:
        folder = nation / name
        kind = "fhir" if (folder / "fhir").exists() else "omop"
        sources = [folder / kind] + [p for p in sorted(folder.glob("identity.*")) if kind == "omop"]
        journey.must("ingest", kind, *sources, "--site", site(name), "--legal-basis", "pseudonymised-use")
    return hashes[0]


def act(account, roles, *words, organisation="authority"):
    more = [part for role in roles for part in ("--role", role)]
    return journey.must(*words, "--site", site("authority"), "--account", account, "--organisation", organisation, *more)


def case(application, account, roles, action, organisation="authority", **fields):
    return act(account, roles, "case", "act", application, action, "--fields", json.dumps(fields), organisation=organisation)


def a_right(vocabulary, budget):
    """An application for federated questions only, through the shared board's procedure."""
    act("secretariat", ["secretariat"], "board", "keep", SOURCE / "sops" / "boards" / "demo-drb.yaml")
    today = time.time()
    form = {
        "title": {"en": "Three packings of one score", "ko": "한 점수의 세 가지 형태"}, "partner_organisations": [],
        "people": [{"account": "startup", "name": "Haneul Kim", "role": "principal"}], "holders": ALL, "datasets": [],
        "modes": ["federated"], "release": "",
        "tables": ["condition_occurrence", "drug_exposure", "measurement", "observation_period", "person", "visit_occurrence"],
        "purpose_code": "DUO:0000006", "ai_use": "validate", "commercial": True, "purpose": "Is the score right here?",
        "query_budget": budget, "valid_from": time.strftime("%Y-%m-%d", time.gmtime(today - 86400)),
        "valid_until": time.strftime("%Y-%m-%d", time.gmtime(today + 100 * 86400)),
        "forms": {"irb_notice": {"route": "exemption", "human_subjects": "pseudonymised existing records"},
                  "protocol": {"question": "discrimination and calibration", "methods": "locked plan, federated"},
                  "application": {"funding": "voucher", "environment": "the holders' own sites"},
                  "summary": {"plain_language": "We check a score before anybody uses it."},
                  "variables": {"list": "diagnoses, drugs, measurements, age, sex", "minimum": "the score's inputs"},
                  "pledge": {"signed_by": "Haneul Kim", "no_reidentification": "yes"}}}
    file = base / "application.json"
    file.write_text(json.dumps(form, ensure_ascii=False))
    application = act("startup", ["applicant"], "application", "submit", file, organisation="startup")["id"]
    case(application, "secretariat", ["secretariat"], "complete_check", outcome="complete")
    for name in ALL:
        case(application, f"steward-{name[-1]}", ["steward"], "answer_local_context", organisation=name, site=name,
             answer="ok", note="")
    case(application, "secretariat", ["secretariat"], "assign_board", board="demo-drb")
    for member, organisation in [("member1", "hospital-a"), ("member2", "hospital-b"), ("member3", "patients-union"),
                                 ("chair", "national-university")]:
        case(application, member, ["chair", "member"] if member == "chair" else ["member"], "vote", vote="approve",
             reason="purpose and safeguards fit", organisation=organisation)
    case(application, "chair", ["chair", "member"], "decide", organisation="national-university", decision="approve",
         reason="carried")
    case(application, "irb", ["irb"], "issue_exemption", number="IRB-EX-1")
    case(application, "secretariat", ["secretariat"], "notify")
    issued = act("secretariat", ["secretariat"], "right", "issue", application, "--vocabulary-hash", vocabulary)
    return issued.get("right", issued)["id"]


def manifest_of(card, kind, package, **more):
    features = [{k: v for k, v in f.items() if k != "coefficient"} for f in card["features"]]
    digest = journey.must("solution", "digest", package)["sha256"]
    return {"id": f"{card['id']}-{kind}", "version": "1", "kind": kind, "features": features,
            "package": {"folder": package.name, "sha256": digest},
            "limits": {"memory_mb": 1500, "cpu_seconds": 120, "seconds": 600}, **more}


PROGRAM = """#!/usr/bin/python3 -IS
import csv, json, math, sys
card = json.load(open("/solution/card.json"))
out = csv.writer(sys.stdout, lineterminator="\\n")
out.writerow(["row", "score"])
for row in csv.DictReader(sys.stdin):
    print("MARK", row, file=sys.stderr)
    x = card["intercept"] + sum(f["coefficient"] * float(row[f["name"]]) for f in card["features"])
    out.writerow([row["row"], repr(1 / (1 + math.exp(-x)))])
"""


def solutions(nation):
    """Plan files by kind, beside one another: the same target, outcome, thresholds; another solution each."""
    folder = nation / "solution"
    card = json.loads((folder / "scorecard.json").read_text())
    plan = (folder / "plan.yaml").read_text()
    model = folder / "model"
    model.mkdir()
    subprocess.run([sys.executable, SOURCE / "tests" / "solutions" / "make_onnx.py", folder / "scorecard.json",
                    model / "score.onnx"], check=True)
    program = folder / "program"
    program.mkdir()
    (program / "score").write_text(PROGRAM.replace("MARK", MARK))
    (program / "score").chmod(0o755)
    (program / "card.json").write_text(json.dumps(card))
    by_age = {"id": "age-alone", "version": "1", "kind": "logistic", "intercept": -5,
              "features": [f for f in card["features"] if f["name"] == "age"]}
    plans = {"scorecard": folder / "plan.yaml"}
    for kind, manifest in {"onnx": manifest_of(card, "onnx", model, model="score.onnx", comparator=by_age),
                           "executable": manifest_of(card, "executable", program, command=["score"])}.items():
        (folder / f"{kind}.json").write_text(json.dumps(manifest))
        plans[kind] = folder / f"plan-{kind}.yaml"
        plans[kind].write_text(plan.replace("id: cardiorenal-risk", f"id: cardiorenal-{kind}")
                               .replace("solution: scorecard.json", f"solution: {kind}.json"))
    return card, plans


def tried(folder, card):
    """A vendor tries its package on rows of its own before anybody else does."""
    names = [f["name"] for f in card["features"]]
    rows = [[50 + i, i % 2] + [(i * 7 + j) % 5 / 2 for j in range(len(names) - 2)] for i in range(20)]
    file = base / "rows.csv"
    file.write_text("\n".join([",".join(names)] + [",".join(map(str, row)) for row in rows]) + "\n")
    expected = [1 / (1 + math.exp(-(card["intercept"] + sum(f["coefficient"] * x for f, x in zip(card["features"], row)))))
                for row in rows]
    for kind in ["scorecard", "onnx", "executable"]:
        answer = journey.must("solution", "try", folder / f"{kind}.json", "--rows", file)
        worst = max(abs(a - b) for a, b in zip(answer["scores"], expected))
        journey.check(answer["scored"] == 20 and worst < 1e-12, f"{kind}: tried on 20 rows, off by {worst}")


def verify(plan, right, hospitals):
    return ["verify", "run", plan, "--site", site("authority"), "--right", right, "--account", "startup",
            *[part for name in hospitals for part in ("--hospital", name)]]


def looked_at(page, name):
    """The page opens in Chromium, offline, and draws something."""
    if shutil.which("chromium") is None:
        print("no chromium: the page was not opened")
        return
    shots = pathlib.Path(os.environ.get("NARU_SCREENSHOTS", base / "screenshots"))
    shots.mkdir(parents=True, exist_ok=True)
    picture = shots / f"evidence-{name}.png"
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,4200",
                    f"--user-data-dir={base / 'chromium'}", f"--screenshot={picture}", f"file://{page}"],
                   capture_output=True, timeout=300)
    journey.check(picture.exists() and picture.stat().st_size > 50_000, f"{name}: the page draws in Chromium")


def main():
    nation = base / "nation"
    journey.must("synth", "--persons", 4000, "--hospitals", 4, "--seed", 5, "--out", nation)
    found_sites()
    vocabulary = take_in(nation)
    for name in ALL:
        serve(name)
    right = a_right(vocabulary, 3)
    card, plans = solutions(nation)
    tried(nation / "solution", card)

    reports = {}
    for kind, plan in plans.items():
        # D is invited to the first round and is not ready: the three others go on without it.
        answer = journey.must(*verify(plan, right, ALL if kind == "scorecard" else HOSPITALS))
        reports[kind] = answer
        journey.equal([s["site"] for s in answer["sites"]], HOSPITALS, f"{kind}: the sites of the sum")
        journey.equal([d["site"] for d in answer["dropped"]], ["hospital-d"] if kind == "scorecard" else [],
                      f"{kind}: the sites that dropped out")
        trust = base / "trust.json"
        trust.write_text(json.dumps(answer["trust"]))
        check = journey.must("evidence", "verify", answer["report"], "--trust", trust)
        journey.check(check["ok"] and check["log"] == "proven", f"{kind}: the sealed report verifies offline: {check}")
        sealed = json.loads(pathlib.Path(answer["report"]).read_text())["body"]
        journey.equal(sealed["report"]["federated"]["calibration"]["slope"]["estimate"],
                      answer["federated"]["calibration"]["slope"]["estimate"], f"{kind}: the fitted slope is sealed")
        looked_at(answer["page"], kind)

    first = reports["scorecard"]
    journey.check(first["auroc"] is not None and first["auroc"] > 0.6, f"the score has an AUROC: {first['auroc']}")
    for kind, answer in reports.items():
        journey.check(abs(answer["auroc"] - first["auroc"]) <= 0.0002, f"{kind}: pooled AUROC {answer['auroc']} as the scorecard's")
        for mine, other in zip(answer["sites"], first["sites"]):
            same = mine["auroc"] == other["auroc"] or abs(mine["auroc"] - other["auroc"]) <= 0.0002
            journey.check(same, f"{kind}, {mine['site']}: {mine['auroc']} as the scorecard's {other['auroc']}")
        slope = answer["federated"]["calibration"]
        journey.check(slope["slope"]["estimate"] is not None and slope["rounds"] <= 25, f"{kind}: calibration was fitted: {slope}")
    compared = reports["onnx"]["federated"]["comparator"]
    journey.check(compared and compared["difference"]["estimate"] > 0 and compared["z"] is not None,
                  f"the score is compared with age alone on the same persons: {compared}")
    replay = journey.must("evidence", "replay", reports["onnx"]["report"], "--site", site("hospital-a"))
    journey.equal(replay["verdict"], "same", "the model run again at hospital A gives the sealed bytes")

    # D is ready now. A sum with it, beside the sum without, would be D alone.
    journey.must("vocabulary", "load", nation / "vocabulary", "--site", site("hospital-d"))
    error = journey.refused(3, "refused", *verify(plans["scorecard"], right, ALL))
    journey.check("hospital-a, hospital-b, hospital-c" in error["what"], f"the earlier sum is named: {error}")
    # Two close thresholds in two reports tell of the few persons between them.
    close = plans["scorecard"].with_name("plan-close.yaml")
    close.write_text(plans["scorecard"].read_text().replace("version: 1", "version: 2\nchanges: a lower threshold").replace("[0.1, ", "[0.101, "))
    journey.refused(3, "refused", *verify(close, right, HOSPITALS))
    # Two sites are too few; a right is spent.
    journey.refused(3, "refused", *verify(plans["scorecard"], right, HOSPITALS[:2]))
    error = journey.refused(3, "refused", *verify(plans["scorecard"], right, HOSPITALS))
    journey.check("answers of the right are used" in error["what"], f"every release is metered: {error}")
    # A package that is not the one of the manifest does not leave the authority.
    with open(nation / "solution" / "program" / "score", "a") as handle:
        handle.write("\n")
    journey.refused(4, "rejected", *verify(plans["executable"], right, HOSPITALS))

    stop_all()
    leaks = [p for p in base.rglob("*") if p.is_file() and p.name != "score" and MARK.encode() in p.read_bytes()
             and "solutions" not in p.parts]
    journey.equal([str(p.relative_to(base)) for p in leaks], [], "what a program says on standard error is in no file")


try:
    main()
finally:
    stop_all()
journey.end()
