#include "evidence/solution.h"

#include <array>
#include <bit>
#include <cmath>
#include <set>

#include "base/digest.h"
#include "base/json.h"
#include "evaluate/estimate.h"

namespace naru::evidence {
namespace {

constexpr std::size_t features_max = 10'000;
constexpr std::array<std::pair<FeatureKind, std::string_view>, 5> kinds{
    {{FeatureKind::age, "age"},
     {FeatureKind::sex_male, "sex_male"},
     {FeatureKind::condition, "condition"},
     {FeatureKind::drug, "drug"},
     {FeatureKind::measurement_last, "measurement_last"}}};

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

Result<Feature> feature_of(const Json& json, const std::string& where) {
  NARU_ASSIGN(const auto reader, Reader::of(json, where));
  NARU_CHECK(reader.only({"name", "source", "coefficient", "missing"}));
  Feature out;
  NARU_ASSIGN(out.name, reader.text("name"));
  NARU_ASSIGN(const auto source, reader.object("source"));
  NARU_ASSIGN(out.source, source_of(source));
  NARU_ASSIGN(out.coefficient, finite(reader, "coefficient"));
  if (reader.has("missing") && !reader.raw().at("missing").is_null()) {
    NARU_ASSIGN(out.missing, finite(reader, "missing"));
  }
  return out;
}

struct RowScore {
  std::optional<double> score;
  std::string reason;
};

RowScore score_row(const Solution& solution, const double* values) {
  evaluate::Sum sum;
  sum.add(solution.intercept);
  for (std::size_t j = 0; j < solution.features.size(); ++j) {
    double x = values[j];
    if (std::isnan(x)) {
      if (!solution.features[j].missing) return {{}, "missing:" + solution.features[j].name};
      x = *solution.features[j].missing;
    }
    if (!std::isfinite(x)) return {{}, "not_finite:" + solution.features[j].name};
    sum.add(solution.features[j].coefficient * x);
  }
  if (!std::isfinite(sum.value())) return {{}, "score_not_finite"};
  return {evaluate::expit(sum.value()), {}};
}

Scores run_once(const Solution& solution, const FeatureMatrix& matrix) {
  Scores out;
  out.score.reserve(matrix.rows);
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    auto scored = score_row(solution, matrix.values.data() + row * matrix.features);
    if (!scored.score) ++out.failed[scored.reason];
    out.score.push_back(scored.score);
  }
  return out;
}

}  // namespace

std::string_view name_of(FeatureKind kind) {
  for (const auto& [value, name] : kinds) {
    if (value == kind) return name;
  }
  return "";
}

Result<Solution> parse_solution(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_CHECK(reader.only({"id", "version", "kind", "intercept", "features", "title", "description"}));
  NARU_ASSIGN(const auto kind, reader.text("kind"));
  if (kind != "logistic") {
    return rejected(say("solutions of kind '{}' cannot run here", "'{}' 종류의 솔루션은 실행할 수 없습니다", kind),
                    fmt::format("{}.kind", where), say("known: logistic", "가능한 값: logistic"));
  }
  Solution out;
  NARU_ASSIGN(out.id, reader.text("id"));
  if (reader.has("version") && reader.raw().at("version").is_number_integer()) {
    out.version = std::to_string(reader.raw().at("version").get<std::int64_t>());
  } else {
    NARU_ASSIGN(out.version, reader.text("version"));
  }
  NARU_ASSIGN(out.intercept, finite(reader, "intercept"));
  NARU_ASSIGN(const auto features, reader.array("features"));
  std::set<std::string> names;
  for (const auto& [value, place] : features) {
    NARU_ASSIGN(auto feature, feature_of(*value, place));
    if (!names.insert(feature.name).second) {
      return rejected(say("two inputs have the same name", "같은 이름의 입력이 둘 있습니다"), place + ".name");
    }
    out.features.push_back(std::move(feature));
  }
  if (out.features.empty() || out.features.size() > features_max) {
    return rejected(say("a solution has 1 to {} inputs", "솔루션의 입력은 1개에서 {}개입니다", features_max),
                    fmt::format("{}.features", where));
  }
  return out;
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
  return hex(sha256(canonical(out)));
}

Result<Scores> run_solution(const Solution& solution, const FeatureMatrix& matrix) {
  if (matrix.features != solution.features.size() || matrix.values.size() != matrix.rows * matrix.features) {
    return rejected(say("the table has {} inputs, the solution wants {}",
                        "입력 열이 {}개인데 솔루션은 {}개를 요구합니다", matrix.features, solution.features.size()),
                    solution.id);
  }
  auto first = run_once(solution, matrix);
  const auto second = run_once(solution, matrix);
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    const bool same = first.score[row].has_value() == second.score[row].has_value() &&
                      (!first.score[row] || std::bit_cast<std::uint64_t>(*first.score[row]) ==
                                                std::bit_cast<std::uint64_t>(*second.score[row]));
    if (!same) {
      return internal_error(say("two runs of the solution gave different scores", "두 번 실행한 점수가 서로 다릅니다"),
                            solution.id);
    }
  }
  return first;
}

}  // namespace naru::evidence
