#include "base/files.h"
#include "base/json.h"
#include "server/routes.h"

#include <algorithm>
#include <set>

namespace naru::server {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Json schema_reference(const std::string& name) {
  return {{"application/json", {{"schema", {{"$ref", "#/components/schemas/" + name}}}}}};
}

/// "get_applications_id" from GET /api/v1/applications/{id}.
std::string operation_id(const Route& route) {
  std::string out = lower(route.method);
  bool fresh = true;
  auto path = route.path;
  if (path.starts_with("/api/v1")) path = path.substr(7);
  for (const char c : path) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word) {
      fresh = true;
      continue;
    }
    if (fresh) out += '_';
    fresh = false;
    out += c;
  }
  return out;
}

Json parameters_of(const Route& route) {
  auto out = Json::array();
  for (std::size_t at = 0; (at = route.path.find('{', at)) != std::string::npos; ++at) {
    const auto name = route.path.substr(at + 1, route.path.find('}', at) - at - 1);
    out.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const auto& name : route.query) {
    out.push_back({{"name", name}, {"in", "query"}, {"required", false}, {"schema", {{"type", "string"}}}});
  }
  return out;
}

Json operation_of(const Route& route, Language language, std::set<std::string>& schemas) {
  Json out = {{"summary", route.summary.in(language)}, {"operationId", operation_id(route)}};
  const auto parameters = parameters_of(route);
  if (!parameters.empty()) out["parameters"] = parameters;
  if (!route.request_schema.empty()) {
    schemas.insert(route.request_schema);
    out["requestBody"] = {{"required", true}, {"content", schema_reference(route.request_schema)}};
  }
  Json good = {{"description", say("done", "완료").in(language)}};
  if (!route.response_schema.empty()) {
    schemas.insert(route.response_schema);
    good["content"] = schema_reference(route.response_schema);
  }
  const Json bad = {
      {"description", say("an error, told in the caller's language", "호출자의 언어로 된 오류").in(language)},
      {"content", schema_reference("error")}};
  out["responses"] = {{"200", good}, {"default", bad}};
  if (route.access != Access::open) {
    Json needs = {{"session", Json::array()}};
    if (route.csrf && route.method != "GET") needs["csrf"] = Json::array();
    out["security"] = Json::array({needs});
  }
  if (!route.roles.empty()) out["x-naru-roles"] = route.roles;
  return out;
}

Json error_schema() {
  const Json text = {{"type", "string"}};
  const Json kinds = {{"type", "string"},
                      {"enum", {"usage", "refused", "rejected", "not_found", "conflict", "internal"}}};
  return {{"type", "object"},
          {"required", {"error"}},
          {"properties",
           {{"error",
             {{"type", "object"},
              {"required", {"kind", "what", "where", "hint"}},
              {"properties", {{"kind", kinds}, {"what", text}, {"where", text}, {"hint", text}}}}}}}};
}

}  // namespace

Result<std::string> openapi(const std::vector<Route>& routes, const std::filesystem::path& share, Language language) {
  Json paths = Json::object();
  std::set<std::string> schemas;
  for (const auto& route : routes) paths[route.path][lower(route.method)] = operation_of(route, language, schemas);
  Json components = {{"error", error_schema()}};
  for (const auto& name : schemas) {
    const auto file = share / "schemas" / (name + ".json");
    std::error_code code;
    if (!fs::exists(file, code)) {
      components[name] = {{"type", "object"}};
      continue;
    }
    NARU_ASSIGN(components[name], read_json(file));
  }
  const Json out = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Naru"}, {"version", "1"}, {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"paths", paths},
      {"components",
       {{"schemas", components},
        {"securitySchemes",
         {{"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "naru_session"}}},
          {"csrf", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-Naru-CSRF"}}}}}}}};
  return canonical(out);
}

}  // namespace naru::server
