#include "base/json.h"
#include "server/portal.h"
#include "server/routes.h"
#include "server/sessions.h"

namespace naru::server {
namespace {

Json json_of_session(const Session& session) {
  const auto& caller = session.caller;
  return {{"account", caller.account},
          {"name", {{"en", caller.name.en}, {"ko", caller.name.ko}}},
          {"roles", caller.roles},
          {"organisation", caller.organisation},
          {"csrf", session.csrf},
          {"language", session.language == Language::korean ? "ko" : "en"},
          {"expires_ms", session.expires_ms}};
}

Response no_store(Response response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

std::string token_of(const Request& request) {
  const auto cookie = request.headers.find("cookie");
  return cookie == request.headers.end() ? std::string() : cookie_value(cookie->second, session_cookie);
}

Result<Response> sign_in(const Request& request, ServerContext& context) {
  NARU_ASSIGN(const auto json, parse_json(request.body, "body"));
  NARU_ASSIGN(const auto reader, Reader::of(json, "body"));
  NARU_CHECK(reader.only({"account", "password", "language"}));
  NARU_ASSIGN(const auto account, reader.text("account"));
  NARU_ASSIGN(const auto password, reader.text("password"));
  auto language = request.language;
  if (reader.has("language")) {
    NARU_ASSIGN(const auto wish, reader.text("language"));
    language = wish == "en" ? Language::english : Language::korean;
  }
  const auto session = context.sessions.sign_in(account, password, request.remote, language);
  if (!session.ok()) {
    // What was typed as account may be a password in the wrong field: only its being wrong is recorded.
    NARU_CHECK(context.site.record("session.refused", canonical(Json{{"why", session.error().where}})));
    return session.error();
  }
  NARU_CHECK(context.site.record("session.opened", "{}", session->caller.account));
  auto out = json_response(canonical(json_of_session(*session)));
  out.headers.emplace_back("Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}",
                                                     session_cookie, session->token, session_life_ms / 1000));
  return no_store(std::move(out));
}

Result<Response> whoami(const Request& request, ServerContext& context) {
  const auto session = context.sessions.find(token_of(request));
  if (!session) return no_store(json_response("{\"account\":null}"));
  return no_store(json_response(canonical(json_of_session(*session))));
}

Result<Response> sign_out(const Request& request, ServerContext& context) {
  context.sessions.sign_out(token_of(request));
  auto out = json_response("{\"signed_out\":true}");
  out.headers.emplace_back("Set-Cookie",
                           fmt::format("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", session_cookie));
  return no_store(std::move(out));
}

Result<Response> document(const Request& request, ServerContext& context) {
  auto routes = session_routes();
  for (auto& route : portal_routes()) routes.push_back(std::move(route));
  NARU_ASSIGN(auto text, openapi(routes, context.share, request.language));
  return json_response(std::move(text));
}

}  // namespace

std::vector<Route> session_routes() {
  std::vector<Route> out(4);
  out[0] = {.method = "POST",
            .path = "/api/v1/session",
            .summary = say("Sign in", "로그인"),
            .access = Access::open,
            .request_schema = "sign_in",
            .response_schema = "session",
            .handler = sign_in,
            .body_bytes_max = 16 * 1024,
            .csrf = false};
  out[1] = {.method = "GET",
            .path = "/api/v1/session",
            .summary = say("Who is signed in, and the CSRF value", "로그인한 사용자와 CSRF 값"),
            .access = Access::open,
            .response_schema = "session",
            .handler = whoami};
  out[2] = {.method = "DELETE", .path = "/api/v1/session", .summary = say("Sign out", "로그아웃"), .handler = sign_out};
  out[3] = {.method = "GET",
            .path = "/api/v1/openapi.json",
            .summary = say("This description", "이 문서"),
            .access = Access::open,
            .handler = document};
  return out;
}

}  // namespace naru::server
