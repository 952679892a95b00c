// OMOP CDM 5.3 or 5.4 in, 5.4 out: every row typed, keyed, and either stored or refused with its reason.
#include "ingest/shared_steps.h"
#include "ingest/stage.h"
#include "ingest/work.h"
#include "vocabulary/vocabulary.h"

#include <algorithm>
#include <array>
#include <map>

namespace naru::ingest {
namespace {

using model::Column;
using model::Role;
using model::Table;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_table_file(const fs::path& name) {
  const auto kind = lower(name.extension().string());
  return kind == ".csv" || kind == ".tsv" || kind == ".txt" || kind == ".parquet";
}

/// Place in members by table name; a table given twice is an error.
Result<std::map<std::string, std::size_t>> files_by_table(const Work& work) {
  std::map<std::string, std::size_t> found;
  for (std::size_t i = 0; i < work.members.size(); ++i) {
    const fs::path name(work.members[i].name);
    if (!is_table_file(name)) continue;
    const auto [before, added] = found.emplace(lower(name.stem().string()), i);
    if (!added) {
      return rejected(say("two files hold the same table", "같은 표가 두 파일에 있습니다"),
                      work.members[before->second].name + ", " + work.members[i].name,
                      say("leave one of them out", "둘 중 하나를 빼세요"));
    }
  }
  return found;
}

std::string key_of(const Table& table) { return table.primary_key.empty() ? "person_id" : table.primary_key; }

StageSpec spec_for(const Table& table) {
  StageSpec spec{.table = table.name, .columns = {}, .rename = {}, .note_unkept = true, .key = key_of(table)};
  for (const auto& column : table.columns) {
    StageColumn one{.name = column.name, .sql_type = column.sql_type};
    one.must_exist = column.required;
    one.zero_if_blank = column.required && column.role == Role::concept_id;
    one.required = column.required && !one.zero_if_blank;
    // A value that cannot be read refuses the row when later steps rely on it (keys, concepts, dates); a measured
    // number or a time of day that cannot be read becomes NULL and is noted, because the rest of the row still stands.
    one.null_if_unreadable = !column.required && (column.role == Role::number || column.role == Role::datetime);
    spec.columns.push_back(std::move(one));
  }
  spec.rename = [name = table.name](std::string_view column) { return std::string(model::name_in_54(name, column)); };
  return spec;
}

Done refuse_where(Work& work, const std::string& typed, const std::string& condition, std::string_view reason) {
  return work.database.run(
      fmt::format("UPDATE {} SET _reason = '{}' WHERE _reason IS NULL AND ({})", typed, reason, condition));
}

/// Other rows point to these by key, so a key used twice leaves it open which row is meant.
bool is_referenced(const Table& table) {
  static constexpr std::array names = {"person",    "visit_occurrence", "visit_detail", "location",
                                       "care_site", "provider",         "identity"};
  return std::ranges::find(names, table.name) != names.end();
}

std::string repeated_rows(const std::string& partition, const std::string& typed) {
  return fmt::format(
      "(SELECT r, n FROM (SELECT rowid AS r, row_number() OVER (PARTITION BY {} ORDER BY _file, _line) AS n FROM {} "
      "WHERE _reason IS NULL) WHERE n > 1)",
      partition, typed);
}

// A key used before is an error of that row. Only where the export's numbering as a whole is broken (`renumber`), other
// events under a used key are kept under a key of their own and noted; the same row again is still refused.
Done settle_duplicates(Work& work, const Table& table, const std::string& typed, bool renumber) {
  const auto key = engine::quoted(table.primary_key.empty() ? "person_id" : table.primary_key);
  const auto sound = "(SELECT * FROM " + typed + " WHERE _reason IS NULL)";
  NARU_ASSIGN(const auto repeated, repeated_keys(work.database, key, sound));
  if (repeated == 0) return {};
  if (!renumber || is_referenced(table) || table.primary_key.empty()) {
    return refuse_where(work, typed, "rowid IN (SELECT r FROM " + repeated_rows(key, typed) + ")", "duplicate_key");
  }
  std::string all;
  for (const auto& column : table.columns) all += (all.empty() ? "" : ", ") + engine::quoted(column.name);
  NARU_CHECK(refuse_where(work, typed, "rowid IN (SELECT r FROM " + repeated_rows(all, typed) + ")", "duplicate_row"));
  NARU_ASSIGN(const auto others, repeated_keys(work.database, key, sound));
  if (others == 0) return {};
  work.receipt.notes["shared_key_renumbered:" + table.name] = others;
  return work.database.run(
      fmt::format("UPDATE {3} SET {0} = (md5_number('{1}/' || {0} || '/' || again.n) & 9223372036854775807)::BIGINT "
                  "FROM {2} again WHERE {3}.rowid = again.r",
                  key, table.name, repeated_rows(key, typed), typed));
}

Done collect_refusals(Work& work, const Table& table, const std::string& typed) {
  return work.database.each_batch(
      fmt::format("SELECT _file, _line, _reason FROM {} WHERE _reason IS NOT NULL ORDER BY _file, _line", typed), {},
      [&](const engine::Rows& rows) -> Done {
        for (std::size_t row = 0; row < rows.count; ++row) {
          work.refuse(work.members[static_cast<std::size_t>(rows.integer(0, row))].name, rows.integer(1, row),
                      table.name, rows.text(2, row));
        }
        return {};
      });
}

/// A table whose rows each stand on their own; what they say together is not yet judged.
struct Loaded {
  const Table* table;
  std::string places;    ///< view stage_TABLE, which knows each row's file and line
  std::string relation;  ///< the same rows, with their places or without; once judged table typed_TABLE with _reason
  fs::path file = {};    ///< a Parquet file of just these rows and columns, where there is one and none was judged
  bool judged = false;   ///< relation is a table
  bool sorted = false;   ///< keys rise strictly in file order, so none is used twice
  std::int64_t rows = 0;
  std::int64_t repeated = 0;
};

/// Makes the relation a table whose rows can be refused.
Done judge(Work& work, Loaded& loaded) {
  if (loaded.judged) return {};
  const auto typed = engine::quoted("typed_" + loaded.table->name);
  NARU_CHECK(work.database.run(
      fmt::format("CREATE TABLE {} AS SELECT *, NULL::VARCHAR AS _reason FROM {}", typed, loaded.places)));
  loaded.relation = typed;
  loaded.file.clear();
  loaded.judged = true;
  return {};
}

Done look_at_keys(Work& work, Loaded& loaded) {
  if (loaded.sorted) return {};
  const auto key = engine::quoted(key_of(*loaded.table));
  NARU_ASSIGN(const auto rises, work.database.query(fmt::format(
                                    "SELECT coalesce(bool_and(k > before), true)::BIGINT FROM (SELECT {} AS k, "
                                    "lag({}) OVER () AS before FROM {})",
                                    key, key, loaded.relation)));
  loaded.sorted = rises.integer(0, 0) == 1;
  if (loaded.sorted) return {};
  NARU_ASSIGN(loaded.repeated, repeated_keys(work.database, key, loaded.relation));
  return {};
}

Done refuse_if_any(Work& work, Loaded& loaded, const std::string& condition, std::string_view reason) {
  const auto standing = loaded.judged ? " AND _reason IS NULL" : "";
  NARU_ASSIGN(const auto hits, work.database.integer(fmt::format("SELECT count(*) FROM {} WHERE ({}){}",
                                                                 loaded.relation, condition, standing)));
  if (hits == 0) return {};
  NARU_CHECK(judge(work, loaded));
  return refuse_where(work, loaded.relation, condition, reason);
}

Done refuse_orphans(Work& work, Loaded& loaded) {
  const auto& table = *loaded.table;
  if (table.name == "person" || !table.has_person()) return {};
  NARU_CHECK(refuse_if_any(work, loaded, "person_id NOT IN (SELECT person_id FROM part_person)", "person_absent"));
  if (table.name != "visit_detail") return {};
  const bool visits = work.staged.contains("visit_occurrence");
  return refuse_if_any(
      work, loaded,
      visits ? "visit_occurrence_id NOT IN (SELECT visit_occurrence_id FROM part_visit_occurrence)" : "true",
      "visit_absent");
}

Result<Loaded> load_table(Work& work, const Table& table, std::size_t member) {
  const auto view = "stage_" + table.name;
  NARU_ASSIGN(const auto staged, stage(work, spec_for(table), {member}, view));
  Loaded loaded{.table = &table, .places = engine::quoted(view), .relation = engine::quoted(view), .rows = staged.rows};
  auto& blank = work.blank[table.name];
  for (const auto& column : table.columns)
    if (!staged.columns.contains(column.name)) blank.insert(column.name);
  if (!staged.plain.empty()) {
    loaded.relation = engine::quoted("plain_" + table.name);
    loaded.file = staged.file;
    loaded.sorted = staged.rises;
    NARU_CHECK(work.database.run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", loaded.relation, staged.plain)));
  }
  NARU_CHECK(refuse_orphans(work, loaded));
  NARU_CHECK(look_at_keys(work, loaded));
  return loaded;
}

Done store_table(Work& work, Loaded& loaded, bool renumber) {
  const auto& table = *loaded.table;
  if (loaded.repeated > 0) {
    NARU_CHECK(judge(work, loaded));
    NARU_CHECK(settle_duplicates(work, table, loaded.relation, renumber));
  }
  if (loaded.judged) NARU_CHECK(collect_refusals(work, table, loaded.relation));
  NARU_CHECK(work.show_part(
      table, fmt::format("SELECT * FROM {}{}", loaded.relation, loaded.judged ? " WHERE _reason IS NULL" : "")));
  if (loaded.sorted) work.sorted.insert(table.name);
  if (loaded.sorted && !loaded.file.empty()) work.files[table.name] = loaded.file;
  auto& count = work.receipt.tables[table.name];
  count.stored = count.read - count.refused;
  return {};
}

// A stray duplicate is an error of its row. When one event in a hundred shares its key, the export was numbered in
// batches (GiBleed is) and the column is no key in any of its tables.
bool is_numbering_broken(const std::vector<Loaded>& events) {
  constexpr std::int64_t least_rows = 20;
  constexpr std::int64_t one_in = 100;
  return std::ranges::any_of(events, [](const Loaded& loaded) {
    return !loaded.table->primary_key.empty() && loaded.repeated >= least_rows &&
           loaded.repeated * one_in >= loaded.rows;
  });
}

Done load_tables(Work& work, const std::map<std::string, std::size_t>& files) {
  std::vector<Loaded> events;
  for (const auto& table : model::tables()) {
    const auto file = files.find(table.name);
    if (file == files.end()) continue;
    NARU_ASSIGN(auto loaded, load_table(work, table, file->second));
    if (is_referenced(table)) {
      NARU_CHECK(store_table(work, loaded, false));
    } else {
      events.push_back(std::move(loaded));
    }
  }
  const bool renumber = is_numbering_broken(events);
  for (auto& loaded : events) NARU_CHECK(store_table(work, loaded, renumber));
  return {};
}

/// Codes of the site's own mappings stand under "omop:TABLE", as the list of unmapped codes names them.
Done apply_mappings(Work& work, const Table& table) {
  const auto file = vocabulary::mappings_file(work.layout.vocabulary());
  if (!fs::exists(file)) return {};
  const auto mapped =
      fmt::format("(SELECT min(m.concept_id) FROM {} m WHERE m.vocabulary_id = 'omop:{}' AND m.code = {}.{})",
                  engine::parquet(file), table.name, part_name(table.name), table.source_value);
  return work.change_part(table, {{table.concept_column, fmt::format("coalesce({}, 0)", mapped)}},
                          fmt::format("{} = 0 AND {} IS NOT NULL", table.concept_column, table.source_value));
}

Done count_mapped(Work& work) {
  NARU_CHECK(work.open_codes());
  const auto concepts = work.layout.vocabulary() / "concept.parquet";
  for (const std::string_view name : {"condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement",
                                      "observation", "device_exposure"}) {
    if (!work.staged.contains(std::string(name))) continue;
    const auto& table = *model::table_named(name);
    NARU_CHECK(apply_mappings(work, table));
    const bool known = fs::exists(concepts);
    NARU_CHECK(work.database.run(fmt::format(
        "INSERT INTO part_codes SELECT '{0}', {4}, u.code, u.source, u.concept, u.n FROM (SELECT {1} AS code, "
        "coalesce({2}, 0) AS source, {3} AS concept, count(*) AS n FROM {5} WHERE {1} IS NOT NULL GROUP BY ALL) u {6}",
        table.name, table.source_value, table.source_concept, table.concept_column,
        known ? fmt::format("coalesce(c.vocabulary_id, 'omop:{}')", table.name) : fmt::format("'omop:{}'", table.name),
        part_name(name),
        known ? "LEFT JOIN " + engine::parquet(concepts) + " c ON c.concept_id = u.source AND u.source <> 0" : "")));
    NARU_ASSIGN(const auto rows, work.database.query(fmt::format(
                                     "SELECT coalesce(sum(records), 0)::BIGINT, coalesce(sum(records) FILTER (WHERE "
                                     "concept_id <> 0), 0)::BIGINT, count(DISTINCT code), count(DISTINCT code) FILTER "
                                     "(WHERE concept_id <> 0) FROM part_codes WHERE table_name = '{}'",
                                     table.name)));
    auto& count = work.receipt.tables[table.name];
    count.records_total = rows.integer(0, 0);
    count.records_mapped = rows.integer(1, 0);
    count.codes_total = rows.integer(2, 0);
    count.codes_mapped = rows.integer(3, 0);
  }
  return {};
}

Done count_ignored(Work& work, const std::string& table, std::size_t member) {
  const auto& file = work.members[member];
  std::int64_t rows = 0;
  if (lower(fs::path(file.name).extension().string()) == ".parquet") {
    NARU_ASSIGN(rows, work.database.integer("SELECT count(*) FROM " + engine::parquet(file.path)));
  } else {
    NARU_ASSIGN(auto reader, engine::LineReader::open(file.path));
    std::string_view line;
    while (true) {
      NARU_ASSIGN(const bool more, reader.next(line));
      if (!more) break;
      if (!line.empty()) ++rows;
    }
    rows = std::max<std::int64_t>(rows - 1, 0);
  }
  if (rows > 0) work.receipt.ignored[table] += rows;
  return {};
}

/// Tables of a DuckDB file become Parquet files beside the others. Only stored tables: a view could run anything.
Done unpack_databases(Work& work) {
  const auto given = work.members.size();
  for (std::size_t i = 0; i < given; ++i) {
    const auto member = work.members[i];
    const auto kind = lower(fs::path(member.name).extension().string());
    if (kind != ".duckdb" && kind != ".ddb" && kind != ".db") continue;
    auto database = engine::Database::open({.file = member.path,
                                            .allowed_folders = {work.scratch},
                                            .spill_folder = work.scratch,
                                            .threads = work.request.threads,
                                            .read_only = true});
    if (!database.ok()) {
      return rejected(say("the file is no DuckDB database that can be read: {}",
                          "읽을 수 있는 DuckDB 파일이 아닙니다: {}", database.error().what.en),
                      member.name, say("export its tables as Parquet", "표를 Parquet 로 내보내세요"));
    }
    NARU_ASSIGN(
        const auto tables,
        database->query("SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = "
                        "'BASE TABLE' AND table_catalog = current_database() ORDER BY table_schema, table_name"));
    for (std::size_t row = 0; row < tables.count; ++row) {
      const auto& name = tables.text(1, row);
      const auto file = work.scratch_file();
      NARU_CHECK(database->run(fmt::format("COPY (SELECT * FROM {}.{}) TO {} (FORMAT parquet, COMPRESSION lz4)",
                                           engine::quoted(tables.text(0, row)), engine::quoted(name),
                                           engine::literal(file.string()))));
      work.members.push_back({.name = member.name + "/" + lower(name) + ".parquet", .path = file, .bytes = 0});
    }
  }
  return {};
}

}  // namespace

Done ingest_identity(Work& work, std::size_t member) {
  StageSpec spec{.table = "identity"};
  for (const auto* name : {"person_source_value", "name", "sex", "phone", "address"})
    spec.columns.push_back({.name = name, .sql_type = "VARCHAR"});
  spec.columns.push_back({.name = "person_id", .sql_type = "BIGINT"});
  spec.columns.push_back({.name = "birth_date", .sql_type = "DATE"});
  NARU_ASSIGN(const auto staged, stage(work, spec, {member}, "stage_identity"));
  const bool by_id = staged.columns.contains("person_id");
  if (!by_id && !staged.columns.contains("person_source_value")) {
    return rejected(say("the identity file has neither person_id nor person_source_value",
                        "신원 파일에 person_id 도 person_source_value 도 없습니다"),
                    work.members[member].name,
                    say("name the person's key column so", "개인 키 열의 이름을 그렇게 지정하세요"));
  }
  NARU_CHECK(work.open_identity());
  NARU_CHECK(work.database.run(fmt::format(
      "CREATE OR REPLACE TABLE typed AS SELECT s._file, s._line, p.person_id, s.name, s.birth_date, CASE "
      "upper(left(s.sex, 1)) WHEN 'M' THEN 'M' WHEN 'F' THEN 'F' WHEN '1' THEN 'M' WHEN '2' THEN 'F' WHEN '남' THEN "
      "'M' "
      "WHEN '여' THEN 'F' END AS sex, s.phone, s.address, CASE WHEN p.person_id IS NULL THEN 'person_absent' END AS "
      "_reason FROM stage_identity s LEFT JOIN part_person p ON {0} = {1}",
      by_id ? "p.person_id" : "p.person_source_value", by_id ? "s.person_id" : "s.person_source_value")));
  const Table identity{.name = "identity", .columns = {}, .primary_key = "person_id"};
  NARU_CHECK(settle_duplicates(work, identity, "typed", false));
  NARU_CHECK(work.database.run(
      "INSERT INTO part_identity SELECT person_id, name, birth_date, sex, phone, address FROM typed WHERE _reason IS "
      "NULL"));
  NARU_CHECK(collect_refusals(work, identity, "typed"));
  auto& count = work.receipt.tables["identity"];
  count.stored = count.read - count.refused;
  return work.database.run("DROP TABLE typed");
}

Done ingest_omop(Work& work) {
  NARU_CHECK(unpack_databases(work));
  NARU_ASSIGN(const auto files, files_by_table(work));
  if (!files.contains("person")) {
    return rejected(say("the source has no person table", "원천에 person 표가 없습니다"), "person",
                    say("give the folder or zip with one CSV or Parquet file per OMOP table",
                        "OMOP 표마다 CSV나 Parquet 파일 하나가 있는 폴더나 zip을 지정하세요"));
  }
  NARU_CHECK(load_tables(work, files));
  NARU_CHECK(detach_absent_visits(work));
  NARU_CHECK(count_mapped(work));
  if (const auto identity = files.find("identity"); identity != files.end()) {
    NARU_CHECK(ingest_identity(work, identity->second));
  }
  if (work.staged.contains("observation_period")) {
    NARU_ASSIGN(const auto periods, work.database.integer("SELECT count(*) FROM part_observation_period"));
    work.has_own_periods = periods > 0;
  }
  for (const auto& [table, member] : files) {
    if (model::table_named(table) != nullptr || table == "identity") continue;
    NARU_CHECK(count_ignored(work, table, member));
  }
  return {};
}

}  // namespace naru::ingest
