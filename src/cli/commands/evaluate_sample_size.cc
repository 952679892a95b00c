// How many persons an external validation needs; and p values of several tests adjusted.
#include "evaluate/sample_size.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "cli/commands/evaluate.h"
#include "evaluate/estimate.h"
#include "evaluate/multiplicity.h"

namespace naru::cli {
namespace {

using namespace evaluation;

// A positive number an option gives as a standard error or as the width of a 95 % interval.
Result<std::optional<double>> target_of(const Call& call, const std::string& se, const std::string& width) {
  if (call.has(se) && call.has(width)) {
    return usage_error(say("give a standard error or a width, not both", "표준오차와 구간 폭 중 하나만 지정하세요"),
                       se);
  }
  for (const auto& option : {se, width}) {
    if (!call.has(option)) continue;
    NARU_ASSIGN(const auto value, call.number(option));
    if (!(value > 0)) return usage_error(say("wanted: more than 0", "0보다 커야 합니다"), option);
    return std::optional<double>(option == se ? value : value / (2 * evaluate::z975));
  }
  return std::optional<double>();
}

std::uint64_t events_of(std::uint64_t n, double rate) {
  return static_cast<std::uint64_t>(std::ceil(static_cast<double>(n) * rate - 1e-9));
}

struct Sizes {
  Json criteria = Json::object();
  std::uint64_t n = 0;
  void add(const std::string& name, std::uint64_t size, double rate, double se, double exact = 0) {
    criteria[name] = {{"n", size}, {"events", events_of(size, rate)}, {"target_se", se}};
    if (exact > 0) criteria[name]["exact"] = exact;
    n = std::max(n, size);
  }
};

Result<evaluate::PredictorLaw> law_from(const Call& call, double& rate, std::optional<double>& c) {
  evaluate::PredictorLaw law;
  if (!call.has("--lp-mean") && !call.has("--lp-sd")) {
    if (!c) {
      return usage_error(
          say("name --cstatistic, or --lp-mean and --lp-sd", "--cstatistic 또는 --lp-mean과 --lp-sd를 지정하세요"),
          "--cstatistic");
    }
    if (call.text("--law") == "exact") return evaluate::law_of(rate, *c);
    if (call.text("--law") == "binormal") return evaluate::binormal_law(rate, *c);
    return usage_error(say("--law is exact or binormal", "--law는 exact 또는 binormal입니다"), "--law");
  }
  NARU_ASSIGN(law.mean, call.number("--lp-mean"));
  NARU_ASSIGN(law.sd, call.number("--lp-sd"));
  if (!(law.sd > 0))
    return usage_error(say("a standard deviation is more than 0", "표준편차는 0보다 커야 합니다"), "--lp-sd");
  return law;
}

Result<Answer> run_sample_size(const Call& call, const Context&) {
  NARU_ASSIGN(auto rate, call.number("--prevalence"));
  if (!(rate > 0 && rate < 1)) {
    return usage_error(say("a prevalence lies between 0 and 1", "유병률은 0과 1 사이입니다"), "--prevalence");
  }
  std::optional<double> c;
  if (call.has("--cstatistic")) {
    NARU_ASSIGN(c, call.number("--cstatistic"));
    if (!(*c > 0.5 && *c < 1)) {
      return usage_error(say("a c statistic lies between 0.5 and 1", "c 통계량은 0.5와 1 사이입니다"), "--cstatistic");
    }
  }
  NARU_ASSIGN(const auto law, law_from(call, rate, c));
  const auto of_law = evaluate::rate_and_c(law);
  if (!c) c = of_law.c;
  const auto information = evaluate::information_of(law);
  Sizes sizes;
  if (call.has("--oe-se") || call.has("--oe-width")) {
    // A width is that of O:E itself around 1, not of its logarithm.
    NARU_ASSIGN(const auto given, target_of(call, "--oe-se", "--oe-width"));
    const double se = call.has("--oe-se") ? *given : evaluate::se_log_for_width(*given * 2 * evaluate::z975);
    sizes.add("o_e", evaluate::size_for_observed_expected(rate, se), rate, se);
  }
  NARU_ASSIGN(const auto slope, target_of(call, "--slope-se", "--slope-width"));
  if (slope) {
    const double exact = evaluate::exact_size_for_slope(information, *slope);
    sizes.add("slope", static_cast<std::uint64_t>(std::ceil(exact)), rate, *slope, exact);
  }
  NARU_ASSIGN(const auto citl, target_of(call, "--citl-se", "--citl-width"));
  if (citl) {
    const double exact = evaluate::exact_size_for_citl(information, *citl);
    sizes.add("citl", static_cast<std::uint64_t>(std::ceil(exact)), rate, *citl, exact);
  }
  NARU_ASSIGN(const auto area, target_of(call, "--c-se", "--c-width"));
  if (area) sizes.add("c_statistic", evaluate::size_for_c(rate, *c, *area), rate, *area);
  NARU_ASSIGN(const auto benefit, target_of(call, "--nb-se", "--nb-width"));
  if (benefit) {
    NARU_ASSIGN(const auto threshold, call.number("--threshold"));
    if (!(threshold > 0 && threshold < 1)) {
      return usage_error(
          say("net benefit needs a threshold between 0 and 1", "순이익에는 0과 1 사이의 임계값이 필요합니다"),
          "--threshold");
    }
    const auto expected = evaluate::sens_spec_of(law, threshold);
    NARU_ASSIGN(const auto sensitivity, number_or(call, "--sensitivity", expected.sensitivity));
    NARU_ASSIGN(const auto specificity, number_or(call, "--specificity", expected.specificity));
    sizes.add("net_benefit", evaluate::size_for_net_benefit(rate, sensitivity, specificity, threshold, *benefit), rate,
              *benefit);
    sizes.criteria["net_benefit"]["sensitivity"] = sensitivity;
    sizes.criteria["net_benefit"]["specificity"] = specificity;
  }
  if (sizes.n == 0) {
    return usage_error(
        say("name at least one target, e.g. --slope-width 0.4", "목표를 하나 이상 지정하세요(예: --slope-width 0.4)"),
        "--slope-width");
  }
  const auto events = events_of(sizes.n, rate);
  Json out{{"n", sizes.n},
           {"events", events},
           {"prevalence", rate},
           {"c_statistic", *c},
           {"linear_predictor",
            {{"law", "normal"}, {"mean", law.mean}, {"sd", law.sd}, {"rate", of_law.rate}, {"c", of_law.c}}},
           {"criteria", sizes.criteria}};
  Answer answer;
  answer.json = canonical(out);
  answer.text = say("{} persons with {} events", "{}명, 사건 {}건", sizes.n, events);
  for (const auto& [name, criterion] : sizes.criteria.items()) {
    const auto line = fmt::format("\n{:<12} {:>9}", name, criterion.at("n").get<std::uint64_t>());
    answer.text.en += line;
    answer.text.ko += line;
  }
  return answer;
}

Result<Answer> run_adjust(const Call& call, const Context&) {
  NARU_ASSIGN(const auto given, numbers_of(call, "--p"));
  std::vector<std::optional<double>> p;
  for (const double value : given) {
    if (!(value >= 0 && value <= 1)) {
      return usage_error(say("a p value lies from 0 to 1", "p 값은 0과 1 사이입니다"), "--p");
    }
    p.emplace_back(value);
  }
  Json out{{"p", given}};
  std::string lines = "p         ";
  for (const double value : given) lines += fmt::format(" {:.4g}", value);
  using evaluate::Adjustment;
  for (const auto how :
       {Adjustment::bonferroni, Adjustment::holm, Adjustment::hochberg, Adjustment::bh, Adjustment::by}) {
    Json row = Json::array();
    lines += fmt::format("\n{:<10}", evaluate::name_of(how));
    for (const auto& value : evaluate::adjusted(p, how)) {
      row.push_back(*value);
      lines += fmt::format(" {:.4g}", *value);
    }
    out[std::string(evaluate::name_of(how))] = row;
  }
  Answer answer;
  answer.json = canonical(out);
  answer.text = {lines, lines};
  return answer;
}

}  // namespace

std::vector<Command> evaluate_sample_size_commands() {
  const auto se = say("target standard error", "목표 표준오차");
  const auto width = say("or target width of the 95 % interval", "또는 95% 구간의 목표 폭");
  return {{"evaluate sample-size",
           say("persons an external validation needs: O:E, slope, c statistic, net benefit",
               "외부 검증에 필요한 인원: O:E, 기울기, c 통계량, 순이익"),
           {{"--prevalence", "P", say("expected event rate", "예상 사건 비율"), true},
            {"--cstatistic", "C", say("expected c statistic", "예상 c 통계량")},
            {"--lp-mean", "X",
             say("mean of the linear predictor (default: from prevalence and c)",
                 "선형예측값의 평균(기본: 유병률과 c에서 계산)")},
            {"--law", "L",
             say("linear predictor from prevalence and c: exact, or binormal (an approximation)",
                 "유병률과 c에서 구하는 선형예측값: exact 또는 binormal(근사)"),
             false, false, "exact"},
            {"--lp-sd", "X", say("its standard deviation", "선형예측값의 표준편차")},
            {"--oe-se", "X", se},
            {"--oe-width", "X", width},
            {"--slope-se", "X", se},
            {"--slope-width", "X", width},
            {"--citl-se", "X", se},
            {"--citl-width", "X", width},
            {"--c-se", "X", se},
            {"--c-width", "X", width},
            {"--nb-se", "X", say("of the standardised net benefit", "표준화 순이익의 목표 표준오차")},
            {"--nb-width", "X", width},
            {"--threshold", "T", say("for net benefit", "순이익의 임계값")},
            {"--sensitivity", "X",
             say("at the threshold (default: from the linear predictor)", "임계값에서의 민감도(기본: 선형예측값에서)")},
            {"--specificity", "X", say("at the threshold", "임계값에서의 특이도")}},
           run_sample_size},
          {"evaluate adjust",
           say("p values of several tests, adjusted for their number", "여러 검정의 p 값을 보정합니다"),
           {{"--p", "P", say("a p value", "p 값"), true, true}},
           run_adjust}};
}

}  // namespace naru::cli
