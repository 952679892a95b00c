"""The national run (bench/nation.py) at a size for every day: every row, count, marginal and effect as planted; no times."""
import os
import subprocess
import sys

import journey as house

try:
    import numpy  # noqa: F401
except ImportError:
    print("SKIPPED: numpy is not on this machine")
    raise SystemExit(77)

story = house.Journey("nation")
done = subprocess.run([sys.executable, str(house.SOURCE / "bench" / "nation.py"), "20000", str(story.folder)], text=True,
                      capture_output=True, timeout=600, env={**os.environ, "NARU": house.NARU})
print(done.stdout)
story.check(done.returncode == 0, f"the nation is as planted: {done.stderr.strip()}")
story.check("first cohort answer" in done.stdout and done.stdout.count("| yes |") >= 25, "the whole table was printed")
story.end()
