#include "ingest/fhir_time.h"

#include "base/clock.h"

#include <string>

namespace naru::ingest {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t seoul_offset_s = 9 * 3'600;

/// Reads exactly `count` digits at the start and takes them off.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

/// Seconds east of UTC; nothing when malformed. An empty text is an offset of zero by the caller's choice.
std::optional<std::int64_t> offset_of(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || !text.empty() || *hours > 14 || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = *hours * 3'600 + *minutes * 60;
  return west ? -seconds : seconds;
}

/// Microseconds within the day, leaving the offset in `text`. A leap second counts as the second before it.
std::optional<std::int64_t> clock_of(std::string_view& text) {
  const auto hour = digits(text, 2);
  if (!hour || *hour > 24 || !take(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t second = 0, micros = 0;
  if (take(text, ':')) {
    const auto read = digits(text, 2);
    if (!read || *read > 60) return std::nullopt;
    second = *read == 60 ? 59 : *read;
    if (take(text, '.')) {
      std::int64_t scale = 100'000;
      std::size_t count = 0;
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        micros += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
        ++count;
      }
      if (count == 0) return std::nullopt;
    }
  }
  if (*hour == 24 && (*minute != 0 || second != 0)) return std::nullopt;
  return (*hour * 3'600 + *minute * 60 + second) * micros_per_second + micros;
}

bool exists(int year, int month, int day) {
  if (year < 1800 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const CivilDate date{year, static_cast<unsigned>(month), static_cast<unsigned>(day)};
  return civil_from_days(days_from_civil(date)) == date;
}

}  // namespace

std::optional<Moment> moment_of(std::string_view text, bool seoul) {
  Moment moment;
  const auto year = digits(text, 4);
  if (!year) return std::nullopt;
  int month = 1, day = 1;
  if (take(text, '-')) {
    const auto read_month = digits(text, 2);
    if (!read_month) return std::nullopt;
    month = *read_month;
    if (take(text, '-')) {
      const auto read_day = digits(text, 2);
      if (!read_day) return std::nullopt;
      day = *read_day;
    } else {
      moment.imputed = true;
    }
  } else {
    moment.imputed = true;
  }
  if (!exists(*year, month, day)) return std::nullopt;
  moment.day = days_from_civil({*year, static_cast<unsigned>(month), static_cast<unsigned>(day)});
  if (text.empty()) return moment;
  if (moment.imputed || !take(text, 'T')) return std::nullopt;
  const auto clock = clock_of(text);
  if (!clock) return std::nullopt;
  const auto offset = offset_of(text);
  if (!offset) return std::nullopt;
  std::int64_t micros = moment.day * seconds_per_day * micros_per_second + *clock;
  if (seoul && !text.empty()) micros += (seoul_offset_s - *offset) * micros_per_second;
  const std::int64_t per_day = seconds_per_day * micros_per_second;
  const auto days = micros >= 0 ? micros / per_day : -((-micros + per_day - 1) / per_day);
  moment.day = static_cast<std::int32_t>(days);
  moment.micros = micros;
  return moment;
}

}  // namespace naru::ingest
