#include "ingest/quality_checks.h"

#include "base/files.h"
#include "base/json.h"
#include "model/omop.h"

#include <algorithm>

namespace naru::ingest {
namespace {

using Names = std::map<std::string, std::string>;

std::string filled(std::string text, const Names& names) {
  for (const auto& [name, value] : names) {
    const auto mark = "{" + name + "}";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  }
  return text;
}

/// The names a `for` check is unfolded with, one set per check it becomes.
Result<std::vector<Names>> unfoldings(const std::string& shape, const std::string& where) {
  std::vector<Names> all;
  for (const auto& table : model::tables()) {
    const bool event = table.has_person() && !table.start_date.empty() && !table.derived && table.name != "death" &&
                       table.name != "payer_plan_period" && table.name != "observation_period";
    Names names{{"table", table.name},
                {"start", table.start_date},
                {"end", table.end_date},
                {"concept", table.concept_column},
                {"source", table.source_value}};
    if (shape == "required") {
      for (const auto& column : table.columns) {
        if (!column.required || table.derived) continue;
        names["column"] = column.name;
        all.push_back(names);
      }
    } else if (shape == "dated") {
      if (event) all.push_back(names);
    } else if (shape == "ended") {
      if (event && !table.end_date.empty()) all.push_back(names);
    } else if (shape == "coded") {
      if (event && !table.concept_column.empty() && !table.source_value.empty() && table.name != "visit_occurrence" &&
          table.name != "visit_detail" && table.name != "specimen")
        all.push_back(names);
    } else {
      return rejected(
          say("'for' is required, dated, ended or coded", "'for' 는 required, dated, ended, coded 중 하나입니다"),
          where + ".for");
    }
  }
  return all;
}

Done read_thresholds(const Reader& reader, QualityCheck& check) {
  if (!reader.has("thresholds")) return {};
  NARU_ASSIGN(const auto given, reader.object("thresholds"));
  for (const auto& [kind, value] : given.raw().items()) {
    NARU_ASSIGN(check.thresholds[kind], given.number(kind));
  }
  return {};
}

Result<QualityCheck> read_one(const Reader& reader, const std::string& where) {
  NARU_CHECK(reader.only({"id", "category", "title", "needs", "from", "table", "for", "joins", "where", "violation",
                          "at_most", "thresholds"}));
  QualityCheck check;
  NARU_ASSIGN(check.result.id, reader.text("id"));
  NARU_ASSIGN(check.result.category, reader.text("category"));
  constexpr std::array<std::string_view, 3> categories = {"conformance", "completeness", "plausibility"};
  if (std::ranges::find(categories, check.result.category) == categories.end()) {
    return rejected(say("a category is conformance, completeness or plausibility",
                        "범주는 conformance, completeness, plausibility 중 하나입니다"),
                    where + ".category");
  }
  NARU_ASSIGN(const auto title, reader.object("title"));
  NARU_ASSIGN(check.result.title.en, title.text("en"));
  NARU_ASSIGN(check.result.title.ko, title.text("ko"));
  NARU_ASSIGN(check.where, reader.text_or("where", "true"));
  NARU_ASSIGN(check.violation, reader.text("violation"));
  NARU_ASSIGN(check.result.at_most, reader.number("at_most"));
  NARU_ASSIGN(check.from, reader.text_or("from", ""));
  NARU_ASSIGN(check.table, reader.text_or("table", ""));
  if (reader.has("needs")) {
    NARU_ASSIGN(check.needs, reader.texts("needs"));
  }
  if (reader.has("joins")) {
    NARU_ASSIGN(const auto joins, reader.texts("joins"));
    check.joins = {joins.begin(), joins.end()};
  }
  for (const auto& join : check.joins) {
    if (join == "concept" || join == "person" || join == "death") continue;
    return rejected(say("joins are concept, person and death", "joins 는 concept, person, death 입니다"),
                    where + ".joins");
  }
  NARU_CHECK(read_thresholds(reader, check));
  return check;
}

QualityCheck unfolded(const QualityCheck& shape, const Names& names, bool many) {
  auto check = shape;
  if (many) {
    check.table = names.at("table");
    check.result.id += "-" + names.at("table");
    if (names.contains("column")) check.result.id += "." + names.at("column");
  }
  for (auto* text : {&check.where, &check.violation, &check.from, &check.result.title.en, &check.result.title.ko})
    *text = filled(*text, names);
  if (!check.table.empty()) check.needs.push_back(check.table);
  check.needs.insert(check.needs.end(), check.joins.begin(), check.joins.end());
  return check;
}

}  // namespace

Result<std::vector<QualityCheck>> read_quality_checks(const fs::path& file, const std::string& today) {
  NARU_ASSIGN(const auto document, read_yaml(file));
  NARU_ASSIGN(const auto reader, Reader::of(document, file.filename().string()));
  NARU_CHECK(reader.only({"id", "version", "checks"}));
  NARU_ASSIGN(const auto list, reader.array("checks"));
  const Names day{{"today", "DATE '" + today + "'"}};
  std::vector<QualityCheck> checks;
  for (const auto& [value, where] : list) {
    NARU_ASSIGN(const auto one, Reader::of(*value, where));
    NARU_ASSIGN(const auto shape, read_one(one, where));
    NARU_ASSIGN(const auto each, one.text_or("for", ""));
    const int ways = (each.empty() ? 0 : 1) + (shape.table.empty() ? 0 : 1) + (shape.from.empty() ? 0 : 1);
    if (ways != 1) {
      return rejected(say("a check has one of 'table', 'for' and 'from'",
                          "점검에는 'table', 'for', 'from' 중 하나가 있어야 합니다"),
                      where);
    }
    if (each.empty()) {
      checks.push_back(unfolded(shape, day, false));
      continue;
    }
    NARU_ASSIGN(auto all, unfoldings(each, where));
    for (auto& names : all) {
      names.insert(day.begin(), day.end());
      checks.push_back(unfolded(shape, names, true));
    }
  }
  return checks;
}

}  // namespace naru::ingest
