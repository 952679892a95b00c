#pragma once
/// One question at one holder (or at the combiner's release), the whole way: signature, right, run, receipt, output
/// rules, ledger, meter, log, released answer.
#include "audit/log.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/records.h"
#include "govern/use_right.h"
#include "model/site_layout.h"
#include "protect/output_control.h"
#include "workspace/output_rules.h"
#include "workspace/released_output.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::workspace {

/// What the site is and answers from. References outlive the call.
struct AnsweringSite {
  std::string name;
  model::SiteLayout layout;
  std::filesystem::path data;        ///< folder of TABLE.parquet: the lake, or a release's tables
  std::filesystem::path vocabulary;  ///< folder with concept.parquet …
  std::string data_digest;           ///< of `data` (see data_digest_of), or release id and seal
  std::string vocabulary_hash;
  std::string policy_hash;
  OutputRules rules;
  std::int64_t repeat_threshold = 0;         ///< from the policy
  std::string mode;                          ///< "federated" at a holder, "linked" on a release
  std::string release = {};                  ///< release id in linked mode
  bool distinct = true;                      ///< persons are distinct in `data`
  PublicKey authority{};                     ///< trusted signer of rights
  std::int64_t epoch = 1;                    ///< consent epoch
  std::vector<std::int64_t> withdrawn = {};  ///< persons to leave out
  unsigned threads = 0;
  std::optional<protect::OutputControl> control = {};  ///< the policy's `disclosure`; without it nothing is answered
  Bytes perturbation_key = {};                         ///< secret of the site for consistent perturbation
  /// From a person id of `data` to one that is the same in every release; empty: ids are the same already.
  std::function<std::int64_t(std::int64_t)> lasting_id = {};
};

struct Asked {
  std::string right;       ///< text of the right file
  std::string definition;  ///< Circe JSON
  std::string account;
  /// More than 0: the answer with noise that costs this much of the persons' budget (zCDP), instead of rounding and
  /// ledger. The same question at the same price has one answer for ever.
  double rho = 0;
};

struct Receipt {
  std::string id;                ///< of private/asked/ID.json
  std::int64_t persons = 0;      ///< exact; stays at the site
  std::int64_t epoch = 1;        ///< of the answer (an earlier one when repeated)
  bool repeated = false;         ///< the earlier answer was given again
  bool remembered = false;       ///< the exact figures were not computed again
  std::int64_t budget_used = 0;  ///< of the right, after this answer
};

struct AnsweredLocally {
  ReleasedOutput output;
  Receipt receipt;  ///< for the site's own console, never sent
};

/// The answer: {"site","mode","distinct","persons":n|null,"reason" (empty when
/// shown),"table":{"rows":[sexes],"columns":[age bands],
/// "cells":[[n|null…]…],"reasons":[[…]…],"row_totals","column_totals"},"epoch","repeated","definition","policy",
/// "vocabulary","algorithm","identity","rules":{"min_cell","round_to","complementary","zeros"},"ledger":{"derived",
/// "withheld","perturbed"},"meter":{"budget","used"}}. "near" is true when another question about almost the same
/// persons was answered and its answer is given again. With noise "noise":{"mechanism","rho","standard_error",
/// "standard_error_cells","budget":{"rho","spent","epsilon","delta"}} instead of "rules" and "ledger".
/// Errors: refused (signature's dates, revocation, account, table, budget …: what, who can grant it, how), rejected
/// (definition, right file). A refused question costs nothing.
[[nodiscard]] Result<AnsweredLocally> ask_local(const Asked& asked, const AnsweringSite& site, engine::Records& records,
                                                audit::Log& log, const Clock& clock);

/// Consent epoch and withdrawn persons of a holder (private/withdrawn.json); epoch 1 and nobody when there is no file.
struct Withdrawn {
  std::int64_t epoch = 1;
  std::vector<std::int64_t> persons = {};
};
[[nodiscard]] Result<Withdrawn> read_withdrawn(const model::SiteLayout& layout);
/// SHA-256 hex over names and digests of the Parquet files of a folder. With `memory`, a file of the site's own, a
/// table whose state on disk (change time, inode, size) is the one seen when it was read is not read again.
[[nodiscard]] Result<std::string> data_digest_of(const std::filesystem::path& folder,
                                                 const std::filesystem::path& memory = {});
/// Where a site remembers the digests of its lake's tables.
[[nodiscard]] inline std::filesystem::path digest_memory(const model::SiteLayout& layout) {
  return layout.root() / "private" / "digests.json";
}
/// Revocations a site knows: collection "revoked", key right id, document {"at","reason"}. Idempotent.
[[nodiscard]] Done note_revoked(engine::Records& records, std::string_view right, std::string_view at,
                                std::string_view reason);
/// Error refused when the site knows the right as revoked.
[[nodiscard]] Done check_not_revoked(engine::Records& records, std::string_view right);
/// Answers spent under a right at this site.
[[nodiscard]] Result<std::int64_t> answers_used(engine::Records& records, std::string_view right);

}  // namespace naru::workspace
