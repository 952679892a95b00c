#include "server/portal.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace naru::server {
namespace {

constexpr std::uint64_t page_bytes_max = 64U << 20;

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view content_type_of(const fs::path& file) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 13> types{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".woff", "font/woff"},
      {".txt", "text/plain; charset=utf-8"},
      {".map", "application/json; charset=utf-8"},
      {".webmanifest", "application/manifest+json"},
      {".webp", "image/webp"},
  }};
  const auto extension = file.extension().string();
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const auto& type) { return type.first == extension; });
  return found == types.end() ? "application/octet-stream" : found->second;
}

/// Below the folder and made of plain names only; empty otherwise.
fs::path inside(const fs::path& folder, std::string_view path) {
  const auto decoded = percent_decoded(path, false);
  if (!decoded) return {};
  fs::path out = folder;
  for (const auto& part : fs::path(*decoded).relative_path()) {
    if (part.empty()) continue;
    if (!is_plain_name(part.string())) return {};
    out /= part;
  }
  std::error_code code;
  const auto real = fs::weakly_canonical(out, code);
  if (code) return {};
  const auto root = fs::weakly_canonical(folder, code);
  const auto relative = real.lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..") return {};
  return real;
}

Response refusal(const Error& error, const Request& request, int status) {
  auto out = json_response(canonical(json_of(error, request.language)), status);
  out.headers.emplace_back("Cache-Control", "no-store");
  return out;
}

}  // namespace

std::string cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    auto pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return std::string(pair.substr(equals + 1));
  }
  return {};
}

Admit portal_admit(Sessions& sessions) {
  return [&sessions](const Route& route, Request& request, const std::optional<Digest>&) -> std::optional<Response> {
    std::optional<Session> session;
    if (const auto cookie = request.headers.find("cookie"); cookie != request.headers.end()) {
      session = sessions.find(cookie_value(cookie->second, session_cookie));
    }
    const bool wishes = request.headers.find("accept-language") != request.headers.end();
    if (session) {
      request.caller = session->caller;
      if (!wishes) request.language = session->language;
    }
    if (route.access == Access::member) {
      return refusal(refused(say("this is for sites, not for people", "사람이 아니라 사이트를 위한 경로입니다"),
                             route.path, say("use the wire listener", "사이트 간 통신 포트를 사용하세요")),
                     request, 403);
    }
    if (route.access == Access::signed_in && !session) {
      return refusal(refused(say("nobody is signed in", "로그인되어 있지 않습니다"), "session",
                             say("sign in first (programs: POST /api/v1/session)",
                                 "먼저 로그인하세요(프로그램은 POST /api/v1/session)")),
                     request, 401);
    }
    if (route.access == Access::signed_in && !route.roles.empty() &&
        std::none_of(route.roles.begin(), route.roles.end(),
                     [&](const auto& role) { return session->caller.has(role); })) {
      std::string wanted;
      for (const auto& role : route.roles) wanted += (wanted.empty() ? "" : ", ") + role;
      return refusal(refused(say("this needs one of the roles: {}", "다음 역할 중 하나가 필요합니다: {}", wanted),
                             "role", say("ask the secretariat for the role", "사무국에 역할을 요청하세요")),
                     request, 403);
    }
    const bool mutation = route.method != "GET";
    if (!mutation) return std::nullopt;
    // A form on another site cannot send these types without a preflight, which nothing here allows.
    const auto type = request.headers.find("content-type");
    const std::string_view wanted = route.body_to_file ? "application/octet-stream" : "application/json";
    const bool fits = type != request.headers.end() && type->second.starts_with(wanted);
    if (route.method == "POST" && !fits) {
      return refusal(usage_error(say("the body must be {}", "본문은 {}이어야 합니다", wanted), "Content-Type"), request,
                     415);
    }
    if (!route.csrf || !session) return std::nullopt;
    const auto token = request.headers.find("x-naru-csrf");
    if (token == request.headers.end() || !equal_in_constant_time(token->second, session->csrf)) {
      return refusal(
          refused(say("the request does not carry the session's X-Naru-CSRF value",
                      "요청에 세션의 X-Naru-CSRF 값이 없습니다"),
                  "X-Naru-CSRF", say("take it from GET /api/v1/session", "GET /api/v1/session에서 받으세요")),
          request, 403);
    }
    return std::nullopt;
  };
}

ShowError portal_errors() {
  return [](const Error& error, const Request& request) {
    return refusal(error, request, error.where == "session.rate" ? 429 : http_status(error.kind));
  };
}

std::vector<std::pair<std::string, std::string>> portal_headers() {
  return {{"Content-Security-Policy",
           "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
           "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"X-Frame-Options", "SAMEORIGIN"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"}};
}

Fallback static_files(fs::path folder) {
  return [folder = std::move(folder)](const Request& request) -> std::optional<Response> {
    if (request.method != "GET" || request.path.starts_with("/api/") || request.path.starts_with("/wire/"))
      return std::nullopt;
    auto file = inside(folder, request.path);
    std::error_code code;
    const bool asset = !file.empty() && fs::is_regular_file(file, code);
    if (!asset) {
      // A name with a dot is a file that is missing; anything else is a page of the portal's own router.
      if (fs::path(request.path).has_extension()) return std::nullopt;
      file = folder / "index.html";
      if (!fs::is_regular_file(file, code)) return std::nullopt;
    }
    auto content = read_file(file, page_bytes_max);
    if (!content.ok()) return std::nullopt;
    Response out;
    const auto tag = "\"" + hex(sha256(*content)).substr(0, 32) + "\"";
    // Built assets carry their hash in the name; pages must be asked for again.
    const bool immutable = asset && request.path.starts_with("/assets/");
    out.headers = {{"ETag", tag}, {"Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
    const auto known = request.headers.find("if-none-match");
    if (known != request.headers.end() && known->second == tag) {
      out.status = 304;
      return out;
    }
    out.content_type = content_type_of(file);
    out.body = *std::move(content);
    return out;
  };
}

Admit wire_admit(network::Hub& hub) {
  return [&hub](const Route& route, Request& request,
                const std::optional<Digest>& certificate) -> std::optional<Response> {
    if (route.access == Access::open) return std::nullopt;
    const auto member =
        route.access == Access::member && certificate
            ? hub.member_with(*certificate)
            : Result<network::Member>(network::wire_error(network::WireRefusal::unknown_sender, "client certificate"));
    if (!member.ok()) return json_response(network::error_body(member.error()), http_status(member.error().kind));
    request.member = *member;
    return std::nullopt;
  };
}

ShowError wire_errors() {
  return [](const Error& error, const Request&) {
    return json_response(network::error_body(error), http_status(error.kind));
  };
}

}  // namespace naru::server
