#pragma once
/// Operator's log on standard error: a stable event name and key=value pairs. Never row content, never a person.
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace naru {

enum class LogLevel { debug, info, warning, error };

using LogField = std::pair<std::string_view, std::string>;

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
void set_log_level(LogLevel level);

}  // namespace naru
