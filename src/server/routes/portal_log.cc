// The log for everybody: entries, checkpoint, proofs. People's accounts and an entry's fields are shown after signing
// in; the digests, the order and the proofs are public.
#include "base/files.h"
#include "base/json.h"
#include "server/routes/portal.h"

#include <algorithm>
#include <charconv>

namespace naru::server::portal {
namespace {

constexpr std::int64_t entries_max = 200;

Result<Json> entry_json(const audit::Entry& entry, bool whole) {
  Json out{{"index", entry.index},
           {"digest", hex(entry.digest)},
           {"erased", entry.erased},
           {"event", ""},
           {"actor", ""},
           {"fields", Json::object()},
           {"at", Json(nullptr)},
           {"fields_hidden", !entry.erased && !whole}};
  if (entry.erased) return out;
  out["at"] = format_instant(entry.at_ms);
  out["event"] = entry.event.name;
  if (!whole) return out;
  out["actor"] = entry.event.actor;
  if (!entry.event.fields.empty()) {
    NARU_ASSIGN(out["fields"], parse_json(entry.event.fields, "log"));
  }
  return out;
}

Result<Response> entries(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto checkpoint, context.log.checkpoint());
  const auto size = static_cast<std::int64_t>(checkpoint.size);
  NARU_ASSIGN(const auto from, request.query_integer("from", 0, 0, size));
  NARU_ASSIGN(const auto count, request.query_integer("count", 25, 1, entries_max));
  NARU_ASSIGN(const auto read, context.log.read(static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(count)));
  Json list = Json::array();
  for (const auto& entry : read) {
    NARU_ASSIGN(auto json, entry_json(entry, request.caller.has_value()));
    list.push_back(std::move(json));
  }
  return json_response(canonical(Json{{"size", size}, {"entries", std::move(list)}}));
}

// Checkpoints of this log that other sites countersigned or returned stand in witness/, one file per site.
Json witnesses(const ServerContext& context) {
  Json out = Json::array();
  const auto files = list_files(context.layout.witness(), false);
  if (!files.ok()) return out;
  for (const auto& file : *files) {
    const auto note = read_file(context.layout.witness() / file, 1U << 16);
    if (!note.ok()) continue;
    const auto seen = audit::parse_checkpoint(*note, file.string());
    if (!seen.ok() || seen->origin != network::log_origin(context.site.description().name)) continue;
    out.push_back({{"site", file.stem().string()}, {"size", seen->size}});
  }
  return out;
}

Result<Response> checkpoint(const Request&, ServerContext& context) {
  NARU_ASSIGN(const auto now, context.log.checkpoint());
  return json_response(canonical(Json{{"origin", now.origin},
                                      {"size", now.size},
                                      {"root", hex(now.root)},
                                      {"note", now.note},
                                      {"key", to_hex(context.site.description().signing_key)},
                                      {"witnesses", witnesses(context)}}));
}

Result<Response> proof(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto now, context.log.checkpoint());
  const auto& text = request.param("index");
  std::uint64_t index = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (code != std::errc{} || end != text.data() + text.size() || index >= now.size) {
    return not_found(say("the log has no entry {}", "기록에 {}번 항목이 없습니다", text), text,
                     say("entries are numbered from 0 to {}", "항목은 0번부터 {}번까지 있습니다", now.size - 1));
  }
  NARU_ASSIGN(const auto found, context.log.prove(index));
  return json_response(audit::proof_json(found));
}

}  // namespace

std::vector<Route> log_routes() {
  return {{.method = "GET",
           .path = "/api/v1/log",
           .summary = say("Entries of the log; details after signing in", "감사 기록 항목. 내용은 로그인 후에"),
           .access = Access::open,
           .handler = entries,
           .query = {"from", "count"}},
          {.method = "GET",
           .path = "/api/v1/log/checkpoint",
           .summary = say("The signed checkpoint", "서명된 체크포인트"),
           .access = Access::open,
           .handler = checkpoint},
          {.method = "GET",
           .path = "/api/v1/log/proof/{index}",
           .summary = say("Inclusion proof of an entry", "항목의 포함 증명"),
           .access = Access::open,
           .handler = proof}};
}

}  // namespace naru::server::portal
