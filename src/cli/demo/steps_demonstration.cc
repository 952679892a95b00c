// The demonstration programme beside the story: twenty projects, one of which the story itself verifies.
#include "base/json.h"
#include "cli/demo/story.h"

namespace naru::cli::demo {
namespace {

constexpr std::string_view programme_id = "medical-ai-demonstration-2026";
constexpr std::string_view verified_project = "demo-01";

std::vector<std::string> as_officer(const Story& story, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--site", story.stage.site("authority").string(), "--account", "officer",
                                     "--organisation", "authority", "--role", "officer"});
  return arguments;
}

Result<Json> act(const Story& story, const Json& action) {
  return ask_site(story, "authority",
                  as_officer(story, {"demonstration", "act", std::string(verified_project), canonical(action)}));
}

}  // namespace

Result<Json> open_demonstration(const Story& story) {
  const auto folder = story.stage.share() / "programmes";
  const auto file = (folder / (std::string(programme_id) + ".yaml")).string();
  const auto projects = (folder / (std::string(programme_id) + ".projects.yaml")).string();
  return ask_site(story, "authority", as_officer(story, {"demonstration", "open", file, "--projects", projects}));
}

Result<DemonstrationShown> show_evidence(const Story& story, const std::string& plan_hash, const fs::path& evidence,
                                         const fs::path& trust) {
  DemonstrationShown out;
  // Before the plan is recorded nothing may run, whoever asks.
  const Json silent{{"type", "stage"}, {"stage", "silent"}};
  NARU_ASSIGN(const auto early,
              story.stage.try_naru("authority", as_officer(story, {"demonstration", "act",
                                                                   std::string(verified_project), canonical(silent)})));
  out.refused_without_plan = early.status == 3;
  NARU_ASSIGN([[maybe_unused]] const auto planned, act(story, {{"type", "plan"}, {"hash", plan_hash}, {"version", 1}}));
  NARU_ASSIGN([[maybe_unused]] const auto running, act(story, silent));
  NARU_ASSIGN(const auto recorded,
              ask_site(story, "authority",
                       as_officer(story, {"demonstration", "evidence", std::string(verified_project), evidence.string(),
                                          "--trust", trust.string()})));
  out.evidence = recorded.value("evidence", "");
  // Live use without the approvals of the IRB and every site is refused.
  const Json live{{"type", "stage"}, {"stage", "live"}};
  NARU_ASSIGN(const auto unapproved,
              story.stage.try_naru("authority", as_officer(story, {"demonstration", "act",
                                                                   std::string(verified_project), canonical(live)})));
  out.refused_without_approvals = unapproved.status == 3;
  NARU_ASSIGN(out.page,
              ask_site(story, "authority", as_officer(story, {"demonstration", "show", std::string(programme_id)})));
  return out;
}

}  // namespace naru::cli::demo
