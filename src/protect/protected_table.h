#pragma once
/// One table's way from the lake to its protected file, as SQL. Not for other rooms.
#include "base/bytes.h"
#include "engine/database.h"
#include "model/omop.h"
#include "protect/holder.h"

namespace naru::protect::detail {

struct LakeTable {
  const model::Table* model = nullptr;
  const TableRule* rule = nullptr;
  std::filesystem::path file;
  std::vector<std::string> columns;  ///< that the lake's file has
};

/// Table whose key a column refers to; empty when the column refers to nothing that is renumbered.
[[nodiscard]] std::string referred_table(std::string_view column);
/// Temporary table `tie` (key VARCHAR): a secret of the holder that orders records equal in everything else.
[[nodiscard]] Done prepare_tie(engine::Database& database, const Bytes& order_key);
/// Creates `in_TABLE` with the columns that stay, keys still old, dates shifted, sensitive rows gone.
/// REQUIRES: temporary tables of `prepare_screen` and `people`; `in_person` before `in_location`.
[[nodiscard]] Result<ProtectedTable> take_in(engine::Database& database, const LakeTable& table, const Policy& policy);
/// Creates `map_TABLE` (old, new) for tables with a key of their own.
[[nodiscard]] Done number_anew(engine::Database& database, const LakeTable& table);
/// Writes the file with new keys; returns its rows.
[[nodiscard]] Result<std::int64_t> write_out(engine::Database& database, const LakeTable& table,
                                             const std::filesystem::path& file);

}  // namespace naru::protect::detail
