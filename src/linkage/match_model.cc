#include "linkage/match_model.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

namespace naru::linkage {
namespace {

constexpr std::size_t rounds = 25;
constexpr std::size_t sample_pairs_max = 300'000;
constexpr std::size_t random_pairs = 200'000;

constexpr std::size_t place(Level level) { return static_cast<std::size_t>(level); }
constexpr Pattern with(Pattern pattern, std::size_t column, Level level) {
  return (pattern & ~(Pattern{15} << (4 * column))) | static_cast<Pattern>(level) << (4 * column);
}

Level level_between(const MatchTable& table, std::size_t column, std::uint32_t x, std::uint32_t y) {
  if (x == 0 || y == 0) return Level::missing;
  if (x == y) return Level::exact;
  return compare(table.columns[column].kind, table.value(column, x), table.value(column, y));
}

bool alike(Level level) { return level == Level::exact || level == Level::close; }

// Two name fields that do not agree as they stand may agree crosswise. The first then carries the agreement; the second
// says nothing more when its own value agrees too or is missing.
void look_across(const MatchTable& table, std::uint32_t a, std::uint32_t b, std::size_t first, std::size_t second,
                 Pattern& pattern) {
  if (alike(level_of(pattern, first)) || alike(level_of(pattern, second))) return;
  const auto& left = table.codes[first];
  const auto& right = table.codes[second];
  const bool one = left[a] != 0 && left[a] == right[b];
  const bool other = right[a] != 0 && right[a] == left[b];
  if (!one && !other) return;
  pattern = with(pattern, first, Level::swapped);
  const auto rest =
      one ? level_between(table, second, right[a], left[b]) : level_between(table, first, left[a], right[b]);
  pattern = with(pattern, second, alike(rest) ? Level::missing : rest);
}

}  // namespace

double probability_of(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

Pattern pattern_of(const MatchTable& table, std::uint32_t a, std::uint32_t b) {
  Pattern out = 0;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    out |= static_cast<Pattern>(level_between(table, c, table.codes[c][a], table.codes[c][b])) << (4 * c);
  }
  for (std::size_t first = 0; first < table.columns.size(); ++first) {
    for (auto second = first + 1; second < table.columns.size(); ++second) {
      if (table.dictionary_of[first] == table.dictionary_of[second]) look_across(table, a, b, first, second, out);
    }
  }
  return out;
}

std::vector<Pattern> patterns_of(const MatchTable& table, const std::vector<RowPair>& pairs, unsigned threads) {
  std::vector<Pattern> out(pairs.size());
  threads = std::clamp(threads == 0 ? std::thread::hardware_concurrency() : threads, 1U, 64U);
  const auto part = [&](unsigned number) {
    const auto to = pairs.size() * (number + 1) / threads;
    for (auto i = pairs.size() * number / threads; i < to; ++i) out[i] = pattern_of(table, pairs[i].a, pairs[i].b);
  };
  std::vector<std::jthread> pool;
  for (unsigned number = 1; number < threads; ++number) pool.emplace_back(part, number);
  part(0);
  return out;
}

MatchModel::MatchModel(const MatchTable& table, const std::vector<RowPair>& pairs, const std::vector<Pattern>& patterns)
    : table_(&table), fields_(table.columns.size()), weights_(table.columns.size()) {
  for (const auto& dictionary : table.dictionaries) {
    auto& rarity = rarity_.emplace_back();
    for (const auto count : dictionary.counts) {
      rarity.push_back(count == 0 ? 0 : -std::log(count / static_cast<double>(table.rows())));
    }
  }
  learn_differences();
  learn_agreements(pairs, patterns);
}

void MatchModel::learn_differences() {
  // A fixed generator over rows in the order of their ids: the same records give the same model.
  std::mt19937_64 draw(20'261'126);
  const std::uint64_t left = table_->left_rows;
  const std::uint64_t from = table_->two_files ? left : 0;
  const std::uint64_t right = table_->rows() - from;
  for (auto& field : fields_) field.u.fill(0.5);
  if (left > 0 && right > 0) {
    for (std::size_t k = 0; k < random_pairs; ++k) {
      const auto a = static_cast<std::uint32_t>(draw() % left);
      const auto b = static_cast<std::uint32_t>(from + draw() % right);
      if (a == b) continue;
      const auto pattern = pattern_of(*table_, a, b);
      for (std::size_t c = 0; c < fields_.size(); ++c) ++fields_[c].u[place(level_of(pattern, c))];
    }
  }
  for (auto& field : fields_) {
    field.u[place(Level::missing)] = 0;
    double all = 0;
    for (const auto share : field.u) all += share;
    for (auto& share : field.u) share /= all;
  }
}

void MatchModel::settle_weights() {
  for (std::size_t c = 0; c < fields_.size(); ++c) {
    for (std::size_t level = 0; level < level_count; ++level) {
      const bool by_value = level == place(Level::exact) || level == place(Level::swapped);
      weights_[c][level] = std::log(fields_[c].m[level] / (by_value ? 1 : fields_[c].u[level]));
    }
    weights_[c][place(Level::missing)] = 0;
  }
}

void MatchModel::learn_agreements(const std::vector<RowPair>& pairs, const std::vector<Pattern>& patterns) {
  for (auto& field : fields_) field.m = {0.85, 0.05, 0.03, 0.02, 0.03, 0.02, 0};
  const double all = table_->two_files ? static_cast<double>(table_->left_rows) * (table_->rows() - table_->left_rows)
                                       : static_cast<double>(table_->rows()) * (table_->rows() - 1.0) / 2;
  const auto step = std::max<std::size_t>(1, (pairs.size() + sample_pairs_max - 1) / sample_pairs_max);
  double matches = std::max(1.0, static_cast<double>(pairs.size()) * 0.1);
  prior_ = std::min(0.5, matches / std::max(1.0, all));
  settle_weights();
  for (std::size_t round = 0; round < rounds && !pairs.empty(); ++round) {
    std::vector<std::array<double, level_count>> seen(fields_.size());
    for (auto& each : seen) each.fill(1e-3);
    matches = 0;
    for (std::size_t i = 0; i < pairs.size(); i += step) {
      const double p = probability_of(log_odds(pairs[i].a, pairs[i].b, patterns[i]));
      matches += p;
      for (std::size_t c = 0; c < fields_.size(); ++c) seen[c][place(level_of(patterns[i], c))] += p;
    }
    for (std::size_t c = 0; c < fields_.size(); ++c) {
      seen[c][place(Level::missing)] = 0;
      double sum = 0;
      for (const auto share : seen[c]) sum += share;
      for (std::size_t level = 0; level < level_count; ++level) fields_[c].m[level] = seen[c][level] / sum;
    }
    prior_ = std::clamp(matches * static_cast<double>(step) / all, 1e-12, 0.5);
    settle_weights();
  }
}

double MatchModel::log_odds(std::uint32_t a, std::uint32_t b, Pattern pattern) const {
  double out = std::log(prior_ / (1 - prior_));
  for (std::size_t c = 0; c < fields_.size(); ++c) {
    const auto level = level_of(pattern, c);
    out += weights_[c][place(level)];
    if (level == Level::exact) {
      out += rarity_[table_->dictionary_of[c]][table_->codes[c][a]];
    } else if (level == Level::swapped) {
      // The value that stands in another field of the other record: the rarer reading of the two.
      double rarity = 0;
      for (std::size_t other = c + 1; other < fields_.size(); ++other) {
        if (table_->dictionary_of[other] != table_->dictionary_of[c]) continue;
        const auto& rare = rarity_[table_->dictionary_of[c]];
        if (table_->codes[c][a] != 0 && table_->codes[c][a] == table_->codes[other][b]) {
          rarity += rare[table_->codes[c][a]];
        }
        if (table_->codes[other][a] != 0 && table_->codes[other][a] == table_->codes[c][b]) {
          rarity += rare[table_->codes[other][a]];
        }
      }
      out += rarity;
    }
  }
  return out;
}

}  // namespace naru::linkage
