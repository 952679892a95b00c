#pragma once
/// The salted details beside the tree: one JSON line an entry, in order.
#include "audit/log.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace naru::audit {

/// One line of details.jsonl.
struct Detail {
  std::uint64_t index = 0;
  bool erased = false;
  std::int64_t at_ms = 0;
  Event event = {};
  Digest digest{};  ///< SHA-256(salt || canonical event); zero when erased
};

struct WrittenDetail {
  std::string line;  ///< with its line break
  Digest digest{};
};

/// Error usage when the name is empty or the fields are not a JSON object.
[[nodiscard]] Result<WrittenDetail> write_detail(std::uint64_t index, const Event& event, std::int64_t at_ms,
                                                 std::span<const std::uint8_t> salt);
[[nodiscard]] std::string erased_detail(std::uint64_t index);
[[nodiscard]] Result<Detail> read_detail(std::string_view line, std::string_view where);

/// Cuts what an interrupted append left behind the entry `size` − 1; returns the bytes that remain.
/// Error rejected when the details of committed entries are missing.
[[nodiscard]] Result<std::uint64_t> settle_details(const std::filesystem::path& file, std::uint64_t size);

/// An advisory lock over processes, waited for.
class LogLock {
 public:
  /// `shared` for readers. A folder that cannot be written (a copy on read-only media) is read without a lock.
  LogLock(const std::filesystem::path& folder, bool shared);
  ~LogLock();
  LogLock(const LogLock&) = delete;
  LogLock& operator=(const LogLock&) = delete;
  [[nodiscard]] bool held() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

}  // namespace naru::audit
