// Questions: definitions on offer, asking, and the answers received under a right. An answer is shown as the sites
// released it; the handler adds who asked, when, and a title, never a figure.
#include "base/json.h"
#include "base/limits.h"
#include "network/coordinator.h"
#include "network/questions.h"
#include "server/routes/portal.h"
#include "vocabulary/search.h"

#include <algorithm>

namespace naru::server::portal {
namespace {

Result<Response> definitions(const Request&, ServerContext& context) {
  NARU_ASSIGN(const auto text, network::offered_definitions(context.records));
  NARU_ASSIGN(auto list, parse_json(text, "definitions"));
  return json_response(canonical(Json{{"definitions", std::move(list)}}));
}

struct Question {
  std::string right;
  std::string mode;
  std::string definition;  ///< Circe JSON text
  double rho = 0;          ///< more than 0: with noise
  Text title = {};         ///< of a definition on offer or an ATLAS export
};

Error no_definition(const std::string& id) {
  return not_found(say("there is no definition {}", "{} 정의가 없습니다", id), "definition",
                   say("take one from GET /api/v1/definitions", "GET /api/v1/definitions에서 고르세요"));
}

// `definition` is the id of one on offer, or a Circe expression.
Result<Question> question_of(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto body, parse_json(request.body, "body"));
  NARU_ASSIGN(const auto reader, Reader::of(body, "body"));
  NARU_CHECK(reader.only({"right", "mode", "definition", "rho"}));
  Question out;
  if (body.contains("rho")) {
    NARU_ASSIGN(out.rho, reader.number("rho"));
    if (!(out.rho > 0)) return usage_error(say("must be more than 0", "0보다 커야 합니다"), "rho");
  }
  NARU_ASSIGN(out.right, reader.text("right"));
  NARU_ASSIGN(out.mode, reader.text("mode"));
  const auto given = body.find("definition");
  if (given != body.end() && given->is_string()) {
    const auto id = given->get<std::string>();
    NARU_ASSIGN(const auto document, context.records.get(network::definitions_collection, id));
    if (!document) return no_definition(id);
    NARU_ASSIGN(const auto known, parse_json(*document, id));
    const auto text = known.find("text");
    out.definition = text != known.end() && text->is_string() ? text->get<std::string>()
                                                              : canonical(known.value("expression", Json::object()));
    const auto title = known.value("title", Json::object());
    out.title = {title.value("en", ""), title.value("ko", "")};
    return out;
  }
  NARU_ASSIGN(const auto expression, reader.object("definition"));
  out.definition = canonical(expression.raw());
  // An export of ATLAS carries the name its author gave it.
  if (const auto name = expression.raw().find("name"); name != expression.raw().end() && name->is_string()) {
    out.title = {name->get<std::string>(), name->get<std::string>()};
  }
  return out;
}

// Parts of the coordinator's answer that a page draws; every figure comes from a released answer of a site.
Json drawn(const Json& told) {
  Json sites = Json::array();
  Json failed = Json::array();
  bool repeated = false;
  for (const auto& holder : told.value("holders", Json::array())) {
    if (const auto refusal = holder.find("refused"); refusal != holder.end()) {
      failed.push_back({{"site", holder.value("site", "")}, {"error", *refusal}});
      continue;
    }
    repeated = repeated || holder.value("repeated", false);
    sites.push_back(holder);
  }
  const bool linked = told.value("mode", "") == "linked";
  const auto persons = told.value(linked ? "persons" : "sum_of_holders", Json(nullptr));
  Json out{{"id", told.value("id", "")},
           {"right", told.value("right", "")},
           {"mode", told.value("mode", "")},
           {"distinct", told.value("distinct", false)},
           {"persons", persons},
           {"at", format_instant(told.value("at_ms", std::int64_t{0}))},
           {"account", told.value("account", "")},
           {"epoch", told.value("epoch", Json(nullptr))},
           {"release", linked ? told.value("release", Json(nullptr)) : Json(nullptr)},
           {"repeated", repeated},
           {"definition", told.value("title", Json(nullptr))},
           {"definition_hash", told.value("definition", Json(nullptr))},
           {"sites", std::move(sites)},
           {"noise", told.value("noise", Json(nullptr))},
           {"meter", told.value("meter", Json(nullptr))}};
  // Why a sum is missing follows from what stands beside it.
  const auto reason = linked && !out["sites"].empty() ? out["sites"][0].value("reason", Json("")) : Json("");
  out["reason"] = !persons.is_null() ? Json("")
                  : linked           ? reason
                                     : Json(failed.empty() ? "suppressed" : "not_all_sites");
  out["failed"] = std::move(failed);
  return out;
}

Result<Response> ask(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto question, question_of(request, context));
  Desk desk(context);
  // Whoever may not see the right is told nothing about it.
  NARU_CHECK(desk.office.right_view_json(question.right, actor_of(request), {}));
  network::Coordinator coordinator(context.site, context.hub, context.share);
  network::AskRequest asked;
  asked.right = question.right;
  asked.definition = question.definition;
  asked.mode = question.mode;
  asked.account = request.caller->account;
  asked.title = question.title;
  asked.rho = question.rho;
  NARU_ASSIGN(const auto text, coordinator.ask(asked));
  NARU_ASSIGN(const auto told, parse_json(text, "answer"));
  return json_response(canonical(drawn(told)));
}

