#pragma once
/// The fifteen steps and what they share.
#include "base/json.h"
#include "cli/demo/stage.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace naru::cli::demo {

/// Where every source comes from, and which questions are asked of it. Synthetic and real inputs differ only here.
struct Sources {
  bool synthetic = true;
  fs::path root;
  std::map<std::string, std::vector<std::vector<std::string>>> ingest;  ///< site → arguments of each `ingest` call
  std::vector<fs::path> vocabulary;                                     ///< empty: none
  std::map<std::string, std::vector<fs::path>> genomes;                 ///< site → VCF files
  fs::path genome_samples;                                              ///< sample → person map, or empty
  fs::path deposit;
  std::vector<fs::path> questions;     ///< the first one is repeated after the withdrawal
  std::map<std::string, Text> titles;  ///< of questions, by file name
  fs::path out_of_scope;
  fs::path plan;
  fs::path truth;
};

struct Story {
  const Context& context;
  Stage& stage;
  Sources sources;
  Json steps = Json::array();
  std::string portal_url = {};
  std::string release = "r1";
  std::string right = {};
  std::string application = {};
  std::string voucher = {};
  std::string evidence_file = {};
  std::string withdrawn_site = {};
  fs::path capture = {};  ///< where the authority keeps copies of sealed messages; empty: nowhere
  Json facts_of(std::string_view step) const;
};

/// One step's own check: what was expected, and whether it held. A failed check fails the step.
struct Check {
  std::string what;
  bool held = false;
};

struct StepResult {
  Json facts = Json::object();
  std::vector<Check> checks;
};

using Step = Result<StepResult> (*)(Story&);

[[nodiscard]] Result<StepResult> step_sites(Story& story);
[[nodiscard]] Result<StepResult> step_sources(Story& story);
[[nodiscard]] Result<StepResult> step_protect(Story& story);
[[nodiscard]] Result<StepResult> step_link(Story& story);
[[nodiscard]] Result<StepResult> step_release(Story& story);
[[nodiscard]] Result<StepResult> step_deposit(Story& story);
[[nodiscard]] Result<StepResult> step_genome(Story& story);
[[nodiscard]] Result<StepResult> step_programme(Story& story);
[[nodiscard]] Result<StepResult> step_apply(Story& story);
[[nodiscard]] Result<StepResult> step_right(Story& story);
[[nodiscard]] Result<StepResult> step_ask(Story& story);
[[nodiscard]] Result<StepResult> step_verify(Story& story);
[[nodiscard]] Result<StepResult> step_withdraw(Story& story);
[[nodiscard]] Result<StepResult> step_revoke(Story& story);
[[nodiscard]] Result<StepResult> step_audit(Story& story);

/// Release r2: phase 2, genomes, without those who withdrew; and what the difference report tells.
[[nodiscard]] Result<Json> phase_two(Story& story);

/// Sample accounts with random passwords, listed in accounts.json.
[[nodiscard]] Done add_accounts(const Story& story);
/// What visitors of the portal can go on with: an application under review and a right that is valid.
[[nodiscard]] Done leave_open(Story& story);
/// Which datasets anybody, a signed-in account and a vetted one see in full.
[[nodiscard]] Result<Json> tiers_seen(const Story& story);

/// Opens the demonstration programme with its twenty projects.
[[nodiscard]] Result<Json> open_demonstration(const Story& story);
struct DemonstrationShown {
  bool refused_without_plan = false;
  bool refused_without_approvals = false;
  std::string evidence;  ///< id that the project now holds
  Json page;             ///< as the portal shows it
};
/// The story's own verification becomes the evidence of the first project, in its silent stage.
[[nodiscard]] Result<DemonstrationShown> show_evidence(const Story& story, const std::string& plan_hash,
                                                       const fs::path& evidence, const fs::path& trust);

/// Runs a command at a site and parses its answer.
[[nodiscard]] Result<Json> ask_site(const Story& story, std::string_view site, std::vector<std::string> arguments,
                                    std::string input = {});
/// Synthetic sources at OUT (made by `synth`), or the conventional layout of a folder of real inputs.
[[nodiscard]] Result<Sources> synthetic_sources(const fs::path& out);
[[nodiscard]] Result<Sources> real_sources(const fs::path& data, const fs::path& made);

[[nodiscard]] Command demo_command();

}  // namespace naru::cli::demo
