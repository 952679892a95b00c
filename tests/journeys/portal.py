#!/usr/bin/env python3
"""Four people walk the portal of a running demo in headless Chromium: tests/portal/walk.mjs does the walking."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import NARU, SOURCE, Journey, skip

if not (SOURCE / "web" / "dist" / "index.html").exists():
    skip("the portal is not built (make portal)")
if shutil.which("chromium") is None:
    skip("chromium is not installed (scripts/setup)")
journey = Journey("portal")
folder = journey.folder / "demo"
log = open(journey.folder / "demo.log", "w")
demo = subprocess.Popen([NARU, "demo", "--dir", str(folder), "--persons", "3000", "--port", "0"], stdout=log, stderr=log)
url = None
try:
    for _ in range(1200):
        if demo.poll() is not None:
            break
        served = folder / "sites" / "authority" / "serve.json"
        if (folder / ".portal-open").exists() and served.exists():
            url = f"http://127.0.0.1:{json.loads(served.read_text())['portal_port']}/"
            break
        time.sleep(0.25)
    print((journey.folder / "demo.log").read_text())
    if journey.check(url is not None, "the demo leaves the portal open"):
        with urllib.request.urlopen(url, timeout=10) as page:
            journey.equal(page.status, 200, "the portal answers")
        authority = folder / "sites" / "authority"
        holders = ["hospital-a", "hospital-b", "hospital-c", "agency"]
        asked = [part for name in holders for part in ("--holder", name)]
        told = journey.must("round", "describe", "--site", authority, *asked)
        journey.equal((sorted(told["holders"]), told["failed"]), (sorted(holders), {}), "every holder describes its data again")
        journey.check(all(one["persons"] % 5 == 0 for one in told["holders"].values()), f"in rounded figures: {told}")
        entry = journey.must("catalogue", "show", "hospital-a", "--site", authority, "--role", "steward")
        journey.equal(entry["persons"], told["holders"]["hospital-a"]["persons"], "and the catalogue says what it told")
        # Who holds no data, and who is no member, is named; the others are described all the same.
        told = journey.must("round", "describe", "--site", authority, "--holder", "key-manager", "--holder", "agency")
        journey.check("agency" in told["holders"] and "key-manager" in told["failed"]["key-manager"]["where"], f"named: {told}")
        journey.refused(5, "not_found", "round", "describe", "--site", authority, "--holder", "nobody")
        shots = pathlib.Path(os.environ.get("NARU_SCREENSHOTS", journey.folder / "screenshots"))
        shots.mkdir(parents=True, exist_ok=True)
        node = next(iter(sorted(SOURCE.glob("node_modules/node-linux-*/bin/node"))), "node")
        walk = subprocess.run([str(node), str(SOURCE / "tests/portal/walk.mjs"), url, str(folder / "accounts.json"), str(shots)],
                              timeout=600, cwd=SOURCE)
        journey.equal(walk.returncode, 0, "four people walk the story in the portal")
finally:
    demo.send_signal(signal.SIGINT)
    try:
        demo.wait(30)
    except subprocess.TimeoutExpired:
        demo.kill()
journey.end()
