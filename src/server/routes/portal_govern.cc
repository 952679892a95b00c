// Applications, cases and rights. Who may do what is decided by the govern room from the actor; nothing is decided
// here.
#include "base/files.h"
#include "base/json.h"
#include "govern/programme_sight.h"
#include "network/coordinator.h"
#include "protect/policy.h"
#include "server/routes/portal.h"

#include <algorithm>

namespace naru::server::portal {
namespace {

Result<Response> applications(const Request& request, ServerContext& context) {
  Desk desk(context);
  NARU_ASSIGN(auto list, desk.office.applications_json(actor_of(request)));
  return json_response(std::move(list));
}

// Policies a right can be issued under: files that are policies, the one that the release was made with first.
Json policies(const ServerContext& context, const std::string& release) {
  std::vector<std::string> names;
  const auto files = list_files(context.share / "policies", false);
  if (!files.ok()) return Json::array();
  for (const auto& file : *files) {
    if (file.extension() == ".yaml" && protect::load_policy(context.share / "policies" / file).ok()) {
      names.push_back(file.stem().string());
    }
  }
  const auto made_with = context.records.get(network::release_policy_collection, release);
  if (made_with.ok() && *made_with) {
    std::stable_partition(names.begin(), names.end(), [&](const std::string& name) { return name == **made_with; });
  }
  return Json(names);
}

// The secretariat also needs the standing boards, to assign one, and the policies, to issue a right.
Result<Response> view(const Request& request, ServerContext& context, Desk& desk, std::string_view id, int status) {
  NARU_ASSIGN(const auto text, desk.office.application_view_json(id, actor_of(request)));
  NARU_ASSIGN(auto json, parse_json(text, id));
  Json boards = Json::array();
  if (request.caller && request.caller->has("secretariat")) {
    NARU_ASSIGN(const auto standing, desk.office.boards());
    for (const auto& board : standing) {
      boards.push_back({{"id", board.id}, {"title", {{"en", board.title.en}, {"ko", board.title.ko}}}});
    }
  }
  json["boards"] = std::move(boards);
  const bool secretariat = request.caller && request.caller->has("secretariat");
  json["policies"] = Json::array();
  if (secretariat) {
    NARU_ASSIGN(const auto state, desk.office.application(id));
    json["policies"] = policies(context, state.application.release);
  }
  return json_response(canonical(json), status);
}

Result<Response> submit(const Request& request, ServerContext& context) {
  NARU_ASSIGN(auto application, govern::parse_application(request.body, "body"));
  Desk desk(context);
  NARU_ASSIGN(const auto made, desk.office.submit(std::move(application), actor_of(request)));
  return view(request, context, desk, made.id, 201);
}

Result<Response> application(const Request& request, ServerContext& context) {
  Desk desk(context);
  return view(request, context, desk, request.param("id"), 200);
}

Result<Response> act(const Request& request, ServerContext& context) {
  Desk desk(context);
  // Whoever may not see the case learns nothing by trying to act on it.
  NARU_CHECK(desk.office.application_view_json(request.param("id"), actor_of(request)));
  NARU_CHECK(desk.office.act(request.param("id"), request.body, actor_of(request)));
  return view(request, context, desk, request.param("id"), 200);
}

// The vocabulary that the application's release, or else the newest one, was sealed with: sites refuse another.
Result<std::string> vocabulary_for(const std::string& release, ServerContext& context) {
  NARU_ASSIGN(const auto documents, context.records.list(releases_collection));
  std::string hash;
  for (const auto& [id, document] : documents) {
    NARU_ASSIGN(const auto told, parse_json(document, id));
    if (!hash.empty() && id != release) continue;
    hash = told.value("vocabulary", std::string());
    if (id == release) break;
  }
  if (hash.empty()) {
    return conflict(say("no sealed release states its vocabulary yet", "어휘를 명시한 봉인된 공개본이 아직 없습니다"),
                    "vocabulary", say("seal a release first", "먼저 공개본을 봉인하세요"));
  }
  return hash;
}

Result<Response> issue(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto body, parse_json(request.body, "body"));
  NARU_ASSIGN(const auto reader, Reader::of(body, "body"));
  NARU_CHECK(reader.only({"policy"}));
  NARU_ASSIGN(const auto id, reader.text("policy"));
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, id));
  Desk desk(context);
  NARU_ASSIGN(const auto state, desk.office.application(request.param("id")));
  govern::RightTerms terms;
  terms.issuer = context.site.description().name;
  terms.policy = id;
  terms.policy_hash = policy.hash;
  NARU_ASSIGN(terms.vocabulary_hash, vocabulary_for(state.application.release, context));
  NARU_ASSIGN(const auto members, network::members_of(context.records));
  const auto& modes = state.application.modes;
  const bool linked = std::find(modes.begin(), modes.end(), "linked") != modes.end();
  for (const auto& member : members) {
    if (linked && member.role == "combiner") terms.also_sites.push_back(member.name);
  }
  NARU_CHECK(desk.office.issue_right(state.id, terms, context.site.keys().signing_key(), actor_of(request)));
  return view(request, context, desk, state.id, 201);
}

