#pragma once
/// Does a solution change what happens to patients? One function per design, on columns; each names what it cannot
/// show as a warning. Methods, formulas, references: docs/methods/clinical-impact.md.
///
/// Errors everywhere: rejected when columns differ in length, hold values outside their range, or cannot carry the
/// design (one arm only, fewer than two clusters in an arm, an unidentified term).
#include "base/result.h"
#include "evaluate/estimate.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace naru::evaluate {

struct ImpactFigure {
  std::string id;  ///< "risk_difference", "level_ratio" …
  Estimate value;
  std::optional<double> p;  ///< two-sided
};
struct ImpactWarning {
  std::string code;
  Text text;
};
/// One point of the design's chart: a time, a period, an event time.
struct ImpactPoint {
  double at = 0;
  std::string label;
  std::optional<double> observed;
  std::optional<double> fitted;
  std::optional<double> counterfactual;
  std::optional<Interval> ci95;
};
struct Impact {
  std::string design;
  std::size_t rows = 0;
  std::vector<ImpactFigure> estimates;  ///< the primary one first
  std::map<std::string, double> facts;  ///< counts, dispersion, ICC, test statistics
  std::map<std::string, std::vector<double>> lists;
  std::vector<ImpactWarning> warnings;
  std::vector<ImpactPoint> series;
  /// REQUIRES: it is there.
  [[nodiscard]] const ImpactFigure& figure(std::string_view id) const;
};

struct TrialInput {
  std::span<const double> outcome;       ///< 0/1 events, or any numbers (then a mean difference)
  std::span<const std::uint8_t> arm;     ///< 1: with the solution
  std::span<const std::string> cluster;  ///< empty: persons were randomised
  std::span<const std::string> stratum;  ///< strata of the randomisation; empty: none
};
/// Parallel: RD (Wald and Newcombe's hybrid score), RR, OR (log-Wald), chi-squared without correction; a stratified one
/// adds Mantel-Haenszel RD, RR, OR. Numbers: difference of means, Welch. Cluster trial: the same figures with CR2 and
/// Satterthwaite df, a t-test on cluster means (k - 2 df), ICC by analysis of variance and the design effect.
[[nodiscard]] Result<Impact> analyse_trial(const TrialInput& input);

struct SteppedInput {
  std::span<const double> outcome;  ///< 0/1 or any numbers, a row per person (or per cell mean)
  std::span<const std::uint8_t> treated;
  std::span<const std::string> cluster;
  std::span<const double> period;
};
/// Hussey & Hughes 2007: period effects, treatment, random cluster intercept (REML), identity link; beside its model
/// interval the same contrast with CR2. For events also ratio models with working independence (Poisson and logistic,
/// CR2). Warns when few clusters, when a cluster leaves treatment, when periods and treatment are not separable.
[[nodiscard]] Result<Impact> analyse_stepped_wedge(const SteppedInput& input);

struct SeriesInput {
  std::span<const double> count;   ///< events per time point
  std::span<const double> time;    ///< ascending, equally spaced
  std::span<const double> after;   ///< 0 before, 1 from the intervention on
  std::span<const double> offset;  ///< persons at risk; empty: none
  std::span<const double> season;  ///< place in the year (month 1 .. 12); empty: time itself
  double period = 12;              ///< points per year
  std::size_t harmonics = 0;       ///< pairs of sine and cosine
  bool slope = false;              ///< the trend may change too; time after the intervention counts from 1
  bool quasi = true;               ///< dispersion by Pearson's chi-squared, else 1
  std::size_t lags = 12;           ///< of the residual autocorrelation
};
/// Segmented Poisson regression (Wagner 2002, Bernal 2017): level and slope change with Wald intervals, the same with
/// Newey-West, events prevented against the counterfactual, residual autocorrelation with Ljung-Box.
[[nodiscard]] Result<Impact> analyse_series(const SeriesInput& input);

struct DifferenceInput {
  std::span<const double> outcome;
  std::span<const std::uint8_t> treated;  ///< 1 while the unit has the solution
  std::span<const std::string> unit;
  std::span<const double> period;
  std::span<const std::string> cluster;  ///< empty: the unit; units lie within clusters
  std::size_t leads = 4;                 ///< event times before -1 that have their own term
  std::size_t lags = 8;
};
/// Difference in differences: unit and period effects, CR1 and CR2; event study against the period before adoption with
/// a joint test of the leads; warns about staggered adoption (forbidden comparisons) and about trends before.
[[nodiscard]] Result<Impact> analyse_difference(const DifferenceInput& input);

struct BeforeAfterInput {
  std::span<const double> outcome;  ///< 0/1 or numbers
  std::span<const std::uint8_t> after;
  std::span<const double> time;         ///< empty: no check of the trend before
  std::span<const std::string> person;  ///< the same persons twice: paired analysis; empty: different persons
};
/// The difference, and every reason not to take it for an effect.
[[nodiscard]] Result<Impact> analyse_before_after(const BeforeAfterInput& input);

/// Helpers shared by the designs.
[[nodiscard]] Interval newcombe(std::uint64_t a, std::uint64_t n, std::uint64_t b, std::uint64_t m);
/// One-way analysis of variance estimate of the intraclass correlation within arms; may be negative.
[[nodiscard]] double anova_icc(std::span<const double> y, std::span<const std::uint32_t> cluster,
                               std::span<const std::uint8_t> arm);
[[nodiscard]] Done same_length(std::size_t rows, std::span<const std::pair<const char*, std::size_t>> columns);

}  // namespace naru::evaluate
