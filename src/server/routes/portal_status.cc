// The six numbers of the first page. Each is a released figure or counts things that are public anyway.
#include "base/files.h"
#include "base/json.h"
#include "network/questions.h"
#include "server/routes/portal.h"

#include <algorithm>

#ifndef NARU_VERSION
#define NARU_VERSION "0.1.0"
#endif

namespace naru::server::portal {
namespace {

Result<std::int64_t> holders_of(ServerContext& context) {
  NARU_ASSIGN(const auto members, network::members_of(context.records));
  return std::count_if(members.begin(), members.end(),
                       [](const auto& m) { return m.role == "hospital" || m.role == "agency"; });
}

std::int64_t evidence_count(const ServerContext& context) {
  const auto files = list_files(context.layout.evidence(), false);
  if (!files.ok()) return 0;
  return std::count_if(files->begin(), files->end(),
                       [](const fs::path& file) { return file.string().ends_with(".evidence.json"); });
}

// The newest release is the one of the latest phase; its figures already went through the output rules.
void add_release(Json& journey, const std::vector<catalogue::Dataset>& datasets) {
  const catalogue::Dataset* newest = nullptr;
  for (const auto& dataset : datasets) {
    if (dataset.kind != catalogue::DatasetKind::release) continue;
    if (newest == nullptr || std::pair(newest->phase, newest->id) < std::pair(dataset.phase, dataset.id)) {
      newest = &dataset;
    }
  }
  journey["release"] = newest == nullptr ? Json(nullptr) : Json(newest->id);
  const auto figure = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); };
  journey["persons"] = newest == nullptr ? Json(nullptr) : figure(newest->persons);
  journey["records"] = newest == nullptr ? Json(nullptr) : figure(newest->records);
}

// The consent epoch that the newest releases and answers state.
Result<Json> epoch_of(ServerContext& context) {
  std::int64_t newest = 0;
  for (const auto collection : {releases_collection, network::answers_collection}) {
    NARU_ASSIGN(const auto documents, context.records.list(collection));
    for (const auto& [key, document] : documents) {
      NARU_ASSIGN(const auto json, parse_json(document, key));
      const auto found = json.find("epoch");
      if (found != json.end() && found->is_number_integer()) newest = std::max(newest, found->get<std::int64_t>());
    }
  }
  return newest == 0 ? Json(nullptr) : Json(newest);
}

// Rights, and the answers that left under them.
Done add_rights(Json& journey, Desk& desk, ServerContext& context) {
  const govern::Actor counter{"portal", context.site.description().name, {"auditor"}};
  NARU_ASSIGN(const auto text, desk.office.rights_json(counter, meter_of(context.records)));
  NARU_ASSIGN(const auto listed, parse_json(text, "rights"));
  std::int64_t answers = 0;
  const auto rights = listed.value("rights", Json::array());
  for (const auto& right : rights) {
    const auto& used = right.at("meter").at("used");
    if (used.is_number_integer()) answers += used.get<std::int64_t>();
  }
  journey["rights"] = rights.size();
  journey["answers"] = answers;
  return {};
}

Result<Response> status(const Request&, ServerContext& context) {
  Desk desk(context);
  Json journey;
  NARU_ASSIGN(journey["holders"], holders_of(context));
  NARU_ASSIGN(const auto datasets, desk.catalogue.all());
  journey["datasets"] = datasets.size();
  add_release(journey, datasets);
  NARU_CHECK(add_rights(journey, desk, context));
  journey["evidence"] = evidence_count(context);
  NARU_ASSIGN(const auto checkpoint, context.log.checkpoint());
  journey["log_entries"] = checkpoint.size;
  NARU_ASSIGN(journey["epoch"], epoch_of(context));
  return json_response(
      canonical(Json{{"site", context.site.description().name}, {"version", NARU_VERSION}, {"journey", journey}}));
}

}  // namespace

std::vector<Route> status_routes() {
  return {{.method = "GET",
           .path = "/api/v1/status",
           .summary = say("The journey of data in numbers", "데이터의 여정을 나타내는 수"),
           .access = Access::open,
           .handler = status}};
}

}  // namespace naru::server::portal
