#include "evidence/solution.h"

#include <array>
#include <cmath>
#include <set>

#include "base/digest.h"
#include "base/json.h"

namespace naru::evidence {
namespace {

constexpr std::size_t features_max = 10'000;
constexpr std::array<std::pair<FeatureKind, std::string_view>, 5> kinds{
    {{FeatureKind::age, "age"},
     {FeatureKind::sex_male, "sex_male"},
     {FeatureKind::condition, "condition"},
     {FeatureKind::drug, "drug"},
     {FeatureKind::measurement_last, "measurement_last"}}};

constexpr std::array<std::pair<SolutionKind, std::string_view>, 4> solution_kinds{
    {{SolutionKind::logistic, "logistic"},
     {SolutionKind::onnx, "onnx"},
     {SolutionKind::executable, "executable"},
     {SolutionKind::scores, "scores"}}};

Result<FeatureSource> source_of(const Reader& reader) {
  NARU_CHECK(reader.only({"kind", "concepts", "include_descendants", "window_days"}));
  FeatureSource out;
  NARU_ASSIGN(const auto kind, reader.text("kind"));
  bool known = false;
  for (const auto& [value, name] : kinds) {
    if (name != kind) continue;
    out.kind = value;
    known = true;
  }
  if (!known) {
    return rejected(say("unknown kind of input: {}", "알 수 없는 입력 종류: {}", kind), reader.where() + ".kind",
                    say("known: age, sex_male, condition, drug, measurement_last",
                        "가능한 값: age, sex_male, condition, drug, measurement_last"));
  }
  if (out.kind == FeatureKind::age || out.kind == FeatureKind::sex_male) return out;
  NARU_ASSIGN(const auto concepts, reader.array("concepts"));
  for (const auto& [value, where] : concepts) {
    if (!value->is_number_integer()) return rejected(say("not a concept id", "개념 식별자가 아닙니다"), where);
    out.concepts.push_back(value->get<std::int64_t>());
  }
  if (out.concepts.empty()) {
    return rejected(say("an input needs concepts", "입력에 개념이 필요합니다"), reader.where() + ".concepts");
  }
  NARU_ASSIGN(out.include_descendants, reader.boolean_or("include_descendants", true));
  NARU_ASSIGN(out.window_days, reader.integer("window_days"));
  if (out.window_days < 1 || out.window_days > 36'500) {
    return rejected(say("a window is 1 to 36500 days", "기간은 1일에서 36500일입니다"),
                    reader.where() + ".window_days");
  }
  return out;
}

Result<double> finite(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(const auto value, reader.number(key));
  if (!std::isfinite(value)) {
    return rejected(say("not a finite number", "유한한 수가 아닙니다"), fmt::format("{}.{}", reader.where(), key));
  }
  return value;
}

Result<Feature> feature_of(const Json& json, const std::string& where, SolutionKind kind) {
  NARU_ASSIGN(const auto reader, Reader::of(json, where));
  const bool logistic = kind == SolutionKind::logistic;
  NARU_CHECK(logistic ? reader.only({"name", "source", "coefficient", "missing"})
                      : reader.only({"name", "source", "missing"}));
  Feature out;
  NARU_ASSIGN(out.name, reader.text("name"));
  // The name stands in a header line of CSV.
  if (out.name.empty() || out.name.find_first_of(",\"\r\n") != std::string::npos || out.name == "row") {
    return rejected(
        say("not a name of an input", "입력 이름으로 쓸 수 없습니다"), where + ".name",
        say("no comma, quote or line break, and not \"row\"", "쉼표, 따옴표, 줄바꿈과 \"row\"는 쓸 수 없습니다"));
  }
  NARU_ASSIGN(const auto source, reader.object("source"));
  NARU_ASSIGN(out.source, source_of(source));
  if (logistic) {
    NARU_ASSIGN(out.coefficient, finite(reader, "coefficient"));
  }
  if (!reader.has("missing") || reader.raw().at("missing").is_null()) return out;
  if (!logistic && reader.raw().at("missing") == "pass") {
    out.pass_missing = true;
    return out;
  }
  NARU_ASSIGN(out.missing, finite(reader, "missing"));
  return out;
}

Error out_of_place(const Reader& reader, std::string_view key, Text what) {
  return rejected(std::move(what), fmt::format("{}.{}", reader.where(), key));
}

// A path inside the package: relative, no step up.
Result<std::string> inside(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(auto text, reader.text(key));
  const fs::path path(text);
  bool good = !text.empty() && path.is_relative() && text.find('\0') == std::string::npos;
  for (const auto& part : path) good = good && part != "..";
  if (!good) return out_of_place(reader, key, say("not a path inside the package", "꾸러미 안의 경로가 아닙니다"));
  return text;
}

Result<PackageName> package_of(const Reader& outer) {
  NARU_ASSIGN(const auto reader, outer.object("package"));
  NARU_CHECK(reader.only({"folder", "sha256"}));
  PackageName out;
  NARU_ASSIGN(out.folder, inside(reader, "folder"));
  NARU_ASSIGN(out.sha256, reader.text("sha256"));
  const bool is_digest =
      out.sha256.size() == 64 && out.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_digest) {
    return rejected(say("not a sha256 in lower-case hex", "소문자 16진 sha256이 아닙니다"), reader.where() + ".sha256",
                    say("naru solution digest FOLDER prints it", "naru solution digest FOLDER가 알려 줍니다"));
  }
  return out;
}

Result<SolutionLimits> limits_of(const Reader& outer) {
  NARU_ASSIGN(const auto reader, outer.object("limits"));
  NARU_CHECK(reader.only({"memory_mb", "cpu_seconds", "seconds", "processes"}));
  const auto one = [&](std::string_view key, std::int64_t most) -> Result<std::int64_t> {
    NARU_ASSIGN(const auto value, reader.integer(key));
    if (value < 1 || value > most) {
      return out_of_place(reader, key, say("1 to {} is possible", "1에서 {}까지 가능합니다", most));
    }
    return value;
  };
  SolutionLimits out;
  NARU_ASSIGN(out.memory_mb, one("memory_mb", solution_limits_max.memory_mb));
  NARU_ASSIGN(out.cpu_seconds, one("cpu_seconds", solution_limits_max.cpu_seconds));
  NARU_ASSIGN(out.seconds, one("seconds", solution_limits_max.seconds));
  if (reader.has("processes")) {
    NARU_ASSIGN(out.processes, one("processes", solution_limits_max.processes));
  }
  return out;
}

Done read_onnx(const Reader& reader, Solution& out) {
  NARU_ASSIGN(out.package, package_of(reader));
  NARU_ASSIGN(out.model, inside(reader, "model"));
  NARU_ASSIGN(out.input, reader.text_or("input", ""));
  NARU_ASSIGN(out.output, reader.text_or("output", ""));
  NARU_ASSIGN(out.output_column, reader.integer_or("output_column", 0));
  if (out.output_column < 0) {
    return out_of_place(reader, "output_column", say("columns count from 0", "열 번호는 0부터입니다"));
  }
  NARU_ASSIGN(out.limits, limits_of(reader));
  return {};
}

Done read_executable(const Reader& reader, Solution& out) {
  NARU_ASSIGN(out.package, package_of(reader));
  NARU_ASSIGN(out.command, reader.texts("command"));
  if (out.command.empty() || out.command.front().empty()) {
    return out_of_place(reader, "command", say("no program is named", "프로그램이 지정되지 않았습니다"));
  }
  if (reader.has("root")) {
    NARU_ASSIGN(out.root, inside(reader, "root"));
  }
  NARU_ASSIGN(const auto format, reader.text_or("format", "csv"));
  if (format != "csv" && format != "columns") {
    return out_of_place(reader, "format", say("csv or columns", "csv 또는 columns"));
  }
  out.columns = format == "columns";
  if (reader.has("reasons")) {
    NARU_ASSIGN(out.reasons, reader.texts("reasons"));
    for (const auto& reason : out.reasons) {
      if (!is_plain_name(reason) || reason.size() > 40) {
        return out_of_place(reader, "reasons",
                            say("a reason is one short word: {}", "사유는 짧은 낱말이어야 합니다: {}", reason));
      }
    }
  }
  NARU_ASSIGN(out.study_window_days, reader.integer_or("study_window_days", 0));
  if (out.study_window_days < 0 || out.study_window_days > 36'500) {
    return out_of_place(reader, "study_window_days",
                        say("a window is 1 to 36500 days", "기간은 1일에서 36500일입니다"));
  }
  NARU_ASSIGN(out.limits, limits_of(reader));
  return {};
}

Done known_keys(const Reader& reader, SolutionKind kind) {
  switch (kind) {
    case SolutionKind::logistic:
      return reader.only({"id", "version", "kind", "intercept", "features", "title", "description", "comparator"});
    case SolutionKind::onnx:
      return reader.only({"id", "version", "kind", "features", "title", "description", "comparator", "package", "model",
                          "input", "output", "output_column", "limits"});
    case SolutionKind::executable:
      return reader.only({"id", "version", "kind", "features", "title", "description", "comparator", "package",
                          "command", "root", "format", "reasons", "study_window_days", "limits"});
    case SolutionKind::scores:
      return reader.only({"id", "version", "kind", "title", "description", "comparator", "product"});
  }
  return {};
}

Result<SolutionKind> kind_of(const Reader& reader) {
  NARU_ASSIGN(const auto name, reader.text("kind"));
  for (const auto& [kind, known] : solution_kinds) {
    if (known == name) return kind;
  }
  return rejected(say("solutions of kind '{}' cannot run here", "'{}' 종류의 솔루션은 실행할 수 없습니다", name),
                  reader.where() + ".kind",
                  say("known: logistic, onnx, executable, scores", "가능한 값: logistic, onnx, executable, scores"));
}

Done read_features(const Reader& reader, Solution& out) {
  NARU_ASSIGN(const auto features, reader.array("features"));
  std::set<std::string> names;
  for (const auto& [value, place] : features) {
    NARU_ASSIGN(auto feature, feature_of(*value, place, out.kind));
    if (!names.insert(feature.name).second) {
      return rejected(say("two inputs have the same name", "같은 이름의 입력이 둘 있습니다"), place + ".name");
    }
    out.features.push_back(std::move(feature));
  }
  // A program that reads a study's files may need nothing else.
  const bool may_be_none = out.study_window_days > 0;
  if ((out.features.empty() && !may_be_none) || out.features.size() > features_max) {
    return rejected(say("a solution has 1 to {} inputs", "솔루션의 입력은 1개에서 {}개입니다", features_max),
                    reader.where() + ".features");
  }
  return {};
}

Result<Solution> solution_of(const Reader& reader, bool may_compare) {
  Solution out;
  NARU_ASSIGN(out.kind, kind_of(reader));
  NARU_CHECK(known_keys(reader, out.kind));
  NARU_ASSIGN(out.id, reader.text("id"));
  if (reader.has("version") && reader.raw().at("version").is_number_integer()) {
    out.version = std::to_string(reader.raw().at("version").get<std::int64_t>());
  } else {
    NARU_ASSIGN(out.version, reader.text("version"));
  }
  if (out.kind == SolutionKind::logistic) {
    NARU_ASSIGN(out.intercept, finite(reader, "intercept"));
  } else if (out.kind == SolutionKind::onnx) {
    NARU_CHECK(read_onnx(reader, out));
  } else if (out.kind == SolutionKind::executable) {
    NARU_CHECK(read_executable(reader, out));
  } else {
    NARU_ASSIGN(out.product, reader.text("product"));
  }
  if (out.kind != SolutionKind::scores) NARU_CHECK(read_features(reader, out));
  if (!reader.has("comparator")) return out;
  if (!may_compare) {
    return out_of_place(
        reader, "comparator",
        say("a comparator has no comparator of its own", "비교 대상은 자기 비교 대상을 가질 수 없습니다"));
  }
  NARU_ASSIGN(const auto other, reader.object("comparator"));
  NARU_ASSIGN(auto comparator, solution_of(other, false));
  out.comparator = std::make_shared<const Solution>(std::move(comparator));
  return out;
}

}  // namespace

std::string_view name_of(FeatureKind kind) {
  for (const auto& [value, name] : kinds) {
    if (value == kind) return name;
  }
  return "";
}

std::string_view name_of(SolutionKind kind) {
  for (const auto& [value, name] : solution_kinds) {
    if (value == kind) return name;
  }
  return "";
}

Result<Solution> parse_solution(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  return solution_of(reader, true);
}

std::string input_schema_hash(const Solution& solution) {
  Json out = Json::array();
  for (const auto& feature : solution.features) {
    out.push_back({{"name", feature.name},
                   {"kind", name_of(feature.source.kind)},
                   {"concepts", feature.source.concepts},
                   {"include_descendants", feature.source.include_descendants},
                   {"window_days", feature.source.window_days}});
  }
  if (solution.study_window_days > 0) out.push_back({{"study_window_days", solution.study_window_days}});
  return hex(sha256(canonical(out)));
}

}  // namespace naru::evidence
