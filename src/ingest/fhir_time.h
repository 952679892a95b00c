#pragma once
/// FHIR dates and instants as OMOP needs them.
#include <cstdint>
#include <optional>
#include <string_view>

namespace naru::ingest {

struct Moment {
  std::int32_t day = 0;                     ///< days since 1970-01-01
  std::optional<std::int64_t> micros = {};  ///< wall-clock microseconds since 1970-01-01T00:00; nothing: only a date
  bool imputed = false;                     ///< month or day were missing and taken as the first
};

/// "2020", "2020-03", "2020-03-31", "2020-03-31T10:20:30.5+09:00". The wall clock of the written offset is kept; with
/// `seoul` an instant is moved to UTC+09:00 instead. Nothing: not a FHIR date, a date that does not exist, or a year
/// outside 1800..2200.
[[nodiscard]] std::optional<Moment> moment_of(std::string_view text, bool seoul);

}  // namespace naru::ingest
