#!/usr/bin/env python3
"""naru protect search beside ARX. Input: Adult (30,162 rows) and its million-row resample, nine quasi-identifiers, 12,960
nodes, Loss (geometric mean), k = 5, suppression 0 / 4 / 100 %; from NARU_SHARED/data/arx (default ../shared).

Search seconds after load, wall and CPU (all threads), and peak memory of the whole process. Beside them ARX 3.9.2's own
warm figures from its published build on the same kind of machine (2 vCPU, one thread: it has no other); with ARX_JAR set
(the jar and what it needs, as a class path) ARX is run here on the same files for the live ratio.
--rows N adds one table of N rows (17 bytes each), made here in a temporary folder and streamed."""
import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile
import time

NARU = os.environ.get("NARU", "build/release/naru")
SHARED = pathlib.Path(os.environ.get("NARU_SHARED", "../shared")) / "data" / "arx"
NAMES = ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"]
ARX_WARM_SECONDS = {("adult", 0): 0.033, ("adult", 0.04): 0.90, ("adult", 1): 3.0,
                    ("adult1m", 0): 0.73, ("adult1m", 0.04): 10.6, ("adult1m", 1): 11.4}

ARX_PROGRAM = """
import java.io.File; import java.nio.charset.StandardCharsets; import org.deidentifier.arx.*;
import org.deidentifier.arx.AttributeType.Hierarchy; import org.deidentifier.arx.criteria.KAnonymity;
import org.deidentifier.arx.metric.Metric; import org.deidentifier.arx.metric.Metric.AggregateFunction;
public class ArxBench { public static void main(String[] a) throws Exception {
  double best = 1e9; double score = 0;
  for (int run = 0; run < 3; run++) {
    Data data = Data.create(new File(a[0]), StandardCharsets.UTF_8, ';');
    for (int i = 3; i < a.length; i++) data.getDefinition().setAttributeType(a[i],
      Hierarchy.create(a[2] + "/adult_hierarchy_" + a[i] + ".csv", StandardCharsets.UTF_8, ';'));
    ARXConfiguration c = ARXConfiguration.create(); c.addPrivacyModel(new KAnonymity(5));
    c.setSuppressionLimit(Double.parseDouble(a[1]));
    c.setQualityModel(Metric.createLossMetric(0.5, AggregateFunction.GEOMETRIC_MEAN));
    ARXResult r = new ARXAnonymizer().anonymize(data, c);
    best = Math.min(best, r.getTime() / 1000.0); score = Double.parseDouble(r.getGlobalOptimum().getLowestScore().toString());
  }
  System.out.println(best + " " + score);
} }
"""


