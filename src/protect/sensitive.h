#pragma once
/// The screen of the five sensitive groups, prepared in a database. Not for other rooms.
#include "engine/database.h"
#include "model/omop.h"
#include "protect/policy.h"

#include <filesystem>
#include <string>
#include <vector>

namespace naru::protect::detail {

/// Creates the temporary tables `sensitive_concept` (concept_id, grp), `sensitive_prefix` (grp, prefix) and
/// `known_code` (code); grp is the group's place in the policy. A vocabulary that is missing adds nothing.
[[nodiscard]] Done prepare_screen(engine::Database& database, const Policy& policy,
                                  const std::filesystem::path& vocabulary);
/// Rows of a table that may hold sensitive codes are looked at in these columns, as far as the lake has them.
struct ScreenedColumns {
  std::vector<std::string> concepts;
  std::string code;  ///< diagnosis code as text, or empty
};
[[nodiscard]] ScreenedColumns screened_columns(const model::Table& table, const std::vector<std::string>& present);
/// SQL expression over row alias `t`: the group of a row, or NULL. For the code column, table `code_group_T`
/// (code, grp) must exist: see `prepare_codes`.
[[nodiscard]] std::string group_expression(const model::Table& table, const ScreenedColumns& columns);
[[nodiscard]] Done prepare_codes(engine::Database& database, const model::Table& table, const ScreenedColumns& columns,
                                 const std::string& relation);

}  // namespace naru::protect::detail
