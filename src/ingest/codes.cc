#include "ingest/codes.h"

#include "ingest/batch.h"
#include "vocabulary/vocabulary.h"

#include <algorithm>
#include <tuple>

namespace naru::ingest {
namespace {

// Classifications say less than codes of products and findings, so they come last.
int specificity(std::string_view vocabulary_id) {
  if (vocabulary_id == "ATC") return 2;
  return vocabulary_id.empty() ? 1 : 0;
}

std::string vocabulary_of(const Coding& coding) {
  const auto known = vocabulary::vocabulary_of_system(coding.system);
  // HIRA tables have no URI: their codings carry "vocabulary:ID".
  if (known.empty() && coding.system.starts_with("vocabulary:")) return coding.system.substr(11);
  return std::string(known);
}

}  // namespace

std::int64_t CodeSets::number_of(CodeSet set) {
  if (set.empty()) return 0;
  const auto next = static_cast<std::int64_t>(numbers_.size()) + 1;
  return numbers_.emplace(std::move(set), next).first->second;
}

Done CodeSets::resolve(Work& work, std::string_view into) const {
  std::map<vocabulary::SourceCode, std::size_t> places;
  for (const auto& [set, number] : numbers_) {
    for (const auto& coding : set) places.emplace(vocabulary::SourceCode{vocabulary_of(coding), coding.code}, 0);
  }
  std::vector<vocabulary::SourceCode> asked;
  for (auto& [code, place] : places) {
    place = asked.size();
    asked.push_back(code);
  }
  NARU_ASSIGN(const auto mapped, vocabulary::map_codes(work.database, work.layout.vocabulary(), asked));
  NARU_CHECK(work.database.run(
      fmt::format("CREATE OR REPLACE TEMP TABLE {} (set_id BIGINT, source_value VARCHAR, source_concept_id BIGINT, "
                  "concept_id BIGINT, domain_id VARCHAR)",
                  engine::quoted(into))));
  Batch batch(std::string(into), {{"set_id", engine::Kind::integer},
                                  {"source_value", engine::Kind::text},
                                  {"source_concept_id", engine::Kind::integer},
                                  {"concept_id", engine::Kind::integer},
                                  {"domain_id", engine::Kind::text}});
  for (const auto& [set, number] : numbers_) {
    using Rank = std::tuple<bool, bool, bool, int, std::size_t>;
    std::optional<std::pair<Rank, const vocabulary::Mapped*>> best;
    for (std::size_t i = 0; i < set.size(); ++i) {
      const auto id = vocabulary_of(set[i]);
      const auto& found = mapped[places.at({id, set[i].code})];
      const Rank rank{found.concept_id == 0, !set[i].preferred, found.source_concept_id == 0, specificity(id), i};
      if (!best || rank < best->first) best = {rank, &found};
    }
    batch.put(number);
    batch.put(set[std::get<4>(best->first)].code);
    batch.put(best->second->source_concept_id);
    batch.put(best->second->concept_id);
    batch.put(best->second->concept_id == 0 ? std::string() : best->second->domain_id);
    batch.end_row();
    if (batch.full()) NARU_CHECK(batch.flush(work.database));
  }
  return batch.flush(work.database);
}

}  // namespace naru::ingest
