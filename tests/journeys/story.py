#!/usr/bin/env python3
"""The default story, smaller: every step holds, and an outside script finds the same facts."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from journey import NARU, SOURCE, Journey
from messages import check_messages
from recompute import Recomputation

journey = Journey("story")
folder = journey.folder / "demo"
done = subprocess.run([NARU, "demo", "--dir", str(folder), "--persons", "6000", "--no-serve", "--capture", "--json", "--port", "0"],
                      capture_output=True, text=True, timeout=850)
print(done.stderr)
journey.equal(done.returncode, 0, "naru demo --no-serve ends with 0")
story = json.loads((folder / "story.json").read_text())
names = [step["name"] for step in story["steps"]]
journey.equal(names, "sites sources protect link release deposit genome programme apply right ask verify withdraw "
              "revoke audit".split(), "the steps stand in the contract's order")
for step in story["steps"]:
    journey.check(step["ok"], f"step {step['name']} is ok")
    journey.check(step["facts"], f"step {step['name']} tells facts")
again = subprocess.run([sys.executable, str(SOURCE / "tests/journeys/recompute.py"), str(folder)], text=True, timeout=300)
journey.equal(again.returncode, 0, "the outside recomputation agrees")
check_messages(journey, Recomputation(folder))
journey.end()
