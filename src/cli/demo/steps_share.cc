// Steps 6 and 7, and phase 2: a deposit, genomes, and the release that follows a withdrawal.
#include "cli/demo/story.h"

namespace naru::cli::demo {
namespace {

std::vector<std::string> at_authority(const Story& story, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--site", story.stage.site("authority").string()});
  return arguments;
}

std::vector<std::string> genome_sites(const Story& story) {
  std::vector<std::string> out;
  for (const auto& [site, files] : story.sources.genomes) out.push_back(site);
  return out;
}

void add(std::vector<std::string>& arguments, std::string_view option, const std::vector<std::string>& values) {
  for (const auto& value : values) arguments.insert(arguments.end(), {std::string(option), value});
}

Done copy_file_to(const fs::path& from, const fs::path& to) {
  NARU_CHECK(make_folder(to.parent_path()));
  NARU_ASSIGN(const auto content, read_file(from));
  return write_file_atomic(to, content);
}

Result<Json> import_genomes(const Story& story, const std::string& site) {
  std::vector<std::string> arguments{"genome",   "import", "--store", story.stage.site(site) / "genome",
                                     "--holder", site};
  for (const auto& file : story.sources.genomes.at(site)) {
    const auto given = story.stage.handed(site) / file.filename();
    NARU_CHECK(copy_file_to(file, given));
    arguments.push_back(given.string());
  }
  NARU_ASSIGN(auto imported, ask_site(story, site, arguments));
  if (!story.sources.genome_samples.empty()) {
    const auto given = story.stage.handed(site) / "samples.csv";
    NARU_CHECK(copy_file_to(story.sources.genome_samples, given));
    NARU_ASSIGN(imported["people"],
                ask_site(story, site, {"genome", "people", given.string(), "--site", story.stage.site(site).string()}));
  }
  return imported;
}

// Exact counts stay where they are made: each hospital's own folder, and the combiner's for both together.
Result<std::string> exact_counts(const Story& story, const std::string& site, const fs::path& store) {
  const auto out = story.stage.site(site) / "private" / "allele-counts.tsv";
  NARU_CHECK(make_folder(out.parent_path(), 0700));
  NARU_ASSIGN(const auto counted,
              ask_site(story, site, {"genome", "count", "--store", store.string(), "--out", out.string()}));
  return out.string();
}

// In what the holders let out: no allele count from 1 to min-1.
bool small_counts_hidden(const Json& counts) {
  for (const auto& [site, told] : counts["holders"].items()) {
    const auto least = told.value("min_allele_count", std::int64_t{1});
    std::istringstream lines(told.value("tsv", ""));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::istringstream cells(line);
      std::string cell;
      for (int i = 0; i < 5; ++i) std::getline(cells, cell, '\t');
      if (!cell.empty() && std::stoll(cell) > 0 && std::stoll(cell) < least) return false;
    }
  }
  return true;
}

}  // namespace

namespace {
// The synthetic deposit says when its embargo ends; in the story it always lies half a year ahead of the day it is
// told.
Result<std::string> embargo_ahead(const fs::path& description, const Clock& clock) {
  constexpr std::int64_t day_ms = 86'400'000;
  constexpr std::int32_t half_year = 182;
  const auto day = format_date(static_cast<std::int32_t>(clock.now_ms() / day_ms) + half_year);
  NARU_ASSIGN(auto text, read_file(description));
  const std::string key = "\nembargo_until: ";
  const auto at = text.find(key);
  if (at == std::string::npos) return rejected(say("no embargo", "엠바고가 없습니다"), description.string());
  const auto from = at + key.size();
  text.replace(from, text.find('\n', from) - from, day);
  NARU_CHECK(write_file_atomic(description, text));
  return day;
}
}  // namespace

Result<StepResult> step_deposit(Story& story) {
  StepResult out;
  const auto given = story.stage.handed("authority") / "deposit";
  NARU_ASSIGN(const auto files, list_files(story.sources.deposit, false));
  for (const auto& file : files) NARU_CHECK(copy_file_to(story.sources.deposit / file, given / file));
  NARU_ASSIGN(const auto opens, embargo_ahead(given / "deposit.yaml", story.context.clock));
  NARU_ASSIGN(const auto receipt,
              ask_site(story, "authority", at_authority(story, {"ingest", "deposit", given.string()})));
  const auto id = receipt.value("id", "");
  NARU_ASSIGN(const auto found, ask_site(story, "authority", at_authority(story, {"catalogue", "show", id})));
  out.facts = {{"receipt", receipt}, {"dataset", found}};
  out.checks = {{"the deposit is accepted", receipt.value("accepted", false)},
                {"it stands in the catalogue", found.value("id", "") == id},
                {"it cannot be used before its embargo ends", found.value("usable", true) == false},
                {"its page says from which day on it can", found.value("usable_from", "") == opens}};
  return out;
}

