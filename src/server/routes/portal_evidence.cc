// Sealed reports: what was verified is public. The page is drawn from the sealed file itself.
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "evidence/report.h"
#include "evidence/seal.h"
#include "server/routes/portal.h"

#include <algorithm>

namespace naru::server::portal {
namespace {

constexpr std::string_view sealed_ending = ".evidence.json";
constexpr std::uint64_t sealed_bytes_max = 64U << 20;

struct SealedFile {
  std::string id;
  std::string text;
  Json body;
  Json report;
  std::string key;
};

Error no_report(const std::string& id) {
  return not_found(say("there is no such report", "그런 보고서가 없습니다"), id,
                   say("see the list of reports", "보고서 목록에서 고르세요"));
}

Result<SealedFile> read_sealed(const ServerContext& context, const std::string& id) {
  if (!is_plain_name(id)) return no_report(id);
  SealedFile out{id, {}, {}, {}, {}};
  const auto path = context.layout.evidence() / (id + std::string(sealed_ending));
  // Where the site keeps its files is nobody's business outside.
  if (!fs::exists(path)) return no_report(id);
  NARU_ASSIGN(out.text, read_file(path, sealed_bytes_max));
  NARU_ASSIGN(const auto json, parse_json(out.text, id));
  NARU_ASSIGN(const auto reader, Reader::of(json, id));
  NARU_ASSIGN(const auto body, reader.object("body"));
  NARU_ASSIGN(out.key, reader.text("key"));
  out.body = body.raw();
  NARU_ASSIGN(const auto report, evidence::report_of(out.text, id));
  NARU_ASSIGN(out.report, parse_json(report, id));
  return out;
}

Json both(const Json& text) { return text.is_object() ? text : Json{{"en", text}, {"ko", text}}; }

Json card(const SealedFile& sealed) {
  const auto plan = sealed.report.value("plan", Json::object());
  const auto solution = sealed.report.value("solution", Json::object());
  Json sites = Json::array();
  for (const auto& site : sealed.report.value("sites", Json::array())) sites.push_back(site.value("site", ""));
  const auto version = solution.value("version", Json(""));
  return {{"id", sealed.id},
          {"title", both(plan.value("title", Json(sealed.id)))},
          {"solution", solution.value("id", std::string()) + " " +
                           (version.is_string() ? version.get<std::string>() : canonical(version))},
          {"sealed_at", sealed.body.value("sealed_at", std::string())},
          {"sites", sites},
          {"auroc", sealed.report.value("pooled", Json::object()).value("auroc", Json(nullptr))}};
}

Result<Response> list(const Request&, ServerContext& context) {
  std::vector<Json> cards;
  const auto files = list_files(context.layout.evidence(), false);
  if (files.ok()) {
    for (const auto& file : *files) {
      const auto name = file.string();
      if (!name.ends_with(sealed_ending)) continue;
      NARU_ASSIGN(const auto sealed, read_sealed(context, name.substr(0, name.size() - sealed_ending.size())));
      cards.push_back(card(sealed));
    }
  }
  std::sort(cards.begin(), cards.end(), [](const Json& a, const Json& b) {
    return a["sealed_at"] == b["sealed_at"] ? a["id"] < b["id"] : a["sealed_at"] > b["sealed_at"];
  });
  return json_response(canonical(Json{{"evidence", cards}}));
}

Result<Response> one(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto sealed, read_sealed(context, request.param("id")));
  return json_response(canonical(Json{{"id", sealed.id},
                                      {"sealed_at", sealed.body.value("sealed_at", std::string())},
                                      {"signer", sealed.body.value("signer", std::string())},
                                      {"digest", hex(sha256(canonical(sealed.body)))},
                                      {"key", sealed.key},
                                      {"report", sealed.report}}));
}

Result<Response> file(const Request& request, ServerContext& context) {
  NARU_ASSIGN(auto sealed, read_sealed(context, request.param("id")));
  auto response = json_response(std::move(sealed.text));
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"" + sealed.id + std::string(sealed_ending) + "\"");
  return response;
}

Result<Response> page(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto sealed, read_sealed(context, request.param("id")));
  NARU_ASSIGN(auto html, evidence::report_html(canonical(sealed.report), sealed.id));
  Response response;
  response.body = std::move(html);
  response.content_type = "text/html; charset=utf-8";
  return response;
}

// A convenience, not a proof: the reader confirms the key by another way.
Result<Response> trust(const Request&, ServerContext& context) {
  const auto& site = context.site.description();
  auto response = json_response(pretty(Json::array({{{"name", site.name}, {"key", to_hex(site.signing_key)}}})));
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"trust.json\"");
  return response;
}

}  // namespace

std::vector<Route> evidence_routes() {
  const auto open = [](std::string path, Text summary, Result<Response> (*handler)(const Request&, ServerContext&)) {
    return Route{.method = "GET",
                 .path = std::move(path),
                 .summary = std::move(summary),
                 .access = Access::open,
                 .handler = handler};
  };
  return {open("/api/v1/evidence", say("Sealed reports", "봉인된 보고서 목록"), list),
          open("/api/v1/evidence/{id}", say("One report with its seal", "보고서와 봉인 정보"), one),
          open("/api/v1/evidence/{id}/file",
               say("The sealed file, for verification offline", "오프라인 검증용 봉인 파일"), file),
          open("/api/v1/evidence/{id}/html", say("The report as a page", "인쇄용 보고서"), page),
          open("/api/v1/trust", say("The authority's key as a trust file", "관리기관의 키가 담긴 신뢰 파일"), trust)};
}

}  // namespace naru::server::portal
