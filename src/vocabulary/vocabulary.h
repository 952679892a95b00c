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
/// read `folder` and what stands beside it. Codes compare exactly; a KCD or ICD code without its dot also matches the
/// dotted one. Codes without a standard concept are looked up in the site's own mappings.
[[nodiscard]] Result<std::vector<Mapped>> map_codes(engine::Database& database, const std::filesystem::path& folder,
                                                    const std::vector<SourceCode>& codes);

/// What a site's steward mapped by hand: codes for which the vocabulary has no standard concept. Kept beside the
/// vocabulary folder (FOLDER.mappings.parquet), so that a new vocabulary does not lose it.
struct Mappings {
  std::string hash;             ///< SHA-256 hex over the rows; empty when there are none
  std::int64_t codes = 0;       ///< that stand after loading
  std::int64_t added = 0;       ///< by this file
  std::int64_t removed = 0;     ///< by this file: target 0
  std::int64_t not_filled = 0;  ///< rows of this file without a target
};
/// A CSV file with columns source_vocabulary_id, source_code and target_concept_id; others are ignored. A blank target
/// is a code not filled in yet, 0 takes an earlier mapping back. Errors (rejected): a missing column; a target that is
/// no valid standard concept of the site's vocabulary (file and line are named); nothing is stored then. not_found: no
/// vocabulary.
[[nodiscard]] Result<Mappings> load_mappings(const std::filesystem::path& file, const std::filesystem::path& folder);
[[nodiscard]] std::filesystem::path mappings_file(const std::filesystem::path& folder);
/// Empty when there is no mapping.
[[nodiscard]] Result<std::string> mappings_hash(const std::filesystem::path& folder);

}  // namespace naru::vocabulary
