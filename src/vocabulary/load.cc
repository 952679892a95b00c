#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/archive.h"
#include "engine/database.h"
#include "vocabulary/vocabulary.h"
#include "vocabulary_sql.h"

#include <algorithm>
#include <map>
#include <set>

namespace naru::vocabulary {
namespace {

using engine::literal;

struct Wanted {
  std::string_view name;
  /// Column and SQL type, in the order of the stored file. The first `keys` columns are its key.
  std::vector<std::pair<std::string_view, std::string_view>> columns;
  std::size_t keys;
  std::set<std::string_view> may_miss;
};

const std::vector<Wanted>& wanted_tables() {
  static const std::vector<Wanted> all = {
      {"concept",
       {{"concept_id", "BIGINT"},
        {"concept_name", "VARCHAR"},
        {"domain_id", "VARCHAR"},
        {"vocabulary_id", "VARCHAR"},
        {"concept_class_id", "VARCHAR"},
        {"standard_concept", "VARCHAR"},
        {"concept_code", "VARCHAR"},
        {"valid_start_date", "DATE"},
        {"valid_end_date", "DATE"},
        {"invalid_reason", "VARCHAR"}},
       1,
       {"concept_class_id", "valid_start_date", "valid_end_date", "invalid_reason"}},
      {"concept_relationship",
       {{"concept_id_1", "BIGINT"},
        {"concept_id_2", "BIGINT"},
        {"relationship_id", "VARCHAR"},
        {"valid_start_date", "DATE"},
        {"valid_end_date", "DATE"},
        {"invalid_reason", "VARCHAR"}},
       3,
       {"valid_start_date", "valid_end_date", "invalid_reason"}},
      {"concept_ancestor",
       {{"ancestor_concept_id", "BIGINT"},
        {"descendant_concept_id", "BIGINT"},
        {"min_levels_of_separation", "INTEGER"},
        {"max_levels_of_separation", "INTEGER"}},
       2,
       {"min_levels_of_separation", "max_levels_of_separation"}},
      {"vocabulary",
       {{"vocabulary_id", "VARCHAR"},
        {"vocabulary_name", "VARCHAR"},
        {"vocabulary_reference", "VARCHAR"},
        {"vocabulary_version", "VARCHAR"},
        {"vocabulary_concept_id", "BIGINT"}},
       1,
       {"vocabulary_name", "vocabulary_reference", "vocabulary_version", "vocabulary_concept_id"}},
  };
  return all;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  return out;
}

struct SourceFile {
  std::string table;
  std::string relation;
  std::string where;
  std::set<std::string> columns;  // lower case
};

std::vector<std::string> split_header(std::string_view line, char delimiter) {
  std::vector<std::string> names;
  while (true) {
    const auto end = line.find(delimiter);
    std::string name = lower(line.substr(0, end));
    std::erase(name, '"');
    names.push_back(std::move(name));
    if (end == std::string_view::npos) return names;
    line.remove_prefix(end + 1);
  }
}

// Athena writes tabs without quoting (names hold bare quotation marks); CDM exports write quoted commas.
Result<SourceFile> csv_source(const engine::ArchiveMember& member, std::string table) {
  NARU_ASSIGN(auto reader, engine::LineReader::open(member.path));
  std::string_view header;
  NARU_ASSIGN(const bool any, reader.next(header));
  if (!any) {
    return rejected(say("the file is empty; a header line is expected", "파일이 비어 있습니다. 머리글 줄이 필요합니다"),
                    member.name);
  }
  const bool tabs = header.find('\t') != std::string_view::npos;
  const auto names = split_header(header, tabs ? '\t' : ',');
  std::string columns;
  for (const auto& name : names) {
    if (!columns.empty()) columns += ", ";
    columns += literal(name) + ": 'VARCHAR'";
  }
  SourceFile file{std::move(table), {}, member.name, {names.begin(), names.end()}};
  if (file.columns.size() != names.size()) {
    return rejected(say("two columns have the same name", "이름이 같은 열이 두 개 있습니다"), member.name + ":1");
  }
  const std::string_view quoting = tabs ? "quote='', escape=''" : "quote='\"', escape='\"'";
  file.relation = fmt::format("read_csv({}, auto_detect=false, header=true, delim={}, {}, columns={{{}}})",
                              literal(fs::absolute(member.path).string()), tabs ? "'\t'" : "','", quoting, columns);
  return file;
}

Result<SourceFile> parquet_source(engine::Database& database, const engine::ArchiveMember& member, std::string table) {
  SourceFile file{std::move(table), engine::parquet(member.path), member.name, {}};
  NARU_ASSIGN(const auto columns, database.describe(file.relation));
  for (const auto& [name, type] : columns) file.columns.insert(lower(name));
  return file;
}

Result<std::vector<SourceFile>> files_of(engine::Database& database,
                                         const std::vector<engine::ArchiveMember>& members) {
  std::vector<SourceFile> files;
  for (const auto& member : members) {
    const fs::path name(member.name);
    const auto table = lower(name.stem().string());
    const auto kind = lower(name.extension().string());
    const bool known = std::ranges::any_of(wanted_tables(), [&](const Wanted& wanted) { return wanted.name == table; });
    if (!known) continue;
    if (kind == ".csv" || kind == ".tsv" || kind == ".txt") {
      NARU_ASSIGN(auto file, csv_source(member, table));
      files.push_back(std::move(file));
    } else if (kind == ".parquet") {
      NARU_ASSIGN(auto file, parquet_source(database, member, table));
      files.push_back(std::move(file));
    }
  }
  return files;
}

std::string cleaned(std::string_view column, std::string_view type) {
  const auto text = fmt::format("nullif(trim({}::VARCHAR), '')", engine::quoted(column));
  if (type == "VARCHAR") return text;
  if (type == "DATE") {  // Athena: 20991231; CDM exports: 2099-12-31, with or without a time
    return fmt::format("coalesce(try_cast(left({0}, 10) AS DATE), try_strptime({0}, '%Y%m%d')::DATE)", text);
  }
  return fmt::format("try_cast({} AS {})", text, type);
}

// One table of all sources: typed, keyed, one row per key.
Result<std::int64_t> stage(engine::Database& database, const Wanted& wanted, const std::vector<SourceFile>& files) {
  std::string definition;
  for (const auto& [column, type] : wanted.columns) {
    if (!definition.empty()) definition += ", ";
    definition += engine::quoted(column) + " " + std::string(type);
  }
  const auto all = engine::quoted("all_" + std::string(wanted.name));
  NARU_CHECK(database.run(fmt::format("CREATE TEMP TABLE {} ({})", all, definition)));
  for (const auto& file : files) {
    if (file.table != wanted.name) continue;
    std::string select;
    for (const auto& [column, type] : wanted.columns) {
      if (!select.empty()) select += ", ";
      if (file.columns.contains(std::string(column))) {
        select += cleaned(column, type);
      } else if (wanted.may_miss.contains(column)) {
        select += "NULL";
      } else {
        return rejected(say("table {} has no column {}", "{} 표에 {} 열이 없습니다", wanted.name, column), file.where,
                        say("use an unchanged Athena download or a complete CDM vocabulary export",
                            "변경하지 않은 Athena 내려받기나 완전한 CDM 용어집을 쓰세요"));
      }
    }
    NARU_CHECK(database.run(fmt::format("INSERT INTO {} SELECT {} FROM {}", all, select, file.relation)));
  }
  std::string keys, order, missing;
  for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
    const auto column = engine::quoted(wanted.columns[i].first);
    if (i < wanted.keys) {
      keys += (keys.empty() ? "" : ", ") + column;
      missing += (missing.empty() ? "" : " OR ") + column + " IS NULL";
    }
    order += (order.empty() ? "" : ", ") + column + " DESC NULLS LAST";
  }
  const bool dated = wanted.name == "concept" || wanted.name == "concept_relationship";
  if (dated) order = "invalid_reason IS NOT NULL, valid_end_date DESC NULLS LAST, " + order;
  NARU_ASSIGN(const auto refused_rows, database.integer(fmt::format("SELECT count(*) FROM {} WHERE {}", all, missing)));
  NARU_CHECK(
      database.run(fmt::format("CREATE TEMP TABLE {} AS SELECT * FROM (SELECT DISTINCT * FROM {} WHERE NOT ({})) "
                               "QUALIFY row_number() OVER (PARTITION BY {} ORDER BY {}) = 1",
                               engine::quoted(wanted.name), all, missing, keys, order)));
  return refused_rows;
}

Done rebuild_ancestors(engine::Database& database) {
  NARU_CHECK(database.run("DROP TABLE concept_ancestor"));
  NARU_CHECK(database.run(sql::text("ancestors")));
  NARU_ASSIGN(const auto cyclic,
              database.integer("SELECT count(*) FROM concept_ancestor WHERE max_levels_of_separation >= 99"));
  if (cyclic > 0) {
    return rejected(say("the 'Is a' relationships form a cycle ({} pairs)", "'Is a' 관계가 순환합니다 ({}쌍)", cyclic),
                    "concept_relationship", say("correct the vocabulary's relationships", "용어집의 관계를 고치세요"));
  }
  return {};
}

// Writes one table and feeds its rows, in key order, to the hash.
Result<std::int64_t> write_table(engine::Database& database, const Wanted& wanted, const fs::path& folder,
                                 Hasher& hasher, bool hashed) {
  std::string columns, order;
  for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
    const auto column = engine::quoted(wanted.columns[i].first);
    columns += (columns.empty() ? "" : ", ") + column;
    if (i < wanted.keys) order += (order.empty() ? "" : ", ") + column;
  }
  const auto file = folder / (std::string(wanted.name) + ".parquet");
  NARU_ASSIGN(
      const auto rows,
      database.copy_to_parquet(fmt::format("SELECT {} FROM {}", columns, engine::quoted(wanted.name)), order, file));
  if (!hashed) return rows;
  std::string cells;
  for (const auto& [column, type] : wanted.columns) {
    if (!cells.empty()) cells += " || chr(31) || ";
    cells += fmt::format("coalesce({}::VARCHAR, '')", engine::quoted(column));
  }
  hasher.add(as_bytes(fmt::format("{} {}\n", wanted.name, rows)));
  std::string block;
  NARU_CHECK(
      database.each_batch(fmt::format("SELECT {} AS line FROM {} ORDER BY {}", cells, engine::parquet(file), order), {},
                          [&](const engine::Rows& batch) -> Done {
                            block.clear();
                            for (const auto& line : batch.columns[0].texts) {
                              block += line;
                              block += '\n';
                            }
                            hasher.add(as_bytes(block));
                            return {};
                          }));
  return rows;
}

