#!/usr/bin/env python3
"""The sandbox beside no sandbox: one ONNX model on 200,000 rows of 10 inputs, and the start of an empty run.

Physical limit: the same worker under the same Node, fed the same bytes, outside any cage, twice (a solution runs twice).
CPU seconds of children (getrusage) and wall seconds, best of 3; largest resident set."""
import json
import pathlib
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
NARU = HERE / "build" / "release" / "naru"


def best(deed, runs=3):
    out = None
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        deed()
        wall = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        out = (cpu, wall) if out is None else min(out, (cpu, wall))
    return out


def main():
    node = next(iter(sorted(HERE.glob("node_modules/node-linux-*/bin/node"))), None)
    if node is None or not (HERE / "node_modules" / "onnxruntime-node").exists():
        print("solutions: onnxruntime-node is not installed (scripts/setup)")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        features = [{"name": f"x{j}", "source": {"kind": "age"}} for j in range(10)]
        card = {"intercept": -1, "features": [{**f, "coefficient": 0.1 * (j - 5)} for j, f in enumerate(features)]}
        (folder / "card.json").write_text(json.dumps(card))
        (folder / "model").mkdir()
        subprocess.run([sys.executable, HERE / "tests/solutions/make_onnx.py", folder / "card.json", folder / "model/m.onnx"],
                       check=True)
        digest = json.loads(subprocess.run([NARU, "solution", "digest", folder / "model", "--json"], check=True,
                                           capture_output=True).stdout)["sha256"]
        manifest = {"id": "m", "version": "1", "kind": "onnx", "features": features, "model": "m.onnx",
                    "package": {"folder": "model", "sha256": digest},
                    "limits": {"memory_mb": 2000, "cpu_seconds": 600, "seconds": 600}}
        (folder / "solution.json").write_text(json.dumps(manifest))
        draw = random.Random(1)
        for rows in (1, 200_000):
            table = [[round(draw.random(), 6) for _ in features] for _ in range(rows)]
            names = [f["name"] for f in features]
            (folder / "rows.csv").write_text("\n".join([",".join(names)] + [",".join(map(str, r)) for r in table]) + "\n")
            caged = best(lambda: subprocess.run([NARU, "solution", "try", folder / "solution.json", "--rows",
                                                 folder / "rows.csv", "--json"], check=True, capture_output=True))
            header = {"rows": rows, "columns": names, "model": str(folder / "model/m.onnx"), "input": None, "output": None,
                      "output_column": 0}
            columns = b"".join(struct.pack(f"<{rows}d", *(r[j] for r in table)) for j in range(len(names)))
            stdin = json.dumps(header).encode() + b"\n" + columns
            worker = HERE / "runtimes" / "onnx_worker.cjs"
            # The worker looks for its library beside itself, as in the cage.
            env = {"NODE_PATH": str(HERE / "node_modules"), "PATH": "/usr/bin:/bin"}
            bare = best(lambda: [subprocess.run([node, worker], input=stdin, check=True, capture_output=True, env=env)
                                 for _ in range(2)])
            print(f"solutions: {rows:>7} rows, sandboxed and compared: {caged[0]:.2f} CPU-s, {caged[1]:.2f} s; "
                  f"bare runtime twice: {bare[0]:.2f} CPU-s, {bare[1]:.2f} s; ratio of CPU {caged[0] / bare[0]:.2f}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"solutions: largest resident set of any process {peak:.0f} MB")


main()
