// GA4GH Beacon v2.1 over the allele counts that holders released: is there an allele, yes or no. Never counts, records
// or which holder; docs/methods/beacon.md says why.
#include "network/beacon.h"

#include "base/json.h"
#include "server/routes/portal.h"
#include "server/sessions.h"

#include <algorithm>
#include <array>

namespace naru::server::portal {
namespace {

constexpr std::string_view api_version = "v2.1.1";
constexpr std::string_view schemas =
    "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/v2.1.1/models/json/beacon-v2-default-model/";
using Shelf = std::shared_ptr<network::BeaconShelf>;

std::string beacon_id(const ServerContext& context) { return "naru." + context.site.description().name; }

/// Where the caller reached us; a map of a Beacon holds whole addresses.
std::string base_of(const Request& request) {
  const auto host = request.headers.find("host");
  const bool plain = host != request.headers.end() && !host->second.empty() &&
                     host->second.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == std::string::npos;
  const auto scheme = request.headers.find("x-forwarded-proto");
  const bool secure = scheme != request.headers.end() && scheme->second == "https";
  return (secure ? "https://" : "http://") + (plain ? host->second : std::string("localhost")) + "/api/beacon";
}

Json entry_type(std::string_view id, std::string_view name, std::string_view term, std::string_view label,
                std::string_view path) {
  return {{"id", id},
          {"name", name},
          {"ontologyTermForThisType", {{"id", term}, {"label", label}}},
          {"partOfSpecification", "Beacon v2.1.1"},
          {"defaultSchema",
           {{"id", fmt::format("ga4gh-beacon-{}-v2.1.1", path)},
            {"name", fmt::format("Default schema for {}", name)},
            {"referenceToSchemaDefinition", fmt::format("{}{}/defaultSchema.json", schemas, path)},
            {"schemaVersion", "v2.1.1"}}}};
}
Json entry_types() {
  return {{"genomicVariant",
           entry_type("genomicVariant", "Genomic Variants", "ENSGLOSSARY:0000092", "Variant", "genomicVariations")},
          {"dataset", entry_type("dataset", "Dataset", "NCIT:C47824", "Data set", "datasets")}};
}

Response informational(const ServerContext& context, Json response) {
  const Json meta{{"beaconId", beacon_id(context)}, {"apiVersion", api_version}, {"returnedSchemas", Json::array()}};
  return json_response(canonical(Json{{"meta", meta}, {"response", std::move(response)}}));
}

/// What was asked, as every answer repeats it.
struct Asked {
  std::string granularity = "boolean";
  std::int64_t skip = 0;
  std::int64_t limit = 10;
  Json parameters = Json::object();
};

Json meta_of(const ServerContext& context, const Asked& asked, std::string_view granularity, std::string_view entity) {
  Json schema{{"entityType", entity}, {"schema", "ga4gh-beacon-" + std::string(entity) + "-v2.1.1"}};
  return {{"beaconId", beacon_id(context)},
          {"apiVersion", api_version},
          {"returnedSchemas", Json::array({std::move(schema)})},
          {"returnedGranularity", granularity},
          {"receivedRequestSummary",
           {{"apiVersion", api_version},
            {"requestedSchemas", Json::array()},
            {"pagination", {{"skip", asked.skip}, {"limit", asked.limit}}},
            {"requestedGranularity", asked.granularity}}}};
}

Response beacon_error(const ServerContext& context, const Request& request, const Error& error, int status) {
  auto message = error.what.in(request.language);
  if (!error.hint.empty()) message += " (" + error.hint.in(request.language) + ")";
  return json_response(canonical(Json{{"meta", meta_of(context, {}, "boolean", "genomicVariant")},
                                      {"error", {{"errorCode", status}, {"errorMessage", message}}}}),
                       status);
}

Result<std::int64_t> whole_number(std::string_view name, std::string_view text) {
  const bool digits =
      !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits)
    return usage_error(say("{} is a whole number from 0", "{}은(는) 0 이상의 정수입니다", name), std::string(name));
  return std::stoll(std::string(text));
}

/// Takes what is about the answer out of the parameters; the rest is the question.
Result<Asked> take_asked(genome::BeaconParameters& parameters) {
  Asked out;
  const auto taken = [&](std::string_view name, std::string fallback) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) return fallback;
    auto value = found->second;
    parameters.erase(found);
    return value;
  };
  out.granularity = taken("requestedGranularity", "boolean");
  constexpr std::array<std::string_view, 4> known{"boolean", "count", "aggregated", "record"};
  if (std::ranges::find(known, out.granularity) == known.end()) {
    return usage_error(say("requestedGranularity is boolean, count or record",
                           "requestedGranularity는 boolean, count, record 중 하나입니다"),
                       "requestedGranularity");
  }
  NARU_ASSIGN(out.skip, whole_number("skip", taken("skip", "0")));
  NARU_ASSIGN(out.limit, whole_number("limit", taken("limit", "10")));
  for (const auto* name :
       {"includeResultsetResponses", "requestedSchema", "requestedSchemas", "testMode", "apiVersion"}) {
    taken(name, "");
  }
  return out;
}

