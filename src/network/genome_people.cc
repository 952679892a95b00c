#include "network/genome_people.h"

#include "base/digest.h"
#include "engine/database.h"
#include "engine/table_source.h"
#include "genome/transfer.h"
#include "network/task_support.h"

#include <map>

namespace naru::network {
namespace {

std::filesystem::path people_file(const Site& site) {
  return site.layout().root() / "private" / "genome_people.parquet";
}

}  // namespace

Result<std::int64_t> keep_genome_people(Site& site, const std::filesystem::path& file) {
  const auto folder = site.layout().root() / "private";
  NARU_CHECK(make_folder(folder, 0700));
  NARU_ASSIGN(auto database,
              engine::Database::open({.allowed_folders = {folder, fs::absolute(file).parent_path()}, .threads = 1}));
  NARU_CHECK(database.run("CREATE TEMP TABLE given AS SELECT * FROM read_csv(" + engine::file_literal(file) +
                          ", header = true, all_varchar = true)"));
  NARU_ASSIGN(const auto columns, database.describe("given"));
  bool has_site = false;
  std::set<std::string> names;
  for (const auto& [name, type] : columns) names.insert(name);
  for (const auto* wanted : {"sample", "person_source_value"}) {
    if (!names.contains(wanted)) {
      return rejected(say("the column {} is missing", "{} 열이 없습니다", wanted), file.string());
    }
  }
  has_site = names.contains("site");
  const std::string where = has_site ? " WHERE site = " + engine::literal(site.description().name) : "";
  NARU_ASSIGN(const auto rows,
              database.copy_to_parquet("SELECT DISTINCT sample, person_source_value FROM given" + where,
                                       "sample, person_source_value", people_file(site)));
  NARU_CHECK(site.record("genome.people_kept", fields(Json{{"samples", rows}})));
  return rows;
}

Result<std::set<std::string>> withdrawn_samples(const Site& site) {
  std::set<std::string> out;
  if (!fs::exists(people_file(site))) return out;
  NARU_ASSIGN(const auto withdrawn, read_withdrawn(site.layout()));
  NARU_ASSIGN(auto database,
              engine::Database::open(
                  {.allowed_folders = {site.layout().root() / "private", site.layout().lake()}, .threads = 1}));
  NARU_ASSIGN(const auto rows,
              database.query("SELECT g.sample, p.person_id FROM " + engine::parquet(people_file(site)) + " g JOIN " +
                             engine::parquet(site.layout().lake() / "person.parquet") +
                             " p ON p.person_source_value = g.person_source_value ORDER BY 1, 2"));
  for (std::size_t i = 0; i < rows.count; ++i)
    if (withdrawn.persons.contains(rows.integer(1, i))) out.insert(rows.text(0, i));
  return out;
}

Result<std::function<std::string(const std::string&)>> travelling_names(Site& site) {
  std::map<std::string, std::int64_t> rows;
  const auto row_file = site.layout().root() / "private" / "rows.parquet";
  if (fs::exists(people_file(site)) && fs::exists(row_file)) {
    NARU_ASSIGN(auto database,
                engine::Database::open(
                    {.allowed_folders = {site.layout().root() / "private", site.layout().lake()}, .threads = 1}));
    NARU_ASSIGN(const auto known,
                database.query("SELECT g.sample, r.row_id FROM " + engine::parquet(people_file(site)) + " g JOIN " +
                               engine::parquet(site.layout().lake() / "person.parquet") +
                               " p ON p.person_source_value = g.person_source_value JOIN " + engine::parquet(row_file) +
                               " r ON r.person_id = p.person_id ORDER BY 1, 2"));
    for (std::size_t i = 0; i < known.count; ++i) rows.emplace(known.text(0, i), known.integer(1, i));
  }
  NARU_ASSIGN(const auto key, site.keys().derive("genome.sample", "sample"));
  auto mac = std::make_shared<Hmac>(key.bytes());
  return std::function<std::string(const std::string&)>([rows, mac](const std::string& sample) {
    const auto found = rows.find(sample);
    if (found != rows.end()) return std::to_string(found->second);
    return "s" + hex(mac->of(sample)).substr(0, 24);
  });
}

Done take_genomes(Site& site, const std::string& holder, const std::vector<std::string>& parts_json,
                  const std::vector<NamedBytes>& files) {
  const auto incoming = site.layout().root() / "incoming-genome";
  const auto target = incoming / holder;
  const fs::path fresh = target.string() + ".fresh";
  std::error_code code;
  fs::remove_all(fresh, code);
  NARU_CHECK(write_files(files, fresh));
  NARU_CHECK(write_file_atomic(fresh / "parts.json", fields(Json(parts_json)), 0600));
  NARU_CHECK(replace_folder(fresh, target));
  std::vector<genome::TravellingPart> all;
  for (const auto& entry : fs::directory_iterator(incoming)) {
    if (!fs::exists(entry.path() / "parts.json")) continue;
    NARU_ASSIGN(const auto described, read_json(entry.path() / "parts.json"));
    for (const auto& one : described) {
      genome::TravellingPart part;
      NARU_ASSIGN(part.entry, genome::parse_part_entry(one.get<std::string>(), "genome part of " + holder));
      part.entry.holder = entry.path().filename().string();
      NARU_ASSIGN(part.bytes, read_file(entry.path() / (part.entry.name + ".naru-gt")));
      NARU_ASSIGN(part.samples, read_file(entry.path() / (part.entry.name + ".samples")));
      all.push_back(std::move(part));
    }
  }
  return genome::assemble_store(site.layout().genome(), std::move(all));
}

}  // namespace naru::network
