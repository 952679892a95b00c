#!/usr/bin/env python3
"""naru protect search beside ARX. Input: Adult (30,162 rows) and its million-row resample, nine quasi-identifiers, 12,960
nodes, Loss (geometric mean), k = 5, suppression 0 / 4 / 100 %; from NARU_SHARED/data/arx (default ../shared).

Search seconds after load, wall and CPU (all threads), and peak memory of the whole process. Beside them ARX 3.9.2's own
warm figures from its published build on the same kind of machine (2 vCPU, one thread: it has no other); with ARX_JAR set
(the jar and what it needs, as a class path) ARX is run here on the same files for the live ratio.
--rows N adds one table of N rows (17 bytes each), always the same, made here in a temporary folder (1.3 GB for 77 million)
and streamed: reading and counting is all that grows with the rows. --columns adds a million-row table of twenty
quasi-identifiers, 3.5 thousand million nodes, searched for --seconds with one thread and with two.
The whole: bench/protect.py --rows 77000000 --columns"""
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


def run(config, threads, *more):
    """The report, and the peak memory of the process in MB."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([NARU, "protect", "search", "--config", str(config), "--threads", str(threads), "--json",
                                    *more], stdout=out)
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
    missing = [part for part in jar.split(":") if part and not part.endswith("*") and not os.path.exists(part)]
    if missing:
        raise SystemExit(f"ARX_JAR: no such file: {missing[0]}")
    if not (folder / "ArxBench.class").exists():
        (folder / "ArxBench.java").write_text(ARX_PROGRAM)
        arx_step("does not compile our driver: is it ARX 3.9?",
                 ["javac", "-cp", jar, "-d", str(folder), str(folder / "ArxBench.java")])
    answer = arx_step("does not run: give the jar and all it needs, separated by colons",
                      ["java", "-Xmx4g", "-cp", f"{jar}:{folder}", "ArxBench", str(data), str(limit), str(SHARED.resolve())]
                      + NAMES).split()
    return float(answer[0]), float(answer[1])


def arx_step(complaint, command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit(f"ARX_JAR is set, but {command[0]} is not on this machine") from None
    if done.returncode != 0:
        reason = next((line for line in done.stderr.splitlines() if "rror" in line or "xception" in line), done.stderr[:200])
        raise SystemExit(f"ARX_JAR {complaint} ({command[0]}: {reason.strip()})")
    return done.stdout


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
                if live:
                    line += f", live {live[0]:.3f} s: {live[0] / wall:.0f}x"
                    if abs(live[1] - best["utility_loss"]) > 1e-9:
                        raise SystemExit(f"ARX's own optimum here is {live[1]}, ours {best['utility_loss']}")
                print(line, flush=True)


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
    print(f"  {report['records']:,} rows, {table.stat().st_size / 1e9:.2f} GB, streamed ({report['distinct']:,} different): "
          f"load {report['seconds']['load']:.1f} s wall {report['cpu_seconds']['load']:.1f} s cpu, "
          f"search {report['seconds']['search']:.3f} s wall {report['cpu_seconds']['search']:.3f} s cpu, "
          f"whole {time.perf_counter() - begin:.0f} s wall, peak {memory:.0f} MB, optimal {report['optimal']}, "
          f"levels {report['levels']}, suppressed {report['suppressed']:,}", flush=True)


def many_columns(folder, seconds):
    """Twenty quasi-identifiers of six values in three levels that hang together: one of sixty kinds of person decides most
    of them, and one value in fifteen is as it likes."""
    columns, rows = 20, 1_000_000
    (folder / "six.csv").write_text("".join(f"{v},q{v // 2},*\n" for v in range(6)))
    draw = random.Random(2)
    kinds = [[draw.randrange(6) for _ in range(columns)] for _ in range(60)]
    with (folder / "wide.csv").open("w") as out:
        out.write(",".join(f"c{c}" for c in range(columns)) + "\n")
        for _ in range(rows):
            kind = kinds[min(draw.randrange(60), draw.randrange(60))]
            out.write(",".join(str(v if draw.random() < 14 / 15 else draw.randrange(6)) for v in kind) + "\n")
    config = folder / "wide.json"
    config.write_text(json.dumps({
        "data": "wide.csv", "delimiter": ",", "models": [{"k_anonymity": 5}], "suppression_limit": 0.1,
        "columns": [{"name": f"c{c}", "role": "quasi_identifier", "hierarchy": "six.csv"} for c in range(columns)]}))
    for threads in (1, 2):
        report, memory = run(config, threads, "--time-limit", str(seconds))
        print(f"  {rows:,} rows ({report['distinct']:,} different), {columns} quasi-identifiers, "
              f"{report['lattice_nodes']:,} nodes, limit {seconds:g} s, threads {threads}: "
              f"search {report['seconds']['search']:.1f} s wall {report['cpu_seconds']['search']:.1f} s cpu, "
              f"peak {memory:.0f} MB, optimal {report['optimal']}, loss {report['utility_loss']:.6f}, no node below "
              f"{report.get('bound', report['utility_loss']):.6f}, {report['projections_checked']:,} projections", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--columns", action="store_true")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--only", action="store_true", help="leave out the comparison with ARX")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        if not asked.only:
            beside_arx(pathlib.Path(place), asked.repeats)
        if asked.rows:
            large(pathlib.Path(place), asked.rows)
        if asked.columns:
            many_columns(pathlib.Path(place), asked.seconds)
