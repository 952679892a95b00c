#!/usr/bin/env python3
"""Random inputs through `naru evaluate scores` beside pROC (r-cran-proc) and scikit-learn: every figure both give.

    tests/statistics/peers.py [--rounds N] [--seed S]

Inputs vary in size (10 to 3,000), rate, ties (continuous to 2 distinct scores), sign and scale, and hold perfect and inverted
separation. Long: only in `make test-long` (NARU_TEST_LONG=1), otherwise a few rounds. Prints the seed of what disagrees."""
import argparse
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("NARU_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
NARU = os.environ.get("NARU", str(SOURCE / "build" / "release" / "naru"))

try:
    import numpy as np
    from sklearn import metrics
except ImportError:
    print("SKIPPED: python3-numpy and python3-sklearn are not installed")
    sys.exit(77)

R = """suppressMessages(library(pROC)); options(digits = 15)
for (file in commandArgs(TRUE)) {
  d <- read.csv(file)
  a <- roc(d$y, d$a, levels = c(0, 1), direction = "<", quiet = TRUE)
  b <- roc(d$y, d$b, levels = c(0, 1), direction = "<", quiet = TRUE)
  v <- suppressWarnings(var(a, method = "delong"))
  z <- suppressWarnings(roc.test(a, b, method = "delong", paired = TRUE))
  p <- suppressWarnings(auc(a, partial.auc = c(1, 0.8), partial.auc.correct = FALSE))
  cat(c(auc(a), v, z$statistic, z$p.value, cov(a, b), p), "\\n")
}"""


def drawn(random):
    n = int(random.integers(10, 3000))
    rate = random.uniform(0.05, 0.95)
    y = (random.random(n) < rate).astype(int)
    if y.sum() < 2 or y.sum() > n - 2:
        return drawn(random)
    signal = random.choice([0.0, 0.5, 2.0, -1.0, 50.0])
    a = signal * y + random.normal(size=n)
    b = a * random.uniform(0, 1) + random.normal(size=n)
    steps = random.choice([0, 0, 2, 5, 40])
    if steps:
        a = np.round(a / np.ptp(a) * steps)
        b = np.round(b / np.ptp(b) * steps)
    return y, a * random.choice([1e-6, 1.0, 1e5]), b


def near(x, y, tolerance=1e-9):
    return x is not None and abs(x - y) <= tolerance * max(1e-3, abs(y))


def check(file, y, a, b, proc):
    """Names of what disagrees."""
    done = subprocess.run([NARU, "evaluate", "scores", str(file), "--label", "y", "--score", "a", "--score", "b",
                           "--partial", "specificity:0.8:1", "--threshold", repr(float(np.median(a))), "--json"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return ["exit " + done.stdout + done.stderr]
    answer = json.loads(done.stdout)
    at = answer["scores"]["a"]
    wrong = []

    def same(name, got, wanted, tolerance=1e-9):
        if not near(got, wanted, tolerance):
            wrong.append(f"{name}: {got} for {wanted}")
    same("sklearn auroc", at["auroc"]["estimate"], metrics.roc_auc_score(y, a))
    same("sklearn average precision", at["auprc"]["average_precision"]["estimate"], metrics.average_precision_score(y, a))
    precision, recall, _ = metrics.precision_recall_curve(y, a)
    same("sklearn trapezoid", at["auprc"]["trapezoid"]["estimate"], metrics.auc(recall, precision))
    tn, fp, fn, tp = metrics.confusion_matrix(y, a >= np.median(a)).ravel()
    cells = at["thresholds"][0]
    if (cells["tp"], cells["fp"], cells["tn"], cells["fn"]) != (tp, fp, tn, fn):
        wrong.append("confusion matrix")
    same("sklearn mcc", cells["mcc"]["estimate"] if cells["mcc"]["estimate"] is not None else 0.0,
         metrics.matthews_corrcoef(y, a >= np.median(a)))
    if proc:
        area, variance, z, p, covariance, partial = proc
        same("pROC auc", at["auroc"]["estimate"], area)
        same("pROC variance", at["auroc"]["se"] ** 2, variance, 1e-8)
        same("pROC partial", at["partial_auroc"]["area"]["estimate"], partial)
        pair = answer["comparisons"][0]
        if z == z and pair["z"] is not None:
            same("pROC covariance", pair["covariance"], covariance, 1e-7)
            same("pROC z", pair["z"], z, 1e-7)
            same("pROC p", pair["p"], p, 1e-6)
    return wrong


def main():
    words = argparse.ArgumentParser()
    long = os.environ.get("NARU_TEST_LONG") == "1"
    words.add_argument("--rounds", type=int, default=400 if long else 12)
    words.add_argument("--seed", type=int, default=1)
    call = words.parse_args()
    r = shutil.which("Rscript") is not None and subprocess.run(
        ["Rscript", "-e", "library(pROC)"], capture_output=True, check=False).returncode == 0
    if not r:
        print("r-cran-proc is not installed: the comparison with pROC is SKIPPED, scikit-learn's goes on")
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = []
        for seed in range(call.seed, call.seed + call.rounds):
            y, a, b = drawn(np.random.default_rng(seed))
            file = folder / f"{seed}.csv"
            with open(file, "w", newline="", encoding="utf-8") as out:
                writer = csv.writer(out)
                writer.writerow(["y", "a", "b"])
                writer.writerows(zip(y.tolist(), map(repr, a.tolist()), map(repr, b.tolist())))
            cases.append((seed, file, y, a, b))
        answers = [None] * len(cases)
        if r:
            script = folder / "proc.R"
            script.write_text(R)
            out = subprocess.run(["Rscript", "--vanilla", str(script), *(str(case[1]) for case in cases)],
                                 check=True, capture_output=True, text=True).stdout
            answers = [[float(word) if word != "NA" else float("nan") for word in line.split()] for line in out.splitlines()]
        for (seed, file, y, a, b), proc in zip(cases, answers):
            for wrong in check(file, y, a, b, proc):
                print(f"seed {seed} ({len(y)} rows): {wrong}")
                failed += 1
    print(f"{call.rounds} random inputs, {failed} disagreements")
    return 1 if failed else 0


sys.exit(main())
