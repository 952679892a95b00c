#pragma once
/// How much of what sources say the vocabulary understands, by codes and by records, and what it does not, by use.
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace naru::ingest {

struct Coverage {
  std::int64_t codes = 0, codes_mapped = 0;
  std::int64_t records = 0, records_mapped = 0;
};

struct UnmappedCode {
  std::string table;
  std::string vocabulary_id;  ///< "KCD8"; a system's URI; "omop:TABLE" for a code whose system the source did not say
  std::string code;
  std::int64_t records = 0;
};

struct CoverageReport {
  std::map<std::string, Coverage> tables;
  std::map<std::string, Coverage> vocabularies;
  std::vector<UnmappedCode> unmapped;  ///< most used first
  /// {"tables":{…},"vocabularies":{…},"unmapped":[first 50],"unmapped_codes":n}
  std::string document;
  /// Every unmapped code as CSV to be filled in: records,table_name,source_vocabulary_id,source_code,target_concept_id
  std::string to_fill;
};

/// Counts below `least_records` are not listed one by one (a rare code may point to a person); the report counts them.
/// not_found: no source stands at the site.
[[nodiscard]] Result<CoverageReport> mapping_coverage(const std::filesystem::path& site, std::int64_t least_records);

}  // namespace naru::ingest
