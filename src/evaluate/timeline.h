#pragma once
/// Persons grouped by distinct time, for the units of survival.h.
#include "evaluate/survival.h"

namespace naru::evaluate {

struct Timeline {
  std::vector<double> time;  ///< distinct, ascending
  std::vector<double> events, competing, censored;
  std::vector<double> at_risk;     ///< just before the time
  std::vector<std::size_t> place;  ///< per person: index of its time
  [[nodiscard]] std::size_t size() const { return time.size(); }
};
[[nodiscard]] Timeline timeline_of(const Follow& follow);

/// Kaplan-Meier of not being censored. At one time events come before censorings.
class NotCensored {
 public:
  explicit NotCensored(const Timeline& line);
  /// P(not censored before time `index`).
  [[nodiscard]] double before(std::size_t index) const { return before_[index]; }
  /// P(not censored up to and with `horizon`).
  [[nodiscard]] double after(double horizon) const;
  /// What each person adds through G to Σ a_i / G(u_i)^power: `parts[k]` is Σ a_i/G^power over those whose weight looks
  /// at G before time k (k = size: at all of it up to the horizon's last index).
  [[nodiscard]] std::vector<double> influence(const Follow& follow, const std::vector<double>& parts,
                                              double power) const;

 private:
  const Timeline* line_;
  std::vector<double> hazard_;
  std::vector<double> at_risk_;
  std::vector<double> before_;
};

}  // namespace naru::evaluate
