#include "protect/policy.h"

#include "base/digest.h"
#include "base/json.h"
#include "model/omop.h"

#include <algorithm>
#include <array>
#include <set>

namespace naru::protect {
namespace {

// The five groups of the guideline: a policy that forgets one must not load.
constexpr std::array<std::string_view, 5> required_groups = {"mental-illness", "hiv-aids", "sexually-transmitted",
                                                             "rare-disease", "abuse-abortion"};
constexpr std::array<std::pair<std::string_view, Treatment>, 9> treatments = {{
    {"keep", Treatment::keep},
    {"code", Treatment::code},
    {"drop", Treatment::drop},
    {"shift", Treatment::shift},
    {"year", Treatment::year},
    {"pseudonym", Treatment::pseudonym},
    {"renumber", Treatment::renumber},
    {"refer", Treatment::refer},
    {"generalise", Treatment::generalise},
}};

Error bad(const std::string& where, Text what) { return rejected(std::move(what), where); }

Result<std::int64_t> bounded(const Reader& reader, std::string_view key, std::int64_t least, std::int64_t most) {
  NARU_ASSIGN(const auto value, reader.integer(key));
  if (value < least || value > most) {
    return bad(reader.where() + "." + std::string(key),
               say("must be between {} and {}", "{}에서 {} 사이여야 합니다", least, most));
  }
  return value;
}

Result<std::string> clause_of(const Reader& reader) {
  NARU_ASSIGN(auto clause, reader.text("clause"));
  if (clause.empty()) {
    return bad(reader.where() + ".clause",
               say("every rule names what it rests on", "모든 규칙은 근거를 밝혀야 합니다"));
  }
  return clause;
}

Result<Text> title_of(const Reader& reader) {
  NARU_ASSIGN(const auto title, reader.object("title"));
  NARU_CHECK(title.only({"en", "ko"}));
  Text out;
  NARU_ASSIGN(out.en, title.text("en"));
  NARU_ASSIGN(out.ko, title.text("ko"));
  return out;
}

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
    case Role::datetime:
      return treatment == Treatment::shift;
    case Role::number:
      if (column == "year_of_birth") return treatment == Treatment::year;
      return treatment == Treatment::keep && column != "month_of_birth" && column != "day_of_birth" &&
             column != "latitude" && column != "longitude";
    case Role::place:
      return treatment == Treatment::generalise;
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
  NARU_CHECK(reader.only(
      {"left_out", "tier", "keep", "code", "drop", "shift", "year", "pseudonym", "renumber", "refer", "generalise"}));
  if (reader.has("left_out")) {
    NARU_ASSIGN(const bool left_out, reader.boolean("left_out"));
    if (!left_out || reader.raw().size() != 1) {
      return bad(reader.where(), say("left_out is true and stands alone", "left_out은 true이며 단독으로 써야 합니다"));
    }
    return TableRule{.table = table.name, .tier = {}, .left_out = true, .columns = {}};
  }
  return read_columns(reader, table);
}

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
  if (policy.rule_of("person")->left_out) {
    return bad(reader.where() + ".person", say("the person table cannot be left out", "person 표는 뺄 수 없습니다"));
  }
  return {};
}

