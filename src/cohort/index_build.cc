#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "cohort/cohort.h"
#include "cohort/index.h"
#include "cohort/index_stamp.h"
#include "cohort/index_tables.h"
#include "cohort/index_writer.h"
#include "model/site_layout.h"

#include <optional>

namespace naru::cohort {
namespace {

/// What of an index is built at once and kept while the files it was built from stay the same.
struct Unit {
  std::string name;
  std::vector<std::string> tables;  ///< whose files it is made of
};

/// Events lie by the dense numbers of persons, which observation periods give: those belong to every table of events.
std::vector<Unit> units_of_index() {
  std::vector<Unit> out{{"persons", {"observation_period", "person"}}};
  for (const auto& domain : domains()) {
    const std::string table(domain.table);
    out.push_back({table, {"observation_period", table}});
  }
  out.push_back({"lookup.visit", {"visit_occurrence"}});
  out.push_back({"lookup.provider", {"provider"}});
  out.push_back({"lookup.care_site", {"care_site"}});
  out.push_back({"vocabulary", {"concept", "concept_ancestor", "concept_relationship"}});
  return out;
}

std::string key_of(const Unit& unit, const Stamps& stamps) {
  std::string text = std::string(index_format) + " " + unit.name + "\n";
  for (const auto& table : unit.tables) {
    const auto stamp = stamps.find(table);
    text += table + " " + (stamp == stamps.end() ? "absent" : stamp->second.digest) + "\n";
  }
  return hex(sha256(text));
}

Json json_of(const ColumnShape& shape) {
  return Json{{"width", shape.width}, {"real", shape.real}, {"base", shape.base}, {"rows", shape.rows}};
}
ColumnShape shape_of(const Json& json) {
  ColumnShape out;
  out.width = json.at("width").get<std::uint8_t>();
  out.real = json.at("real").get<bool>();
  out.base = json.at("base").get<std::int64_t>();
  out.rows = json.at("rows").get<std::uint64_t>();
  return out;
}

/// A finished unit: {"key","rows","columns":{name:shape}}.
using Finished = Json;

std::vector<std::string> tables_of_index() {
  std::vector<std::string> out{"person",           "observation_period",  "provider", "care_site", "concept",
                               "concept_ancestor", "concept_relationship"};
  for (const auto& domain : domains()) {
    if (domain.table != "observation_period") out.emplace_back(domain.table);
  }
  return out;
}

/// Builds an index unit by unit in a folder beside the standing one. A unit is adopted when an interrupted build left
/// it, linked when the standing index has it of the same bytes, and written otherwise.
class IndexBuild {
 public:
  IndexBuild(engine::Database& database, Cdm& cdm, const Stamps& stamps, fs::path fresh, fs::path target)
      : database_(database),
        cdm_(cdm),
        stamps_(stamps),
        fresh_(std::move(fresh)),
        target_(std::move(target)),
        writer_(database, cdm, fresh_) {}

  Done run(IndexReceipt& receipt, Progress& progress) {
    standing_ = units_of_standing();
    std::uint64_t done = 0;
    const auto units = units_of_index();
    for (const auto& unit : units) {
      progress.at(say("indexing {}", "{} 색인 중", unit.name), done++, units.size());
      if (progress.stop_requested()) return interrupted();
      NARU_ASSIGN(const auto finished, finish(unit, receipt));
      const auto rows = finished.at("rows").get<std::int64_t>();
      if (unit.name == "persons") receipt.persons = rows;
      if (domain_of(unit) != nullptr) receipt.rows[unit.name] = rows;
      for (const auto& [name, shape] : finished.at("columns").items()) {
        receipt.bytes += shape_of(shape).bytes();
        columns_[name] = shape;
      }
      units_[unit.name] = finished;
    }
    return {};
  }

  Done seal(const IndexReceipt& receipt) {
    // Whatever an earlier attempt on other tables left.
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(fresh_)) {
      const auto name = file.path().filename().string();
      const bool kept =
          name == lock_name || (name.ends_with(".column") && columns_.contains(name.substr(0, name.size() - 7)));
      if (!kept) fs::remove(file.path(), ignored);
    }
    Json rows = Json::object();
    for (const auto& [table, count] : receipt.rows) rows[table] = count;
    const Json manifest{{"format", index_format},
                        {"lake", receipt.lake},
                        {"files", cohort::json_of(stamps_)},
                        {"columns", columns_},
                        {"units", units_},
                        {"persons", receipt.persons},
                        {"rows", rows},
                        {"has_concepts", cdm_.has_file("concept")}};
    return write_file_atomic(fresh_ / "manifest.json", canonical(manifest), 0600);
  }

