// Statistics of a file of scores: read, compute, print. The figures are exact; rounding is the output gate's work.
#include "evaluate/calibration.h"
#include "evaluate/decision.h"
#include "evaluate/discrimination.h"

#include <map>
#include <set>

#include "base/json.h"
#include "cli/command.h"
#include "engine/archive.h"
#include "engine/database.h"
#include "evaluate/estimate_json.h"
#include "evaluate/pooling.h"

namespace naru::cli {
namespace {

using evaluate::Direction;
using evaluate::Levels;

// The asked columns of a CSV or Parquet file, in file order.
struct Columns {
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::vector<std::string>> texts;
  std::size_t rows = 0;
};

Error bad_cell(const std::string& file, const std::string& column, std::size_t row, const Text& what) {
  return rejected(what, fmt::format("{}, column {}, row {}", file, column, row + 1),
                  say("rows are counted from 1, without the header", "행은 머리글을 빼고 1부터 셉니다"));
}

Result<Columns> read_columns(const std::string& file, const std::set<std::string>& numbers,
                             const std::set<std::string>& texts, unsigned threads) {
  const ScratchFolder scratch("evaluate");
  NARU_ASSIGN(const auto members, engine::extract(file, scratch.path()));
  if (members.size() != 1) {
    return rejected(
        say("one table is wanted, this holds {} files", "표 하나가 필요한데 파일이 {}개 있습니다", members.size()),
        file);
  }
  const auto path = fs::absolute(members.front().path);
  engine::DatabaseOptions options;
  options.allowed_folders = {path.parent_path()};
  options.threads = threads;
  NARU_ASSIGN(auto database, engine::Database::open(options));
  const auto relation = members.front().name.ends_with(".parquet")
                            ? engine::parquet(path)
                            : "read_csv(" + engine::literal(path.string()) + ", all_varchar=true, strict_mode=true)";
  NARU_ASSIGN(const auto described, database.describe(relation));
  std::set<std::string> present;
  for (const auto& [name, type] : described) present.insert(name);
  std::string select;
  std::vector<std::string> asked(numbers.begin(), numbers.end());
  asked.insert(asked.end(), texts.begin(), texts.end());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!present.contains(asked[i])) {
      return rejected(say("there is no column '{}'", "'{}' 열이 없습니다", asked[i]), file);
    }
    select += fmt::format("{}TRY_CAST({} AS {})", i == 0 ? "" : ", ", engine::quoted(asked[i]),
                          i < numbers.size() ? "DOUBLE" : "VARCHAR");
  }
  NARU_ASSIGN(auto rows, database.query("SELECT " + select + " FROM " + relation, {}, 500'000'000));
  Columns out;
  out.rows = rows.count;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    for (std::size_t row = 0; row < rows.count; ++row) {
      if (rows.is_null(i, row)) {
        return bad_cell(file, asked[i], row,
                        i < numbers.size() ? say("not a number", "숫자가 아닙니다") : say("empty cell", "빈 칸입니다"));
      }
    }
    if (i < numbers.size()) {
      out.numbers[asked[i]] = std::move(rows.columns[i].reals);
    } else {
      out.texts[asked[i]] = std::move(rows.columns[i].texts);
    }
  }
  return out;
}

Result<std::vector<std::uint8_t>> labels_of(const std::string& file, const std::string& column,
                                            const std::vector<std::string>& texts, const std::string& positive) {
  static const std::map<std::string, std::uint8_t> usual{{"0", 0},     {"1", 1},    {"0.0", 0},   {"1.0", 1},
                                                         {"false", 0}, {"true", 1}, {"False", 0}, {"True", 1}};
  std::vector<std::uint8_t> out;
  out.reserve(texts.size());
  std::set<std::string> seen;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    if (!positive.empty()) {
      out.push_back(texts[row] == positive ? 1 : 0);
      seen.insert(texts[row]);
      if (seen.size() > 2) {
        return bad_cell(file, column, row, say("a third label value", "세 번째 라벨 값입니다"));
      }
      continue;
    }
    const auto found = usual.find(texts[row]);
    if (found == usual.end()) {
      auto error = bad_cell(file, column, row, say("a label is not 0 or 1", "라벨이 0 또는 1이 아닙니다"));
      error.hint = say("name the positive value with --positive", "--positive로 양성 값을 지정하세요");
      return error;
    }
    out.push_back(found->second);
  }
  return out;
}

