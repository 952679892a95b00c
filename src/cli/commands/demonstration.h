#pragma once
/// The demonstration programme's commands, at the authority.
#include "cli/command.h"

namespace naru::cli {

[[nodiscard]] std::vector<Command> demonstration_commands();

}  // namespace naru::cli
