#pragma once
/// The `protect` commands, by file.
#include "cli/command.h"

namespace naru::cli {

[[nodiscard]] std::vector<Command> protect_assess_commands();
[[nodiscard]] std::vector<Command> protect_policy_commands();
[[nodiscard]] std::vector<Command> protect_reidentify_commands();

}  // namespace naru::cli
