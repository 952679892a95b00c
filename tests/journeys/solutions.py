#!/usr/bin/env python3
"""One score in four packings – a scorecard, an ONNX model, an executable, an unpacked OCI root filesystem – and an
installed product's scores, verified at three hospitals under one right, each ending in a sealed report; a demonstration
project that is used, watched and verified again; and what nobody may learn: a hospital that dropped out, close
thresholds, rows in a log."""
import csv
import json
import math
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import NARU, SOURCE, Journey, skip
from recompute import parquet

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


AWK = r"""BEGIN { FS = "," }
NR == 1 { for (i = 2; i <= NF; ++i) name[i] = $i; print "row,score"; next }
{ x = INTERCEPT; for (i = 2; i <= NF; ++i) x += weight[name[i]] * $i; printf "%s,%.17g\n", $1, 1 / (1 + exp(-x)) }
"""


def image(folder, card):
    """A root filesystem of its own: one interpreter with the libraries it needs, and the score. None without one."""
    program = shutil.which("mawk")
    if program is None:
        print("SKIPPED: no mawk to put into a root filesystem")
        return None
    root = folder / "rootfs"
    listed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    needed = [word for word in listed.split() if word.startswith("/")]
    for file in [program, *needed]:
        inside = root / file.lstrip("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(file), inside)
    weights = "".join(f'  weight["{f["name"]}"] = {f["coefficient"]!r}\n' for f in card["features"])
    (root / "app").mkdir()
    (root / "app" / "score.awk").write_text(f"BEGIN {{\n{weights}}}\n" + AWK.replace("INTERCEPT", repr(card["intercept"])))
    return [program, "-f", "/app/score.awk"]


def query(queries):
    root = SOURCE.resolve()
    done = subprocess.run([root / "scripts" / "with-node", root / "tests/journeys/read_parquet.mjs"],
                          input=json.dumps(queries), text=True, capture_output=True, check=True,
                          env={**os.environ, "NARU_SOURCE": str(root)})
    return json.loads(done.stdout)


def persons_of(name):
    file = parquet(site(name) / "lake" / "person.parquet")
    return query({"p": f"SELECT person_id::VARCHAR AS id, year_of_birth FROM {file} ORDER BY person_id"})["p"]


def product_scores(manifest):
    """What the vendor's installed product said at each hospital: a risk by year of birth, none for every tenth person."""
    for name in HOSPITALS:
        file = base / f"product-{name}.csv"
        with open(file, "w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["person_id", "score"])
            for i, person in enumerate(persons_of(name)):
                risk = 1 / (1 + math.exp(-(-5 + 0.06 * (2026 - int(person["year_of_birth"])))))
                writer.writerow([person["id"], "" if i % 10 == 0 else repr(risk)])
        journey.must("solution", "scores", manifest, file, "--site", site(name))
        file.write_text(file.read_text() + "999999999,0.5\n")
        journey.refused(6, "conflict", "solution", "scores", manifest, file, "--site", site(name))


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
    manifests = {"onnx": manifest_of(card, "onnx", model, model="score.onnx", comparator=by_age),
                 "executable": manifest_of(card, "executable", program, command=["score"]),
                 "scores": {"id": "product", "version": "3.1", "kind": "scores", "product": "Maker Product 3.1"}}
    packed = folder / "image"
    packed.mkdir()
    command = image(packed, card)
    if command:
        manifests["image"] = {**manifest_of(card, "executable", packed, command=command, root="rootfs"),
                              "id": f"{card['id']}-image"}
    for kind, manifest in manifests.items():
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
    for kind in [k for k in ["scorecard", "onnx", "executable", "image"] if (folder / f"{k}.json").exists()]:
        answer = journey.must("solution", "try", folder / f"{kind}.json", "--rows", file)
        worst = max(abs(a - b) for a, b in zip(answer["scores"], expected))
        journey.check(answer["scored"] == 20 and worst < 1e-12, f"{kind}: tried on 20 rows, off by {worst}")


def verify(plan, right, hospitals, project=None):
    return ["verify", "run", plan, "--site", site("authority"), "--right", right, "--account", "startup",
            *[part for name in hospitals for part in ("--hospital", name)], *(["--project", project] if project else [])]


PROJECT = "demo-01"


def officer(*words):
    return [*words, "--site", site("authority"), "--account", "officer", "--organisation", "authority", "--role", "officer"]


def project_act(**action):
    return journey.must(*officer("demonstration", "act", PROJECT, json.dumps(action)))


def a_project(plan, solution):
    """Open, with a locked plan, running silently; its use and a safety event are recorded."""
    programme = SOURCE / "programmes" / "medical-ai-demonstration-2026.yaml"
    journey.must(*officer("demonstration", "open", programme))
    file = base / "project.json"
    file.write_text(json.dumps({"id": PROJECT, "programme": "medical-ai-demonstration-2026",
                                "title": {"en": "Cardiorenal risk", "ko": "심신장 위험"}, "organisation": "startup",
                                "solution": solution, "sites": HOSPITALS}))
    journey.must(*officer("demonstration", "add", file))
    locked = journey.must("verify", "lock", plan, "--site", site("authority"))
    project_act(type="plan", hash=locked["hash"], version=1)
    project_act(type="stage", stage="silent")
    project_act(type="observed", uses=240, overrides=31, errors=2)
    project_act(type="safety", severity="minor", what="score shown late")
    return locked["hash"]


def check_use(report):
    """Recorded use stands in the sealed report with intervals and answers the checklists' items about use."""
    stage = report["stage"]
    journey.equal((stage["uses"], stage["overrides"]["count"], stage["errors"]["count"], stage["safety"]["minor"]),
                  (240, 31, 2, 1), "the recorded use is in the report")
    low, high = stage["overrides"]["share"]["ci95"]
    journey.check(low < 31 / 240 < high, f"overrides have an interval: {stage['overrides']}")
    states = {(one["id"], item["id"]): item["state"] for one in report["checklists"] for item in one["items"]}
    for item in ["5", "6", "11", "14", "15"]:
        journey.equal(states[("decide-ai", item)], "report", f"DECIDE-AI {item} is answered by what was recorded")
    journey.equal(states[("consort-ai", "19")], "report", "CONSORT-AI 19 is answered by what was recorded")


def check_overlap(plan, nation):
    """Two hospitals hold the plan's persons against a training set; the third does not, and the report says so."""
    salt = base / "salt"
    salt.write_text(secrets.token_hex(16))
    training = base / "training.csv"
    training.write_text("person_id\n" + "\n".join(p["id"] for p in persons_of("hospital-a")[::3]) + "\n")
    tokens = base / "training.parquet"
    journey.must("verify", "training-tokens", "--site", site("hospital-a"), "--persons", training, "--salt", salt, "--out", tokens)
    return {name: journey.must("verify", "overlap", plan, "--site", site(name), "--policy", "naru-demo", "--train", tokens,
                               "--salt", salt)
            for name in ["hospital-a", "hospital-b"]}


def beside(evidence, trust, first):
    """The same quarter of three hospitals on one page, each signed by its own key, with the mean of all."""
    files = [first]
    for name in HOSPITALS[1:]:
        files.append(base / f"{name}.watch.json")
        journey.must("verify", "watch", evidence, "--trust", trust, "--site", site(name), "--policy", "naru-demo",
                     "--from", "2000-01-01", "--to", "2100-01-01", "--out", files[-1])
    keys = base / "sites.trust.json"
    keys.write_text(json.dumps([{"name": name, "key": json.loads((site(name) / "site.json").read_text())["signing_key"]}
                                for name in HOSPITALS]))
    programme = SOURCE / "programmes" / "medical-ai-demonstration-2026.yaml"
    page = base / "watches.html"
    told = journey.must("verify", "watches", *files, "--trust", keys, "--programme", programme, "--html", page)
    period = told["periods"][0]
    journey.equal([one["site"] for one in period["sites"]], HOSPITALS, "three hospitals stand beside each other")
    own = [one["o_e"]["estimate"] for one in period["sites"]]
    journey.check(min(own) <= period["pooled"]["o_e"]["estimate"] <= max(own), f"the mean lies among them: {period['pooled']['o_e']}")
    journey.equal(told["alarm"], bool(period["why"]), "an alarm says why")
    looked_at(page, "watches")
    # The authority's key is not the hospitals'.
    journey.refused(4, "rejected", "verify", "watches", *files, "--trust", trust, "--programme", programme)


def watched(evidence, trust):
    """A quarter's scores and outcomes, computed at hospital A, signed, recorded; nothing typed, nothing altered."""
    out = base / "a.watch.json"
    answer = journey.must("verify", "watch", evidence, "--trust", trust, "--site", site("hospital-a"), "--policy", "naru-demo",
                          "--from", "2000-01-01", "--to", "2100-01-01", "--out", out)["watch"]
    journey.check(answer["psi"]["estimate"] is not None and answer["o_e"]["ci95"] is not None, f"the watch has figures: {answer}")
    altered = base / "altered.watch.json"
    file = json.loads(out.read_text())
    file["body"]["psi"]["estimate"] = 0.0
    altered.write_text(json.dumps(file))
    journey.refused(4, "rejected", *officer("demonstration", "watch", PROJECT, altered))
    journey.refused(3, "refused", *officer("demonstration", "act", PROJECT, json.dumps(
        {"type": "watch", "period": "2026-10", "persons": 500, "psi": 0.0, "o_e": {}})))
    journey.must(*officer("demonstration", "watch", PROJECT, out))
    journey.refused(6, "conflict", *officer("demonstration", "watch", PROJECT, out))
    beside(evidence, trust, out)
    page = journey.must(*officer("demonstration", "show", "medical-ai-demonstration-2026"))
    project = page["projects"][0]
    journey.equal((project["watch"][0]["site"], project["watch"][0]["psi"]), ("hospital-a", answer["psi"]["estimate"]),
                  "the page shows the computed index")
    journey.check(any(line["type"] == "watch" for line in project["history"]), "the history tells of it")
    # A changed solution asks for verification again: no step forward until there is new evidence.
    changed = project_act(type="changed", what="new lookup table")
    journey.equal(changed["due"], "changed", "a change makes verification due")
    journey.refused(3, "refused", *officer("demonstration", "act", PROJECT, json.dumps({"type": "stage", "stage": "live"})))
    # The evidence that is in question does not answer it.
    journey.refused(3, "refused", *officer("demonstration", "evidence", PROJECT, evidence, "--trust", trust))


def offline(*words):
    """naru WORDS in a network namespace of its own: there is nobody to ask."""
    done = subprocess.run(["bwrap", "--dev-bind", "/", "/", "--unshare-net", NARU, *map(str, words), "--json"],
                          capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


def looked_at(page, name):
    """The page opens in Chromium, offline, in both languages and on paper, and draws something."""
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
    if name != "scorecard":
        return
    english = base / "english.html"
    text = pathlib.Path(page).read_text()
    english.write_text(text.replace('id="lang-ko" checked', 'id="lang-ko"').replace('id="lang-en"', 'id="lang-en" checked'))
    for what, words in {"en": [f"--screenshot={shots / 'evidence-en.png'}", f"file://{english}"],
                        "print": [f"--print-to-pdf={shots / 'evidence.pdf'}", "--no-pdf-header-footer", f"file://{page}"]}.items():
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,4200",
                        f"--user-data-dir={base / 'chromium'}", *words], capture_output=True, timeout=300)
        drawn = shots / ("evidence-en.png" if what == "en" else "evidence.pdf")
        journey.check(drawn.exists() and drawn.stat().st_size > 50_000, f"the report draws: {what}")


def main():
    nation = base / "nation"
    journey.must("synth", "--persons", 4000, "--hospitals", 4, "--seed", 5, "--out", nation)
    found_sites()
    vocabulary = take_in(nation)
    for name in ALL:
        serve(name)
    card, plans = solutions(nation)
    right = a_right(vocabulary, len(plans))
    tried(nation / "solution", card)
    product_scores(nation / "solution" / "scores.json")
    a_project(plans["scorecard"], {"id": card["id"], "version": card["version"]})
    overlaps = check_overlap(plans["scorecard"], nation)

    reports = {}
    for kind, plan in plans.items():
        # D is invited to the first round and is not ready: the three others go on without it.
        first_round = kind == "scorecard"
        answer = journey.must(*verify(plan, right, ALL if first_round else HOSPITALS, PROJECT if first_round else None))
        reports[kind] = answer
        journey.equal([s["site"] for s in answer["sites"]], HOSPITALS, f"{kind}: the sites of the sum")
        journey.equal([d["site"] for d in answer["dropped"]], ["hospital-d"] if kind == "scorecard" else [],
                      f"{kind}: the sites that dropped out")
        trust = base / "trust.json"
        trust.write_text(json.dumps(answer["trust"]))
        status, check = offline("evidence", "verify", answer["report"], "--trust", trust)
        journey.check(status == 0 and check["ok"] and check["log"] == "proven", f"{kind}: the sealed report verifies offline: {check}")
        sealed = json.loads(pathlib.Path(answer["report"]).read_text())["body"]
        journey.equal(sealed["report"]["federated"]["calibration"]["slope"]["estimate"],
                      answer["federated"]["calibration"]["slope"]["estimate"], f"{kind}: the fitted slope is sealed")
        for group in ["pooled", "federated"]:
            bare = [name for name, one in sealed["report"][group]["calibration"].items()
                    if isinstance(one, dict) and one["estimate"] is not None and one["ci95"] is None]
            journey.equal(bare, [], f"{kind}: every calibration figure of {group} has its interval")
        if kind == "scorecard":
            check_use(sealed["report"])
            told = {one["site"]: one["overlap"] for one in sealed["report"]["overlaps"]}
            journey.equal(told, {name: one["overlap"] for name, one in overlaps.items()}, "training overlap is in the sealed report")
            journey.check(told["hospital-a"] is not None and told["hospital-a"] > 0, f"and some were trained on: {told}")
            journey.check(any(d["check"] == "overlap" and "hospital-c" in d["text"]["en"] for d in sealed["report"]["deviations"]),
                          "the site that did not check is named")
            journey.must(*officer("demonstration", "evidence", PROJECT, answer["report"], "--trust", trust))
            watched(answer["report"], trust)
        looked_at(answer["page"], kind)

    first = reports["scorecard"]
    product = reports.pop("scores")
    journey.check(product["auroc"] is not None and 0.5 < product["auroc"] < first["auroc"],
                  f"the installed product has an AUROC of its own: {product['auroc']}")
    sealed = json.loads(pathlib.Path(product["report"]).read_text())["body"]["report"]
    journey.check(all({"no_answer"} == {f["reason"] for f in one["failed"]} for one in sealed["sites"]),
                  f"persons without its score are counted: {[one['failed'] for one in sealed['sites']]}")
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
    for kind, answer in {**reports, "scores": product}.items():
        replay = journey.must("evidence", "replay", answer["report"], "--site", site("hospital-b"))
        journey.equal(replay["verdict"], "same", f"{kind}: run again at hospital B gives the sealed bytes")

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
