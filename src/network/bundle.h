#pragma once
/// Several named files as one message body: "NARU-BUNDLE 1\n", length of the index as 16 hex digits, "\n", the index
/// as JSON [{"name","bytes","sha256"}…], then the contents one after another.
#include "base/bytes.h"
#include "base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace naru::network {

struct NamedBytes {
  std::string name;  ///< plain file name (base/files.h is_plain_name)
  std::string content;
};

[[nodiscard]] std::string pack(const std::vector<NamedBytes>& files);
/// Errors: rejected when the text is cut, a name is not plain or stands twice, or a digest does not match.
[[nodiscard]] Result<std::vector<NamedBytes>> unpack(std::string_view body, std::string_view where);
/// Every plain file directly in `folder`, sorted by name.
[[nodiscard]] Result<std::string> pack_folder(const std::filesystem::path& folder);
/// Into a fresh folder that replaces `target` whole.
[[nodiscard]] Done unpack_folder(std::string_view body, const std::filesystem::path& target, std::string_view where);

}  // namespace naru::network
