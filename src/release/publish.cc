#include "release/publish.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "release/layout.h"

#include <algorithm>
#include <cstdlib>

namespace naru::release {
namespace {

bool is_tier(std::string_view tier) { return tier == "open" || tier == "registered" || tier == "controlled"; }

// Nearest multiple; a figure below the smallest cell is not shown.
std::optional<std::int64_t> shown(std::int64_t count, const protect::OutputPolicy& outputs) {
  if (count > 0 && count < outputs.min_cell) return std::nullopt;
  return (count + outputs.round_to / 2) / outputs.round_to * outputs.round_to;
}

std::int64_t rows_of(const Manifest& manifest, std::string_view table) {
  for (const auto& file : manifest.files) {
    if (table_of(file) == table) return file.rows.value_or(0);
  }
  return 0;
}

// The figure shown for the newest release of a line: it moves only when it moved by a whole cell since last shown, and
// a table's only when the persons' did.
struct Anchored {
  std::int64_t persons = 0;
  std::map<std::string, std::int64_t> rows = {};
};
Anchored anchored(const ListedRelease& release, const protect::OutputPolicy& outputs) {
  std::vector<const Manifest*> line;
  for (const auto& ancestor : release.ancestors) line.push_back(&ancestor);
  line.push_back(&release.manifest);
  Anchored out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto far = [&](std::int64_t before, std::int64_t now) {
      return i == 0 || std::abs(now - before) >= outputs.min_cell;
    };
    const bool moved = far(out.persons, line[i]->persons);
    if (moved) out.persons = line[i]->persons;
    for (const auto& file : line[i]->files) {
      const auto table = table_of(file);
      if (table.empty()) continue;
      const auto rows = rows_of(*line[i], table);
      const auto known = out.rows.find(table);
      if (known == out.rows.end() || (moved && far(known->second, rows))) out.rows[table] = rows;
    }
  }
  return out;
}

std::vector<Manifest> ancestors_of(const fs::path& releases, const Manifest& manifest) {
  std::vector<Manifest> out;
  std::string parent = manifest.parent;
  while (!parent.empty() && out.size() < 1000) {
    auto read = read_manifest(sealed_folder(releases, parent).root());
    if (!read.ok()) break;
    parent = read->parent;
    out.insert(out.begin(), std::move(*read));
  }
  return out;
}

Json number_or_null(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

std::string publication_json(const Publication& publication) {
  return canonical({{"id", publication.id},
                    {"manifest", publication.manifest_sha256},
                    {"tiers", publication.tiers},
                    {"by", publication.by}});
}

Result<std::optional<Publication>> publication_of(const std::filesystem::path& releases, std::string_view id) {
  const auto file = publication_file(releases, id);
  if (!fs::exists(file)) return std::optional<Publication>{};
  NARU_ASSIGN(const auto document, read_json(file));
  NARU_ASSIGN(const auto reader, Reader::of(document, file.filename().string()));
  NARU_CHECK(reader.only({"id", "manifest", "tiers", "by"}));
  Publication out;
  NARU_ASSIGN(out.id, reader.text("id"));
  NARU_ASSIGN(out.manifest_sha256, reader.text("manifest"));
  NARU_ASSIGN(out.by, reader.text("by"));
  NARU_ASSIGN(const auto tiers, reader.object("tiers"));
  for (const auto& [tier, date] : tiers.raw().items()) {
    NARU_ASSIGN(out.tiers[tier], tiers.text(tier));
  }
  return std::optional<Publication>(std::move(out));
}

Result<Publication> publish(const std::filesystem::path& releases, std::string_view id, std::string_view tier,
                            std::string_view date, std::string_view by, const PublicKey& trusted) {
  if (!is_plain_name(id) || !is_tier(tier)) {
    return rejected(
        say("a tier is open, registered or controlled", "등급은 open, registered, controlled 중 하나입니다"),
        std::string(tier));
  }
  NARU_ASSIGN(const auto day, parse_date(date, "date"));
  static_cast<void>(day);
  const auto folder = sealed_folder(releases, id).root();
  NARU_ASSIGN(const auto manifest, read_manifest(folder));
  NARU_ASSIGN(const auto report, verify(folder, trusted));
  if (!report.ok) {
    return rejected(say("the release does not verify: {} finding(s)", "공개본 검증 실패: {}건", report.findings.size()),
                    report.findings.front().file, report.findings.front().what);
  }
  if (std::ranges::find(manifest.files, tier, &ManifestFile::tier) == manifest.files.end()) {
    return rejected(say("no file of the release has the tier {}", "{} 등급의 파일이 없습니다", tier), std::string(id));
  }
  NARU_ASSIGN(auto earlier, publication_of(releases, id));
  auto publication = earlier.value_or(Publication{.id = std::string(id), .manifest_sha256 = {}, .tiers = {}, .by = {}});
  if (earlier && earlier->tiers.contains(std::string(tier))) return publication;
  publication.manifest_sha256 = report.manifest_sha256;
  publication.by = by;
  publication.tiers[std::string(tier)] = date;
  NARU_CHECK(make_folder(publication_file(releases, id).parent_path()));
  NARU_CHECK(write_file_atomic(publication_file(releases, id), publication_json(publication) + "\n"));
  return publication;
}

Result<std::vector<ListedRelease>> list(const std::filesystem::path& releases) {
  std::vector<ListedRelease> out;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(releases, code)) {
    const auto name = entry.path().filename().string();
    if (!entry.is_directory() || !is_plain_name(name) || !fs::exists(ReleaseFolder(entry.path()).manifest())) continue;
    ListedRelease listed;
    NARU_ASSIGN(listed.manifest, read_manifest(entry.path()));
    NARU_ASSIGN(listed.manifest_sha256, manifest_digest(entry.path()));
    NARU_ASSIGN(listed.publication, publication_of(releases, name));
    listed.ancestors = ancestors_of(releases, listed.manifest);
    out.push_back(std::move(listed));
  }
  std::ranges::sort(out, {}, [](const ListedRelease& each) { return each.manifest.id; });
  return out;
}

std::string public_summary_json(const ListedRelease& release, const protect::OutputPolicy& outputs) {
  const auto& manifest = release.manifest;
  const auto figures = anchored(release, outputs);
  Json tables = Json::array();
  for (const auto& file : manifest.files) {
    const auto table = table_of(file);
    if (table.empty()) continue;
    Json columns = Json::array();
    for (const auto& column : file.schema) columns.push_back({{"name", column.name}, {"type", column.type}});
    tables.push_back({{"name", table},
                      {"tier", file.tier},
                      {"records", number_or_null(shown(figures.rows.at(table), outputs))},
                      {"columns", columns}});
  }
  const auto risk = Json::parse(manifest.risk_json);
  Json out{
      {"id", manifest.id},
      {"phase", manifest.phase},
      {"parent", manifest.parent},
      {"created", manifest.created},
      {"sources", manifest.sources},
      {"consent_epoch", manifest.consent_epoch},
      {"policy", {{"id", manifest.policy}, {"hash", manifest.policy_hash}}},
      {"vocabulary_hash", manifest.vocabulary_hash},
      {"manifest", release.manifest_sha256},
      {"persons", number_or_null(shown(figures.persons, outputs))},
      {"tables", tables},
      {"genome",
       std::ranges::any_of(manifest.files, [](const auto& file) { return file.path.starts_with("genome/"); })},
      {"risk", {{"k", risk.value("/after/k"_json_pointer, Json())}, {"levels", risk.value("levels", Json::object())}}}};
  out["published"] = release.publication ? Json(release.publication->tiers) : Json::object();
  return canonical(out);
}

}  // namespace naru::release
