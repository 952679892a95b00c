#pragma once
/// Tables of a release other than its persons' making. Not for other rooms.
#include "engine/database.h"
#include "model/omop.h"
#include "release/build.h"

namespace naru::release::detail {

struct Incoming {
  const model::Table* table = nullptr;
  const protect::TableRule* rule = nullptr;
  std::vector<std::pair<SiteName, std::filesystem::path>> files;  ///< by holder
};

/// Writes every table of the release. `band`: width of the birth-year bands shown (1: the year; 0: none).
/// REQUIRES: temporary tables `released` and `shown_person`.
[[nodiscard]] Result<std::vector<BuiltTable>> write_tables(engine::Database& database,
                                                           const std::vector<Incoming>& tables,
                                                           const protect::Policy& policy, std::int64_t band,
                                                           const std::filesystem::path& folder, Progress& progress);

}  // namespace naru::release::detail
