#include "base/json.h"
#include "base/limits.h"
#include "cli/command.h"
#include "linkage/clk.h"
#include "linkage/dice.h"
#include "linkage/evaluate.h"
#include "linkage/match.h"

#include <chrono>

namespace naru::cli {
namespace {

Result<Answer> run_evaluate(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto quality, linkage::evaluate_pairs(call.text("--pairs"), call.text("--truth")));
  const auto share = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json out{{"true_pairs", quality.true_pairs},       {"found_pairs", quality.found_pairs},
           {"correct_pairs", quality.correct_pairs}, {"precision", share(quality.precision)},
           {"recall", share(quality.recall)},        {"match_rate", share(quality.match_rate)}};
  if (!quality.precision) out["precision_reason"] = "no pair was found";
  if (!quality.recall) out["recall_reason"] = "there is no true pair";
  if (!quality.match_rate) out["match_rate_reason"] = "there is no true pair";
  Answer answer;
  answer.json = canonical(out);
  answer.text = say("{0} of {1} true pairs found, {2} of {3} found pairs are true",
                    "참인 쌍 {1}개 중 {0}개를 찾았고, 찾은 쌍 "
                    "{3}개 중 {2}개가 참입니다",
                    quality.correct_pairs, quality.true_pairs, quality.correct_pairs, quality.found_pairs);
  return answer;
}

Json model_json(const linkage::MatchReport& report) {
  Json fields = Json::array();
  for (const auto& [field, m, u] : report.fields) {
    Json levels = Json::object();
    for (std::size_t level = 0; level + 1 < linkage::level_count; ++level) {
      levels[std::string(linkage::level_names[level])] = {{"m", m[level]}, {"u", u[level]}};
    }
    fields.push_back({{"column", field.name}, {"levels", std::move(levels)}});
  }
  return {{"prior", report.prior}, {"columns", std::move(fields)}};
}

Result<Answer> run_match(const Call& call, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const fs::path file = call.text("--config");
  NARU_ASSIGN(const auto text, read_file(file, limits::definition_bytes));
  NARU_ASSIGN(const auto config, linkage::parse_match_config(text, file.parent_path(), file.filename().string()));
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 64));
  if (call.has("--clusters") && !config.right.empty()) {
    return usage_error(say("clusters are made within one file", "클러스터는 한 파일 안에서 만듭니다"), "--clusters");
  }
  NARU_ASSIGN(const auto report, linkage::match_records(config, call.text("--out"), call.text("--clusters"),
                                                        static_cast<unsigned>(threads), context.progress));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  Json out{{"pairs", report.pairs},
           {"compared", report.compared},
           {"seconds", took.count()},
           {"rows", {{"left", report.rows_left}, {"right", report.rows_right}}},
           {"block_rows_max", report.block_rows_max},
           {"model", model_json(report)}};
  if (config.right.empty()) out["clusters"] = report.clusters;
  Answer answer;
  answer.json = canonical(out);
  answer.text = say("{} pairs of {} compared, in {:.1f} s", "비교한 {1}쌍 중 {0}쌍, {2:.1f}초", report.pairs,
                    report.compared, took.count());
  return answer;
}

Result<Answer> run_encode(const Call& call, const Context& context) {
  const fs::path file = call.text("--config");
  NARU_ASSIGN(const auto text, read_file(file, limits::definition_bytes));
  NARU_ASSIGN(const auto config, linkage::parse_encode_config(text, file.parent_path(), file.filename().string()));
  NARU_ASSIGN(const auto filters, linkage::encode_records(config, context.progress));
  NARU_CHECK(linkage::write_filters(call.text("--out"), filters));
  Answer answer;
  answer.json = canonical({{"filters", filters.size()}, {"filter_bits", config.filter_bits}});
  answer.text = say("{} records encoded", "레코드 {}건을 부호화했습니다", filters.size());
  return answer;
}

// Rows only: a table of similarities would itself tell who the people are.
std::string encoded_pairs_csv(const std::vector<linkage::FilterPair>& pairs) {
  std::string out = "left_id,right_id\n";
  for (const auto& pair : pairs) out += fmt::format("{},{}\n", pair.left, pair.right);
  return out;
}

