#pragma once
/// What a site lends a solution beside its lake: packages, scores of an installed product, folders of studies.
///
/// SOLUTIONS/DIGEST/…                     packages (package.h)
/// SOLUTIONS/scores/ID-VERSION.csv        "person_id,score": handed over once, its digest logged, before a label is
/// read STUDIES/index.csv                      "person_id,date,folder": a study a line; folder relative to STUDIES
#include "evidence/features.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

/// Runs the solution with this site's package, scores or studies. Errors as run_solution, find_package, the readers.
[[nodiscard]] Result<Scores> scores_at_site(const Solution& solution, const FeatureMatrix& matrix,
                                            const StudyRows& rows, const SiteRequest& request);

struct GivenScores {
  std::vector<std::int64_t> person;          ///< ascending
  std::vector<std::optional<double>> score;  ///< empty: the product gave none
};
/// Errors: rejected naming the line: another header, not a number, a person twice.
[[nodiscard]] Result<GivenScores> parse_given_scores(std::string_view csv, std::string_view where);
[[nodiscard]] fs::path given_scores_file(const fs::path& solutions, const Solution& solution);

struct Study {
  std::int64_t person = 0;
  std::int64_t day = 0;  ///< since 1970-01-01
  fs::path folder;       ///< relative, plain
  auto operator<=>(const Study&) const = default;
};
/// Sorted by person, day, folder. Errors: rejected naming the line: another header, not a date, a folder that is not a
/// plain relative path.
[[nodiscard]] Result<std::vector<Study>> parse_studies(std::string_view csv, std::string_view where);
/// By row the folder of the latest study in (index - window, index], or an empty path. Errors: rejected when the folder
/// is missing or is a link.
[[nodiscard]] Result<std::vector<fs::path>> studies_of(const std::vector<Study>& studies, const StudyRows& rows,
                                                       std::int64_t window_days, const fs::path& folder);

}  // namespace naru::evidence
