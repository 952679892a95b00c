#!/usr/bin/env python3
"""Two hospitals' genomes behind one Beacon: the schemas of v2.1.1, 290 questions with known answers, what is rare or
withdrawn told to nobody, who may ask, and what HTTP must refuse."""
import concurrent.futures
import csv
import gzip
import http.client
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import SHARED, Journey, skip
from recompute import parquet
from sites import Sites

data = SHARED / "data" / "genomics"
if not (data / "eur503_chr20").exists():
    skip("NARU_SHARED holds no genomics data")
LEAST = 12
journey = Journey("beacon")
base = journey.folder
sites = Sites(journey, {"authority": "authority", "hospital-a": "hospital", "hospital-b": "hospital",
                        "key-manager": "key-manager", "combiner": "combiner"})
HOLDERS = ["hospital-a", "hospital-b"]
holders = [word for name in HOLDERS for word in ("--holder", name)]
VCF = {"hospital-a": "siteA_300.vcf.gz", "hospital-b": "siteB_203.vcf.gz"}


def put_up(access, least=LEAST, run=journey.must):
    return run("round", "beacon", "--site", sites.folder("authority"), "--account", "secretariat", *holders, "--access", access,
               "--assembly", "GRCh37", "--least", least)


def counts(*more, run=journey.must):
    return run("round", "genome-count", "--site", sites.folder("authority"), *holders, *more)


def take_in():
    nation = base / "nation"
    journey.must("synth", "--persons", 600, "--hospitals", 2, "--seed", 7, "--out", nation)
    for name in HOLDERS:
        folder = nation / name
        kind = "fhir" if (folder / "fhir").exists() else "omop"
        sources = [folder / kind] + [p for p in sorted(folder.glob("identity.*")) if kind == "omop"]
        journey.must("vocabulary", "load", nation / "vocabulary", "--site", sites.folder(name))
        journey.must("ingest", kind, *sources, "--site", sites.folder(name), "--legal-basis", "consent")
        journey.must("genome", "import", "--store", sites.folder(name) / "genome", "--holder", name, data / "eur503_chr20" / VCF[name])


def give_samples_to_people(name):
    """The first samples belong to persons who were linked; [(sample, person)]."""
    folder = sites.folder(name)
    # As text: the numbers are beyond what JavaScript holds exactly.
    query = {"p": f"SELECT CAST(p.person_id AS VARCHAR) AS person_id, person_source_value FROM "
                  f"{parquet(folder / 'lake' / 'person.parquet')} p JOIN {parquet(folder / 'private' / 'rows.parquet')} r "
                  f"ON r.person_id = p.person_id ORDER BY p.person_id"}
    done = subprocess.run(["node", str(pathlib.Path(__file__).parent / "read_parquet.mjs")], input=json.dumps(query), text=True,
                          capture_output=True, check=True, env={**os.environ, "NARU_SOURCE": str(pathlib.Path(__file__).resolve().parents[2])})
    people = list(zip(samples_of(name), json.loads(done.stdout)["p"]))
    file = base / f"{name}-people.csv"
    file.write_text("sample,person_source_value\n" + "".join(f"{s},{p['person_source_value']}\n" for s, p in people))
    journey.must("genome", "people", file, "--site", folder)
    return people


def samples_of(name):
    site = {"hospital-a": "siteA", "hospital-b": "siteB"}[name]
    with open(data / "eur503_chr20" / "samples.tsv") as file:
        return [row["sample"] for row in csv.DictReader(file, delimiter="\t") if row["site"] == site]


