#pragma once
/// Withdrawal at a holder, and witnesses' checkpoints.
#include "network/identity.h"
#include "network/wire.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace naru::network {

/// Excludes a person of this holder at once and tells the key manager their row id; the key manager tells the others.
/// Answers {"epoch_before","told"}. Errors: not_found (unknown person, or not linked yet), conflict (withdrawn
/// already).
[[nodiscard]] Result<std::string> withdraw_here(Site& site, std::int64_t person, std::string_view actor, Sender& sender,
                                                const std::string& key_manager);

/// Keeps another site's newest signed checkpoint under witness/. Error rejected when the signature is not the
/// sender's, the log shrank, or the two cannot be of one log.
[[nodiscard]] Done keep_checkpoint(Site& site, const std::string& from, const std::string& note);

}  // namespace naru::network
