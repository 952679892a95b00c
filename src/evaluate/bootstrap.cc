#include "evaluate/bootstrap.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "evaluate/calibration.h"
#include "evaluate/resample.h"

namespace naru::evaluate {
namespace {

// Runs `work(replicate)` for every replicate; each thread has its own copy of what `make` gives. Which thread does
// which replicate does not matter: results go to the replicate's place.
template <typename Make>
void for_each_replicate(const BootstrapOptions& options, Make make) {
  auto threads = options.threads == 0 ? std::thread::hardware_concurrency() : options.threads;
  threads = static_cast<unsigned>(std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(1, options.replicates)));
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    auto work = make();
    for (auto r = next.fetch_add(1); r < options.replicates; r = next.fetch_add(1)) work(r);
  };
  if (threads == 1) {
    run();
    return;
  }
  std::vector<std::jthread> pool;
  for (unsigned t = 0; t < threads; ++t) pool.emplace_back(run);
}

double quantile(const std::vector<double>& sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(place));
  const auto high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

Bootstrapped summary(const std::vector<std::optional<double>>& all, const std::string& scheme,
                     const BootstrapOptions& options) {
  Bootstrapped out;
  for (const auto& value : all) {
    if (value) {
      out.values.push_back(*value);
    } else {
      ++out.undefined;
    }
  }
  out.method = std::to_string(options.replicates) + " " + scheme + " bootstrap samples, percentile, seed " +
               std::to_string(options.seed);
  if (out.values.size() < 2) return out;
  Sum sum;
  for (const double value : out.values) sum.add(value);
  const double n = static_cast<double>(out.values.size());
  const double mean = sum.value() / n;
  Sum squares;
  for (const double value : out.values) squares.add((value - mean) * (value - mean));
  out.se = std::sqrt(squares.value() / (n - 1));
  if (out.undefined * 20 > all.size()) return out;
  auto sorted = out.values;
  std::sort(sorted.begin(), sorted.end());
  out.ci95 = Interval{quantile(sorted, 0.025), quantile(sorted, 0.975)};
  return out;
}

// Sum of the counts of each level's own persons; their total.
std::uint64_t add_up(const std::vector<std::uint64_t>& sizes, std::span<const std::uint8_t> counts,
                     std::vector<std::uint64_t>& out) {
  std::size_t row = 0;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::uint64_t sum = 0;
    for (std::uint64_t k = 0; k < sizes[i]; ++k) sum += counts[row++];
    out[i] = sum;
    total += sum;
  }
  return total;
}

// Levels that nobody is in are dropped: measures expect none.
void compact(Levels& levels) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels.count(i) == 0) continue;
    levels.score[kept] = levels.score[i];
    levels.cases[kept] = levels.cases[i];
    levels.controls[kept] = levels.controls[i];
    ++kept;
  }
  levels.score.resize(kept);
  levels.cases.resize(kept);
  levels.controls.resize(kept);
}

// For the area: per case the number of controls below it and up to it, in the order of levels.
struct Places {
  std::vector<std::uint32_t> below;
  std::vector<std::uint32_t> up_to;
};
Places places_of(const Levels& levels) {
  Places out;
  std::uint32_t below = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto up_to = below + static_cast<std::uint32_t>(levels.controls[i]);
    out.below.insert(out.below.end(), levels.cases[i], below);
    out.up_to.insert(out.up_to.end(), levels.cases[i], up_to);
    below = up_to;
  }
  return out;
}

// One sample of the levels' persons; `counts` is scratch.
void draw(const Levels& levels, Scheme scheme, Generator& random, std::vector<std::uint8_t>& counts, Levels& sample) {
  counts.resize(levels.n());
  const std::span<std::uint8_t> all(counts);
  const auto cases = all.first(levels.n_cases);
  const auto controls = all.subspan(levels.n_cases);
  if (scheme == Scheme::stratified) {
    multinomial(random, cases);
    multinomial(random, controls);
  } else {
    multinomial(random, all);
  }
  sample = levels;
  sample.n_cases = add_up(levels.cases, cases, sample.cases);
  sample.n_controls = add_up(levels.controls, controls, sample.controls);
  compact(sample);
}

std::vector<Bootstrapped> summaries(const std::vector<std::vector<std::optional<double>>>& values,
                                    const std::string& what, const BootstrapOptions& options) {
  std::vector<Bootstrapped> out;
  for (const auto& column : values) out.push_back(summary(column, what, options));
  return out;
}

std::vector<std::vector<std::optional<double>>> empty_columns(std::size_t columns, std::size_t replicates) {
  std::vector<std::vector<std::optional<double>>> out(columns);
  for (auto& column : out) column.resize(replicates);
  return out;
}

}  // namespace

std::vector<Bootstrapped> bootstrap(const Levels& levels, const std::vector<Measure>& measures,
                                    const BootstrapOptions& options) {
  auto values = empty_columns(measures.size(), options.replicates);
  for_each_replicate(options, [&] {
    return [&, counts = std::vector<std::uint8_t>(), sample = Levels{}](std::size_t r) mutable {
      Generator random(options.seed, r);
      draw(levels, options.scheme, random, counts, sample);
      for (std::size_t k = 0; k < measures.size(); ++k) values[k][r] = measures[k](sample);
    };
  });
  return summaries(values, options.scheme == Scheme::stratified ? "stratified" : "person", options);
}

