// A solution on rows: which rows can be scored, run twice, compared bit by bit, failures counted.
#include <algorithm>
#include <bit>
#include <cmath>

#include "evaluate/estimate.h"
#include "evidence/solution.h"
#include "evidence/solution_sandbox.h"

namespace naru::evidence {
namespace {

// Why a row cannot be given to the solution at all; empty when it can.
std::string unfit(const Solution& solution, const double* values) {
  for (std::size_t j = 0; j < solution.features.size(); ++j) {
    const auto& feature = solution.features[j];
    if (std::isnan(values[j])) {
      if (!feature.missing && !feature.pass_missing) return "missing:" + feature.name;
    } else if (!std::isfinite(values[j])) {
      return "not_finite:" + feature.name;
    }
  }
  return {};
}

RowAnswer score_card(const Solution& solution, const double* values) {
  evaluate::Sum sum;
  sum.add(solution.intercept);
  for (std::size_t j = 0; j < solution.features.size(); ++j) {
    const double x = std::isnan(values[j]) ? *solution.features[j].missing : values[j];
    sum.add(solution.features[j].coefficient * x);
  }
  if (!std::isfinite(sum.value())) return {{}, "score_not_finite"};
  return {evaluate::expit(sum.value()), {}};
}

Result<std::vector<RowAnswer>> run_once(const Solution& solution, const FeatureMatrix& matrix,
                                        const std::vector<std::size_t>& rows, const SolutionHost& host) {
  if (solution.sandboxed()) return run_sandboxed(solution, matrix, rows, host);
  std::vector<RowAnswer> out;
  out.reserve(rows.size());
  for (const auto row : rows) out.push_back(score_card(solution, matrix.values.data() + row * matrix.features));
  return out;
}

bool same(const RowAnswer& a, const RowAnswer& b) {
  if (a.score.has_value() != b.score.has_value() || a.reason != b.reason) return false;
  return !a.score || std::bit_cast<std::uint64_t>(*a.score) == std::bit_cast<std::uint64_t>(*b.score);
}

Scores counted(std::vector<RowAnswer> answers) {
  Scores out;
  out.score.reserve(answers.size());
  for (auto& answer : answers) {
    if (!answer.score) ++out.failed[answer.reason];
    out.score.push_back(answer.score);
  }
  return out;
}

Result<Scores> given_scores(const Solution& solution, const FeatureMatrix& matrix, const SolutionHost& host) {
  if (host.given.size() != matrix.rows) {
    return not_found(
        say("the scores of the installed product are not here", "설치된 제품의 점수가 없습니다"), solution.id,
        say("naru solution scores FILE --site DIR hands them over", "naru solution scores FILE --site DIR로 넘기세요"));
  }
  std::vector<RowAnswer> answers;
  answers.reserve(matrix.rows);
  for (const auto& score : host.given) {
    if (!score) {
      answers.push_back({{}, "no_answer"});
    } else if (!std::isfinite(*score)) {
      answers.push_back({{}, "score_not_finite"});
    } else if (*score < 0 || *score > 1) {
      answers.push_back({{}, "score_out_of_range"});
    } else {
      answers.push_back({*score + 0.0, {}});
    }
  }
  return counted(std::move(answers));
}

}  // namespace

Result<Scores> run_solution(const Solution& solution, const FeatureMatrix& matrix, const SolutionHost& host) {
  if (matrix.features != solution.features.size() || matrix.values.size() != matrix.rows * matrix.features) {
    return rejected(say("the table has {} inputs, the solution wants {}",
                        "입력 열이 {}개인데 솔루션은 {}개를 요구합니다", matrix.features, solution.features.size()),
                    solution.id);
  }
  if (solution.kind == SolutionKind::scores) return given_scores(solution, matrix, host);
  const bool needs_study = solution.study_window_days > 0;
  std::vector<RowAnswer> answers(matrix.rows);
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    answers[row].reason = unfit(solution, matrix.values.data() + row * matrix.features);
    if (answers[row].reason.empty() && needs_study && (host.studies.size() <= row || host.studies[row].empty())) {
      answers[row].reason = "no_study";
    }
    if (answers[row].reason.empty()) rows.push_back(row);
  }
  NARU_ASSIGN(auto first, run_once(solution, matrix, rows, host));
  NARU_ASSIGN(const auto second, run_once(solution, matrix, rows, host));
  std::size_t differ = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) differ += same(first[i], second[i]) ? 0 : 1;
  if (differ > 0) {
    return rejected(
        say("two runs of the solution gave different scores", "두 번 실행한 점수가 서로 다릅니다"), solution.id,
        say("a solution under verification must be deterministic: fix its random seed, threads and clock use",
            "검증 대상 솔루션은 결정적이어야 합니다. 난수 시드, 스레드, 시각 사용을 고정하세요"));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) answers[rows[i]] = std::move(first[i]);
  return counted(std::move(answers));
}

}  // namespace naru::evidence