Result<Info> describe_loaded(engine::Database& database, Info info) {
  NARU_ASSIGN(const auto version,
              database.query("SELECT coalesce(max(vocabulary_version), '') AS version FROM vocabulary WHERE "
                             "lower(vocabulary_id) = 'none'"));
  info.version = version.text(0, 0);
  NARU_ASSIGN(const auto names,
              database.query("SELECT DISTINCT vocabulary_id FROM concept WHERE vocabulary_id IS NOT NULL ORDER BY 1"));
  for (std::size_t row = 0; row < names.count; ++row) info.vocabularies.push_back(names.text(0, row));
  return info;
}

Result<std::vector<engine::ArchiveMember>> unpack(const LoadRequest& request, const fs::path& scratch,
                                                  std::vector<fs::path>& folders) {
  std::vector<engine::ArchiveMember> members;
  for (std::size_t i = 0; i < request.sources.size(); ++i) {
    const auto target = scratch / std::to_string(i);
    NARU_CHECK(make_folder(target));
    NARU_ASSIGN(auto found, engine::extract(request.sources[i], target));
    for (auto& member : found) {
      folders.push_back(member.path.parent_path());
      members.push_back(std::move(member));
    }
  }
  std::ranges::sort(folders);
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return members;
}

}  // namespace

