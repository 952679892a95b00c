#pragma once
/// Messages that an authority kept with `serve --capture`, opened by the one who can: their recipient. For audits.
#include "network/identity.h"

#include <filesystem>
#include <string>
#include <vector>

namespace naru::network {

struct OpenedMessage {
  std::string from;
  std::string kind;
  std::int64_t number = 0;
  std::vector<std::string> files;  ///< below `out`: "FROM-NUMBER/NAME"; a body that is no bundle is called "body"
};

/// Opens every captured message addressed to `site` into `out` (folders 0700, files 0600), in order of sender and
/// number. Errors: not_found for a missing folder; rejected names the message whose envelope, digest or seal is broken.
[[nodiscard]] Result<std::vector<OpenedMessage>> open_captured(Site& site, const std::filesystem::path& capture,
                                                               const std::filesystem::path& out);

}  // namespace naru::network
