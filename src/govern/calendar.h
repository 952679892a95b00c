#pragma once
/// Working days: weekends and public holidays come from a data file, sops/calendars/ID.yaml.
#include "base/clock.h"
#include "base/result.h"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace naru::govern {

class Calendar {
 public:
  /// Errors: rejected with file and line or key.
  [[nodiscard]] static Result<Calendar> parse(std::string_view yaml, std::string_view where);
  [[nodiscard]] static Result<Calendar> read(const std::filesystem::path& file);
  [[nodiscard]] const std::string& id() const { return id_; }
  /// The calendar's local date at an instant, days since 1970-01-01.
  [[nodiscard]] std::int32_t date_at(std::int64_t at_ms) const;
  [[nodiscard]] bool is_working_day(std::int32_t day) const;
  /// True when public holidays of that year are in the file; outside only weekends are known.
  [[nodiscard]] bool covers(std::int32_t day) const;
  /// The n-th working day after `day` (n ≥ 1); `day` itself when n is 0.
  [[nodiscard]] std::int32_t add_working_days(std::int32_t day, std::int64_t n) const;
  /// Working days after `from` up to and including `to`; negative when `to` is earlier.
  [[nodiscard]] std::int64_t working_days_between(std::int32_t from, std::int32_t to) const;

 private:
  std::string id_;
  std::int64_t utc_offset_minutes_ = 0;
  std::set<std::int32_t> holidays_;
  std::int32_t first_year_ = 0;
  std::int32_t last_year_ = 0;
};

}  // namespace naru::govern
