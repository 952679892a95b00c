#pragma once
/// Source codes gathered once each, looked up once each. Internal to the room.
#include "ingest/fhir_resource.h"
#include "ingest/work.h"

#include <map>

namespace naru::ingest {

/// Interns lists of codings; the number of a list stands in staged rows.
class CodeSets {
 public:
  /// From 1; 0 for an empty list.
  [[nodiscard]] std::int64_t number_of(CodeSet set);
  /// Looks every code up in the site's vocabulary and writes temporary table `into`: set_id BIGINT, source_value
  /// VARCHAR, source_concept_id BIGINT, concept_id BIGINT, domain_id VARCHAR. Of a list, a code with a standard concept
  /// is chosen before one without, then one the source marked as preferred, then the more specific code system, then
  /// the first.
  [[nodiscard]] Done resolve(Work& work, std::string_view into) const;

 private:
  std::map<CodeSet, std::int64_t> numbers_;
};

}  // namespace naru::ingest