def run(config, threads):
    """The report, and the peak memory of the process in MB."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([NARU, "protect", "search", "--config", str(config), "--threads", str(threads), "--json"],
                                   stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode != 0:
            raise SystemExit(f"naru protect search: exit {process.returncode}")
        return json.loads(out.read()), usage.ru_maxrss / 1024


def adult_config(folder, data, limit):
    columns = [{"name": name, "role": "quasi_identifier", "hierarchy": str((SHARED / f"adult_hierarchy_{name}.csv").resolve())}
               for name in NAMES]
    file = folder / f"{data.stem}-{limit}.json"
    file.write_text(json.dumps({"data": str(data), "delimiter": ";", "columns": columns, "models": [{"k_anonymity": 5}],
                                "suppression_limit": limit, "utility": {"metric": "loss"}}))
    return file


def arx_seconds(folder, data, limit):
    jar = os.environ.get("ARX_JAR")
    if not jar:
        return None
    (folder / "ArxBench.java").write_text(ARX_PROGRAM)
    if not (folder / "ArxBench.class").exists():
        subprocess.run(["javac", "-cp", jar, "-d", str(folder), str(folder / "ArxBench.java")], check=True)
    done = subprocess.run(["java", "-Xmx4g", "-cp", f"{jar}:{folder}", "ArxBench", str(data), str(limit),
                           str(SHARED.resolve())] + NAMES, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


def beside_arx(folder, repeats):
    if not SHARED.exists():
        print(f"protect search beside ARX: skipped, {SHARED} is not on this machine")
        return
    million = folder / "adult1m.csv"
    with million.open("wb") as out:
        subprocess.run(["xz", "-dkc", str(SHARED / "adult1m.csv.xz")], check=True, stdout=out)
    print("protect search, k = 5, seconds after load (best of %d); ARX: published warm figure%s" %
          (repeats, ", and live" if os.environ.get("ARX_JAR") else ""))
    for data in ((SHARED / "adult.csv").resolve(), million):
        for limit in (0, 0.04, 1):
            config = adult_config(folder, data, limit)
            published = ARX_WARM_SECONDS[(data.stem, limit)]
            live = arx_seconds(folder, data, limit)
            for threads in (1, 2):
                best = None
                memory = 0
                for _ in range(repeats):
                    report, peak = run(config, threads)
                    memory = max(memory, peak)
                    if best is None or report["cpu_seconds"]["search"] < best["cpu_seconds"]["search"]:
                        best = report
                wall, cpu = best["seconds"]["search"], best["cpu_seconds"]["search"]
                line = (f"  {data.stem:8} {limit:>4} threads {threads}: wall {wall:.4f} cpu {cpu:.4f} s (load cpu "
                        f"{best['cpu_seconds']['load']:.2f}), peak {memory:.0f} MB, loss {best['utility_loss']:.10f}, "
                        f"{best['nodes_checked']} of {best['lattice_nodes']} nodes, ARX {published} s: "
                        f"{published / (cpu if threads == 1 else wall):.0f}x")
                print(line + (f", live {live:.3f} s: {live / wall:.0f}x" if live else ""), flush=True)


def large(folder, rows):
    """A national registry's shape: birth year, sex, insurance, district, diagnosis group, streamed."""
    block_rows = 1_000_000
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    draw = random.Random(1)
    block = "".join(f"{1930 + min(draw.randrange(81), draw.randrange(81))},{draw.randrange(2)},{draw.randrange(3)},"
                    f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[min(draw.randrange(26), draw.randrange(26))]},"
                    f"d{min(draw.randrange(40), draw.randrange(40))}\n" for _ in range(block_rows)).encode()
    files = {
        "year": [f"{y},{y // 5 * 5},{y // 10 * 10},*" for y in range(1930, 2011)],
        "sex": [f"{s},*" for s in range(2)],
        "insurance": [f"{i},*" for i in range(3)],
        "district": [f"{chr(65 + d)},p{d // 4},*" for d in range(26)],
        "group": [f"d{g},c{g // 8},*" for g in range(40)],
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    table = folder / "registry.csv"
    with table.open("wb") as out:
        out.write((",".join(files) + "\n").encode())
        left = rows
        while left > 0:
            order = list(letters)
            draw.shuffle(order)
            moved = block.translate(bytes.maketrans(letters, bytes(order)))
            if left < block_rows:
                moved = b"".join(moved.splitlines(keepends=True)[:left])
            out.write(moved)
            left -= block_rows
    config = folder / "registry.json"
    config.write_text(json.dumps({
        "data": str(table), "delimiter": ",", "models": [{"k_anonymity": 10}], "suppression_limit": 0.01,
        "columns": [{"name": name, "role": "quasi_identifier", "hierarchy": str(folder / f"{name}.csv")} for name in files]}))
    begin = time.perf_counter()
    report, memory = run(config, 2)
    print(f"  {report['records']:,} rows streamed ({report['distinct']:,} different): load cpu "
          f"{report['cpu_seconds']['load']:.1f} s, search cpu {report['cpu_seconds']['search']:.3f} s, "
          f"whole {time.perf_counter() - begin:.0f} s wall, peak {memory:.0f} MB, optimal {report['optimal']}, "
          f"levels {report['levels']}, suppressed {report['suppressed']:,}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only-rows", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        if not asked.only_rows:
            beside_arx(pathlib.Path(place), asked.repeats)
        if asked.rows:
            large(pathlib.Path(place), asked.rows)
