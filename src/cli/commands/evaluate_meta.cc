// One summary of several sites' published or released figures.
#include "evaluate/pooling.h"

#include <cmath>

#include "base/json.h"
#include "cli/commands/evaluate.h"
#include "evaluate/estimate_json.h"

namespace naru::cli {
namespace {

using namespace evaluation;

// Columns the caller named; what a publication leaves out is restored from what it gives.
struct Columns {
  Table table;
  std::map<std::string, std::string> named;  // option -> column
  [[nodiscard]] std::optional<double> at(const std::string& option, std::size_t row) const {
    const auto found = named.find(option);
    if (found == named.end()) return std::nullopt;
    const double value = table.numbers.at(found->second)[row];
    return std::isnan(value) ? std::nullopt : std::optional(value);
  }
};

struct Site {
  std::optional<evaluate::Scaled> scaled;
  std::string from;  // where the standard error comes from
};

Site auroc_site(const Columns& columns, std::size_t row) {
  evaluate::Estimate area;
  area.estimate = columns.at("--estimate", row);
  area.se = columns.at("--se", row);
  if (auto scaled = evaluate::logit_auroc(area)) return {scaled, "se"};
  if (!area.estimate || *area.estimate <= 0 || *area.estimate >= 1) return {};
  const double y = evaluate::logit(*area.estimate);
  const auto low = columns.at("--ci-low", row);
  const auto high = columns.at("--ci-high", row);
  if (low && high && *low > 0 && *low < *high && *high < 1) {
    return {evaluate::Scaled{y, evaluate::logit_se_from_interval({*low, *high})}, "interval, logit scale"};
  }
  const auto n = columns.at("--n", row);
  const auto events = columns.at("--events", row);
  if (n && events && *events > 0 && *events < *n) {
    const double se = evaluate::newcombe_se(*area.estimate, *events, *n - *events);
    return {evaluate::Scaled{y, se / (*area.estimate * (1 - *area.estimate))}, "numbers, Newcombe 2006 method 4"};
  }
  return {};
}

Site ratio_site(const Columns& columns, std::size_t row) {
  evaluate::Estimate ratio;
  ratio.estimate = columns.at("--estimate", row);
  ratio.se = columns.at("--se", row);
  if (auto scaled = evaluate::log_observed_expected(ratio)) return {scaled, "se"};
  const auto n = columns.at("--n", row);
  const auto events = columns.at("--events", row);
  const auto expected = columns.at("--expected", row);
  if (n && events && expected && *events > 0 && *events <= *n && *expected > 0) {
    return {evaluate::Scaled{std::log(*events / *expected), std::sqrt((1 - *events / *n) / *events)},
            "observed and expected events"};
  }
  return {};
}

Result<Columns> read_columns(const Call& call, const std::string& measure) {
  Columns out;
  Wanted wanted;
  wanted.encoding = call.text("--encoding");
  wanted.missing = true;
  const bool counts = measure == "oe" && call.has("--expected");
  for (const char* option : {"--estimate", "--se", "--ci-low", "--ci-high", "--n", "--events", "--expected"}) {
    const std::string name = option;
    const bool usual = name == "--estimate" || name == "--se";
    if (!call.has(option)) {
      // The usual columns are taken unless others make them unnecessary.
      const bool needed = usual && !counts && (name == "--estimate" || !(call.has("--ci-low") || call.has("--n")));
      if (needed) out.named[name] = name.substr(2);
      continue;
    }
    out.named[name] = call.text(option);
  }
  for (const auto& [option, column] : out.named) wanted.numbers.insert(column);
  NARU_ASSIGN(out.table, read_table(call.text("FILE"), wanted, 0));
  return out;
}

Result<evaluate::PoolOptions> options_of(const Call& call) {
  evaluate::PoolOptions out;
  const auto estimator = evaluate::estimator_named(call.text("--estimator"));
  if (!estimator) {
    return usage_error(say("--estimator is reml, dl, pm or fe", "--estimator는 reml, dl, pm, fe 중 하나입니다"),
                       "--estimator");
  }
  out.estimator = *estimator;
  NARU_ASSIGN(out.tolerance, number_or(call, "--tolerance", 0));
  if (!(out.tolerance >= 0))
    return usage_error(say("a tolerance is not negative", "허용오차는 음수일 수 없습니다"), "--tolerance");
  return out;
}

Result<Answer> run_meta(const Call& call, const Context&) {
  const auto measure = call.text("--measure");
  if (measure != "auroc" && measure != "oe") {
    return usage_error(say("--measure is auroc or oe", "--measure는 auroc 또는 oe입니다"), "--measure");
  }
  NARU_ASSIGN(const auto options, options_of(call));
  NARU_ASSIGN(const auto columns, read_columns(call, measure));
  std::vector<double> y;
  std::vector<double> v;
  Json sites = Json::array();
  for (std::size_t row = 0; row < columns.table.rows; ++row) {
    const auto site = measure == "auroc" ? auroc_site(columns, row) : ratio_site(columns, row);
    Json one{{"row", row + 1}, {"y", nullptr}, {"se", nullptr}};
    if (site.scaled) {
      y.push_back(site.scaled->y);
      v.push_back(site.scaled->se * site.scaled->se);
      one = {{"row", row + 1}, {"y", site.scaled->y}, {"se", site.scaled->se}, {"se_from", site.from}};
    } else {
      one["reason"] = evaluate::code_of(evaluate::Reason::no_closed_form);
    }
    sites.push_back(std::move(one));
  }
  const auto on_scale = evaluate::pool(y, v, options);
  auto pooled = evaluate::back_transformed(
      on_scale, measure == "auroc" ? evaluate::expit : +[](double x) { return std::exp(x); });
  pooled.method += measure == "auroc" ? "; logit scale" : "; log scale";
  Json out{
      {"measure", measure},        {"rows", columns.table.rows},    {"scale", measure == "auroc" ? "logit" : "log"},
      {"pooled", json_of(pooled)}, {"on_scale", json_of(on_scale)}, {"sites", sites}};
  Answer answer;
  answer.json = canonical(out);
  answer.text =
      say("{} of {} rows pooled: {}", "{}/{}행 통합: {}", pooled.sites, columns.table.rows, line_of(out.at("pooled")));
  if (pooled.prediction95) {
    const auto range = fmt::format("{:.4f} to {:.4f}", pooled.prediction95->lo, pooled.prediction95->hi);
    answer.text.en += "\nanother site: " + range;
    answer.text.ko += "\n다른 기관의 예측구간: " + range;
  } else {
    const auto why = evaluate::explain(pooled.prediction_reason);
    answer.text.en += "\nno prediction for another site: " + why.en;
    answer.text.ko += "\n다른 기관에 대한 예측 없음: " + why.ko;
  }
  return answer;
}

}  // namespace

std::vector<Command> evaluate_meta_commands() {
  return {{"evaluate meta",
           say("random-effects mean of sites' AUROC or O:E (REML, Hartung-Knapp)",
               "기관별 AUROC 또는 O:E의 변량효과 평균(REML, Hartung-Knapp)"),
           {file_option(),
            encoding_option(),
            {"--measure", "M", say("auroc or oe", "auroc 또는 oe"), true},
            {"--estimate", "COL", say("column of estimates (estimate)", "추정값 열(estimate)")},
            {"--se", "COL", say("column of standard errors of the estimates (se)", "추정값의 표준오차 열(se)")},
            {"--ci-low", "COL",
             say("95 % interval, where the standard error is missing", "표준오차가 없을 때 95% 구간 하한")},
            {"--ci-high", "COL", say("its upper end", "95% 구간 상한")},
            {"--n", "COL", say("persons, where there is neither", "둘 다 없을 때 인원 열")},
            {"--events", "COL", say("events", "사건 수 열")},
            {"--expected", "COL", say("expected events, for oe", "기대 사건 수 열(oe)")},
            {"--estimator", "E",
             say("of the between-site variance: reml, dl, pm; fe for a common effect",
                 "기관 간 분산의 추정법: reml, dl, pm; 공통효과는 fe"),
             false, false, "reml"},
            {"--tolerance", "X",
             say("stop at this change of tau2 (default: the maximum)",
                 "tau2의 변화가 이 값 이하이면 멈춥니다(기본: 최대점)")}},
           run_meta}};
}

}  // namespace naru::cli
