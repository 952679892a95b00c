#pragma once
/// The site's vocabulary: concepts, ancestors and mappings that the operator loaded (OHDSI Athena downloads, the
/// vocabulary tables of an OMOP CDM, or the synthetic one), kept as Parquet with a hash of their content.
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::engine {
class Database;
}

namespace naru::vocabulary {

struct LoadRequest {
  /// Folders, archives or single files holding concept.csv, concept_ancestor.csv, concept_relationship.csv and
  /// vocabulary.csv (or .parquet), any case, comma or tab separated. Several are merged: the same concept_id in two of
  /// them keeps the row that is valid longest, then the greatest in column order, whatever the order of the sources.
  std::vector<std::filesystem::path> sources = {};
  std::filesystem::path folder = {};  ///< the site's vocabulary folder, replaced as a whole
  /// Computes concept_ancestor anew from 'Is a' / 'Subsumes' relationships (levels are path lengths).
  bool rebuild_ancestors = false;
};

struct Info {
  std::string hash;  ///< SHA-256 hex over the sorted canonical rows of concept, concept_ancestor, concept_relationship
  std::string version;  ///< of the vocabulary table's 'None' row; empty when there is none
  std::int64_t concepts = 0;
  std::int64_t ancestors = 0;
  std::int64_t relationships = 0;
  std::int64_t merged = 0;   ///< concept rows that differed between sources and were decided by the rule above
  std::int64_t refused = 0;  ///< rows without a whole-number key
  std::vector<std::string> vocabularies = {};  ///< vocabulary_ids of the concepts, sorted
};

/// Errors: rejected when there is no concept table, a column is missing, or a file is not UTF-8.
[[nodiscard]] Result<Info> load(const LoadRequest& request, Progress& progress);
/// Nothing when the folder holds no vocabulary.
[[nodiscard]] Result<std::optional<Info>> info(const std::filesystem::path& folder);
/// {"hash","version","concepts","ancestors","relationships","merged","refused","vocabularies"} as canonical JSON.
[[nodiscard]] std::string document_of(const Info& info);

/// vocabulary_id for a FHIR code system URI, for example "http://loinc.org" → "LOINC"; empty when unknown.
/// KCD-8 is "KCD8", HIRA EDI procedure and medication codes "EDI", KPIS drug codes "KPIS".
[[nodiscard]] std::string_view vocabulary_of_system(std::string_view uri);

/// A code as a source wrote it.
struct SourceCode {
  std::string vocabulary_id;
  std::string code;
  auto operator<=>(const SourceCode&) const = default;
};

/// What a source code stands for. Concept 0 and an empty domain when the vocabulary does not know it.
struct Mapped {
  std::int64_t source_concept_id = 0;
  std::int64_t concept_id = 0;    ///< standard concept: itself, or by a valid 'Maps to'; the smallest id of several
  std::string domain_id = {};     ///< of the standard concept; of the source concept when there is no standard one
  std::int64_t alternatives = 0;  ///< further standard concepts of the same code that were not taken
};

/// One answer per code, in the same order. No vocabulary in `folder`: all concept 0. The database must be allowed to
/// read `folder`. Codes compare exactly; a KCD or ICD code without its dot also matches the dotted one.
[[nodiscard]] Result<std::vector<Mapped>> map_codes(engine::Database& database, const std::filesystem::path& folder,
                                                    const std::vector<SourceCode>& codes);

}  // namespace naru::vocabulary
