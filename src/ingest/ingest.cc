#include "ingest/ingest.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/parquet_writer.h"
#include "ingest/lake.h"
#include "ingest/receipt.h"
#include "ingest/work.h"
#include "model/legal_basis.h"
#include "vocabulary/vocabulary.h"

#include <algorithm>
#include <utility>

namespace naru::ingest {
namespace {

using model::SiteLayout;

Done check_request(const IngestRequest& request) {
  if (request.sources.empty()) return usage_error(say("no source is given", "원천이 지정되지 않았습니다"), "SOURCE");
  for (const auto& source : request.sources) {
    if (!fs::exists(source)) return not_found(say("there is no such source", "그런 원천이 없습니다"), source.string());
  }
  if (model::legal_basis_named(request.legal_basis) == nullptr) {
    std::string known;
    for (const auto& basis : model::legal_bases()) known += (known.empty() ? "" : ", ") + std::string(basis.code);
    return usage_error(
        say("a source needs a legal basis; known ones: {}", "원천에는 법적 근거가 필요합니다. 가능한 값: {}", known),
        "--legal-basis");
  }
  if (!request.encoding.empty() && request.encoding != "cp949" && request.encoding != "utf-8") {
    return usage_error(say("encoding is utf-8 or cp949", "인코딩은 utf-8 또는 cp949 입니다"), "--encoding");
  }
  if (!fs::is_directory(request.site)) {
    return not_found(say("there is no such site folder", "그런 사이트 폴더가 없습니다"), request.site.string(),
                     say("make it with naru init", "naru init 으로 만드세요"));
  }
  return {};
}

/// Content only: names relative to the source and the SHA-256 of each file, so that a moved folder is the same source.
Result<std::string> checksum_of(const std::vector<fs::path>& sources) {
  std::vector<std::string> lines;
  for (const auto& source : sources) {
    if (!fs::is_directory(source)) {
      NARU_ASSIGN(const auto digest, sha256_file(source));
      lines.push_back(source.filename().string() + " " + hex(digest) + "\n");
      continue;
    }
    NARU_ASSIGN(const auto files, list_files(source, true));
    for (const auto& file : files) {
      NARU_ASSIGN(const auto digest, sha256_file(source / file));
      lines.push_back(file.generic_string() + " " + hex(digest) + "\n");
    }
  }
  std::ranges::sort(lines);
  Hasher hasher;
  for (const auto& line : lines) hasher.add(as_bytes(line));
  return hex(hasher.finish());
}

std::string source_id(const IngestRequest& request, const std::string& checksum, const std::string& vocabulary_hash,
                      const std::string& mappings_hash) {
  const auto settings =
      fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", name_of(request.kind), checksum, request.legal_basis, request.strict,
                  request.encoding == "utf-8" ? "" : request.encoding, vocabulary_hash, mapping_version, mappings_hash);
  return fmt::format("{}-{}", name_of(request.kind), hex(sha256(settings)).substr(0, 12));
}

// A receipt is written into its part before the lake changes and copied here afterwards; a crash in between is mended
// by the next run.
Done mend_receipts(const SiteLayout& layout, const std::vector<Standing>& sources) {
  for (const auto& source : sources) {
    const auto target = layout.receipts() / (source.id + ".json");
    const auto origin = layout.parts() / source.id / "_receipt.json";
    if (fs::exists(target) || !fs::exists(origin)) continue;
    NARU_CHECK(make_folder(layout.receipts()));
    NARU_ASSIGN(const auto text, read_file(origin));
    NARU_CHECK(write_file_atomic(target, text));
  }
  return {};
}

Done unpack(const IngestRequest& request, const fs::path& scratch, std::vector<engine::ArchiveMember>& members,
            std::vector<fs::path>& folders) {
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
  return {};
}

/// Where archives are unpacked and the engine spills: inside the site, never the system's temporary folder, because a
/// killed process leaves persons' rows behind. The next run clears it. REQUIRES: the ingest lock is held.
class PrivateScratch {
 public:
  [[nodiscard]] static Result<PrivateScratch> make(const SiteLayout& layout) {
    const auto path = layout.root() / "private" / "scratch";
    std::error_code ignored;
    fs::remove_all(path, ignored);
    NARU_CHECK(make_folder(path.parent_path(), 0700));
    NARU_CHECK(make_folder(path, 0700));
    return PrivateScratch(path);
  }
  ~PrivateScratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  PrivateScratch(PrivateScratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PrivateScratch(const PrivateScratch&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  explicit PrivateScratch(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

/// Entity that a key column points to, or empty when the key is not renumbered.
std::string_view entity_of(const model::Table& table, const model::Column& column) {
  if (column.role == model::Role::record_key) return table.name;
  if (column.role != model::Role::other_key) return {};
  for (const std::string_view entity : {"visit_occurrence", "visit_detail", "provider", "care_site", "location"}) {
    if (column.name.ends_with(std::string(entity) + "_id")) return entity;
  }
  return {};
}

// Two hospital exports may both number their visits from 1. Persons may not overlap: whether they are the same people
// is for a person to say, not for us to guess.
Result<bool> must_renumber(Work& work, const std::vector<Standing>& others) {
  bool overlap = false;
  for (const auto& other : others) {
    for (const auto& table : model::tables()) {
      const auto file = work.layout.parts() / other.id / (table.name + ".parquet");
      if (!work.staged.contains(table.name) || !fs::exists(file) || table.primary_key.empty()) continue;
      const bool hashed = work.request.kind != Kind::omop && other.kind != "omop";
      if (hashed || (overlap && table.name != "person")) continue;
      NARU_ASSIGN(const auto shared,
                  work.database.integer(fmt::format("SELECT count(*) FROM {} WHERE {} IN (SELECT {} FROM {})",
                                                    part_name(table.name), table.primary_key, table.primary_key,
                                                    engine::parquet(file))));
      if (shared == 0) continue;
      if (table.name == "person") {
        return conflict(
            say("{} person ids of this source already stand at the site from source {}",
                "이 원천의 person_id {}개가 이미 원천 {}에서 적재되어 있습니다", shared, other.id),
            "person",
            say("if this export supersedes that one, say --replaces {0}; if they are other people, give them "
                "other person_ids",
                "이 내보내기가 그것을 대체하면 --replaces {0} 를 지정하고, 다른 사람들이면 person_id 를 달리하세요",
                other.id));
      }
      overlap = true;
    }
  }
  return overlap;
}

Done renumber(Work& work) {
  for (const auto& name : work.staged) {
    const auto& table = *model::table_named(name);
    std::vector<std::pair<std::string, std::string>> changes;
    for (const auto& column : table.columns) {
      const auto entity = entity_of(table, column);
      if (entity.empty() || column.role == model::Role::person_key) continue;
      changes.emplace_back(column.name, fmt::format("(md5_number('{}/{}/' || {}) & 9223372036854775807)::BIGINT",
                                                    work.receipt.id, entity, engine::quoted(column.name)));
    }
    if (changes.empty() || table.name == "person") continue;
    NARU_CHECK(work.change_part(table, changes, "true"));
    work.sorted.erase(name);
  }
  work.receipt.notes["record_keys_renumbered"] = 1;
  return {};
}

/// The table's rows as a file of the part. Rows that come in the order of their key are written as they come: the same
/// bytes without a sort; where they already stand in a file, that file gets a second name.
Result<std::int64_t> write_table(Work& work, const model::Table& table, const fs::path& file) {
  if (const auto written = work.files.find(table.name); written != work.files.end()) {
    std::error_code code;
    fs::remove(file, code);
    fs::create_hard_link(written->second, file, code);
    if (!code) {
      NARU_CHECK(engine::sync_folder(file.parent_path()));
      return work.database.integer("SELECT count(*) FROM " + engine::parquet(file));
    }
  }
  std::vector<engine::ParquetColumn> columns;
  std::string names;
  const auto blank = work.blank.find(table.name);
  for (const auto& column : table.columns) {
    const bool absent = blank != work.blank.end() && blank->second.contains(column.name);
    columns.push_back({column.name, column.sql_type, absent});
    if (absent) continue;
    names += (names.empty() ? "" : ", ") + engine::quoted(column.name);
  }
  const auto key = table.primary_key.empty() ? std::string("person_id") : table.primary_key;
  return engine::write_parquet(work.database, fmt::format("SELECT {} FROM {}", names, part_name(table.name)),
                               work.sorted.contains(table.name) ? std::string() : key, columns, file);
}

Done write_part(Work& work, const fs::path& folder) {
  for (const auto& table : model::tables()) {
    if (!work.staged.contains(table.name)) continue;
    const auto file = folder / (table.name + ".parquet");
    NARU_ASSIGN(const auto rows, write_table(work, table, file));
    if (rows == 0) {
      fs::remove(file);
      continue;
    }
    work.receipt.lake[table.name] = rows;
  }
  if (!work.has_codes) return {};
  NARU_CHECK(work.database.copy_to_parquet("SELECT * FROM part_codes", "ALL", folder / "_codes.parquet"));
  return {};
}

Done write_identity(Work& work, const fs::path& file) {
  if (!work.has_identity) return {};
  NARU_CHECK(make_folder(work.layout.root() / "private", 0700));
  NARU_CHECK(make_folder(file.parent_path(), 0700));
  NARU_CHECK(work.database.copy_to_parquet("SELECT * FROM part_identity", "person_id", file));
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  return {};
}

void remove_part(const SiteLayout& layout, const std::string& id) {
  std::error_code ignored;
  fs::remove_all(layout.parts() / id, ignored);
  fs::remove(layout.root() / "private" / "parts" / (id + ".parquet"), ignored);
}

// A crash may leave persons' rows in the scratch folder, half a lake, and a part that never came into the lake.
void sweep(const SiteLayout& layout, const std::vector<Standing>& standing) {
  std::error_code ignored;
  fs::remove_all(layout.root() / "private" / "scratch", ignored);
  fs::remove_all(layout.root() / "lake.fresh", ignored);
  std::vector<std::string> stray;
  for (const auto& entry : fs::directory_iterator(layout.parts(), ignored)) {
    const auto id = entry.path().filename().string();
    if (std::ranges::none_of(standing, [&](const Standing& source) { return source.id == id; })) stray.push_back(id);
  }
  for (const auto& id : stray) remove_part(layout, id);
}

/// Sources that stay when this one comes: not its own earlier self, not the one it replaces.
Result<std::vector<Standing>> staying(const IngestRequest& request, const std::vector<Standing>& standing,
                                      const std::string& checksum) {
  std::vector<Standing> others;
  bool replaced = request.replaces.empty();
  for (const auto& source : standing) {
    const bool named = source.id == request.replaces;
    replaced = replaced || named;
    const bool same = source.checksum == checksum && source.kind == name_of(request.kind);
    if (!named && !same) others.push_back(source);
  }
  if (!replaced) {
    return not_found(say("no such source stands at the site", "그런 원천이 사이트에 없습니다"), request.replaces,
                     say("receipts/ lists them", "receipts/ 에 목록이 있습니다"));
  }
  return others;
}

/// One site, one reading (f2o-061): exports read by different rules would differ for no reason in the patients.
Done check_reading(const IngestRequest& request, const SiteLayout& layout, const std::vector<Standing>& others) {
  if (request.kind != Kind::fhir) return {};
  for (const auto& other : others) {
    if (other.kind != "fhir") continue;
    NARU_ASSIGN(const auto document, read_json(layout.parts() / other.id / "_receipt.json"));
    NARU_ASSIGN(const auto reader, Reader::of(document, other.id));
    NARU_ASSIGN(const bool strict, reader.boolean("strict"));
    if (strict == request.strict) continue;
    return conflict(
        strict ? say("source {} was read with --strict; one site reads all its FHIR sources alike",
                     "원천 {} 은(는) --strict 로 적재되었습니다. 한 사이트는 모든 FHIR 원천을 같은 규칙으로 읽습니다",
                     other.id)
               : say("source {} was read without --strict; one site reads all its FHIR sources alike",
                     "원천 {} 은(는) --strict 없이 적재되었습니다. 한 사이트는 모든 FHIR 원천을 같은 규칙으로 읽습니다",
                     other.id),
        "--strict",
        say("use the same reading, or load that source again this way first",
            "같은 방식으로 적재하거나, 먼저 그 원천을 이 방식으로 다시 적재하세요"));
  }
  return {};
}

Done fill(Work& work) {
  switch (work.request.kind) {
    case Kind::fhir:
      return ingest_fhir(work);
    case Kind::omop:
      return ingest_omop(work);
    case Kind::hira:
      return ingest_hira(work);
    case Kind::nhis:
      return ingest_nhis(work);
    case Kind::lifelog:
      return ingest_lifelog(work);
  }
  return {};
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::fhir:
      return "fhir";
    case Kind::omop:
      return "omop";
    case Kind::hira:
      return "hira";
    case Kind::nhis:
      return "nhis";
    case Kind::lifelog:
      return "lifelog";
  }
  return "";
}

std::optional<Kind> kind_named(std::string_view name) {
  for (const auto kind : {Kind::fhir, Kind::omop, Kind::hira, Kind::nhis, Kind::lifelog}) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

Result<Receipt> ingest(const IngestRequest& request, const Clock& clock, Progress& progress) {
  const double begun = steady_seconds();
  NARU_CHECK(check_request(request));
  const SiteLayout layout(request.site);
  NARU_ASSIGN(const auto lock, FileLock::acquire(layout.root() / "ingest.lock"));
  NARU_ASSIGN(const auto standing, standing_sources(layout));
  NARU_CHECK(mend_receipts(layout, standing));
  sweep(layout, standing);
  NARU_ASSIGN(const auto checksum, checksum_of(request.sources));
  NARU_ASSIGN(const auto vocabulary, vocabulary::info(layout.vocabulary()));
  const auto vocabulary_hash = vocabulary ? vocabulary->hash : std::string();
  NARU_ASSIGN(const auto mappings_hash, vocabulary::mappings_hash(layout.vocabulary()));
  const auto id = source_id(request, checksum, vocabulary_hash, mappings_hash);
  if (std::ranges::any_of(standing, [&](const Standing& source) { return source.id == id; })) {
    NARU_ASSIGN(const auto text, read_file(layout.receipts() / (id + ".json")));
    return receipt_from(text, true);
  }
  NARU_ASSIGN(auto sources, staying(request, standing, checksum));
  NARU_CHECK(check_reading(request, layout, sources));

  NARU_ASSIGN(const auto scratch, PrivateScratch::make(layout));
  std::vector<engine::ArchiveMember> members;
  std::vector<fs::path> folders = {scratch.path(), layout.root()};
  NARU_CHECK(unpack(request, scratch.path(), members, folders));
  // Working tables stand in a file of the scratch folder, compressed, rather than spilled from memory uncompressed: a
  // quarter of the space, and what the engine keeps in memory beside its limit no longer grows with the source.
  NARU_ASSIGN(auto database, engine::Database::open({.file = scratch.path() / "work.duckdb",
                                                     .allowed_folders = folders,
                                                     .spill_folder = scratch.path(),
                                                     .threads = request.threads}));
  Work work{.request = request,
            .layout = layout,
            .database = database,
            .progress = progress,
            .members = std::move(members),
            .receipt = {.id = id, .kind = request.kind, .checksum = checksum},
            .scratch = scratch.path()};
  for (const auto& source : sources) {
    if (request.kind != Kind::omop && source.kind != "omop") work.earlier.push_back(layout.parts() / source.id);
  }
  NARU_CHECK(fill(work));
  NARU_ASSIGN(const bool overlap, must_renumber(work, sources));
  if (overlap) NARU_CHECK(renumber(work));

  // Everything up to build_lake leaves the standing lake alone.
  const auto part = layout.parts() / id;
  NARU_CHECK(make_folder(part));
  NARU_CHECK(write_part(work, part));
  NARU_CHECK(write_identity(work, layout.root() / "private" / "parts" / (id + ".parquet")));
  ReceiptFacts facts{.sources = {},
                     .legal_basis = request.legal_basis,
                     .strict = request.strict,
                     .encoding = request.encoding,
                     .vocabulary_hash = vocabulary_hash,
                     .vocabulary_version = vocabulary ? vocabulary->version : std::string(),
                     .mappings_hash = mappings_hash,
                     .refusals = {},
                     .at = format_instant(clock.now_ms())};
  for (const auto& source : request.sources)
    facts.sources.push_back(fs::absolute(source).lexically_normal().filename().string());
  if (!work.refusals.empty()) {
    facts.refusals = "refusals/" + id + ".csv";
    NARU_CHECK(make_folder(layout.refusals()));
    NARU_CHECK(write_file_atomic(layout.root() / facts.refusals, work.refusals.csv()));
  }
  facts.seconds = steady_seconds() - begun;
  work.receipt.document = document_of(work.receipt, facts);
  NARU_CHECK(write_file_atomic(part / "_receipt.json", work.receipt.document + "\n"));
  sources.push_back({id, std::string(name_of(request.kind)), checksum, request.legal_basis, !work.has_own_periods});
  // The lake has an engine of its own: this one gives its memory back first, or the two limits would add up.
  { const auto finished = std::move(database); }
  NARU_CHECK(build_lake(layout, sources, request.threads, progress));
  NARU_CHECK(mend_receipts(layout, sources));
  for (const auto& source : standing) {
    const bool stays = std::ranges::any_of(sources, [&](const Standing& kept) { return kept.id == source.id; });
    if (!stays) remove_part(layout, source.id);
  }
  return std::move(work.receipt);
}

Result<std::vector<std::string>> receipts(const fs::path& site) {
  const SiteLayout layout(site);
  NARU_ASSIGN(const auto sources, standing_sources(layout));
  NARU_CHECK(mend_receipts(layout, sources));
  std::vector<std::string> documents;
  for (const auto& source : sources) {
    NARU_ASSIGN(auto text, read_file(layout.receipts() / (source.id + ".json")));
    documents.push_back(std::move(text));
  }
  return documents;
}

Done rebuild_lake(const fs::path& site, Progress& progress) {
  const SiteLayout layout(site);
  NARU_ASSIGN(const auto lock, FileLock::acquire(layout.root() / "ingest.lock"));
  NARU_ASSIGN(const auto sources, standing_sources(layout));
  NARU_ASSIGN(const auto scratch, PrivateScratch::make(layout));
  return build_lake(layout, sources, 0, progress);
}

}  // namespace naru::ingest
