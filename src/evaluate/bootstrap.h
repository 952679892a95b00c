#pragma once
/// Resampling: percentile intervals of any measure of levels, with the same bytes for any number of threads.
///
/// A sample of m of m persons gives each a count; the counts are multinomial. They are drawn as independent Poisson(1)
/// counts, then as many single persons as are missing are added, or too many taken away, at random: given its total, a
/// vector of independent Poisson counts is multinomial, so the result is exact. That runs through the sorted scores in
/// order instead of jumping about in them. Replicate r draws from a generator seeded by (seed, r) alone.
///
/// Sources: Efron & Tibshirani 1993 (percentile); Field & Welsh 2007 (clusters); Blackman & Vigna 2018 (xoshiro256++),
/// Steele, Lea, Flood 2014 (SplitMix64, for seeding).
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace naru::evaluate {

enum class Scheme {
  stratified,  ///< cases and controls apart: as many of each in every sample; for measures of ranks
  persons,     ///< all persons together: for measures that the number of events moves (O:E, Brier, calibration)
};

struct BootstrapOptions {
  Scheme scheme = Scheme::stratified;
  std::size_t replicates = 2000;
  std::uint64_t seed = 1;
  unsigned threads = 1;  ///< 0: the machine's
};

/// A measure of levels; an undefined one leaves its replicate out.
using Measure = std::function<std::optional<double>(const Levels&)>;

struct Bootstrapped {
  std::vector<double> values;  ///< in order of replicates, undefined ones left out
  std::size_t undefined = 0;
  std::optional<double> se;
  std::optional<Interval> ci95;  ///< quantiles (type 7) 0.025 and 0.975; empty when more than 1 in 20 is undefined
  std::string method;
};

/// By the scheme of the options. Stratification holds the number of events fixed, which makes measures of calibration
/// look more certain than they are: take `persons` for them.
[[nodiscard]] Bootstrapped bootstrap(const Levels& levels, const Measure& measure, const BootstrapOptions& options);
/// Several measures of the same samples: column k is measure k.
[[nodiscard]] std::vector<Bootstrapped> bootstrap(const Levels& levels, const std::vector<Measure>& measures,
                                                  const BootstrapOptions& options);
/// Largest minus smallest of a measure over groups of different persons, each group resampled by itself: the choice of
/// the two groups is made anew in every sample, so the interval pays for it. Groups in which the measure is undefined
/// are left out of a sample; fewer than two leave the sample out. Column k is measure k.
[[nodiscard]] std::vector<Bootstrapped> bootstrap_gaps(const std::vector<Levels>& groups,
                                                       const std::vector<Measure>& measures,
                                                       const BootstrapOptions& options);
/// ICI, E50, E90 and Emax in this order: whole persons, loess of a sample fitted at `resample_knots` scores.
inline constexpr std::size_t resample_knots = 100;
[[nodiscard]] std::vector<Bootstrapped> bootstrap_distances(const Levels& levels, const BootstrapOptions& options);
/// AUROC alone, stratified, much faster: no levels are made.
[[nodiscard]] Bootstrapped bootstrap_auroc(const Levels& levels, const BootstrapOptions& options);
/// Whole clusters (hospital stays of one patient, patients of one ward) are resampled. `cluster[i]` < `clusters`.
/// Errors as levels_of; rejected when lengths differ.
[[nodiscard]] Result<Bootstrapped> bootstrap_clusters(std::span<const double> score,
                                                      std::span<const std::uint8_t> label,
                                                      std::span<const std::uint32_t> cluster, std::uint32_t clusters,
                                                      Direction direction, const Measure& measure,
                                                      const BootstrapOptions& options);

}  // namespace naru::evaluate
