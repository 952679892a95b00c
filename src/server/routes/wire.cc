#include "base/files.h"
#include "base/json.h"
#include "base/limits.h"
#include "network/enrol.h"
#include "server/routes.h"

#include <algorithm>

namespace naru::server {
namespace {

std::string header_of(const Request& request, std::string_view name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

Result<Response> enrol(const Request& request, ServerContext& context) {
  NARU_ASSIGN(auto answer, network::accept_enrolment(context.site, request.body));
  return json_response(std::move(answer));
}

Result<Response> members(const Request&, ServerContext& context) {
  NARU_ASSIGN(auto directory,
              network::signed_directory(context.records, context.site.keys().signing_key(), context.clock.now_ms()));
  return json_response(std::move(directory));
}

Result<Response> send(const Request& request, ServerContext& context) {
  NARU_CHECK(context.hub.accept(*request.member, header_of(request, "x-naru-envelope"), *request.body_file));
  return json_response("{\"stored\":true}");
}

Result<Response> receive(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto after, request.query_integer("after", 0, 0, INT64_MAX));
  NARU_ASSIGN(const auto wait_ms, request.query_integer("wait_ms", 0, 0, 60'000));
  const auto mailbox = network::Hub::mailbox_of(request.member->name);
  NARU_ASSIGN(const auto waiting, context.hub.next(mailbox, after));
  Response out;
  if (waiting) {
    out.content_type = "application/octet-stream";
    out.file = waiting->sealed;
    out.headers = {{"X-Naru-Envelope", waiting->header}, {"X-Naru-Position", std::to_string(waiting->position)}};
    return out;
  }
  out.status = 204;
  if (wait_ms > 0) out.wait = {mailbox, request.began_ms + std::min<std::int64_t>(wait_ms, limits::long_poll_ms)};
  return out;
}

Result<Response> checkpoint(const Request&, ServerContext& context) {
  NARU_ASSIGN(const auto now, context.log.checkpoint());
  Response out;
  out.content_type = "text/plain; charset=utf-8";
  out.body = now.note;
  return out;
}

/// A member leaves its own checkpoint with the authority, which from then on can tell a rollback.
Result<Response> witness(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto fresh, audit::trusted_checkpoint(request.body, request.member->signing_key, "checkpoint"));
  if (fresh.origin != network::log_origin(request.member->name)) {
    return refused(say("this is the checkpoint of another log", "다른 로그의 체크포인트입니다"), "checkpoint",
                   say("a site leaves its own checkpoint", "사이트는 자신의 체크포인트를 맡깁니다"));
  }
  const auto file = context.layout.witness() / (request.member->name + ".checkpoint");
  const auto before = read_file(file, 1U << 16);
  if (before.ok()) {
    NARU_ASSIGN(const auto known, audit::parse_checkpoint(*before, file.string()));
    if (fresh.size < known.size || (fresh.size == known.size && fresh.root != known.root)) {
      return refused(say("the log of \"{}\" went back or forked: {} entries were seen, {} are told now",
                         "\"{}\"의 로그가 되돌아갔거나 갈라졌습니다: {}개를 보았으나 이제 {}개라고 합니다",
                         request.member->name, known.size, fresh.size),
                     "checkpoint",
                     say("compare with: naru audit verify DIR --against CHECKPOINT",
                         "확인: naru audit verify DIR --against CHECKPOINT"));
    }
  }
  NARU_CHECK(write_file_atomic(file, request.body, 0600));
  return json_response("{\"kept\":true}");
}

}  // namespace

std::vector<Route> wire_routes() {
  std::vector<Route> out;
  const auto add = [&out](std::string method, std::string path, Access access, Text summary, auto handler) -> Route& {
    Route route;
    route.method = std::move(method);
    route.path = std::move(path);
    route.summary = std::move(summary);
    route.access = access;
    route.csrf = false;  // no browser comes here
    route.handler = handler;
    return out.emplace_back(std::move(route));
  };
  add("POST", "/wire/v1/enrol", Access::open,
      say("Become a member by a one-time code", "일회용 코드로 구성원이 됩니다"), enrol)
      .body_bytes_max = 64 * 1024;
  add("GET", "/wire/v1/members", Access::member, say("The signed directory of members", "서명된 구성원 목록"), members);
  auto& sending = add("POST", "/wire/v1/messages", Access::member,
                      say("Hand in a sealed message", "봉인된 메시지를 맡깁니다"), send);
  sending.body_bytes_max = limits::wire_message_bytes;
  sending.body_to_file = true;
  add("GET", "/wire/v1/messages", Access::member,
      say("The next message, acknowledging those before", "다음 메시지를 받고 이전 것을 확인합니다"), receive)
      .query = {"after", "wait_ms"};
  add("GET", "/wire/v1/log/checkpoint", Access::member,
      say("The authority's signed checkpoint", "기관의 서명된 체크포인트"), checkpoint);
  add("POST", "/wire/v1/witness", Access::member,
      say("Leave one's own checkpoint with a witness", "자신의 체크포인트를 증인에게 맡깁니다"), witness)
      .body_bytes_max = 64 * 1024;
  return out;
}

}  // namespace naru::server
