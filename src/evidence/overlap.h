#pragma once
/// Was somebody of the evaluation also in the solution's training set? Answered at the holder, by keyed linkage tokens:
/// the training holder made a tokens file under a salt that only holders know; this holder makes the same tokens of the
/// persons of the plan's target cohort and counts who has one in common. No outcome is read.
///
/// A person counts as overlapping when a token of strength `overlap_strength_min` or more is in both: name, birth date
/// and sex at least, so a changed phone does not hide them. Persons without identity cannot be checked and are counted.
#include "base/bytes.h"
#include "evidence/site_run.h"

namespace naru::evidence {

inline constexpr int overlap_strength_min = 30;

struct OverlapRequest {
  SiteRequest site;   ///< lake, vocabulary, withdrawn and rules are used
  fs::path identity;  ///< private/identity.parquet
  fs::path training;  ///< Parquet (row_id, kind, token), as `training_tokens` writes it
  Bytes salt;         ///< at least 16 bytes, shared between holders only
};
struct TrainingOverlap {
  std::string json;  ///< canonical, after the output rules: {"format","site","plan","training","training_persons",
                     ///< "target","checked","overlap","epoch","rules"}
  std::int64_t overlap = 0;  ///< exact, for the holder
};
/// "rules" are the output rules the counts passed.
/// Errors: rejected for a short salt, a tokens file without its columns, or a plan altered after its lock.
[[nodiscard]] Result<TrainingOverlap> training_overlap(const LockedPlan& plan, const OverlapRequest& request);

/// Where a site keeps them: EVIDENCE/overlaps/PLAN/*.json.
[[nodiscard]] fs::path overlap_folder(const fs::path& evidence, std::string_view plan_hash);
/// All of them, by file name; none when the folder is not there.
[[nodiscard]] Result<std::vector<std::string>> read_overlaps(const fs::path& evidence, std::string_view plan_hash);
/// Those that may leave beside `shared`, a site's released figures: where the report hides how many were in the target
/// cohort, they hide it too. Error: rejected when one was made under other output rules than `rules`.
[[nodiscard]] Result<std::vector<std::string>> overlaps_beside(const fs::path& evidence, std::string_view plan_hash,
                                                               const OutputRules& rules, std::string_view shared);

/// At the holder of training data: tokens of `persons` (CSV with a column person_id) into `out`, rows numbered anew.
/// Answers how many persons got a token.
[[nodiscard]] Result<std::int64_t> training_tokens(const fs::path& identity, const fs::path& persons, const Bytes& salt,
                                                   const fs::path& out);
/// Hex digits of one line, at least 32 of them.
[[nodiscard]] Result<Bytes> read_salt(const fs::path& file);

}  // namespace naru::evidence
