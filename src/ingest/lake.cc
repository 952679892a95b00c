#include "ingest/lake.h"

#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "ingest/eras.h"
#include "model/omop.h"

namespace naru::ingest {
namespace {

using model::SiteLayout;
using model::Table;

std::string key_of(const Table& table) { return table.primary_key.empty() ? "person_id" : table.primary_key; }

// Rows of several parts, the later part's row where keys meet.
std::string union_of(const std::vector<std::pair<std::size_t, fs::path>>& files, const std::string& columns,
                     const std::string& key) {
  std::string select;
  for (const auto& [order, file] : files) {
    if (!select.empty()) select += " UNION ALL ";
    select += fmt::format("SELECT {}, {} AS _order FROM {}", columns, order, engine::parquet(file));
  }
  return fmt::format("SELECT {} FROM ({}) QUALIFY row_number() OVER (PARTITION BY {} ORDER BY _order DESC) = 1",
                     columns, select, key);
}

std::string columns_of(const Table& table) {
  std::string columns;
  for (const auto& column : table.columns) columns += (columns.empty() ? "" : ", ") + engine::quoted(column.name);
  return columns;
}

Done link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::create_hard_link(from, to, code);
  if (code) fs::copy_file(from, to, code);
  if (code) {
    return internal_error(say("cannot copy a table: {}", "표를 복사할 수 없습니다: {}", code.message()), to.string());
  }
  return {};
}

Done build_table(engine::Database& database, const SiteLayout& layout, const std::vector<Standing>& sources,
                 const Table& table, const fs::path& fresh) {
  std::vector<std::pair<std::size_t, fs::path>> files;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto file = layout.parts() / sources[i].id / (table.name + ".parquet");
    if (fs::exists(file)) files.emplace_back(i, file);
  }
  if (files.empty()) return {};
  const auto target = fresh / (table.name + ".parquet");
  // Parts are sorted by key as lake tables are, so a single one is already the lake's table.
  if (files.size() == 1) return link_or_copy(files.front().second, target);
  const auto key = key_of(table);
  NARU_CHECK(database.copy_to_parquet(union_of(files, columns_of(table), key), key, target));
  return {};
}

// From the first to the last event of each person of the sources that brought no periods of their own.
Done derive_periods(engine::Database& database, const SiteLayout& layout, const std::vector<Standing>& sources,
                    const fs::path& fresh) {
  std::string persons;
  for (const auto& source : sources) {
    const auto file = layout.parts() / source.id / "person.parquet";
    if (!source.derives_periods || !fs::exists(file)) continue;
    persons += fmt::format(
        "{}SELECT person_id, {} AS type FROM {}", persons.empty() ? "" : " UNION ALL ",
        source.kind == "hira" || source.kind == "nhis" ? model::concepts::type_claim : model::concepts::type_ehr,
        engine::parquet(file));
  }
  std::string events;
  for (const auto& table : model::tables()) {
    const auto file = fresh / (table.name + ".parquet");
    if (table.start_date.empty() || table.derived || table.name == "observation_period" ||
        table.name == "payer_plan_period" || table.name == "death" || !fs::exists(file)) {
      continue;
    }
    events += fmt::format(
        "{}SELECT person_id, {} AS first, {} AS last FROM {}", events.empty() ? "" : " UNION ALL ", table.start_date,
        table.end_date.empty() ? table.start_date : fmt::format("greatest({}, {})", table.start_date, table.end_date),
        engine::parquet(file));
  }
  if (persons.empty() || events.empty()) return {};
  const auto own = fresh / "observation_period.parquet";
  const auto kept = fresh / "observation_period.own.parquet";
  std::string select = fmt::format(
      "SELECT (md5_number('observation_period/' || person_id) & 9223372036854775807)::BIGINT AS "
      "observation_period_id, person_id, min(first) AS observation_period_start_date, max(last) AS "
      "observation_period_end_date, any_value(type)::BIGINT AS period_type_concept_id FROM ({}) JOIN (SELECT "
      "person_id, min(type) AS type FROM ({}) GROUP BY person_id) USING (person_id){} GROUP BY person_id",
      events, persons,
      fs::exists(own) ? fmt::format(" WHERE person_id NOT IN (SELECT person_id FROM {})", engine::parquet(kept))
                      : std::string());
  if (fs::exists(own)) {
    fs::rename(own, kept);
    select += fmt::format(" UNION ALL SELECT {} FROM {}", columns_of(*model::table_named("observation_period")),
                          engine::parquet(kept));
  }
  NARU_CHECK(database.copy_to_parquet(select, "observation_period_id", own));
  std::error_code ignored;
  fs::remove(kept, ignored);
  return {};
}