class Portal:
    def __init__(self, port):
        self.port = port

    def call(self, method, path, body=None, headers=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request(method, path, body=body, headers={**({"Content-Type": "application/json"} if body else {}), **(headers or {})})
        answer = link.getresponse()
        text = answer.read()
        return answer.status, (json.loads(text) if text else None), dict(answer.getheaders())

    def exists(self, headers=None, **parameters):
        status, answer, _ = self.call("GET", "/api/beacon/g_variants?" + urllib.parse.urlencode(parameters), headers=headers)
        journey.check(status == 200 and set(answer["responseSummary"]) == {"exists"}, f"a boolean answer: {status} {answer}")
        return answer["responseSummary"]["exists"]


def shown():
    """Alleles with LEAST copies or more at a holder, from the reference counts."""
    with gzip.open(data / "eur503_chr20" / "expected_ac.tsv.gz", "rt") as file:
        return [(int(row["pos"]) - 1, row["ref"], row["alt"]) for row in csv.DictReader(file, delimiter="\t")
                if int(row["ac_siteA"]) >= LEAST or int(row["ac_siteB"]) >= LEAST]


def check_questions(portal):
    alleles = shown()
    exact = set(alleles)
    hidden = 0
    for row in csv.DictReader(open(data / "eur503_chr20" / "expected_beacon.tsv"), delimiter="\t"):
        start = int(row["start_0based"])
        if row["kind"] == "sequence":
            asked = {"start": start, "referenceBases": row["referenceBases"], "alternateBases": row["alternateBases"]}
            want = (start, row["referenceBases"], row["alternateBases"]) in exact
        else:
            asked = {"start": start, "end": row["end_0based"]}
            want = any(at < int(row["end_0based"]) and at + len(ref) > start for at, ref, _ in alleles)
        journey.check(not want or row["exists"] == "true", f"nothing is shown that does not exist: {row}")
        hidden += row["exists"] == "true" and not want
        journey.equal(portal.exists(referenceName="20", assemblyId="GRCh37", **asked), want, f"{row}")
    journey.check(hidden > 20, f"rare alleles were among the questions: {hidden}")


def check_http(portal):
    parameters = {"referenceName": "20", "start": shown()[0][0], "referenceBases": shown()[0][1], "alternateBases": shown()[0][2]}
    body = json.dumps({"meta": {"apiVersion": "v2.0"}, "query": {"requestParameters": {"g_variant": {**parameters, "start": [parameters["start"]]}},
                                                               "requestedGranularity": "record"}})
    status, answer, _ = portal.call("POST", "/api/beacon/g_variants", body)
    journey.check(status == 200 and answer["responseSummary"] == {"exists": True} and answer["meta"]["returnedGranularity"] == "boolean",
                  f"POST asks the same, and a wish for records is answered with yes or no: {answer}")
    for path in ("geneId=BRCA2", "filters=NCIT:C16576", "start=1", "referenceName=20&start=x", "alternateBases=N", "limit=x",
                 "requestedGranularity=all", "datasets=hospital-a"):
        status, answer, _ = portal.call("GET", "/api/beacon/g_variants?" + path)
        journey.check(status == 400 and answer["error"]["errorCode"] == 400, f"?{path}: {status} {answer}")
    for body in ("{", "[]", "null", '{"query":{"filters":[{"id":"x"}]}}', '{"query":{"requestParameters":{"start":{"a":1}}}}', "[" * 5000):
        status, answer, _ = portal.call("POST", "/api/beacon/g_variants", body)
        journey.check(status == 400 and "error" in answer, f"{body[:40]}: {status} {answer}")
    status, _, headers = portal.call("PUT", "/api/beacon/g_variants", "{}")
    journey.equal((status, headers.get("Allow")), (405, "GET, HEAD, POST"), "another method: 405 names what is possible")
    status, answer, _ = portal.call("HEAD", "/api/beacon/info")
    journey.equal((status, answer), (200, None), "HEAD of a page")
    status, answer, _ = portal.call("GET", "/api/v1/openapi.json")
    journey.check("/api/beacon/g_variants" in answer["paths"], "the OpenAPI document names the Beacon")


def check_registered(portal):
    put_up("registered")
    status, answer, _ = portal.call("GET", "/api/beacon/g_variants?referenceName=20")
    journey.check(status == 401 and answer["error"]["errorCode"] == 401, f"registered: nobody without an account: {answer}")
    journey.must("account", "add", "--site", sites.folder("authority"), "--account", "reader", "--name-en", "Reader", "--name-ko", "독자",
                 "--roles", "applicant", "--password-stdin", stdin="a long password 1\n")
    status, _, headers = portal.call("POST", "/api/v1/session", json.dumps({"account": "reader", "password": "a long password 1"}))
    token = headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
    before = journey.must("audit", "show", "--site", sites.folder("authority"), "--count", 100000)
    for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"naru_session={token}"}):
        journey.equal(portal.exists(headers, referenceName="20", start=shown()[0][0]), True, f"registered: {list(headers)[0]}")
    after = journey.must("audit", "show", "--site", sites.folder("authority"), "--count", 100000)
    fresh = after["entries"][len(before["entries"]):]
    journey.check([entry["name"] for entry in fresh].count("beacon.asked") == 2 and str(shown()[0][0]) not in json.dumps(fresh),
                  f"who asked is in the log, what was asked is not: {fresh}")
    status, _, _ = portal.call("GET", "/api/beacon/g_variants", headers={"Authorization": "Bearer nonsense"})
    journey.equal(status, 401, "another token")