std::string word_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string out;
  for (const auto& one : value) out += (out.empty() ? "" : ",") + word_of(one);
  return out;
}

/// The body of a POST as the parameters of a GET.
Result<genome::BeaconParameters> parameters_of_body(const std::string& body) {
  genome::BeaconParameters out;
  NARU_ASSIGN(const auto json, parse_json(body, "body"));
  const auto object_at = [](const Json& in, const char* name) {
    const auto found = in.is_object() ? in.find(name) : in.end();
    return in.is_object() && found != in.end() ? *found : Json();
  };
  if (!json.is_object()) return usage_error(say("the body is an object", "본문은 객체여야 합니다"), "body");
  const auto query = object_at(json, "query");
  auto wanted = object_at(query, "requestParameters");
  if (const auto inner = object_at(wanted, "g_variant"); inner.is_object()) wanted = inner;
  if (const auto filters = object_at(query, "filters"); filters.is_array() && !filters.empty()) out["filters"] = "";
  if (wanted.is_object()) {
    for (const auto& [name, value] : wanted.items()) out[name] = word_of(value);
  }
  if (const auto value = object_at(query, "requestedGranularity"); !value.is_null()) {
    out["requestedGranularity"] = word_of(value);
  }
  const auto pagination = object_at(query, "pagination");
  for (const auto* name : {"skip", "limit"}) {
    if (const auto value = object_at(pagination, name); !value.is_null()) out[name] = word_of(value);
  }
  return out;
}

/// A portal session by cookie, or by `Authorization: Bearer` with the cookie's value: Beacon clients keep no cookies.
std::optional<Caller> caller_of(const Request& request, ServerContext& context) {
  if (request.caller) return request.caller;
  const auto header = request.headers.find("authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (header == request.headers.end() || !header->second.starts_with(scheme)) return std::nullopt;
  const auto session = context.sessions.find(std::string_view(header->second).substr(scheme.size()));
  return session ? std::optional(session->caller) : std::nullopt;
}

Result<Response> answer(const Request& request, ServerContext& context, network::BeaconShelf& shelf,
                        genome::BeaconParameters parameters) {
  const auto asked = take_asked(parameters);
  if (!asked.ok()) return beacon_error(context, request, asked.error(), 400);
  const auto question = genome::beacon_question(parameters);
  if (!question.ok()) return beacon_error(context, request, question.error(), 400);
  NARU_ASSIGN(const auto offers, shelf.offers(context.layout));
  const auto caller = caller_of(request, context);
  const bool all_closed =
      !offers.empty() && std::ranges::all_of(offers, [](const auto& one) { return one->access != "open"; });
  if (!caller && all_closed) {
    return beacon_error(
        context, request,
        refused(say("these datasets answer who is signed in", "이 데이터셋은 로그인한 사람에게 답합니다"), "session",
                say("sign in: POST /api/v1/session", "로그인하세요: POST /api/v1/session")),
        401);
  }
  if (caller)
    NARU_CHECK(context.site.record("beacon.asked", canonical(Json{{"datasets", offers.size()}}), caller->account));
  const bool exists = std::ranges::any_of(offers, [&](const auto& one) {
    return (caller || one->access == "open") && genome::beacon_exists(one->set, *question);
  });
  return json_response(canonical(Json{{"meta", meta_of(context, *asked, "boolean", "genomicVariant")},
                                      {"responseSummary", {{"exists", exists}}}}));
}

Result<Response> datasets(const Request& request, ServerContext& context, network::BeaconShelf& shelf) {
  genome::BeaconParameters parameters(request.query.begin(), request.query.end());
  const auto asked = take_asked(parameters);
  if (!asked.ok()) return beacon_error(context, request, asked.error(), 400);
  NARU_ASSIGN(const auto offers, shelf.offers(context.layout));
  Json list = Json::array();
  for (std::size_t i = static_cast<std::size_t>(asked->skip); i < offers.size(); ++i) {
    // Beacon: a limit of 0 asks for everything.
    if (asked->limit > 0 && list.size() == static_cast<std::size_t>(asked->limit)) break;
    const auto& one = *offers[i];
    list.push_back({{"id", one.set.id},
                    {"name", "Genomes of " + one.set.id},
                    {"updateDateTime", one.published_at},
                    {"assemblyId", one.set.assembly},
                    {"access", one.access}});
  }
  Json out{{"meta", meta_of(context, *asked, "record", "dataset")},
           {"responseSummary", {{"exists", !offers.empty()}, {"numTotalResults", offers.size()}}},
           {"response", {{"collections", std::move(list)}}}};
  return json_response(canonical(out));
}

Result<Response> info(const Request& request, ServerContext& context) {
  const auto& name = context.site.description().name;
  return informational(context, {{"id", beacon_id(context)},
                                 {"name", "Naru Beacon of " + name},
                                 {"apiVersion", api_version},
                                 {"environment", "prod"},
                                 {"version", NARU_VERSION},
                                 {"organization", {{"id", name}, {"name", name}}},
                                 {"welcomeUrl", base_of(request)}});
}

Result<Response> service_info(const Request& request, ServerContext& context) {
  const auto& name = context.site.description().name;
  return json_response(canonical(Json{{"id", beacon_id(context)},
                                      {"name", "Naru Beacon of " + name},
                                      {"type", {{"group", "org.ga4gh"}, {"artifact", "beacon"}, {"version", "2.1.1"}}},
                                      {"organization", {{"name", name}, {"url", base_of(request)}}},
                                      {"version", NARU_VERSION}}));
}

Result<Response> configuration(const Request&, ServerContext& context, network::BeaconShelf& shelf) {
  NARU_ASSIGN(const auto offers, shelf.offers(context.layout));
  Json levels = Json::array();
  const auto any = [&](std::string_view access) {
    return std::ranges::any_of(offers, [&](const auto& one) { return one->access == access; });
  };
  if (any("open")) levels.push_back("PUBLIC");
  if (any("registered")) levels.push_back("REGISTERED");
  return informational(context,
                       {{"$schema",
                         "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/v2.1.1/framework/json/"
                         "configuration/beaconConfigurationSchema.json"},
                        {"maturityAttributes", {{"productionStatus", "PROD"}}},
                        {"securityAttributes", {{"defaultGranularity", "boolean"}, {"securityLevels", levels}}},
                        {"entryTypes", entry_types()}});
}

Result<Response> map(const Request& request, ServerContext& context) {
  const auto base = base_of(request);
  return informational(context,
                       {{"$schema",
                         "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/v2.1.1/framework/json/"
                         "configuration/beaconMapSchema.json"},
                        {"endpointSets",
                         {{"genomicVariant", {{"entryType", "genomicVariant"}, {"rootUrl", base + "/g_variants"}}},
                          {"dataset", {{"entryType", "dataset"}, {"rootUrl", base + "/datasets"}}}}}});
}

Route get(std::string path, Text summary, std::function<Result<Response>(const Request&, ServerContext&)> handler,
          std::vector<std::string> query = {}) {
  return {.method = "GET",
          .path = "/api/beacon" + path,
          .summary = std::move(summary),
          .access = Access::open,
          .handler = std::move(handler),
          .query = std::move(query)};
}

}  // namespace

