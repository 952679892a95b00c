// What a solution answers, and the files that a site is handed for one: read, or refused, never out of range.
#include "evidence/rows.h"
#include "evidence/secure_sum.h"
#include "evidence/site_inputs.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru::evidence;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> reasons{"blurred"};
  for (const std::size_t rows : {std::size_t{1}, std::size_t{3}}) {
    for (const auto& answers : {parse_csv_scores(text, rows, reasons), parse_column_scores(text, rows)}) {
      if (!answers) continue;
      if (answers->size() != rows) std::abort();
      for (const auto& answer : *answers) {
        if (answer.score ? !(*answer.score >= 0 && *answer.score <= 1) : answer.reason.empty()) std::abort();
      }
    }
  }
  const auto given = parse_given_scores(text, "fuzz");
  if (given.ok() && given->person.size() != given->score.size()) std::abort();
  const auto studies = parse_studies(text, "fuzz");
  for (std::size_t i = 0; studies.ok() && i < studies->size(); ++i) {
    for (const auto& part : (*studies)[i].folder) {
      if (part == "..") std::abort();
    }
  }
  const auto masked = parse_masked(text, "fuzz");
  if (masked.ok() && !parse_masked(masked_text(*masked), "again").ok()) std::abort();
  return 0;
}
