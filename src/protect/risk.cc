#include "protect/risk.h"

#include "base/json.h"
#include "engine/database.h"
#include "engine/table_source.h"

#include <algorithm>
#include <cmath>

namespace naru::protect {
namespace {

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string relation_of(const std::filesystem::path& table) {
  if (table.extension() == ".parquet") return engine::parquet(table);
  // Every cell as text: a class is the same text, whatever it might be a number of.
  return "read_csv(" + engine::file_literal(table) + ", header=true, all_varchar=true)";
}

}  // namespace

Risk risk_of(std::vector<std::string> quasi_identifiers, const std::vector<std::int64_t>& class_sizes) {
  Risk risk{.quasi_identifiers = std::move(quasi_identifiers)};
  for (const auto size : class_sizes) {
    risk.persons += size;
    ++risk.class_sizes[size];
  }
  risk.classes = static_cast<std::int64_t>(class_sizes.size());
  if (risk.persons == 0) return risk;
  risk.k = risk.class_sizes.begin()->first;
  if (const auto alone = risk.class_sizes.find(1); alone != risk.class_sizes.end()) risk.unique = alone->second;
  const auto persons = static_cast<double>(risk.persons);
  risk.unique_share = static_cast<double>(risk.unique) / persons;
  risk.prosecutor = 1.0 / static_cast<double>(risk.k);
  risk.journalist = risk.prosecutor;
  risk.marketer = static_cast<double>(risk.classes) / persons;
  return risk;
}

Result<Risk> assess(const std::filesystem::path& table, const std::vector<std::string>& quasi_identifiers) {
  if (!fs::exists(table)) return not_found(say("no such table", "표가 없습니다"), table.string());
  if (quasi_identifiers.empty()) {
    return usage_error(say("name at least one quasi-identifier", "준식별자를 하나 이상 지정하세요"), "--quasi");
  }
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {fs::absolute(table).parent_path()}}));
  const auto relation = relation_of(fs::absolute(table));
  NARU_ASSIGN(const auto columns, database.describe(relation));
  std::string list;
  for (const auto& name : quasi_identifiers) {
    if (std::ranges::find(columns, name, &std::pair<std::string, std::string>::first) == columns.end()) {
      std::string known;
      for (const auto& [column, type] : columns) known += (known.empty() ? "" : ", ") + column;
      return not_found(say("the table has no column {}", "표에 {} 열이 없습니다", name), table.filename().string(),
                       say("columns: {}", "열: {}", known));
    }
    list += (list.empty() ? "" : ", ") + engine::quoted(name);
  }
  NARU_ASSIGN(const auto sizes,
              database.query("SELECT count(*) AS size FROM " + relation + " GROUP BY " + list + " ORDER BY size"));
  return risk_of(quasi_identifiers, sizes.columns[0].integers);
}

std::string risk_json(const Risk& risk) {
  Json sizes = Json::array();
  for (const auto& [size, classes] : risk.class_sizes) sizes.push_back({{"size", size}, {"classes", classes}});
  Json out{{"quasi_identifiers", risk.quasi_identifiers},
           {"persons", risk.persons},
           {"k", risk.persons > 0 ? Json(risk.k) : Json(nullptr)},
           {"classes", risk.classes},
           {"unique", risk.unique},
           {"unique_share", number_or_null(risk.unique_share)},
           {"prosecutor", number_or_null(risk.prosecutor)},
           {"journalist", number_or_null(risk.journalist)},
           {"marketer", number_or_null(risk.marketer)},
           {"class_sizes", sizes}};
  if (risk.persons == 0) out["reason"] = "the table holds nobody";
  return canonical(out);
}

std::string risk_summary_json(const Risk& risk, const OutputPolicy& outputs) {
  const auto count = [&](std::int64_t n) -> Json {
    if (n > 0 && n < outputs.min_cell) return nullptr;
    return (n + outputs.round_to / 2) / outputs.round_to * outputs.round_to;
  };
  const auto share = [](const std::optional<double>& value) -> Json {
    return value ? Json(std::round(*value * 100) / 100) : Json(nullptr);
  };
  return canonical({{"quasi_identifiers", risk.quasi_identifiers},
                    {"persons", count(risk.persons)},
                    {"k", risk.persons > 0 ? Json(risk.k) : Json(nullptr)},
                    {"unique", count(risk.unique)},
                    {"unique_share", share(risk.unique_share)},
                    {"prosecutor", share(risk.prosecutor)},
                    {"marketer", share(risk.marketer)}});
}

ImpactAssessment impact_of(const ImpactThresholds& thresholds, std::int64_t sensitive_persons,
                           std::int64_t linked_persons, std::int64_t persons) {
  return {.sensitive_persons = sensitive_persons,
          .linked_persons = linked_persons,
          .persons = persons,
          .sensitive_due = sensitive_persons >= thresholds.sensitive_persons,
          .linked_due = linked_persons >= thresholds.linked_persons,
          .persons_due = persons >= thresholds.persons};
}

}  // namespace naru::protect