std::string plain_code(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (c == '.' || c == ' ') continue;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

Result<SensitiveGroup> read_group(const Reader& reader) {
  NARU_CHECK(reader.only({"id", "title", "codes", "concepts", "clause"}));
  SensitiveGroup group;
  NARU_ASSIGN(group.id, reader.text("id"));
  NARU_ASSIGN(group.title, title_of(reader));
  NARU_ASSIGN(group.codes, reader.texts("codes"));
  for (auto& code : group.codes) {
    code = plain_code(code);
    if (code.empty()) return bad(reader.where() + ".codes", say("an empty code prefix", "빈 코드 접두어입니다"));
  }
  if (group.codes.empty()) {
    return bad(reader.where() + ".codes",
               say("an empty group would screen nothing", "빈 그룹은 아무것도 걸러내지 않습니다"));
  }
  NARU_ASSIGN(const auto concepts, reader.array("concepts"));
  for (const auto& [value, where] : concepts) {
    if (!value->is_number_integer() || value->get<std::int64_t>() <= 0) {
      return bad(where, say("a concept id is a positive whole number", "개념 식별자는 양의 정수입니다"));
    }
    group.concepts.push_back(value->get<std::int64_t>());
  }
  NARU_ASSIGN(group.clause, clause_of(reader));
  return group;
}

Done read_sensitive(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto reader, root.object("sensitive"));
  NARU_CHECK(reader.only({"clause", "code_systems", "groups"}));
  NARU_ASSIGN(policy.sensitive.clause, clause_of(reader));
  NARU_ASSIGN(policy.sensitive.code_systems, reader.texts("code_systems"));
  NARU_ASSIGN(const auto groups, reader.array("groups"));
  std::set<std::string> seen;
  for (const auto& [value, where] : groups) {
    NARU_ASSIGN(const auto each, Reader::of(*value, where));
    NARU_ASSIGN(auto group, read_group(each));
    if (!seen.insert(group.id).second) return bad(where, say("the group stands twice", "그룹이 두 번 나옵니다"));
    if (std::ranges::find(required_groups, group.id) == required_groups.end()) {
      return bad(where + ".id", say("no such sensitive group: {}", "그런 민감 그룹은 없습니다: {}", group.id));
    }
    policy.sensitive.groups.push_back(std::move(group));
  }
  for (const auto required : required_groups) {
    if (!seen.contains(std::string(required))) {
      return bad(reader.where() + ".groups",
                 say("the sensitive group {} is missing", "민감 그룹 {}이 없습니다", required));
    }
  }
  NARU_ASSIGN(const auto codes, root.object("source_codes"));
  NARU_CHECK(codes.only({"code_systems", "clause"}));
  NARU_ASSIGN(policy.source_codes.code_systems, codes.texts("code_systems"));
  NARU_ASSIGN(policy.source_codes.clause, clause_of(codes));
  return {};
}

Result<QuasiIdentifier> read_quasi(const Reader& reader) {
  NARU_CHECK(reader.only({"name", "kind", "column", "levels"}));
  QuasiIdentifier quasi;
  NARU_ASSIGN(quasi.name, reader.text("name"));
  NARU_ASSIGN(quasi.column, reader.text("column"));
  NARU_ASSIGN(const auto kind, reader.text("kind"));
  const auto* column = model::table_named("person")->column(quasi.column);
  if (column == nullptr) {
    return bad(reader.where() + ".column", say("person has no such column", "person 표에 없는 열입니다"));
  }
  if (kind == "year") {
    quasi.kind = QuasiKind::year;
    NARU_ASSIGN(const auto bands, reader.array("levels"));
    for (const auto& [value, where] : bands) {
      const bool whole = value->is_number_integer();
      const auto band = whole ? value->get<std::int64_t>() : -1;
      const bool finer = !quasi.bands.empty() && (quasi.bands.back() == 0 || (band != 0 && band <= quasi.bands.back()));
      // Each band must hold whole bands of the level before it, or a level would not be a generalisation of the last.
      const bool nested = quasi.bands.empty() || finer || band == 0 || band % quasi.bands.back() == 0;
      if (!whole || band < 0 || band > 100 || finer || !nested) {
        return bad(where, say("each band is a multiple of the one before; 0 stands last",
                              "각 구간은 앞 구간의 배수이며 0은 마지막입니다"));
      }
      quasi.bands.push_back(band);
    }
    if (quasi.bands.empty() || quasi.column != "year_of_birth") {
      return bad(reader.where(), say("bands of years belong to year_of_birth", "연도 구간은 year_of_birth에만 씁니다"));
    }
    return quasi;
  }
  NARU_ASSIGN(quasi.levels, reader.texts("levels"));
  using Levels = std::vector<std::string>;
  if (kind == "place") {
    quasi.kind = QuasiKind::place;
    const bool known = quasi.levels == Levels{"county", "state", "none"} || quasi.levels == Levels{"state", "none"} ||
                       quasi.levels == Levels{"none"};
    if (known && quasi.column == "location_id") return quasi;
  } else if (kind == "code") {
    const bool known = quasi.levels == Levels{"keep", "none"} || quasi.levels == Levels{"keep"};
    if (known && column->role == model::Role::concept_id) return quasi;
  }
  return bad(reader.where(), say("kind, column and levels do not fit together", "종류, 열, 수준이 서로 맞지 않습니다"));
}