def check_withdrawal(people):
    first = counts()["holders"]["hospital-a"]
    leaving = people["hospital-a"][:20]

    def withdraw(person):
        journey.must("consent", "withdraw", "--site", sites.folder("hospital-a"), "--account", "steward", "--person-id", person["person_id"],
                     "--key-manager", "key-manager")

    withdraw(leaving[0][1])
    again = counts()["holders"]["hospital-a"]
    journey.check(again["repeated"] and again["tsv"] == first["tsv"], "after one withdrawal the earlier answer is given again")
    error = counts("--region", "20:1000000-2000000", run=lambda *words: journey.refused(3, "refused", *words))
    journey.check("20" in json.dumps(error), f"another, overlapping region is refused meanwhile: {error}")
    put_up("open")
    # Several stewards at once, while the site hears of others from the key manager: no withdrawal may be lost.
    with concurrent.futures.ThreadPoolExecutor(4) as stewards:
        list(stewards.map(lambda pair: withdraw(pair[1]), leaving[1:]))
    last = counts()["holders"]["hospital-a"]
    journey.equal((last["repeated"], last["samples"]), (False, 280), "after twenty a new count, without them")
    rest = base / "rest.txt"
    gone = {sample for sample, _ in leaving}
    rest.write_text("".join(f"{s}\n" for s in samples_of("hospital-a") if s not in gone))
    journey.must("genome", "count", "--store", sites.folder("hospital-a") / "genome", "--samples", rest, "--out", base / "rest.tsv")
    exact = {tuple(row[k] for k in ("chrom", "pos", "ref", "alt")): row for row in csv.DictReader(open(base / "rest.tsv"), delimiter="\t")}
    told = [row for row in csv.DictReader(last["tsv"].splitlines(), delimiter="\t") if row["ac"]]
    journey.check(len(told) > 1000 and all(exact[tuple(r[k] for k in ("chrom", "pos", "ref", "alt"))]["ac"] == r["ac"] for r in told),
                  "the new counts are those of who is left")


try:
    sites.found()
    take_in()
    sites.serve_all()
    journey.must("round", "link", "--site", sites.folder("authority"), "--round", "k1", *holders)
    people = {name: give_samples_to_people(name) for name in HOLDERS}
    portal = Portal(sites.portal_port())
    journey.equal(portal.exists(referenceName="20"), False, "a Beacon without datasets knows no allele")
    error = put_up("open", least=2, run=lambda *words: journey.refused(3, "refused", *words))
    journey.check("10" in error["what"], f"below the policy's smallest count: {error}")
    put_up("anybody", run=lambda *words: journey.refused(2, "usage", *words))
    put_up("open")
    checked = subprocess.run(["/usr/bin/python3", data / "beacon-v2.1.1" / "beacon_check.py", f"http://127.0.0.1:{portal.port}/api/beacon"],
                             capture_output=True, text=True)
    journey.equal(checked.returncode, 0, f"the schemas of Beacon v2.1.1: {checked.stdout[-3000:]}")
    check_questions(portal)
    check_http(portal)
    check_registered(portal)
    check_withdrawal(people)
finally:
    sites.stop()
journey.end()
