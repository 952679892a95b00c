#pragma once
/// Finding the person behind a project's pseudonym: only two different people together, both in the log, for a stated
/// reason; answered once. docs/methods/pseudonyms.md.
#include "audit/log.h"
#include "base/clock.h"
#include "base/random.h"
#include "keys/key_store.h"
#include "protect/pseudonym.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

/// The purpose of a project's pseudonym keys in the key store: destroying it ends every pseudonym of the project.
[[nodiscard]] std::string pseudonym_purpose(std::string_view project);
/// The pseudonyms of one recipient in one project; the key stays in the store.
/// Errors: rejected (project is no plain name, no recipient), refused (the project's key was destroyed).
[[nodiscard]] Result<Pseudonymiser> pseudonyms_for(keys::KeyProvider& keys, std::string_view project,
                                                   std::string_view recipient);

struct PseudonymisedTable {
  std::int64_t rows = 0;
  std::int64_t persons = 0;
};
/// Copies a CSV or Parquet table to `out` (Parquet) with `column` as pseudonyms, ordered by them and then by all other
/// columns, so that the order tells nothing. Errors: as above, not_found (table, column), rejected (the column is no
/// whole number, or empty), conflict (two persons would get one pseudonym).
[[nodiscard]] Result<PseudonymisedTable> pseudonymise_table(keys::KeyProvider& keys, std::string_view project,
                                                            std::string_view recipient,
                                                            const std::filesystem::path& table,
                                                            const std::string& column,
                                                            const std::filesystem::path& out);

struct ReidentifyRequest {
  std::string id = {};  ///< "reid-" and 16 hex digits; set on request
  std::string project;
  std::string recipient;
  std::int64_t pseudonym = 0;  ///< never in the log, which holds a digest of the request
  std::string reason = {};
  std::string basis = {};         ///< legal basis
  std::string requested_by = {};  ///< account
  std::int64_t requested_ms = 0;
  std::uint64_t log_entry = 0;
  std::string state = "open";  ///< open, answered, declined
  std::string decided_by = {};
};

/// The two-person procedure of one site.
class Reidentification {
 public:
  /// `folder` keeps the requests (0700). REQUIRES: all outlive it.
  Reidentification(std::filesystem::path folder, keys::KeyProvider& keys, audit::Log& log, const Clock& clock,
                   Random& random);
  /// Logged before it is kept. Errors: rejected (no reason, basis or account).
  [[nodiscard]] Result<ReidentifyRequest> request(ReidentifyRequest wish);
  /// The id among those of `candidates` (a table with that column) whose pseudonym was asked for; absent when nobody
  /// has it. The approval is logged before the answer is computed, and the answer (found or not) before it is given.
  /// Errors: refused (the requester's own account, past its time, decided before, the key was destroyed), rejected
  /// (the kept request is not the one that was logged), not_found.
  [[nodiscard]] Result<std::optional<std::int64_t>> approve(std::string_view id, const std::string& account,
                                                            const std::filesystem::path& candidates,
                                                            const std::string& column);
  /// Errors: as approve; the requester may withdraw the own request this way.
  [[nodiscard]] Done decline(std::string_view id, const std::string& account, const std::string& reason);
  [[nodiscard]] Result<std::vector<ReidentifyRequest>> list() const;

 private:
  [[nodiscard]] Result<ReidentifyRequest> open_request(std::string_view id) const;
  [[nodiscard]] Done keep(const ReidentifyRequest& request) const;
  std::filesystem::path folder_;
  keys::KeyProvider& keys_;
  audit::Log& log_;
  const Clock& clock_;
  Random& random_;
};
/// Without the pseudonym.
[[nodiscard]] std::string request_json(const ReidentifyRequest& request);

}  // namespace naru::protect
