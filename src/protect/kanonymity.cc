#include "protect/kanonymity.h"

#include "base/clock.h"

namespace naru::protect {

Result<AnonymityResult> anonymise(const AnonymityRequest& request, Progress& progress) {
  const double begin = steady_seconds();
  if (request.k < 2) return rejected(say("k is at least 2", "k는 2 이상입니다"), "k");
  AnonymiserSpec spec{.suppression_limit = request.suppression_limit};
  spec.models.k = request.k;
  spec.utility.aggregate = request.aggregate;
  for (const auto& column : request.columns)
    spec.columns.push_back({.name = column.name, .hierarchy = column.hierarchy});
  NARU_ASSIGN(auto anonymiser, Anonymiser::of(std::move(spec)));
  const auto records = request.columns.front().rows.size();
  for (const auto& column : request.columns) {
    if (column.rows.size() != records) {
      return rejected(say("another number of records than the first column", "첫 열과 행 수가 다릅니다"), column.name);
    }
    for (std::size_t i = 0; i < records; ++i) {
      if (column.rows[i] < column.hierarchy.cells.size()) continue;
      return rejected(say("a value is not in the hierarchy", "계층에 없는 값입니다"),
                      fmt::format("{}: record {}", column.name, i + 1));
    }
  }
  std::vector<std::uint32_t> rows(request.columns.size());
  const auto take = [&](std::size_t i) {
    for (std::size_t c = 0; c < rows.size(); ++c) rows[c] = request.columns[c].rows[i];
  };
  for (std::size_t i = 0; i < records; ++i) {
    take(i);
    anonymiser.add(rows, {});
  }
  if (request.k > static_cast<std::int64_t>(records)) {
    return refused(say("fewer than k = {} records", "행이 k = {}보다 적습니다", request.k), "anonymity",
                   say("nothing can be released", "공개할 수 있는 것이 없습니다"));
  }
  NARU_CHECK(anonymiser.finish());
  NARU_ASSIGN(auto best, anonymiser.search({}, progress));
  AnonymityResult out{.levels = best.levels,
                      .loss = best.loss,
                      .suppressed = best.suppressed,
                      .classes = best.classes,
                      .lattice_nodes = best.lattice_nodes,
                      .nodes_checked = best.nodes_checked};
  const auto keeper = anonymiser.keeper(best.levels);
  out.kept.reserve(records);
  for (std::size_t i = 0; i < records; ++i) {
    take(i);
    out.kept.push_back(keeper.class_of(rows) >= 0 ? 1 : 0);
  }
  out.search_seconds = steady_seconds() - begin;
  return out;
}

}  // namespace naru::protect
