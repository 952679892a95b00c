#pragma once
/// What was recorded of a solution's use, silent to routine, as a part of the report: counts with their shares and
/// intervals. Source of the counts: govern::Demonstrations::stage_json. Method: docs/methods/stages.md.
#include "base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace naru::evidence {

/// The same with "overrides" and "errors" as {"count","share":E} (Wilson, of the uses) and "safety" as
/// {"minor","serious","share_serious":E}; null stays null. Error: rejected for another shape or more than there were
/// uses.
[[nodiscard]] Result<nlohmann::json> stage_with_shares(std::string_view stage_json, int decimals);

namespace page {
/// Empty when the report holds no stage.
[[nodiscard]] std::string stage_section(const nlohmann::json& report);
/// "silent" … in both languages.
[[nodiscard]] Text stage_name(std::string_view stage);
}  // namespace page

}  // namespace naru::evidence
