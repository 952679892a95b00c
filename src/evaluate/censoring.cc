// Weights by the probability of not being censored, and what their estimation adds to a variance.
#include <algorithm>
#include <cmath>

#include "evaluate/timeline.h"

namespace naru::evaluate {

NotCensored::NotCensored(const Timeline& line) : line_(&line) {
  double left = 1;
  for (std::size_t k = 0; k < line.size(); ++k) {
    before_.push_back(left);
    at_risk_.push_back(line.at_risk[k] - line.events[k] - line.competing[k]);
    hazard_.push_back(line.censored[k] > 0 ? line.censored[k] / at_risk_[k] : 0.0);
    left *= 1 - hazard_[k];
  }
  before_.push_back(left);
}

double NotCensored::after(double horizon) const {
  const auto index = std::upper_bound(line_->time.begin(), line_->time.end(), horizon) - line_->time.begin();
  return before_[static_cast<std::size_t>(index)];
}

std::vector<double> NotCensored::influence(const Follow& follow, const std::vector<double>& parts, double power) const {
  // rest[v]: Σ of those parts whose weight contains the factor of time v.
  const auto size = line_->size();
  std::vector<double> rest(size);
  double sum = 0;
  for (std::size_t v = size; v-- > 0;) {
    sum += parts[v + 1];
    rest[v] = sum;
  }
  std::vector<double> jump(size);
  std::vector<double> fall(size);
  double fallen = 0;
  for (std::size_t v = 0; v < size; ++v) {
    if (hazard_[v] > 0 && hazard_[v] < 1) {
      jump[v] = power * rest[v] / (at_risk_[v] * (1 - hazard_[v]));
      fallen += jump[v] * hazard_[v];
    }
    fall[v] = fallen;
  }
  std::vector<double> out(follow.time.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto k = line_->place[i];
    if (follow.state[i] == State::censored) {
      out[i] = jump[k] - fall[k];
    } else if (k > 0) {
      out[i] = -fall[k - 1];  // an event leaves the risk set of censoring before its own time's censorings
    }
  }
  return out;
}

}  // namespace naru::evaluate
