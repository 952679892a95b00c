// OMOP CDM 5.3 or 5.4 in, 5.4 out: every row typed, keyed, and either stored or refused with its reason.
#include "ingest/csv.h"
#include "ingest/shared_steps.h"
#include "ingest/work.h"

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

std::string typed(const Column& column, const std::string& text) {
  if (column.sql_type == "BIGINT" || column.sql_type == "INTEGER") return sql_integer(text, column.sql_type);
  if (column.sql_type == "DOUBLE") return fmt::format("try_cast({} AS DOUBLE)", text);
  if (column.sql_type == "DATE") return sql_date(text);
  if (column.sql_type == "TIMESTAMP") return sql_timestamp(text);
  return text;
}

std::string_view bad_value_reason(const Column& column) {
  if (column.sql_type == "DATE" || column.sql_type == "TIMESTAMP") return "impossible_date";
  return "not_a_number";
}

// A value that cannot be read refuses the row when later steps rely on it (keys, concepts, dates); a measured number
// or a time of day that cannot be read becomes NULL and is noted, because the rest of the row still stands.
bool may_be_blanked(const Column& column) {
  return !column.required && (column.role == Role::number || column.role == Role::datetime);
}

struct Plan {
  std::string select;                                      ///< typed columns
  std::string reasons;                                     ///< WHEN … THEN … of a CASE
  std::string flags;                                       ///< ", expression AS _note_COLUMN"
  std::vector<std::pair<std::string, std::string>> notes;  ///< flag column, note code
};

Plan plan_for(const Table& table, const std::map<std::string, std::string>& columns_by_name) {
  Plan plan;
  const auto note = [&](const std::string& column, std::string_view code, const std::string& when) {
    const auto flag = engine::quoted("_note_" + column);
    plan.flags += fmt::format(", ({}) AS {}", when, flag);
    plan.notes.emplace_back(flag, fmt::format("{}:{}.{}", code, table.name, column));
  };
  for (const auto& column : table.columns) {
    const auto given = columns_by_name.find(column.name);
    const auto name = engine::quoted(column.name);
    if (given == columns_by_name.end()) {
      plan.select += fmt::format(", NULL::{} AS {}", column.sql_type, name);
      continue;
    }
    const auto text = "raw." + engine::quoted(given->second);
    auto value = typed(column, text);
    const bool is_concept = column.role == Role::concept_id;
    if (column.required && is_concept) {
      note(column.name, "blank_concept_as_0", text + " IS NULL");
      value = fmt::format("CASE WHEN {} IS NULL THEN 0 ELSE {} END", text, value);
    } else if (column.required) {
      plan.reasons += fmt::format(" WHEN {} IS NULL THEN 'missing_required:{}'", text, column.name);
    }
    if (column.sql_type != "VARCHAR") {
      const auto unreadable = fmt::format("{} IS NOT NULL AND ({}) IS NULL", text, value);
      if (may_be_blanked(column)) {
        note(column.name, "unreadable_as_null", unreadable);
      } else {
        plan.reasons += fmt::format(" WHEN {} THEN '{}:{}'", unreadable, bad_value_reason(column), column.name);
      }
    }
    plan.select += fmt::format(", {} AS {}", value, name);
  }
  return plan;
}

