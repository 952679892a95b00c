#include "evaluate/missing.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "evaluate/calibration.h"
#include "evaluate/discrimination.h"
#include "evaluate/resample.h"

namespace naru::evaluate {
namespace {

Done check(std::span<const double> score, std::span<const std::uint8_t> label) {
  if (score.size() != label.size()) {
    return rejected(say("scores and labels differ in length", "점수와 라벨의 길이가 다릅니다"), "scores");
  }
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (std::isinf(score[i]) || label[i] > missing_label) {
      return rejected(say("a score is infinite or a label unknown", "점수가 무한하거나 라벨을 알 수 없습니다"),
                      "row " + std::to_string(i + 1));
    }
  }
  return {};
}

// Doubled wins of cases over controls of complete rows and of those whose outcome is still open.
struct Parts {
  std::vector<double> open;  // scores without outcome, ascending
  std::vector<double> cases;
  std::vector<double> controls;
  double case_only = 0;
  double control_only = 0;
};

double wins_over(const std::vector<double>& sorted, double x) {
  const auto low = std::lower_bound(sorted.begin(), sorted.end(), x) - sorted.begin();
  const auto high = std::upper_bound(sorted.begin(), sorted.end(), x) - sorted.begin();
  return static_cast<double>(low + high);
}

// Largest area: cases without score above everybody, controls without score below everybody; among open rows the k
// highest are cases. Wins are doubled.
double largest(const Parts& parts) {
  const double m0 = static_cast<double>(parts.cases.size());
  const double n0 = static_cast<double>(parts.controls.size());
  const auto open = parts.open.size();
  Sum known;
  for (const double x : parts.cases) known.add(wins_over(parts.controls, x));
  // All open rows controls at first; then the highest become cases one after another.
  double wins = known.value();
  for (const double x : parts.open) {
    wins += 2 * m0 - wins_over(parts.cases, x);  // a control: cases above it count 2, equal 1
  }
  const auto area = [&](double doubled, double more_cases) {
    const double m = m0 + more_cases;
    const double n = n0 + static_cast<double>(open) - more_cases;
    const double all_m = m + parts.case_only;
    const double all_n = n + parts.control_only;
    if (all_m <= 0 || all_n <= 0) return -1.0;
    // Cases without score beat everybody; controls without score lose to all cases.
    const double total = doubled + 2 * parts.case_only * n + 2 * parts.control_only * all_m;
    return total / (2 * all_m * all_n);
  };
  double best = area(wins, 0);
  for (std::size_t k = 1; k <= open; ++k) {
    const double x = parts.open[open - k];
    // It stops being a control: what known and earlier open cases won over it goes; as the highest case so far it wins
    // over known controls and over the open rows that stay controls.
    wins -= 2 * m0 - wins_over(parts.cases, x);
    const auto later = parts.open.begin() + static_cast<std::ptrdiff_t>(open - k);
    const auto upper = std::upper_bound(later, parts.open.end(), x);
    const double ties_above = static_cast<double>(upper - later) - 1;  // open cases of the same score
    const double above = static_cast<double>(parts.open.end() - upper);
    wins -= 2 * above + ties_above;
    wins += wins_over(parts.controls, x);
    const auto lower = std::lower_bound(parts.open.begin(), later, x);
    wins += 2 * static_cast<double>(lower - parts.open.begin()) + static_cast<double>(later - lower);
    best = std::max(best, area(wins, static_cast<double>(k)));
  }
  return best;
}

Parts parts_of(std::span<const double> score, std::span<const std::uint8_t> label, double sign) {
  Parts out;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (std::isnan(score[i])) {
      if (label[i] == 1) out.case_only += 1;
      if (label[i] == 0) out.control_only += 1;
      continue;
    }
    auto& list = label[i] == 1 ? out.cases : (label[i] == 0 ? out.controls : out.open);
    list.push_back(sign * score[i]);
  }
  for (auto* list : {&out.open, &out.cases, &out.controls}) std::sort(list->begin(), list->end());
  return out;
}

double normal(Generator& random) {
  // Box and Muller 1958; 1 - u is never 0.
  const double u = 1 - random.unit();
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979323846 * random.unit());
}

// Rubin's rules on one scale; back-transformed by the caller.
Estimate rubin(const std::vector<double>& values, const std::vector<double>& variances, std::string method) {
  Estimate out;
  out.method = std::move(method);
  const double m = static_cast<double>(values.size());
  Sum mean, within, between;
  for (const double value : values) mean.add(value);
  const double centre = mean.value() / m;
  for (std::size_t k = 0; k < values.size(); ++k) {
    within.add(variances[k]);
    between.add((values[k] - centre) * (values[k] - centre));
  }
  const double w = within.value() / m;
  const double b = m > 1 ? between.value() / (m - 1) : 0;
  const double total = w + (1 + 1 / m) * b;
  const double share = total > 0 ? (1 + 1 / m) * b / total : 0;
  const double df = share > 1e-12 ? (m - 1) / (share * share) : 1e9;
  const double t = df > 1e6 ? z975 : student_quantile(0.975, df);
  out.estimate = centre;
  out.se = std::sqrt(total);
  out.ci95 = Interval{centre - t * *out.se, centre + t * *out.se};
  return out;
}

Estimate back(Estimate e, double (*f)(double), double slope) {
  e.estimate = f(*e.estimate);
  *e.se *= slope;
  e.ci95 = Interval{f(e.ci95->lo), f(e.ci95->hi)};
  return e;
}

}  // namespace

