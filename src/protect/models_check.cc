// What a configuration of models may say, before any data is read.
#include "protect/anonymiser_state.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace naru::protect::detail {
namespace {

bool share(double value) { return value >= 0 && value <= 1; }

Error out_of_range(Text what, const std::string& where) {
  return rejected(std::move(what), where,
                  say("see docs/methods/privacy-models.md", "docs/methods/privacy-models.md를 보세요"));
}

Done check_diversity(const AnonymiserSpec& spec, const Diversity& one) {
  const auto where = "l_diversity: " + spec.sensitive[one.column].name;
  if (!(one.l >= 1) || one.l > 65'536) return out_of_range(say("l is at least 1", "l은 1 이상입니다"), where);
  if (one.kind != DiversityKind::entropy && one.l != std::floor(one.l)) {
    return out_of_range(
        say("l is a whole number for distinct and recursive diversity", "distinct와 recursive에서 l은 정수입니다"),
        where);
  }
  if (one.kind == DiversityKind::recursive && !(one.c > 0)) {
    return out_of_range(say("recursive diversity needs a c above 0", "recursive에는 0보다 큰 c가 필요합니다"), where);
  }
  return {};
}

Done check_shares(const AnonymiserSpec& spec) {
  const auto& models = spec.models;
  const auto bad = [](const char* name) {
    return out_of_range(say("{} is a share from 0 to 1", "{}은(는) 0에서 1 사이의 비율입니다", name), name);
  };
  if (models.average_risk && !(*models.average_risk > 0 && *models.average_risk <= 1)) {
    return out_of_range(say("average_risk is above 0 and at most 1", "average_risk는 0보다 크고 1 이하입니다"),
                        "average_risk");
  }
  if (models.sample_uniqueness && !share(*models.sample_uniqueness)) return bad("sample_uniqueness");
  for (const auto& one : models.population_uniqueness) {
    if (!share(one.threshold)) return bad("population_uniqueness.threshold");
  }
  for (const auto& one : models.closeness) {
    if (!share(one.t)) return bad("t_closeness.t");
    if (one.distance == Distance::hierarchical && spec.sensitive[one.column].hierarchy.cells.empty()) {
      return out_of_range(say("the hierarchical distance needs the sensitive column's hierarchy",
                              "hierarchical 거리에는 민감 열의 계층이 필요합니다"),
                          "t_closeness: " + spec.sensitive[one.column].name);
    }
  }
  if (models.presence && !(share(models.presence->least) && share(models.presence->most))) return bad("delta_presence");
  if (models.presence && models.presence->least > models.presence->most) {
    return out_of_range(say("delta_presence: min is above max", "delta_presence의 min이 max보다 큽니다"),
                        "delta_presence");
  }
  if (!share(spec.suppression_limit)) return bad("suppression_limit");
  if (!share(spec.utility.gs_factor)) return bad("gs_factor");
  return {};
}

// Two statements of one model about one column: which of them is meant?
Done check_conflicts(const AnonymiserSpec& spec) {
  const auto conflict_of = [](const std::string& where) {
    return rejected(say("two models of one kind contradict each other", "같은 종류의 모형 두 개가 서로 충돌합니다"),
                    where, say("keep the one that is meant", "뜻하는 것 하나만 남기세요"));
  };
  for (std::size_t i = 0; i < spec.models.diversity.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto& a = spec.models.diversity[i];
      const auto& b = spec.models.diversity[j];
      if (a.column == b.column && a.kind == b.kind) return conflict_of("l_diversity: " + spec.sensitive[a.column].name);
    }
  }
  for (std::size_t i = 0; i < spec.models.closeness.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto& a = spec.models.closeness[i];
      const auto& b = spec.models.closeness[j];
      if (a.column == b.column && a.distance == b.distance) {
        return conflict_of("t_closeness: " + spec.sensitive[a.column].name);
      }
    }
  }
  return {};
}

}  // namespace

Done check_models(const AnonymiserSpec& spec) {
  if (spec.columns.empty()) return rejected(say("no quasi-identifier", "준식별자가 없습니다"), "columns");
  if (!spec.models.any()) return rejected(say("no model is given", "모형이 없습니다"), "models");
  if (spec.models.k != 0 && spec.models.k < 2)
    return out_of_range(say("k is at least 2", "k는 2 이상입니다"), "k_anonymity");
  if (spec.models.k_map != 0 && spec.models.k_map < 2)
    return out_of_range(say("k is at least 2", "k는 2 이상입니다"), "k_map");
  NARU_CHECK(check_shares(spec));
  for (const auto& one : spec.models.diversity) NARU_CHECK(check_diversity(spec, one));
  double weights = 0;
  for (const auto& column : spec.columns) {
    if (!(column.weight >= 0) || std::isinf(column.weight)) {
      return out_of_range(say("a weight is a number from 0", "가중치는 0 이상의 수입니다"), column.name);
    }
    weights += column.weight;
  }
  if (weights <= 0) return out_of_range(say("all weights are 0", "가중치가 모두 0입니다"), "columns");
  return check_conflicts(spec);
}

Result<std::vector<std::uint32_t>> rank_values(const SensitiveSpec& spec, bool hierarchical, const TextCodes& values,
                                               CodedSensitive& out) {
  out.name = spec.name;
  if (!spec.hierarchy.cells.empty()) {
    NARU_ASSIGN(const auto coded, encode_hierarchy(spec.name, spec.hierarchy));
    out.values = static_cast<std::size_t>(coded.domain);
    if (hierarchical) {
      out.parent = coded.up;
      // Values that no level brings together meet above the last one.
      if (coded.values(coded.levels - 1) > 1) out.parent.emplace_back(coded.values(coded.levels - 1), 0);
    }
    std::vector<std::uint32_t> same(out.values);
    std::iota(same.begin(), same.end(), 0U);
    return same;
  }
  out.values = values.size();
  struct Value {
    std::string_view text;
    double number = 0;
    std::uint32_t code = 0;
  };
  std::vector<Value> order;
  bool numbers = true;
  for (const auto& [text, code] : values) {
    Value value{.text = text, .code = code};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value.number);
    numbers = numbers && read.ec == std::errc() && read.ptr == text.data() + text.size();
    order.push_back(value);
  }
  std::ranges::sort(order, [&](const Value& a, const Value& b) {
    return numbers && a.number != b.number ? a.number < b.number : a.text < b.text;
  });
  std::vector<std::uint32_t> rank(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i].code] = i;
  return rank;
}

}  // namespace naru::protect::detail
