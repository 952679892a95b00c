#pragma once
/// What the authority does over the wire: start rounds, carry questions, gather answers. Every function answers one
/// canonical JSON document and records what it did in the authority's log before it does it.
#include "govern/actor.h"
#include "network/hub.h"

#include <filesystem>
#include <string>
#include <vector>

namespace naru::network {

/// Release id → the policy it was made with.
inline constexpr std::string_view release_policy_collection = "release.policy";

struct RoundRequest {
  std::string round;  ///< plain name
  std::vector<std::string> holders;
  std::string key_manager;
  std::string combiner;
  std::string policy;  ///< id of a file in policies/
};

struct ReleaseRequest {
  std::string release;
  std::vector<std::string> holders;
  std::string combiner;
  std::string policy;
  std::int64_t phase = 1;
  std::string parent = {};
  bool genomes = false;
  std::string reviewers_json = "[]";  ///< [{"name","organisation","decision","external"}…]
  std::vector<std::string> tiers = {};
};

struct AskRequest {
  std::string right;       ///< id
  std::string definition;  ///< Circe JSON text
  std::string mode;        ///< federated | linked
  std::string account;
  std::int64_t wait_ms = 0;  ///< for each site; 0: limits::answer_wait_ms
  Text title = {};           ///< what the asker calls the question, if anything
  double rho = 0;            ///< more than 0: with noise, paid from the persons' budget at each site
};

struct VerifyRequest {
  std::string locked;  ///< text of a locked plan
  std::string right;   ///< id; its sites and people must cover the round
  std::vector<std::string> hospitals;
  std::string policy;
  std::string account;
  std::vector<std::filesystem::path> packages = {};  ///< folders of the solution's files, to travel with the plan
  std::int64_t wait_ms = 0;                          ///< for each site to be ready; 0: twenty minutes
  std::string project = {};                          ///< demonstration project whose recorded use the report tells
};

struct GenomeRequest {
  std::vector<std::string> holders;
  std::string policy;
  std::string region = {};
  std::string cohort_definition = {};  ///< empty: all samples
};

class Coordinator {
 public:
  /// REQUIRES: site is the authority; hub and site outlive it.
  Coordinator(Site& site, Hub& hub, std::filesystem::path share)
      : site_(site), mail_(hub), hub_(hub), share_(std::move(share)) {}

  /// {"round","rows":{site:{"rows","with_identity"}},"clusters","pairs",…}
  [[nodiscard]] Result<std::string> link(const RoundRequest& request);
  /// {"holders":{site:report}}; also describes each holder's data in the catalogue.
  [[nodiscard]] Result<std::string> protect(const ReleaseRequest& request);
  /// Asks holders what the catalogue may say of their data, under the policy's output rules, and enters it:
  /// {"holders":{site:{"persons","tables"}},"failed":{site:error}}. A holder that does not answer within `wait_ms`
  /// keeps its old entry. Errors: not_found for a name that is no member; the first holder's when none answered.
  [[nodiscard]] Result<std::string> describe(const std::vector<std::string>& holders, const std::string& policy,
                                             std::int64_t wait_ms);
  /// The build report with risk before and after.
  [[nodiscard]] Result<std::string> combine(const ReleaseRequest& request);
  /// Export review on record, sealed, rebuilt, published in `tiers`, described in the catalogue.
  [[nodiscard]] Result<std::string> seal(const ReleaseRequest& request);
  [[nodiscard]] Result<std::string> difference(const std::string& before, const std::string& after,
                                               const std::string& combiner, const std::string& policy);
  /// {"mode","distinct","persons","definition","holders":[{"site","persons"|null,"reason"|"refused"}…]}. Error refused
  /// when every site refuses, else refusals stand beside answers. The answer is kept (network/questions.h). With `rho`
  /// also "noise":{"rho","standard_error" (of the sum)}; each site spends and remembers for itself, so that asking
  /// again (after a site was down, say) has the same answers for no further spend. Error usage for a rho below 0.
  [[nodiscard]] Result<std::string> ask(const AskRequest& request);
  /// Which holders have enough people, in bands: {"holders":[{"site","at_least","fewer_than","attrition"}|{"site",
  /// "refused"}…]}. Errors: refused when the account has used its questions of the day; rejected for the definition.
  [[nodiscard]] Result<std::string> feasibility(const std::string& definition, const std::string& account);
  /// Counts after the output rules: {"holders":{site:{"samples","variants","suppressed","tsv"}}}.
  [[nodiscard]] Result<std::string> count_genomes(const GenomeRequest& request);
  /// Holders send their stores, without sample names, to the combiner.
  [[nodiscard]] Result<std::string> send_genomes(const GenomeRequest& request, const std::string& combiner);
  /// Runs a locked plan at the hospitals, sums under masks over those that are ready (at least three), compares with
  /// the solution's comparator, fits calibration, builds and seals the report under evidence/. The answer names the
  /// sites that dropped out. Errors: the first site's refusal when fewer than three are ready; conflict when a site
  /// that was ready does not give its sum.
  [[nodiscard]] Result<std::string> verify(const VerifyRequest& request);
  /// Revokes here, then tells every site; returns when all have confirmed. {"sites":{name:milliseconds}}
  [[nodiscard]] Result<std::string> revoke(const std::string& right, const std::string& reason,
                                           const govern::Actor& actor);
  /// Checkpoints exchanged with every member: {"sites":{name:size}}.
  [[nodiscard]] Result<std::string> witness();

 private:
  [[nodiscard]] Result<std::string> policy_hash(const std::string& policy) const;
  [[nodiscard]] Result<std::vector<std::string>> everybody_else();
  Site& site_;
  AuthorityMailbox mail_;
  Hub& hub_;
  std::filesystem::path share_;
};

}  // namespace naru::network
