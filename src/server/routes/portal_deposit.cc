// Deposits from the portal: files one by one into a draft, the inferred dictionary back, then handed in; and who reuses
// one.
#include "base/json.h"
#include "catalogue/deposit_draft.h"
#include "server/routes/portal.h"

namespace naru::server::portal {
namespace {

catalogue::DepositDrafts drafts_of(const Request& request, const ServerContext& context) {
  return {context.layout.deposits(), request.caller->account};
}

Result<Response> open(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto id, drafts_of(request, context).open(context.random));
  return json_response(canonical(Json{{"id", id}}));
}

Result<Response> put_file(const Request& request, ServerContext& context) {
  if (!request.body_file) return usage_error(say("no content was sent", "전송된 내용이 없습니다"), "body");
  auto drafts = drafts_of(request, context);
  NARU_CHECK(drafts.put_file(request.param("id"), request.param("name"), *request.body_file));
  NARU_ASSIGN(auto view, drafts.view_json(request.param("id")));
  return json_response(std::move(view));
}

Result<Response> view(const Request& request, ServerContext& context) {
  NARU_ASSIGN(auto told, drafts_of(request, context).view_json(request.param("id")));
  return json_response(std::move(told));
}

Result<Response> submit(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto body, parse_json(request.body, "body"));
  NARU_ASSIGN(const auto reader, Reader::of(body, "body"));
  NARU_CHECK(reader.only({"description", "dictionary"}));
  NARU_ASSIGN(const auto description, reader.object("description"));
  NARU_ASSIGN(const auto dictionary, reader.object("dictionary"));
  Desk desk(context);
  NARU_ASSIGN(const auto receipt,
              drafts_of(request, context)
                  .submit(request.param("id"), canonical(description.raw()), canonical(dictionary.raw()),
                          request.caller->organisation, desk.catalogue, desk.journal));
  return json_response(catalogue::receipt_json(receipt));
}

Result<Response> discard(const Request& request, ServerContext& context) {
  NARU_CHECK(drafts_of(request, context).discard(request.param("id")));
  return json_response("{}");
}

// The depositor, and whoever oversees all applications, sees who asked for the data and what became of it.
Result<Response> reuse(const Request& request, ServerContext& context) {
  Desk desk(context);
  NARU_ASSIGN(const auto dataset, desk.catalogue.get(request.param("id"), viewer_of(request)));
  const auto& caller = *request.caller;
  if (caller.organisation != dataset.holder && !caller.has("secretariat") && !caller.has("auditor")) {
    return refused(say("only {} sees who reuses it", "재이용 현황은 {}만 볼 수 있습니다", dataset.holder), dataset.id,
                   say("ask its steward", "담당자에게 문의하세요"));
  }
  NARU_ASSIGN(auto told, desk.office.reuse_json(dataset.id));
  return json_response(std::move(told));
}

}  // namespace

std::vector<Route> deposit_routes() {
  const std::vector<std::string> depositors{"steward", "depositor"};
  return {{.method = "POST",
           .path = "/api/v1/deposit-drafts",
           .summary = say("Open a draft of a deposit", "기탁 초안 열기"),
           .roles = depositors,
           .handler = open},
          {.method = "POST",
           .path = "/api/v1/deposit-drafts/{id}/files/{name}",
           .summary = say("Put a data file into a draft (application/octet-stream)",
                          "초안에 자료 파일 넣기(application/octet-stream)"),
           .roles = depositors,
           .handler = put_file,
           .body_bytes_max = 1ULL << 30,
           .body_to_file = true},
          {.method = "GET",
           .path = "/api/v1/deposit-drafts/{id}",
           .summary = say("A draft with its inferred dictionary", "초안과 추론된 사전"),
           .roles = depositors,
           .handler = view},
          {.method = "POST",
           .path = "/api/v1/deposit-drafts/{id}/submit",
           .summary = say("Hand a draft in: accepted, or held with reasons", "초안 제출: 접수하거나 사유와 함께 보류"),
           .roles = depositors,
           .handler = submit},
          {.method = "DELETE",
           .path = "/api/v1/deposit-drafts/{id}",
           .summary = say("Discard a draft", "초안 버리기"),
           .roles = depositors,
           .handler = discard},
          {.method = "GET",
           .path = "/api/v1/catalogue/{id}/reuse",
           .summary = say("Who applied for a dataset, for its holder", "보유기관이 보는 재이용 신청 현황"),
           .handler = reuse}};
}

}  // namespace naru::server::portal
