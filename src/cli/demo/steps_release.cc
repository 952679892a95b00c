// Steps 3 to 5: protected at the holders, linked without names, released.
#include "cli/demo/story.h"
#include "linkage/evaluate.h"

namespace naru::cli::demo {
namespace {

std::vector<std::string> at_authority(const Story& story, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--site", story.stage.site("authority").string()});
  return arguments;
}

void add_holders(std::vector<std::string>& arguments) {
  for (const auto& holder : holders()) arguments.insert(arguments.end(), {"--holder", holder});
}

// Three people of three organisations decide on the export; their accounts, not their names.
Result<fs::path> reviewers_file(const Story& story) {
  const Json reviewers = Json::array({
      {{"name", "reviewer-1"}, {"organisation", "combiner"}, {"decision", "approve"}, {"external", false}},
      {{"name", "reviewer-2"}, {"organisation", "univ-statistics"}, {"decision", "approve"}, {"external", true}},
      {{"name", "reviewer-3"}, {"organisation", "patients-council"}, {"decision", "approve"}, {"external", true}},
  });
  const auto file = story.stage.handed("authority") / "reviewers.json";
  NARU_CHECK(write_file_atomic(file, pretty(reviewers)));
  return file;
}

Json quality_json(const linkage::LinkQuality& quality) {
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json out{{"true_pairs", quality.true_pairs},       {"found_pairs", quality.found_pairs},
           {"correct_pairs", quality.correct_pairs}, {"precision", number(quality.precision)},
           {"recall", number(quality.recall)},       {"match_rate", number(quality.match_rate)}};
  if (!quality.precision) out["precision_reason"] = "no pair was found";
  if (!quality.recall) out["recall_reason"] = "there is no true pair";
  return out;
}

}  // namespace

Result<StepResult> step_protect(Story& story) {
  StepResult out;
  std::vector<std::string> link{"round", "link", "--round", "round-1"};
  add_holders(link);
  NARU_ASSIGN(auto linked, ask_site(story, "authority", at_authority(story, link)));
  std::vector<std::string> protect{"round", "protect", "--release", story.release};
  add_holders(protect);
  NARU_ASSIGN(auto told, ask_site(story, "authority", at_authority(story, protect)));
  Json facts = Json::object();
  bool all_groups = true;
  std::int64_t removed = 0;
  for (const auto& holder : holders()) {
    NARU_ASSIGN(const auto report,
                read_json(story.stage.site(holder) / "private" / "reports" / ("protect-" + story.release + ".json")));
    facts[holder] = {{"report", report}, {"told_the_authority", told["holders"][holder]}};
    all_groups = all_groups && report["sensitive_rows"].size() == 5;
    for (const auto& [group, rows] : report["sensitive_rows"].items()) removed += rows.get<std::int64_t>();
  }
  out.facts = {{"holders", facts}, {"sensitive_rows_removed", removed}, {"key_exchange", linked}};
  out.checks = {{"five sensitive groups were screened at every holder", all_groups}};
  if (story.sources.synthetic) out.checks.push_back({"sensitive rows were found and removed", removed > 0});
  return out;
}

Result<StepResult> step_link(Story& story) {
  StepResult out;
  std::vector<std::string> combine{"round", "combine", "--release", story.release};
  add_holders(combine);
  NARU_ASSIGN(const auto built, ask_site(story, "authority", at_authority(story, combine)));
  // Only here, outside every site, can truth and clusters be laid side by side.
  std::vector<linkage::HolderRows> rows;
  for (const auto& holder : holders()) {
    rows.push_back({holder, story.stage.site(holder) / "private" / "rows.parquet",
                    story.stage.site(holder) / "lake" / "person.parquet"});
  }
  NARU_ASSIGN(const auto quality,
              linkage::evaluate_links(story.stage.site("key-manager") / "linkage" / "clusters.parquet", rows,
                                      story.sources.truth / "pairs.csv"));
  out.facts = quality_json(quality);
  // The exact report stays with the combiner; read here as the demo's operator.
  NARU_ASSIGN(out.facts["combined"],
              read_json(story.stage.site("combiner") / "private" / "reports" / ("built-" + story.release + ".json")));
  out.facts["told_the_authority"] = built;
  const bool pairs = quality.true_pairs > 0;
  out.checks = {{"precision is at least 0.99, or undefined because nothing was found",
                 !quality.precision || *quality.precision >= 0.99},
                {"recall is at least 0.95, or undefined because there is no true pair",
                 !quality.recall || *quality.recall >= 0.95},
                {"pairs are found exactly where there are some", pairs == (quality.found_pairs > 0)}};
  return out;
}

Result<StepResult> step_release(Story& story) {
  StepResult out;
  NARU_ASSIGN(const auto reviewers, reviewers_file(story));
  std::vector<std::string> seal{"round", "seal",   "--release",  story.release, "--phase",
                                "1",     "--tier", "controlled", "--reviewers", reviewers.string()};
  add_holders(seal);
  NARU_ASSIGN(auto sealed, ask_site(story, "authority", at_authority(story, seal)));
  const auto path = story.stage.site("combiner") / "releases" / story.release;
  NARU_ASSIGN(const auto exact,
              read_json(story.stage.site("combiner") / "private" / "reports" / ("sealed-" + story.release + ".json")));
  NARU_ASSIGN(const auto description, read_json(story.stage.site("combiner") / "site.json"));
  NARU_ASSIGN(const auto verified, story.stage.try_naru("combiner", {"release", "verify", path.string(), "--key",
                                                                     description.value("signing_key", "")}));
  NARU_ASSIGN(const auto report, parse_json(verified.json, "release verify"));
  out.facts = {{"id", story.release},          {"path", path.string()},
               {"files", exact["files"]},      {"rows", exact["rows"]},
               {"persons", exact["persons"]},  {"manifest", sealed["manifest"]},
               {"epoch", sealed["epoch"]},     {"rebuilt_identical", sealed["rebuilt_identical"]},
               {"told_the_authority", sealed}, {"verified", report}};
  out.checks = {{"built twice, equal bytes", sealed.value("rebuilt_identical", false)},
                {"every byte verifies against the signed manifest", verified.status == 0}};
  return out;
}

}  // namespace naru::cli::demo
