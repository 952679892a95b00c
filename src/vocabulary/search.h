#pragma once
/// Finding concepts by what people type: words of the name in any order, a code, or a concept id.
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace naru::vocabulary {

struct FoundConcept {
  std::int64_t concept_id = 0;
  std::string name;
  std::string code;
  std::string vocabulary_id;
  std::string domain_id;
  std::string concept_class_id;
  bool standard = false;
  std::int64_t descendants = 0;  ///< without itself
};

struct ConceptQuery {
  std::string words;      ///< not empty
  std::string domain_id;  ///< empty: every domain
  bool standard_only = true;
  std::size_t most = 50;
};

/// Best first: exact id or code, then names that begin with the words, then shorter names, then ids. Errors: usage for
/// empty words; not_found when `folder` holds no vocabulary.
[[nodiscard]] Result<std::vector<FoundConcept>> find_concepts(const std::filesystem::path& folder,
                                                              const ConceptQuery& query);
/// [{"concept_id","name","code","vocabulary","domain","class","standard","descendants"}…] as canonical JSON.
[[nodiscard]] std::string concepts_json(const std::vector<FoundConcept>& concepts);

}  // namespace naru::vocabulary
