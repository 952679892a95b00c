// YAML through yaml-cpp, narrowed: it accepts duplicate keys and reads 010 as 8, which a policy must not.
#include "base/json.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

namespace naru {
namespace {

constexpr int depth_max = 64;

Error at_line(Text what, std::string_view where, const YAML::Mark& mark) {
  return rejected(std::move(what), fmt::format("{}:{}", where, mark.line + 1));
}

Json scalar(const YAML::Node& node) {
  const auto& text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  const auto* end = text.data() + text.size();
  const bool octal_like = text.size() > 1 && text[0] == '0' && text[1] != '.';
  std::int64_t integer = 0;
  if (auto [at, code] = std::from_chars(text.data(), end, integer); code == std::errc{} && at == end && !octal_like) {
    return integer;
  }
  double number = 0;
  if (auto [at, code] = std::from_chars(text.data(), end, number);
      code == std::errc{} && at == end && !octal_like && std::isfinite(number)) {
    return number;
  }
  return text;
}

Result<Json> convert(const YAML::Node& node, std::string_view where, int depth) {
  if (depth > depth_max) return at_line(say("nested too deeply", "중첩이 너무 깊습니다"), where, node.Mark());
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return scalar(node);
    case YAML::NodeType::Sequence: {
      Json out = Json::array();
      for (const auto& element : node) {
        NARU_ASSIGN(auto value, convert(element, where, depth + 1));
        out.push_back(std::move(value));
      }
      return out;
    }
    case YAML::NodeType::Map: {
      Json out = Json::object();
      for (const auto& pair : node) {
        if (!pair.first.IsScalar())
          return at_line(say("a key must be text", "키는 문자열이어야 합니다"), where, pair.first.Mark());
        const auto& key = pair.first.Scalar();
        if (out.contains(key)) {
          return at_line(say("the key \"{}\" stands twice", "키 \"{}\"가 두 번 있습니다", key), where,
                         pair.first.Mark());
        }
        NARU_ASSIGN(out[key], convert(pair.second, where, depth + 1));
      }
      return out;
    }
    default:
      return Json(nullptr);
  }
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, std::string_view where) {
  try {
    return convert(YAML::Load(std::string(text)), where, 0);
  } catch (const YAML::Exception& error) {
    return at_line(say("not valid YAML", "올바른 YAML이 아닙니다"), where, error.mark);
  }
}

Result<Json> read_yaml(const fs::path& path) {
  NARU_ASSIGN(const auto text, read_file(path, 16U << 20));
  return parse_yaml(text, path.string());
}

}  // namespace naru