Result<StepResult> step_genome(Story& story) {
  StepResult out;
  Json imports = Json::object();
  for (const auto& site : genome_sites(story)) {
    NARU_ASSIGN(imports[site], import_genomes(story, site));
  }
  std::vector<std::string> count{"round", "genome-count"};
  add(count, "--holder", genome_sites(story));
  NARU_ASSIGN(auto counts, ask_site(story, "authority", at_authority(story, count)));
  std::vector<std::string> send{"round", "genome-send"};
  add(send, "--holder", genome_sites(story));
  NARU_ASSIGN(const auto sent, ask_site(story, "authority", at_authority(story, send)));
  Json exact = Json::object();
  NARU_ASSIGN(exact["siteA"], exact_counts(story, "hospital-a", story.stage.site("hospital-a") / "genome"));
  NARU_ASSIGN(exact["siteB"], exact_counts(story, "hospital-b", story.stage.site("hospital-b") / "genome"));
  NARU_ASSIGN(exact["all"], exact_counts(story, "combiner", story.stage.site("combiner") / "genome"));
  const bool hidden = small_counts_hidden(counts);
  std::int64_t suppressed = 0;
  for (auto& [site, told] : counts["holders"].items()) {
    suppressed += told.value("suppressed", std::int64_t{0});
    told.erase("tsv");
  }
  NARU_ASSIGN(const auto tiers, tiers_seen(story));
  out.facts = {
      {"imports", imports}, {"released_counts", counts}, {"sent", sent}, {"exact_counts", exact}, {"tiers", tiers}};
  out.checks = {{"no allele count below the policy's threshold leaves", hidden},
                {"some were suppressed", suppressed > 0},
                {"who sees what follows the tier", tiers.value("ok", false)}};
  return out;
}

Result<Json> tiers_seen(const Story& story) {
  const auto seen = [&](std::vector<std::string> roles) -> Result<std::set<std::string>> {
    std::vector<std::string> arguments{"catalogue", "list"};
    add(arguments, "--role", roles);
    NARU_ASSIGN(const auto listed, ask_site(story, "authority", at_authority(story, arguments)));
    std::set<std::string> ids;
    for (const auto& dataset : listed["datasets"])
      if (dataset.value("sight", "") == "full") ids.insert(dataset.value("id", ""));
    return ids;
  };
  NARU_ASSIGN(const auto anybody, seen({}));
  NARU_ASSIGN(const auto signed_in, seen({"applicant"}));
  NARU_ASSIGN(const auto vetted, seen({"steward"}));
  const bool ok = !anybody.contains(story.release) && !anybody.contains("hospital-a") &&
                  signed_in.contains("hospital-a") && !signed_in.contains(story.release) &&
                  vetted.contains(story.release);
  return Json{{"anybody", anybody}, {"signed_in", signed_in}, {"vetted", vetted}, {"ok", ok}};
}

Result<Json> phase_two(Story& story) {
  std::vector<std::string> four;
  for (const auto& holder : holders()) four.push_back(holder);
  std::vector<std::string> protect{"round", "protect", "--release", "r2"};
  add(protect, "--holder", four);
  NARU_ASSIGN(const auto protected_again, ask_site(story, "authority", at_authority(story, protect)));
  std::vector<std::string> send{"round", "genome-send"};
  add(send, "--holder", genome_sites(story));
  NARU_ASSIGN(const auto sent, ask_site(story, "authority", at_authority(story, send)));
  std::vector<std::string> combine{"round", "combine", "--release", "r2", "--genomes"};
  add(combine, "--holder", four);
  NARU_ASSIGN(const auto combined, ask_site(story, "authority", at_authority(story, combine)));
  std::vector<std::string> seal{
      "round",   "seal",       "--release",   "r2",
      "--phase", "2",          "--parent",    story.release,
      "--tier",  "controlled", "--reviewers", (story.stage.handed("authority") / "reviewers.json").string()};
  add(seal, "--holder", four);
  NARU_ASSIGN(const auto sealed, ask_site(story, "authority", at_authority(story, seal)));
  NARU_ASSIGN(
      const auto difference,
      ask_site(story, "authority", at_authority(story, {"round", "diff", "--old", story.release, "--new", "r2"})));
  const auto first = story.facts_of("link")["combined"]["persons"].value("linked", std::int64_t{0});
  const auto reports = story.stage.site("combiner") / "private" / "reports";
  NARU_ASSIGN(const auto built, read_json(reports / "built-r2.json"));
  NARU_ASSIGN(const auto exact, read_json(reports / "sealed-r2.json"));
  const auto second = built["persons"].value("linked", std::int64_t{0});
  bool safe = true;
  std::vector<Json> told{difference["persons"]};
  for (const auto& table : difference["tables"]) told.push_back(table);
  for (const auto& one : told) {
    if (one["change"].is_number() && one["change"] != 0 && std::abs(one["change"].get<std::int64_t>()) < 10)
      safe = false;
  }
  bool genomes = false;
  for (const auto& file : exact["files"]) genomes = genomes || file.value("path", "").starts_with("genome/");
  return Json{{"id", "r2"},
              {"path", (story.stage.site("combiner") / "releases" / "r2").string()},
              {"persons_linked_before", first},
              {"persons_linked_after", second},
              {"withdrawn_left_out", second == first - 1},
              {"with_genomes", genomes},
              {"rebuilt_identical", sealed["rebuilt_identical"]},
              {"difference", difference},
              {"difference_safe", safe}};
}

}  // namespace naru::cli::demo
