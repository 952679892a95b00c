#include "protect/codes.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

namespace naru::protect::detail {
namespace {

Error bad_hierarchy(const std::string& name, Text what, Text hint, std::size_t row) {
  return rejected(std::move(what), fmt::format("{}: hierarchy row {}", name, row + 1), std::move(hint));
}

// Codes of one level in order of first appearance, and each hierarchy row's code.
struct LevelCodes {
  std::vector<std::uint32_t> of_row;
  std::uint32_t count = 0;
};

LevelCodes codes_of_level(const Hierarchy& hierarchy, std::size_t level) {
  LevelCodes out;
  std::unordered_map<std::string_view, std::uint32_t> seen;
  out.of_row.reserve(hierarchy.cells.size());
  for (const auto& row : hierarchy.cells) {
    const auto [at, fresh] = seen.emplace(row[level], out.count);
    if (fresh) ++out.count;
    out.of_row.push_back(at->second);
  }
  return out;
}

Result<std::vector<std::uint32_t>> steps_up(const std::string& name, const LevelCodes& below, const LevelCodes& above) {
  std::vector<std::uint32_t> up(below.count, UINT32_MAX);
  for (std::size_t r = 0; r < below.of_row.size(); ++r) {
    auto& target = up[below.of_row[r]];
    if (target != UINT32_MAX && target != above.of_row[r]) {
      return bad_hierarchy(name,
                           say("no tree: a value is generalised in two ways",
                               "나무 구조가 아닙니다. 한 값이 두 가지로 "
                               "일반화됩니다"),
                           say("give each value of a level one value of the next level",
                               "한 수준의 값마다 다음 수준의 값을 하나만 주세요"),
                           r);
    }
    target = above.of_row[r];
  }
  return up;
}

}  // namespace

Result<CodedColumn> encode_hierarchy(const std::string& name, const Hierarchy& hierarchy) {
  CodedColumn out{.name = name, .levels = hierarchy.levels()};
  const auto& cells = hierarchy.cells;
  if (out.levels == 0) {
    return bad_hierarchy(name, say("an empty hierarchy", "빈 일반화 계층입니다"),
                         say("one line per value: value, level 1, …", "값마다 한 줄: 값, 1수준, …"), 0);
  }
  for (std::size_t r = 0; r < cells.size(); ++r) {
    if (cells[r].size() != out.levels) {
      return bad_hierarchy(name, say("another number of levels than the first row", "첫 행과 수준 수가 다릅니다"),
                           say("give every value {} levels", "모든 값에 수준 {}개를 주세요", out.levels), r);
    }
  }
  out.domain = static_cast<std::int64_t>(cells.size());
  auto before = codes_of_level(hierarchy, 0);
  for (std::size_t r = 0; r < cells.size(); ++r) {
    if (before.of_row[r] != r) {
      return bad_hierarchy(name, say("a value stands twice", "값이 두 번 나옵니다"),
                           say("keep one row of it", "한 행만 남기세요"), r);
    }
  }
  for (std::size_t level = 0; level < out.levels; ++level) {
    auto now = level == 0 ? before : codes_of_level(hierarchy, level);
    auto& rows = out.rows.emplace_back(now.count, 0);
    for (const auto code : now.of_row) ++rows[code];
    if (level > 0) {
      NARU_ASSIGN(auto up, steps_up(name, before, now));
      out.up.push_back(std::move(up));
    }
    out.at.push_back(now.of_row);
    before = std::move(now);
  }
  return out;
}

void settle(Problem& problem, double suppression_limit) {
  problem.suppressed_max =
      static_cast<std::int64_t>(std::floor(suppression_limit * static_cast<double>(problem.records)));
  problem.least_class = std::max<std::int64_t>(1, problem.models.k);
  // A class of l different values holds l records, and entropy and recursive diversity ask for l different values too.
  for (const auto& one : problem.models.diversity) {
    problem.least_class = std::max(problem.least_class, static_cast<std::int64_t>(std::ceil(one.l - 1e-9)));
  }
}

}  // namespace naru::protect::detail
