#pragma once
/// Pieces of SQL text for the plan: values as literals, conditions, joins. Only for this room's .cc files.
#include "cohort/cohort.h"
#include "cohort/domains.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace naru::cohort {

/// `{name}` in the text becomes its value; a name without one becomes nothing.
[[nodiscard]] std::string fill(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values);

[[nodiscard]] std::string number(std::int64_t value);
[[nodiscard]] std::string number(double value);
[[nodiscard]] std::string date(std::int32_t days);
/// " + 3" or " - 3".
[[nodiscard]] std::string plus(std::int64_t days);
[[nodiscard]] std::string comparison(Compare compare, const std::string& left, const std::string& value,
                                     const std::string& extent);
[[nodiscard]] std::string text_pattern(const Predicate& predicate, std::string_view sql);
[[nodiscard]] std::string id_list(const std::vector<std::int64_t>& ids);
/// Joins of an event `c` to what its conditions need.
[[nodiscard]] std::string joins_for(const std::set<Needs>& needs, const Cdm& cdm);
/// "WHERE a AND b", or nothing.
[[nodiscard]] std::string where_of(const std::vector<std::string>& conditions);

}  // namespace naru::cohort
