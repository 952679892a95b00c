#pragma once
/// A release's risk before and after protection, by the attackers its policy declares. Not for other rooms.
#include "engine/database.h"
#include "protect/assessment.h"
#include "release/events.h"

#include <filesystem>
#include <vector>

namespace naru::release::detail {

/// REQUIRES: temporary tables `released` and `merged_person`.
[[nodiscard]] Result<protect::Assessment> assess_before(engine::Database& database, const std::vector<Incoming>& tables,
                                                        const protect::Policy& policy);
/// REQUIRES: temporary table `shown_person`; the tables are written.
[[nodiscard]] Result<protect::Assessment> assess_after(engine::Database& database, const protect::Policy& policy,
                                                       const std::filesystem::path& data);

}  // namespace naru::release::detail
