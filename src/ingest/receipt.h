#pragma once
/// The receipt as a document. Internal to the room.
#include "ingest/ingest.h"

namespace naru::ingest {

/// Advanced whenever the same source would be stored differently; part of a source's identity.
inline constexpr std::int64_t mapping_version = 2;

struct ReceiptFacts {
  std::vector<std::string> sources;  ///< names without folders
  std::string legal_basis;
  bool strict = false;
  std::string encoding;
  std::string vocabulary_hash;
  std::string vocabulary_version;  ///< the release its operator downloaded
  std::string mappings_hash;       ///< of the site's own mappings
  std::string refusals;            ///< path below the site's folder; empty when nothing was refused
  std::string at;
  double seconds = 0;
};

[[nodiscard]] std::string document_of(const Receipt& receipt, const ReceiptFacts& facts);
[[nodiscard]] Result<Receipt> receipt_from(std::string_view document, bool unchanged);

}  // namespace naru::ingest
