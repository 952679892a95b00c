#pragma once
/// One file, `*.evidence.json`, that anybody can check offline with their own trust file.
///
/// Canonical JSON, one line: {"body":{…},"key":hex,"signature":hex,"log":null|{…}}. `body` holds format, id,
/// sealed_at, signer, the locked plan with its definitions and solution, the report, and `digests` (sha256 of every
/// part and of the HTML page). Ed25519 signs canonical(body). `log` says that sha256(canonical(body)) was logged:
/// either
/// {"proof","salt","event"} of `bound_log_proof`, or the proof alone, which then is not tied to this evidence.
#include "base/signature.h"
#include "evidence/report.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

struct SealInput {
  LockedPlan plan;
  Report report;
  std::string signer;     ///< site name, as in the verifier's trust file
  std::string sealed_at;  ///< instant
};

/// sha256 hex of canonical(body): what goes into the log.
[[nodiscard]] Result<std::string> body_digest(const SealInput& input);
/// `log_proof`: text of `bound_log_proof`, or of audit::proof_json, or empty.
[[nodiscard]] Result<std::string> seal(const SealInput& input, const SigningKey& key, std::string_view log_proof = {});

/// Inclusion proof of a log entry together with the salted event that the entry is the digest of, so that a reader of
/// the sealed file can see what was logged. `index` is the entry whose event names `body_digest`.
[[nodiscard]] Result<std::string> bound_log_proof(const fs::path& log_folder, std::uint64_t index);

struct Trusted {
  std::string name;
  PublicKey key{};
};
/// [{"name","key":hex}…]
[[nodiscard]] Result<std::vector<Trusted>> parse_trust(std::string_view json, std::string_view where);

struct EvidenceCheck {
  bool ok = false;
  std::string id;
  std::string signer;
  std::string plan_hash;
  std::string body_digest;
  std::vector<Text> changed;  ///< every part that is not what was sealed; empty when ok
  std::string html;           ///< "matches", "changed" or "absent"
  std::string log;            ///< "proven", "unbound" (in the log, but not tied to this file), "absent" or "changed"
  std::vector<std::pair<std::string, std::int64_t>> epochs;  ///< consent epoch per site at sealing
  std::vector<std::string> superseded;                       ///< sites whose present epoch is higher (when given)
};

/// Never fails for a changed file: that is an answer (`ok == false`, `changed` names it). `html`: the page beside the
/// file, when there is one. `epochs_now`: present consent epochs, when the verifier knows them.
[[nodiscard]] EvidenceCheck verify_evidence(std::string_view file, const std::vector<Trusted>& trust,
                                            const std::optional<std::string>& html = {},
                                            const std::vector<std::pair<std::string, std::int64_t>>& epochs_now = {});
/// The parts of a sealed file (no check): report JSON, for pages.
[[nodiscard]] Result<std::string> report_of(std::string_view file, std::string_view where);

}  // namespace naru::evidence