Result<Response> rights(const Request& request, ServerContext& context) {
  Desk desk(context);
  NARU_ASSIGN(auto list, desk.office.rights_json(actor_of(request), meter_of(context.records)));
  return json_response(std::move(list));
}

Result<Response> right(const Request& request, ServerContext& context) {
  Desk desk(context);
  NARU_ASSIGN(auto one, desk.office.right_view_json(request.param("id"), actor_of(request), meter_of(context.records)));
  return json_response(std::move(one));
}

Result<Response> revoke(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto body, parse_json(request.body, "body"));
  NARU_ASSIGN(const auto reader, Reader::of(body, "body"));
  NARU_CHECK(reader.only({"reason"}));
  NARU_ASSIGN(const auto reason, reader.text("reason"));
  // Here first, then every site; the answer waits for those that are up, and the others find the list in their mailbox.
  network::Coordinator coordinator(context.site, context.hub, context.share);
  NARU_ASSIGN(const auto told, coordinator.revoke(request.param("id"), reason, actor_of(request)));
  NARU_ASSIGN(const auto sites, parse_json(told, "revocation"));
  Desk desk(context);
  NARU_ASSIGN(const auto text,
              desk.office.right_view_json(request.param("id"), actor_of(request), meter_of(context.records)));
  NARU_ASSIGN(auto view, parse_json(text, request.param("id")));
  view["told"] = sites;
  return json_response(canonical(view));
}

}  // namespace

std::vector<Route> govern_routes() {
  return {{.method = "GET",
           .path = "/api/v1/applications",
           .summary = say("Applications the caller has a part in", "호출자가 관여하는 신청 목록"),
           .handler = applications},
          {.method = "POST",
           .path = "/api/v1/applications",
           .summary = say("Submit an application; the caller is the applicant", "신청 제출. 호출자가 신청자가 됩니다"),
           .roles = {"applicant"},
           .request_schema = "application",
           .handler = submit},
          {.method = "GET",
           .path = "/api/v1/applications/{id}",
           .summary = say("One application with its case", "신청 하나와 심의 상태"),
           .handler = application},
          {.method = "POST",
           .path = "/api/v1/applications/{id}/actions",
           .summary = say("Act on a case: check, answer, recuse, vote, decide …",
                          "심의 행위: 확인, 회신, 회피, 표결, 결정 등"),
           .handler = act},
          {.method = "POST",
           .path = "/api/v1/applications/{id}/right",
           .summary = say("Issue the use right of an approved application", "승인된 신청의 이용권 발급"),
           .roles = {"secretariat"},
           .handler = issue},
          {.method = "GET",
           .path = "/api/v1/rights",
           .summary = say("Use rights the caller may see", "호출자가 볼 수 있는 이용권"),
           .handler = rights},
          {.method = "GET",
           .path = "/api/v1/rights/{id}",
           .summary = say("One use right with its meter", "이용권 하나와 사용량"),
           .handler = right},
          {.method = "POST",
           .path = "/api/v1/rights/{id}/revoke",
           .summary = say("Revoke a use right", "이용권 취소"),
           .roles = {"secretariat", "chair"},
           .handler = revoke}};
}

std::vector<Route> programme_routes() {
  return {{.method = "GET",
           .path = "/api/v1/programmes",
           .summary = say("Programmes with budget and places", "지원사업과 예산, 자리"),
           .handler = [](const Request&, ServerContext& context) -> Result<Response> {
             Desk desk(context);
             NARU_ASSIGN(auto list, desk.office.programmes_json());
             return json_response(std::move(list));
           }},
          {.method = "GET",
           .path = "/api/v1/programmes/{id}",
           .summary = say("One programme with the vouchers and ledger lines the caller may see",
                          "지원사업 하나와 볼 수 있는 바우처·장부"),
           .handler = [](const Request& request, ServerContext& context) -> Result<Response> {
             Desk desk(context);
             NARU_ASSIGN(const auto state, desk.office.programmes().get(request.param("id")));
             return json_response(govern::programme_view_json(state, actor_of(request)));
           }}};
}

}  // namespace naru::server::portal