// Words of a name, a code or an id; the authority's own vocabulary.
Result<Response> concepts(const Request& request, ServerContext& context) {
  vocabulary::ConceptQuery query;
  query.words = request.query_or("q", "");
  query.domain_id = request.query_or("domain", "");
  query.standard_only = request.query_or("standard", "true") != "false";
  NARU_ASSIGN(const auto found, vocabulary::find_concepts(context.layout.vocabulary(), query));
  return json_response("{\"concepts\":" + vocabulary::concepts_json(found) + "}");
}

Result<Response> feasibility(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto body, parse_json(request.body, "body"));
  NARU_ASSIGN(const auto reader, Reader::of(body, "body"));
  NARU_CHECK(reader.only({"definition"}));
  NARU_ASSIGN(const auto expression, reader.object("definition"));
  network::Coordinator coordinator(context.site, context.hub, context.share);
  NARU_ASSIGN(auto answer, coordinator.feasibility(canonical(expression.raw()), request.caller->account));
  return json_response(std::move(answer));
}

// Who may see the right may see what was answered under it.
Result<Response> answers(const Request& request, ServerContext& context) {
  const auto right = request.query_or("right", "");
  if (right.empty()) {
    return usage_error(say("name the use right", "이용권을 지정하세요"), "right",
                       say("GET /api/v1/questions?right=ID", "GET /api/v1/questions?right=ID"));
  }
  Desk desk(context);
  NARU_CHECK(desk.office.right_view_json(right, actor_of(request), {}));
  NARU_ASSIGN(const auto text, network::kept_answers(context.records, right));
  NARU_ASSIGN(const auto kept, parse_json(text, "answers"));
  Json list = Json::array();
  for (const auto& told : kept) list.push_back(drawn(told));
  return json_response(canonical(Json{{"answers", std::move(list)}}));
}

}  // namespace

std::vector<Route> ask_routes() {
  return {{.method = "GET",
           .path = "/api/v1/definitions",
           .summary = say("Cohort definitions on offer", "준비된 코호트 정의"),
           .handler = definitions},
          {.method = "GET",
           .path = "/api/v1/concepts",
           .summary = say("Find concepts of the vocabulary", "용어집의 개념 찾기"),
           .handler = concepts,
           .query = {"q", "domain", "standard"}},
          {.method = "POST",
           .path = "/api/v1/feasibility",
           .summary = say("Which holders have enough people, in bands", "어느 보유 기관에 대상자가 충분한지 구간으로"),
           .request_schema = "feasibility",
           .handler = feasibility,
           .body_bytes_max = limits::definition_bytes},
          {.method = "POST",
           .path = "/api/v1/questions",
           .summary = say("Ask a cohort question under a use right", "이용권으로 코호트 질의"),
           .request_schema = "question",
           .response_schema = "answer",
           .handler = ask,
           .body_bytes_max = limits::definition_bytes},
          {.method = "GET",
           .path = "/api/v1/questions",
           .summary = say("Answers received under a right, newest first", "이용권으로 받은 답, 최근 것부터"),
           .handler = answers,
           .query = {"right"}}};
}

}  // namespace naru::server::portal
