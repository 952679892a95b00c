// What a solution changes for patients: one command over all designs, and the power of each.
#include "evaluate/impact.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "base/json.h"
#include "cli/commands/evaluate.h"
#include "evaluate/estimate_json.h"
#include "evaluate/impact_power.h"
#include "evidence/checklist.h"

namespace naru::cli {
namespace {

using evaluate::Impact;

Json impact_json(const Impact& impact) {
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json out{{"design", impact.design}, {"n", impact.rows}, {"facts", impact.facts}, {"lists", impact.lists}};
  out["estimates"] = Json::object();
  for (const auto& figure : impact.estimates) {
    auto one = evaluate::json_of(figure.value);
    one["p"] = number(figure.p);
    out["estimates"][figure.id] = std::move(one);
  }
  out["primary"] = impact.estimates.front().id;
  out["warnings"] = Json::array();
  for (const auto& warning : impact.warnings) {
    out["warnings"].push_back({{"code", warning.code}, {"text", {{"en", warning.text.en}, {"ko", warning.text.ko}}}});
  }
  out["series"] = Json::array();
  for (const auto& point : impact.series) {
    Json one{{"at", point.at},
             {"observed", number(point.observed)},
             {"fitted", number(point.fitted)},
             {"counterfactual", number(point.counterfactual)}};
    if (point.ci95) one["ci95"] = {point.ci95->lo, point.ci95->hi};
    if (!point.label.empty()) one["label"] = point.label;
    out["series"].push_back(std::move(one));
  }
  out["reasons"] = evaluate::reasons_json();
  return out;
}

Text impact_text(const Impact& impact) {
  auto out = say("{}: {} rows", "{}: {}행", impact.design, impact.rows);
  for (const auto& figure : impact.estimates) {
    auto line = fmt::format("\n{:<32} ", figure.id);
    if (!figure.value.estimate) {
      const auto why = evaluate::explain(figure.value.reason);
      out.en += line + why.en;
      out.ko += line + why.ko;
      continue;
    }
    line += fmt::format("{:.4f}", *figure.value.estimate);
    if (figure.value.ci95) line += fmt::format(" ({:.4f} to {:.4f})", figure.value.ci95->lo, figure.value.ci95->hi);
    if (figure.p) line += fmt::format("  p {:.3g}", *figure.p);
    line += "  " + figure.value.method;
    out.en += line;
    out.ko += line;
  }
  for (const auto& warning : impact.warnings) {
    out.en += "\n! " + warning.text.en;
    out.ko += "\n! " + warning.text.ko;
  }
  return out;
}

// Options that name columns, and what was read of them.
class Asked {
 public:
  static Result<Asked> read(const Call& call, std::initializer_list<const char*> numbers,
                            std::initializer_list<const char*> texts, bool flag) {
    evaluation::Wanted wanted;
    wanted.encoding = call.text("--encoding");
    for (const char* option : numbers) {
      if (call.has(option)) wanted.numbers.insert(call.text(option));
    }
    for (const char* option : texts) {
      if (call.has(option)) wanted.texts.insert(call.text(option));
    }
    if (flag) {
      wanted.label = call.text("--treated");
      wanted.positive = call.text("--treated-value");
    }
    Asked out;
    out.call_ = &call;
    auto table = evaluation::read_table(call.text("FILE"), wanted, 0);
    if (!table.ok() && flag && table.error().where.find("column " + wanted.label + ",") != std::string::npos) {
      auto error = table.error();
      error.hint = say("name the value that means 'with the solution' with --treated-value",
                       "'솔루션 사용'을 뜻하는 값을 --treated-value로 지정하세요");
      return error;
    }
    NARU_ASSIGN(out.table_, std::move(table));
    return out;
  }
  [[nodiscard]] const std::vector<double>& number(const char* option) const {
    static const std::vector<double> none;
    return call_->has(option) ? table_.numbers.at(call_->text(option)) : none;
  }
  [[nodiscard]] const std::vector<std::string>& text(const char* option) const {
    static const std::vector<std::string> none;
    return call_->has(option) ? table_.texts.at(call_->text(option)) : none;
  }
  [[nodiscard]] const std::vector<std::uint8_t>& treated() const { return table_.label; }