  static constexpr std::string_view lock_name = ".lock";

 private:
  static const Domain* domain_of(const Unit& unit) {
    for (const auto& domain : domains()) {
      if (domain.table == unit.name) return &domain;
    }
    return nullptr;
  }

  Result<Finished> finish(const Unit& unit, IndexReceipt& receipt) {
    const auto key = key_of(unit, stamps_);
    const auto record = fresh_ / (unit.name + ".unit");
    if (const auto left = read_json(record); left.ok() && is_whole(*left, key, fresh_)) {
      ++receipt.kept;
      return *left;
    }
    const auto known = standing_.find(unit.name);
    if (known != standing_.end() && is_whole(known->second, key, target_) && link(known->second)) {
      ++receipt.kept;
      return known->second;
    }
    const auto before = writer_.columns();
    NARU_CHECK(cdm_.require(database_, tables_of_index()));
    NARU_ASSIGN(const auto rows, write(unit));
    // What was read must be what was stamped.
    std::map<std::string, fs::path> files;
    Stamps read;
    for (const auto& table : unit.tables) {
      if (const auto file = cdm_.files().find(table); file != cdm_.files().end()) files.insert(*file);
      if (const auto stamp = stamps_.find(table); stamp != stamps_.end()) read.insert(*stamp);
    }
    const auto same = same_bytes(read, files);
    if (!same.ok() || !*same) {
      return conflict(say("the tables changed while the index was built", "색인을 만드는 동안 표가 바뀌었습니다"),
                      unit.name, say("try again", "다시 시도하세요"));
    }
    Finished out{{"key", key}, {"rows", rows}, {"columns", Json::object()}};
    for (const auto& [name, shape] : writer_.columns()) {
      if (before.count(name) == 0) out["columns"][name] = json_of(shape);
    }
    NARU_CHECK(write_file_atomic(record, canonical(out), 0600));
    return out;
  }

  Result<std::int64_t> write(const Unit& unit) {
    if (unit.name == "persons") {
      NARU_ASSIGN(auto numbers, writer_.persons());
      numbers_.emplace(std::move(numbers));
      return static_cast<std::int64_t>(numbers_->ids().size());
    }
    if (const auto* domain = domain_of(unit)) {
      NARU_CHECK(need_numbers());
      return writer_.events(*domain, *numbers_);
    }
    if (unit.name == "vocabulary") {
      NARU_CHECK(writer_.vocabulary());
    } else if (unit.name == "lookup.visit") {
      NARU_CHECK(writer_.lookup("visit", "visit_occurrence", "visit_occurrence_id", "visit_concept_id", true));
    } else if (unit.name == "lookup.provider") {
      NARU_CHECK(writer_.lookup("provider", "provider", "provider_id", "specialty_concept_id", false));
    } else {
      NARU_CHECK(writer_.lookup("care_site", "care_site", "care_site_id", "place_of_service_concept_id", false));
    }
    return std::int64_t{0};
  }

  /// Of a persons unit that was adopted: read back.
  Done need_numbers() {
    if (numbers_) return {};
    NARU_ASSIGN(const auto ids, Column::open(fresh_ / "person.id.column", shape_of(columns_.at("person.id"))));
    std::vector<std::int64_t> list(ids.rows());
    for (std::uint64_t row = 0; row < ids.rows(); ++row) list[row] = ids.at(row);
    numbers_.emplace(std::move(list));
    return {};
  }

  /// Whether a record is of these bytes and its columns are there in full length.
  static bool is_whole(const Json& record, const std::string& key, const fs::path& folder) {
    if (!record.is_object() || record.value("key", "") != key) return false;
    try {
      for (const auto& [name, shape] : record.at("columns").items()) {
        const auto bytes = shape_of(shape).bytes();
        std::error_code failure;
        if (bytes > 0 && fs::file_size(folder / (name + ".column"), failure) != bytes) return false;
        if (failure) return false;
      }
      return record.at("rows").is_number_integer();
    } catch (const Json::exception&) {
      return false;
    }
  }

