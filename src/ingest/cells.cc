#include "ingest/cells.h"

#include "base/clock.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace naru::ingest {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Up to `most` digits taken off the front; nothing when there is none.
std::optional<int> number(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  int value = 0;
  while (count < most && count < text.size() && is_digit(text[count])) value = value * 10 + (text[count++] - '0');
  if (count < least) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> day_number(int year, int month, int day) {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  const CivilDate date{year, static_cast<unsigned>(month), static_cast<unsigned>(day)};
  const auto days = days_from_civil(date);
  if (day > 28 && civil_from_days(days) != date) return std::nullopt;
  return days;
}

/// A date off the front; what follows it stays in `text`.
std::optional<std::int64_t> leading_date(std::string_view& text) {
  const auto year = number(text, 4, 4);
  if (!year || text.empty()) return std::nullopt;
  const char between = text.front();
  if (between != '-' && between != '/') return std::nullopt;
  text.remove_prefix(1);
  const auto month = number(text, 1, 2);
  if (!month || !take(text, between)) return std::nullopt;
  const auto day = number(text, 1, 2);
  if (!day) return std::nullopt;
  return day_number(*year, *month, *day);
}

/// Microseconds of "10:20[:30[.5]][Z|+09:00|+09]"; the offset is subtracted.
std::optional<std::int64_t> clock(std::string_view text) {
  const auto hour = number(text, 1, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = number(text, 2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t micros = (*hour * 3'600LL + *minute * 60LL) * 1'000'000;
  if (take(text, ':')) {
    const auto second = number(text, 2, 2);
    if (!second || *second > 59) return std::nullopt;
    micros += *second * 1'000'000LL;
    if (take(text, '.')) {
      std::int64_t scale = 100'000;
      if (text.empty() || !is_digit(text.front())) return std::nullopt;
      while (!text.empty() && is_digit(text.front())) {
        micros += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
      }
    }
  }
  if (text.empty() || text == "Z") return micros;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = number(text, 2, 2);
  if (!hours || *hours > 14) return std::nullopt;
  (void)take(text, ':');
  const auto minutes = text.empty() ? std::optional<int>(0) : number(text, 2, 2);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  const std::int64_t offset = (*hours * 3'600LL + *minutes * 60LL) * 1'000'000;
  return west ? micros + offset : micros - offset;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> integer_cell(std::string_view text) {
  const bool minus = !text.empty() && text.front() == '-';
  if (minus || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  std::size_t at = 0;
  std::uint64_t value = 0;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  while (at < text.size() && is_digit(text[at])) {
    const auto digit = static_cast<std::uint64_t>(text[at++] - '0');
    if (value > (most - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (at == 0) return std::nullopt;
  if (at < text.size()) {  // exports of floating columns: 4483.0
    if (text[at++] != '.') return std::nullopt;
    while (at < text.size() && text[at] == '0') ++at;
    if (at != text.size()) return std::nullopt;
  }
  const auto whole = static_cast<std::int64_t>(value);
  return minus ? -whole : whole;
}

std::optional<double> real_cell(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> date_cell(std::string_view text) {
  if (text.size() == 8 && text.find('-') == std::string_view::npos && text.find('/') == std::string_view::npos) {
    const auto year = number(text, 4, 4);
    const auto month = number(text, 2, 2);
    const auto day = number(text, 2, 2);
    if (!year || !month || !day) return std::nullopt;
    return day_number(*year, *month, *day);
  }
  const auto day = leading_date(text);
  if (!day || text.empty()) return day;
  if (text.front() != ' ' && text.front() != 'T') return std::nullopt;
  return clock(text.substr(1)) ? day : std::nullopt;
}

std::optional<std::int64_t> timestamp_cell(std::string_view text) {
  const auto day = leading_date(text);
  if (!day) return std::nullopt;
  constexpr std::int64_t micros_per_day = 86'400'000'000;
  if (text.empty()) return *day * micros_per_day;
  if (text.front() != ' ' && text.front() != 'T') return std::nullopt;
  const auto time = clock(text.substr(1));
  if (!time) return std::nullopt;
  return *day * micros_per_day + *time;
}

}  // namespace naru::ingest