struct Study {
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> scores;
  std::vector<std::uint8_t> label;
  Direction direction = Direction::higher;
  std::vector<double> thresholds;
};

Result<Json> score_json(const Study& study, const std::string& name) {
  const auto& score = study.scores.at(name);
  NARU_ASSIGN(const auto levels, evaluate::levels_of(score, study.label, study.direction));
  const auto distances = evaluate::calibration_distances(levels);
  Json out{{"auroc", json_of(evaluate::auroc(levels))},
           {"auprc",
            {{"average_precision", json_of(evaluate::average_precision(levels))},
             {"trapezoid", json_of(evaluate::auprc_trapezoid(levels))}}},
           {"brier", json_of(evaluate::brier(levels))},
           {"calibration",
            {{"slope", json_of(evaluate::calibration_slope(levels))},
             {"citl", json_of(evaluate::calibration_in_the_large(levels))},
             {"o_e", json_of(evaluate::observed_expected(levels))},
             {"ici", json_of(distances.ici)},
             {"e50", json_of(distances.e50)},
             {"e90", json_of(distances.e90)},
             {"emax", json_of(distances.emax)}}},
           {"thresholds", Json::array()}};
  NARU_ASSIGN(const auto as_given, evaluate::levels_of(score, study.label));
  for (const double threshold : study.thresholds) {
    const auto at = evaluate::at_threshold(as_given, threshold, study.direction);
    out["thresholds"].push_back({{"threshold", threshold},
                                 {"tp", at.tp},
                                 {"fp", at.fp},
                                 {"tn", at.tn},
                                 {"fn", at.fn},
                                 {"sensitivity", json_of(at.sensitivity)},
                                 {"specificity", json_of(at.specificity)},
                                 {"ppv", json_of(at.ppv)},
                                 {"npv", json_of(at.npv)},
                                 {"alerts", json_of(at.alerts)},
                                 {"net_benefit", json_of(at.net_benefit)},
                                 {"treat_all", json_of(at.treat_all)}});
  }
  return out;
}

// Rows of each value of a column, values in ascending order.
struct Split {
  std::string value;
  std::uint64_t n = 0;
  std::uint64_t events = 0;
  std::map<std::string, Levels> levels;
};
Result<std::vector<Split>> split_by(const Study& study, const std::vector<std::string>& by) {
  std::map<std::string, std::vector<std::size_t>> rows;
  for (std::size_t row = 0; row < by.size(); ++row) rows[by[row]].push_back(row);
  std::vector<Split> out;
  for (const auto& [value, places] : rows) {
    Split split;
    split.value = value;
    std::vector<std::uint8_t> label;
    for (const auto row : places) label.push_back(study.label[row]);
    for (const auto& name : study.names) {
      std::vector<double> score;
      for (const auto row : places) score.push_back(study.scores.at(name)[row]);
      NARU_ASSIGN(split.levels[name], evaluate::levels_of(score, label, study.direction));
      split.n = split.levels[name].n();
      split.events = split.levels[name].n_cases;
    }
    out.push_back(std::move(split));
  }
  return out;
}

Json split_json(const Study& study, const Split& split) {
  Json scores = Json::object();
  for (const auto& name : study.names) {
    const auto& levels = split.levels.at(name);
    scores[name] = {{"auroc", json_of(evaluate::auroc(levels))},
                    {"brier", json_of(evaluate::brier(levels))},
                    {"calibration",
                     {{"slope", json_of(evaluate::calibration_slope(levels))},
                      {"citl", json_of(evaluate::calibration_in_the_large(levels))},
                      {"o_e", json_of(evaluate::observed_expected(levels))}}}};
  }
  return {{"n", split.n}, {"events", split.events}, {"scores", scores}};
}

