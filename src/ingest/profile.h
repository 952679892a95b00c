#pragma once
/// What a folder of OMOP tables holds, counted: persons by sex and age, length of observation, frequent concepts, and
/// of every column how much is filled and in which code systems. Exact figures, for the holder's own eyes: whoever lets
/// them out puts them through output rules first. Method: docs/methods/characterisation.md.
#include "base/result.h"
#include "engine/database.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace naru::ingest {

struct ProfileRequest {
  std::filesystem::path tables = {};              ///< folder of TABLE.parquet: a lake, protected tables, a release
  std::filesystem::path vocabulary = {};          ///< may be missing: then no code system is named
  std::vector<std::filesystem::path> codes = {};  /// _codes.parquet of the sources, for coverage by codes
  std::set<std::int64_t> without = {};            ///< persons who are not counted
  std::size_t concepts = 10;                      ///< listed per table
  std::int64_t least_persons = 0;                 ///< a concept of fewer is not listed
};

struct ColumnProfile {
  std::string name;
  std::string type;
  std::int64_t filled = 0;  ///< rows with a value; concepts: with another than 0; text: not empty
  /// Vocabulary → records. Concept columns: of the concepts; the source's own code: what the source said.
  std::map<std::string, std::int64_t> systems = {};
};
struct ConceptUse {
  std::int64_t concept_id = 0;
  std::string name;  ///< empty when the vocabulary does not know it
  std::int64_t persons = 0;
};
struct CodesProfile {
  std::int64_t codes = 0, codes_mapped = 0, records = 0, records_mapped = 0;
};
struct TableProfile {
  std::string name;
  std::int64_t rows = 0;
  std::vector<ColumnProfile> columns = {};
  std::vector<ConceptUse> concepts = {};  ///< by persons, for tables of clinical events
  CodesProfile coverage = {};             ///< codes 0: nothing is known
};
/// One cell of a partition of the persons: every person is in exactly one.
struct PeopleCell {
  std::vector<std::string> names;  ///< "" where it is not known
  std::int64_t persons = 0;
};
struct DataProfile {
  std::int64_t persons = 0;
  std::vector<PeopleCell> age_sex = {};                   ///< names: sex, age band
  std::vector<PeopleCell> observation = {};               ///< names: years
  std::vector<TableProfile> tables = {};                  ///< in the order of the model
  std::map<std::string, CodesProfile> vocabularies = {};  ///< of the sources' codes
};

/// Error not_found: there is no person table.
[[nodiscard]] Result<DataProfile> profile_data(const ProfileRequest& request);

}  // namespace naru::ingest
