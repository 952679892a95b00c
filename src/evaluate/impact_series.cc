// Interrupted time series.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "evaluate/impact.h"
#include "evaluate/impact_regression.h"

namespace naru::evaluate {
namespace {

constexpr std::size_t points_each_side_min = 8;

struct Model {
  Design design;
  std::vector<double> offset;
  double start = 0;  // last time before the intervention: time after it counts from 1, as Wagner and Bernal have it
};

Done check(const SeriesInput& in) {
  const std::size_t n = in.count.size();
  const std::pair<const char*, std::size_t> columns[] = {{"time", in.time.size()},
                                                         {"after", in.after.size()},
                                                         {"offset", in.offset.empty() ? n : in.offset.size()},
                                                         {"season", in.season.empty() ? n : in.season.size()}};
  NARU_CHECK(same_length(n, columns));
  bool began = false;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(in.count[i] >= 0) || !std::isfinite(in.count[i])) {
      return rejected(say("a count is negative or not a number", "음수이거나 숫자가 아닌 수가 있습니다"),
                      fmt::format("count, row {}", i + 1));
    }
    if (i > 0 && !(in.time[i] > in.time[i - 1])) {
      return rejected(say("time must rise from row to row", "시간은 행마다 커져야 합니다"),
                      fmt::format("time, row {}", i + 1));
    }
    if (in.after[i] != 0 && in.after[i] != 1) {
      return rejected(say("after must be 0 or 1", "이후 표시는 0 또는 1이어야 합니다"),
                      fmt::format("after, row {}", i + 1));
    }
    if (began && in.after[i] == 0) {
      return rejected(say("the intervention ends again: this design knows one interruption",
                          "개입이 다시 끝납니다. 이 설계는 한 번의 개입만 다룹니다"),
                      fmt::format("after, row {}", i + 1));
    }
    began = began || in.after[i] == 1;
    if (!in.offset.empty() && !(in.offset[i] > 0)) {
      return rejected(say("persons at risk must be above 0", "위험 인구는 0보다 커야 합니다"),
                      fmt::format("offset, row {}", i + 1));
    }
  }
  return {};
}

Model model_of(const SeriesInput& in) {
  const std::size_t n = in.count.size();
  Model out;
  for (std::size_t i = 0; i < n; ++i) {
    if (in.after[i] == 0) out.start = in.time[i];
  }
  out.design.add("(Intercept)", std::vector<double>(n, 1.0));
  out.design.add("level", {in.after.begin(), in.after.end()});
  out.design.add("time", {in.time.begin(), in.time.end()});
  if (in.slope) {
    std::vector<double> since(n);
    for (std::size_t i = 0; i < n; ++i) since[i] = in.after[i] * (in.time[i] - out.start);
    out.design.add("slope", since);
  }
  for (std::size_t k = 1; k <= in.harmonics; ++k) {
    for (const bool sine : {true, false}) {
      std::vector<double> wave(n);
      for (std::size_t i = 0; i < n; ++i) {
        const double turn =
            2 * std::numbers::pi * static_cast<double>(k) * (in.season.empty() ? in.time[i] : in.season[i]) / in.period;
        wave[i] = sine ? std::sin(turn) : std::cos(turn);
      }
      out.design.add(fmt::format("{}{}", sine ? "sin" : "cos", k), wave);
    }
  }
  for (const double persons : in.offset) out.offset.push_back(std::log(persons));
  return out;
}

std::vector<double> deviance_residuals(const SeriesInput& in, const Fit& fit) {
  std::vector<double> out;
  for (std::size_t i = 0; i < in.count.size(); ++i) {
    const double y = in.count[i];
    const double mean = fit.fitted[i];
    const double d = 2 * ((y > 0 ? y * std::log(y / mean) : 0) - (y - mean));
    out.push_back(std::copysign(std::sqrt(std::max(d, 0.0)), y - mean));
  }
  return out;
}

std::vector<double> autocorrelation(const std::vector<double>& x, std::size_t lags) {
  double mean = 0;
  for (const double v : x) mean += v;
  mean /= static_cast<double>(x.size());
  double whole = 0;
  for (const double v : x) whole += (v - mean) * (v - mean);
  std::vector<double> out;
  for (std::size_t lag = 1; lag <= lags && lag < x.size(); ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < x.size(); ++i) sum += (x[i] - mean) * (x[i - lag] - mean);
    out.push_back(whole > 0 ? sum / whole : 0);
  }
  return out;
}

void add_autocorrelation(Impact& out, const SeriesInput& in, const Fit& fit) {
  const auto r = autocorrelation(deviance_residuals(in, fit), in.lags);
  const auto n = static_cast<double>(in.count.size());
  double q = 0;
  for (std::size_t i = 0; i < r.size(); ++i) q += r[i] * r[i] / (n - static_cast<double>(i + 1));
  q *= n * (n + 2);
  const double p = r.empty() ? 1 : chi_squared_upper(q, static_cast<double>(r.size()));
  out.lists["residual_acf"] = r;
  out.facts["ljung_box"] = q;
  out.facts["ljung_box_p"] = p;
  if (p < 0.05) {
    out.warnings.push_back(
        {"autocorrelation",
         say("residuals depend on each other over time: read the Newey-West interval, or model the season",
             "잔차가 시간에 따라 서로 관련됩니다. Newey-West 구간을 보거나 계절을 모형에 넣으세요")});
  }
}