Done read_anonymity(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto reader, root.object("anonymity"));
  NARU_CHECK(reader.only({"k", "suppression_limit", "quasi_identifiers", "clause"}));
  auto& out = policy.anonymity;
  NARU_ASSIGN(out.k, bounded(reader, "k", 2, 1'000'000));
  NARU_ASSIGN(out.suppression_limit, reader.number("suppression_limit"));
  if (!(out.suppression_limit >= 0 && out.suppression_limit <= 1)) {
    return bad(reader.where() + ".suppression_limit", say("a share from 0 to 1", "0에서 1 사이의 비율이어야 합니다"));
  }
  NARU_ASSIGN(out.clause, clause_of(reader));
  NARU_ASSIGN(const auto quasi, reader.array("quasi_identifiers"));
  std::set<std::string> columns;
  std::set<std::string> names;
  for (const auto& [value, where] : quasi) {
    NARU_ASSIGN(const auto each, Reader::of(*value, where));
    NARU_ASSIGN(auto made, read_quasi(each));
    if (!columns.insert(made.column).second || !names.insert(made.name).second) {
      return bad(where, say("stands twice", "두 번 나옵니다"));
    }
    out.quasi_identifiers.push_back(std::move(made));
  }
  // A column marked for generalisation that no quasi-identifier takes up would be released as it is.
  for (const auto& rule : policy.rule_of("person")->columns) {
    const bool quasi_like = rule.treatment == Treatment::generalise || rule.treatment == Treatment::year ||
                            rule.treatment == Treatment::refer;
    if (quasi_like && !columns.contains(rule.column)) {
      return bad(reader.where() + ".quasi_identifiers", say("person.{} is released but is no quasi-identifier",
                                                            "person.{} 열이 준식별자에 없습니다", rule.column));
    }
  }
  for (const auto& made : out.quasi_identifiers) {
    const auto* rule = policy.rule_of("person")->rule_of(made.column);
    if (rule->treatment == Treatment::drop) {
      return bad(reader.where() + ".quasi_identifiers",
                 say("person.{} is dropped", "person.{} 열은 삭제되는 열입니다", made.column));
    }
  }
  return {};
}

Done read_outputs(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto outputs, root.object("outputs"));
  NARU_CHECK(outputs.only({"min_cell", "round_to", "complementary", "repeat_threshold", "digits", "clause"}));
  NARU_ASSIGN(policy.outputs.min_cell, bounded(outputs, "min_cell", 2, 1'000'000));
  NARU_ASSIGN(policy.outputs.round_to, bounded(outputs, "round_to", 1, 1'000'000));
  NARU_ASSIGN(policy.outputs.complementary, outputs.boolean("complementary"));
  NARU_ASSIGN(policy.outputs.repeat_threshold, bounded(outputs, "repeat_threshold", 1, 1'000'000));
  NARU_ASSIGN(policy.outputs.digits, bounded(outputs, "digits", 1, 12));
  NARU_ASSIGN(policy.outputs.clause, clause_of(outputs));
  NARU_ASSIGN(const auto genome, root.object("genome"));
  NARU_CHECK(genome.only({"min_allele_count", "min_cohort", "clause"}));
  NARU_ASSIGN(policy.genome.min_allele_count, bounded(genome, "min_allele_count", 1, 1'000'000));
  NARU_ASSIGN(policy.genome.min_cohort, bounded(genome, "min_cohort", 1, 1'000'000));
  NARU_ASSIGN(policy.genome.clause, clause_of(genome));
  return {};
}

Done read_people_rules(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto shift, root.object("date_shift"));
  NARU_CHECK(shift.only({"min_days", "max_days", "clause"}));
  NARU_ASSIGN(policy.date_shift.min_days, bounded(shift, "min_days", 1, 3650));
  NARU_ASSIGN(policy.date_shift.max_days, bounded(shift, "max_days", policy.date_shift.min_days, 3650));
  NARU_ASSIGN(policy.date_shift.clause, clause_of(shift));
  NARU_ASSIGN(const auto ages, root.object("ages"));
  NARU_CHECK(ages.only({"age_max", "year_of_birth_min", "clause"}));
  NARU_ASSIGN(policy.ages.age_max, bounded(ages, "age_max", 50, 150));
  NARU_ASSIGN(policy.ages.year_of_birth_min, bounded(ages, "year_of_birth_min", 1850, 2100));
  NARU_ASSIGN(policy.ages.clause, clause_of(ages));
  return {};
}

