#!/usr/bin/env python3
"""Every value of every *.expected.json beside what `naru evaluate` gives: one table, failures listed, exit 1 if any.

    tests/statistics/expected.py [--all] [--file NAME]

Each leaf of `expected` is asked of the real program (NARU, default build/release/naru) on the real data file. A value
must agree to 1e-9 relative. Where a looser tolerance stands, the reason stands with it in LOOSE, and the report says how
many such values there are: the independent tool stopped its iteration early, or the value is nothing but the rounding
left over by a fit whose true answer is 0 or 1. Leaves nobody maps are failures, not skips."""
import argparse
import csv
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("NARU_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("NARU_SHARED", SOURCE.parent / "shared"))
NARU = os.environ.get("NARU", str(SOURCE / "build" / "release" / "naru"))
DATA = SHARED / "data" / "evaluation"

# (what, tolerance, why). First match of the leaf's name.
GLM = "R's glm stops at a relative change of the deviance of 1e-8; ours is the maximum"
LOOSE = [
    (".cal_slope_wald_ci95", 1e-6, GLM), (".cal_slope_se", 1e-6, GLM), (".cal_slope", 1e-7, GLM),
    (".citl_wald_ci95", 1e-6, GLM), (".citl_se", 1e-6, GLM), (".citl", 1e-5, GLM),
    (".cal_intercept_joint_with_slope", 1e-5, GLM), (".ici_logistic", 1e-5, GLM),
    (".rms_val_prob.Intercept", 1e-4, "rms stops its fit early, as glm"), (".rms_val_prob.Slope", 1e-6, "rms stops its fit early, as glm"),
]
SKIP_FILES = {"sicily_its": "interrupted time series: `naru evaluate impact`"}


class Naru:
    """Runs the program once for each different call."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.known = {}

    def __call__(self, *words):
        words = tuple(str(word) for word in words)
        if words not in self.known:
            done = subprocess.run([NARU, "evaluate", *words, "--json"], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}: {done.stdout}{done.stderr}")
            self.known[words] = json.loads(done.stdout)
        return self.known[words]

    def table(self, name, columns):
        """Columns as a CSV file."""
        file = self.folder / f"{name}.csv"
        if not file.exists():
            with open(file, "w", newline="", encoding="utf-8") as out:
                writer = csv.writer(out)
                writer.writerow(columns)
                writer.writerows(zip(*columns.values()))
        return file


def read_columns(file):
    with open(file, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {name: [row[name] for row in rows] for name in rows[0]}


def where(columns, name, value):
    keep = [i for i, v in enumerate(columns[name]) if v == value]
    return {key: [values[i] for i in keep] for key, values in columns.items()}


def estimate(e):
    return e["estimate"]


def curve(groups):
    return {"frac_pos": [g["observed"]["estimate"] for g in groups], "mean_pred": [g["predicted"] for g in groups]}


def threshold_values(at):
    def part(e):
        return {"est": e["estimate"], "wilson": e["ci95"], "clopper_pearson": e["ci95_exact"]}
    return {"tp": at["tp"], "fp": at["fp"], "tn": at["tn"], "fn": at["fn"], "mcc": estimate(at["mcc"]),
            "f1": estimate(at["f1"]), "kappa": estimate(at["kappa"]),
            "balanced_accuracy": estimate(at["balanced_accuracy"]), "sens": part(at["sensitivity"]),
            "spec": part(at["specificity"]), "ppv": part(at["ppv"]), "npv": part(at["npv"])}


def rank_values(n, events, score):
    """What stands beside every score, subgroups included."""
    area = score["auroc"]
    out = {"n": n, "events": events, "auroc": area["estimate"], "delong_var": area["se"] ** 2, "delong_se": area["se"],
           "delong_ci95": area["ci95"], "delong_logit_ci95": area["ci95_logit"],
           "hanley_mcneil_se": score["hanley_mcneil_se"], "pauc_spec_1_0.9": estimate(score["partial_auroc"]["area"]),
           "pauc_spec_1_0.9_mcclish": estimate(score["partial_auroc"]["corrected"]),
           "youden_best": {k: score["youden"][k] for k in ("threshold", "sensitivity", "specificity")},
           "sk_roc_auc": area["estimate"]}
    return out


def calibration_values(loess, lowess, logistic):
    cal = loess["calibration"]
    likelihood = cal["likelihood"]
    low = lowess["calibration"]
    hosmer = cal["hosmer_lemeshow"]["fitted"]
    out = {
        "sk_average_precision": estimate(loess["auprc"]["average_precision"]),
        "sk_auprc_trapezoid": estimate(loess["auprc"]["trapezoid"]),
        "cal_slope": estimate(cal["slope"]), "cal_slope_se": cal["slope"]["se"],
        "cal_slope_wald_ci95": cal["slope"]["ci95"], "cal_intercept_joint_with_slope": estimate(cal["intercept"]),
        "citl": estimate(cal["citl"]), "citl_se": cal["citl"]["se"], "citl_wald_ci95": cal["citl"]["ci95"],
        "O": cal["observed"], "E": cal["expected"], "OE": estimate(cal["o_e"]), "OE_ci95_log": cal["o_e"]["ci95"],
        "brier": estimate(loess["brier"]), "sk_brier": estimate(loess["brier"]),
        "brier_scaled": estimate(loess["brier_scaled"]),
        "brier_murphy_deciles": {k: loess["brier_parts"][k] for k in ("reliability", "resolution", "uncertainty")},
        "spiegelhalter_z": cal["spiegelhalter"]["z"],
        "hosmer_lemeshow_10": {k: hosmer.get(k) for k in ("chi2", "df", "p")},
        "ece_10_equal_width": estimate(cal["ece"]), "sk_log_loss": estimate(loess["log_loss"]),
        "ici_loess_direct": estimate(cal["ici"]), "e50_loess_direct": estimate(cal["e50"]),
        "e90_loess_direct": estimate(cal["e90"]), "emax_loess_direct": estimate(cal["emax"]),
        "ici_logistic": estimate(logistic["calibration"]["ici"]),
        "sk_calibration_curve_10_uniform": curve(cal["groups"]["equal_width"]),
        "sk_calibration_curve_10_quantile": curve(cal["groups"]["equal_size"]),
        "net_benefit": {}}
    for key, value in {"R2": likelihood["r2_nagelkerke"], "D": likelihood["discrimination"],
                       "D:Chi-sq": likelihood["model_chi2"], "D:p": "NA", "U": likelihood["unreliability"],
                       "U:Chi-sq": likelihood["unreliability_chi2"], "U:p": likelihood["unreliability_p"],
                       "Q": likelihood["quality"], "Brier": estimate(loess["brier"]),
                       "Intercept": estimate(cal["intercept"]), "Slope": estimate(cal["slope"]),
                       "Emax": estimate(low["emax"]), "E90": estimate(low["e90"]), "Eavg": estimate(low["ici"]),
                       "S:z": cal["spiegelhalter"]["z"], "S:p": cal["spiegelhalter"]["p"]}.items():
        out[f"rms_val_prob.{key}"] = value
    for at in loess["thresholds"]:
        t = f"{at['threshold']:g}"
        out[f"threshold_{t}"] = threshold_values(at)
        out["net_benefit"][t] = {"model": estimate(at["net_benefit"]), "all": estimate(at["treat_all"]), "none": 0,
                                 "sens": estimate(at["sensitivity"]), "spec": estimate(at["specificity"])}
    return out


THRESHOLDS = ["0.01", "0.02", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.5"]


def scores_of(naru, file, label, scores, prefix="", subgroups=(), risks=()):
    """All that a file's keys SCORE.* and SCORE.GROUP_VALUE.* hold."""
    out = {}
    words = ["scores", file, "--label", label]
    for score in scores:
        words += ["--score", score]
    for t in THRESHOLDS:
        words += ["--threshold", t]
    for column in subgroups:
        words += ["--subgroup", column]
    answer = naru(*words)
    for score in scores:
        values = rank_values(answer["n"], answer["events"], answer["scores"][score])
        at = answer["scores"][score]
        values["sk_average_precision"] = estimate(at["auprc"]["average_precision"])
        values["sk_auprc_trapezoid"] = estimate(at["auprc"]["trapezoid"])
        if score in risks:
            lowess = naru(*words, "--smoother", "lowess")["scores"][score]
            logistic = naru(*words, "--smoother", "logistic")["scores"][score]
            values.update(calibration_values(at, lowess, logistic))
        for key, value in values.items():
            out[f"{prefix}{score}.{key}"] = value
        for group in answer["subgroups"]:
            name = f"{prefix}{score}.{group['column']}_{group['value']}"
            for key, value in rank_values(group["n"], group["events"], group["scores"][score]).items():
                out[f"{name}.{key}"] = value
    return out


def pair(naru, file, label, a, b):
    words = ["scores", file, "--label", label, "--score", a, "--score", b]
    paired = naru(*words)["comparisons"][0]
    unpaired = naru(*words, "--unpaired")["comparisons"][0]
    return {"delong_paired": {"z": paired["z"], "p": paired["p"], "diff": estimate(paired["difference"]),
                              "ci95": paired["difference"]["ci95"], "cov": paired["covariance"]},
            "delong_unpaired": {"D": unpaired["z"], "df": unpaired["df"], "p": unpaired["p"]}}


def pairs(naru, file, label, prefix, names):
    out = {}
    for a, b in names:
        for key, value in pair(naru, file, label, a, b).items():
            out[f"{prefix}{a}_vs_{b}.{key}"] = value
    return out


def rms_area(naru, columns, name, label, score):
    """rms ranks probabilities in cells of 1/5000: the same cells here, then the exact area of the cells."""
    cells = [str(math.floor(5000 * float(p))) for p in columns[score]]
    file = naru.table(f"{name}_rms_{score}", {"y": columns[label], "cell": cells})
    area = naru("scores", file, "--label", "y", "--score", "cell")["scores"]["cell"]["auroc"]["estimate"]
    return {"rms_val_prob.C (ROC)": area, "rms_val_prob.Dxy": 2 * (area - 0.5)}


def asah(naru):
    file = DATA / "asah.csv"
    out = scores_of(naru, file, "outcome_poor", ["s100b", "ndka", "wfns"], subgroups=["gender"])
    out.update(pairs(naru, file, "outcome_poor", "", [("wfns", "s100b"), ("wfns", "ndka"), ("ndka", "s100b")]))
    return out


def delong1988_ovarian(naru):
    file = DATA / "delong1988_ovarian.csv"
    out = scores_of(naru, file, "popind", ["alb", "tp", "kg"])
    out.update(pairs(naru, file, "popind", "", [("kg", "alb"), ("kg", "tp"), ("alb", "tp")]))
    contrast = naru("scores", file, "--label", "popind", "--score", "kg", "--score", "alb", "--score", "tp")["contrast"]
    out["overall_contrast_vs_kg"] = {k: contrast[k] for k in ("chi2", "df", "p")}
    return out


def birthwt_lbw(naru):
    file = DATA / "birthwt_lbw.csv"
    columns = read_columns(file)
    out = scores_of(naru, file, "low", ["p", "p_small"], subgroups=["race"], risks=["p"])
    out.update(pairs(naru, file, "low", "", [("p", "p_small")]))
    for key, value in rms_area(naru, columns, "birthwt", "low", "p").items():
        out[f"p.{key}"] = value
    out["fairness_race_0.3"] = fairness(naru, file, "low", "p", "race", 0.3)
    return out


def breast_cancer_scores(naru):
    return scores_of(naru, DATA / "breast_cancer_scores.csv", "malignant", ["p_full", "p_two"],
                     risks=["p_full", "p_two"])


def calcurves_test500(naru):
    file = DATA / "calcurves_test500.csv"
    out = scores_of(naru, file, "y", ["p"], risks=["p"])
    for key, value in rms_area(naru, read_columns(file), "calcurves", "y", "p").items():
        out[f"p.{key}"] = value
    return out


def fairness(naru, file, label, score, column, threshold):
    answer = naru("scores", file, "--label", label, "--score", score, "--threshold", threshold, "--subgroup", column)
    at = next(f for f in answer["fairness"] if f["column"] == column and f["score"] == score)
    groups = {g["value"]: {"n": g["n"], "selection_rate": estimate(g["selection_rate"]), "tpr": estimate(g["tpr"]),
                           "fpr": estimate(g["fpr"]), "ppv": estimate(g["ppv"]), "auc": estimate(g["auroc"])}
              for g in at["groups"]}
    return {"threshold": at["threshold"], "groups": groups,
            "demographic_parity_difference": estimate(at["gaps"]["demographic_parity"]),
            "equalized_odds_difference": estimate(at["gaps"]["equalized_odds"]),
            "equal_opportunity_difference": estimate(at["gaps"]["equal_opportunity"]),
            "auc_gap": estimate(at["gaps"]["auroc"])}


def decision(points, name, all_name="treat_all", model="model"):
    out = {"all": {}, name: {}, "none": {}}
    for point in points:
        t = f"{point['threshold']:g}"
        out["all"][t] = estimate(point[all_name])
        out[name][t] = estimate(point[model])
        out["none"][t] = 0
    return out


DCA = ["0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.35"]


def dcurves_dca(naru):
    file = DATA / "dcurves_dca.csv"
    columns = read_columns(file)
    risk = "cancerpredmarker"
    out = scores_of(naru, file, "cancer", [risk, "marker", "famhistory"], risks=[risk])
    out.update(pairs(naru, file, "cancer", "", [(risk, "marker")]))
    for key, value in rms_area(naru, columns, "dca", "cancer", risk).items():
        out[f"{risk}.{key}"] = value
    ts = [word for t in DCA for word in ("--threshold", t)]
    for name in (risk, "famhistory"):
        at = naru("scores", file, "--label", "cancer", "--score", name, *ts)["scores"][name]["thresholds"]
        out[f"dca_binary_{name}"] = decision(at, name, model="net_benefit")
    sampled = naru("scores", file, "--label", "casecontrol", "--score", risk, "--prevalence", "0.15", *ts)
    points = [{"threshold": at["threshold"], **at["net_benefit_case_control"]}
              for at in sampled["scores"][risk]["thresholds"]]
    out["dca_casecontrol_prevalence_0.15"] = decision(points, risk)
    survival = naru("survival", file, "--time", "ttcancer", "--event", "cancer", "--score", risk, "--horizon", 1, *ts)
    out["dca_survival_time_1"] = decision(survival["scores"][risk]["decision_curve"], risk)
    competing = naru("survival", file, "--time", "ttcancer", "--event", "cancer_cr", "--event-value",
                     "diagnosed with cancer", "--censored-value", "censor", "--score", risk, "--horizon", 1.5, *ts)
    out["dca_competing_risk_time_1.5"] = decision(competing["scores"][risk]["decision_curve"], risk)
    # The file calls the groups 0 and 1 by family history.
    out["fairness_risk_group_0.2"] = fairness(naru, file, "cancer", risk, "famhistory", 0.2)
    return out


def pooled_values(answer):
    at = answer["on_scale"]
    if at["tau2"] is None:
        return {"mu": at["estimate"], "se": at["se"], "ci95": at["ci95"]}
    back = answer["pooled"]
    return {"k": at["sites"], "mu": at["estimate"], "se_hk": at["se"], "ci95_hk": at["ci95"],
            "ci95_wald": at["ci95_wald"], "pi95_hk_tk_1df_metafor_default": at["prediction95"],
            "pi95_hts_t_k_2": at["prediction95_hts"], "tau2": at["tau2"], "I2": 100 * at["i2"], "Q": at["q"],
            "Q_p": at["q_p"], "back_mu": back["estimate"], "back_ci_hk": back["ci95"],
            "back_pi": back["prediction95"]}


# metafor finds Paule-Mandel's zero to R's default of uniroot, the fourth root of the machine's precision.
STOPS = {"PM": ["--tolerance", repr(2.0 ** -13)]}
ESTIMATORS = {"REML": "reml", "DL": "dl", "PM": "pm", "FE": "fe"}


def gusto_scores(naru):
    file = DATA / "gusto_scores.csv"
    out = scores_of(naru, file, "day30", ["p_model", "p_age"], prefix="all.")
    out.update(pairs(naru, file, "day30", "all.", [("p_model", "p_age")]))
    columns = where(read_columns(file), "us", "1")
    us = naru.table("gusto_us", columns)
    out.update(scores_of(naru, us, "day30", ["p_model", "p_age"], prefix="us.", subgroups=["sex"],
                         risks=["p_model", "p_age"]))
    out.update(pairs(naru, us, "day30", "us.", [("p_model", "p_age")]))
    for score in ("p_model", "p_age"):
        for key, value in rms_area(naru, columns, "gusto", "day30", score).items():
            out[f"us.{score}.{key}"] = value
    out["us.fairness_sex_0.1"] = fairness(naru, us, "day30", "p_model", "sex", 0.1)
    # Sites, and their means by each estimator.
    for score in ("p_model", "p_age"):
        sites = naru("scores", us, "--label", "day30", "--score", score, "--site", "region")["sites"]
        sites.sort(key=lambda site: int(site["site"]))
        areas = [site["scores"][score]["auroc"] for site in sites]
        out[f"us.sites.{score}"] = [{"region": int(site["site"]), "n": site["n"], "events": site["events"],
                                     "auc": area["estimate"], "var": area["se"] ** 2}
                                    for site, area in zip(sites, areas)]
        if score == "p_age":
            continue
        table = naru.table("gusto_sites", {"estimate": [repr(a["estimate"]) for a in areas],
                                           "se": [repr(a["se"]) for a in areas]})
        for name, word in ESTIMATORS.items():
            out[f"us.sites.meta_logit_auc.{name}"] = pooled_values(
                naru("meta", table, "--measure", "auroc", "--estimator", word, *STOPS.get(name, [])))
        three = [a for site, a in zip(sites, areas) if site["site"] in ("1", "7", "9")]
        answer = naru("meta", naru.table("gusto_three", {"estimate": [repr(a["estimate"]) for a in three],
                                                         "se": [repr(a["se"]) for a in three]}), "--measure", "auroc")
        at = answer["on_scale"]
        assert at["prediction95"] is None and at["prediction_reason"] == "uninformative"
        out["us.sites_1_7_9.meta_logit_auc.REML_HK"] = {
            "yi": [site["y"] for site in answer["sites"]], "vi": [site["se"] ** 2 for site in answer["sites"]],
            "mu": at["estimate"], "se_hk": at["se"], "ci95_hk": at["ci95"], "ci95_auc": answer["pooled"]["ci95"],
            "tau2": at["tau2"], "pi95_df_k_1": at["prediction95_uninformative"]["t_k_minus_1"],
            "pi95_df_k_2": at["prediction95_uninformative"]["t_k_minus_2"]}
    # Scores in cells, cut down as the file says, and on the product's own grid.
    p = [float(v) for v in columns["p_model"]]
    for cells in (10, 100, 1000, 10000, 65536):
        table = naru.table(f"gusto_cells_{cells}", {"y": columns["day30"], "cell": [math.floor(v * cells) for v in p]})
        area = naru("scores", table, "--label", "y", "--score", "cell")["scores"]["cell"]["auroc"]["estimate"]
        out[f"us.hist_auroc_K{cells}"] = area
    grid = naru("scores", us, "--label", "day30", "--score", "p_model", "--score", "p_age", "--grid", "10000")
    for score in ("p_model", "p_age"):
        out[f"us.grid1e4.{score}.auroc"] = grid["scores"][score]["auroc"]["estimate"]
        out[f"us.grid1e4.{score}.delong_se"] = grid["scores"][score]["auroc"]["se"]
    out["us.round4_auroc"] = grid["scores"]["p_model"]["auroc"]["estimate"]
    out["us.grid1e4.paired"] = {"cov": grid["comparisons"][0]["covariance"], "z": grid["comparisons"][0]["z"]}
    return out


def euroscore2_meta(naru):
    columns = read_columns(DATA / "euroscore2_meta.csv")
    columns = {k: ["" if v == "NA" else v for v in values] for k, values in columns.items()}
    file = naru.table("euroscore2", columns)
    areas = ["meta", file, "--measure", "auroc", "--estimate", "c.index", "--se", "se.c.index", "--ci-low",
             "c.index.95CIl", "--ci-high", "c.index.95CIu", "--n", "n", "--events", "n.events"]
    ratios = ["meta", file, "--measure", "oe", "--n", "n", "--events", "n.events", "--expected", "e.events"]
    out = {}
    for key, words in (("cstat", areas), ("oe", ratios)):
        for name, word in ESTIMATORS.items():
            scale = "logit" if key == "cstat" else "log"
            out[f"{key}_{scale}.{name}"] = pooled_values(naru(*words, "--estimator", word, *STOPS.get(name, [])))
        # metamisc stops REML at a change of tau2 of 1e-5 and takes t with k - 2 df for the prediction interval.
        stopped = naru(*words, "--tolerance", "1e-5")
        out[f"{key}_valmeta"] = {
            "est": stopped["pooled"]["estimate"], "ci": stopped["pooled"]["ci95"],
            "pi": stopped["pooled"]["prediction95_hts"], "tau2": stopped["on_scale"]["tau2"],
            "logit": stopped["on_scale"]["estimate"], "logit_ci": stopped["on_scale"]["ci95"],
            "yi": [site["y"] for site in stopped["sites"]], "sei": [site["se"] for site in stopped["sites"]]}
    return out


def synthetic_and_formula(naru):
    out = {"multiplicity": {}, "binomial_ci": {}, "edge_cases": {"cases": {}}, "sample_size": {}}
    expected = json.loads((DATA / "synthetic_and_formula.expected.json").read_text())
    p = expected["multiplicity"]["p"]["value"]
    adjusted = naru("adjust", *(word for v in p for word in ("--p", v)))
    for ours, theirs in (("p", "p"), ("bonferroni", "bonferroni"), ("holm", "holm"), ("hochberg", "hochberg"),
                         ("bh", "BH"), ("by", "BY")):
        out["multiplicity"][theirs] = adjusted[ours]
    for name in expected["binomial_ci"]:
        k, n = (int(word) for word in name.split("_of_"))
        table = naru.table(f"binomial_{name}", {"y": ["1"] * n + ["0"], "s": ["1"] * k + ["0"] * (n - k + 1)})
        at = naru("scores", table, "--label", "y", "--score", "s", "--threshold", "0.5")["scores"]["s"]
        at = at["thresholds"][0]["sensitivity"]
        out["binomial_ci"][name] = {"clopper_pearson": at["ci95_exact"], "wilson": at["ci95"]}
    for name, case in expected["edge_cases"]["cases"]["value"].items():
        table = naru.table(f"edge_{name}", {"y": case["y"], "s": case["score"]})
        area = naru("scores", table, "--label", "y", "--score", "s")["scores"]["s"]["auroc"]
        # What the file gives as an exact rational or hexadecimal must be the same double.
        mine = {"y": case["y"], "score": case["score"], "auroc": area["estimate"], "auroc_float": area["estimate"],
                "check_exact": area["estimate"], "auroc_hex": None if area["estimate"] is None else area["estimate"].hex(),
                "delong_var": None if area["se"] is None else area["se"] ** 2,
                "delong_var_float": None if area["se"] is None else area["se"] ** 2}
        if "note" in case or "source" in case:
            mine["note"] = case.get("note") if area.get("reason") == "one_class" else area
            mine["source"] = case.get("source")
        out["edge_cases"]["cases"][name] = mine
    size = naru("sample-size", "--prevalence", "0.1", "--cstatistic", "0.75", "--law", "binormal",
                "--slope-se", "0.1", "--citl-se", "0.1")
    out["sample_size"]["sampsizeval_p0_1_c0_75_se0_025_0_1_0_1"] = size["n"]
    width = naru("sample-size", "--prevalence", "0.018", "--cstatistic", "0.8", "--c-width", "0.1")
    out["sample_size"]["c_stat_newcombe_c0_8_p0_018_width0_1"] = width["criteria"]["c_statistic"]["n"]
    return out


# What another program cannot recompute, by the file's own word.
UNCOMPUTABLE = {("synthetic_and_formula", "sample_size", "riley2021_heart_valve"):
                "the abstract does not give the distribution of the linear predictor"}
ELSEWHERE = {("synthetic_and_formula", "stepped_wedge"): "`naru evaluate impact`",
             ("gusto_scores", "rct_tPA_vs_SK"): "`naru evaluate impact`"}


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, path + (key,))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from leaves(part, path + (i,))
    else:
        yield path, value


