// Parallel and cluster-randomised trials.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "evaluate/impact.h"
#include "evaluate/impact_regression.h"

namespace naru::evaluate {
namespace {

struct Arm {
  double n = 0;
  double sum = 0;
  double square = 0;
  [[nodiscard]] double mean() const { return sum / n; }
  [[nodiscard]] double variance() const { return n > 1 ? (square - sum * sum / n) / (n - 1) : 0; }
};
using Arms = std::array<Arm, 2>;  // 0: comparison, 1: with the solution

Arms arms_of(const TrialInput& in) {
  Arms out;
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    auto& arm = out[in.arm[i] == 1 ? 1 : 0];
    arm.n += 1;
    arm.sum += in.outcome[i];
    arm.square += in.outcome[i] * in.outcome[i];
  }
  return out;
}

bool binary(std::span<const double> y) {
  return std::all_of(y.begin(), y.end(), [](double v) { return v == 0 || v == 1; });
}

Done check(const TrialInput& in) {
  const std::size_t n = in.outcome.size();
  const std::pair<const char*, std::size_t> columns[] = {{"arm", in.arm.size()},
                                                         {"cluster", in.cluster.empty() ? n : in.cluster.size()},
                                                         {"stratum", in.stratum.empty() ? n : in.stratum.size()}};
  NARU_CHECK(same_length(n, columns));
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(in.outcome[i])) {
      return rejected(say("an outcome is not a number", "숫자가 아닌 결과가 있습니다"),
                      fmt::format("outcome, row {}", i + 1));
    }
  }
  const auto arms = arms_of(in);
  if (arms[0].n == 0 || arms[1].n == 0) {
    return rejected(say("only one arm has rows", "한 군에만 자료가 있습니다"), "arm",
                    say("an effect needs a comparison", "효과를 보려면 비교군이 필요합니다"));
  }
  return {};
}

void add_arms(Impact& out, const Arms& arms) {
  for (const int a : {0, 1}) {
    const auto name = fmt::format("arm{}", a);
    out.facts[name + "_n"] = arms[static_cast<std::size_t>(a)].n;
    out.facts[name + "_mean"] = arms[static_cast<std::size_t>(a)].mean();
    out.facts[name + "_sum"] = arms[static_cast<std::size_t>(a)].sum;
  }
}

ImpactFigure ratio_figure(const char* id, double log_value, double se, const char* method) {
  const Spread spread{se, 0, ""};
  return {id, estimate_of(log_value, spread, method, true), p_of(log_value, spread)};
}

// RD, RR, OR of a 2x2 table; a ratio with an empty cell has no finite standard error and is undefined.
void add_two_by_two(Impact& out, const Arms& arms) {
  const double a = arms[1].sum;
  const double b = arms[1].n - a;
  const double c = arms[0].sum;
  const double d = arms[0].n - c;
  const double p = a / arms[1].n;
  const double q = c / arms[0].n;
  const Spread wald{std::sqrt(p * (1 - p) / arms[1].n + q * (1 - q) / arms[0].n), 0, ""};
  const double pooled = (a + c) / (a + b + c + d);
  const double chi =
      pooled > 0 && pooled < 1 ? (p - q) * (p - q) / (pooled * (1 - pooled) * (1 / arms[1].n + 1 / arms[0].n)) : 0;
  const double p_value = chi_squared_upper(chi, 1);
  out.facts["chi_squared"] = chi;
  out.estimates.push_back({"risk_difference", estimate_of(p - q, wald, "difference of proportions, Wald"), p_value});
  Estimate hybrid;
  hybrid.estimate = p - q;
  hybrid.method = "difference of proportions, Newcombe hybrid score";
  hybrid.ci95 = newcombe(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(arms[1].n),
                         static_cast<std::uint64_t>(c), static_cast<std::uint64_t>(arms[0].n));
  out.estimates.push_back({"risk_difference_newcombe", hybrid, std::nullopt});
  if (a == 0 || c == 0) {
    out.estimates.push_back({"risk_ratio", undefined(Reason::empty_denominator, "log-Wald"), std::nullopt});
  } else {
    out.estimates.push_back(ratio_figure("risk_ratio", std::log(p / q),
                                         std::sqrt(1 / a - 1 / arms[1].n + 1 / c - 1 / arms[0].n),
                                         "ratio of proportions, log-Wald"));
  }
  if (a == 0 || b == 0 || c == 0 || d == 0) {
    out.estimates.push_back({"odds_ratio", undefined(Reason::empty_denominator, "log-Wald"), std::nullopt});
  } else {
    out.estimates.push_back(ratio_figure("odds_ratio", std::log(a * d / (b * c)),
                                         std::sqrt(1 / a + 1 / b + 1 / c + 1 / d), "odds ratio, log-Wald (Woolf)"));
  }
  if (std::min({a, b, c, d}) < 5) {
    out.warnings.push_back(
        {"few_events", say("a cell of the table holds fewer than 5 persons: Wald intervals are rough",
                           "표의 한 칸이 5명보다 적어 Wald 구간이 거칩니다")});
  }
}