Done build_identity(engine::Database& database, const SiteLayout& layout, const std::vector<Standing>& sources) {
  std::vector<std::pair<std::size_t, fs::path>> files;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto file = layout.root() / "private" / "parts" / (sources[i].id + ".parquet");
    if (fs::exists(file)) files.emplace_back(i, file);
  }
  if (files.empty()) {
    std::error_code ignored;
    fs::remove(layout.identity(), ignored);
    return {};
  }
  NARU_CHECK(make_folder(layout.identity().parent_path(), 0700));
  NARU_CHECK(database.copy_to_parquet(union_of(files, "person_id, name, birth_date, sex, phone, address", "person_id"),
                                      "person_id", layout.identity()));
  fs::permissions(layout.identity(), fs::perms::owner_read | fs::perms::owner_write);
  return {};
}

std::string sources_document(const std::vector<Standing>& sources) {
  Json list = Json::array();
  for (const auto& source : sources) {
    list.push_back({{"id", source.id},
                    {"kind", source.kind},
                    {"checksum", source.checksum},
                    {"legal_basis", source.legal_basis},
                    {"derives_periods", source.derives_periods}});
  }
  return canonical(Json{{"sources", list}}) + "\n";
}

std::string basis_document(const std::vector<Standing>& sources) {
  Json by_source = Json::object();
  Json codes = Json::object();
  for (const auto& source : sources) {
    by_source[source.id] = source.legal_basis;
    codes[source.legal_basis] = true;
  }
  Json list = Json::array();
  for (const auto& [code, present] : codes.items()) list.push_back(code);
  return canonical(Json{{"legal_bases", list}, {"by_source", by_source}}) + "\n";
}

}  // namespace

Result<std::vector<Standing>> standing_sources(const SiteLayout& layout) {
  NARU_CHECK(recover_folder(layout.lake()));
  const auto path = layout.lake() / "_sources.json";
  std::vector<Standing> sources;
  if (!fs::exists(path)) return sources;
  NARU_ASSIGN(const auto document, read_json(path));
  NARU_ASSIGN(const auto reader, Reader::of(document, "lake/_sources.json"));
  NARU_ASSIGN(const auto list, reader.array("sources"));
  for (const auto& [value, where] : list) {
    NARU_ASSIGN(const auto one, Reader::of(*value, where));
    Standing source;
    NARU_ASSIGN(source.id, one.text("id"));
    NARU_ASSIGN(source.kind, one.text("kind"));
    NARU_ASSIGN(source.checksum, one.text("checksum"));
    NARU_ASSIGN(source.legal_basis, one.text("legal_basis"));
    NARU_ASSIGN(source.derives_periods, one.boolean("derives_periods"));
    sources.push_back(std::move(source));
  }
  return sources;
}

Done build_lake(const SiteLayout& layout, const std::vector<Standing>& sources, unsigned threads, Progress& progress) {
  const auto fresh = layout.root() / "lake.fresh";
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  NARU_CHECK(make_folder(fresh));
  NARU_CHECK(make_folder(layout.root() / "private", 0700));
  const auto spill = layout.root() / "private" / "scratch";
  NARU_CHECK(make_folder(spill, 0700));
  NARU_ASSIGN(auto database,
              engine::Database::open({.allowed_folders = {layout.root()}, .spill_folder = spill, .threads = threads}));
  std::uint64_t done = 0;
  for (const auto& table : model::tables()) {
    progress.at(say("building the lake", "레이크를 만드는 중"), done++, model::tables().size());
    if (progress.stop_requested()) return interrupted();
    NARU_CHECK(build_table(database, layout, sources, table, fresh));
  }
  NARU_CHECK(derive_periods(database, layout, sources, fresh));
  NARU_CHECK(derive_eras(database, layout, sources, fresh));
  NARU_CHECK(write_file_atomic(fresh / "_sources.json", sources_document(sources)));
  NARU_CHECK(write_file_atomic(fresh / "_basis.json", basis_document(sources)));
  NARU_CHECK(build_identity(database, layout, sources));
  // The one moment at which the new lake becomes the lake.
  return replace_folder(fresh, layout.lake());
}

}  // namespace naru::ingest
