#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace naru {
namespace {
spdlog::logger& logger() {
  static const auto held = [] {
    auto made = spdlog::stderr_logger_mt("naru");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *held;
}
spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}
}  // namespace

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line(event);
  for (const auto& [key, value] : fields) {
    line += ' ';
    line += key;
    line += '=';
    // A value never starts a new line: log injection.
    for (const char c : value) line += (static_cast<unsigned char>(c) < 0x20) ? ' ' : c;
  }
  logger().log(level_of(level), line);
}

void set_log_level(LogLevel level) { logger().set_level(level_of(level)); }

}  // namespace naru