Result<Info> load(const LoadRequest& request, Progress& progress) {
  ScratchFolder scratch("vocabulary");
  std::vector<fs::path> folders = {scratch.path()};
  NARU_ASSIGN(const auto members, unpack(request, scratch.path(), folders));
  const auto fresh = request.folder.parent_path() / (request.folder.filename().string() + ".fresh");
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  NARU_CHECK(make_folder(fresh));
  folders.push_back(fresh);
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = folders}));
  NARU_ASSIGN(const auto files, files_of(database, members));
  if (std::ranges::none_of(files, [](const SourceFile& file) { return file.table == "concept"; })) {
    return rejected(say("no concept table (CONCEPT.csv or concept.parquet) in the source",
                        "원천에 concept 표(CONCEPT.csv 또는 concept.parquet)가 없습니다"),
                    request.sources.empty() ? "" : request.sources.front().filename().string(),
                    say("give the folder or zip that Athena delivered", "Athena에서 받은 폴더나 zip을 지정하세요"));
  }
  Info info;
  Hasher hasher;
  hasher.add(as_bytes("naru-vocabulary-1\n"));
  std::uint64_t done = 0;
  for (const auto& wanted : wanted_tables()) {
    progress.at(say("reading the vocabulary", "용어집을 읽는 중"), done++, wanted_tables().size());
    if (progress.stop_requested()) return interrupted();
    NARU_ASSIGN(const auto refused_rows, stage(database, wanted, files));
    info.refused += refused_rows;
  }
  NARU_ASSIGN(info.merged, database.integer("SELECT (SELECT count(*) FROM (SELECT DISTINCT * FROM all_concept WHERE "
                                            "concept_id IS NOT NULL)) - (SELECT count(*) FROM concept)"));
  if (request.rebuild_ancestors) NARU_CHECK(rebuild_ancestors(database));
  for (const auto& wanted : wanted_tables()) {
    const bool hashed = wanted.name != "vocabulary";
    NARU_ASSIGN(const auto rows, write_table(database, wanted, fresh, hasher, hashed));
    if (wanted.name == "concept") info.concepts = rows;
    if (wanted.name == "concept_ancestor") info.ancestors = rows;
    if (wanted.name == "concept_relationship") info.relationships = rows;
  }
  info.hash = hex(hasher.finish());
  NARU_ASSIGN(info, describe_loaded(database, std::move(info)));
  NARU_CHECK(write_file_atomic(fresh / "vocabulary.json", document_of(info) + "\n"));
  NARU_CHECK(replace_folder(fresh, request.folder));
  return info;
}

