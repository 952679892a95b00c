// Statistics of a file of scores: read, compute, print.
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/json.h"
#include "cli/commands/evaluate_study.h"
#include "evaluate/estimate_json.h"
#include "evaluate/pooling.h"

namespace naru::cli {
namespace {

using namespace evaluation;
using evaluate::Direction;

Result<Json> sites_json(const Study& study, const std::string& column, Json& pooled) {
  NARU_ASSIGN(const auto splits, split_by(study, column));
  Json out = Json::array();
  for (const auto& split : splits) {
    auto one = split_json(study, split);
    one["site"] = split.value;
    out.push_back(std::move(one));
  }
  for (const auto& name : study.names) {
    std::vector<evaluate::Estimate> areas;
    std::vector<evaluate::Estimate> ratios;
    for (const auto& split : splits) {
      areas.push_back(evaluate::auroc(split.levels.at(name)));
      ratios.push_back(evaluate::observed_expected(split.levels.at(name)));
    }
    pooled[name] = {{"auroc", json_of(evaluate::pool_auroc(areas))},
                    {"o_e", json_of(evaluate::pool_observed_expected(ratios))}};
  }
  return out;
}

Text people_text(const Json& answer) {
  auto out = say("{} rows, {} events", "{}행, 사건 {}건", answer.at("n").get<std::uint64_t>(),
                 answer.at("events").get<std::uint64_t>());
  for (const auto& [name, score] : answer.at("scores").items()) {
    const auto& calibration = score.at("calibration");
    const auto line =
        fmt::format("\n{:<20} AUROC {}  Brier {}  slope {}  O:E {}", name, line_of(score.at("auroc")),
                    line_of(score.at("brier")), line_of(calibration.at("slope")), line_of(calibration.at("o_e")));
    out.en += line;
    out.ko += line;
  }
  return out;
}

Result<PartialRange> partial_of(const Call& call) {
  PartialRange out{evaluate::Axis::specificity, 0.9, 1.0};
  if (!call.has("--partial")) return out;
  const auto text = call.text("--partial");
  const auto colon = text.find(':');
  const auto second = text.find(':', colon == std::string::npos ? colon : colon + 1);
  if (second == std::string::npos || (!text.starts_with("specificity:") && !text.starts_with("sensitivity:"))) {
    return usage_error(say("wanted: specificity:FROM:TO or sensitivity:FROM:TO",
                           "specificity:FROM:TO 또는 sensitivity:FROM:TO 형식이어야 합니다"),
                       "--partial " + text);
  }
  out.axis = text.starts_with("specificity") ? evaluate::Axis::specificity : evaluate::Axis::sensitivity;
  out.from = std::strtod(text.c_str() + colon + 1, nullptr);
  out.to = std::strtod(text.c_str() + second + 1, nullptr);
  if (!(out.from >= 0 && out.from < out.to && out.to <= 1)) {
    return usage_error(say("the range is not within 0 and 1", "범위가 0과 1 사이가 아닙니다"), "--partial " + text);
  }
  return out;
}

Done read_words(const Call& call, Study& study) {
  study.names = call.texts("--score");
  if (std::set<std::string>(study.names.begin(), study.names.end()).size() != study.names.size()) {
    return usage_error(say("a score is named twice", "같은 점수를 두 번 지정했습니다"), "--score");
  }
  const auto direction = call.text("--direction");
  if (direction != "higher" && direction != "lower") {
    return usage_error(say("--direction is higher or lower", "--direction은 higher 또는 lower입니다"), "--direction");
  }
  study.direction = direction == "higher" ? Direction::higher : Direction::lower;
  NARU_ASSIGN(study.thresholds, numbers_of(call, "--threshold"));
  NARU_ASSIGN(study.partial, partial_of(call));
  const auto smoother = evaluate::smoother_named(call.text("--smoother"));
  if (!smoother) {
    return usage_error(
        say("--smoother is loess, lowess or logistic", "--smoother는 loess, lowess, logistic 중 하나입니다"),
        "--smoother");
  }
  study.smoother = *smoother;
  NARU_ASSIGN(const auto groups, call.integer("--groups", 2, 1000));
  study.calibration_groups = static_cast<std::size_t>(groups);
  study.unpaired = call.has("--unpaired");
  NARU_ASSIGN(const auto replicates, call.integer("--bootstrap", 0, 1'000'000));
  study.replicates = static_cast<std::size_t>(replicates);
  NARU_ASSIGN(const auto seed, call.integer("--seed", 0, std::numeric_limits<std::int64_t>::max()));
  study.seed = static_cast<std::uint64_t>(seed);
  if (call.has("--prevalence")) {
    NARU_ASSIGN(const auto prevalence, call.number("--prevalence"));
    if (!(prevalence > 0 && prevalence < 1)) {
      return usage_error(say("a prevalence lies between 0 and 1", "유병률은 0과 1 사이입니다"), "--prevalence");
    }
    study.prevalence = prevalence;
  }
  return {};
}

// Scores go to the grid before anything is computed.
Done put_on_grid(const Call& call, Study& study) {
  if (!call.has("--grid")) return {};
  NARU_ASSIGN(const auto grid, call.integer("--grid", 1, 1'000'000'000));
  for (auto& [name, scores] : study.scores) {
    for (std::size_t row = 0; row < scores.size(); ++row) {
      if (!(scores[row] >= 0 && scores[row] <= 1)) {
        return rejected(say("a grid needs scores from 0 to 1", "격자에는 0과 1 사이의 점수가 필요합니다"),
                        fmt::format("column {}, row {}", name, row + 1));
      }
      scores[row] = static_cast<double>(evaluate::grid_bin(scores[row], grid)) / static_cast<double>(grid);
    }
  }
  return {};
}

// Complete rows stay; the rows as they were are kept for the analysis of what is missing.
void set_missing_apart(Study& study) {
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < study.label.size(); ++row) {
    bool complete = study.label[row] != no_label;
    for (const auto& name : study.names) complete = complete && !std::isnan(study.scores.at(name)[row]);
    if (complete) kept.push_back(row);
  }
  study.missing_scores = study.scores;
  study.missing_labels = study.label;
  const auto keep = [&](auto& column) {
    std::remove_reference_t<decltype(column)> out;
    out.reserve(kept.size());
    for (const auto row : kept) out.push_back(std::move(column[row]));
    column = std::move(out);
  };
  keep(study.label);
  for (auto& [name, column] : study.scores) keep(column);
  for (auto& [name, column] : study.groups) keep(column);
}

void number_clusters(Study& study, const std::vector<std::string>& names) {
  std::map<std::string, std::uint32_t> numbers;
  for (const auto& name : names) numbers.emplace(name, 0);
  // By name, so that the order of rows does not matter.
  for (auto& [name, number] : numbers) number = study.clusters++;
  for (const auto& name : names) study.cluster.push_back(numbers.at(name));
}

Result<Study> read_study(const Call& call) {
  Study study;
  NARU_CHECK(read_words(call, study));
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  study.threads = static_cast<unsigned>(threads);
  const auto missing = call.text("--missing");
  if (missing != "refuse" && missing != "report") {
    return usage_error(say("--missing is refuse or report", "--missing은 refuse 또는 report입니다"), "--missing");
  }
  if (call.has("--cluster") && study.replicates == 0) {
    return usage_error(say("--cluster needs --bootstrap", "--cluster에는 --bootstrap이 필요합니다"), "--cluster");
  }
  Wanted wanted;
  wanted.encoding = call.text("--encoding");
  wanted.missing = missing == "report";
  if (call.has("--cluster")) wanted.texts.insert(call.text("--cluster"));
  wanted.numbers.insert(study.names.begin(), study.names.end());
  wanted.label = call.text("--label");
  wanted.positive = call.text("--positive");
  for (const auto& column : call.texts("--subgroup")) wanted.texts.insert(column);
  if (call.has("--site")) wanted.texts.insert(call.text("--site"));
  NARU_ASSIGN(auto table, read_table(call.text("FILE"), wanted, static_cast<unsigned>(threads)));
  study.label = std::move(table.label);
  study.scores = std::move(table.numbers);
  study.groups = std::move(table.texts);
  if (wanted.missing) set_missing_apart(study);
  if (call.has("--cluster")) number_clusters(study, study.groups.at(call.text("--cluster")));
  NARU_CHECK(put_on_grid(call, study));
  return study;
}

Result<Answer> run_scores(const Call& call, const Context&) {
  NARU_ASSIGN(const auto study, read_study(call));
  std::uint64_t events = 0;
  for (const auto label : study.label) events += label;
  Json out{{"n", study.label.size()},
           {"events", events},
           {"scores", Json::object()},
           {"subgroups", Json::array()},
           {"fairness", Json::array()},
           {"sites", Json::array()},
           {"pooled", Json::object()},
           {"direction", study.direction == Direction::higher ? "higher" : "lower"},
           {"reasons", evaluate::reasons_json()}};
  for (const auto& name : study.names) {
    NARU_ASSIGN(out["scores"][name], score_json(study, name));
    if (study.replicates > 0) {
      NARU_ASSIGN(out["scores"][name]["bootstrap"], bootstrap_json(study, name));
    }
    if (!study.missing_labels.empty()) {
      NARU_ASSIGN(out["missing"][name], missing_json(study, name));
    }
  }
  NARU_ASSIGN(out["comparisons"], comparisons_json(study));
  if (study.names.size() > 2 && !study.unpaired) {
    NARU_ASSIGN(out["contrast"], contrast_json(study));
  }
  for (const auto& column : call.texts("--subgroup")) {
    NARU_ASSIGN(const auto splits, split_by(study, column));
    NARU_ASSIGN(const auto fair, fairness_of(study, column, splits));
    for (const auto& one : fair) out["fairness"].push_back(one);
    for (const auto& split : splits) {
      auto one = split_json(study, split);
      one["column"] = column;
      one["value"] = split.value;
      out["subgroups"].push_back(std::move(one));
    }
  }
  if (call.has("--site")) {
    NARU_ASSIGN(out["sites"], sites_json(study, call.text("--site"), out["pooled"]));
  }
  Answer answer;
  answer.json = canonical(out);
  answer.text = people_text(out);
  return answer;
}

}  // namespace

std::vector<Command> evaluate_scores_commands() {
  return {
      {"evaluate scores",
       say("AUROC, calibration, net benefit and more, each with its interval or the reason for none",
           "AUROC, 보정, 순이익 등을 구간 또는 사유와 함께 계산합니다"),
       {file_option(),
        encoding_option(),
        {"--label", "COL", say("outcome column", "결과 열"), true},
        {"--score", "COL", say("score column; several are compared", "점수 열(여럿이면 비교)"), true, true},
        {"--positive", "V", say("label value that means the event", "사건을 뜻하는 라벨 값")},
        {"--direction", "D", say("higher or lower scores speak for the event", "사건을 가리키는 방향(higher, lower)"),
         false, false, "higher"},
        {"--threshold", "T", say("positive means score at or beyond it", "이 값 이상이면 양성"), false, true},
        {"--prevalence", "P",
         say("case-control sample: rate in the population, for net benefit",
             "환자-대조군 표본일 때 모집단의 비율(순이익용)")},
        {"--partial", "AXIS:FROM:TO",
         say("part of the ROC curve (default specificity:0.9:1)", "ROC 곡선의 일부(기본 specificity:0.9:1)")},
        {"--smoother", "S", say("for ICI: loess, lowess or logistic", "ICI의 평활법: loess, lowess, logistic"), false,
         false, "loess"},
        {"--groups", "N", say("groups of calibration tables and tests", "보정 표와 검정의 집단 수"), false, false,
         "10"},
        {"--grid", "G", say("round scores half to even to k/G first", "먼저 점수를 k/G로 반올림(짝수 쪽)합니다")},
        {"--unpaired", "", say("compare scores as if of different persons", "서로 다른 사람의 점수처럼 비교합니다")},
        {"--subgroup", "COL", say("figures per value of the column", "열의 값별로 계산"), false, true},
        {"--site", "COL", say("figures per site and their random-effects mean", "기관별 계산과 변량효과 평균")},
        {"--bootstrap", "N",
         say("samples, for percentile intervals of every measure", "부트스트랩 표본 수(모든 지표의 백분위 구간)"),
         false, false, "0"},
        {"--seed", "N", say("of the samples", "부트스트랩의 난수 씨앗"), false, false, "1"},
        {"--cluster", "COL", say("resample whole clusters, e.g. patients", "군집(예: 환자) 단위로 재표집합니다")},
        {"--missing", "HOW",
         say("refuse empty cells, or report what they could change", "빈 칸을 거부(refuse)하거나 영향을 보고(report)"),
         false, false, "refuse"},
        threads_option()},
       run_scores}};
}

}  // namespace naru::cli
