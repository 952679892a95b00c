#pragma once
/// Records of one or two files that are the same person, by their fields as they stand, without labels: candidate
/// pairs, a Fellegi–Sunter model learned by expectation maximisation, groups by average linkage. For a holder's own
/// files and for bodies that may see identities; across holders the keyed tokens are used instead.
/// docs/methods/record-linkage.md.
#include "base/progress.h"
#include "linkage/compare.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace naru::linkage {

struct MatchField {
  std::string name;
  FieldKind kind = FieldKind::text;
};

struct MatchConfig {
  std::filesystem::path left = {};
  std::filesystem::path right = {};  ///< empty: `left` against itself
  std::string id;
  std::string encoding = {};  ///< of CSV files: utf-8 (also when empty) or cp949
  std::vector<MatchField> columns = {};
  double threshold = 0;     ///< least probability of a pair that is written, in (0, 1)
  bool one_to_one = false;  ///< each record in at most one pair; two files only
  std::uint64_t candidates_per_record = 64;
};
/// Paths relative to `base`. Errors (rejected, usage) name the key.
[[nodiscard]] Result<MatchConfig> parse_match_config(std::string_view text, const std::filesystem::path& base,
                                                     const std::string& where);

struct MatchFieldReport {
  MatchField field;
  std::array<double, level_count> m{};  ///< share of each level among one person's records
  std::array<double, level_count> u{};  ///< among different persons' records
};
struct MatchReport {
  std::int64_t rows_left = 0;
  std::int64_t rows_right = 0;  ///< 0 when there is one file
  std::int64_t compared = 0;    ///< candidate pairs
  std::int64_t block_rows_max = 0;
  std::int64_t pairs = 0;
  std::int64_t clusters = 0;  ///< groups of two records or more; one file only
  double prior = 0;           ///< probability that two records drawn at random are one person
  std::vector<MatchFieldReport> fields = {};
};
/// Writes `out`: left_id,right_id,probability, sorted by ids, and `clusters` (id,cluster; every record) when not empty.
/// The probability of a pair of one file is that at which its two groups joined. Same bytes for any order of rows and
/// any number of threads. Errors: those of reading; interrupted, with nothing written.
[[nodiscard]] Result<MatchReport> match_records(const MatchConfig& config, const std::filesystem::path& out,
                                                const std::filesystem::path& clusters, unsigned threads,
                                                Progress& progress);

}  // namespace naru::linkage
