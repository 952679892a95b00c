#pragma once
/// Commands beside locking, running and verifying: training overlap and export of sealed reports.
#include "cli/command.h"
#include "model/site_layout.h"

namespace naru::cli {

[[nodiscard]] std::vector<Command> evidence_more_commands();
/// What `verify overlap` left at a site for a plan, one canonical JSON a training set.
[[nodiscard]] std::filesystem::path overlap_folder(const model::SiteLayout& layout, const std::string& plan_hash);
[[nodiscard]] Result<std::vector<std::string>> overlaps_of(const model::SiteLayout& layout,
                                                           const std::string& plan_hash);

}  // namespace naru::cli