void add_series(Impact& out, const SeriesInput& in, const Model& model, const Fit& fit) {
  const auto level = fit.column("level");
  double prevented = 0;
  std::vector<double> gradient(fit.beta.size(), 0.0);
  for (std::size_t i = 0; i < in.count.size(); ++i) {
    ImpactPoint point;
    point.at = in.time[i];
    point.observed = in.count[i];
    point.fitted = fit.fitted[i];
    double effect = fit.beta[level] * in.after[i];
    if (in.slope) effect += fit.beta[fit.column("slope")] * model.design.x.at(i, fit.column("slope"));
    const double without = fit.fitted[i] * std::exp(-effect);
    point.counterfactual = without;
    prevented += without - fit.fitted[i];
    for (std::size_t j = 0; j < gradient.size(); ++j) {
      const bool of_effect = j == level || fit.names[j] == "slope";
      const double x = model.design.x.at(i, j);
      gradient[j] += (of_effect ? 0.0 : without * x) - fit.fitted[i] * x;
    }
    out.series.push_back(point);
  }
  out.estimates.push_back(
      {"events_prevented",
       estimate_of(prevented, model_spread(fit, gradient, in.quasi), "counterfactual minus fitted, delta method"),
       std::nullopt});
}

void add_warnings(Impact& out, const SeriesInput& in) {
  std::size_t after = 0;
  for (const double a : in.after) after += a == 1 ? 1 : 0;
  const std::size_t before = in.count.size() - after;
  out.facts["points_before"] = static_cast<double>(before);
  out.facts["points_after"] = static_cast<double>(after);
  if (std::min(before, after) < points_each_side_min) {
    out.warnings.push_back({"few_points", say("{} points before and {} after: fewer than {} on a side carry little",
                                              "개입 전 {}개, 후 {}개입니다. 한쪽이 {}개보다 적으면 근거가 약합니다",
                                              before, after, points_each_side_min)});
  }
  if (in.harmonics == 0 && static_cast<double>(in.count.size()) >= 2 * in.period) {
    out.warnings.push_back({"no_season", say("the season is not modelled", "계절이 모형에 없습니다")});
  }
  for (std::size_t i = 2; i < in.time.size(); ++i) {
    const double step = in.time[1] - in.time[0];
    if (std::fabs(in.time[i] - in.time[i - 1] - step) > 1e-9 * std::fabs(step)) {
      out.warnings.push_back({"gaps", say("time points are not equally spaced", "시점 간격이 같지 않습니다")});
      break;
    }
  }
  out.warnings.push_back({"co_intervention", say("whatever else changed at the same time is part of this estimate",
                                                 "같은 시기에 바뀐 다른 것도 이 추정에 들어 있습니다")});
}

}  // namespace

Result<Impact> analyse_series(const SeriesInput& in) {
  NARU_CHECK(check(in));
  const auto model = model_of(in);
  NARU_ASSIGN(const auto fit, fit_model(model.design, in.count, Family::poisson, model.offset, {}, Weights::last_step));
  Impact out;
  out.design = "its";
  out.rows = in.count.size();
  const auto lags = static_cast<std::size_t>(
      std::ceil(4 * std::pow(static_cast<double>(in.count.size()) / 100, 2.0 / 9)));  // Newey & West 1994
  const auto figure = [&](const char* id, std::size_t column, bool newey) {
    std::vector<double> contrast(fit.beta.size(), 0.0);
    contrast[column] = 1;
    const auto spread = newey ? newey_west_spread(fit, lags, contrast) : model_spread(fit, contrast, in.quasi);
    out.estimates.push_back({id, estimate_of(fit.beta[column], spread, "segmented Poisson regression", true),
                             p_of(fit.beta[column], spread)});
  };
  figure("level_ratio", fit.column("level"), false);
  if (in.slope) figure("slope_ratio", fit.column("slope"), false);
  figure("level_ratio_newey_west", fit.column("level"), true);
  if (in.slope) figure("slope_ratio_newey_west", fit.column("slope"), true);
  add_series(out, in, model, fit);
  out.facts["dispersion"] = fit.dispersion;
  out.facts["deviance"] = fit.deviance;
  out.facts["last_before"] = model.start;
  for (std::size_t j = 0; j < fit.beta.size(); ++j) {
    std::vector<double> contrast(fit.beta.size(), 0.0);
    contrast[j] = 1;
    out.facts["coef " + fit.names[j]] = fit.beta[j];
    out.facts["se " + fit.names[j]] = model_spread(fit, contrast, in.quasi).se;
  }
  add_autocorrelation(out, in, fit);
  add_warnings(out, in);
  return out;
}

}  // namespace naru::evaluate