void add_means(Impact& out, const Arms& arms) {
  const double u = arms[1].variance() / arms[1].n;
  const double v = arms[0].variance() / arms[0].n;
  Spread welch{std::sqrt(u + v), 0, "Welch's t"};
  if (arms[1].n > 1 && arms[0].n > 1 && u + v > 0) {
    welch.df = (u + v) * (u + v) / (u * u / (arms[1].n - 1) + v * v / (arms[0].n - 1));
  }
  const double difference = arms[1].mean() - arms[0].mean();
  out.estimates.push_back({"mean_difference", estimate_of(difference, welch, "difference of means"),
                           welch.se > 0 ? std::optional(p_of(difference, welch)) : std::nullopt});
}

// Mantel-Haenszel: RD (Sato's variance), RR (Greenland & Robins), OR (Robins, Breslow, Greenland).
void add_mantel_haenszel(Impact& out, const TrialInput& in) {
  std::map<std::string, Arms> tables;
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    auto& arm = tables[in.stratum[i]][in.arm[i] == 1 ? 1 : 0];
    arm.n += 1;
    arm.sum += in.outcome[i];
  }
  double rd = 0, rd_w = 0, rd_p = 0, rd_q = 0, rr_top = 0, rr_bottom = 0, rr_v = 0;
  double r = 0, s = 0, pr = 0, ps_qr = 0, qs = 0;
  for (const auto& [name, arms] : tables) {
    const double n1 = arms[1].n, n0 = arms[0].n, n = n1 + n0;
    if (n1 == 0 || n0 == 0) continue;
    const double a = arms[1].sum, b = n1 - a, c = arms[0].sum, d = n0 - c, w = n1 * n0 / n;
    rd += (a * n0 - c * n1) / n;
    rd_w += w;
    rd_p += (n1 * n1 * c - n0 * n0 * a + n1 * n0 * (n0 - n1) / 2) / (n * n);
    rd_q += (a * (n0 - c) + c * (n1 - a)) / (2 * n);
    rr_top += a * n0 / n;
    rr_bottom += c * n1 / n;
    rr_v += (n1 * n0 * (a + c) - a * c * n) / (n * n);
    const double rk = a * d / n, sk = b * c / n, pk = (a + d) / n, qk = (b + c) / n;
    r += rk;
    s += sk;
    pr += pk * rk;
    ps_qr += pk * sk + qk * rk;
    qs += qk * sk;
  }
  out.facts["strata"] = static_cast<double>(tables.size());
  if (rd_w > 0) {
    const double value = rd / rd_w;
    const Spread spread{std::sqrt(std::max(value * rd_p + rd_q, 0.0)) / rd_w, 0, ""};
    out.estimates.push_back({"risk_difference_stratified", estimate_of(value, spread, "Mantel-Haenszel, Sato variance"),
                             p_of(value, spread)});
  }
  if (rr_top > 0 && rr_bottom > 0) {
    out.estimates.push_back(ratio_figure("risk_ratio_stratified", std::log(rr_top / rr_bottom),
                                         std::sqrt(rr_v / (rr_top * rr_bottom)),
                                         "Mantel-Haenszel, Greenland-Robins variance"));
  }
  if (r > 0 && s > 0) {
    out.estimates.push_back(ratio_figure("odds_ratio_stratified", std::log(r / s),
                                         std::sqrt(pr / (2 * r * r) + ps_qr / (2 * r * s) + qs / (2 * s * s)),
                                         "Mantel-Haenszel, Robins-Breslow-Greenland variance"));
  }
}

struct Clusters {
  std::vector<std::uint32_t> of_row;
  std::vector<Arm> rows;  // per cluster
  std::vector<int> arm;   // 0 or 1
  std::array<std::size_t, 2> in_arm{};
};

Result<Clusters> clusters_of(const TrialInput& in) {
  Clusters out;
  std::vector<std::string> names;
  out.of_row = numbered(in.cluster, names);
  out.rows.resize(names.size());
  out.arm.assign(names.size(), -1);
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    const auto c = out.of_row[i];
    const int arm = in.arm[i] == 1 ? 1 : 0;
    if (out.arm[c] >= 0 && out.arm[c] != arm) {
      return rejected(
          say("cluster {} stands in both arms", "군집 {}이(가) 두 군에 모두 있습니다", names[c]),
          fmt::format("cluster, row {}", i + 1),
          say("a cluster that changes over time is a stepped wedge", "시간에 따라 바뀌면 계단식 설계입니다"));
    }
    out.arm[c] = arm;
    out.rows[c].n += 1;
    out.rows[c].sum += in.outcome[i];
  }
  for (const int arm : out.arm) ++out.in_arm[static_cast<std::size_t>(arm)];
  if (out.in_arm[0] < 2 || out.in_arm[1] < 2) {
    return rejected(say("{} and {} clusters: each arm needs two", "군집이 {}개와 {}개입니다. 군마다 둘 이상 필요합니다",
                        out.in_arm[1], out.in_arm[0]),
                    "cluster");
  }
  return out;
}

