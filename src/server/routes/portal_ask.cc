// Definitions on offer, and the answers received under a right. An answer is shown as it was released, never computed.
#include "base/json.h"
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
          {.method = "GET",
           .path = "/api/v1/questions",
           .summary = say("Answers received under a right, newest first", "이용권으로 받은 답, 최근 것부터"),
           .handler = answers,
           .query = {"right"}}};
}

}  // namespace naru::server::portal
