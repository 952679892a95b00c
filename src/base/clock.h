#pragma once
/// Time comes in as an interface. Instants are milliseconds since 1970-01-01T00:00:00Z; dates are days since then.
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace naru {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const override;
};

/// For tests and replays.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(std::int64_t ms) : ms_(ms) {}
  [[nodiscard]] std::int64_t now_ms() const override { return ms_; }
  void advance_ms(std::int64_t by) { ms_ += by; }

 private:
  std::int64_t ms_;
};

/// Seconds of a steady clock, for durations only.
[[nodiscard]] double steady_seconds();

struct CivilDate {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  auto operator<=>(const CivilDate&) const = default;
};

[[nodiscard]] std::int32_t days_from_civil(CivilDate date);
[[nodiscard]] CivilDate civil_from_days(std::int32_t days);
/// 0 = Sunday … 6 = Saturday.
[[nodiscard]] unsigned weekday_of(std::int32_t days);
/// "YYYY-MM-DD", rejecting dates that do not exist (31 February).
[[nodiscard]] Result<std::int32_t> parse_date(std::string_view text, std::string_view where);
[[nodiscard]] std::string format_date(std::int32_t days);
/// "YYYY-MM-DDTHH:MM:SS.mmmZ"
[[nodiscard]] std::string format_instant(std::int64_t ms);

}  // namespace naru
