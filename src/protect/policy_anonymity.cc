#include "protect/policy_parts.h"

#include "model/omop.h"

#include <algorithm>
#include <set>

namespace naru::protect::detail {
namespace {

Result<QuasiIdentifier> read_quasi(const Reader& reader) {
  NARU_CHECK(reader.only({"name", "kind", "column", "levels"}));
  QuasiIdentifier quasi;
  NARU_ASSIGN(quasi.name, reader.text("name"));
  NARU_ASSIGN(quasi.column, reader.text("column"));
  NARU_ASSIGN(const auto kind, reader.text("kind"));
  const auto* column = model::table_named("person")->column(quasi.column);
  if (column == nullptr) {
    return bad(reader.where() + ".column", say("person has no such column", "person 표에 없는 열입니다"));
  }
  if (kind == "year") {
    quasi.kind = QuasiKind::year;
    NARU_ASSIGN(const auto bands, reader.array("levels"));
    for (const auto& [value, where] : bands) {
      const bool whole = value->is_number_integer();
      const auto band = whole ? value->get<std::int64_t>() : -1;
      const bool finer = !quasi.bands.empty() && (quasi.bands.back() == 0 || (band != 0 && band <= quasi.bands.back()));
      // Each band must hold whole bands of the level before it, or a level would not be a generalisation of the last.
      const bool nested = quasi.bands.empty() || finer || band == 0 || band % quasi.bands.back() == 0;
      if (!whole || band < 0 || band > 100 || finer || !nested) {
        return bad(where, say("each band is a multiple of the one before; 0 stands last",
                              "각 구간은 앞 구간의 배수이며 0은 마지막입니다"));
      }
      quasi.bands.push_back(band);
    }
    if (quasi.bands.empty() || quasi.column != "year_of_birth") {
      return bad(reader.where(), say("bands of years belong to year_of_birth", "연도 구간은 year_of_birth에만 씁니다"));
    }
    return quasi;
  }
  NARU_ASSIGN(quasi.levels, reader.texts("levels"));
  using Levels = std::vector<std::string>;
  if (kind == "place") {
    quasi.kind = QuasiKind::place;
    // From fine to coarse; each place is shown with the coarser ones around it, so that levels nest.
    const Levels all{"zip", "county", "state", "none"};
    auto at = all.begin();
    for (const auto& level : quasi.levels) at = at == all.end() ? at : std::find(at, all.end(), level);
    const bool known = !quasi.levels.empty() && at != all.end() && quasi.levels.back() == "none" &&
                       std::set<std::string>(quasi.levels.begin(), quasi.levels.end()).size() == quasi.levels.size();
    if (known && quasi.column == "location_id") return quasi;
  } else if (kind == "code") {
    const bool known = quasi.levels == Levels{"keep", "none"} || quasi.levels == Levels{"keep"};
    if (known && column->role == model::Role::concept_id) return quasi;
  }
  return bad(reader.where(), say("kind, column and levels do not fit together", "종류, 열, 수준이 서로 맞지 않습니다"));
}

}  // namespace

Done read_anonymity(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto reader, root.object("anonymity"));
  NARU_CHECK(reader.only({"k", "suppression_limit", "quasi_identifiers", "clause"}));
  auto& out = policy.anonymity;
  NARU_ASSIGN(out.k, bounded(reader, "k", 2, 1'000'000));
  NARU_ASSIGN(out.suppression_limit, reader.number("suppression_limit"));
  if (!(out.suppression_limit >= 0 && out.suppression_limit <= 1)) {
    return bad(reader.where() + ".suppression_limit", say("a share from 0 to 1", "0에서 1 사이의 비율이어야 합니다"));
  }
  NARU_ASSIGN(out.clause, clause_of(reader, "anonymity", policy));
  NARU_ASSIGN(const auto quasi, reader.array("quasi_identifiers"));
  std::set<std::string> columns;
  std::set<std::string> names;
  for (const auto& [value, where] : quasi) {
    NARU_ASSIGN(const auto each, Reader::of(*value, where));
    NARU_ASSIGN(auto made, read_quasi(each));
    if (!columns.insert(made.column).second || !names.insert(made.name).second) {
      return bad(where, say("stands twice", "두 번 나옵니다"));
    }
    out.quasi_identifiers.push_back(std::move(made));
  }
  // A column marked for generalisation that no quasi-identifier takes up would be released as it is.
  for (const auto& rule : policy.rule_of("person")->columns) {
    const bool quasi_like = rule.treatment == Treatment::generalise || rule.treatment == Treatment::year ||
                            rule.treatment == Treatment::refer;
    if (quasi_like && !columns.contains(rule.column)) {
      return bad(reader.where() + ".quasi_identifiers", say("person.{} is released but is no quasi-identifier",
                                                            "person.{} 열이 준식별자에 없습니다", rule.column));
    }
  }
  // A place that leaves the holder and that no level takes up would stand at the combiner for nothing.
  for (const auto& rule : policy.rule_of("location")->columns) {
    if (rule.treatment != Treatment::generalise) continue;
    const bool taken = std::ranges::any_of(out.quasi_identifiers, [&](const QuasiIdentifier& quasi) {
      return quasi.kind == QuasiKind::place && std::ranges::find(quasi.levels, rule.column) != quasi.levels.end();
    });
    if (!taken) {
      return bad(reader.where() + ".quasi_identifiers", say("location.{} is generalised but no level shows it",
                                                            "location.{} 열을 보이는 수준이 없습니다", rule.column));
    }
  }
  for (const auto& made : out.quasi_identifiers) {
    const auto* rule = policy.rule_of("person")->rule_of(made.column);
    if (rule->treatment == Treatment::drop) {
      return bad(reader.where() + ".quasi_identifiers",
                 say("person.{} is dropped", "person.{} 열은 삭제되는 열입니다", made.column));
    }
  }
  return {};
}

}  // namespace naru::protect::detail