def at_path(value, path):
    for step in path:
        value = value[step]
    return value


def tolerance_of(name):
    for part, tolerance, why in LOOSE:
        if part in name:
            return tolerance, why
    return 1e-9, ""


def agrees(wanted, got, tolerance):
    if isinstance(wanted, str) and "/" in wanted and isinstance(got, float):  # an exact rational
        top, bottom = wanted.split("/")
        return abs(got - int(top) / int(bottom)) <= 1e-15
    if isinstance(wanted, str) and wanted.lstrip("-").isdigit() and isinstance(got, float):
        return got == float(wanted)
    if wanted is None or isinstance(wanted, str) or got is None or isinstance(got, str):
        return wanted == got
    # Twelve digits are given: relative, and absolute for what is nothing but rounding around 0.
    return abs(got - wanted) <= tolerance * max(abs(wanted), 1e-3)


def matches(pattern_path, path):
    return path[:len(pattern_path)] == pattern_path


def compare(name, naru):
    """Rows of the table: (file, value, wanted, got, tolerance, verdict, note)."""
    whole = json.loads((DATA / f"{name}.expected.json").read_text())
    if "expected" in whole:
        wanted = {key: entry["value"] for key, entry in whole["expected"].items()}
    else:
        wanted = {part: {key: entry["value"] for key, entry in entries.items()} for part, entries in whole.items()}
    mine = globals()[name](naru)
    rows = []
    for path, value in leaves(wanted):
        label = "/".join(str(step) for step in path)
        full = (name,) + path
        skip = next((why for start, why in {**UNCOMPUTABLE, **ELSEWHERE}.items() if matches(start, full)), None)
        if skip:
            rows.append((name, label, value, None, None, "elsewhere" if "impact" in skip else "cannot", skip))
            continue
        tolerance, why = tolerance_of("." + label)
        try:
            got = at_path(mine, path)
        except (KeyError, IndexError, TypeError):
            rows.append((name, label, value, None, tolerance, "FAILED", "not computed"))
            continue
        verdict = "same" if agrees(value, got, tolerance) else "FAILED"
        rows.append((name, label, value, got, tolerance, verdict, why if tolerance > 1e-9 else ""))
    return rows


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--all", action="store_true", help="print every value, not only failures")
    words.add_argument("--file", action="append", help="only this expected.json (name without extension)")
    call = words.parse_args()
    if not DATA.is_dir():
        print(f"SKIPPED: {DATA} is not on this machine (set NARU_SHARED)")
        return 77
    names = sorted(file.name.removesuffix(".expected.json") for file in DATA.glob("*.expected.json"))
    table = []
    with tempfile.TemporaryDirectory() as folder:
        naru = Naru(folder)
        for name in names:
            if call.file and name not in call.file:
                continue
            if name in SKIP_FILES:
                print(f"{name}: {SKIP_FILES[name]}")
                continue
            table += compare(name, naru)
    for file, label, wanted, got, tolerance, verdict, note in table:
        if call.all or verdict in ("FAILED", "cannot"):
            print(f"{verdict:9} {file}/{label}: wanted {wanted!r}, got {got!r}"
                  + (f", tolerance {tolerance:g}" if tolerance else "") + (f" ({note})" if note else ""))
    print(f"\n{'file':24} {'values':>7} {'same':>6} {'of them loose':>14} {'FAILED':>7} {'elsewhere':>10} {'cannot':>7}")
    for name in names + ["all"]:
        rows = [row for row in table if name in ("all", row[0])]
        if rows:
            count = {verdict: sum(row[5] == verdict for row in rows) for verdict in ("same", "FAILED", "elsewhere", "cannot")}
            loose = sum(row[5] == "same" and (row[4] or 0) > 1e-9 for row in rows)
            print(f"{name:24} {len(rows):7} {count['same']:6} {loose:14} {count['FAILED']:7} {count['elsewhere']:10} "
                  f"{count['cannot']:7}")
    for part, tolerance, why in LOOSE:
        if any(part in "." + row[1] and row[5] == "same" for row in table):
            print(f"looser: {part} at {tolerance:g}: {why}")
    return 1 if any(row[5] == "FAILED" for row in table) else 0


if __name__ == "__main__":
    sys.exit(main())