Result<Json> sites_json(const Study& study, const std::vector<std::string>& by, Json& pooled) {
  NARU_ASSIGN(const auto splits, split_by(study, by));
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

Result<Json> comparisons_json(const Study& study) {
  Json out = Json::array();
  for (std::size_t i = 0; i < study.names.size(); ++i) {
    for (std::size_t j = i + 1; j < study.names.size(); ++j) {
      NARU_ASSIGN(const auto comparison,
                  evaluate::compare_paired(study.scores.at(study.names[i]), study.scores.at(study.names[j]),
                                           study.label, study.direction, study.direction));
      auto one = json_of(comparison);
      one["a"] = study.names[i];
      one["b"] = study.names[j];
      out.push_back(std::move(one));
    }
  }
  return out;
}

std::string table_line(const Json& estimate) {
  if (!estimate.at("estimate").is_number()) return "null: " + estimate.value("reason", "");
  auto out = fmt::format("{:.4f}", estimate.at("estimate").get<double>());
  if (estimate.at("ci95").is_array()) {
    out += fmt::format(" ({:.4f} to {:.4f})", estimate.at("ci95").at(0).get<double>(),
                       estimate.at("ci95").at(1).get<double>());
  }
  return out;
}

Text people_text(const Json& answer) {
  auto out = say("{} rows, {} events", "{}행, 사건 {}건", answer.at("n").get<std::uint64_t>(),
                 answer.at("events").get<std::uint64_t>());
  for (const auto& [name, score] : answer.at("scores").items()) {
    const auto& calibration = score.at("calibration");
    const auto line = fmt::format("\n{:<20} AUROC {}  Brier {}  slope {}  O:E {}", name, table_line(score.at("auroc")),
                                  table_line(score.at("brier")), table_line(calibration.at("slope")),
                                  table_line(calibration.at("o_e")));
    out.en += line;
    out.ko += line;
  }
  return out;
}

Result<Study> read_study(const Call& call, std::map<std::string, std::vector<std::string>>& groups) {
  Study study;
  const auto file = call.text("FILE");
  study.names = call.texts("--score");
  const auto direction = call.text("--direction");
  if (direction != "higher" && direction != "lower") {
    return usage_error(say("--direction is higher or lower", "--direction은 higher 또는 lower입니다"), "--direction");
  }
  study.direction = direction == "higher" ? Direction::higher : Direction::lower;
  for (const auto& text : call.texts("--threshold")) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') return usage_error(say("not a number", "숫자가 아닙니다"), "--threshold " + text);
    study.thresholds.push_back(value);
  }
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  const auto label = call.text("--label");
  std::set<std::string> texts{label};
  for (const auto& column : call.texts("--subgroup")) texts.insert(column);
  if (call.has("--site")) texts.insert(call.text("--site"));
  const std::set<std::string> numbers(study.names.begin(), study.names.end());
  if (numbers.size() != study.names.size()) {
    return usage_error(say("a score is named twice", "같은 점수를 두 번 지정했습니다"), "--score");
  }
  NARU_ASSIGN(auto columns, read_columns(file, numbers, texts, static_cast<unsigned>(threads)));
  NARU_ASSIGN(study.label, labels_of(file, label, columns.texts.at(label), call.text("--positive")));
  study.scores = std::move(columns.numbers);
  groups = std::move(columns.texts);
  return study;
}

