#pragma once
/// Source codes gathered once each, looked up once each. Internal to the room.
#include "ingest/fhir_record.h"
#include "ingest/work.h"

#include <span>
#include <unordered_map>

namespace naru::ingest {

/// Interns lists of codings; the number of a list stands in staged rows.
class CodeSets {
 public:
  /// From 1; 0 for an empty list.
  [[nodiscard]] std::int64_t number_of(std::span<const Coding> set);
  /// Looks every code up in the site's vocabulary and the site's own mappings, and writes temporary table `into`:
  /// set_id BIGINT, source_value VARCHAR, vocabulary_id VARCHAR, source_concept_id BIGINT, concept_id BIGINT, domain_id
  /// VARCHAR. Of a list, a code with a standard concept is chosen before one without; then, of two codes of one code
  /// system, the more specific one; then one the source marked as preferred; one that is known at all; the more
  /// specific code system; the first.
  [[nodiscard]] Done resolve(Work& work, std::string_view into) const;

 private:
  struct Own {
    std::string system, code;
    bool preferred = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::vector<Own>> sets_;  ///< set n stands at n - 1
  std::string key_;
};

}  // namespace naru::ingest
