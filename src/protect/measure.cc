#include "protect/measure.h"

#include <algorithm>
#include <cmath>

namespace naru::protect::detail {
namespace {

// Ten decimals, cut: the convention of the published reference.
constexpr double decimals = 1e10;
// What cutting and the order of sums can move a column's value by; bounds stay below by this much.
constexpr double slack = 2e-10;

}  // namespace

Measure::Measure(const Problem& problem) : problem_(problem), records_(static_cast<double>(problem.records)) {
  const double gs = problem.utility.gs_factor;
  s_ = gs < 0.5 ? 2 * gs : 1;
  g_ = gs <= 0.5 ? 1 : 1 - 2 * (gs - 0.5);
  double weights = 0;
  for (const auto& column : problem.columns) {
    weights += column.weight;
    equal_weights_ = equal_weights_ && column.weight == problem.columns.front().weight;
  }
  for (const auto& coded : problem.columns) {
    const auto domain = static_cast<double>(coded.domain);
    auto& column =
        columns_.emplace_back(Column{.levels = {}, .weight = coded.weight / weights, .least = g_ * records_ / domain});
    for (std::size_t l = 0; l < coded.levels; ++l) {
      auto& level = column.levels.emplace_back();
      level.records.assign(coded.values(l), 0);
      for (std::size_t r = 0; r < coded.records.size(); ++r) level.records[coded.at[l][r]] += coded.records[r];
      for (const auto rows : coded.rows[l]) level.share.push_back(static_cast<double>(rows) / domain);
      for (std::size_t v = 0; v < level.share.size(); ++v) {
        const auto records = static_cast<double>(level.records[v]);
        level.kept_whole += g_ * records * level.share[v];
        if (records > 0) level.additions.emplace_back(s_ + level.share[v] * (1 - s_ - g_), records);
      }
      std::ranges::sort(level.additions);
      std::size_t last = 0;
      for (std::size_t i = 1; i < level.additions.size(); ++i) {
        const bool same = level.additions[i].first == level.additions[last].first;
        if (same) {
          level.additions[last].second += level.additions[i].second;
        } else {
          level.additions[++last] = level.additions[i];
        }
      }
      if (!level.additions.empty()) level.additions.resize(last + 1);
      if (problem.utility.metric != Metric::non_uniform_entropy) continue;
      long double entropy = 0;
      for (std::size_t r = 0; r < coded.records.size(); ++r) {
        if (coded.records[r] == 0) continue;
        const auto in = static_cast<double>(coded.records[r]);
        entropy -= in * std::log2(in / static_cast<double>(level.records[coded.at[l][r]]));
      }
      level.kept_whole = static_cast<double>(entropy);
    }
  }
}

bool Measure::over_classes() const {
  return problem_.utility.metric == Metric::discernibility || problem_.utility.metric == Metric::average_class_size;
}

double Measure::addition(const Level& level, double suppressed) const {
  double out = 0;
  for (const auto& [each, records] : level.additions) {
    const double taken = std::min(suppressed, records);
    out += taken * each;
    suppressed -= taken;
    if (suppressed <= 0) break;
  }
  return out;
}

double Measure::normalised(const Column& column, double lost) const {
  // A domain of one value cannot lose anything.
  return records_ > column.least ? (lost - column.least) / (records_ - column.least) : 0;
}

double Measure::term(std::size_t c, std::size_t l, std::int64_t suppressed) const {
  const auto& column = columns_[c];
  const auto& level = column.levels[l];
  const auto lost = static_cast<double>(suppressed);
  double value = 0;
  switch (problem_.utility.metric) {
    case Metric::loss:
      value = std::max(0.0, normalised(column, level.kept_whole + addition(level, lost)) - slack);
      break;
    case Metric::precision: {
      const auto height = static_cast<double>(column.levels.size() - 1);
      const double kept = height == 0 ? 0 : static_cast<double>(l) / height;
      value = std::max(0.0, kept + (1 - kept) * lost / records_ - slack);
      break;
    }
    case Metric::non_uniform_entropy:
      return problem_.columns[c].weight * level.kept_whole;
    case Metric::discernibility:
    case Metric::average_class_size:
      return 0;
  }
  const bool geometric = problem_.utility.aggregate == LossAggregate::geometric_mean;
  return column.weight * (geometric ? std::log1p(value) : value);
}

double Measure::summed(double loss) const {
  const auto metric = problem_.utility.metric;
  const bool means = metric == Metric::loss || metric == Metric::precision;
  return means && problem_.utility.aggregate == LossAggregate::geometric_mean ? std::log1p(loss) : loss;
}

double Measure::unsummed(double sum) const {
  const auto metric = problem_.utility.metric;
  const bool means = metric == Metric::loss || metric == Metric::precision;
  return means && problem_.utility.aggregate == LossAggregate::geometric_mean ? std::expm1(sum) : sum;
}

double Measure::aggregate(const std::vector<double>& values) const {
  const bool geometric = problem_.utility.aggregate == LossAggregate::geometric_mean;
  double out = geometric && equal_weights_ ? 1 : 0;
  for (std::size_t c = 0; c < values.size(); ++c) {
    if (equal_weights_) {
      geometric ? out *= 1 + values[c] : out += values[c];
    } else {
      out += columns_[c].weight * (geometric ? std::log1p(values[c]) : values[c]);
    }
  }
  const auto count = static_cast<double>(values.size());
  if (!equal_weights_) return geometric ? std::expm1(out) : out;
  return geometric ? std::pow(out, 1 / count) - 1 : out / count;
}

double Measure::loss_of(const std::vector<std::vector<std::int64_t>>& suppressed, std::int64_t all,
                        const std::vector<std::size_t>& levels) const {
  std::vector<double> values;
  long double entropy = 0;
  for (std::size_t c = 0; c < levels.size(); ++c) {
    const auto& column = columns_[c];
    const auto& level = column.levels[levels[c]];
    if (problem_.utility.metric == Metric::precision) {
      const auto height = static_cast<double>(column.levels.size() - 1);
      const double kept = height == 0 ? 0 : static_cast<double>(levels[c]) / height;
      values.push_back(((records_ - static_cast<double>(all)) * kept + static_cast<double>(all)) / records_);
      continue;
    }
    if (problem_.utility.metric == Metric::non_uniform_entropy) {
      long double own = level.kept_whole;
      for (const auto count : suppressed[c]) {
        if (count > 0)
          own -= static_cast<double>(count) * std::log2(static_cast<double>(count) / static_cast<double>(all));
      }
      entropy += problem_.columns[c].weight * own;
      continue;
    }
    double lost = s_ == 1 ? static_cast<double>(all) : 0;
    for (std::size_t v = 0; v < level.share.size(); ++v) {
      const auto gone = suppressed[c][v];
      lost += g_ * static_cast<double>(level.records[v] - gone) * level.share[v];
      if (s_ != 1) lost += static_cast<double>(gone) * (level.share[v] + s_ * (1 - level.share[v]));
    }
    values.push_back(std::max(0.0, std::floor(normalised(column, lost) * decimals) / decimals));
  }
  return problem_.utility.metric == Metric::non_uniform_entropy ? static_cast<double>(entropy) : aggregate(values);
}

template <class Key>
double Measure::score(const Table<Key>& plain, const std::vector<std::uint8_t>& kept, const Verdict& verdict,
                      const std::vector<std::size_t>& levels) const {
  const auto metric = problem_.utility.metric;
  if (metric == Metric::average_class_size) {
    return records_ / static_cast<double>(verdict.kept_classes + (verdict.suppressed > 0 ? 1 : 0));
  }
  if (metric == Metric::discernibility) {
    double out = records_ * static_cast<double>(verdict.suppressed);
    std::uint64_t squares = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::uint64_t count = plain.groups[i].count;
      squares += kept[i] != 0 ? count * count : 0;
    }
    return out + static_cast<double>(squares);
  }
  // Records per generalised value, as whole numbers: the loss then does not depend on the order of classes. The fewer
  // of kept and suppressed classes are looked at; the others follow from the column's totals.
  const bool look_at_kept = verdict.kept_classes * 2 < static_cast<std::int64_t>(kept.size());
  std::vector<std::vector<std::int64_t>> gone(levels.size());
  if (metric == Metric::precision) return loss_of(gone, verdict.suppressed, levels);
  for (std::size_t c = 0; c < levels.size(); ++c) gone[c].assign(columns_[c].levels[levels[c]].share.size(), 0);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if ((kept[i] != 0) != look_at_kept) continue;
    const auto& group = plain.groups[i];
    for (std::size_t c = 0; c < levels.size(); ++c) gone[c][code_of(group.key, plain.layout[c])] += group.count;
  }
  if (look_at_kept) {
    for (std::size_t c = 0; c < levels.size(); ++c) {
      const auto& records = columns_[c].levels[levels[c]].records;
      for (std::size_t v = 0; v < records.size(); ++v) gone[c][v] = records[v] - gone[c][v];
    }
  }
  return loss_of(gone, verdict.suppressed, levels);
}

template <class Key>
double Measure::class_bound(const Table<Key>& finest, std::int64_t suppressed) const {
  const auto lost = static_cast<double>(suppressed);
  const auto least = static_cast<double>(problem_.least_class);
  if (problem_.utility.metric == Metric::average_class_size) {
    double classes = 0;
    for (const auto& group : finest.groups) classes += group.count > 0 ? 1 : 0;
    return records_ / (std::min(classes, (records_ - lost) / least) + 1);
  }
  // A suppressed record costs all records and stood in a class below `least`; a kept one costs at least its class here.
  double squares = 0;
  for (const auto& group : finest.groups)
    squares += static_cast<double>(group.count) * static_cast<double>(group.count);
  return squares + lost * std::max(0.0, records_ - least + 1);
}

template double Measure::score(const Table<Narrow>&, const std::vector<std::uint8_t>&, const Verdict&,
                               const std::vector<std::size_t>&) const;
template double Measure::score(const Table<Wide>&, const std::vector<std::uint8_t>&, const Verdict&,
                               const std::vector<std::size_t>&) const;
template double Measure::class_bound(const Table<Narrow>&, std::int64_t) const;
template double Measure::class_bound(const Table<Wide>&, std::int64_t) const;

}  // namespace naru::protect::detail
