#pragma once
/// The stage of the story: seven site folders, each behind its own sandbox, and the processes that serve them.
#include "base/process.h"
#include "base/result.h"
#include "cli/command.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace naru::cli::demo {

namespace fs = std::filesystem;

struct Role {
  std::string site;
  std::string role;
};

/// The cast, authority first.
[[nodiscard]] const std::vector<Role>& cast();
[[nodiscard]] std::vector<std::string> hospitals();
/// Hospitals and the agency: everyone who holds records.
[[nodiscard]] std::vector<std::string> holders();

class Stage {
 public:
  Stage(fs::path folder, fs::path program, fs::path share);
  [[nodiscard]] const fs::path& folder() const { return folder_; }
  [[nodiscard]] const fs::path& share() const { return share_; }
  [[nodiscard]] fs::path site(std::string_view name) const;
  /// What is handed to one site before it starts: files of this folder only that site can see.
  [[nodiscard]] fs::path handed(std::string_view name) const;

  /// Runs `naru ARGUMENTS --json` where only `site`'s folder (and what was handed to it) can be seen; the answer's
  /// JSON text. An error answer becomes the Error it describes.
  [[nodiscard]] Result<std::string> naru(std::string_view site, std::vector<std::string> arguments,
                                         std::string input = {}) const;
  /// The same, when refusal or a finding is expected: exit status and JSON text.
  struct Outcome {
    int status = 0;
    std::string json;
  };
  [[nodiscard]] Result<Outcome> try_naru(std::string_view site, std::vector<std::string> arguments,
                                         std::string input = {}) const;
  /// Runs a program of the system in the sandbox of `site`.
  [[nodiscard]] Result<ProcessOutcome> in_sandbox(std::string_view site, const std::vector<std::string>& argv) const;

  [[nodiscard]] Done serve(std::string_view site, const std::vector<std::string>& more = {});
  void stop(std::string_view site);
  [[nodiscard]] bool serving(std::string_view site);
  /// Process ids below the sandbox of a serving site.
  [[nodiscard]] std::vector<int> processes(std::string_view site) const;

 private:
  [[nodiscard]] std::vector<std::string> sandbox(std::string_view site) const;
  fs::path folder_;
  fs::path program_;
  fs::path share_;
  std::map<std::string, BackgroundProcess, std::less<>> serving_;
};

}  // namespace naru::cli::demo
