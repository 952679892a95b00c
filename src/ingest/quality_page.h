#pragma once
/// The quality report as one HTML page: no script, plots as SVG, Korean and English by a
/// switch. Internal to the room.
#include "ingest/quality.h"

namespace naru::ingest {

[[nodiscard]] std::string quality_page(const QualityReport& report, const std::string& at);

}  // namespace naru::ingest
