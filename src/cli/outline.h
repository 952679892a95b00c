#pragma once
/// A JSON answer as lines that a person reads: what a command prints without --json when it has no words of its own.
#include <nlohmann/json_fwd.hpp>

#include <string>

namespace naru::cli {

/// "key: value" a line, deeper ones indented by two; a list of plain values on one line, a list of small objects one a
/// line; null as "–", digests by their first 12 digits. Ends without a newline.
[[nodiscard]] std::string outline(const nlohmann::json& value);

}  // namespace naru::cli
