// The lake is read once into temporary tables holding only what may stay; keys are then renumbered through maps that
// live no longer than this function.
#include "protect/holder.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "model/omop.h"
#include "protect/protected_table.h"
#include "protect/pseudonym.h"
#include "protect/sensitive.h"

#include <algorithm>

namespace naru::protect {
namespace {

Done require_columns(engine::Database& database, const fs::path& file, std::initializer_list<std::string_view> wanted) {
  if (!fs::exists(file)) {
    return not_found(say("a file needed for protection is missing", "보호 처리에 필요한 파일이 없습니다"),
                     file.filename().string(), say("link the holders first", "먼저 결합 절차를 진행하세요"));
  }
  NARU_ASSIGN(const auto columns, database.describe(engine::parquet(file)));
  for (const auto name : wanted) {
    if (std::ranges::find(columns, name, [](const auto& column) { return std::string_view(column.first); }) ==
        columns.end()) {
      return rejected(say("the column {} is missing", "{} 열이 없습니다", name), file.filename().string());
    }
  }
  return {};
}

// people(person_id, row_id, days) for everybody who may leave; counts those who may not.
Done gather_people(engine::Database& database, const ProtectRequest& request, const Policy& policy,
                   ProtectReport& report) {
  NARU_CHECK(require_columns(database, request.rows, {"person_id", "row_id"}));
  NARU_CHECK(require_columns(database, request.shifts, {"row_id", "shift_id"}));
  NARU_ASSIGN(const auto all,
              database.query(fmt::format("SELECT CAST(p.person_id AS BIGINT), CAST(r.row_id AS BIGINT), "
                                         "CAST(s.shift_id AS BIGINT) FROM {} AS p LEFT JOIN {} AS r USING (person_id) "
                                         "LEFT JOIN {} AS s ON s.row_id = r.row_id ORDER BY 1, 2, 3",
                                         engine::parquet(request.lake / "person.parquet"),
                                         engine::parquet(request.rows), engine::parquet(request.shifts))));
  DateShifter shifter(request.date_key, policy.date_shift.min_days, policy.date_shift.max_days);
  engine::Rows people{.columns = {{.name = "person_id"}, {.name = "row_id"}, {.name = "days"}}, .count = 0};
  std::int64_t before = 0;
  for (std::size_t i = 0; i < all.count; ++i) {
    if (all.is_null(0, i)) {
      return rejected(say("a person without a key", "식별키가 없는 행"), "person.person_id");
    }
    const auto person = all.integer(0, i);
    if (i > 0 && person == before) {
      return rejected(
          say("a person, row id or shift id stands twice", "같은 사람, 행 또는 이동 식별자가 두 번 나옵니다"),
          "person, rows, shifts");
    }
    before = person;
    ++report.persons_read;
    if (request.withdrawn.contains(person)) {
      ++report.persons_withdrawn;
      continue;
    }
    if (all.is_null(1, i) || all.is_null(2, i)) {
      ++report.persons_without_shift;
      continue;
    }
    people.columns[0].integers.push_back(person);
    people.columns[1].integers.push_back(all.integer(1, i));
    people.columns[2].integers.push_back(shifter.days_for(all.integer(2, i)));
    ++people.count;
  }
  for (auto& column : people.columns) column.valid.assign(people.count, 1);
  NARU_CHECK(database.run("CREATE TEMP TABLE people(person_id BIGINT, row_id BIGINT, days BIGINT)"));
  NARU_CHECK(database.append("people", people));
  NARU_ASSIGN(const auto distinct, database.integer("SELECT count(DISTINCT row_id) FROM people"));
  if (distinct != static_cast<std::int64_t>(people.count)) {
    return rejected(say("two persons have one row id", "두 사람의 행 식별자가 같습니다"), "rows");
  }
  return {};
}

// The tables of the lake with the columns they have; everything must be in the policy.
Result<std::vector<detail::LakeTable>> lake_tables(engine::Database& database, const fs::path& lake,
                                                   const Policy& policy) {
  NARU_ASSIGN(const auto files, list_files(lake, false));
  std::vector<detail::LakeTable> out;
  for (const auto& file : files) {
    if (file.extension() != ".parquet") continue;
    const auto name = file.stem().string();
    const auto* rule = policy.rule_of(name);
    const auto* table = model::table_named(name);
    if (rule == nullptr || table == nullptr) {
      return rejected(say("the policy does not name this table of the lake", "정책에 없는 표입니다"), name,
                      say("add it to the policy or take it out of the lake", "정책에 넣거나 자료에서 빼세요"));
    }
    if (rule->left_out) continue;
    detail::LakeTable each{.model = table, .rule = rule, .file = lake / file, .columns = {}};
    NARU_ASSIGN(const auto columns, database.describe(engine::parquet(each.file)));
    for (const auto& [column, type] : columns) {
      if (rule->rule_of(column) == nullptr) {
        return rejected(say("the policy does not name this column", "정책에 없는 열입니다"), name + "." + column,
                        say("add it to the policy or take it out of the lake", "정책에 넣거나 자료에서 빼세요"));
      }
      each.columns.push_back(column);
    }
    out.push_back(std::move(each));
  }
  // In the model's order: keys that others refer to come first, except that persons refer to places.
  std::ranges::sort(out, {}, [](const detail::LakeTable& each) { return each.model - model::tables().data(); });
  if (out.empty() || out.front().model->name != "person") {
    return not_found(say("the lake has no person table", "person 표가 없습니다"), "person.parquet",
                     say("ingest a source first", "먼저 자료를 적재하세요"));
  }
  return out;
}

Result<Risk> risk_of_persons(engine::Database& database, const Policy& policy) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& quasi : policy.anonymity.quasi_identifiers) {
    names.push_back(quasi.name);
    if (quasi.kind != QuasiKind::place) {
      list += (list.empty() ? "p." : ", p.") + engine::quoted(quasi.column);
      continue;
    }
    NARU_ASSIGN(const auto places, database.integer("SELECT count(*) FROM duckdb_tables() WHERE table_name = "
                                                    "'in_location'"));
    for (const auto& level : quasi.levels) {
      if (level != "none" && places > 0) list += (list.empty() ? "l." : ", l.") + engine::quoted(level);
    }
  }
  NARU_ASSIGN(const auto places, database.integer("SELECT count(*) FROM duckdb_tables() WHERE table_name = "
                                                  "'in_location'"));
  const std::string joined = places > 0 ? " LEFT JOIN in_location AS l ON l.location_id = p.location_id" : "";
  NARU_ASSIGN(const auto sizes, database.query("SELECT count(*) AS size FROM in_person AS p" + joined +
                                               (list.empty() ? "" : " GROUP BY " + list) + " ORDER BY size"));
  return risk_of(names, sizes.columns[0].integers);
}

