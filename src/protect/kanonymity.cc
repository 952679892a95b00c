// The whole lattice, depth first: each node is rolled up from the one below it along one column, so no node counts the
// records again.
#include "protect/kanonymity.h"

#include "base/clock.h"
#include "protect/lattice.h"

#include <cmath>
#include <numeric>
#include <unordered_map>

namespace naru::protect {
namespace {

using detail::Coded;
using detail::Groups;

constexpr std::uint64_t nodes_max = 2'000'000;

struct Walk {
  const AnonymityRequest& request;
  const Coded& coded;
  Progress& progress;
  std::int64_t suppressed_max;
  std::uint64_t lattice_nodes;
  std::vector<std::size_t> levels;
  std::vector<std::vector<Groups>> room = {};  ///< two buffers per depth, so that nothing is allocated per node
  bool found = false;
  NodeScore best = {};
  std::vector<std::size_t> best_levels = {};
  std::uint64_t checked = 0;
};

bool better(const Walk& walk, const NodeScore& now) {
  if (!walk.found) return true;
  if (now.loss != walk.best.loss) return now.loss < walk.best.loss;
  const auto sum = [](const auto& levels) { return std::accumulate(levels.begin(), levels.end(), std::size_t{0}); };
  const auto mine = sum(walk.levels);
  const auto best = sum(walk.best_levels);
  return mine != best ? mine < best : walk.levels < walk.best_levels;
}

void visit(Walk& walk, const Groups& groups) {
  ++walk.checked;
  const auto now = detail::score(walk.coded, walk.request, groups, walk.levels);
  if (now.below_k > walk.suppressed_max || !better(walk, now)) return;
  walk.found = true;
  walk.best = now;
  walk.best_levels = walk.levels;
}

Done descend(Walk& walk, std::size_t column, const Groups& groups) {
  if (column == walk.coded.columns.size()) {
    visit(walk, groups);
    if (walk.checked % 512 == 0) {
      walk.progress.at(say("searching generalisations", "일반화 탐색"), walk.checked, walk.lattice_nodes);
      if (walk.progress.stop_requested()) return interrupted();
    }
    return {};
  }
  NARU_CHECK(descend(walk, column + 1, groups));
  const Groups* below = &groups;
  for (std::size_t level = 1; level < walk.coded.columns[column].levels; ++level) {
    auto& next = walk.room[column][level % 2];
    detail::roll_up(walk.coded, column, level - 1, *below, next);
    walk.levels[column] = level;
    NARU_CHECK(descend(walk, column + 1, next));
    below = &next;
  }
  walk.levels[column] = 0;
  return {};
}

}  // namespace

Result<AnonymityResult> anonymise(const AnonymityRequest& request, Progress& progress) {
  const double begin = steady_seconds();
  NARU_ASSIGN(const auto coded, detail::encode(request));
  AnonymityResult out;
  out.lattice_nodes = 1;
  for (const auto& column : coded.columns) {
    out.lattice_nodes *= column.levels;
    if (out.lattice_nodes > nodes_max) {
      return rejected(say("more than {} combinations of levels", "수준 조합이 {}개를 넘습니다", nodes_max), "columns",
                      say("give fewer levels or columns", "수준이나 열을 줄이세요"));
    }
  }
  const auto records = static_cast<double>(coded.records.size());
  Walk walk{.request = request,
            .coded = coded,
            .progress = progress,
            .suppressed_max = static_cast<std::int64_t>(std::floor(request.suppression_limit * records)),
            .lattice_nodes = out.lattice_nodes,
            .levels = std::vector<std::size_t>(coded.columns.size(), 0)};
  walk.room.resize(coded.columns.size());
  for (auto& pair : walk.room) pair.resize(2);
  NARU_CHECK(descend(walk, 0, coded.bottom));
  if (!walk.found) {
    return refused(say("no generalisation reaches k = {} within the suppression limit",
                       "삭제 한도 안에서 k = {}에 이르는 일반화가 없습니다", request.k),
                   "anonymity",
                   say("ask the policy's board for coarser levels or a higher limit",
                       "정책 심의기구에 더 거친 수준이나 높은 한도를 요청하세요"));
  }
  Groups groups;
  groups.clear(1024);
  for (const auto key : coded.records) groups.add(detail::key_at(coded, key, walk.best_levels), 1);
  std::unordered_map<std::uint64_t, std::int64_t> sizes;
  for (const auto& group : groups.all()) {
    sizes.emplace(group.key, group.count);
    out.classes += group.count >= request.k ? 1 : 0;
  }
  out.kept.reserve(coded.records.size());
  for (const auto key : coded.records) {
    out.kept.push_back(sizes.at(detail::key_at(coded, key, walk.best_levels)) >= request.k ? 1 : 0);
  }
  out.levels = std::move(walk.best_levels);
  out.loss = walk.best.loss;
  out.suppressed = walk.best.below_k;
  out.nodes_checked = walk.checked;
  out.search_seconds = steady_seconds() - begin;
  return out;
}

Result<NodeScore> score_node(const AnonymityRequest& request, const std::vector<std::size_t>& levels) {
  NARU_ASSIGN(const auto coded, detail::encode(request));
  if (levels.size() != coded.columns.size()) {
    return rejected(say("one level per column", "열마다 수준 하나가 필요합니다"), "levels");
  }
  for (std::size_t c = 0; c < levels.size(); ++c) {
    if (levels[c] >= coded.columns[c].levels) {
      return rejected(say("no such level", "그런 수준은 없습니다"), request.columns[c].name);
    }
  }
  Groups groups;
  groups.clear(1024);
  for (const auto key : coded.records) groups.add(detail::key_at(coded, key, levels), 1);
  return detail::score(coded, request, groups, levels);
}

}  // namespace naru::protect