std::vector<Bootstrapped> bootstrap_gaps(const std::vector<Levels>& groups, const std::vector<Measure>& measures,
                                         const BootstrapOptions& options) {
  auto values = empty_columns(measures.size(), options.replicates);
  for_each_replicate(options, [&] {
    return [&, counts = std::vector<std::uint8_t>(), sample = Levels{}](std::size_t r) mutable {
      // One stream a replicate, the groups after one another in it.
      Generator random(options.seed, r);
      std::vector<std::optional<Interval>> range(measures.size());
      std::vector<std::size_t> seen(measures.size(), 0);
      for (const auto& group : groups) {
        draw(group, options.scheme, random, counts, sample);
        for (std::size_t k = 0; k < measures.size(); ++k) {
          const auto value = measures[k](sample);
          if (!value) continue;
          ++seen[k];
          range[k] = range[k] ? Interval{std::min(range[k]->lo, *value), std::max(range[k]->hi, *value)}
                              : Interval{*value, *value};
        }
      }
      for (std::size_t k = 0; k < measures.size(); ++k) {
        if (seen[k] >= 2) values[k][r] = range[k]->hi - range[k]->lo;
      }
    };
  });
  return summaries(values, options.scheme == Scheme::stratified ? "stratified group" : "group", options);
}

std::vector<Bootstrapped> bootstrap_distances(const Levels& levels, const BootstrapOptions& options) {
  auto values = empty_columns(4, options.replicates);
  for_each_replicate(options, [&] {
    return [&, counts = std::vector<std::uint8_t>(), sample = Levels{}](std::size_t r) mutable {
      Generator random(options.seed, r);
      draw(levels, Scheme::persons, random, counts, sample);
      const auto at = calibration_distances_at_knots(sample, resample_knots);
      values[0][r] = at.ici.estimate;
      values[1][r] = at.e50.estimate;
      values[2][r] = at.e90.estimate;
      values[3][r] = at.emax.estimate;
    };
  });
  auto out = summaries(values, "person", options);
  for (auto& one : out) one.method += "; loess at " + std::to_string(resample_knots) + " knots";
  return out;
}

Bootstrapped bootstrap(const Levels& levels, const Measure& measure, const BootstrapOptions& options) {
  return bootstrap(levels, std::vector<Measure>{measure}, options).front();
}

Bootstrapped bootstrap_auroc(const Levels& levels, const BootstrapOptions& options) {
  std::vector<std::optional<double>> values(options.replicates);
  const auto places = places_of(levels);
  const double pairs = 2 * static_cast<double>(levels.n_cases) * static_cast<double>(levels.n_controls);
  const bool defined = levels.n_cases > 0 && levels.n_controls > 0;
  for_each_replicate(options, [&] {
    return
        [&, cases = std::vector<std::uint8_t>(levels.n_cases), controls = std::vector<std::uint8_t>(levels.n_controls),
         before = std::vector<std::uint32_t>(levels.n_controls + 1)](std::size_t r) mutable {
          if (!defined) return;
          Generator random(options.seed, r);
          multinomial(random, cases);
          multinomial(random, controls);
          std::uint32_t sum = 0;
          for (std::size_t j = 0; j < controls.size(); ++j) {
            before[j] = sum;
            sum += controls[j];
          }
          before[controls.size()] = sum;
          std::uint64_t wins = 0;
          for (std::size_t i = 0; i < cases.size(); ++i) {
            wins += static_cast<std::uint64_t>(cases[i]) * (before[places.below[i]] + before[places.up_to[i]]);
          }
          values[r] = static_cast<double>(wins) / pairs;
        };
  });
  return summary(values, "stratified", options);
}

Result<Bootstrapped> bootstrap_clusters(std::span<const double> score, std::span<const std::uint8_t> label,
                                        std::span<const std::uint32_t> cluster, std::uint32_t clusters,
                                        Direction direction, const Measure& measure, const BootstrapOptions& options) {
  if (cluster.size() != score.size()) {
    return rejected(say("scores and clusters differ in length", "점수와 군집의 길이가 다릅니다"), "clusters");
  }
  NARU_ASSIGN(const auto levels, levels_of(score, label, direction));
  // Rows by level, once.
  std::vector<std::uint32_t> level(score.size());
  for (std::size_t i = 0; i < score.size(); ++i) {
    const double x = score_of(key_of(direction == Direction::higher ? score[i] : -score[i]));
    const auto at = std::lower_bound(levels.score.begin(), levels.score.end(), x) - levels.score.begin();
    level[i] = static_cast<std::uint32_t>(at);
  }
  std::vector<std::optional<double>> values(options.replicates);
  for_each_replicate(options, [&] {
    return [&, counts = std::vector<std::uint8_t>(clusters), sample = Levels{}](std::size_t r) mutable {
      Generator random(options.seed, r);
      multinomial(random, counts);
      sample = levels;
      std::fill(sample.cases.begin(), sample.cases.end(), 0);
      std::fill(sample.controls.begin(), sample.controls.end(), 0);
      sample.n_cases = 0;
      sample.n_controls = 0;
      for (std::size_t i = 0; i < level.size(); ++i) {
        const std::uint64_t count = counts[cluster[i]];
        (label[i] == 1 ? sample.cases : sample.controls)[level[i]] += count;
        (label[i] == 1 ? sample.n_cases : sample.n_controls) += count;
      }
      compact(sample);
      values[r] = measure(sample);
    };
  });
  return summary(values, "cluster", options);
}

}  // namespace naru::evaluate
