#pragma once
/// Figures of several sites together from sums alone: each site gives words that are added modulo 2^64 (secure_sum.h
/// of the evidence room masks them), and the sum says what one table of all rows would have said.
///
/// Round 1: counts per score on a grid (levels.h). Everything that is a function of one score's levels follows exactly.
/// Round 2: paired comparison. The pooled counts give every score its placement; sites return sums of products of
///          doubled placements, whole numbers, so the pooled covariance of DeLong 1988 is exact.
/// Round 3 and on: calibration slope and calibration-in-the-large of scores off the grid by Newton's method: gradient,
///          information and log-likelihood as 128-bit fixed-point numbers with 60 binary places.
/// Sources: DeLong, DeLong, Clarke-Pearson 1988; Sun & Xu 2014; Cox 1958; Wu et al. 2012 (Newton over sums).
#include "evaluate/contrasts.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace naru::evaluate {

/// A whole number modulo 2^128 in words of 32 bits each: sums of fewer than 2^32 sites do not overflow a word.
inline constexpr std::size_t words_a_number = 4;

// ---- paired comparison ----

/// Doubled placements by grid bin, from pooled counts: what a case, or a control, at that bin has.
struct GridPlacements {
  std::vector<std::uint64_t> of_case;
  std::vector<std::uint64_t> of_control;
};
/// REQUIRES: equal lengths.
[[nodiscard]] GridPlacements grid_placements(std::span<const std::uint64_t> cases,
                                             std::span<const std::uint64_t> controls);

inline constexpr std::size_t paired_words = 2 * words_a_number;
/// A site's share: sum over its cases, and over its controls, of the products of the two scores' doubled placements.
/// REQUIRES: scores in [0, 1], equal lengths, placements of grid + 1 bins.
[[nodiscard]] std::array<std::uint64_t, paired_words> paired_share(std::span<const double> a, std::span<const double> b,
                                                                   std::span<const std::uint8_t> label,
                                                                   const GridPlacements& of_a,
                                                                   const GridPlacements& of_b);
/// From the pooled levels of both scores and the summed shares: what compare_paired says of the pooled gridded rows.
[[nodiscard]] Comparison compare_from_sums(const Levels& a, const Levels& b,
                                           std::span<const std::uint64_t, paired_words> sums);

// ---- calibration by Newton's method ----

/// Where the sums are wanted: logit P = slope_a + slope_b logit(score), and logit P = offset_a + logit(score).
struct NewtonPoint {
  double slope_a = 0;
  double slope_b = 1;
  double offset_a = 0;
};
/// Rows, cases, scores of exactly 0 or 1; then for the slope model two gradients, three of the information, the
/// log-likelihood; for the offset model one, one, one.
inline constexpr std::size_t newton_words = 3 + 9 * words_a_number;
/// Rows with a score of exactly 0 or 1 are counted and left out. REQUIRES: scores in [0, 1].
[[nodiscard]] std::vector<std::uint64_t> newton_share(std::span<const double> score,
                                                      std::span<const std::uint8_t> label, const NewtonPoint& at);

inline constexpr int newton_rounds_max = 25;

/// The authority's side: ask for sums at `next()`, give them to `take()`, until `done()`.
class CalibrationFit {
 public:
  [[nodiscard]] const NewtonPoint& next() const { return next_; }
  /// REQUIRES: not done.
  void take(std::span<const std::uint64_t, newton_words> sums);
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] int rounds() const { return rounds_; }
  /// Undefined with reasons no_rows, one_class, score_zero_or_one, perfect_separation or not_converged.
  [[nodiscard]] Estimate slope() const;
  [[nodiscard]] Estimate in_the_large() const;

 private:
  struct Model {
    double a = 0, b = 1;            // accepted
    double step_a = 0, step_b = 0;  // tried from there
    double share = 1;
    double reached = 0;  // log-likelihood at the accepted point
    double var = 0;      // of the figure that is wanted
    bool started = false, converged = false, failed = false;
  };
  static void advance(Model& model, double likelihood, double step_a, double step_b, double var, bool solvable);
  void fail(Reason reason);
  Model slope_, offset_;
  NewtonPoint next_;
  Reason reason_ = Reason::not_converged;
  int rounds_ = 0;
  bool done_ = false;
};

}  // namespace naru::evaluate
