#pragma once
/// The screen of the five sensitive groups, prepared in a database: docs/methods/sensitive-screen.md. Not for other
/// rooms.
#include "engine/database.h"
#include "model/omop.h"
#include "protect/policy.h"

#include <filesystem>
#include <string>
#include <vector>

namespace naru::protect::detail {

/// Groups beyond those of the policy, by number: family history of the dead, and records whose code nobody can read.
[[nodiscard]] std::int64_t family_group(const Policy& policy);
[[nodiscard]] std::int64_t unreadable_group(const Policy& policy);
/// The policy's id of a group, "family-history" or "unreadable".
[[nodiscard]] std::string group_id(const Policy& policy, std::int64_t group);

/// Creates `sensitive_concept` (concept_id, grp), `sensitive_prefix` (grp, kind, prefix), `known_code` (code),
/// `readable_code` (code, grp), `readable_concept` (concept_id), `dead` (person_id) and the departments; grp is the
/// group's place in the policy. Error not_found when there is no vocabulary: nothing could be screened.
[[nodiscard]] Done prepare_screen(engine::Database& database, const Policy& policy,
                                  const std::filesystem::path& vocabulary, const std::filesystem::path& lake);

/// What of a table is looked at, as far as the lake has it.
struct ScreenedColumns {
  std::vector<std::string> concepts;                             ///< of the record itself and of its answer
  std::string code;                                              ///< the source's code as text, or empty
  bool must_read = false;                                        ///< a record that nobody can read stays behind
  std::vector<std::pair<std::string, std::string>> departments;  ///< column, table of `departments.sql`
};
[[nodiscard]] ScreenedColumns screened_columns(const model::Table& table, const std::vector<std::string>& present);
/// Creates `code_group_T` (code, grp) of the readable codes that a table's source column holds.
[[nodiscard]] Done prepare_codes(engine::Database& database, const model::Table& table, const ScreenedColumns& columns,
                                 const std::string& relation);
/// Select items over row alias `t` (first_group, is_dead, is_readable). REQUIRES: `prepare_codes`.
[[nodiscard]] std::string group_columns(const model::Table& table, const ScreenedColumns& columns);
/// The group of a row over these, or NULL.
[[nodiscard]] std::string group_case(const Policy& policy);

}  // namespace naru::protect::detail
