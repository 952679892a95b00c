// Questions: definitions on offer, asking, and the answers received under a right. An answer is shown as the sites
// released it; the handler adds who asked, when, and a title, never a figure.
#include "base/digest.h"
#include "base/json.h"
#include "base/limits.h"
#include "network/coordinator.h"
#include "server/routes/portal.h"

#include <algorithm>

namespace naru::server::portal {
namespace {

Result<Response> definitions(const Request&, ServerContext& context) {
  NARU_ASSIGN(const auto documents, context.records.list(definitions_collection));
  Json list = Json::array();
  for (const auto& [key, document] : documents) {
    NARU_ASSIGN(auto json, parse_json(document, key));
    list.push_back(std::move(json));
  }
  return json_response(canonical(Json{{"definitions", std::move(list)}}));
}

struct Question {
  std::string right;
  std::string mode;
  std::string definition;  ///< Circe JSON text
  Json title;              ///< {"en","ko"} of a definition on offer, else null
};

Error no_definition(const std::string& id) {
  return not_found(say("there is no definition {}", "{} 정의가 없습니다", id), "definition",
                   say("take one from GET /api/v1/definitions", "GET /api/v1/definitions에서 고르세요"));
}

// `definition` is the id of one on offer, or a Circe expression.
Result<Question> question_of(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto body, parse_json(request.body, "body"));
  NARU_ASSIGN(const auto reader, Reader::of(body, "body"));
  NARU_CHECK(reader.only({"right", "mode", "definition"}));
  Question out;
  NARU_ASSIGN(out.right, reader.text("right"));
  NARU_ASSIGN(out.mode, reader.text("mode"));
  const auto given = body.find("definition");
  if (given != body.end() && given->is_string()) {
    const auto id = given->get<std::string>();
    NARU_ASSIGN(const auto document, context.records.get(definitions_collection, id));
    if (!document) return no_definition(id);
    NARU_ASSIGN(const auto known, parse_json(*document, id));
    const auto text = known.find("text");
    out.definition = text != known.end() && text->is_string() ? text->get<std::string>()
                                                              : canonical(known.value("expression", Json::object()));
    out.title = known.value("title", Json(nullptr));
    return out;
  }
  NARU_ASSIGN(const auto expression, reader.object("definition"));
  out.definition = canonical(expression.raw());
  // An export of ATLAS carries the name its author gave it.
  if (const auto name = expression.raw().find("name"); name != expression.raw().end() && name->is_string()) {
    out.title = {{"en", *name}, {"ko", *name}};
  }
  return out;
}

// Parts of the coordinator's answer that a page draws; every figure comes from a released answer of a site.
Json drawn(const Json& told, const Question& question, const Request& request, std::int64_t now_ms) {
  Json sites = Json::array();
  Json failed = Json::array();
  std::int64_t epoch = 0;
  bool repeated = false;
  for (const auto& holder : told.value("holders", Json::array())) {
    if (const auto refusal = holder.find("refused"); refusal != holder.end()) {
      failed.push_back({{"site", holder.value("site", "")}, {"error", *refusal}});
      continue;
    }
    if (const auto at = holder.find("epoch"); at != holder.end() && at->is_number_integer()) {
      epoch = std::max(epoch, at->get<std::int64_t>());
    }
    repeated = repeated || holder.value("repeated", false);
    sites.push_back(holder);
  }
  const bool linked = question.mode == "linked";
  const auto persons = told.value(linked ? "persons" : "sum_of_holders", Json(nullptr));
  Json out{{"right", question.right},
           {"mode", question.mode},
           {"distinct", told.value("distinct", false)},
           {"persons", persons},
           {"at", format_instant(now_ms)},
           {"account", request.caller->account},
           {"epoch", epoch > 0 ? Json(epoch) : Json(nullptr)},
           {"release", linked ? told.value("release", Json(nullptr)) : Json(nullptr)},
           {"repeated", repeated},
           {"definition", question.title},
           {"definition_hash", told.value("definition", Json(nullptr))},
           {"sites", std::move(sites)},
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
  NARU_ASSIGN(const auto text, coordinator.ask(asked));
  NARU_ASSIGN(const auto told, parse_json(text, "answer"));
  const auto now_ms = context.clock.now_ms();
  auto answer = drawn(told, question, request, now_ms);
  answer["id"] = "ans-" + hex(sha256(text + std::to_string(now_ms))).substr(0, 12);
  const auto key = fmt::format("{}/{:013}-{}", question.right, now_ms, answer["id"].get<std::string>());
  const auto document = canonical(answer);
  NARU_CHECK(context.records.put(answers_collection, key, document));
  return json_response(document);
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
  NARU_ASSIGN(const auto documents, context.records.list(answers_collection));
  Json list = Json::array();
  for (const auto& [key, document] : documents) {
    if (!key.starts_with(right + "/")) continue;
    NARU_ASSIGN(auto json, parse_json(document, key));
    list.push_back(std::move(json));
  }
  std::reverse(list.begin(), list.end());
  return json_response(canonical(Json{{"answers", std::move(list)}}));
}

}  // namespace

std::vector<Route> ask_routes() {
  return {{.method = "GET",
           .path = "/api/v1/definitions",
           .summary = say("Cohort definitions on offer", "준비된 코호트 정의"),
           .handler = definitions},
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
