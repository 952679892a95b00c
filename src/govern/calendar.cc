#include "govern/calendar.h"

#include "base/json.h"

namespace naru::govern {
namespace {

std::int32_t floor_div(std::int64_t a, std::int64_t b) {
  return static_cast<std::int32_t>(a >= 0 ? a / b : -((-a + b - 1) / b));
}

}  // namespace

Result<Calendar> Calendar::parse(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id", "title", "source", "utc_offset_minutes", "years"}));
  Calendar out;
  NARU_ASSIGN(out.id_, r.text("id"));
  NARU_ASSIGN(out.utc_offset_minutes_, r.integer("utc_offset_minutes"));
  constexpr std::int64_t offset_max = 14 * 60;
  if (out.utc_offset_minutes_ < -offset_max || out.utc_offset_minutes_ > offset_max) {
    return rejected(say("an offset is at most 14 hours", "시차는 최대 14시간입니다"),
                    r.where() + ".utc_offset_minutes");
  }
  NARU_ASSIGN(const auto years, r.object("years"));
  for (const auto& [key, days] : years.raw().items()) {
    const auto place = fmt::format("{}.{}", years.where(), key);
    NARU_ASSIGN(const auto new_year, parse_date(key + "-01-01", place));
    const auto year = civil_from_days(new_year).year;
    if (out.first_year_ == 0 || year < out.first_year_) out.first_year_ = year;
    if (year > out.last_year_) out.last_year_ = year;
    if (!days.is_array()) return rejected(say("must be a list of dates", "날짜 목록이어야 합니다"), place);
    for (const auto& day : days) {
      if (!day.is_string()) return rejected(say("must be a list of dates", "날짜 목록이어야 합니다"), place);
      NARU_ASSIGN(const auto holiday, parse_date(day.get<std::string>(), place));
      if (civil_from_days(holiday).year != year) {
        return rejected(say("{} is not in that year", "{}은(는) 그 해의 날짜가 아닙니다", day.get<std::string>()),
                        place);
      }
      out.holidays_.insert(holiday);
    }
  }
  // A gap between two known years would silently count weekends only.
  for (auto year = out.first_year_; year <= out.last_year_; ++year) {
    if (!years.has(std::to_string(year))) {
      return rejected(say("the year {} is missing between others", "{}년이 중간에 빠져 있습니다", year), years.where());
    }
  }
  return out;
}

Result<Calendar> Calendar::read(const std::filesystem::path& file) {
  constexpr std::uint64_t bytes_max = 1U << 20;
  NARU_ASSIGN(const auto text, read_file(file, bytes_max));
  return parse(text, file.filename().string());
}

std::int32_t Calendar::date_at(std::int64_t at_ms) const {
  return floor_div(at_ms + utc_offset_minutes_ * 60'000, 86'400'000);
}

bool Calendar::is_working_day(std::int32_t day) const {
  const auto weekday = weekday_of(day);
  return weekday != 0 && weekday != 6 && !holidays_.contains(day);
}

bool Calendar::covers(std::int32_t day) const {
  const auto year = civil_from_days(day).year;
  return year >= first_year_ && year <= last_year_;
}

std::int32_t Calendar::add_working_days(std::int32_t day, std::int64_t n) const {
  while (n > 0) {
    ++day;
    if (is_working_day(day)) --n;
  }
  return day;
}

std::int64_t Calendar::working_days_between(std::int32_t from, std::int32_t to) const {
  if (to < from) return -working_days_between(to, from);
  std::int64_t count = 0;
  for (auto day = from + 1; day <= to; ++day) count += is_working_day(day) ? 1 : 0;
  return count;
}

}  // namespace naru::govern
