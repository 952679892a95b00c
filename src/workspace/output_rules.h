#pragma once
/// The output rules by the names this room and those below use; the mathematics stands in protect, one library for
/// every query and egress check. Method: docs/methods/output-rules.md.
#include "protect/output_table.h"

namespace naru::workspace {

using protect::CountTable;
using protect::deducible;
using protect::name_of;
using protect::OutputRules;
using protect::release_count;
using protect::release_table;
using protect::ReleasedCount;
using protect::ReleasedTable;
using protect::Suppressed;
using protect::Zeros;

}  // namespace naru::workspace