// t-test on the clusters' means, each counting once (Hayes & Moulton).
void add_cluster_means(Impact& out, const Clusters& clusters) {
  Arms means;
  for (std::size_t c = 0; c < clusters.rows.size(); ++c) {
    auto& arm = means[static_cast<std::size_t>(clusters.arm[c])];
    const double mean = clusters.rows[c].mean();
    arm.n += 1;
    arm.sum += mean;
    arm.square += mean * mean;
  }
  const double df = means[0].n + means[1].n - 2;
  const double pooled = ((means[0].n - 1) * means[0].variance() + (means[1].n - 1) * means[1].variance()) / df;
  const Spread spread{std::sqrt(pooled * (1 / means[0].n + 1 / means[1].n)), df, "t with k-2 df"};
  const double value = means[1].mean() - means[0].mean();
  out.estimates.push_back(
      {"difference_of_cluster_means", estimate_of(value, spread, "cluster means, unweighted"), p_of(value, spread)});
}

Done add_cluster_models(Impact& out, const TrialInput& in, const Clusters& clusters, bool events) {
  Design design;
  design.add("(Intercept)", std::vector<double>(in.outcome.size(), 1.0));
  std::vector<double> arm(in.arm.begin(), in.arm.end());
  design.add("arm", arm);
  const std::vector<double> contrast{0, 1};
  const auto add = [&](const char* id, Family family, bool exponentiate, const char* method) -> Done {
    NARU_ASSIGN(const auto fit, fit_model(design, in.outcome, family));
    const auto spread = cr2_spread(fit, clusters.of_row, contrast);
    out.estimates.push_back({id, estimate_of(fit.beta[1], spread, method, exponentiate), p_of(fit.beta[1], spread)});
    return {};
  };
  NARU_CHECK(
      add(events ? "risk_difference" : "mean_difference", Family::gaussian, false, "independence, identity link"));
  if (!events) return {};
  const auto arms = arms_of(in);
  const bool all_cells = arms[0].sum > 0 && arms[1].sum > 0 && arms[0].sum < arms[0].n && arms[1].sum < arms[1].n;
  if (!all_cells) {
    out.estimates.push_back({"risk_ratio", undefined(Reason::empty_denominator, "log link"), std::nullopt});
    out.estimates.push_back({"odds_ratio", undefined(Reason::empty_denominator, "logit link"), std::nullopt});
    return {};
  }
  NARU_CHECK(add("risk_ratio", Family::poisson, true, "independence, log link"));
  return add("odds_ratio", Family::binomial, true, "independence, logit link");
}

void add_cluster_facts(Impact& out, const TrialInput& in, const Clusters& clusters) {
  out.facts["clusters_arm0"] = static_cast<double>(clusters.in_arm[0]);
  out.facts["clusters_arm1"] = static_cast<double>(clusters.in_arm[1]);
  const double icc = anova_icc(in.outcome, clusters.of_row, in.arm);
  double n = 0;
  double square = 0;
  for (const auto& row : clusters.rows) {
    n += row.n;
    square += row.n * row.n;
  }
  out.facts["icc"] = icc;
  out.facts["cluster_size_weighted"] = square / n;
  out.facts["design_effect"] = 1 + (square / n - 1) * std::max(icc, 0.0);
  if (clusters.in_arm[0] + clusters.in_arm[1] < 20) {
    out.warnings.push_back(
        {"few_clusters",
         say("{} clusters: rely on the corrected intervals and on cluster means, not on large-sample theory",
             "군집이 {}개입니다. 큰 표본 이론 대신 보정된 구간과 군집 평균을 보세요",
             clusters.in_arm[0] + clusters.in_arm[1])});
  }
}

}  // namespace

Result<Impact> analyse_trial(const TrialInput& in) {
  NARU_CHECK(check(in));
  const bool events = binary(in.outcome);
  const auto arms = arms_of(in);
  Impact out;
  out.design = in.cluster.empty() ? "trial" : "cluster-trial";
  out.rows = in.outcome.size();
  add_arms(out, arms);
  if (!in.cluster.empty()) {
    NARU_ASSIGN(const auto clusters, clusters_of(in));
    NARU_CHECK(add_cluster_models(out, in, clusters, events));
    add_cluster_means(out, clusters);
    add_cluster_facts(out, in, clusters);
    return out;
  }
  if (!events) {
    add_means(out, arms);
    return out;
  }
  add_two_by_two(out, arms);
  if (!in.stratum.empty()) add_mantel_haenszel(out, in);
  return out;
}

}  // namespace naru::evaluate
