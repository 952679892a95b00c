#include "evaluate/federated.h"

#include <cmath>

#include "evaluate/discrimination.h"

namespace naru::evaluate {
namespace {

__extension__ using Wide = __int128;
__extension__ using Unsigned = unsigned __int128;

constexpr int places = 60;
constexpr unsigned word_bits = 32;
constexpr std::uint64_t word_mask = 0xffffffffU;

void put(Wide value, std::uint64_t* words) {
  auto rest = static_cast<Unsigned>(value);
  for (std::size_t i = 0; i < words_a_number; ++i) {
    words[i] = static_cast<std::uint64_t>(rest) & word_mask;
    rest >>= word_bits;
  }
}

// Words may have grown by carries: they are added where they belong, modulo 2^128.
Wide get(const std::uint64_t* words) {
  Unsigned out = 0;
  for (std::size_t i = 0; i < words_a_number; ++i) out += static_cast<Unsigned>(words[i]) << (word_bits * i);
  return static_cast<Wide>(out);
}

void put_real(double value, std::uint64_t* words) { put(static_cast<Wide>(std::ldexp(value, places)), words); }
double get_real(const std::uint64_t* words) { return std::ldexp(static_cast<double>(get(words)), -places); }

std::int64_t grid_of(const GridPlacements& placements) {
  return static_cast<std::int64_t>(placements.of_case.size()) - 1;
}

// Sum of doubled placements of the cases; that of the controls is the same number.
Wide sum_of_placements(const Levels& levels) {
  Wide out = 0;
  Wide below = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Wide controls = static_cast<Wide>(levels.controls[i]);
    out += static_cast<Wide>(levels.cases[i]) * (2 * below + controls);
    below += controls;
  }
  return out;
}

// Sample covariance of placements over `count` persons, divided by count: (k·Σxy − Σx·Σy) / (k²(k−1)·4·other²).
double covariance_part(Wide products, Wide sum_x, Wide sum_y, std::uint64_t count, std::uint64_t other) {
  const double own = static_cast<double>(count);
  const double rest = static_cast<double>(other);
  const double top = static_cast<double>(static_cast<Wide>(count) * products - sum_x * sum_y);
  return top / (own * own * (own - 1)) / (4 * rest * rest);
}

constexpr double step_least = 1e-11;
constexpr double share_least = 1e-6;

}  // namespace

GridPlacements grid_placements(std::span<const std::uint64_t> cases, std::span<const std::uint64_t> controls) {
  GridPlacements out;
  std::uint64_t below = 0;
  std::uint64_t above = 0;
  for (const auto count : cases) above += count;
  for (std::size_t bin = 0; bin < cases.size(); ++bin) {
    above -= cases[bin];
    out.of_case.push_back(2 * below + controls[bin]);
    out.of_control.push_back(2 * above + cases[bin]);
    below += controls[bin];
  }
  return out;
}

std::array<std::uint64_t, paired_words> paired_share(std::span<const double> a, std::span<const double> b,
                                                     std::span<const std::uint8_t> label, const GridPlacements& of_a,
                                                     const GridPlacements& of_b) {
  Wide of_cases = 0;
  Wide of_controls = 0;
  for (std::size_t row = 0; row < label.size(); ++row) {
    const auto bin_a = grid_bin(a[row], grid_of(of_a));
    const auto bin_b = grid_bin(b[row], grid_of(of_b));
    if (label[row] == 1) {
      of_cases += static_cast<Wide>(of_a.of_case[bin_a]) * static_cast<Wide>(of_b.of_case[bin_b]);
    } else {
      of_controls += static_cast<Wide>(of_a.of_control[bin_a]) * static_cast<Wide>(of_b.of_control[bin_b]);
    }
  }
  std::array<std::uint64_t, paired_words> out{};
  put(of_cases, out.data());
  put(of_controls, out.data() + words_a_number);
  return out;
}

Comparison compare_from_sums(const Levels& a, const Levels& b, std::span<const std::uint64_t, paired_words> sums) {
  Comparison out;
  out.difference.method = "DeLong, paired";
  const auto of_a = auroc(a);
  const auto of_b = auroc(b);
  if (of_a.estimate && of_b.estimate) out.difference.estimate = *of_a.estimate - *of_b.estimate;
  out.difference.reason = of_a.reason != Reason::none ? of_a.reason : of_b.reason;
  if (!of_a.se || !of_b.se) return out;
  const auto m = a.n_cases;
  const auto n = a.n_controls;
  const auto sum_a = sum_of_placements(a);
  const auto sum_b = sum_of_placements(b);
  out.covariance = covariance_part(get(sums.data()), sum_a, sum_b, m, n) +
                   covariance_part(get(sums.data() + words_a_number), sum_a, sum_b, n, m);
  const double both = *of_a.se * *of_a.se + *of_b.se * *of_b.se;
  const double variance = both - 2 * *out.covariance;
  if (variance <= 1e-13 * both) {
    out.difference.se = 0.0;
    out.difference.reason = Reason::identical_ranks;
    return out;
  }
  const double difference = *out.difference.estimate;
  out.difference.reason = Reason::none;
  out.difference.se = std::sqrt(variance);
  out.difference.ci95 = Interval{difference - z975 * *out.difference.se, difference + z975 * *out.difference.se};
  out.statistic = difference / *out.difference.se;
  out.p = normal_p_two_sided(*out.statistic);
  return out;
}

