#pragma once
/// The use right: a signed token that says who may ask what, of which data, for which purpose, until when, how often.
///
/// File (one line of canonical JSON):
///   {"key":hex32,"right":{"cohort":null|{…},"id":…,"issued_at":…,"issuer":…,"modes":[…],"organisation":…,"people":[…],
///    "policy":…,"policy_hash":…,"project":…,"purpose":…,"query_budget":n,"release":…,"sites":[…],"tables":[…],
///    "valid_from":"YYYY-MM-DD","valid_until":"YYYY-MM-DD","vocabulary_hash":…},"signature":hex64}
/// Signed text: canonical(right), Ed25519 by the authority. The key in the file is a hint only: trust is given by the
/// verifier, never taken from the token. An unknown field is an error.
#include "base/clock.h"
#include "base/result.h"
#include "base/signature.h"
#include "base/strong_id.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

struct UseRight {
  std::string id;                   ///< "right-2026-0001"
  std::string project;              ///< pseudonym of the project, "prj-…": tells nothing about the applicant
  std::string organisation;         ///< who answers for its use
  std::vector<std::string> people;  ///< accounts, sorted
  std::string release;              ///< "r1"; empty: none, so only federated questions
  std::vector<SiteName> sites;      ///< holders that agreed, sorted
  std::vector<std::string> modes;   ///< "federated", "linked", sorted
  std::vector<std::string> tables;  ///< OMOP tables, lower case, sorted
  std::string cohort;               ///< canonical JSON of the Circe expression limiting the population; empty: none
  std::string purpose;              ///< DUO or AI-use purpose code and words, as approved
  std::int32_t valid_from = 0;      ///< days since 1970-01-01, first day of use
  std::int32_t valid_until = 0;     ///< last day of use
  std::int64_t query_budget = 0;    ///< answers that may leave
  std::string policy;               ///< policy id whose output rules apply
  std::string policy_hash;          ///< sha256 hex of that policy file
  std::string vocabulary_hash;      ///< sha256 hex, or "none" for data without a vocabulary
  std::string issued_at;            ///< instant, UTC
  std::string issuer;               ///< authority's site name
  bool operator==(const UseRight&) const = default;

  [[nodiscard]] bool names_person(std::string_view account) const;
  [[nodiscard]] bool names_site(std::string_view site) const;
  [[nodiscard]] bool allows_mode(std::string_view mode) const;
  [[nodiscard]] bool allows_table(std::string_view table) const;
};

struct SignedRight {
  UseRight right;
  Signature signature{};
  PublicKey key{};  ///< claimed signer
};

/// Sorted keys, sorted lists: the bytes that are signed. Its sha256 is `right_digest`.
[[nodiscard]] std::string canonical_right(const UseRight& right);
[[nodiscard]] std::string right_digest(const UseRight& right);
/// Errors: rejected names the field (no people, no sites, an unknown mode, dates reversed, budget below 1 …).
[[nodiscard]] Done check_right(const UseRight& right);
[[nodiscard]] Result<SignedRight> sign_right(UseRight right, const SigningKey& authority);
/// The file's one line, ending with a newline.
[[nodiscard]] std::string right_file(const SignedRight& token);
/// Structure only; says nothing about truth. Errors: rejected, naming file and field.
[[nodiscard]] Result<SignedRight> parse_right(std::string_view text, std::string_view where);
/// Signature by `authority` (not by the token's own key) and `today` (days) within the dates.
/// Errors: rejected when the signature or key is another's; refused before or after the dates, naming who can renew.
[[nodiscard]] Done verify_right(const SignedRight& token, const PublicKey& authority, std::int32_t today);

/// Signed list of revoked rights; sites keep the newest number they saw and never go back.
/// File: {"key","list":{"issued_at","issuer","number":n,"revoked":[{"at","id","reason"}…]},"signature"}
struct Revoked {
  std::string id;
  std::string at;  ///< instant, UTC
  std::string reason;
  bool operator==(const Revoked&) const = default;
};
struct RevocationList {
  std::string issuer;
  std::int64_t number = 0;  ///< grows by one with each revocation
  std::string issued_at;
  std::vector<Revoked> revoked;  ///< sorted by id
  [[nodiscard]] bool names(std::string_view right_id) const;
};
[[nodiscard]] std::string revocation_file(const RevocationList& list, const SigningKey& authority);
/// Parses and verifies against the trusted key; `least_number` refuses an older list than one already seen.
[[nodiscard]] Result<RevocationList> read_revocations(std::string_view text, std::string_view where,
                                                      const PublicKey& authority, std::int64_t least_number);
/// verify_right plus: not on the list. A revoked right is refused with who revoked it and what to do.
[[nodiscard]] Done verify_right_now(const SignedRight& token, const PublicKey& authority, std::int32_t today,
                                    const RevocationList& revocations);

}  // namespace naru::govern
