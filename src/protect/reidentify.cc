#include "protect/reidentify.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "engine/table_source.h"

#include <algorithm>
#include <map>

namespace naru::protect {
namespace {

// A request that nobody answered in a week was not needed.
constexpr std::int64_t open_ms = 7LL * 24 * 60 * 60 * 1000;

Json kept_json(const ReidentifyRequest& request) {
  return {{"id", request.id},
          {"project", request.project},
          {"recipient", request.recipient},
          {"pseudonym", request.pseudonym},
          {"reason", request.reason},
          {"basis", request.basis},
          {"requested_by", request.requested_by},
          {"requested_ms", request.requested_ms}};
}

// What the log holds: it binds the request without telling the pseudonym.
std::string digest_of(const ReidentifyRequest& request) { return hex(sha256(canonical(kept_json(request)))); }

Result<ReidentifyRequest> read_request(const fs::path& file) {
  NARU_ASSIGN(const auto document, read_json(file));
  NARU_ASSIGN(const auto reader, Reader::of(document, file.filename().string()));
  ReidentifyRequest out;
  NARU_ASSIGN(out.id, reader.text("id"));
  NARU_ASSIGN(out.project, reader.text("project"));
  NARU_ASSIGN(out.recipient, reader.text("recipient"));
  NARU_ASSIGN(out.pseudonym, reader.integer("pseudonym"));
  NARU_ASSIGN(out.reason, reader.text("reason"));
  NARU_ASSIGN(out.basis, reader.text("basis"));
  NARU_ASSIGN(out.requested_by, reader.text("requested_by"));
  NARU_ASSIGN(out.requested_ms, reader.integer("requested_ms"));
  NARU_ASSIGN(const auto entry, reader.integer("log_entry"));
  out.log_entry = static_cast<std::uint64_t>(entry);
  NARU_ASSIGN(out.state, reader.text("state"));
  NARU_ASSIGN(out.decided_by, reader.text("decided_by"));
  return out;
}

std::string relation_of(const fs::path& file) {
  const auto path = fs::absolute(file);
  return path.extension() == ".parquet" ? engine::parquet(path)
                                        : "read_csv(" + engine::file_literal(path) + ", header=true)";
}

// The distinct ids of a column, in order.
Result<std::vector<std::int64_t>> ids_of(engine::Database& database, const fs::path& file, const std::string& column) {
  NARU_ASSIGN(const auto columns, database.describe(relation_of(file)));
  const auto found = std::ranges::find(columns, column, &std::pair<std::string, std::string>::first);
  if (found == columns.end()) {
    return not_found(say("the table has no column {}", "표에 {} 열이 없습니다", column), file.filename().string());
  }
  NARU_ASSIGN(const auto unusable,
              database.integer(fmt::format("SELECT count(*) FROM {} WHERE TRY_CAST({} AS BIGINT) IS NULL",
                                           relation_of(file), engine::quoted(column))));
  if (unusable > 0) {
    return rejected(say("{} rows have no whole number there", "정수가 아닌 행이 {}개 있습니다", unusable),
                    file.filename().string() + "." + column);
  }
  NARU_ASSIGN(const auto rows, database.query(fmt::format("SELECT DISTINCT CAST({} AS BIGINT) FROM {} ORDER BY 1",
                                                          engine::quoted(column), relation_of(file))));
  return rows.columns[0].integers;
}

Result<engine::Database> opened(const fs::path& file, const fs::path& out = {}) {
  if (!fs::exists(file)) return not_found(say("no such table", "표가 없습니다"), file.string());
  engine::DatabaseOptions options{.allowed_folders = {fs::absolute(file).parent_path()}};
  if (!out.empty()) options.allowed_folders.push_back(fs::absolute(out).parent_path());
  return engine::Database::open(options);
}

}  // namespace

std::string pseudonym_purpose(std::string_view project) { return "pseudonym." + std::string(project); }

Result<Pseudonymiser> pseudonyms_for(keys::KeyProvider& keys, std::string_view project, std::string_view recipient) {
  if (project.empty() || recipient.empty()) {
    return rejected(say("a project and a recipient are needed", "과제와 수신자가 필요합니다"), "pseudonym");
  }
  NARU_ASSIGN(const auto key, keys.derive(pseudonym_purpose(project), recipient));
  return project_pseudonyms(key.bytes(), project, recipient);
}

Result<PseudonymisedTable> pseudonymise_table(keys::KeyProvider& keys, std::string_view project,
                                              std::string_view recipient, const std::filesystem::path& table,
                                              const std::string& column, const std::filesystem::path& out) {
  NARU_ASSIGN(auto pseudonyms, pseudonyms_for(keys, project, recipient));
  NARU_ASSIGN(auto database, opened(table, out));
  NARU_ASSIGN(const auto ids, ids_of(database, table, column));
  engine::Rows map{.columns = {{.name = "id"}, {.name = "pseudonym"}}, .count = ids.size()};
  std::map<std::int64_t, std::int64_t> taken;
  for (const auto id : ids) {
    const auto pseudonym = pseudonyms.of(id);
    if (!taken.emplace(pseudonym, id).second) {
      return conflict(say("two persons would get one pseudonym", "두 사람의 가명이 같아집니다"), std::string(project),
                      say("use another project name", "다른 과제 이름을 쓰세요"));
    }
    map.columns[0].integers.push_back(id);
    map.columns[1].integers.push_back(pseudonym);
  }
  for (auto& each : map.columns) each.valid.assign(map.count, 1);
  NARU_CHECK(database.run("CREATE TEMP TABLE pseudonym(id BIGINT, pseudonym BIGINT)"));
  NARU_CHECK(database.append("pseudonym", map));
  NARU_ASSIGN(const auto columns, database.describe(relation_of(table)));
  std::string order = engine::quoted(column);
  for (const auto& [name, type] : columns) {
    if (name != column) order += ", " + engine::quoted(name) + " NULLS FIRST";
  }
  PseudonymisedTable report{.rows = 0, .persons = static_cast<std::int64_t>(ids.size())};
  NARU_ASSIGN(report.rows, database.copy_to_parquet(
                               fmt::format("SELECT t.* REPLACE (p.pseudonym AS {0}) FROM {1} AS t JOIN pseudonym "
                                           "AS p ON p.id = CAST(t.{0} AS BIGINT)",
                                           engine::quoted(column), relation_of(table)),
                               order, out));
  return report;
}

Reidentification::Reidentification(std::filesystem::path folder, keys::KeyProvider& keys, audit::Log& log,
                                   const Clock& clock, Random& random)
    : folder_(std::move(folder)), keys_(keys), log_(log), clock_(clock), random_(random) {}

Done Reidentification::keep(const ReidentifyRequest& request) const {
  NARU_CHECK(make_folder(folder_, 0700));
  Json json = kept_json(request);
  json["log_entry"] = request.log_entry;
  json["state"] = request.state;
  json["decided_by"] = request.decided_by;
  return write_file_atomic(folder_ / (request.id + ".json"), canonical(json) + "\n", 0600);
}

Result<ReidentifyRequest> Reidentification::request(ReidentifyRequest wish) {
  for (const auto& [text, field] :
       {std::pair{&wish.reason, "reason"}, std::pair{&wish.basis, "basis"}, std::pair{&wish.requested_by, "account"}}) {
    if (text->empty() || text->size() > 2000) {
      return rejected(say("1 to 2000 bytes of text are needed", "1에서 2000바이트의 글이 필요합니다"), field);
    }
  }
  // A project whose key is gone cannot be asked about.
  NARU_CHECK(pseudonyms_for(keys_, wish.project, wish.recipient));
  constexpr std::size_t id_bytes = 8;
  wish.id = "reid-" + to_hex(random_.bytes(id_bytes));
  wish.requested_ms = clock_.now_ms();
  wish.state = "open";
  const Json fields{{"request", wish.id},    {"project", wish.project}, {"recipient", wish.recipient},
                    {"reason", wish.reason}, {"basis", wish.basis},     {"digest", digest_of(wish)}};
  NARU_ASSIGN(wish.log_entry, log_.append({"reidentification.requested", wish.requested_by, canonical(fields)}));
  NARU_CHECK(keep(wish));
  return wish;
}

Result<ReidentifyRequest> Reidentification::open_request(std::string_view id) const {
  const auto file = folder_ / (std::string(id) + ".json");
  if (!is_plain_name(id) || !fs::exists(file)) {
    return not_found(say("there is no such request", "그런 요청이 없습니다"), std::string(id));
  }
  NARU_ASSIGN(auto request, read_request(file));
  // The file could have been changed; the log could not.
  NARU_ASSIGN(const auto entries, log_.read(request.log_entry, 1));
  bool same = entries.size() == 1 && entries.front().event.name == "reidentification.requested" &&
              entries.front().event.actor == request.requested_by;
  if (same) {
    const auto fields = parse_json(entries.front().event.fields, "log");
    same = fields.ok() && fields->value("digest", "") == digest_of(request) && fields->value("request", "") == id;
  }
  if (!same) {
    return rejected(
        say("the request is not the one that the log holds", "로그에 기록된 요청과 다릅니다"), std::string(id),
        say("make a new request, and ask who changed the file", "새로 요청하고, 파일이 바뀐 경위를 확인하세요"));
  }
  if (request.state != "open") {
    return refused(say("the request was decided before: {}", "이미 처리된 요청입니다: {}", request.state),
                   std::string(id), say("make a new request", "새로 요청하세요"));
  }
  if (clock_.now_ms() - request.requested_ms > open_ms) {
    return refused(say("the request is older than seven days", "요청한 지 7일이 지났습니다"), std::string(id),
                   say("make a new request", "새로 요청하세요"));
  }
  return request;
}

Result<std::optional<std::int64_t>> Reidentification::approve(std::string_view id, const std::string& account,
                                                              const std::filesystem::path& candidates,
                                                              const std::string& column) {
  NARU_ASSIGN(auto request, open_request(id));
  if (account.empty() || account == request.requested_by) {
    return refused(
        say("nobody approves a request of their own", "본인의 요청을 승인할 수 없습니다"), std::string(id),
        say("a second person with an account of their own decides", "계정이 다른 두 번째 사람이 결정합니다"));
  }
  NARU_ASSIGN(auto pseudonyms, pseudonyms_for(keys_, request.project, request.recipient));
  NARU_ASSIGN(auto database, opened(candidates));
  NARU_ASSIGN(const auto ids, ids_of(database, candidates, column));
  const auto note = [&](std::string name, Json fields) {
    fields["request"] = request.id;
    return log_.append({std::move(name), account, canonical(fields)});
  };
  NARU_CHECK(note("reidentification.approved", {{"requested_by", request.requested_by}}));
  request.state = "answered";
  request.decided_by = account;
  // Decided before it is answered: a crash in between costs an answer, never gives a second one.
  NARU_CHECK(keep(request));
  std::optional<std::int64_t> found;
  for (const auto candidate : ids) {
    if (pseudonyms.of(candidate) == request.pseudonym) found = candidate;
  }
  NARU_CHECK(note("reidentification.answered", {{"found", found.has_value()}}));
  return found;
}

Done Reidentification::decline(std::string_view id, const std::string& account, const std::string& reason) {
  NARU_ASSIGN(auto request, open_request(id));
  NARU_CHECK(log_.append(
      {"reidentification.declined", account, canonical(Json{{"request", request.id}, {"reason", reason}})}));
  request.state = "declined";
  request.decided_by = account;
  return keep(request);
}

Result<std::vector<ReidentifyRequest>> Reidentification::list() const {
  std::vector<ReidentifyRequest> out;
  if (!fs::exists(folder_)) return out;
  NARU_ASSIGN(const auto files, list_files(folder_, false));
  for (const auto& file : files) {
    if (file.extension() != ".json") continue;
    NARU_ASSIGN(auto request, read_request(folder_ / file));
    out.push_back(std::move(request));
  }
  std::ranges::sort(out, {}, [](const ReidentifyRequest& each) { return std::pair(each.requested_ms, each.id); });
  return out;
}

std::string request_json(const ReidentifyRequest& request) {
  return canonical({{"request", request.id},
                    {"project", request.project},
                    {"recipient", request.recipient},
                    {"reason", request.reason},
                    {"basis", request.basis},
                    {"requested_by", request.requested_by},
                    {"requested_at", format_instant(request.requested_ms)},
                    {"state", request.state},
                    {"decided_by", request.decided_by.empty() ? Json(nullptr) : Json(request.decided_by)},
                    {"log_entry", request.log_entry}});
}

}  // namespace naru::protect
