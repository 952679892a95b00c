// Statistics of predicted risks of persons followed over time.
#include "evaluate/survival.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "cli/commands/evaluate.h"
#include "evaluate/estimate_json.h"

namespace naru::cli {
namespace {

using namespace evaluation;
using evaluate::Estimate;
using evaluate::Follow;
using evaluate::Reason;
using evaluate::State;

struct Cohort {
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> scores;
  std::vector<double> time;
  std::vector<State> state;
  std::optional<double> horizon;
  std::vector<double> thresholds;
  bool risks = true;  // scores are risks; else linear predictors
  std::size_t groups = 10;
  [[nodiscard]] Follow follow() const { return {time, state}; }
};

Estimate no_horizon(std::string method) { return evaluate::undefined(Reason::no_horizon, std::move(method)); }

// The word of a state: named values first, else 1/true is the event and 0/false censored.
Result<std::vector<State>> states_of(const Call& call, const std::vector<std::string>& words) {
  const auto event = call.text("--event-value");
  const auto censored = call.text("--censored-value");
  std::vector<State> out;
  out.reserve(words.size());
  for (std::size_t row = 0; row < words.size(); ++row) {
    const auto& word = words[row];
    const bool is_event = event.empty() ? word == "1" || word == "1.0" || word == "true" : word == event;
    const bool is_censored = censored.empty() ? word == "0" || word == "0.0" || word == "false" : word == censored;
    if (is_event) {
      out.push_back(State::event);
    } else if (is_censored) {
      out.push_back(State::censored);
    } else if (!event.empty() && !censored.empty()) {
      out.push_back(State::competing);
    } else {
      return rejected(say("a state is neither the event nor censored", "상태가 사건도 중도절단도 아닙니다"),
                      fmt::format("{}, column {}, row {}", call.text("FILE"), call.text("--event"), row + 1),
                      say("with competing events name both --event-value and --censored-value",
                          "경쟁 사건이 있으면 --event-value와 --censored-value를 모두 지정하세요"));
    }
  }
  return out;
}

Result<Cohort> read_cohort(const Call& call) {
  Cohort out;
  out.names = call.texts("--score");
  NARU_ASSIGN(out.thresholds, numbers_of(call, "--threshold"));
  if (call.has("--horizon")) {
    NARU_ASSIGN(out.horizon, call.number("--horizon"));
    if (!(*out.horizon > 0)) {
      return usage_error(say("a horizon is more than 0", "예측 시점은 0보다 커야 합니다"), "--horizon");
    }
  }
  const auto scale = call.text("--scale");
  if (scale != "risk" && scale != "lp") {
    return usage_error(say("--scale is risk or lp", "--scale은 risk 또는 lp입니다"), "--scale");
  }
  out.risks = scale == "risk";
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  NARU_ASSIGN(const auto groups, call.integer("--groups", 2, 1000));
  out.groups = static_cast<std::size_t>(groups);
  Wanted wanted;
  wanted.encoding = call.text("--encoding");
  const auto time = call.text("--time");
  const auto event = call.text("--event");
  wanted.numbers.insert(out.names.begin(), out.names.end());
  wanted.numbers.insert(time);
  wanted.texts.insert(event);
  NARU_ASSIGN(auto table, read_table(call.text("FILE"), wanted, static_cast<unsigned>(threads)));
  NARU_ASSIGN(out.state, states_of(call, table.texts.at(event)));
  out.time = table.numbers.at(time);
  out.scores = std::move(table.numbers);
  for (const auto& name : out.names) NARU_CHECK(evaluate::check_follow(out.follow(), out.scores.at(name)));
  return out;
}

// Groups of about equal size by score, observed by Kaplan-Meier; members of a tie stay together.
Json groups_json(const Cohort& cohort, const std::vector<double>& risk) {
  Json out = Json::array();
  std::vector<std::size_t> order(risk.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    if (risk[a] != risk[b]) return risk[a] < risk[b];
    if (cohort.time[a] != cohort.time[b]) return cohort.time[a] < cohort.time[b];
    return cohort.state[a] < cohort.state[b];
  });
  const std::size_t wanted = (risk.size() + cohort.groups - 1) / cohort.groups;
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = std::min(from + wanted, order.size());
    while (to < order.size() && risk[order[to]] == risk[order[to - 1]]) ++to;
    std::vector<double> time;
    std::vector<State> state;
    evaluate::Sum sum;
    for (std::size_t k = from; k < to; ++k) {
      time.push_back(cohort.time[order[k]]);
      state.push_back(cohort.state[order[k]]);
      sum.add(risk[order[k]]);
    }
    out.push_back({{"n", to - from},
                   {"predicted", sum.value() / static_cast<double>(to - from)},
                   {"observed", json_of(evaluate::risk_at({time, state}, *cohort.horizon).risk)}});
    from = to;
  }
  return out;
}

