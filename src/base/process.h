#pragma once
/// Other processes: run to the end, or keep in the background. Never through a shell.
#include "base/files.h"
#include "base/result.h"

#include <functional>
#include <string>
#include <vector>

namespace naru {

struct ProcessOutcome {
  int status = 0;  ///< exit status; 128 + signal when killed
  std::string out;
  std::string err;
  bool cut = false;      ///< it wrote more than `output_bytes_max`; the rest is lost
  bool stopped = false;  ///< `watch` said no, and it was killed
};

struct ProcessOptions {
  std::string input = {};                                             ///< written to its standard input
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to the caller's
  std::int64_t timeout_ms = 600'000;                                  ///< then killed, with its group
  std::uint64_t output_bytes_max = 64U << 20;
  bool keep_err = true;        ///< false: standard error goes nowhere, it is not even read
  std::vector<int> pass = {};  ///< descriptors it gets as 3, 4 …; they stay the caller's
  /// Asked with its pid and what it wrote so far, at least every `watch_ms`; false kills it with its group.
  std::function<bool(int pid, const ProcessOutcome& so_far)> watch = {};
  std::int64_t watch_ms = 20;
};

/// argv[0] is looked up in PATH. Errors: not_found when it cannot start, conflict on time-out.
[[nodiscard]] Result<ProcessOutcome> run_process(const std::vector<std::string>& argv,
                                                 const ProcessOptions& options = {});

/// A process kept in the background; ended (SIGTERM, then SIGKILL) on destruction.
class BackgroundProcess {
 public:
  /// Standard output and error go to `log`.
  [[nodiscard]] static Result<BackgroundProcess> start(const std::vector<std::string>& argv, const fs::path& log);
  ~BackgroundProcess();
  BackgroundProcess(BackgroundProcess&& other) noexcept;
  BackgroundProcess& operator=(BackgroundProcess&& other) noexcept;
  BackgroundProcess(const BackgroundProcess&) = delete;
  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] bool alive();
  void stop();
  /// SIGKILL, as a power cut would.
  void kill_now();

 private:
  explicit BackgroundProcess(int pid) : pid_(pid) {}
  int pid_ = -1;
};

}  // namespace naru
