#pragma once
/// Progress of long operations, and their interruption.
#include "base/result.h"

#include <atomic>
#include <cstdint>
#include <string>

namespace naru {

/// Told how far a long operation is. The silent one is the default.
class Progress {
 public:
  virtual ~Progress() = default;
  /// `total` 0 means unknown.
  virtual void at(const Text& /*deed*/, std::uint64_t /*done*/, std::uint64_t /*total*/) {}
  /// True when the user asked to stop; long loops check it and return `interrupted()`.
  [[nodiscard]] virtual bool stop_requested() const { return false; }
};

[[nodiscard]] inline Error interrupted() {
  return conflict(say("interrupted; nothing was changed", "중단되었습니다. 변경된 것은 없습니다"), "");
}

/// A bar on standard error when that is a terminal; stops on SIGINT and SIGTERM.
class TerminalProgress final : public Progress {
 public:
  TerminalProgress(Language language, bool quiet);
  ~TerminalProgress() override;
  void at(const Text& deed, std::uint64_t done, std::uint64_t total) override;
  [[nodiscard]] bool stop_requested() const override;
  /// Installs the signal handlers; call once, from main.
  static void watch_signals();

 private:
  Language language_;
  bool shown_ = false;
  bool draw_;
  double last_ = 0;
};

}  // namespace naru
