#include "protect/search.h"

#include "base/files.h"
#include "base/json.h"

#include <algorithm>
#include <map>

namespace naru::protect {
namespace {

template <class T>
Result<T> one_of(const std::string& name, const std::map<std::string, T>& known, Text what, const std::string& where) {
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  std::string list;
  for (const auto& [key, value] : known) list += (list.empty() ? "" : ", ") + key;
  return rejected(say("no such {}: {}", "그런 {}은(는) 없습니다: {}", what.en, name), where,
                  say("known: {}", "가능한 값: {}", list));
}

Result<SearchColumn> read_column(const Reader& reader, const fs::path& base) {
  NARU_CHECK(reader.only({"name", "role", "hierarchy", "weight", "micro_aggregate"}));
  SearchColumn out;
  NARU_ASSIGN(out.name, reader.text("name"));
  NARU_ASSIGN(const auto role, reader.text("role"));
  NARU_ASSIGN(out.role, one_of<ColumnRole>(role,
                                           {{"quasi_identifier", ColumnRole::quasi_identifier},
                                            {"sensitive", ColumnRole::sensitive},
                                            {"insensitive", ColumnRole::insensitive},
                                            {"identifier", ColumnRole::identifier}},
                                           say("role", "역할"), reader.where() + ".role"));
  NARU_ASSIGN(out.weight, reader.number_or("weight", 1));
  if (reader.has("micro_aggregate")) {
    using Centre = SearchColumn::Centre;
    NARU_ASSIGN(const auto centre, reader.text("micro_aggregate"));
    NARU_ASSIGN(out.centre, one_of<Centre>(centre, {{"mean", Centre::mean}, {"median", Centre::median}},
                                           say("centre", "중심"), reader.where() + ".micro_aggregate"));
    if (out.role != ColumnRole::quasi_identifier) {
      return rejected(say("only a quasi-identifier is micro-aggregated", "준식별자만 마이크로 집계합니다"),
                      reader.where() + ".micro_aggregate");
    }
  }
  NARU_ASSIGN(const auto hierarchy, reader.text_or("hierarchy", ""));
  if (!hierarchy.empty()) out.hierarchy = base / hierarchy;
  if (out.role == ColumnRole::quasi_identifier && hierarchy.empty()) {
    return rejected(say("a quasi-identifier needs a hierarchy", "준식별자에는 일반화 계층이 필요합니다"),
                    reader.where() + ".hierarchy",
                    say("a file with one line per value: value;level 1;…", "값마다 한 줄인 파일: 값;1수준;…"));
  }
  return out;
}

// Place of a sensitive column among those that models speak of.
Result<std::size_t> sensitive_column(const Reader& model, SearchConfig& config) {
  NARU_ASSIGN(const auto name, model.text("column"));
  const auto found = std::ranges::find(config.columns, name, &SearchColumn::name);
  if (found == config.columns.end() || found->role != ColumnRole::sensitive) {
    return rejected(say("{} is not a column of role sensitive", "{}은(는) 민감(sensitive) 역할의 열이 아닙니다", name),
                    model.where() + ".column");
  }
  const auto known = std::ranges::find(config.sensitive, name);
  if (known != config.sensitive.end()) return static_cast<std::size_t>(known - config.sensitive.begin());
  config.sensitive.push_back(name);
  return config.sensitive.size() - 1;
}

Done set_population(const Reader& model, const fs::path& base, SearchConfig& config) {
  NARU_ASSIGN(const auto name, model.text("population"));
  const auto path = base / name;
  if (!config.population.empty() && config.population != path) {
    return rejected(say("two models name different population tables", "두 모형이 서로 다른 모집단 표를 가리킵니다"),
                    model.where() + ".population");
  }
  config.population = path;
  return {};
}

Done read_k(const Reader& model, SearchConfig& config) {
  NARU_ASSIGN(const auto k, model.integer("k_anonymity"));
  if (k < 2) return rejected(say("k is at least 2", "k는 2 이상입니다"), model.where() + ".k_anonymity");
  if (config.models.k != 0 && config.models.k != k) {
    return rejected(say("two models of one kind contradict each other", "같은 종류의 모형 두 개가 서로 충돌합니다"),
                    model.where() + ".k_anonymity", say("keep the one that is meant", "뜻하는 것 하나만 남기세요"));
  }
  config.models.k = k;
  return {};
}

Done read_diversity(const Reader& model, SearchConfig& config) {
  NARU_CHECK(model.only({"column", "kind", "l", "c"}));
  Diversity one;
  NARU_ASSIGN(one.column, sensitive_column(model, config));
  NARU_ASSIGN(const auto kind, model.text("kind"));
  NARU_ASSIGN(one.kind, one_of<DiversityKind>(kind,
                                              {{"distinct", DiversityKind::distinct},
                                               {"entropy", DiversityKind::entropy},
                                               {"recursive", DiversityKind::recursive}},
                                              say("kind", "종류"), model.where() + ".kind"));
  NARU_ASSIGN(one.l, model.number("l"));
  if (one.kind == DiversityKind::recursive) {
    NARU_ASSIGN(one.c, model.number("c"));
  }
  config.models.diversity.push_back(one);
  return {};
}

Done read_closeness(const Reader& model, SearchConfig& config) {
  NARU_CHECK(model.only({"column", "t", "distance"}));
  Closeness one;
  NARU_ASSIGN(one.column, sensitive_column(model, config));
  NARU_ASSIGN(one.t, model.number("t"));
  NARU_ASSIGN(const auto distance, model.text("distance"));
  NARU_ASSIGN(one.distance, one_of<Distance>(distance,
                                             {{"equal", Distance::equal},
                                              {"ordered", Distance::ordered},
                                              {"hierarchical", Distance::hierarchical}},
                                             say("distance", "거리"), model.where() + ".distance"));
  config.models.closeness.push_back(one);
  return {};
}

Done read_population_model(const std::string& name, const Reader& model, const fs::path& base, SearchConfig& config) {
  NARU_CHECK(set_population(model, base, config));
  if (name == "k_map") {
    NARU_CHECK(model.only({"k", "population"}));
    NARU_ASSIGN(config.models.k_map, model.integer("k"));
    return {};
  }
  NARU_CHECK(model.only({"min", "max", "population"}));
  DeltaPresence presence;
  NARU_ASSIGN(presence.least, model.number("min"));
  NARU_ASSIGN(presence.most, model.number("max"));
  config.models.presence = presence;
  return {};
}

Done read_uniqueness(const Reader& model, SearchConfig& config) {
  NARU_CHECK(model.only({"threshold", "model", "population_size"}));
  PopulationUniqueness one;
  NARU_ASSIGN(one.threshold, model.number("threshold"));
  NARU_ASSIGN(one.population, model.number("population_size"));
  NARU_ASSIGN(const auto name, model.text("model"));
  NARU_ASSIGN(one.model, one_of<UniquenessModel>(name,
                                                 {{"pitman", UniquenessModel::pitman},
                                                  {"zayatz", UniquenessModel::zayatz},
                                                  {"snb", UniquenessModel::snb},
                                                  {"dankar", UniquenessModel::dankar}},
                                                 say("estimator", "추정 모형"), model.where() + ".model"));
  config.models.population_uniqueness.push_back(one);
  return {};
}

Done set_share(const Reader& model, const std::string& name, std::optional<double>& target) {
  if (target) {
    return rejected(say("two models of one kind contradict each other", "같은 종류의 모형 두 개가 서로 충돌합니다"),
                    model.where() + "." + name);
  }
  NARU_ASSIGN(target, model.number(name));
  return {};
}

Done read_model(const std::string& name, const Reader& model, const fs::path& base, SearchConfig& config) {
  if (name == "k_anonymity") return read_k(model, config);
  if (name == "average_risk") return set_share(model, name, config.models.average_risk);
  if (name == "sample_uniqueness") return set_share(model, name, config.models.sample_uniqueness);
  NARU_ASSIGN(const auto inner, model.object(name));
  if (name == "l_diversity") return read_diversity(inner, config);
  if (name == "t_closeness") return read_closeness(inner, config);
  if (name == "population_uniqueness") return read_uniqueness(inner, config);
  const bool again = name == "k_map" ? config.models.k_map != 0 : config.models.presence.has_value();
  if (again) {
    return rejected(say("two models of one kind contradict each other", "같은 종류의 모형 두 개가 서로 충돌합니다"),
                    inner.where());
  }
  return read_population_model(name, inner, base, config);
}

Done read_models(const Reader& root, const fs::path& base, SearchConfig& config) {
  NARU_ASSIGN(const auto models, root.array("models"));
  for (const auto& [value, where] : models) {
    NARU_ASSIGN(const auto model, Reader::of(*value, where));
    NARU_CHECK(model.only({"k_anonymity", "k_map", "l_diversity", "t_closeness", "delta_presence", "average_risk",
                           "sample_uniqueness", "population_uniqueness"}));
    for (const auto& [name, ignored] : model.raw().items()) NARU_CHECK(read_model(name, model, base, config));
  }
  if (!config.models.any()) return rejected(say("no model is given", "모형이 없습니다"), root.where() + ".models");
  return {};
}

Done read_utility(const Reader& root, SearchConfig& config) {
  NARU_ASSIGN(config.suppression_limit, root.number("suppression_limit"));
  NARU_ASSIGN(config.time_limit_seconds, root.number_or("time_limit_seconds", 0));
  if (config.time_limit_seconds < 0) {
    return rejected(say("a time limit is not negative", "제한 시간은 음수일 수 없습니다"),
                    root.where() + ".time_limit_seconds");
  }
  if (!root.has("utility")) return {};
  NARU_ASSIGN(const auto utility, root.object("utility"));
  NARU_CHECK(utility.only({"metric", "aggregate", "gs_factor"}));
  NARU_ASSIGN(const auto metric, utility.text("metric"));
  NARU_ASSIGN(config.utility.metric, one_of<Metric>(metric,
                                                    {{"loss", Metric::loss},
                                                     {"discernibility", Metric::discernibility},
                                                     {"non_uniform_entropy", Metric::non_uniform_entropy},
                                                     {"average_class_size", Metric::average_class_size},
                                                     {"precision", Metric::precision}},
                                                    say("metric", "척도"), utility.where() + ".metric"));
  NARU_ASSIGN(const auto aggregate,
              utility.text_or("aggregate", metric == "precision" ? "arithmetic_mean" : "geometric_mean"));
  NARU_ASSIGN(config.utility.aggregate,
              one_of<LossAggregate>(aggregate,
                                    {{"geometric_mean", LossAggregate::geometric_mean},
                                     {"arithmetic_mean", LossAggregate::arithmetic_mean}},
                                    say("aggregate", "집계"), utility.where() + ".aggregate"));
  NARU_ASSIGN(config.utility.gs_factor, utility.number_or("gs_factor", 0.5));
  return {};
}

// A refinement must not undo what the models promise.
Done read_refinements(const Reader& root, SearchConfig& config) {
  if (root.has("refine")) {
    NARU_ASSIGN(const auto refine, root.object("refine"));
    NARU_CHECK(refine.only({"local_recoding"}));
    NARU_ASSIGN(config.local_recoding, refine.boolean("local_recoding"));
    if (config.local_recoding && !config.models.population_uniqueness.empty()) {
      return rejected(say("local recoding cannot keep population_uniqueness: its estimate is over the whole table",
                          "지역 재코딩은 population_uniqueness를 지킬 수 없습니다. 그 추정은 표 전체에 대한 것입니다"),
                      refine.where() + ".local_recoding");
    }
  }
  const bool centred =
      std::ranges::any_of(config.columns, [](const auto& one) { return one.centre != SearchColumn::Centre::none; });
  if (centred && (config.models.k < 2 || config.models.needs_population())) {
    return rejected(
        say("micro-aggregation needs k_anonymity, and no model over a population: the centre of a class may "
            "single out one person there",
            "마이크로 집계에는 k_anonymity가 필요하고 모집단 모형과 함께 쓸 수 없습니다. 집합의 중심이 모집단의 한 "
            "사람을 가리킬 수 있습니다"),
        root.where() + ".columns");
  }
  return {};
}

}  // namespace

Result<SearchConfig> read_search_config(const std::filesystem::path& file) {
  NARU_ASSIGN(const auto document, read_json(file));
  NARU_ASSIGN(const auto root, Reader::of(document, file.filename().string()));
  NARU_CHECK(root.only({"data", "delimiter", "encoding", "columns", "models", "suppression_limit", "utility",
                        "time_limit_seconds", "refine"}));
  const auto base = fs::absolute(file).parent_path();
  SearchConfig config;
  NARU_ASSIGN(const auto data, root.text("data"));
  config.data = base / data;
  NARU_ASSIGN(const auto delimiter, root.text_or("delimiter", ""));
  if (delimiter.size() > 1) {
    return rejected(say("a delimiter is one character", "구분자는 한 글자입니다"), root.where() + ".delimiter");
  }
  config.delimiter = delimiter.empty() ? '\0' : delimiter.front();
  NARU_ASSIGN(config.encoding, root.text_or("encoding", ""));
  NARU_ASSIGN(const auto columns, root.array("columns"));
  for (const auto& [value, where] : columns) {
    NARU_ASSIGN(const auto reader, Reader::of(*value, where));
    NARU_ASSIGN(auto column, read_column(reader, base));
    if (std::ranges::find(config.columns, column.name, &SearchColumn::name) != config.columns.end()) {
      return rejected(say("the column {} is listed twice", "{} 열이 두 번 나옵니다", column.name), where + ".name");
    }
    config.columns.push_back(std::move(column));
  }
  NARU_CHECK(read_models(root, base, config));
  NARU_CHECK(read_utility(root, config));
  NARU_CHECK(read_refinements(root, config));
  return config;
}

}  // namespace naru::protect
