#pragma once
/// Checkpoints as C2SP tlog-checkpoint signed notes: origin, size, base64 root, a blank line, one Ed25519 signature
/// line.
#include "base/digest.h"
#include "base/signature.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace naru::audit {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};
  std::string note;  ///< the signed note, as it stands in the file `checkpoint`
};

/// REQUIRES: origin has no line break, blank or '+'.
[[nodiscard]] Checkpoint sign_checkpoint(std::string_view origin, std::uint64_t size, const Digest& root,
                                         const SigningKey& key);
/// Reads the note without judging its signature. Errors: rejected, naming the line.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view note, std::string_view where);
/// Reads it and requires a valid signature of `key` under the note's own origin.
[[nodiscard]] Result<Checkpoint> trusted_checkpoint(std::string_view note, const PublicKey& key,
                                                    std::string_view where);

}  // namespace naru::audit
