#!/usr/bin/env python3
"""Statistics of scores beside pROC (r-cran-proc), scipy and numpy of Debian, in one run, as ratios of CPU seconds.

    bench/evaluate.py [--large]        --large adds 1e7 rows (needs 1.5 GB)

Input: risks expit(N(-1.5, 1.2)), outcomes drawn from them (numpy, seed 1); every tool reads the same columns into memory
before its clock starts. CPU seconds (user + system), best of the runs: the machine may be busy. pROC's 2,000 bootstraps
are 50 times the 40 it is given."""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
    from scipy.stats import norm, rankdata
except ImportError:
    print("evaluate: SKIPPED, python3-numpy and python3-scipy are not installed")
    sys.exit(0)

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOOL = ROOT / "build" / "release" / "bench_evaluate"
NARU = ROOT / "build" / "release" / "naru"


def cpu(deed, runs=3):
    best, value = None, None
    for _ in range(runs):
        begin = time.process_time()
        value = deed()
        spent = time.process_time() - begin
        best = spent if best is None else min(best, spent)
    return best, value


def naru(task, folder, n, runs=5):
    done = subprocess.run([str(TOOL), task, str(folder / f"{n}.f64"), str(folder / f"{n}.u8"), str(runs)],
                          check=True, capture_output=True, text=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return min(float(row[0]) for row in rows), float(rows[0][1]), int(done.stderr) / 1024


def proc(body, folder, n):
    """CPU seconds and one figure that `body` assigns to `figure`."""
    code = f"""suppressMessages(library(pROC))
n <- {n}
s <- readBin("{folder}/{n}.f64", "double", n); y <- readBin("{folder}/{n}.u8", "integer", n, size = 1)
best <- Inf
for (run in 1:2) {{ t <- system.time({{ {body} }}); best <- min(best, t[["user.self"]] + t[["sys.self"]]) }}
cat(best, format(figure, digits = 15))"""
    out = subprocess.run(["Rscript", "--vanilla", "-e", code], check=True, capture_output=True, text=True).stdout
    return tuple(float(word) for word in out.split())


def scipy_delong(s, y):
    """Sun & Xu's midrank form."""
    case, control = s[y == 1], s[y == 0]
    m, n = len(case), len(control)
    both = rankdata(np.concatenate([case, control]))
    v10 = (both[:m] - rankdata(case)) / n
    v01 = 1 - (both[m:] - rankdata(control)) / m
    area = v10.mean()
    se = np.sqrt(v10.var(ddof=1) / m + v01.var(ddof=1) / n)
    return area - norm.ppf(0.975) * se, area + norm.ppf(0.975) * se, se


THRESHOLDS = np.arange(1, 100) / 100


def numpy_compare(s, y):
    """One comparison of all scores with each threshold."""
    case = y == 1
    positive = [(s >= t) for t in THRESHOLDS]
    tp = np.array([np.count_nonzero(p & case) for p in positive])
    alerts = np.array([np.count_nonzero(p) for p in positive])
    return (tp - (alerts - tp) * THRESHOLDS / (1 - THRESHOLDS)) / len(s)


def numpy_search(s, y):
    """A search of each score's place among the thresholds, then counts."""
    place = np.searchsorted(THRESHOLDS, s, side="right")
    counts = np.bincount(2 * place + y, minlength=2 * len(THRESHOLDS) + 2).reshape(-1, 2)
    above = counts[::-1].cumsum(axis=0)[::-1][1:]
    return (above[:, 1] - above[:, 0] * THRESHOLDS / (1 - THRESHOLDS)) / len(s)


def line(what, ours, peers, target=None):
    text = f"{what}: naru {ours * 1e3:.1f} ms CPU"
    for name, spent in peers:
        text += f"; {name} {spent * 1e3:.0f} ms, {spent / ours:.0f} times" if ours > 0 else ""
    print(text + (f" (wanted: {target})" if target else ""), flush=True)


SCAN = """
const system = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';
const duckdb = require(`${process.cwd()}/node_modules/@duckdb/node-bindings-${system}/duckdb.node`);
(async () => {
  const connection = await duckdb.connect(await duckdb.open(':memory:'));
  await duckdb.query(connection, 'SET threads = 1');
  await duckdb.query(connection, process.argv[1]);
})();
"""


def engine(sql):
    """CPU seconds of the engine's own Node package on one statement: no figure of naru's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(ROOT / "scripts" / "with-node"), "-e", SCAN, sql], check=True, capture_output=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def end_to_end(folder, n, s, y):
    """Files read and judged by the command, beside the same figures from memory and a bare scan of the same file."""
    import csv
    rows = folder / "rows.csv"
    with open(rows, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["outcome", "risk"])
        for begin in range(0, n, 10**6):
            writer.writerows(zip(y[begin:begin + 10**6].tolist(), s[begin:begin + 10**6].tolist()))
    table = folder / "rows.parquet"
    engine(f"COPY (SELECT * FROM read_csv('{rows}')) TO '{table}' (FORMAT parquet)")
    start = engine("SELECT 1")
    alone, _, _ = naru("everything", folder, n, 2)
    for file, reader in ((rows, "read_csv"), (table, "read_parquet")):
        begin = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(NARU), "evaluate", "scores", str(file), "--label", "outcome", "--score", "risk", "--json",
                        "--threads", "1"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter() - begin
        whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        scan = engine(f"SELECT sum(outcome), sum(risk) FROM {reader}('{file}')") - start
        print(f"`naru evaluate scores` on {file.suffix[1:]} of {n:,} rows ({file.stat().st_size / 1e6:.0f} MB), every "
              f"measure: {whole:.2f} s CPU, {wall:.2f} s; five main measures from memory {alone:.2f} s; the engine's bare "
              f"scan of the file {scan:.2f} s, {100 * scan / whole:.0f} % of the whole", flush=True)


def main():
    if not TOOL.exists():
        subprocess.run(["ninja", "-C", str(ROOT / "build" / "release"), "bench_evaluate"], check=True, capture_output=True)
    r = shutil.which("Rscript") is not None and subprocess.run(
        ["Rscript", "-e", "library(pROC)"], capture_output=True, check=False).returncode == 0
    if not r:
        print("r-cran-proc is not installed: its figures are SKIPPED")
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = pathlib.Path(name)
        columns = {}
        for n in [10**5, 10**6] + ([10**7] if "--large" in sys.argv else []):
            s = 1 / (1 + np.exp(-random.normal(-1.5, 1.2, n)))
            y = (random.random(n) < s).astype(np.uint8)
            s.tofile(folder / f"{n}.f64")
            y.tofile(folder / f"{n}.u8")
            columns[n] = (s, y)
        for n, (s, y) in columns.items():
            ours, se, memory = naru("auroc", folder, n)
            spent, theirs = cpu(lambda s=s, y=y: scipy_delong(s, y), 2)
            peers = [("scipy DeLong", spent)]
            assert abs(theirs[2] / se - 1) < 1e-9, (theirs[2], se)
            if r and n <= 10**6:
                spent, theirs = proc('k <- roc(y, s, levels = c(0, 1), direction = "<", quiet = TRUE); '
                                     'c3 <- ci.auc(k, method = "delong"); figure <- (c3[3] - c3[2]) / qnorm(0.975)',
                                     folder, n)
                assert abs(theirs / se - 1) < 1e-9, (theirs, se)
                peers.append(("pROC", spent))
            wanted = {10**6: "pROC 25 times, scipy 10 times", 10**7: "less than 500 ms"}.get(n)
            line(f"AUROC and DeLong interval, {n:,} rows ({memory:.0f} MB)", ours, peers, wanted)
        ours, se, _ = naru("bootstrap", folder, 10**5, 3)
        peers = []
        if r:
            spent, theirs = proc('k <- roc(y, s, levels = c(0, 1), direction = "<", quiet = TRUE); '
                                 'c3 <- ci.auc(k, method = "bootstrap", boot.n = 40, boot.stratified = TRUE, '
                                 'progress = "none"); figure <- c3[2]', folder, 10**5)
            peers.append(("pROC", 50 * spent))
        _, theirs = cpu(lambda: scipy_delong(*columns[10**5]), 1)
        assert abs(se / theirs[2] - 1) < 0.1, (se, theirs[2])
        line("2,000 stratified bootstraps, 100,000 rows", ours, peers, "200 times")
        s, y = columns[10**6]
        ours, figure, _ = naru("decision", folder, 10**6)
        by_compare, one = cpu(lambda: numpy_compare(s, y), 2)
        by_search, other = cpu(lambda: numpy_search(s, y), 2)
        assert abs(one[24] - figure) < 1e-12 and abs(other[24] - figure) < 1e-12
        line("decision curve with intervals, 99 thresholds, 1,000,000 rows", ours,
             [("numpy, comparisons", by_compare), ("numpy, searchsorted", by_search)], "2 times numpy")
        for n, (s, y) in columns.items():
            if n > 10**5:
                end_to_end(folder, n, s, y)


main()
