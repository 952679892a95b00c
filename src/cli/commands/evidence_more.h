#pragma once
/// Commands beside locking, running and verifying: training overlap and export of sealed reports.
#include "cli/command.h"

namespace naru::cli {

[[nodiscard]] std::vector<Command> evidence_more_commands();
[[nodiscard]] Command watch_command();
[[nodiscard]] Command watches_command();

}  // namespace naru::cli
