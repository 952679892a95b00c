#include "cli/outline.h"

#include "base/json.h"

#include <algorithm>

namespace naru::cli {
namespace {

constexpr std::size_t digest_digits = 64;
constexpr std::size_t digest_shown = 12;
constexpr std::size_t line_fields_max = 8;

bool plain(const Json& value) { return !value.is_object() && !value.is_array(); }

bool is_digest(const std::string& text) {
  return text.size() == digest_digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string scalar(const Json& value) {
  if (value.is_null()) return "–";
  if (!value.is_string()) return value.dump();
  const auto text = value.get<std::string>();
  return is_digest(text) ? text.substr(0, digest_shown) + "…" : text;
}

// Everything on one line, where that can be read: plain values, or an object of a few of them.
std::optional<std::string> in_one_line(const Json& value) {
  if (plain(value)) return scalar(value);
  const bool short_enough = value.is_array() || value.size() <= line_fields_max;
  if (!short_enough || !std::ranges::all_of(value, plain)) return std::nullopt;
  std::string out;
  for (const auto& [key, one] : value.items()) {
    out += out.empty() ? "" : ", ";
    if (value.is_object()) out += key + " ";
    out += scalar(one);
  }
  return out.empty() ? "–" : out;
}

void write(const Json& value, const std::string& indent, std::string& out) {
  for (const auto& [key, one] : value.items()) {
    const auto head = indent + (value.is_object() ? key + ":" : "-");
    const auto line = in_one_line(one);
    const bool listed = one.is_object() && value.is_object();
    if (line && !(listed && one.size() > 2)) {
      out += head + " " + *line + "\n";
    } else {
      out += head + "\n";
      write(one, indent + "  ", out);
    }
  }
}

}  // namespace

std::string outline(const Json& value) {
  if (const auto line = plain(value) ? in_one_line(value) : std::nullopt) return *line;
  std::string out;
  write(value, "", out);
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace naru::cli
