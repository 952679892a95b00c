#include "base/clock.h"

#include <charconv>
#include <chrono>

namespace naru {

std::int64_t SystemClock::now_ms() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

double steady_seconds() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

std::int32_t days_from_civil(CivilDate date) {
  using namespace std::chrono;
  const sys_days days{year_month_day{year{date.year}, month{date.month}, day{date.day}}};
  return static_cast<std::int32_t>(days.time_since_epoch().count());
}

CivilDate civil_from_days(std::int32_t days) {
  using namespace std::chrono;
  const year_month_day date{sys_days{std::chrono::days{days}}};
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())};
}

unsigned weekday_of(std::int32_t days) {
  using namespace std::chrono;
  return weekday{sys_days{std::chrono::days{days}}}.c_encoding();
}

Result<std::int32_t> parse_date(std::string_view text, std::string_view where) {
  const auto bad = [&] {
    return rejected(say("not a date of the form YYYY-MM-DD that exists in the calendar",
                        "달력에 있는 YYYY-MM-DD 형식의 날짜가 아닙니다"),
                    std::string(where), say("write for example 2026-02-28", "예: 2026-02-28"));
  };
  const auto number = [&](std::size_t at, std::size_t length, int& out) {
    const auto part = text.substr(at, length);
    const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), out);
    return code == std::errc{} && end == part.data() + part.size() && part.front() != '-';
  };
  int year = 0;
  int month = 0;
  int day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return bad();
  if (!number(0, 4, year) || !number(5, 2, month) || !number(8, 2, day)) return bad();
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return bad();
  return days_from_civil({year, static_cast<unsigned>(month), static_cast<unsigned>(day)});
}

std::string format_date(std::int32_t days) {
  const auto date = civil_from_days(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string format_instant(std::int64_t ms) {
  constexpr std::int64_t day_ms = 86'400'000;
  auto days = ms / day_ms;
  auto rest = ms % day_ms;
  if (rest < 0) {
    rest += day_ms;
    --days;
  }
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", format_date(static_cast<std::int32_t>(days)), rest / 3'600'000,
                     rest / 60'000 % 60, rest / 1000 % 60, rest % 1000);
}

}  // namespace naru