Result<Answer> run_match_encoded(const Call& call, const Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const auto files = call.texts("FILTERS");
  if (files.size() != 2)
    return usage_error(say("two files of filters are needed", "필터 파일 두 개가 필요합니다"), "FILTERS");
  linkage::DiceOptions options;
  NARU_ASSIGN(options.threshold, call.number("--threshold"));
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 64));
  options.threads = static_cast<unsigned>(threads);
  NARU_ASSIGN(const auto left, linkage::read_filters(files[0]));
  NARU_ASSIGN(const auto right, linkage::read_filters(files[1]));
  const auto read = std::chrono::steady_clock::now();
  NARU_ASSIGN(auto pairs, linkage::similar_pairs(left, right, options, context.progress));
  const std::chrono::duration<double> compared = std::chrono::steady_clock::now() - read;
  if (call.has("--one-to-one")) pairs = linkage::best_pairs(std::move(pairs));
  NARU_CHECK(write_file_atomic(call.text("--out"), encoded_pairs_csv(pairs), 0600));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  Answer answer;
  answer.json = canonical({{"pairs", pairs.size()},
                           {"compared", left.size() * right.size()},
                           {"seconds", took.count()},
                           {"seconds_comparing", compared.count()}});
  answer.text = say("{} pairs of {} compared, in {:.1f} s", "비교한 {1}쌍 중 {0}쌍, {2:.1f}초", pairs.size(),
                    left.size() * right.size(), took.count());
  return answer;
}

}  // namespace

std::vector<Command> linkage_commands() {
  return {
      {"linkage evaluate",
       say("precision and recall of found pairs against known ones", "찾은 쌍의 정밀도와 재현율"),
       {{"--pairs",
         "FILE.csv",
         say("left_site,left_source,right_site,right_source", "left_site,left_source,right_site,right_source"),
         true,
         false,
         {}},
        {"--truth", "FILE.csv", say("the same columns, known to be true", "같은 열, 참인 쌍"), true, false, {}}},
       run_evaluate},
      {"linkage match",
       say("finds records of one person in one file or between two, without labels",
           "한 파일 안 또는 두 파일 사이에서 같은 사람의 레코드를 찾습니다"),
       {{"--config",
         "FILE.json",
         say("left, right, id, columns, threshold, one_to_one", "left, right, id, columns, threshold, one_to_one"),
         true,
         false,
         {}},
        {"--out", "PAIRS.csv", say("left_id,right_id,probability", "left_id,right_id,probability"), true, false, {}},
        {"--clusters",
         "FILE.csv",
         say("id,cluster of every record of one file", "한 파일의 id,cluster"),
         false,
         false,
         {}},
        {"--threads", "N", say("0: all processors; never changes the answer", "0: 모든 프로세서. 답은 같습니다"), false,
         false, "0"}},
       run_match},
      {"linkage encode",
       say("encodes records as keyed bit strings that can be compared without names",
           "이름 없이 비교할 수 있도록 레코드를 키가 있는 비트열로 부호화합니다"),
       {{"--config",
         "FILE.json",
         say("data, key_file, filter_bits, columns", "data, key_file, filter_bits, columns"),
         true,
         false,
         {}},
        {"--out",
         "FILTERS.json",
         say("{{\"clks\":[…]}} in the order of the records", "레코드 순서대로 {{\"clks\":[…]}}"),
         true,
         false,
         {}}},
       run_encode},
      {"linkage match-encoded",
       say("finds alike bit strings of two files; similarities are not written",
           "두 파일에서 비슷한 비트열을 찾습니다. 유사도는 기록하지 않습니다"),
       {{"FILTERS", "", say("two files of linkage encode", "linkage encode의 파일 두 개"), true, true, {}},
        {"--threshold", "DICE", say("least Dice similarity, 0 to 1", "최소 다이스 유사도, 0~1"), true, false, {}},
        {"--one-to-one", "", say("each record in at most one pair", "레코드마다 최대 한 쌍"), false, false, {}},
        {"--out",
         "PAIRS.csv",
         say("left_id,right_id: row numbers from 0", "left_id,right_id: 0부터의 행 번호"),
         true,
         false,
         {}},
        {"--threads", "N", say("0: all processors; never changes the answer", "0: 모든 프로세서. 답은 같습니다"), false,
         false, "0"}},
       run_match_encoded}};
}

}  // namespace naru::cli
