#pragma once
/// Part of `protect_commands`, in a file of its own.
#include "cli/command.h"

namespace naru::cli {

[[nodiscard]] std::vector<Command> protect_output_commands();

}  // namespace naru::cli