Done read_process_rules(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto linkage, root.object("linkage"));
  NARU_CHECK(linkage.only({"rows_per_token_max", "merge_within_holder", "clause"}));
  NARU_ASSIGN(policy.linkage.rows_per_token_max, bounded(linkage, "rows_per_token_max", 2, 1'000'000));
  NARU_ASSIGN(policy.linkage.merge_within_holder, linkage.boolean("merge_within_holder"));
  NARU_ASSIGN(policy.linkage.clause, clause_of(linkage));
  NARU_ASSIGN(const auto review, root.object("export_review"));
  NARU_CHECK(review.only({"reviewers_min", "clause"}));
  NARU_ASSIGN(policy.review.reviewers_min, bounded(review, "reviewers_min", 1, 100));
  NARU_ASSIGN(policy.review.clause, clause_of(review));
  NARU_ASSIGN(const auto impact, root.object("impact_assessment"));
  NARU_CHECK(impact.only({"sensitive_persons", "linked_persons", "persons", "clause"}));
  constexpr std::int64_t everybody = 10'000'000'000;
  NARU_ASSIGN(policy.impact.sensitive_persons, bounded(impact, "sensitive_persons", 1, everybody));
  NARU_ASSIGN(policy.impact.linked_persons, bounded(impact, "linked_persons", 1, everybody));
  NARU_ASSIGN(policy.impact.persons, bounded(impact, "persons", 1, everybody));
  NARU_ASSIGN(policy.impact.clause, clause_of(impact));
  return {};
}

}  // namespace

std::string_view name_of(Treatment treatment) {
  const auto found = std::ranges::find(treatments, treatment, &std::pair<std::string_view, Treatment>::second);
  return found == treatments.end() ? std::string_view{} : found->first;
}

const ColumnRule* TableRule::rule_of(std::string_view column) const {
  const auto found = std::ranges::find(columns, column, &ColumnRule::column);
  return found == columns.end() ? nullptr : &*found;
}

const TableRule* Policy::rule_of(std::string_view table) const {
  const auto found = std::ranges::find(tables, table, &TableRule::table);
  return found == tables.end() ? nullptr : &*found;
}

Result<Policy> parse_policy(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto document, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto root, Reader::of(document, std::string(where)));
  NARU_CHECK(root.only({"id", "version", "title", "date_shift", "ages", "sensitive", "source_codes", "anonymity",
                        "linkage", "outputs", "disclosure", "genome", "export_review", "impact_assessment", "tables"}));
  Policy policy;
  NARU_ASSIGN(policy.id, root.text("id"));
  if (!is_plain_name(policy.id)) {
    return bad(root.where() + ".id",
               say("letters, digits, '-', '_' and '.' only", "영문자, 숫자, '-', '_', '.'만 됩니다"));
  }
  NARU_ASSIGN(policy.version, bounded(root, "version", 1, 1'000'000));
  NARU_ASSIGN(policy.title, title_of(root));
  NARU_CHECK(read_people_rules(root, policy));
  NARU_CHECK(read_sensitive(root, policy));
  NARU_CHECK(read_tables(root, policy));
  NARU_CHECK(read_anonymity(root, policy));
  NARU_CHECK(read_outputs(root, policy));
  if (root.has("disclosure")) {
    NARU_ASSIGN(const auto disclosure, root.object("disclosure"));
    NARU_ASSIGN(policy.disclosure, read_output_control(disclosure.raw(), disclosure.where()));
  }
  NARU_CHECK(read_process_rules(root, policy));
  policy.hash = hex(sha256(canonical(document)));
  return policy;
}

Result<Policy> load_policy(const std::filesystem::path& file) {
  NARU_ASSIGN(const auto text, read_file(file, 1U << 20));
  return parse_policy(text, file.filename().string());
}

Result<Policy> find_policy(const std::filesystem::path& share, std::string_view id) {
  const auto folder = share / "policies";
  const auto file = folder / (std::string(id) + ".yaml");
  if (is_plain_name(id) && fs::exists(file)) return load_policy(file);
  std::string known;
  if (const auto files = list_files(folder, false); files.ok()) {
    for (const auto& each : *files) {
      if (each.extension() == ".yaml") known += (known.empty() ? "" : ", ") + each.stem().string();
    }
  }
  return not_found(say("there is no policy of that name", "그런 이름의 정책이 없습니다"), std::string(id),
                   say("policies there are: {}", "있는 정책: {}", known));
}

}  // namespace naru::protect
