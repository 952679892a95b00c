#pragma once
/// Condition and drug eras of persons whose sources bring none. Rules: OHDSI, condition and drug era definitions of the
/// CDM (persistence window 30 days; drugs by ingredient; the days between exposures of one drug era are its gap).
/// Method: docs/methods/eras.md. Internal to the room.
#include "ingest/lake.h"

namespace naru::ingest {

/// Sources of `sources` that have no part of `era_table` contribute their persons; rows of the others stay. Reads the
/// tables below `fresh` and writes FRESH/ERA_TABLE.parquet. Drug eras need the vocabulary's ingredients; without one
/// there are none.
[[nodiscard]] Done derive_eras(engine::Database& database, const model::SiteLayout& layout,
                               const std::vector<Standing>& sources, const std::filesystem::path& fresh);

}  // namespace naru::ingest