std::vector<Route> beacon_routes() {
  const auto shelf = std::make_shared<network::BeaconShelf>();
  const auto about = say("Beacon v2: what it is", "비콘 v2: 소개");
  std::vector<Route> out{
      get("", about, info), get("/info", about, info),
      get("/service-info", say("Beacon v2: GA4GH service-info", "비콘 v2: GA4GH service-info"), service_info),
      get("/map", say("Beacon v2: its addresses", "비콘 v2: 주소"), map)};
  out.push_back(get("/configuration", say("Beacon v2: what it answers and to whom", "비콘 v2: 답하는 범위와 대상"),
                    [shelf](const Request& r, ServerContext& c) { return configuration(r, c, *shelf); }));
  out.push_back(get("/entry_types", say("Beacon v2: kinds of entries", "비콘 v2: 항목 종류"),
                    [](const Request&, ServerContext& c) -> Result<Response> {
                      return informational(c, {{"entryTypes", entry_types()}});
                    }));
  out.push_back(get("/filtering_terms", say("Beacon v2: no filters are answered", "비콘 v2: 필터에는 답하지 않음"),
                    [](const Request&, ServerContext& c) -> Result<Response> {
                      return informational(c, {{"filteringTerms", Json::array()}, {"resources", Json::array()}});
                    }));
  out.push_back(get("/datasets", say("Beacon v2: datasets that answer", "비콘 v2: 답하는 데이터셋"),
                    [shelf](const Request& r, ServerContext& c) { return datasets(r, c, *shelf); }, {"skip", "limit"}));
  out.push_back(get("/g_variants", say("Beacon v2: is there such an allele, yes or no", "비콘 v2: 대립유전자가 있는지"),
                    [shelf](const Request& r, ServerContext& c) {
                      return answer(r, c, *shelf, {r.query.begin(), r.query.end()});
                    },
                    {"referenceName", "assemblyId", "start", "end", "referenceBases", "alternateBases", "variantType",
                     "requestedGranularity", "skip", "limit"}));
  auto post = out.back();
  post.method = "POST";
  post.query = {};
  post.body_bytes_max = 64U << 10;
  post.csrf = false;  // it changes nothing
  post.handler = [shelf](const Request& r, ServerContext& c) -> Result<Response> {
    auto parameters = parameters_of_body(r.body);
    if (!parameters.ok()) return beacon_error(c, r, parameters.error(), 400);
    return answer(r, c, *shelf, *std::move(parameters));
  };
  out.push_back(std::move(post));
  return out;
}

}  // namespace naru::server::portal
