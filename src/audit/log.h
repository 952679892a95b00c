#pragma once
/// The append-only log of one site, in the C2SP tlog-tiles layout below a folder:
///   checkpoint             signed note; the log *is* what it says, anything beyond is an interrupted append
///   tile/L/N[.p/W]         hashes, 256 a tile          tile/entries/N[.p/W]  entries, each with a 16-bit length
///   details.jsonl          {"index","salt","event":{"name","actor","at_ms","fields"}}, or {"index","erased"} after
///   erasure
/// An entry is SHA-256(salt || canonical event): the log proves what was said without holding it, so details can be
/// erased. Several processes and threads may append to one log; appends are durable when they return.
/// Fail-closed: after an error the caller must not do what it wanted to record.
#include "audit/checkpoint.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace naru::audit {

struct Event {
  std::string name;    ///< "release.sealed"
  std::string actor;   ///< account or site that caused it
  std::string fields;  ///< JSON object text; never person-level data
};

/// One entry with its details, unless they were erased.
struct Entry {
  std::uint64_t index = 0;
  Digest digest{};  ///< what the log holds
  bool erased = false;
  std::int64_t at_ms = 0;
  Event event = {};
};

/// Proof that an entry is in the tree of a checkpoint; self-contained as JSON (`proof_json`).
struct Proof {
  std::uint64_t index = 0;
  Digest entry{};
  std::vector<Digest> path = {};
  Checkpoint checkpoint = {};
};

class Log {
 public:
  /// Opens or creates. Reads the checkpoint and the right edge only, never the whole log.
  /// REQUIRES: key, clock and random outlive the log. Errors: rejected when what stands there is damaged or foreign.
  [[nodiscard]] static Result<Log> open(const std::filesystem::path& folder, std::string origin, const SigningKey& key,
                                        const Clock& clock, Random& random);
  ~Log();
  Log(Log&&) noexcept;
  Log(const Log&) = delete;

  /// The entry's index, from 0.
  Result<std::uint64_t> append(const Event& event);
  /// One commit for all; the index of the first. All or none.
  Result<std::uint64_t> append_all(const std::vector<Event>& events);
  [[nodiscard]] Result<Checkpoint> checkpoint() const;
  [[nodiscard]] Result<Proof> prove(std::uint64_t index) const;
  /// PROOF(older, D[newer]) of RFC 6962.
  [[nodiscard]] Result<std::vector<Digest>> consistency(std::uint64_t older, std::uint64_t newer) const;
  /// Entries [from, from + count), fewer at the end.
  [[nodiscard]] Result<std::vector<Entry>> read(std::uint64_t from, std::uint64_t count) const;
  /// Erases the details of an entry; its digest, the tree and all proofs stay. The erasure is itself recorded.
  Done erase_details(std::uint64_t index, std::string_view actor, std::string_view reason);

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// For folders one only reads (a copy, another site's log).
[[nodiscard]] Result<Checkpoint> read_checkpoint(const std::filesystem::path& folder);
[[nodiscard]] Result<std::vector<Entry>> read_entries(const std::filesystem::path& folder, std::uint64_t from,
                                                      std::uint64_t count);
[[nodiscard]] Result<Proof> prove(const std::filesystem::path& folder, std::uint64_t index);

/// {"index","entry","path":[…],"origin","size","root","checkpoint"}, hashes in hex.
[[nodiscard]] std::string proof_json(const Proof& proof);
/// Checks a proof text offline against a trusted key. Errors: rejected, saying which part fails.
[[nodiscard]] Result<Proof> verify_proof(std::string_view proof, const PublicKey& key, std::string_view where);

}  // namespace naru::audit
