#include "evidence/site_inputs.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/clock.h"
#include "evidence/package.h"

namespace naru::evidence {
namespace {

constexpr std::uint64_t csv_bytes_max = 1ULL << 30;

template <typename Number>
bool whole(std::string_view text, Number& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

Error bad_line(std::string_view where, std::size_t line, Text what) {
  return rejected(std::move(what), fmt::format("{}: line {}", where, line));
}

using Fields = std::vector<std::string_view>;

// Lines of a plain CSV without quotes: numbers, dates and folder names need none.
Done each_line(std::string_view text, std::string_view header, std::string_view where,
               const std::function<Done(const Fields&, std::size_t line)>& take) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto columns = static_cast<std::size_t>(std::count(header.begin(), header.end(), ',')) + 1;
  Fields fields;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    auto row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (line == 1) {
      if (row != header) return bad_line(where, 1, say("the header must be {}", "머리글은 {}이어야 합니다", header));
      continue;
    }
    if (row.empty()) continue;
    fields.clear();
    for (auto comma = row.find(','); comma != std::string_view::npos; comma = row.find(',')) {
      fields.push_back(row.substr(0, comma));
      row.remove_prefix(comma + 1);
    }
    fields.push_back(row);
    if (fields.size() != columns) {
      return bad_line(where, line, say("{} fields, not {}", "필드가 {}개입니다 ({}개여야 함)", fields.size(), columns));
    }
    NARU_CHECK(take(fields, line));
  }
  return {};
}

bool plain_relative(std::string_view folder) {
  if (folder.empty() || folder.front() == '/') return false;
  for (const auto& part : fs::path(folder)) {
    if (!is_plain_name(part.string())) return false;
  }
  return true;
}

Result<std::vector<std::optional<double>>> given_by_row(const Solution& solution, const StudyRows& rows,
                                                        const SiteRequest& request) {
  std::vector<std::optional<double>> out;
  const auto file = given_scores_file(request.solutions, solution);
  if (request.solutions.empty() || !fs::exists(file)) return out;
  NARU_ASSIGN(const auto text, read_file(file, csv_bytes_max));
  NARU_ASSIGN(const auto given, parse_given_scores(text, file.filename().string()));
  out.resize(rows.person.size());
  std::size_t at = 0;
  for (std::size_t row = 0; row < rows.person.size(); ++row) {
    while (at < given.person.size() && given.person[at] < rows.person[row]) ++at;
    if (at < given.person.size() && given.person[at] == rows.person[row]) out[row] = given.score[at];
  }
  return out;
}

}  // namespace

fs::path given_scores_file(const fs::path& solutions, const Solution& solution) {
  return solutions / "scores" / fmt::format("{}-{}.csv", solution.id, solution.version);
}

Result<Scores> scores_at_site(const Solution& solution, const FeatureMatrix& matrix, const StudyRows& rows,
                              const SiteRequest& request) {
  SolutionHost host;
  host.share = request.share;
  if (solution.sandboxed()) {
    NARU_ASSIGN(host.package, find_package(request.solutions, solution.package.sha256));
  }
  if (solution.kind == SolutionKind::scores) {
    NARU_ASSIGN(host.given, given_by_row(solution, rows, request));
  }
  if (solution.study_window_days > 0) {
    const auto index = request.studies / "index.csv";
    NARU_ASSIGN(const auto text, read_file(index, csv_bytes_max));
    NARU_ASSIGN(const auto studies, parse_studies(text, "index.csv"));
    NARU_ASSIGN(host.studies, studies_of(studies, rows, solution.study_window_days, request.studies));
  }
  return run_solution(solution, matrix, host);
}

Result<GivenScores> parse_given_scores(std::string_view csv, std::string_view where) {
  std::vector<std::pair<std::int64_t, std::optional<double>>> found;
  NARU_CHECK(each_line(csv, "person_id,score", where, [&](const Fields& fields, std::size_t line) -> Done {
    std::int64_t person = 0;
    if (!whole(fields[0], person)) {
      return bad_line(where, line, say("person_id is not a whole number", "person_id가 정수가 아닙니다"));
    }
    std::optional<double> score;
    if (!fields[1].empty()) {
      score.emplace();
      if (!whole(fields[1], *score))
        return bad_line(where, line, say("score is not a number", "score가 숫자가 아닙니다"));
    }
    found.emplace_back(person, score);
    return {};
  }));
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  GivenScores out;
  for (const auto& [person, score] : found) {
    if (!out.person.empty() && out.person.back() == person) {
      return rejected(say("a person has two scores", "한 사람에게 점수가 둘 있습니다"), std::string(where));
    }
    out.person.push_back(person);
    out.score.push_back(score);
  }
  return out;
}

Result<std::vector<Study>> parse_studies(std::string_view csv, std::string_view where) {
  std::vector<Study> out;
  NARU_CHECK(each_line(csv, "person_id,date,folder", where, [&](const Fields& fields, std::size_t line) -> Done {
    Study study;
    if (!whole(fields[0], study.person)) {
      return bad_line(where, line, say("person_id is not a whole number", "person_id가 정수가 아닙니다"));
    }
    const auto day = parse_date(fields[1], "date");
    if (!day.ok()) return bad_line(where, line, say("not a date (YYYY-MM-DD)", "날짜가 아닙니다 (YYYY-MM-DD)"));
    if (!plain_relative(fields[2])) {
      return bad_line(where, line,
                      say("the folder must be a plain path below the studies' folder",
                          "폴더는 검사 폴더 아래의 단순 경로여야 합니다"));
    }
    study.day = *day;
    study.folder = fs::path(fields[2]);
    out.push_back(std::move(study));
    return {};
  }));
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::vector<fs::path>> studies_of(const std::vector<Study>& studies, const StudyRows& rows,
                                         std::int64_t window_days, const fs::path& folder) {
  std::vector<fs::path> out(rows.person.size());
  for (std::size_t row = 0; row < rows.person.size(); ++row) {
    const auto first = std::partition_point(studies.begin(), studies.end(),
                                            [&](const Study& study) { return study.person < rows.person[row]; });
    for (auto at = first; at != studies.end() && at->person == rows.person[row]; ++at) {
      if (at->day <= rows.index_day[row] && at->day > rows.index_day[row] - window_days) out[row] = folder / at->folder;
    }
    if (out[row].empty()) continue;
    // A link would show the program a folder that is not this study's.
    auto place = folder;
    for (const auto& part : out[row].lexically_relative(folder)) {
      place /= part;
      if (!fs::is_symlink(place) && fs::is_directory(place)) continue;
      return rejected(say("a study's folder is missing or is a link", "검사 폴더가 없거나 링크입니다"), "index.csv",
                      say("row {} of the study's rows", "연구 행 {}", row + 1));
    }
  }
  return out;
}

}  // namespace naru::evidence