  bool link(const Json& record) const {
    for (const auto& [name, shape] : record.at("columns").items()) {
      if (shape_of(shape).bytes() == 0) continue;
      std::error_code failure;
      const auto to = fresh_ / (name + ".column");
      fs::remove(to, failure);
      fs::create_hard_link(target_ / (name + ".column"), to, failure);
      if (failure) return false;
    }
    return true;
  }

  std::map<std::string, Json> units_of_standing() const {
    std::map<std::string, Json> out;
    const auto manifest = read_json(target_ / "manifest.json");
    if (!manifest.ok() || !manifest->is_object() || manifest->value("format", "") != index_format) return out;
    const auto units = manifest->find("units");
    if (units == manifest->end() || !units->is_object()) return out;
    for (const auto& [name, record] : units->items()) out.emplace(name, record);
    return out;
  }

  engine::Database& database_;
  Cdm& cdm_;
  const Stamps& stamps_;
  fs::path fresh_;
  fs::path target_;
  IndexWriter writer_;
  std::map<std::string, Json> standing_ = {};
  std::optional<PersonNumbers> numbers_ = {};
  Json columns_ = Json::object();
  Json units_ = Json::object();
};

Stamps stamps_of_standing(const fs::path& target) {
  const auto manifest = read_json(target / "manifest.json");
  if (!manifest.ok() || !manifest->is_object()) return {};
  try {
    return stamps_from_json(manifest->at("files"));
  } catch (const Json::exception&) {
    return {};
  }
}

IndexReceipt receipt_of(const Index& standing) {
  IndexReceipt out;
  out.lake = standing.lake();
  out.persons = static_cast<std::int64_t>(standing.tables().persons.count);
  for (const auto& [table, events] : standing.tables().events) out.rows[table] = static_cast<std::int64_t>(events.rows);
  out.fresh = true;
  return out;
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
  NARU_ASSIGN(auto cdm, open_cdm(database, {.folder = folder, .vocabulary = options.vocabulary, .use_index = false}));
  IndexState state = IndexState::absent;
  IndexReceipt receipt;
  if (const auto standing = Index::find(target, cdm.files(), state)) {
    receipt = receipt_of(*standing);
    receipt.seconds = steady_seconds() - began;
    return receipt;
  }
  const auto fresh = target.parent_path() / (target.filename().string() + ".partial");
  NARU_CHECK(make_folder(fresh, 0700));
  NARU_ASSIGN(const auto lock, FileLock::acquire(fresh / IndexBuild::lock_name));
  progress.at(say("reading the tables' digests", "표의 다이제스트를 읽는 중"), 0, 0);
  NARU_ASSIGN(const auto stamps, stamp_files(cdm.files(), stamps_of_standing(target)));
  receipt.lake = digest_of(stamps);
  IndexBuild build(database, cdm, stamps, fresh, target);
  auto built = build.run(receipt, progress);
  if (built.ok()) built = build.seal(receipt);
  if (!built.ok()) {
    // An interrupted build goes on from its finished units; anything else starts anew.
    std::error_code ignored;
    if (!progress.stop_requested()) fs::remove_all(fresh, ignored);
    return std::move(built).error();
  }
  NARU_CHECK(replace_folder(fresh, target));
  receipt.seconds = steady_seconds() - began;
  return receipt;
}

fs::path site_index(const fs::path& site, const fs::path& data) {
  const auto name = hex(sha256(fs::absolute(data).lexically_normal().string())).substr(0, 16);
  return site / "derived" / ("cohort-index-" + name);
}

Result<IndexReceipt> refresh_site_index(const fs::path& site, unsigned threads, Progress& progress) {
  const model::SiteLayout layout(site);
  IndexOptions options{.folder = layout.lake(), .target = site_index(layout.root(), layout.lake()), .threads = threads};
  std::error_code failure;
  if (fs::exists(layout.vocabulary(), failure)) options.vocabulary = layout.vocabulary();
  NARU_CHECK(make_folder(options.target.parent_path(), 0700));
  return build_index(options, progress);
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
  Progress silent;
  if (!build_index(options, silent).ok()) return nullptr;
  return Index::find(target, *files, state);
}

}  // namespace naru::cohort