 private:
  const Call* call_ = nullptr;
  evaluation::Table table_;
};

Done need(const Call& call, std::initializer_list<const char*> options) {
  for (const char* option : options) {
    if (!call.has(option)) {
      return usage_error(
          say("{} is needed for --design {}", "--design {1}에는 {0}이(가) 필요합니다", option, call.text("--design")),
          option);
    }
  }
  return {};
}

Result<Impact> series(const Call& call) {
  NARU_CHECK(need(call, {"--outcome", "--time", "--treated"}));
  NARU_ASSIGN(const auto table,
              Asked::read(call, {"--outcome", "--time", "--treated", "--offset", "--season"}, {}, false));
  NARU_ASSIGN(const auto harmonics, call.integer("--harmonics", 0, 12));
  NARU_ASSIGN(const auto period, call.number("--points-per-year"));
  NARU_ASSIGN(const auto lags, call.integer("--acf-lags", 1, 1000));
  if (!(period > 0)) return usage_error(say("must be above 0", "0보다 커야 합니다"), "--points-per-year");
  return evaluate::analyse_series({table.number("--outcome"), table.number("--time"), table.number("--treated"),
                                   table.number("--offset"), table.number("--season"), period,
                                   static_cast<std::size_t>(harmonics), call.has("--slope"), !call.has("--poisson"),
                                   static_cast<std::size_t>(lags)});
}

Result<Impact> trial(const Call& call) {
  NARU_CHECK(need(call, {"--outcome", "--treated"}));
  NARU_ASSIGN(const auto table, Asked::read(call, {"--outcome"}, {"--cluster", "--stratum"}, true));
  return evaluate::analyse_trial(
      {table.number("--outcome"), table.treated(), table.text("--cluster"), table.text("--stratum")});
}

Result<Impact> stepped_wedge(const Call& call) {
  NARU_CHECK(need(call, {"--outcome", "--treated", "--cluster", "--time"}));
  NARU_ASSIGN(const auto table, Asked::read(call, {"--outcome", "--time"}, {"--cluster"}, true));
  return evaluate::analyse_stepped_wedge(
      {table.number("--outcome"), table.treated(), table.text("--cluster"), table.number("--time")});
}

Result<Impact> difference(const Call& call) {
  NARU_CHECK(need(call, {"--outcome", "--treated", "--unit", "--time"}));
  NARU_ASSIGN(const auto table, Asked::read(call, {"--outcome", "--time"}, {"--unit", "--cluster"}, true));
  NARU_ASSIGN(const auto leads, call.integer("--leads", 1, 1000));
  NARU_ASSIGN(const auto lags, call.integer("--lags", 0, 1000));
  return evaluate::analyse_difference({table.number("--outcome"), table.treated(), table.text("--unit"),
                                       table.number("--time"), table.text("--cluster"), static_cast<std::size_t>(leads),
                                       static_cast<std::size_t>(lags)});
}

Result<Impact> before_after(const Call& call) {
  NARU_CHECK(need(call, {"--outcome", "--treated"}));
  NARU_ASSIGN(const auto table, Asked::read(call, {"--outcome", "--time"}, {"--unit"}, true));
  return evaluate::analyse_before_after(
      {table.number("--outcome"), table.treated(), table.number("--time"), table.text("--unit")});
}

Result<Impact> analyse(const Call& call) {
  static const std::map<std::string, Result<Impact> (*)(const Call&)> designs{{"its", series},
                                                                              {"trial", trial},
                                                                              {"stepped-wedge", stepped_wedge},
                                                                              {"did", difference},
                                                                              {"before-after", before_after}};
  const auto found = designs.find(call.text("--design"));
  if (found != designs.end()) return found->second(call);
  return usage_error(
      say("unknown design '{}'", "알 수 없는 설계 '{}'", call.text("--design")), "--design",
      say("trial, stepped-wedge, its, did or before-after", "trial, stepped-wedge, its, did, before-after 중 하나"));
}

// A protocol (YAML): which parts of the trial one would have run are stated, with how the data stand in for each.
Result<Answer> target_trial(const Call& call) {
  NARU_ASSIGN(const auto protocol, read_yaml(call.text("FILE")));
  NARU_ASSIGN(const auto reader, Reader::of(protocol, call.text("FILE")));
  NARU_CHECK(reader.only({"title", "eligibility", "strategies", "assignment", "time_zero", "follow_up", "outcome",
                          "contrast", "analysis", "checks"}));
  NARU_ASSIGN(const auto list, evidence::checklist("target-trial"));
  Json out{
      {"design", "target-trial"}, {"checklist", evidence::answered(list, protocol, {})}, {"warnings", Json::array()}};
  const auto warn = [&](const char* code, const Text& text) {
    out["warnings"].push_back({{"code", code}, {"text", {{"en", text.en}, {"ko", text.ko}}}});
  };
  // Eligibility, assignment and follow-up must begin together: else somebody had to survive to be counted.
  const auto zero = protocol.value("time_zero", Json::object());
  const std::array<std::string, 3> starts{"eligibility_at", "assignment_at", "follow_up_at"};
  const bool stated = std::all_of(starts.begin(), starts.end(), [&](const auto& key) { return zero.contains(key); });
  if (!stated) {
    warn("time_zero_open",
         say("time_zero states no eligibility_at, assignment_at and follow_up_at: immortal time cannot be ruled out",
             "time_zero에 eligibility_at, assignment_at, follow_up_at이 없어 불멸시간을 배제할 수 없습니다"));
  } else if (zero.at(starts[0]) != zero.at(starts[1]) || zero.at(starts[1]) != zero.at(starts[2])) {
    warn("immortal_time", say("eligibility, assignment and follow-up do not start at the same moment: immortal time",
                              "적격, 배정, 추적이 같은 순간에 시작되지 않습니다(불멸시간)"));
  }
  const auto open = out.at("checklist").at("open").get<int>();
  Answer answer;
  answer.json = canonical(out);
  answer.text = say("target trial: {} of {} items answered", "목표시험: 항목 {1}개 중 {0}개 응답",
                    list.items.size() - static_cast<std::size_t>(open), list.items.size());
  for (const auto& item : out.at("checklist").at("items")) {
    if (item.at("state") != "open") continue;
    answer.text.en += "\n? " + item.at("text").at("en").get<std::string>();
    answer.text.ko += "\n? " + item.at("text").at("ko").get<std::string>();
  }
  for (const auto& warning : out.at("warnings")) {
    answer.text.en += "\n! " + warning.at("text").at("en").get<std::string>();
    answer.text.ko += "\n! " + warning.at("text").at("ko").get<std::string>();
  }
  return answer;
}

Result<Answer> run_impact(const Call& call, const Context&) {
  if (call.text("--design") == "target-trial") return target_trial(call);
  NARU_ASSIGN(const auto impact, analyse(call));
  Answer answer;
  answer.json = canonical(impact_json(impact));
  answer.text = impact_text(impact);
  return answer;
}

Result<Answer> run_power(const Call& call, const Context&) {
  evaluate::PowerInput input;
  input.design = call.text("--design");
  for (const auto& given : call.texts("--set")) {
    const auto split = given.find('=');
    double value = 0;
    const char* end = given.data() + given.size();
    const auto read = split == std::string::npos ? std::from_chars_result{end, std::errc::invalid_argument}
                                                 : std::from_chars(given.data() + split + 1, end, value);
    if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) {
      return usage_error(say("write NAME=NUMBER", "이름=숫자로 쓰세요"), "--set " + given);
    }
    if (!input.values.emplace(given.substr(0, split), value).second) {
      return usage_error(say("given twice", "두 번 지정했습니다"), "--set " + given);
    }
  }
  if (call.has("--power")) {
    NARU_ASSIGN(input.wanted, call.number("--power"));
  }
  NARU_ASSIGN(const auto power, evaluate::impact_power(input));
  Json out{{"design", input.design}, {"given", input.values}, {"effect", power.effect},
           {"se", power.se},         {"power", power.power},  {"grows", power.grows}};
  if (input.wanted) {
    out["wanted"] = *input.wanted;
    out["needed"] = power.needed ? Json(*power.needed) : Json(nullptr);
    if (!power.needed) out["reason"] = "out_of_reach";
  }
  Answer answer;
  answer.json = canonical(out);
  answer.text = say("power {:.4f} (effect {:.6g}, standard error {:.6g})",
                    "검정력 {:.4f}(효과 {:.6g}, 표준오차 {:.6g})", power.power, power.effect, power.se);
  if (input.wanted) {
    const auto line =
        power.needed
            ? say("\npower {} needs {} = {}", "\n검정력 {}에는 {} = {} 필요", *input.wanted, power.grows, *power.needed)
            : say("\nno size reaches power {}: the other figures limit it",
                  "\n검정력 {}에 이르는 크기가 없습니다. 다른 값이 한계를 정합니다", *input.wanted);
    answer.text.en += line.en;
    answer.text.ko += line.ko;
  }
  return answer;
}

}  // namespace

