#include "cohort/cohort.h"

#include "base/files.h"
#include "engine/archive.h"
#include "engine/table_source.h"
#include "model/omop.h"

#include <algorithm>
#include <array>

namespace naru::cohort {
namespace fs = std::filesystem;
namespace {

/// The columns of the vocabulary that a cohort needs.
const std::vector<model::Table>& vocabulary_tables() {
  const auto column = [](std::string name, std::string type, bool required) {
    return model::Column{std::move(name), std::move(type), required};
  };
  static const std::vector<model::Table> tables{
      {"concept", {column("concept_id", "BIGINT", true), column("invalid_reason", "VARCHAR", false)}},
      {"concept_ancestor",
       {column("ancestor_concept_id", "BIGINT", true), column("descendant_concept_id", "BIGINT", true)}},
      {"concept_relationship",
       {column("concept_id_1", "BIGINT", true), column("concept_id_2", "BIGINT", true),
        column("relationship_id", "VARCHAR", true), column("invalid_reason", "VARCHAR", false)}}};
  return tables;
}

const model::Table* vocabulary_table(std::string_view name) {
  for (const auto& table : vocabulary_tables()) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

std::string lower(std::string text) {
  for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

/// "PERSON.csv.gz" → "person"; empty when it is not a table file.
std::string table_of_file(const fs::path& file) {
  auto name = lower(file.filename().string());
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.size() > packed.size() && name.ends_with(packed)) name.resize(name.size() - packed.size());
  }
  for (const std::string_view suffix : {".csv", ".tsv", ".parquet"}) {
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return {};
}

bool is_parquet(const fs::path& file) { return lower(file.string()).ends_with(".parquet"); }

Done find_files(const fs::path& folder, bool vocabulary_only, std::map<std::string, fs::path>& into) {
  NARU_ASSIGN(const auto files, list_files(folder, true));
  std::map<std::string, fs::path> found;
  for (const auto& file : files) {
    const auto name = table_of_file(file);
    const auto parts = std::distance(file.begin(), file.end());
    const bool wanted = vocabulary_table(name) != nullptr || (!vocabulary_only && model::table_named(name) != nullptr);
    if (name.empty() || !wanted || parts > 2 || file.filename().string().starts_with("._")) continue;
    const auto path = folder / file;
    if (!found.emplace(name, path).second) {
      return rejected(say("there are two files for the table {}", "{} 표의 파일이 두 개입니다", name), folder.string(),
                      say("keep one of them", "하나만 남기세요"));
    }
  }
  for (auto& [name, path] : found) into[name] = path;
  return {};
}

/// A file as a relation whose columns are texts (CSV) or typed (Parquet).
Result<std::string> relation_of(const fs::path& file) {
  if (is_parquet(file)) return engine::parquet(file);
  NARU_ASSIGN(auto reader, engine::LineReader::open(file));
  std::string_view header;
  NARU_ASSIGN(const bool any, reader.next(header));
  if (!any) return rejected(say("the file is empty", "파일이 비어 있습니다"), file.string());
  const auto count = [&](char mark) { return std::count(header.begin(), header.end(), mark); };
  // Athena's tab-separated files hold bare quotation marks.
  const bool tabs = count('\t') > 0;
  const std::string delimiter = tabs ? "\t" : count(';') > count(',') ? ";" : ",";
  return "read_csv(" + engine::file_literal(file) +
         ", header = true, all_varchar = true, delim = " + engine::literal(delimiter) +
         ", quote = " + (tabs ? "''" : "'\"'") + ", escape = " + (tabs ? "''" : "'\"'") + ")";
}

std::string cast_of(const std::string& column, const std::string& from, const std::string& to) {
  const auto name = "t." + engine::quoted(column);
  if (from != "VARCHAR" || to == "VARCHAR") {
    return to == "VARCHAR" ? "nullif(CAST(" + name + " AS VARCHAR), '')" : "CAST(" + name + " AS " + to + ")";
  }
  if (to == "BIGINT" || to == "INTEGER") {
    // Exports through floating point write ids as 4483.0.
    return "CAST(CASE WHEN " + name + " LIKE '%.0' THEN left(" + name + ", length(" + name + ") - 2) ELSE nullif(" +
           name + ", '') END AS " + to + ")";
  }
  return "CAST(nullif(" + name + ", '') AS " + to + ")";
}

/// Which column of which line the engine could not read: its own message may quote the cell, this one does not.
Error explain(engine::Database& database, const std::string& source, const model::Table& table,
              const std::vector<std::pair<std::string, std::string>>& columns, const fs::path& file, Error original) {
  for (const auto& [name, type] : columns) {
    const auto plain = std::string(model::name_in_54(table.name, lower(name)));
    const auto* column = table.column(plain);
    if (column == nullptr || type != "VARCHAR" || column->sql_type == "VARCHAR") continue;
    auto attempt = cast_of(name, type, column->sql_type);
    attempt.replace(0, 4, "TRY_CAST");
    const auto row = database.query("SELECT min(line) FROM (SELECT *, row_number() OVER () AS line FROM " + source +
                                    ") t WHERE t." + engine::quoted(name) + " <> '' AND " + attempt + " IS NULL");
    if (!row.ok() || row->is_null(0, 0)) continue;
    return rejected(say("column {} of {} holds something that is not {}",
                        "{1} 표의 {0} 열에 {2} 형이 아닌 값이 있습니다", plain, table.name, column->sql_type),
                    file.string() + ":" + std::to_string(row->integer(0, 0) + 1),
                    say("correct the file", "파일을 고치세요"));
  }
  original.where = original.where.empty() ? file.string() : file.string() + ": " + original.where;
  return original;
}

/// Without these a table cannot be used for a cohort at all.
bool is_essential(const model::Table& table, const model::Column& column) {
  if (!column.required || vocabulary_table(table.name) != nullptr) return column.required;
  return column.name == "person_id" || column.name == table.primary_key || column.name == table.start_date ||
         column.name == table.concept_column || (table.name == "observation_period" && column.name == table.end_date);
}

}  // namespace

std::string Cdm::relation(std::string_view table) const {
  return engine::quoted(schema_) + "." + engine::quoted(table);
}

bool Cdm::has_file(std::string_view table) const { return files_.count(std::string(table)) != 0; }

Done Cdm::create(engine::Database& database, const std::string& name) {
  const auto* vocabulary = vocabulary_table(name);
  const auto* table = vocabulary != nullptr ? vocabulary : model::table_named(name);
  if (table == nullptr) {
    return rejected(say("{} is not an OMOP table this program keeps", "{}은(는) 지원하는 OMOP 표가 아닙니다", name),
                    name);
  }
  const auto found = files_.find(name);
  if (found == files_.end() && name == "observation_period") {
    return rejected(say("there is no observation_period table", "observation_period 표가 없습니다"), schema_,
                    say("cohorts are defined inside observation periods: provide the table",
                        "코호트는 관찰기간 안에서 정의됩니다. 표를 제공하세요"));
  }
  std::string source;
  std::vector<std::pair<std::string, std::string>> columns;
  if (found != files_.end()) {
    NARU_ASSIGN(source, relation_of(found->second));
    NARU_ASSIGN(columns, database.describe(source));
  }
  std::string list;
  const auto select = [&](const std::string& wanted, const std::string& type) {
    const auto at = std::find_if(columns.begin(), columns.end(), [&](const auto& column) {
      return model::name_in_54(name, lower(column.first)) == wanted;
    });
    list += (list.empty() ? "" : ", ") +
            (at == columns.end() ? "CAST(NULL AS " + type + ")" : cast_of(at->first, at->second, type)) + " AS " +
            engine::quoted(wanted);
    return at != columns.end();
  };
  for (const auto& column : table->columns) {
    if (!select(column.name, column.sql_type) && found != files_.end() && is_essential(*table, column)) {
      return rejected(say("the table {} has no column {}", "{} 표에 {} 열이 없습니다", name, column.name),
                      found->second.string());
    }
  }
  if (vocabulary == nullptr) select("age_at_event", "INTEGER");
  const bool persons = vocabulary == nullptr && table->has_person();
  // CSV is read once into the engine's own form; Parquet is read where it stands.
  const bool view = found != files_.end() && is_parquet(found->second);
  const auto sql = "CREATE " + std::string(view ? "VIEW " : "TABLE ") + relation(name) + " AS SELECT * FROM (SELECT " +
                   list + (source.empty() ? " WHERE false" : " FROM " + source + " t") + ") whole" +
                   (persons ? " WHERE person_id NOT IN (SELECT person_id FROM " + relation("naru_excluded") + ")" : "");
  const auto done = database.run(sql);
  if (!done.ok()) {
    if (found == files_.end()) return done.error();
    return explain(database, source, *table, columns, found->second, done.error());
  }
  return {};
}

Done Cdm::require(engine::Database& database, const std::vector<std::string>& tables) {
  for (const auto& table : tables) {
    if (ready_.count(table) != 0) continue;
    NARU_CHECK(create(database, table));
    ready_.insert(table);
  }
  return {};
}

Result<std::map<std::string, fs::path>> table_files(const CdmOptions& options) {
  std::map<std::string, fs::path> out;
  NARU_CHECK(find_files(fs::absolute(options.folder).lexically_normal(), false, out));
  if (!options.vocabulary.empty()) {
    NARU_CHECK(find_files(fs::absolute(options.vocabulary).lexically_normal(), true, out));
  }
  if (out.empty()) {
    return not_found(
        say("no OMOP table was found", "OMOP 표를 찾을 수 없습니다"), options.folder.string(),
        say("one CSV or Parquet file per table, named like the table", "표 이름의 CSV 또는 Parquet 파일이 필요합니다"));
  }
  return out;
}

Result<Cdm> open_cdm(engine::Database& database, const CdmOptions& options) {
  Cdm cdm;
  cdm.schema_ = options.schema;
  cdm.rebuild_ancestors_ = options.rebuild_ancestors;
  NARU_ASSIGN(cdm.files_, table_files(options));
  if (options.use_index) {
    const auto target = options.index.empty() ? options.folder / index_folder_name : options.index;
    cdm.index_ = Index::find(target, cdm.files_, cdm.index_state_);
  }
  cdm.native_ = {options.excluded_persons, options.rebuild_ancestors, options.threads};
  NARU_CHECK(database.run("CREATE SCHEMA IF NOT EXISTS " + engine::quoted(options.schema)));
  NARU_CHECK(database.run("CREATE TABLE " + cdm.relation("naru_excluded") + " (person_id BIGINT)"));
  auto excluded = options.excluded_persons;
  std::sort(excluded.begin(), excluded.end());
  excluded.erase(std::unique(excluded.begin(), excluded.end()), excluded.end());
  constexpr std::size_t step = 10'000;
  for (std::size_t from = 0; from < excluded.size(); from += step) {
    std::string rows;
    for (auto at = from; at < std::min(from + step, excluded.size()); ++at) {
      rows += (rows.empty() ? "(" : ", (") + std::to_string(excluded[at]) + ")";
    }
    NARU_CHECK(database.run("INSERT INTO " + cdm.relation("naru_excluded") + " VALUES " + rows));
  }
  return cdm;
}

}  // namespace naru::cohort
