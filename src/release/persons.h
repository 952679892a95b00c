#pragma once
/// Persons of a release: merged from the holders' rows, then generalised. Not for other rooms.
#include "engine/database.h"
#include "protect/kanonymity.h"
#include "release/build.h"

namespace naru::release::detail {

/// Creates `released(holder, row_id, person_id)` without those withdrawn, and `merged_person` (person_id, attributes,
/// state, county, zip) with one row per person. REQUIRES: temporary tables raw_person (source_site, row_id, attributes,
/// state, county, zip) and links (holder, row_id, link_id).
[[nodiscard]] Done merge_persons(engine::Database& database, const BuildRequest& request, const protect::Policy& policy,
                                 BuildReport& report);
/// Columns of `person` that a release shows besides its key and its place, in OMOP order.
[[nodiscard]] std::vector<std::string> person_attributes(const protect::Policy& policy);

/// Places of merged_person in which fewer persons live than the policy asks for become the place around them.
[[nodiscard]] Done merge_small_regions(engine::Database& database, const protect::Policy& policy, BuildReport& report);

/// Searches the policy's lattice, fills risk, levels and loss, and creates `shown_person` (person_id, attributes,
/// state, county, zip) of the kept persons, generalised. Error refused when k is out of reach.
/// Returns the width of a band of birth years; 1 = the year itself, 0 = not shown.
[[nodiscard]] Result<std::int64_t> generalise_persons(engine::Database& database, const protect::Policy& policy,
                                                      BuildReport& report, Progress& progress);

}  // namespace naru::release::detail
