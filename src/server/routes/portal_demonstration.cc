// The demonstration programme: what every project shows is public; acts are the officer's, a chair's or a site's.
#include "govern/demonstration.h"
#include "server/routes/portal.h"

namespace naru::server::portal {
namespace {

struct Bench {
  explicit Bench(ServerContext& context)
      : journal(context.site), demonstrations(context.records, context.clock, journal) {}
  LogJournal journal;
  govern::Demonstrations demonstrations;
};

Result<Response> list(const Request&, ServerContext& context) {
  Bench bench(context);
  NARU_ASSIGN(auto text, bench.demonstrations.programmes_json());
  return json_response(std::move(text));
}

Result<Response> one(const Request& request, ServerContext& context) {
  Bench bench(context);
  NARU_ASSIGN(auto text, bench.demonstrations.demonstrations_json(request.param("id")));
  return json_response(std::move(text));
}

Result<Response> act(const Request& request, ServerContext& context) {
  Bench bench(context);
  NARU_ASSIGN(const auto project, bench.demonstrations.act(request.param("id"), request.body, actor_of(request)));
  NARU_ASSIGN(auto text, bench.demonstrations.demonstrations_json(project.programme));
  return json_response(std::move(text));
}

}  // namespace

std::vector<Route> demonstration_routes() {
  return {{.method = "GET",
           .path = "/api/v1/demonstrations",
           .summary = say("Demonstration programmes", "실증 사업 목록"),
           .access = Access::open,
           .handler = list},
          {.method = "GET",
           .path = "/api/v1/demonstrations/{id}",
           .summary = say("Projects with sites, plan, stage, evidence and decision",
                          "과제의 기관, 계획, 단계, 증거, 도입 결정"),
           .access = Access::open,
           .handler = one},
          {.method = "POST",
           .path = "/api/v1/projects/{id}/actions",
           .summary = say("Record a stage, observation, safety event, watch, change or decision",
                          "단계, 관찰, 안전 사건, 감시, 변경, 결정 기록"),
           .roles = {"officer", "chair", "steward"},
           .handler = act}};
}

}  // namespace naru::server::portal