Result<Answer> run_scores(const Call& call, const Context&) {
  std::map<std::string, std::vector<std::string>> groups;
  NARU_ASSIGN(const auto study, read_study(call, groups));
  Json out{{"n", study.label.size()},
           {"scores", Json::object()},
           {"subgroups", Json::array()},
           {"sites", Json::array()},
           {"pooled", Json::object()},
           {"direction", study.direction == Direction::higher ? "higher" : "lower"},
           {"reasons", evaluate::reasons_json()}};
  std::uint64_t events = 0;
  for (const auto label : study.label) events += label;
  out["events"] = events;
  for (const auto& name : study.names) {
    NARU_ASSIGN(out["scores"][name], score_json(study, name));
  }
  NARU_ASSIGN(out["comparisons"], comparisons_json(study));
  for (const auto& column : call.texts("--subgroup")) {
    NARU_ASSIGN(const auto splits, split_by(study, groups.at(column)));
    for (const auto& split : splits) {
      auto one = split_json(study, split);
      one["column"] = column;
      one["value"] = split.value;
      out["subgroups"].push_back(std::move(one));
    }
  }
  if (call.has("--site")) {
    NARU_ASSIGN(out["sites"], sites_json(study, groups.at(call.text("--site")), out["pooled"]));
  }
  Answer answer;
  answer.json = canonical(out);
  answer.text = people_text(out);
  return answer;
}

Result<Answer> run_meta(const Call& call, const Context&) {
  const auto measure = call.text("--measure");
  if (measure != "auroc" && measure != "oe") {
    return usage_error(say("--measure is auroc or oe", "--measure는 auroc 또는 oe입니다"), "--measure");
  }
  const auto value = call.text("--estimate");
  const auto error = call.text("--se");
  NARU_ASSIGN(auto columns, read_columns(call.text("FILE"), {value, error}, {}, 0));
  std::vector<evaluate::Estimate> sites(columns.rows);
  for (std::size_t row = 0; row < columns.rows; ++row) {
    sites[row].estimate = columns.numbers.at(value)[row];
    sites[row].se = columns.numbers.at(error)[row];
  }
  const auto pooled = measure == "auroc" ? evaluate::pool_auroc(sites) : evaluate::pool_observed_expected(sites);
  Json out{{"measure", measure}, {"rows", columns.rows}, {"pooled", json_of(pooled)}};
  Answer answer;
  answer.json = canonical(out);
  const auto line = table_line(out.at("pooled"));
  answer.text = say("{} of {} rows pooled: {}", "{}/{}행 통합: {}", pooled.sites, columns.rows, line);
  return answer;
}

}  // namespace

std::vector<Command> evaluate_commands() {
  const Option file{"FILE", "",
                    say("CSV or Parquet, also .gz .xz .zst .zip", "CSV 또는 Parquet(.gz .xz .zst .zip 가능)"), true};
  return {
      {"evaluate scores",
       say("AUROC, calibration, net benefit and more, each with its interval or the reason for none",
           "AUROC, 보정, 순이익 등을 구간 또는 사유와 함께 계산합니다"),
       {file,
        {"--label", "COL", say("outcome column", "결과 열"), true},
        {"--score", "COL", say("score column; several are compared", "점수 열(여럿이면 비교)"), true, true},
        {"--positive", "V", say("label value that means the event", "사건을 뜻하는 라벨 값")},
        {"--direction", "D", say("higher or lower scores speak for the event", "사건을 가리키는 방향(higher, lower)"),
         false, false, "higher"},
        {"--threshold", "T", say("positive means score at or beyond it", "이 값 이상이면 양성"), false, true},
        {"--subgroup", "COL", say("figures per value of the column", "열의 값별로 계산"), false, true},
        {"--site", "COL", say("figures per site and their random-effects mean", "기관별 계산과 변량효과 평균")},
        {"--threads", "N", say("changes speed, never a byte", "속도만 바뀌고 결과는 같습니다"), false, false, "0"}},
       run_scores},
      {"evaluate meta",
       say("random-effects mean of sites' AUROC or O:E (REML, Hartung-Knapp)",
           "기관별 AUROC 또는 O:E의 변량효과 평균(REML, Hartung-Knapp)"),
       {file,
        {"--measure", "M", say("auroc or oe", "auroc 또는 oe"), true},
        {"--estimate", "COL", say("column of estimates", "추정값 열"), false, false, "estimate"},
        {"--se", "COL", say("column of standard errors of the estimates", "추정값의 표준오차 열"), false, false, "se"}},
       run_meta}};
}

}  // namespace naru::cli