std::vector<Command> evaluate_impact_commands() {
  const Option design{
      "--design", "D",
      say("trial, stepped-wedge, its, did or before-after", "trial, stepped-wedge, its, did, before-after 중 하나"),
      true};
  return {
      {"evaluate impact",
       say("the effect of a solution under a study design, with its intervals and warnings",
           "연구 설계에 따른 솔루션의 효과를 구간, 경고와 함께 계산합니다"),
       {evaluation::file_option(),
        evaluation::encoding_option(),
        design,
        {"--outcome", "COL", say("0/1 events, numbers, or counts (its)", "결과: 0/1 사건, 숫자, 건수(its)")},
        {"--treated", "COL", say("1 with the solution (arm, after, adopted), else 0", "솔루션 사용 1, 아니면 0")},
        {"--treated-value", "V", say("value of that column that means 1", "그 열에서 1을 뜻하는 값")},
        {"--cluster", "COL", say("ward, hospital … that was randomised or treated together", "함께 배정된 군집")},
        {"--stratum", "COL", say("trial: strata of the randomisation", "trial: 배정 층")},
        {"--unit", "COL", say("did: unit; before-after: person", "did: 단위, before-after: 사람")},
        {"--time", "COL", say("period or time point (number)", "기간 또는 시점(숫자)")},
        {"--offset", "COL", say("its: persons at risk", "its: 위험 인구")},
        {"--season", "COL", say("its: place in the year; time itself otherwise", "its: 연중 위치(기본: 시점)")},
        {"--points-per-year", "N", say("its: length of the season", "its: 계절의 길이"), false, false, "12"},
        {"--harmonics", "K", say("its: pairs of sine and cosine", "its: 사인·코사인 쌍"), false, false, "0"},
        {"--slope", "", say("its: the trend may change too", "its: 추세 변화도 추정")},
        {"--poisson", "", say("its: dispersion 1 instead of Pearson's", "its: 과산포를 1로 고정")},
        {"--acf-lags", "N", say("its: lags of the residual autocorrelation", "its: 잔차 자기상관 시차"), false, false,
         "12"},
        {"--leads", "N", say("did: event times before adoption", "did: 도입 전 시점 수"), false, false, "4"},
        {"--lags", "N", say("did: event times after adoption", "did: 도입 후 시점 수"), false, false, "8"}},
       run_impact},
      {"evaluate power",
       say("how likely a design is to show an effect, and the size it needs",
           "설계가 효과를 보일 확률과 필요한 크기를 계산합니다"),
       {design,
        {"--set", "NAME=X",
         say("a figure of the study: p0, p1, effect, sd, n, n_after, clusters, comparison_clusters, periods, size, "
             "size_cv, icc, cluster_autocorrelation, ratio, count, before, after, dispersion, autocorrelation",
             "연구의 값: p0, p1, effect, sd, n, n_after, clusters, comparison_clusters, periods, size, size_cv, icc, "
             "cluster_autocorrelation, ratio, count, before, after, dispersion, autocorrelation"),
         true, true},
        {"--power", "P", say("also the smallest size with this power", "이 검정력에 필요한 최소 크기도 계산")}},
       run_power}};
}

}  // namespace naru::cli
