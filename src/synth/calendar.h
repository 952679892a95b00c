#pragma once
/// Days since 1970-01-01, and the study period of the synthetic nation.
#include <chrono>
#include <cstdint>
#include <string>

namespace naru::synth {

using Day = std::int32_t;

struct Civil {
  int year;
  int month;
  int day;
};

[[nodiscard]] constexpr Day day_of(int year, int month, int day) {
  return static_cast<Day>(std::chrono::sys_days{std::chrono::year{year} / month / day}.time_since_epoch().count());
}
[[nodiscard]] constexpr Civil civil(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day()))};
}

inline constexpr Day study_start = day_of(2019, 1, 1);
inline constexpr Day study_end = day_of(2025, 12, 31);

/// Appends `value` in decimal with at least `width` digits.
inline void put_number(std::string& out, std::int64_t value, int width = 1) {
  char digits[24];
  int count = 0;
  const bool negative = value < 0;
  auto rest = negative ? 0ULL - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  do {
    digits[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0 || count < width);
  if (negative) out += '-';
  while (count > 0) out += digits[--count];
}
/// "2024-02-29"
inline void put_date(std::string& out, Day day) {
  const Civil c = civil(day);
  put_number(out, c.year, 4);
  out += '-';
  put_number(out, c.month, 2);
  out += '-';
  put_number(out, c.day, 2);
}
/// "20240229"
inline void put_compact_date(std::string& out, Day day) {
  const Civil c = civil(day);
  put_number(out, c.year, 4);
  put_number(out, c.month, 2);
  put_number(out, c.day, 2);
}
/// Tenths as a decimal number: 73 is "7.3".
inline void put_tenths(std::string& out, std::int64_t tenths) {
  put_number(out, tenths / 10);
  out += '.';
  out += static_cast<char>('0' + tenths % 10);
}

}  // namespace naru::synth
