#!/usr/bin/env python3
"""Record linkage beside what peers publish (after `make build`).

1. Every pair of 20,000 x 20,000 random filters of 1,024 bits, Dice >= 0.8, one thread and two.
2. Public data of NARU_SHARED (default ../shared): seconds, CPU, memory, precision, recall and F1 of `naru linkage match`."""
import base64
import csv
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

NARU = pathlib.Path("build/release/naru").resolve()
SHARED = pathlib.Path(os.environ.get("NARU_SHARED", "../shared")).resolve() / "data" / "linkage"


def run(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    timed = ["/usr/bin/time", "-f", "%M", NARU, *map(str, arguments), "--json"]
    done = subprocess.run(timed, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), wall, cpu, int(done.stderr.split()[-1]) / 1024


def filters(folder):
    rows = 20_000
    draw = random.Random(1)
    for name in ("a", "b"):
        clks = [base64.b64encode(draw.randbytes(128)).decode() for _ in range(rows)]
        (folder / f"{name}.json").write_text(json.dumps({"clks": clks}))
    rates = {}
    for threads in (1, 2):
        told = min((run("linkage", "match-encoded", folder / "a.json", folder / "b.json", "--threshold", "0.8", "--threads", threads,
                        "--out", folder / "pairs.csv")[0] for _ in range(3)), key=lambda each: each["seconds_comparing"])
        rates[threads] = told["compared"] / told["seconds_comparing"] / 1e6
        print(f"filters, Dice, {threads} thread(s): {rates[threads]:,.0f} M pairs/s")
    print(f"anonlink's README says 138 M pairs/s: ratio {rates[1] / 138:.1f} on one thread")


FEBRL = [("given_name", "name"), ("surname", "name"), ("street_number", "id"), ("address_1", "text"), ("suburb", "text"),
         ("postcode", "postcode"), ("state", "category"), ("date_of_birth", "date"), ("soc_sec_id", "id")]
HISTORICAL = [("first_name", "name"), ("surname", "name"), ("dob", "date"), ("birth_place", "text"), ("postcode_fake", "postcode"),
              ("gender", "category"), ("occupation", "category")]
FAKE = [("first_name", "name"), ("surname", "name"), ("dob", "date"), ("city", "text"), ("email", "id")]


def persons_of(name, files):
    if name == "historical_50k":  # its ids are "<person>-<number>"
        return None
    out = {}
    for file in files:
        with open(SHARED / file, newline="") as text:
            for row in csv.DictReader(text, skipinitialspace=True):
                own = {key.strip(): value.strip() for key, value in row.items()}
                out[own.get("rec_id") or own["unique_id"]] = own.get("cluster") or own["rec_id"].split("-")[1]
    return out


def public_data(folder):
    cases = [("febrl3", ["febrl_dataset3.csv"], "rec_id", FEBRL, 6_538, "GoldenMatch F1 .996, Splink .965"),
             ("febrl4", ["febrl_dataset4a.csv", "febrl_dataset4b.csv"], "rec_id", FEBRL, 5_000, "Splink F1 .9998"),
             ("fake_1000", ["splink_fake_1000.csv"], "unique_id", FAKE, 2_031, "Splink F1 .862"),
             ("historical_50k", ["splink_historical_50k.parquet"], "unique_id", HISTORICAL, 303_961,
              "GoldenMatch F1 .827 in 14.5 s, Splink .757 in 3.2 s, both on 16 cores")]
    for name, files, key, columns, true_pairs, peers in cases:
        persons = persons_of(name, files)
        for threshold in (0.5, 0.9):
            config = {"left": str(SHARED / files[0]), "id": key, "threshold": threshold,
                      "columns": [{"name": column, "kind": kind} for column, kind in columns]}
            if len(files) == 2:
                config["right"] = str(SHARED / files[1])
            (folder / "config.json").write_text(json.dumps(config))
            _, wall, cpu, memory = run("linkage", "match", "--config", folder / "config.json", "--out", folder / "pairs.csv")
            with open(folder / "pairs.csv", newline="") as text:
                found = [row[:2] for row in csv.reader(text)][1:]
            person = (lambda own: own.rsplit("-", 1)[0]) if persons is None else persons.get
            right = sum(person(a) == person(b) for a, b in found)
            precision, recall = right / len(found), right / true_pairs
            print(f"{name}, probability {threshold}: precision {precision:.4f}, recall {recall:.4f}, F1 {2 * precision * recall / (precision + recall):.4f}; "
                  f"{wall:.2f} s, {cpu:.2f} s CPU, {memory:.0f} MB ({peers})")


with tempfile.TemporaryDirectory() as scratch:
    filters(pathlib.Path(scratch))
    if SHARED.exists():
        public_data(pathlib.Path(scratch))
    else:
        print(f"SKIPPED: {SHARED} is not on this machine (set NARU_SHARED)", file=sys.stderr)
