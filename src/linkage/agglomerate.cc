#include "linkage/agglomerate.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

namespace naru::linkage {
namespace {

constexpr std::size_t sample_rows = 6;

class Groups {
 public:
  Groups(const MatchTable& table, const MatchModel& model)
      : table_(&table), model_(&model), parent_(table.rows()), members_(table.rows()) {
    std::iota(parent_.begin(), parent_.end(), 0U);
    for (std::uint32_t row = 0; row < table.rows(); ++row) members_[row] = {row};
  }
  std::uint32_t root(std::uint32_t row) {
    while (parent_[row] != row) row = parent_[row] = parent_[parent_[row]];
    return row;
  }
  // Mean weight over the pairs of two samples, spread over each group's rows in order.
  [[nodiscard]] double mean_between(std::uint32_t a, std::uint32_t b) const {
    const auto& left = members_[a];
    const auto& right = members_[b];
    const auto step_left = (left.size() + sample_rows - 1) / sample_rows;
    const auto step_right = (right.size() + sample_rows - 1) / sample_rows;
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i < left.size(); i += step_left) {
      for (std::size_t j = 0; j < right.size(); j += step_right) {
        const auto x = std::min(left[i], right[j]);
        const auto y = std::max(left[i], right[j]);
        sum += model_->log_odds(x, y, pattern_of(*table_, x, y));
        ++count;
      }
    }
    return sum / count;
  }
  void join(std::uint32_t a, std::uint32_t b, double weight, std::vector<WeighedPair>& out) {
    for (const auto x : members_[a]) {
      for (const auto y : members_[b]) out.push_back({{std::min(x, y), std::max(x, y)}, weight});
    }
    if (members_[a].size() < members_[b].size()) std::swap(a, b);
    parent_[b] = a;
    auto& joined = members_[a];
    const auto middle = static_cast<std::ptrdiff_t>(joined.size());
    joined.insert(joined.end(), members_[b].begin(), members_[b].end());
    std::inplace_merge(joined.begin(), joined.begin() + middle, joined.end());
    members_[b] = {};
  }
  [[nodiscard]] std::size_t rows_of(std::uint32_t a, std::uint32_t b) const {
    return members_[a].size() + members_[b].size();
  }

 private:
  const MatchTable* table_;
  const MatchModel* model_;
  std::vector<std::uint32_t> parent_;
  std::vector<std::vector<std::uint32_t>> members_;
};

}  // namespace

void sort_by_weight(std::vector<WeighedPair>& pairs) {
  std::ranges::sort(pairs, [](const WeighedPair& x, const WeighedPair& y) {
    return x.log_odds != y.log_odds ? x.log_odds > y.log_odds : x.rows < y.rows;
  });
}

Result<std::vector<WeighedPair>> agglomerate(const MatchTable& table, const MatchModel& model,
                                             const std::vector<WeighedPair>& pairs, double least, Progress& progress) {
  std::vector<WeighedPair> out;
  Groups groups(table, model);
  // Two groups that were found apart are asked again only after one of them has grown.
  std::unordered_map<std::uint64_t, std::size_t> apart;
  const auto deed = say("joining records to persons", "레코드를 사람으로 묶는 중");
  for (std::size_t i = 0; i < pairs.size() && pairs[i].log_odds >= least; ++i) {
    if (i % 65'536 == 0) {
      if (progress.stop_requested()) return interrupted();
      progress.at(deed, i, pairs.size());
    }
    const auto a = groups.root(pairs[i].rows.a);
    const auto b = groups.root(pairs[i].rows.b);
    if (a == b) continue;
    auto& asked = apart[static_cast<std::uint64_t>(std::min(a, b)) << 32U | std::max(a, b)];
    if (asked == groups.rows_of(a, b)) continue;
    const double mean = groups.mean_between(a, b);
    asked = groups.rows_of(a, b);
    if (mean >= least) groups.join(a, b, mean, out);
  }
  return out;
}

std::vector<WeighedPair> one_to_one(const std::vector<WeighedPair>& pairs, double least) {
  std::vector<WeighedPair> out;
  std::unordered_set<std::uint32_t> taken;
  for (const auto& pair : pairs) {
    if (pair.log_odds < least) break;
    if (taken.contains(pair.rows.a) || taken.contains(pair.rows.b)) continue;
    taken.insert(pair.rows.a);
    taken.insert(pair.rows.b);
    out.push_back(pair);
  }
  return out;
}

}  // namespace naru::linkage
