// Cox regression on one covariate, for the calibration slope.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluate/survival.h"

namespace naru::evaluate {
namespace {

struct At {
  double log_likelihood = 0;
  double gradient = 0;
  double information = 0;
};

// Rows in descending order of time; risk sets grow as the loop goes on. Efron's correction within a time.
At partial_likelihood(const std::vector<double>& time, const std::vector<std::uint8_t>& event,
                      const std::vector<double>& x, double b) {
  At out;
  double s0 = 0;
  double s1 = 0;
  double s2 = 0;
  for (std::size_t from = 0; from < time.size();) {
    double d0 = 0;
    double d1 = 0;
    double d2 = 0;
    double deaths = 0;
    std::size_t to = from;
    for (; to < time.size() && time[to] == time[from]; ++to) {
      const double e = std::exp(b * x[to]);
      s0 += e;
      s1 += e * x[to];
      s2 += e * x[to] * x[to];
      if (event[to] == 0) continue;
      deaths += 1;
      d0 += e;
      d1 += e * x[to];
      d2 += e * x[to] * x[to];
      out.log_likelihood += b * x[to];
      out.gradient += x[to];
    }
    for (double l = 0; l < deaths; ++l) {
      const double share = l / deaths;
      const double w0 = s0 - share * d0;
      const double mean = (s1 - share * d1) / w0;
      out.log_likelihood -= std::log(w0);
      out.gradient -= mean;
      out.information += (s2 - share * d2) / w0 - mean * mean;
    }
    from = to;
  }
  return out;
}

}  // namespace

Estimate cox_slope(const Follow& follow, std::span<const double> predictor) {
  const std::string method = "Cox regression on the linear predictor, Efron; Wald";
  if (follow.time.empty()) return undefined(Reason::no_rows, method);
  std::vector<std::size_t> order(follow.time.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // A total order up to identical persons, so that sums do not depend on the order of rows.
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    if (follow.time[a] != follow.time[b]) return follow.time[a] > follow.time[b];
    if (follow.state[a] != follow.state[b]) return follow.state[a] < follow.state[b];
    return predictor[a] < predictor[b];
  });
  std::vector<double> time;
  std::vector<double> x;
  std::vector<std::uint8_t> event;
  Sum mean;
  for (const double value : predictor) mean.add(value);
  const double centre = mean.value() / static_cast<double>(predictor.size());
  bool any = false;
  for (const auto i : order) {
    time.push_back(follow.time[i]);
    x.push_back(predictor[i] - centre);
    event.push_back(follow.state[i] == State::event ? 1 : 0);
    any |= event.back() == 1;
  }
  if (!any) return undefined(Reason::one_class, method);
  const auto [least, most] = std::minmax_element(x.begin(), x.end());
  if (*least == *most) return undefined(Reason::scores_all_equal, method);
  double b = 1;
  auto at = partial_likelihood(time, event, x, b);
  for (int round = 0; round < 100; ++round) {
    if (!std::isfinite(at.log_likelihood)) return undefined(Reason::not_converged, method);
    // Nothing left to learn: the likelihood rises for ever.
    if (!(at.information > 1e-10 * (*most - *least) * (*most - *least))) {
      return undefined(Reason::perfect_separation, method);
    }
    double step = at.gradient / at.information;
    if (std::fabs(step) <= 1e-12 * (1 + std::fabs(b))) {
      Estimate out;
      out.method = method;
      out.estimate = b;
      out.se = 1 / std::sqrt(at.information);
      out.ci95 = Interval{b - z975 * *out.se, b + z975 * *out.se};
      return out;
    }
    auto next = partial_likelihood(time, event, x, b + step);
    for (int halving = 0;
         halving < 30 && !(next.log_likelihood >= at.log_likelihood - 1e-12 * std::fabs(at.log_likelihood));
         ++halving) {
      step /= 2;
      next = partial_likelihood(time, event, x, b + step);
    }
    b += step;
    at = next;
  }
  return undefined(Reason::not_converged, method);
}

}  // namespace naru::evaluate
