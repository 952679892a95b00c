#pragma once
/// What has been answered, so that the same question cannot be used to see a small change, and neighbouring questions
/// cannot be subtracted. Kept at the holder in its record store; person digests never leave.
#include "base/digest.h"
#include "base/result.h"
#include "engine/records.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::workspace {

/// Decision 3: what an answer is a function of.
struct AnswerIdentity {
  std::string data;  ///< digest of the lake, or release id and digest
  std::int64_t epoch = 1;
  std::string definition;
  std::string policy;
  std::string vocabulary;
  std::string algorithm;
  std::string population = {};  ///< definition hash of the right's cohort; empty: everybody
  /// SHA-256 hex over all of it.
  [[nodiscard]] std::string digest() const;
  /// The same without data and epoch: "the same question".
  [[nodiscard]] std::string question() const;
};

struct PastAnswer {
  std::string identity;
  std::int64_t epoch = 1;
  std::string released;                 ///< canonical JSON that left
  std::vector<std::int64_t> persons{};  ///< sorted; private
  std::string cells = {};               ///< exact cells, canonical JSON; private
  std::int64_t persons_count = 0;
};

/// Number of persons in exactly one of two sorted lists.
[[nodiscard]] std::int64_t difference_size(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b);

class AnswerLedger {
 public:
  /// `scope` separates rights' projects: differencing is judged within one. REQUIRES: records outlive it.
  AnswerLedger(engine::Records& records, std::filesystem::path private_folder, std::string scope);
  /// The last answer to the same question, in whatever epoch.
  [[nodiscard]] Result<std::optional<PastAnswer>> last(const AnswerIdentity& identity);
  /// Error refused when some other answered question's persons differ from these by 1 … min_cell-1 and both are at
  /// least min_cell (below it no figure is shown).
  [[nodiscard]] Done check_difference(const AnswerIdentity& identity, const std::vector<std::int64_t>& persons,
                                      std::int64_t min_cell);
  [[nodiscard]] Done remember(const AnswerIdentity& identity, const PastAnswer& answer);

 private:
  engine::Records& records_;
  std::filesystem::path folder_;
  std::string scope_;
};

}  // namespace naru::workspace
