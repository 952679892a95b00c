// The catalogue. What a viewer may not know of does not exist for them: the room decides, the handler passes on.
#include "base/files.h"
#include "base/json.h"
#include "catalogue/linked_data.h"
#include "server/routes/portal.h"

namespace naru::server::portal {
namespace {

template <typename T>
Result<std::optional<T>> choice(const Request& request, std::string_view name,
                                std::optional<T> (*named)(std::string_view)) {
  const auto value = request.query_or(name, "");
  if (value.empty()) return std::optional<T>{};
  const auto found = named(value);
  if (!found) return usage_error(say("there is no such {}", "그런 {} 값은 없습니다", name), std::string(name));
  return found;
}

Result<Response> find(const Request& request, ServerContext& context) {
  catalogue::SearchQuery query;
  query.words = request.query_or("q", "");
  query.holder = request.query_or("holder", "");
  query.code_system = request.query_or("code_system", "");
  query.ai_term = request.query_or("ai_term", "");
  NARU_ASSIGN(query.kind, choice<catalogue::DatasetKind>(request, "kind", catalogue::dataset_kind_named));
  NARU_ASSIGN(query.tier, choice<catalogue::Tier>(request, "tier", catalogue::tier_named));
  Desk desk(context);
  NARU_ASSIGN(const auto found, desk.catalogue.find(query, viewer_of(request)));
  return json_response(catalogue::search_view_json(found, today_of(context.clock)));
}

// A sealed release also shows what its manifest is known by.
Result<Json> seal_of(const catalogue::Dataset& dataset, ServerContext& context) {
  NARU_ASSIGN(const auto document, context.records.get(releases_collection, dataset.id));
  if (!document) return Json(nullptr);
  NARU_ASSIGN(const auto told, parse_json(*document, dataset.id));
  const auto summary = told.value("summary", Json::object());
  const auto parent = summary.value("parent", Json(nullptr));
  return Json{{"digest", told.value("manifest", Json(nullptr))},
              {"signed_by", dataset.holder},
              {"parent", parent.is_string() && parent.get<std::string>().empty() ? Json(nullptr) : parent},
              {"epoch", told.value("epoch", Json(nullptr))}};
}

Result<Response> one(const Request& request, ServerContext& context) {
  Desk desk(context);
  const auto viewer = viewer_of(request);
  NARU_ASSIGN(const auto dataset, desk.catalogue.get(request.param("id"), viewer));
  const auto sight = catalogue::visible_to(dataset, viewer);
  NARU_ASSIGN(auto view,
              parse_json(catalogue::dataset_view_json(dataset, sight, today_of(context.clock)), request.param("id")));
  NARU_ASSIGN(view["manifest"], seal_of(dataset, context));
  return json_response(canonical(view));
}

// The same description for other catalogues, as far as the viewer may see it.
Result<Response> linked_data(const Request& request, ServerContext& context) {
  constexpr std::string_view base = "/api/v1/catalogue/";
  Desk desk(context);
  const auto viewer = viewer_of(request);
  NARU_ASSIGN(const auto dataset, desk.catalogue.get(request.param("id"), viewer));
  const auto sight = catalogue::visible_to(dataset, viewer);
  const auto format = request.query_or("format", "jsonld");
  if (format == "turtle") {
    auto response = json_response(catalogue::health_dcat_turtle(dataset, sight, base));
    response.content_type = "text/turtle; charset=utf-8";
    return response;
  }
  if (format != "jsonld" && format != "schema") {
    return usage_error(say("no format is called {}", "{} 형식은 없습니다", format), "format",
                       say("jsonld, turtle or schema", "jsonld, turtle, schema 중 하나"));
  }
  auto response = json_response(format == "schema" ? catalogue::schema_org_jsonld(dataset, sight, base)
                                                   : catalogue::health_dcat_jsonld(dataset, sight, base));
  response.content_type = "application/ld+json; charset=utf-8";
  return response;
}

Result<Response> forms(const Request&, ServerContext& context) {
  NARU_ASSIGN(const auto described, read_yaml(context.share / "schemas" / "application-forms.yaml"));
  return json_response(canonical(described));
}

Result<Response> terms(const Request&, ServerContext& context) {
  Desk desk(context);
  NARU_ASSIGN(const auto tree, desk.office.terms());
  Json labels = Json::object();
  for (const auto& [code, label] : tree.labels) labels[code] = {{"en", label.en}, {"ko", label.ko}};
  return json_response(canonical(Json{{"terms", labels}}));
}

}  // namespace

std::vector<Route> catalogue_routes() {
  return {{.method = "GET",
           .path = "/api/v1/catalogue",
           .summary = say("Search the catalogue", "카탈로그 검색"),
           .access = Access::open,
           .handler = find,
           .query = {"q", "kind", "tier", "holder", "code_system", "ai_term"}},
          {.method = "GET",
           .path = "/api/v1/catalogue/{id}",
           .summary = say("One dataset, as far as the viewer may see it", "데이터셋 하나를 열람 범위 안에서"),
           .access = Access::open,
           .handler = one},
          {.method = "GET",
           .path = "/api/v1/catalogue/{id}/dcat",
           .summary = say("The dataset as HealthDCAT-AP (JSON-LD, Turtle) or schema.org",
                          "HealthDCAT-AP(JSON-LD, Turtle) 또는 schema.org로 나타낸 데이터셋"),
           .access = Access::open,
           .handler = linked_data,
           .query = {"format"}},
          {.method = "GET",
           .path = "/api/v1/application-forms",
           .summary = say("The six forms of an application", "신청의 여섯 서식"),
           .access = Access::open,
           .handler = forms},
          {.method = "GET",
           .path = "/api/v1/use-terms",
           .summary = say("Labels of purposes and use terms", "이용 목적과 조건의 이름"),
           .access = Access::open,
           .handler = terms}};
}

}  // namespace naru::server::portal
