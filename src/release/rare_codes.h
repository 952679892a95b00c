#pragma once
/// Codes that few persons of a release have are shown as what they are a kind of: docs/methods/rare-codes.md. Not for
/// other rooms.
#include "engine/database.h"
#include "model/omop.h"
#include "protect/policy.h"
#include "release/build.h"

#include <filesystem>

namespace naru::release::detail {

/// Opens the vocabulary's hierarchy as `parent_of` (concept_id, parent). Error not_found when the policy asks for
/// climbing and there is no vocabulary.
[[nodiscard]] Done open_hierarchy(engine::Database& database, const protect::Policy& policy,
                                  const std::filesystem::path& vocabulary);
/// Changes `linked` (a temporary table of one OMOP table with person_id): every concept that fewer than persons_min
/// persons have climbs, step by step, to its parent (smallest id), at most levels_max steps, then becomes 0; where it
/// changed, the source's own code goes too. A source code that fewer persons have goes in any case. Nothing to do for
/// a table without codes.
[[nodiscard]] Result<RareCodes> climb_rare(engine::Database& database, const model::Table& table,
                                           const std::string& linked, const protect::Policy& policy);

}  // namespace naru::release::detail
