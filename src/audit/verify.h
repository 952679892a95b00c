#pragma once
/// Offline verification of a log folder: needs only the folder, a key the verifier trusts, and, against truncation,
/// rollback and forks, a checkpoint that somebody else kept.
#include "audit/checkpoint.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::audit {

enum class Tampering {
  flipped,      ///< the entry's bytes are not the ones in the tree
  deleted,      ///< the entry is gone, later ones moved up
  inserted,     ///< an entry that is not in the tree
  reordered,    ///< entries of the tree in another order
  truncated,    ///< entries that the checkpoint counts are missing at the end
  rolled_back,  ///< the whole log is older than the witness's checkpoint
  forked,       ///< another history than the witness saw
  rewritten,    ///< stored copies agree with each other but not with the signed root
  checkpoint,   ///< the checkpoint is missing, unreadable or not signed by the trusted key
  detail,       ///< the detail beside the entry does not match its digest
  tile,         ///< a hash tile does not match the entries below it
};

[[nodiscard]] std::string_view name_of(Tampering kind);

struct Finding {
  Tampering kind = Tampering::flipped;
  std::optional<std::uint64_t> entry;  ///< the (first) entry concerned
  std::string place;                   ///< file below the log folder
  Text what;
};

struct Report {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};
  std::uint64_t details = 0;                    ///< details present and matching
  std::uint64_t details_erased = 0;             ///< erased, digest still in the tree
  std::optional<std::uint64_t> witnessed = {};  ///< size of the witness's checkpoint
  std::vector<Finding> findings = {};
  [[nodiscard]] bool intact() const { return findings.empty(); }
};

/// `witness` is the note of a checkpoint kept elsewhere. Error only when nothing can be read at all.
[[nodiscard]] Result<Report> verify(const std::filesystem::path& folder, const PublicKey& trusted,
                                    const std::optional<std::string>& witness = std::nullopt);
/// {"intact","origin","size","root","details","details_erased","witnessed","findings":[{"kind","entry","place","what"}]}
[[nodiscard]] std::string report_json(const Report& report, Language language);

}  // namespace naru::audit
