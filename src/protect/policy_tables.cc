#include "protect/policy_parts.h"

#include "model/omop.h"

#include <array>

namespace naru::protect::detail {
namespace {

// A role tells what must never happen to a column: a key kept as it is, a date not shifted, a free text kept.
bool fits(model::Role role, Treatment treatment, std::string_view column) {
  using model::Role;
  if (treatment == Treatment::drop) return role != Role::person_key;
  switch (role) {
    case Role::person_key:
      return treatment == Treatment::pseudonym;
    case Role::record_key:
      return treatment == Treatment::renumber;
    case Role::other_key:
      return treatment == Treatment::refer;
    case Role::concept_id:
    case Role::source_concept:
      return treatment == Treatment::keep || treatment == Treatment::generalise;
    case Role::source_value:
      return treatment == Treatment::code;
    case Role::date:
      return treatment == Treatment::shift || treatment == Treatment::year_only;
    case Role::datetime:
      return treatment == Treatment::shift;
    case Role::number:
      if (column == "year_of_birth") return treatment == Treatment::year;
      return treatment == Treatment::keep && column != "month_of_birth" && column != "day_of_birth" &&
             column != "latitude" && column != "longitude";
    case Role::place:
      // Streets, towns and coordinates have no coarser level here: they stay behind.
      return treatment == Treatment::generalise && (column == "state" || column == "county" || column == "zip");
    case Role::free_text:
      return false;
  }
  return false;
}

Result<TableRule> read_columns(const Reader& reader, const model::Table& table) {
  TableRule rule{.table = table.name, .tier = {}, .columns = {}};
  NARU_ASSIGN(rule.tier, reader.text("tier"));
  if (rule.tier != "open" && rule.tier != "registered" && rule.tier != "controlled") {
    return bad(reader.where() + ".tier",
               say("a tier is open, registered or controlled", "등급은 open, registered, controlled 중 하나입니다"));
  }
  for (const auto& [name, treatment] : treatments) {
    if (!reader.has(name)) continue;
    NARU_ASSIGN(const auto columns, reader.texts(name));
    for (const auto& column : columns) {
      const auto where = reader.where() + "." + std::string(name) + "." + column;
      const auto* known = table.column(column);
      if (known == nullptr) return bad(where, say("the table has no such column", "표에 없는 열입니다"));
      if (rule.rule_of(column) != nullptr) return bad(where, say("the column stands twice", "열이 두 번 나옵니다"));
      if (!fits(known->role, treatment, column)) {
        return bad(where, say("a column of kind {} cannot be treated so", "{} 종류의 열에는 쓸 수 없는 처리입니다",
                              model::name_of(known->role)));
      }
      rule.columns.push_back({column, treatment});
    }
  }
  for (const auto& column : table.columns) {
    if (rule.rule_of(column.name) == nullptr) {
      return bad(reader.where(),
                 say("the column {} is not treated", "{} 열의 처리가 정해지지 않았습니다", column.name));
    }
  }
  return rule;
}

Result<TableRule> read_table(const Reader& tables, const model::Table& table) {
  NARU_ASSIGN(const auto reader, tables.object(table.name));
  NARU_CHECK(reader.only({"left_out", "tier", "keep", "code", "drop", "shift", "year_only", "year", "pseudonym",
                          "renumber", "refer", "generalise"}));
  if (reader.has("left_out")) {
    NARU_ASSIGN(const bool left_out, reader.boolean("left_out"));
    if (!left_out || reader.raw().size() != 1) {
      return bad(reader.where(), say("left_out is true and stands alone", "left_out은 true이며 단독으로 써야 합니다"));
    }
    return TableRule{.table = table.name, .tier = {}, .left_out = true, .columns = {}};
  }
  return read_columns(reader, table);
}

}  // namespace

Done read_tables(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto reader, root.object("tables"));
  for (const auto& [name, value] : reader.raw().items()) {
    if (model::table_named(name) == nullptr) {
      return bad(reader.where() + "." + name, say("no such OMOP table", "그런 OMOP 표는 없습니다"));
    }
  }
  for (const auto& table : model::tables()) {
    if (!reader.has(table.name)) {
      return bad(reader.where(), say("the table {} is not treated", "{} 표의 처리가 정해지지 않았습니다", table.name));
    }
    NARU_ASSIGN(auto rule, read_table(reader, table));
    policy.tables.push_back(std::move(rule));
  }
  const auto* zip = policy.rule_of("location")->rule_of("zip");
  if (zip != nullptr && zip->treatment == Treatment::generalise && policy.regions.zip_digits == 0) {
    return bad(reader.where() + ".location.generalise.zip",
               say("regions.zip_digits says that no part of a postcode stays",
                   "regions.zip_digits에 따르면 우편번호는 남기지 않습니다"));
  }
  if (policy.rule_of("person")->left_out) {
    return bad(reader.where() + ".person", say("the person table cannot be left out", "person 표는 뺄 수 없습니다"));
  }
  return {};
}

}  // namespace naru::protect::detail