Done count_sensitive(engine::Database& database, const Policy& policy, ProtectReport& report) {
  NARU_ASSIGN(const auto concepts,
              database.query("SELECT grp, count(*) FROM sensitive_concept GROUP BY grp ORDER BY grp"));
  NARU_ASSIGN(const auto rows, database.query("SELECT grp, CAST(sum(n) AS BIGINT), count(DISTINCT person_id) FROM "
                                              "sensitive_seen GROUP BY grp ORDER BY grp"));
  const auto groups = static_cast<std::int64_t>(policy.sensitive.groups.size());
  const auto id = [&](std::int64_t g) { return detail::group_id(policy, g); };
  for (std::int64_t g = 0; g < groups; ++g) {
    report.sensitive_concepts[id(g)] = 0;
    report.sensitive_rows[id(g)] = 0;
    report.sensitive_persons[id(g)] = 0;
  }
  for (std::int64_t g = groups; g <= detail::unreadable_group(policy); ++g) report.withheld_rows[id(g)] = 0;
  for (std::size_t i = 0; i < concepts.count; ++i) {
    if (concepts.integer(0, i) < groups) report.sensitive_concepts[id(concepts.integer(0, i))] = concepts.integer(1, i);
  }
  for (std::size_t i = 0; i < rows.count; ++i) {
    const auto group = rows.integer(0, i);
    (group < groups ? report.sensitive_rows : report.withheld_rows)[id(group)] = rows.integer(1, i);
    if (group < groups) report.sensitive_persons[id(group)] = rows.integer(2, i);
  }
  return {};
}

