#pragma once
/// Commands about solutions; `evidence_commands` takes them into the table.
#include "cli/command.h"

#include <vector>

namespace naru::cli {

[[nodiscard]] std::vector<Command> solution_commands();

}  // namespace naru::cli