MissingCounts missing_counts(std::span<const double> score, std::span<const std::uint8_t> label) {
  MissingCounts out;
  for (std::size_t i = 0; i < score.size(); ++i) {
    const bool scored = !std::isnan(score[i]);
    if (label[i] == missing_label) {
      ++(scored ? out.score_only : out.neither);
    } else if (scored) {
      ++out.complete;
    } else {
      ++(label[i] == 1 ? out.case_only : out.control_only);
    }
  }
  return out;
}

Result<MissingBounds> auroc_bounds(std::span<const double> score, std::span<const std::uint8_t> label,
                                   Direction direction) {
  NARU_CHECK(check(score, label));
  const double sign = direction == Direction::higher ? 1 : -1;
  const double most = largest(parts_of(score, label, sign));
  // The smallest area is what the largest of the turned score leaves.
  const double turned = largest(parts_of(score, label, -sign));
  MissingBounds out;
  if (most < 0 || turned < 0) {
    out.reason = score.empty() ? Reason::no_rows : Reason::one_class;
    return out;
  }
  out.least = 1 - turned;
  out.most = most;
  return out;
}

namespace {

// Scored rows; `complete` are those with an outcome.
struct Scored {
  std::vector<double> score;
  std::vector<std::uint8_t> label;
  Levels complete;
};
Result<Scored> scored_rows(std::span<const double> score, std::span<const std::uint8_t> label) {
  Scored out;
  std::vector<double> known;
  std::vector<std::uint8_t> outcome;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (std::isnan(score[i])) continue;
    out.score.push_back(score[i]);
    out.label.push_back(label[i]);
    if (label[i] == missing_label) continue;
    known.push_back(score[i]);
    outcome.push_back(label[i]);
  }
  NARU_ASSIGN(out.complete, levels_of(known, outcome));
  return out;
}

// Outcomes drawn for one imputation; `events` and `drawn` count them.
std::vector<std::uint8_t> filled(const Scored& rows, const Recalibration& fit, double delta, Generator& random,
                                 double& events, double& drawn) {
  // Intercept and slope from their joint normal law.
  const double first = normal(random);
  const double second = normal(random);
  const double sd = std::sqrt(fit.var_intercept);
  const double lean = fit.covariance / sd;
  const double a = fit.intercept + sd * first + delta;
  const double b = fit.slope + lean * first + std::sqrt(std::max(0.0, fit.var_slope - lean * lean)) * second;
  auto out = rows.label;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] != missing_label) continue;
    out[i] = random.unit() < expit(a + b * logit(rows.score[i])) ? 1 : 0;
    events += out[i];
    drawn += 1;
  }
  return out;
}

Result<DeltaPoint> point_at(const Scored& rows, const Recalibration& fit, double delta, std::size_t imputations,
                            std::uint64_t seed, const std::string& method) {
  DeltaPoint point;
  point.delta = delta;
  std::vector<double> areas, area_variances, ratios, ratio_variances;
  double events = 0;
  double drawn = 0;
  for (std::size_t k = 0; k < imputations; ++k) {
    // The same draws for every delta: the sweep shows delta, not chance.
    Generator random(seed, k);
    NARU_ASSIGN(const auto levels, levels_of(rows.score, filled(rows, fit, delta, random, events, drawn)));
    const auto area = auroc(levels);
    const auto ratio = observed_expected(levels);
    if (area.se && *area.se > 0 && *area.estimate > 0 && *area.estimate < 1) {
      const double s = *area.se / (*area.estimate * (1 - *area.estimate));
      areas.push_back(logit(*area.estimate));
      area_variances.push_back(s * s);
    }
    if (ratio.se && *ratio.estimate > 0) {
      ratios.push_back(std::log(*ratio.estimate));
      ratio_variances.push_back(*ratio.se * *ratio.se / (*ratio.estimate * *ratio.estimate));
    }
  }
  point.imputed_rate = drawn > 0 ? events / drawn : 0;
  point.auroc = undefined(Reason::perfect_separation, method);
  point.observed_expected = undefined(Reason::one_class, method);
  if (areas.size() == imputations) {
    auto pooled = rubin(areas, area_variances, method + ", logit scale");
    const double area = expit(*pooled.estimate);
    point.auroc = back(std::move(pooled), expit, area * (1 - area));
  }
  if (ratios.size() == imputations) {
    auto pooled = rubin(ratios, ratio_variances, method + ", log scale");
    const double ratio = std::exp(*pooled.estimate);
    point.observed_expected = back(
        std::move(pooled), [](double x) { return std::exp(x); }, ratio);
  }
  return point;
}

}  // namespace

Result<std::vector<DeltaPoint>> delta_analysis(std::span<const double> score, std::span<const std::uint8_t> label,
                                               std::span<const double> deltas, std::size_t imputations,
                                               std::uint64_t seed) {
  NARU_CHECK(check(score, label));
  const auto method = std::to_string(imputations) + " imputations of missing outcomes, Rubin's rules";
  NARU_ASSIGN(const auto rows, scored_rows(score, label));
  const auto fit = recalibration(rows.complete);
  const bool inside = std::all_of(rows.score.begin(), rows.score.end(), [](double p) { return p > 0 && p < 1; });
  std::vector<DeltaPoint> out;
  for (const double delta : deltas) {
    if (fit && inside) {
      NARU_ASSIGN(auto point, point_at(rows, *fit, delta, imputations, seed, method));
      out.push_back(std::move(point));
      continue;
    }
    const auto reason = fit ? Reason::score_zero_or_one : calibration_slope(rows.complete).reason;
    out.push_back({delta, undefined(reason, method), undefined(reason, method), 0});
  }
  return out;
}

}  // namespace naru::evaluate
