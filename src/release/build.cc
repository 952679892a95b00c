#include "release/build.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "model/omop.h"
#include "protect/attack.h"
#include "protect/risk_report.h"
#include "release/assess.h"
#include "release/events.h"
#include "release/layout.h"
#include "release/persons.h"
#include "release/rare_codes.h"

#include <algorithm>

namespace naru::release {
namespace {

using protect::Treatment;

// What a holder may send of a table: a column that should have been dropped there is a leak, and stops the build.
Done check_columns(engine::Database& database, const HolderData& holder, const protect::TableRule& rule,
                   const fs::path& file) {
  NARU_ASSIGN(const auto columns, database.describe(engine::parquet(file)));
  for (const auto& [name, type] : columns) {
    const auto* column = rule.rule_of(name);
    if (name == "age_at_event" || (column != nullptr && column->treatment != Treatment::drop)) continue;
    return rejected(say("a column that must not leave the holder arrived", "보유기관을 떠나면 안 되는 열이 왔습니다"),
                    holder.holder + ": " + rule.table + "." + name,
                    say("delete the file and tell the holder", "파일을 지우고 보유기관에 알리세요"));
  }
  return {};
}

Result<std::vector<detail::Incoming>> incoming(engine::Database& database, const BuildRequest& request,
                                               const protect::Policy& policy) {
  std::vector<detail::Incoming> out;
  for (const auto& table : model::tables()) {
    const auto* rule = policy.rule_of(table.name);
    detail::Incoming each{.table = &table, .rule = rule, .files = {}};
    for (const auto& holder : request.holders) {
      const auto file = holder.folder / (table.name + ".parquet");
      if (!fs::exists(file)) continue;
      if (rule->left_out) {
        return rejected(
            say("a table that must not leave the holder arrived", "보유기관을 떠나면 안 되는 표가 왔습니다"),
            holder.holder + ": " + table.name,
            say("delete the file and tell the holder", "파일을 지우고 보유기관에 알리세요"));
      }
      NARU_CHECK(check_columns(database, holder, *rule, file));
      each.files.emplace_back(holder.holder, file);
    }
    std::ranges::sort(each.files);
    if (!each.files.empty()) out.push_back(std::move(each));
  }
  return out;
}

Done read_persons(engine::Database& database, const std::vector<detail::Incoming>& tables,
                  const protect::Policy& policy) {
  if (tables.empty() || tables.front().table->name != "person") {
    return not_found(say("no holder sent persons", "사람 표를 보낸 기관이 없습니다"), "person.parquet",
                     say("protect the holders' data first", "먼저 보유기관의 자료를 보호 처리하세요"));
  }
  std::string list;
  for (const auto& column : detail::person_attributes(policy)) list += ", p." + engine::quoted(column);
  const auto& persons = tables.front();
  const auto places = std::ranges::find(tables, std::string_view("location"),
                                        [](const auto& each) { return std::string_view(each.table->name); });
  std::string select;
  for (const auto& [holder, file] : persons.files) {
    const auto* rule = policy.rule_of("location");
    std::string place = "CAST(NULL AS VARCHAR) AS state, CAST(NULL AS VARCHAR) AS county, CAST(NULL AS VARCHAR) AS zip";
    std::string join;
    if (places != tables.end()) {
      const auto own = std::ranges::find(places->files, holder, &std::pair<SiteName, fs::path>::first);
      if (own != places->files.end()) {
        place.clear();
        for (const auto* column : {"state", "county", "zip"}) {
          const bool sent = rule->rule_of(column)->treatment == Treatment::generalise;
          place += fmt::format("{}{} AS {}", place.empty() ? "" : ", ",
                               sent ? fmt::format("l.{}", column) : "CAST(NULL AS VARCHAR)", column);
        }
        join = " LEFT JOIN " + engine::parquet(own->second) + " AS l ON l.location_id = p.location_id";
      }
    }
    select +=
        (select.empty() ? "" : " UNION ALL ") + fmt::format(
                                                    "SELECT {} AS source_site, p.person_id AS row_id{}, {} "
                                                    "FROM {} AS p{}",
                                                    engine::literal(holder), list, place, engine::parquet(file), join);
  }
  return database.run("CREATE TEMP TABLE raw_person AS " + select);
}

Done read_links(engine::Database& database, const BuildRequest& request) {
  if (!fs::exists(request.link_map)) {
    return not_found(say("there is no link map", "연계표가 없습니다"), request.link_map.filename().string(),
                     say("the key manager sends it after linkage", "키관리기관이 결합 뒤에 보냅니다"));
  }
  NARU_CHECK(
      database.run("CREATE TEMP TABLE links AS SELECT CAST(holder AS VARCHAR) AS holder, CAST(row_id AS BIGINT) AS "
                   "row_id, CAST(link_id AS BIGINT) AS link_id FROM " +
                   engine::parquet(request.link_map)));
  NARU_ASSIGN(const auto doubled, database.integer("SELECT count(*) - count(DISTINCT (holder, row_id)) FROM links"));
  if (doubled != 0) {
    return rejected(say("a row stands twice in the link map", "연계표에 같은 행이 두 번 있습니다"),
                    request.link_map.filename().string());
  }
  return {};
}

Json rare_codes_of(const BuildReport& report) {
  Json out = Json::object();
  for (const auto& table : report.tables) {
    if (table.rare.concepts_climbed + table.rare.concepts_hidden == 0) continue;
    out[table.table] = {{"climbed", table.rare.concepts_climbed}, {"hidden", table.rare.concepts_hidden}};
  }
  return out;
}

Json risk_document(const BuildReport& report) {
  return {{"assessment",
           {{"before", Json::parse(protect::assessment_json(report.assessed_before))},
            {"after", Json::parse(protect::assessment_json(report.assessed_after))}}},
          {"rare_codes", rare_codes_of(report)},
          {"small_regions", report.persons_in_small_regions},
          {"levels", report.levels},
          {"loss", report.loss},
          {"suppressed", report.persons_suppressed},
          {"before", Json::parse(protect::risk_json(report.before))},
          {"after", Json::parse(protect::risk_json(report.after))},
          {"impact_assessment",
           {{"sensitive_persons", report.impact.sensitive_persons},
            {"linked_persons", report.impact.linked_persons},
            {"persons", report.impact.persons},
            {"due", report.impact.due()}}}};
}

/// What attackers reach through questions on these tables, measured; the same for the same release.
Result<Json> attack_section(const std::string& id, const fs::path& data, const protect::Policy& policy) {
  const auto none = [](const char* why) { return Json{{"attacks", nullptr}, {"reason", why}}; };
  if (!policy.disclosure) return none("the policy has no disclosure section: no question is answered");
  protect::OutputRules rules{policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary,
                             policy.disclosure->zeros};
  NARU_ASSIGN(const auto ground, protect::attack_ground(data, rules.min_cell));
  if (static_cast<std::int64_t>(ground.persons) < protect::attack_persons_least(rules)) return none("too few persons");
  std::uint64_t seed = 0;
  const auto digest = sha256(id);
  for (std::size_t at = 0; at < 8; ++at) seed = seed << 8 | digest[at];
  NARU_ASSIGN(const auto report, protect::measured_attacks(ground, rules, *policy.disclosure, seed));
  return parse_json(protect::attack_json(report), "attack");
}

std::string risk_page(const BuildReport& report, const protect::Policy& policy) {
  protect::RiskReport page{.subject = report.id, .before = report.assessed_before};
  page.after = report.assessed_after;
  page.policy = fmt::format("{} v{}", policy.id, policy.version);
  page.demonstration = !policy.production;
  page.k_wanted = policy.anonymity.k;
  page.levels = report.levels;
  page.suppressed = report.persons_suppressed;
  page.impact = report.impact;
  page.thresholds = policy.impact;
  page.high_risk_above = policy.risk.high_risk_above;
  return protect::risk_report_html(page);
}

Done check_request(const BuildRequest& request) {
  if (!is_plain_name(request.id) || request.id == "published") {
    return rejected(say("a release id has letters, digits, '-', '_' and '.' only",
                        "공개본 이름에는 영문자, 숫자, '-', '_', '.'만 씁니다"),
                    request.id);
  }
  if (fs::exists(sealed_folder(request.releases, request.id).root())) {
    return conflict(
        say("a sealed release of this id exists; it never changes", "이 이름의 봉인된 공개본이 있으며 바뀌지 않습니다"),
        request.id, say("choose the next id", "다음 이름을 쓰세요"));
  }
  if (request.release_key.size() < 16) {
    return internal_error(say("the release key is too short", "공개본 키가 너무 짧습니다"), "release_key");
  }
  return {};
}

// Everything but the final place: also used to build a second time for comparison.
Result<BuildReport> build_into(const fs::path& folder, const BuildRequest& request, const protect::Policy& policy,
                               Progress& progress) {
  const double begin = steady_seconds();
  NARU_CHECK(protect::ready_for_use(policy));
  const ReleaseFolder release(folder);
  NARU_CHECK(make_folder(release.data()));
  engine::DatabaseOptions options{
      .allowed_folders = {fs::absolute(folder), fs::absolute(request.link_map).parent_path()}};
  for (const auto& holder : request.holders) options.allowed_folders.push_back(fs::absolute(holder.folder));
  if (fs::exists(request.vocabulary)) options.allowed_folders.push_back(fs::absolute(request.vocabulary));
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_CHECK(detail::open_hierarchy(database, policy, request.vocabulary));
  BuildReport report;
  report.id = request.id;
  NARU_ASSIGN(const auto tables, incoming(database, request, policy));
  NARU_CHECK(read_persons(database, tables, policy));
  NARU_CHECK(read_links(database, request));
  NARU_CHECK(detail::merge_persons(database, request, policy, report));
  NARU_ASSIGN(report.assessed_before, detail::assess_before(database, tables, policy));
  NARU_CHECK(detail::merge_small_regions(database, policy, report));
  NARU_ASSIGN(const auto band, detail::generalise_persons(database, policy, report, progress));
  report.impact =
      protect::impact_of(policy.impact, report.persons_linked, report.persons_of_several_sites, report.persons_linked);
  NARU_ASSIGN(report.tables, detail::write_tables(database, tables, policy, band, release.data(), progress));
  NARU_ASSIGN(report.assessed_after, detail::assess_after(database, policy, release.data()));
  auto risk = risk_document(report);
  NARU_ASSIGN(risk["attack"], attack_section(request.id, release.data(), policy));
  report.attack_json = canonical(risk["attack"]);
  NARU_CHECK(write_file_atomic(release.risk(), pretty(risk)));
  NARU_CHECK(write_file_atomic(release.risk_report(), risk_page(report, policy)));
  report.seconds = steady_seconds() - begin;
  return report;
}

}  // namespace

Result<BuildReport> build(const BuildRequest& request, const protect::Policy& policy, Progress& progress) {
  NARU_CHECK(check_request(request));
  NARU_CHECK(make_folder(request.releases));
  NARU_ASSIGN(const auto lock, FileLock::acquire(request.releases / ".lock"));
  const auto target = built_folder(request.releases, request.id).root();
  const auto fresh = fs::path(target.string() + ".new");
  std::error_code code;
  fs::remove_all(fresh, code);
  NARU_CHECK(make_folder(fresh));
  NARU_CHECK(recover_folder(target));
  NARU_ASSIGN(auto report, build_into(fresh, request, policy, progress));
  NARU_CHECK(replace_folder(fresh, target));
  report.folder = target;
  return report;
}

Result<Sameness> rebuild_is_identical(const BuildRequest& request, const protect::Policy& policy, Progress& progress) {
  const auto sealed = sealed_folder(request.releases, request.id);
  const auto standing = fs::exists(sealed.root()) ? sealed : built_folder(request.releases, request.id);
  if (!fs::exists(standing.root())) {
    return not_found(say("there is no such build", "그런 공개본이 없습니다"), request.id);
  }
  const auto again = request.releases / ".built" / (request.id + ".again");
  std::error_code code;
  fs::remove_all(again, code);
  NARU_CHECK(make_folder(again));
  auto second = build_into(again, request, policy, progress);
  if (!second.ok()) {
    fs::remove_all(again, code);
    return std::move(second).error();
  }
  auto same = same_bytes(standing.data(), ReleaseFolder(again).data());
  if (same.ok() && same->same) {
    const ReleaseFolder fresh(again);
    for (const auto& [old_file, new_file] :
         {std::pair{standing.risk(), fresh.risk()}, std::pair{standing.risk_report(), fresh.risk_report()}}) {
      NARU_ASSIGN(const auto old_risk, read_file(old_file));
      NARU_ASSIGN(const auto new_risk, read_file(new_file));
      ++same->files;
      if (old_risk != new_risk && same->same) {
        same = Sameness{.same = false, .difference = old_file.filename().string() + " differs", .files = same->files};
      }
    }
  }
  fs::remove_all(again, code);
  return same;
}

Result<Sameness> same_bytes(const std::filesystem::path& left, const std::filesystem::path& right) {
  NARU_ASSIGN(const auto first, list_files(left, true));
  NARU_ASSIGN(const auto second, list_files(right, true));
  Sameness out;
  for (const auto& file : first) {
    if (std::ranges::find(second, file) == second.end())
      return Sameness{false, file.generic_string() + " is missing", 0};
    NARU_ASSIGN(const auto a, sha256_file(left / file));
    NARU_ASSIGN(const auto b, sha256_file(right / file));
    if (a != b) return Sameness{false, file.generic_string() + " differs", 0};
    ++out.files;
  }
  for (const auto& file : second) {
    if (std::ranges::find(first, file) == first.end()) return Sameness{false, file.generic_string() + " is added", 0};
  }
  return out;
}

std::string report_json(const BuildReport& report) {
  Json tables = Json::object();
  for (const auto& table : report.tables) tables[table.table] = {{"rows", table.rows}, {"tier", table.tier}};
  Json out = risk_document(report);
  out["id"] = report.id;
  out["path"] = report.folder.string();
  out["tables"] = tables;
  out["seconds"] = report.seconds;
  out["persons"] = {{"rows", report.rows_of_persons},
                    {"linked", report.persons_linked},
                    {"of_several_sites", report.persons_of_several_sites},
                    {"withdrawn", report.persons_withdrawn},
                    {"without_link", report.persons_without_link},
                    {"suppressed", report.persons_suppressed},
                    {"released", report.persons}};
  return canonical(out);
}

}  // namespace naru::release
