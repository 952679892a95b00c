#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "cohort/cohort.h"
#include "cohort/index.h"
#include "cohort/index_stamp.h"
#include "cohort/index_tables.h"
#include "cohort/index_writer.h"

namespace naru::cohort {
namespace {

Json manifest_of(const Stamps& stamps, const IndexWriter& writer, const IndexReceipt& receipt, bool has_concepts) {
  Json columns = Json::object();
  for (const auto& [name, shape] : writer.columns()) {
    columns[name] = Json{{"width", shape.width}, {"real", shape.real}, {"base", shape.base}, {"rows", shape.rows}};
  }
  Json rows = Json::object();
  for (const auto& [table, count] : receipt.rows) rows[table] = count;
  return Json{{"format", index_format},     {"lake", receipt.lake}, {"files", json_of(stamps)},    {"columns", columns},
              {"persons", receipt.persons}, {"rows", rows},         {"has_concepts", has_concepts}};
}

std::vector<std::string> tables_of_index() {
  std::vector<std::string> out{"person",           "observation_period",  "provider", "care_site", "concept",
                               "concept_ancestor", "concept_relationship"};
  for (const auto& domain : domains()) {
    if (domain.table != "observation_period") out.emplace_back(domain.table);
  }
  return out;
}

Done write_columns(IndexWriter& writer, Cdm& cdm, engine::Database& database, IndexReceipt& receipt,
                   Progress& progress) {
  NARU_CHECK(cdm.require(database, tables_of_index()));
  NARU_ASSIGN(const auto numbers, writer.persons());
  receipt.persons = static_cast<std::int64_t>(numbers.ids().size());
  std::uint64_t done = 0;
  for (const auto& domain : domains()) {
    progress.at(say("sorting {}", "{} 정렬 중", domain.table), done++, domains().size());
    if (progress.stop_requested()) return interrupted();
    NARU_ASSIGN(const auto rows, writer.events(domain, numbers));
    receipt.rows[std::string(domain.table)] = rows;
  }
  NARU_CHECK(writer.lookup("visit", "visit_occurrence", "visit_occurrence_id", "visit_concept_id", true));
  NARU_CHECK(writer.lookup("provider", "provider", "provider_id", "specialty_concept_id", false));
  NARU_CHECK(writer.lookup("care_site", "care_site", "care_site_id", "place_of_service_concept_id", false));
  return writer.vocabulary();
}

}  // namespace

Result<IndexReceipt> build_index(const IndexOptions& options, Progress& progress) {
  const double began = steady_seconds();
  const auto folder = fs::absolute(options.folder).lexically_normal();
  const auto target =
      options.target.empty() ? folder / index_folder_name : fs::absolute(options.target).lexically_normal();
  engine::DatabaseOptions engine_options;
  engine_options.allowed_folders = {folder};
  if (!options.vocabulary.empty()) engine_options.allowed_folders.push_back(options.vocabulary);
  engine_options.threads = options.threads;
  engine_options.memory_mb = options.memory_mb;
  NARU_ASSIGN(auto database, engine::Database::open(engine_options));
  NARU_ASSIGN(auto cdm, open_cdm(database, {.folder = folder, .vocabulary = options.vocabulary}));
  IndexReceipt receipt;
  IndexState state = IndexState::absent;
  if (const auto standing = Index::find(target, cdm.files(), state)) {
    receipt.lake = standing->lake();
    receipt.persons = static_cast<std::int64_t>(standing->tables().persons.count);
    for (const auto& [table, events] : standing->tables().events) {
      receipt.rows[table] = static_cast<std::int64_t>(events.rows);
    }
    receipt.fresh = true;
    receipt.seconds = steady_seconds() - began;
    return receipt;
  }
  NARU_ASSIGN(const auto stamps, stamp_files(cdm.files()));
  receipt.lake = digest_of(stamps);
  const auto fresh = target.parent_path() / (target.filename().string() + ".partial");
  std::error_code ignored;
  fs::remove_all(fresh, ignored);
  NARU_CHECK(make_folder(fresh, 0700));
  IndexWriter writer(database, cdm, fresh);
  auto written = write_columns(writer, cdm, database, receipt, progress);
  // What was read must be what was stamped.
  if (written.ok()) {
    const auto same = same_bytes(stamps, cdm.files());
    if (!same.ok() || !*same) {
      written = conflict(say("the tables changed while the index was built", "색인을 만드는 동안 표가 바뀌었습니다"),
                         folder.string(), say("try again", "다시 시도하세요"));
    }
  }
  if (!written.ok()) {
    fs::remove_all(fresh, ignored);
    return std::move(written).error();
  }
  for (const auto& [name, shape] : writer.columns()) receipt.bytes += shape.bytes();
  NARU_CHECK(write_file_atomic(fresh / "manifest.json",
                               canonical(manifest_of(stamps, writer, receipt, cdm.has_file("concept"))), 0600));
  NARU_CHECK(replace_folder(fresh, target));
  receipt.seconds = steady_seconds() - began;
  return receipt;
}

fs::path site_index(const fs::path& site, const fs::path& data) {
  const auto name = hex(sha256(fs::absolute(data).lexically_normal().string())).substr(0, 16);
  return site / "derived" / ("cohort-index-" + name);
}

std::shared_ptr<const Index> index_on_first_use(const IndexOptions& options, std::uint64_t bytes_most) {
  const auto files = table_files({.folder = options.folder, .vocabulary = options.vocabulary});
  if (!files.ok()) return nullptr;
  const auto target = options.target.empty() ? options.folder / index_folder_name : options.target;
  auto state = IndexState::absent;
  if (auto standing = Index::find(target, *files, state)) return standing;
  std::uint64_t bytes = 0;
  std::error_code failure;
  for (const auto& [table, file] : *files) bytes += fs::file_size(file, failure);
  if (failure || bytes > bytes_most || !make_folder(target.parent_path(), 0700).ok()) return nullptr;
  const auto lock = FileLock::acquire(target.string() + ".lock");
  if (!lock.ok()) return nullptr;
  Progress silent;
  if (!build_index(options, silent).ok()) return nullptr;
  return Index::find(target, *files, state);
}

}  // namespace naru::cohort