Result<std::optional<Info>> info(const fs::path& folder) {
  NARU_CHECK(recover_folder(folder));
  const auto path = folder / "vocabulary.json";
  if (!fs::exists(path)) return std::optional<Info>{};
  NARU_ASSIGN(const auto document, read_json(path));
  NARU_ASSIGN(const auto reader, Reader::of(document, path.filename().string()));
  Info found;
  NARU_ASSIGN(found.hash, reader.text("hash"));
  NARU_ASSIGN(found.version, reader.text("version"));
  NARU_ASSIGN(found.concepts, reader.integer("concepts"));
  NARU_ASSIGN(found.ancestors, reader.integer("ancestors"));
  NARU_ASSIGN(found.relationships, reader.integer("relationships"));
  NARU_ASSIGN(found.merged, reader.integer("merged"));
  NARU_ASSIGN(found.refused, reader.integer("refused"));
  NARU_ASSIGN(found.vocabularies, reader.texts("vocabularies"));
  return std::optional<Info>{std::move(found)};
}

std::string document_of(const Info& info) {
  return canonical(Json{{"hash", info.hash},
                        {"version", info.version},
                        {"concepts", info.concepts},
                        {"ancestors", info.ancestors},
                        {"relationships", info.relationships},
                        {"merged", info.merged},
                        {"refused", info.refused},
                        {"vocabularies", info.vocabularies}});
}

}  // namespace naru::vocabulary
