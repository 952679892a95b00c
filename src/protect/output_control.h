#pragma once
/// The `disclosure` section of a policy: what protects beyond one table's small cells. Every figure stands in the file,
/// an unknown field is an error. Presets: policies/outputs/*.yaml. docs/methods/output-rules.md.
#include "base/result.h"
#include "protect/output_table.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace naru::protect {

/// Across questions: docs/methods/question-ledger.md.
struct QuestionLedgerPolicy {
  std::int64_t depth = 0;            ///< how many answers' numbers are combined in the exact decision, 2 … 4
  std::int64_t answers_exact = 0;    ///< answers of a release without perturbation; those after it are perturbed
  std::int64_t answers_project = 0;  ///< new answers a project may have from one release
  std::int64_t answers_release = 0;  ///< of all projects together (collusion)
};
/// Consistent noise: docs/methods/cell-key.md.
struct PerturbationPolicy {
  std::int64_t spread = 0;    ///< no number moves farther; 0: none
  std::int64_t variance = 0;  ///< of the noise
};
/// Sums of money, days, doses: docs/methods/dominance.md.
struct DominancePolicy {
  std::int64_t n = 0;
  double share = 0;      ///< the n largest may not make up more of a total
  double p_percent = 0;  ///< the largest may not be guessed closer than by this share (0.1 is 10 %)
};
/// Regression and survival: docs/methods/model-outputs.md.
struct ModelOutputPolicy {
  std::int64_t degrees_of_freedom = 0;  ///< least residual ones of a fitted model
  std::int64_t events = 0;              ///< least events in a shown step of a curve
};
/// Differential privacy: docs/methods/zcdp.md.
struct NoisePolicy {
  double rho = 0;    ///< budget of every person of a release, zero-concentrated
  double delta = 0;  ///< at which (ε, δ) is told
};
/// What the attacks may reach: docs/methods/attack-tests.md.
struct AttackPolicy {
  std::int64_t questions = 0;  ///< the attacker may ask in one attempt
  std::int64_t attempts = 0;   ///< per attack
  double advantage_max = 0;    ///< upper end of the interval must stay below
};

struct OutputControl {
  Zeros zeros = Zeros::hidden;
  QuestionLedgerPolicy ledger;
  PerturbationPolicy perturbation;
  DominancePolicy dominance;
  ModelOutputPolicy models;
  NoisePolicy noise;
  AttackPolicy attack;
  std::string clause;
};

/// One section. Errors (rejected) name `where` and the field.
[[nodiscard]] Result<OutputControl> read_output_control(const nlohmann::json& section, const std::string& where);

/// Can the noise hold what `attack.advantage_max` promises? Error rejected when the formula (attack.h) says no.
[[nodiscard]] Done check_promise(const OutputRules& rules, const OutputControl& control, const std::string& where);

/// Output rules a body has published, as a file of their own.
struct OutputPreset {
  std::string id;
  std::int64_t version = 0;
  Text title;
  std::string source;     ///< where the rule is published
  bool verified = false;  ///< somebody compared it with the source; else it is not for production
  OutputRules rules;
  OutputControl control;
  std::string hash;
};
[[nodiscard]] Result<OutputPreset> parse_output_preset(std::string_view yaml, std::string_view where);
/// policies/outputs/ID.yaml below the share folder. Error not_found names those there are.
[[nodiscard]] Result<OutputPreset> find_output_preset(const std::filesystem::path& share, std::string_view id);

}  // namespace naru::protect