std::vector<std::uint64_t> newton_share(std::span<const double> score, std::span<const std::uint8_t> label,
                                        const NewtonPoint& at) {
  std::array<Sum, 9> sums;
  std::uint64_t rows = 0;
  std::uint64_t cases = 0;
  std::uint64_t outermost = 0;
  for (std::size_t row = 0; row < score.size(); ++row) {
    ++rows;
    cases += label[row];
    if (score[row] <= 0 || score[row] >= 1) {
      ++outermost;
      continue;
    }
    const double x = logit(score[row]);
    const double y = label[row];
    const auto likelihood = [&](double eta) {
      return y * eta - (eta > 0 ? eta + std::log1p(std::exp(-eta)) : std::log1p(std::exp(eta)));
    };
    const double eta = at.slope_a + at.slope_b * x;
    const double p = expit(eta);
    const double w = p * (1 - p);
    sums[0].add(y - p);
    sums[1].add((y - p) * x);
    sums[2].add(w);
    sums[3].add(w * x);
    sums[4].add(w * x * x);
    sums[5].add(likelihood(eta));
    const double offset_eta = at.offset_a + x;
    const double q = expit(offset_eta);
    sums[6].add(y - q);
    sums[7].add(q * (1 - q));
    sums[8].add(likelihood(offset_eta));
  }
  std::vector<std::uint64_t> out(newton_words, 0);
  out[0] = rows;
  out[1] = cases;
  out[2] = outermost;
  for (std::size_t i = 0; i < sums.size(); ++i) put_real(sums[i].value(), out.data() + 3 + i * words_a_number);
  return out;
}

void CalibrationFit::fail(Reason reason) {
  reason_ = reason;
  slope_.failed = offset_.failed = done_ = true;
}

// One answer for one model: a worse point halves the step, a better one is accepted and gives the next.
void CalibrationFit::advance(Model& model, double likelihood, double step_a, double step_b, double var, bool solvable) {
  if (model.converged || model.failed) return;
  if (model.started && !(likelihood >= model.reached - 1e-12 * std::fabs(model.reached)) && model.share > share_least) {
    model.share /= 2;
    return;
  }
  if (model.started) {
    model.a += model.share * model.step_a;
    model.b += model.share * model.step_b;
  }
  model.started = true;
  model.reached = likelihood;
  if (!solvable) {
    model.failed = true;
    return;
  }
  model.var = var;
  model.step_a = step_a;
  model.step_b = step_b;
  model.share = 1;
  model.converged = std::fabs(step_a) < step_least * (1 + std::fabs(model.a)) &&
                    std::fabs(step_b) < step_least * (1 + std::fabs(model.b));
}

void CalibrationFit::take(std::span<const std::uint64_t, newton_words> sums) {
  ++rounds_;
  if (sums[0] == 0) return fail(Reason::no_rows);
  if (sums[1] == 0 || sums[1] == sums[0]) return fail(Reason::one_class);
  if (sums[2] > 0) return fail(Reason::score_zero_or_one);
  std::array<double, 9> s{};
  for (std::size_t i = 0; i < s.size(); ++i) s[i] = get_real(sums.data() + 3 + i * words_a_number);
  const double det = s[2] * s[4] - s[3] * s[3];
  const bool solvable = det > 1e-14 * s[2] * s[4];
  advance(slope_, s[5], (s[4] * s[0] - s[3] * s[1]) / det, (s[2] * s[1] - s[3] * s[0]) / det, s[2] / det, solvable);
  advance(offset_, s[8], s[6] / s[7], 0, 1 / s[7], s[7] > 0);
  // A slope that runs away separates the classes.
  if (std::fabs(slope_.b) > 1e6) {
    slope_.failed = true;
    reason_ = Reason::perfect_separation;
  }
  const auto tried = [](const Model& model, double at, double step) {
    return model.converged || model.failed ? at : at + model.share * step;
  };
  next_ = {tried(slope_, slope_.a, slope_.step_a), tried(slope_, slope_.b, slope_.step_b),
           tried(offset_, offset_.a, offset_.step_a)};
  const bool settled = (slope_.converged || slope_.failed) && (offset_.converged || offset_.failed);
  done_ = settled || rounds_ >= newton_rounds_max;
}

namespace {

Estimate wald_of(double estimate, double variance, std::string method) {
  Estimate out;
  out.method = std::move(method);
  out.estimate = estimate;
  out.se = std::sqrt(variance);
  out.ci95 = Interval{estimate - z975 * *out.se, estimate + z975 * *out.se};
  return out;
}

}  // namespace

Estimate CalibrationFit::slope() const {
  const std::string method = "logistic recalibration, slope; Newton over sums of sites";
  return slope_.converged ? wald_of(slope_.b, slope_.var, method) : undefined(reason_, method);
}

Estimate CalibrationFit::in_the_large() const {
  const std::string method = "logistic recalibration, offset; Newton over sums of sites";
  if (offset_.converged) return wald_of(offset_.a, offset_.var, method);
  return undefined(reason_ == Reason::perfect_separation ? Reason::not_converged : reason_, method);
}

}  // namespace naru::evaluate