/// Which column of the file (5.2–5.4 names) feeds which 5.4 column. A required one that is missing is an error.
Result<std::map<std::string, std::string>> match_columns(Work& work, const Table& table, const std::string& file,
                                                         const std::vector<std::string>& columns) {
  std::map<std::string, std::string> matched;
  for (const auto& column : columns) {
    const std::string name(model::name_in_54(table.name, column));
    if (table.column(name) == nullptr) {
      work.receipt.notes[fmt::format("column_not_kept:{}.{}", table.name, column)] += 1;
    } else if (name == column || !matched.contains(name)) {
      matched[name] = column;
    }
  }
  for (const auto& column : table.columns) {
    if (column.required && !matched.contains(column.name)) {
      return rejected(say("table {} has no column {}, which the OMOP CDM requires",
                          "{} 표에 OMOP CDM 필수 열 {} 이(가) 없습니다", table.name, column.name),
                      file,
                      say("add the column and load the source again; nothing was stored",
                          "열을 추가해 다시 적재하세요. 저장된 것은 없습니다"));
    }
  }
  return matched;
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

Result<std::int64_t> repeated_keys(Work& work, const Table& table, const std::string& typed) {
  if (table.primary_key.empty()) return std::int64_t{0};
  return work.database.integer(fmt::format("SELECT count(*) - count(DISTINCT {}) FROM {} WHERE _reason IS NULL",
                                           engine::quoted(table.primary_key), typed));
}

// A key used before is an error of that row. Only where the export's numbering as a whole is broken (`renumber`), other
// events under a used key are kept under a key of their own and noted; the same row again is still refused.
Done settle_duplicates(Work& work, const Table& table, const std::string& typed, bool renumber) {
  const auto key = engine::quoted(table.primary_key.empty() ? "person_id" : table.primary_key);
  NARU_ASSIGN(const auto repeated,
              work.database.integer(
                  fmt::format("SELECT count(*) - count(DISTINCT {}) FROM {} WHERE _reason IS NULL", key, typed)));
  if (repeated == 0) return {};
  if (!renumber || is_referenced(table) || table.primary_key.empty()) {
    return refuse_where(work, typed, "rowid IN (SELECT r FROM " + repeated_rows(key, typed) + ")", "duplicate_key");
  }
  std::string all;
  for (const auto& column : table.columns) all += (all.empty() ? "" : ", ") + engine::quoted(column.name);
  NARU_CHECK(refuse_where(work, typed, "rowid IN (SELECT r FROM " + repeated_rows(all, typed) + ")", "duplicate_row"));
  NARU_ASSIGN(const auto others, repeated_keys(work, table, typed));
  if (others == 0) return {};
  work.receipt.notes["shared_key_renumbered:" + table.name] = others;
  return work.database.run(fmt::format(
      "UPDATE {3} SET {0} = (md5_number_lower('{1}/' || {0} || '/' || again.n) & 9223372036854775807::UBIGINT)::BIGINT "
      "FROM {2} again WHERE {3}.rowid = again.r",
      key, table.name, repeated_rows(key, typed), typed));
}

Done refuse_orphans(Work& work, const Table& table, const std::string& typed) {
  if (table.name == "person" || !table.has_person()) return {};
  NARU_CHECK(refuse_where(work, typed, "person_id NOT IN (SELECT person_id FROM part_person)", "person_absent"));
  if (table.name != "visit_detail") return {};
  const bool visits = work.staged.contains("visit_occurrence");
  return refuse_where(
      work, typed,
      visits ? "visit_occurrence_id NOT IN (SELECT visit_occurrence_id FROM part_visit_occurrence)" : "true",
      "visit_absent");
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

Done collect_notes(Work& work, const Plan& plan, const std::string& typed) {
  if (plan.notes.empty()) return {};
  std::string select;
  for (const auto& [flag, code] : plan.notes) {
    select += fmt::format("{}count(*) FILTER (WHERE {} AND _reason IS NULL)", select.empty() ? "" : ", ", flag);
  }
  NARU_ASSIGN(const auto counts, work.database.query(fmt::format("SELECT {} FROM {}", select, typed)));
  for (std::size_t i = 0; i < plan.notes.size(); ++i) {
    if (counts.integer(i, 0) > 0) work.receipt.notes[plan.notes[i].second] += counts.integer(i, 0);
  }
  return {};
}

/// A table read and typed, its duplicates not yet settled.
struct Typed {
  const Table* table;
  std::string name;  ///< of the temporary table
  Plan plan;
};

Result<Typed> type_table(Work& work, const Table& table, std::size_t member) {
  const auto& file = work.members[member].name;
  NARU_ASSIGN(const auto columns, read_as_text(work, member, table.name, "raw"));
  NARU_ASSIGN(const auto matched, match_columns(work, table, file, columns));
  Typed typed{&table, engine::quoted("typed_" + table.name), plan_for(table, matched)};
  NARU_CHECK(work.database.run(fmt::format(
      "CREATE TEMP TABLE {} AS SELECT raw._file, raw._line{}{}, CASE WHEN raw._fault IS NOT NULL THEN raw._fault{} END "
      "AS _reason FROM raw",
      typed.name, typed.plan.select, typed.plan.flags, typed.plan.reasons)));
  NARU_CHECK(work.database.run("DROP TABLE raw"));
  NARU_CHECK(refuse_orphans(work, table, typed.name));
  return typed;
}

Done store_table(Work& work, const Typed& typed, bool renumber) {
  const auto& table = *typed.table;
  NARU_CHECK(settle_duplicates(work, table, typed.name, renumber));
  NARU_CHECK(work.open_part(table));
  std::string names;
  for (const auto& column : table.columns) names += (names.empty() ? "" : ", ") + engine::quoted(column.name);
  NARU_CHECK(work.database.run(
      fmt::format("INSERT INTO {} SELECT {} FROM {} WHERE _reason IS NULL", part_name(table.name), names, typed.name)));
  auto& count = work.receipt.tables[table.name];
  NARU_ASSIGN(const auto read, work.database.integer("SELECT count(*) FROM " + typed.name));
  NARU_CHECK(collect_refusals(work, table, typed.name));
  NARU_CHECK(collect_notes(work, typed.plan, typed.name));
  count.read += read;
  count.stored = count.read - count.refused;
  return work.database.run("DROP TABLE " + typed.name);
}

// A stray duplicate is an error of its row. When one event in a hundred shares its key, the export was numbered in
// batches (GiBleed is) and the column is no key in any of its tables.
Result<bool> is_numbering_broken(Work& work, const std::vector<Typed>& events) {
  constexpr std::int64_t least_rows = 20;
  constexpr std::int64_t one_in = 100;
  for (const auto& typed : events) {
    NARU_ASSIGN(const auto repeated, repeated_keys(work, *typed.table, typed.name));
    NARU_ASSIGN(const auto rows, work.database.integer("SELECT count(*) FROM " + typed.name));
    if (repeated >= least_rows && repeated * one_in >= rows) return true;
  }
  return false;
}

Done load_tables(Work& work, const std::map<std::string, std::size_t>& files) {
  std::vector<Typed> events;
  for (const auto& table : model::tables()) {
    const auto file = files.find(table.name);
    if (file == files.end()) continue;
    NARU_ASSIGN(auto typed, type_table(work, table, file->second));
    if (is_referenced(table)) {
      NARU_CHECK(store_table(work, typed, false));
    } else {
      events.push_back(std::move(typed));
    }
  }
  NARU_ASSIGN(const bool renumber, is_numbering_broken(work, events));
  for (const auto& typed : events) NARU_CHECK(store_table(work, typed, renumber));
  return {};
}

Done count_mapped(Work& work) {
  for (const std::string_view name : {"condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement",
                                      "observation", "device_exposure"}) {
    if (!work.staged.contains(std::string(name))) continue;
    const auto& table = *model::table_named(name);
    NARU_ASSIGN(
        const auto rows,
        work.database.query(fmt::format(
            "SELECT count(*), count(*) FILTER (WHERE {0} <> 0), count(DISTINCT {1}), count(DISTINCT {1}) FILTER "
            "(WHERE {0} <> 0) FROM {2} WHERE {1} IS NOT NULL",
            table.concept_column, table.source_value, part_name(name))));
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

}  // namespace

Done ingest_identity(Work& work, const engine::ArchiveMember& member) {
  const auto place = static_cast<std::size_t>(&member - work.members.data());
  NARU_ASSIGN(const auto columns, read_as_text(work, place, "identity", "raw"));
  const auto has = [&](std::string_view name) { return std::ranges::find(columns, name) != columns.end(); };
  const bool by_id = has("person_id");
  if (!by_id && !has("person_source_value")) {
    return rejected(say("the identity file has neither person_id nor person_source_value",
                        "신원 파일에 person_id 도 person_source_value 도 없습니다"),
                    member.name, say("name the person's key column so", "개인 키 열의 이름을 그렇게 지정하세요"));
  }
  const auto text = [&](std::string_view name) {
    return has(name) ? "raw." + engine::quoted(name) : std::string("NULL::VARCHAR");
  };
  const auto join = by_id ? fmt::format("p.person_id = {}", sql_integer("raw.person_id", "BIGINT"))
                          : std::string("p.person_source_value = raw.person_source_value");
  NARU_CHECK(work.open_identity());
  NARU_CHECK(work.database.run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE typed AS SELECT raw._file, raw._line, p.person_id, {} AS name, {} AS birth_date, "
      "CASE upper(left({}, 1)) WHEN 'M' THEN 'M' WHEN 'F' THEN 'F' WHEN '1' THEN 'M' WHEN '2' THEN 'F' WHEN '남' THEN "
      "'M' WHEN '여' THEN 'F' END AS sex, {} AS phone, {} AS address, CASE WHEN raw._fault IS NOT NULL THEN raw._fault "
      "WHEN p.person_id IS NULL THEN 'person_absent' WHEN {} IS NOT NULL AND {} IS NULL THEN "
      "'impossible_date:birth_date' END AS _reason FROM raw LEFT JOIN part_person p ON {}",
      text("name"), sql_date(text("birth_date")), text("sex"), text("phone"), text("address"), text("birth_date"),
      sql_date(text("birth_date")), join)));
  const Table identity{.name = "identity", .columns = {}, .primary_key = "person_id"};
  NARU_CHECK(settle_duplicates(work, identity, "typed", false));
  NARU_CHECK(work.database.run(
      "INSERT INTO part_identity SELECT person_id, name, birth_date, sex, phone, address FROM typed WHERE _reason IS "
      "NULL"));
  NARU_ASSIGN(const auto read, work.database.integer("SELECT count(*) FROM typed"));
  NARU_CHECK(collect_refusals(work, identity, "typed"));
  auto& count = work.receipt.tables["identity"];
  count.read += read;
  count.stored = count.read - count.refused;
  return work.database.run("DROP TABLE raw; DROP TABLE typed");
}

Done ingest_omop(Work& work) {
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
    NARU_CHECK(ingest_identity(work, work.members[identity->second]));
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
