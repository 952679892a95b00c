#include "base/bytes.h"
#include "base/json.h"
#include "server/listener.h"

#include <algorithm>
#include <charconv>

namespace naru::server {
namespace {

constexpr std::size_t query_pairs_max = 64;

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool Caller::has(std::string_view role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

std::string Request::query_or(std::string_view name, std::string fallback) const {
  const auto found = query.find(name);
  return found == query.end() ? std::move(fallback) : found->second;
}

Result<std::int64_t> Request::query_integer(std::string_view name, std::int64_t fallback, std::int64_t least,
                                            std::int64_t most) const {
  const auto found = query.find(name);
  if (found == query.end()) return fallback;
  std::int64_t value = 0;
  const auto& text = found->second;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return usage_error(say("\"{}\" must be a whole number from {} to {}",
                           "\"{}\"은(는) {}에서 {} 사이의 정수여야 합니다", name, least, most),
                       std::string(name));
  }
  return value;
}

const std::string& Request::param(std::string_view name) const {
  static const std::string none;
  const auto found = params.find(name);
  return found == params.end() ? none : found->second;
}

Response json_response(std::string body, int status) {
  Response out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

int http_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 400;
    case ErrorKind::refused:
      return 403;
    case ErrorKind::rejected:
      return 422;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] == '%') {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  if (!is_utf8(out) || out.find('\0') != std::string::npos) return std::nullopt;
  return out;
}

std::optional<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view text) {
  std::map<std::string, std::string, std::less<>> out;
  std::size_t pairs = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (++pairs > query_pairs_max) return std::nullopt;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decoded(pair.substr(0, equals), true);
    const auto value = percent_decoded(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{}, true);
    if (!name || !value) return std::nullopt;
    out.try_emplace(*name, *value);
  }
  return out;
}

std::optional<Language> accepted_language(std::string_view header) {
  // Order of writing is order of preference in every browser; weights only repeat it.
  while (!header.empty()) {
    const auto end = std::min(header.find(','), header.size());
    auto tag = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!tag.empty() && tag.front() == ' ') tag.remove_prefix(1);
    if (tag.starts_with("ko")) return Language::korean;
    if (tag.starts_with("en")) return Language::english;
  }
  return std::nullopt;
}

RouteMatch match_route(const std::vector<Route>& routes, std::string_view method, std::string_view path) {
  RouteMatch out;
  if (path.empty() || path.front() != '/') return out;
  const auto have = segments(path);
  std::size_t best_fixed = 0;
  for (const auto& route : routes) {
    const auto want = segments(route.path);
    if (want.size() != have.size()) continue;
    std::map<std::string, std::string, std::less<>> params;
    std::size_t fixed = 0;
    bool fits = true;
    for (std::size_t i = 0; fits && i < want.size(); ++i) {
      if (want[i].starts_with('{')) {
        const auto value = percent_decoded(have[i], false);
        fits = value && !value->empty();
        if (fits) params[std::string(want[i].substr(1, want[i].size() - 2))] = *value;
      } else {
        fits = want[i] == have[i];
        ++fixed;
      }
    }
    if (!fits) continue;
    out.path_known = true;
    // "/log/checkpoint" goes before "/log/{index}".
    if (route.method != method || (out.route != nullptr && fixed <= best_fixed)) continue;
    out.route = &route;
    out.params = std::move(params);
    best_fixed = fixed;
  }
  return out;
}

}  // namespace naru::server