Json group_counts(const std::map<std::string, std::int64_t>& counts) { return Json(counts); }

}  // namespace

Result<ProtectReport> protect_holder(const ProtectRequest& request, const Policy& policy, Progress& progress) {
  const double begin = steady_seconds();
  NARU_CHECK(ready_for_use(policy));
  ProtectReport report;
  const auto fresh = fs::path(request.out.string() + ".new");
  std::error_code code;
  fs::remove_all(fresh, code);
  NARU_CHECK(recover_folder(request.out));
  NARU_CHECK(make_folder(fresh, 0700));
  engine::DatabaseOptions options;
  for (const auto& folder :
       {request.lake, request.vocabulary, request.rows.parent_path(), request.shifts.parent_path(), fs::path(fresh)}) {
    if (!folder.empty() && fs::exists(folder)) options.allowed_folders.push_back(fs::absolute(folder));
  }
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_ASSIGN(const auto tables, lake_tables(database, request.lake, policy));
  NARU_CHECK(gather_people(database, request, policy, report));
  NARU_CHECK(detail::prepare_screen(database, policy, request.vocabulary, request.lake));
  NARU_CHECK(detail::prepare_tie(database, request.order_key));
  std::size_t done = 0;
  const auto step = [&](const std::string& name) -> Done {
    progress.at(say("protecting {}", "{} 보호 처리", name), done++, tables.size() * 2);
    return progress.stop_requested() ? Done(interrupted()) : Done();
  };
  for (const auto& table : tables) {
    NARU_CHECK(step(table.model->name));
    NARU_ASSIGN(auto counts, detail::take_in(database, table, policy));
    report.tables.push_back(std::move(counts));
  }
  for (const auto& table : tables) NARU_CHECK(detail::number_anew(database, table));
  NARU_ASSIGN(report.risk, risk_of_persons(database, policy));
  NARU_CHECK(count_sensitive(database, policy, report));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    NARU_CHECK(step(tables[i].model->name));
    const auto file = fresh / (tables[i].model->name + ".parquet");
    NARU_ASSIGN(report.tables[i].stored, detail::write_out(database, tables[i], file));
    NARU_ASSIGN(const auto digest, sha256_file(file));
    report.tables[i].sha256 = hex(digest);
    for (const auto& column : tables[i].rule->columns) {
      if (column.treatment == Treatment::drop)
        report.dropped_columns.push_back(tables[i].model->name + "." + column.column);
    }
  }
  report.persons_stored = report.tables.front().stored;
  NARU_CHECK(replace_folder(fresh, request.out));
  report.seconds = steady_seconds() - begin;
  return report;
}

std::string report_json(const ProtectReport& report) {
  Json tables = Json::object();
  for (const auto& table : report.tables) {
    tables[table.table] = {{"read", table.read},
                           {"stored", table.stored},
                           {"sensitive", table.sensitive},
                           {"without_person", table.without_person},
                           {"sha256", table.sha256}};
  }
  return canonical({{"persons",
                     {{"read", report.persons_read},
                      {"stored", report.persons_stored},
                      {"withdrawn", report.persons_withdrawn},
                      {"without_shift", report.persons_without_shift}}},
                    {"tables", tables},
                    {"sensitive_rows", group_counts(report.sensitive_rows)},
                    {"withheld_rows", group_counts(report.withheld_rows)},
                    {"sensitive_persons", group_counts(report.sensitive_persons)},
                    {"sensitive_concepts", group_counts(report.sensitive_concepts)},
                    {"dropped_columns", report.dropped_columns},
                    {"risk", Json::parse(risk_json(report.risk))},
                    {"seconds", report.seconds}});
}

}  // namespace naru::protect
