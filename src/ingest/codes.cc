#include "ingest/codes.h"

#include "ingest/batch.h"
#include "vocabulary/vocabulary.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace naru::ingest {
namespace {

using vocabulary::Mapped;
using vocabulary::SourceCode;
using Pair = std::pair<std::int64_t, std::int64_t>;

// Classifications say less than codes of products and findings, so they come last.
int specificity(std::string_view vocabulary_id) {
  if (vocabulary_id == "ATC") return 2;
  return vocabulary_id.empty() || vocabulary_id.find_first_of(":/") != std::string_view::npos ? 1 : 0;
}

std::string vocabulary_of(const std::string& system) {
  const auto known = vocabulary::vocabulary_of_system(system);
  // HIRA tables have no URI: their codings carry "vocabulary:ID".
  if (known.empty() && system.starts_with("vocabulary:")) return system.substr(11);
  // A system the vocabularies do not know keeps its name, so that a steward can map its codes.
  return known.empty() ? system : std::string(known);
}

/// One code of a list with what was found for it.
struct Candidate {
  std::string vocabulary_id;
  const Mapped* found = nullptr;
  bool preferred = false;
};

/// Pairs (ancestor, descendant) among the standard concepts that stand side by side in one list.
Result<std::set<Pair>> ancestors_among(Work& work, const std::vector<std::vector<Candidate>>& lists) {
  std::set<Pair> asked;
  for (const auto& list : lists) {
    for (const auto& one : list) {
      for (const auto& other : list) {
        if (one.found->concept_id == 0 || other.found->concept_id == 0) continue;
        if (one.vocabulary_id != other.vocabulary_id || one.found->concept_id == other.found->concept_id) continue;
        asked.emplace(one.found->concept_id, other.found->concept_id);
      }
    }
  }
  std::set<Pair> found;
  const auto file = work.layout.vocabulary() / "concept_ancestor.parquet";
  if (asked.empty() || !fs::exists(file)) return found;
  NARU_CHECK(work.database.run("CREATE OR REPLACE TABLE beside (a BIGINT, d BIGINT)"));
  Batch batch("beside", {{"a", engine::Kind::integer}, {"d", engine::Kind::integer}});
  for (const auto& [ancestor, descendant] : asked) {
    batch.put(ancestor);
    batch.put(descendant);
    batch.end_row();
    if (batch.full()) NARU_CHECK(batch.flush(work.database));
  }
  NARU_CHECK(batch.flush(work.database));
  NARU_ASSIGN(const auto rows, work.database.query("SELECT DISTINCT a, d FROM beside JOIN " + engine::parquet(file) +
                                                   " ON ancestor_concept_id = a AND descendant_concept_id = d"));
  for (std::size_t row = 0; row < rows.count; ++row) found.emplace(rows.integer(0, row), rows.integer(1, row));
  return found;
}

/// Place of the best code of a list.
std::size_t best_of(const std::vector<Candidate>& list, const std::set<Pair>& ancestors) {
  const auto is_general = [&](const Candidate& one) {
    return std::ranges::any_of(list, [&](const Candidate& other) {
      return ancestors.contains({one.found->concept_id, other.found->concept_id});
    });
  };
  using Rank = std::tuple<bool, bool, bool, bool, int, std::size_t>;
  std::optional<Rank> best;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& one = list[i];
    const Rank rank{one.found->concept_id == 0,
                    is_general(one),
                    !one.preferred,
                    one.found->source_concept_id == 0,
                    specificity(one.vocabulary_id),
                    i};
    if (!best || rank < *best) best = rank;
  }
  return best ? std::get<5>(*best) : 0;
}

}  // namespace

std::int64_t CodeSets::number_of(std::span<const Coding> set) {
  if (set.empty()) return 0;
  key_.clear();
  for (const auto& coding : set) {
    key_ += coding.system;
    key_ += '\x1f';
    key_ += coding.code;
    key_ += coding.preferred ? '\x1e' : '\x1d';
  }
  if (const auto known = numbers_.find(std::string_view(key_)); known != numbers_.end()) return known->second;
  auto& own = sets_.emplace_back();
  for (const auto& coding : set)
    own.push_back({std::string(coding.system), std::string(coding.code), coding.preferred});
  const auto number = static_cast<std::int64_t>(sets_.size());
  numbers_.emplace(key_, number);
  return number;
}

Done CodeSets::resolve(Work& work, std::string_view into) const {
  std::map<SourceCode, std::size_t> places;
  for (const auto& set : sets_) {
    for (const auto& coding : set) places.emplace(SourceCode{vocabulary_of(coding.system), coding.code}, 0);
  }
  std::vector<SourceCode> asked;
  for (auto& [code, place] : places) {
    place = asked.size();
    asked.push_back(code);
  }
  NARU_ASSIGN(const auto mapped, vocabulary::map_codes(work.database, work.layout.vocabulary(), asked));
  std::vector<std::vector<Candidate>> lists;
  for (const auto& set : sets_) {
    auto& list = lists.emplace_back();
    for (const auto& coding : set) {
      auto id = vocabulary_of(coding.system);
      const auto* found = &mapped[places.at({id, coding.code})];
      list.push_back({std::move(id), found, coding.preferred});
    }
  }
  NARU_ASSIGN(const auto ancestors, ancestors_among(work, lists));
  NARU_CHECK(work.database.run(
      fmt::format("CREATE OR REPLACE TABLE {} (set_id BIGINT, source_value VARCHAR, vocabulary_id VARCHAR, "
                  "source_concept_id BIGINT, concept_id BIGINT, domain_id VARCHAR)",
                  engine::quoted(into))));
  Batch batch(std::string(into), {{"set_id", engine::Kind::integer},
                                  {"source_value", engine::Kind::text},
                                  {"vocabulary_id", engine::Kind::text},
                                  {"source_concept_id", engine::Kind::integer},
                                  {"concept_id", engine::Kind::integer},
                                  {"domain_id", engine::Kind::text}});
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    const auto best = best_of(lists[i], ancestors);
    const auto& taken = lists[i][best];
    batch.put(static_cast<std::int64_t>(i) + 1);
    batch.put(sets_[i][best].code);
    batch.put(std::string_view(taken.vocabulary_id));
    batch.put(taken.found->source_concept_id);
    batch.put(taken.found->concept_id);
    batch.put(taken.found->concept_id == 0 ? std::string_view() : std::string_view(taken.found->domain_id));
    batch.end_row();
    if (batch.full()) NARU_CHECK(batch.flush(work.database));
  }
  return batch.flush(work.database);
}

}  // namespace naru::ingest
