#include "cohort/sql_text.h"

#include "base/clock.h"

#include <algorithm>

namespace naru::cohort {

std::string number(std::int64_t value) { return std::to_string(value); }
std::string number(double value) { return fmt::format("CAST({} AS DOUBLE)", value); }
std::string date(std::int32_t days) { return "DATE '" + format_date(days) + "'"; }
std::string plus(std::int64_t days) { return days < 0 ? " - " + number(-days) : " + " + number(days); }

std::string comparison(Compare compare, const std::string& left, const std::string& value, const std::string& extent) {
  switch (compare) {
    case Compare::lt:
      return left + " < " + value;
    case Compare::lte:
      return left + " <= " + value;
    case Compare::eq:
      return left + " = " + value;
    case Compare::unequal:
      return left + " <> " + value;
    case Compare::gt:
      return left + " > " + value;
    case Compare::gte:
      return left + " >= " + value;
    case Compare::between:
      return "(" + left + " >= " + value + " AND " + left + " <= " + extent + ")";
    case Compare::not_between:
      return "NOT (" + left + " >= " + value + " AND " + left + " <= " + extent + ")";
  }
  return "false";
}

std::string text_pattern(const Predicate& predicate, std::string_view sql) {
  // A text to look for may hold LIKE's own signs: compare with functions that have none.
  const auto needle = engine::literal(predicate.text);
  const std::string function = predicate.match == TextMatch::contains      ? "contains"
                               : predicate.match == TextMatch::starts_with ? "starts_with"
                                                                           : "ends_with";
  return (predicate.negated ? "NOT " : "") + function + "(" + std::string(sql) + ", " + needle + ")";
}

std::string id_list(const std::vector<std::int64_t>& ids) {
  std::string out;
  for (const auto id : ids) out += (out.empty() ? "" : ", ") + number(id);
  return out;
}

std::string joins_for(const std::set<Needs>& needs, const Cdm& cdm) {
  std::string out;
  if (needs.count(Needs::person) != 0) out += "JOIN " + cdm.relation("person") + " p ON p.person_id = c.person_id\n";
  if (needs.count(Needs::visit) != 0) {
    out += "JOIN " + cdm.relation("visit_occurrence") +
           " v ON v.visit_occurrence_id = c.visit_occurrence_id AND v.person_id = c.person_id\n";
  }
  if (needs.count(Needs::care_site) != 0) {
    out += "JOIN " + cdm.relation("care_site") + " cs ON cs.care_site_id = c.care_site_id\n";
  }
  if (needs.count(Needs::provider) != 0) {
    out += "LEFT JOIN " + cdm.relation("provider") + " pr ON pr.provider_id = c.provider_id\n";
  }
  return out;
}

std::string where_of(const std::vector<std::string>& conditions) {
  std::string out;
  for (const auto& condition : conditions) out += (out.empty() ? "WHERE " : "\n  AND ") + condition;
  return out;
}

std::string fill(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    const auto name = text.substr(open + 1, close - open - 1);
    const auto value = std::find_if(values.begin(), values.end(), [&](const auto& pair) { return pair.first == name; });
    if (value != values.end()) out += value->second;
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace naru::cohort