Json score_json(const Cohort& cohort, const std::string& name) {
  const auto& score = cohort.scores.at(name);
  const auto follow = cohort.follow();
  const bool probabilities = std::all_of(score.begin(), score.end(), [](double p) { return p >= 0 && p <= 1; });
  Json out{{"harrell_c", json_of(evaluate::harrell_c(follow, score))},
           {"uno_c", cohort.horizon ? json_of(evaluate::uno_c(follow, score, *cohort.horizon))
                                    : json_of(no_horizon("Uno's C: weights grow without limit"))},
           {"decision_curve", Json::array()},
           {"groups", Json::array()}};
  const auto predictor = cohort.risks ? evaluate::linear_predictor(score) : score;
  const auto reason = probabilities ? Reason::score_zero_or_one : Reason::scores_not_probability;
  out["slope"] = json_of(predictor.empty() && !score.empty() ? evaluate::undefined(reason, "Cox regression")
                                                             : evaluate::cox_slope(follow, predictor));
  const auto risk_only = [&](const char* method, auto measure) {
    if (!cohort.horizon) return json_of(no_horizon(method));
    if (!cohort.risks) return json_of(evaluate::undefined(Reason::scores_not_probability, method));
    return json_of(measure());
  };
  out["auc_t"] = cohort.horizon ? json_of(evaluate::auc_at(follow, score, *cohort.horizon))
                                : json_of(no_horizon("cumulative/dynamic AUC"));
  out["brier_t"] = risk_only("Brier score", [&] { return evaluate::brier_at(follow, score, *cohort.horizon); });
  out["o_e"] =
      risk_only("observed / expected", [&] { return evaluate::observed_expected_at(follow, score, *cohort.horizon); });
  if (!cohort.horizon || !cohort.risks) return out;
  for (const auto& point : evaluate::survival_decision(follow, score, *cohort.horizon, cohort.thresholds)) {
    out["decision_curve"].push_back({{"threshold", point.threshold},
                                     {"positive", point.positive},
                                     {"model", json_of(point.model)},
                                     {"treat_all", json_of(point.treat_all)},
                                     {"treat_none", 0}});
  }
  if (probabilities) out["groups"] = groups_json(cohort, score);
  return out;
}

Result<Answer> run_survival(const Call& call, const Context&) {
  NARU_ASSIGN(const auto cohort, read_cohort(call));
  std::uint64_t events = 0;
  std::uint64_t competing = 0;
  for (const auto state : cohort.state) {
    events += state == State::event ? 1 : 0;
    competing += state == State::competing ? 1 : 0;
  }
  Json out{{"n", cohort.time.size()},
           {"events", events},
           {"competing", competing},
           {"horizon", json_of(cohort.horizon)},
           {"scale", cohort.risks ? "risk" : "lp"},
           {"observed", cohort.horizon ? json_of(evaluate::risk_at(cohort.follow(), *cohort.horizon).risk)
                                       : json_of(no_horizon("Kaplan-Meier"))},
           {"scores", Json::object()},
           {"reasons", evaluate::reasons_json()}};
  Answer answer;
  answer.text =
      say("{} rows, {} events, {} competing", "{}행, 사건 {}건, 경쟁 사건 {}건", cohort.time.size(), events, competing);
  for (const auto& name : cohort.names) {
    out["scores"][name] = score_json(cohort, name);
    const auto& at = out["scores"][name];
    const auto line =
        fmt::format("\n{:<20} C {}  Uno {}  AUC(t) {}  O:E {}  slope {}", name, line_of(at.at("harrell_c")),
                    line_of(at.at("uno_c")), line_of(at.at("auc_t")), line_of(at.at("o_e")), line_of(at.at("slope")));
    answer.text.en += line;
    answer.text.ko += line;
  }
  answer.json = canonical(out);
  return answer;
}

}  // namespace

std::vector<Command> evaluate_survival_commands() {
  return {
      {"evaluate survival",
       say("concordance, AUC at a time, calibration and net benefit of risks over time, with intervals",
           "추적 자료의 일치도, 시점 AUC, 보정, 순이익을 구간과 함께 계산합니다"),
       {file_option(),
        encoding_option(),
        {"--time", "COL", say("time to the event or the end of follow-up", "사건 또는 추적 종료까지의 시간 열"), true},
        {"--event", "COL", say("state column: 1 event, 0 censored", "상태 열(1 사건, 0 중도절단)"), true},
        {"--score", "COL",
         say("predicted risk at the horizon, or linear predictor", "시점의 예측 위험 또는 선형예측값 열"), true, true},
        {"--event-value", "V", say("state that is the event", "사건을 뜻하는 값")},
        {"--censored-value", "V",
         say("state that is censored; all others compete", "중도절단을 뜻하는 값(나머지는 경쟁 사건)")},
        {"--horizon", "T", say("time the risk is about", "위험의 예측 시점")},
        {"--scale", "S", say("risk or lp (linear predictor)", "risk 또는 lp(선형예측값)"), false, false, "risk"},
        {"--threshold", "P", say("risk at which one would act", "조치하는 위험의 임계값"), false, true},
        {"--groups", "N", say("groups of the calibration table", "보정 표의 집단 수"), false, false, "10"},
        threads_option()},
       run_survival}};
}

}  // namespace naru::cli
