#pragma once
/// What a review is bound to. Not for other rooms.
#include "base/files.h"

namespace naru::release::detail {

/// Digest over names and bytes of a build's files, without review, manifest and signature.
[[nodiscard]] Result<std::string> build_digest(const fs::path& folder);

}  // namespace naru::release::detail
