#pragma once
/// One table of commands: `--help`, the parser and docs/reference/cli.md all come from it.
#include "base/clock.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/result.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::cli {

struct Option {
  std::string name;     ///< "--site", or "SOURCE" for a positional one
  std::string metavar;  ///< "DIR"; empty: a flag without value
  Text help;
  bool required = false;
  bool repeated = false;  ///< may stand several times (positional: takes all that is left)
  std::string fallback = {};
};

/// What the user wrote, by option name.
class Call {
 public:
  std::map<std::string, std::vector<std::string>, std::less<>> given;
  [[nodiscard]] bool has(std::string_view name) const { return given.find(name) != given.end(); }
  /// The value, the option's fallback, or empty.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  /// Error usage names the option when it is not a whole number in the range.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most) const;
  [[nodiscard]] Result<double> number(std::string_view name) const;
};

/// What `main` wires once and hands to every command.
struct Context {
  const Clock& clock;
  Random& random;
  Progress& progress;
  Language language;
  std::filesystem::path program;  ///< this executable, for commands that start it again
  std::filesystem::path share;    ///< folder holding sops/, policies/, programmes/, schemas/, web/dist
};

/// `json` is the one document printed with --json; `text` is what a person reads without it.
struct Answer {
  std::string json;
  Text text;
  int status = 0;  ///< 0, or 4 when a verification found something (the document tells what)
};

struct Command {
  std::string path;  ///< "release build"
  Text summary;
  std::vector<Option> options;
  std::function<Result<Answer>(const Call&, const Context&)> run;
};

/// Each room's commands, in commands/ROOM.cc.
[[nodiscard]] std::vector<Command> audit_commands();
[[nodiscard]] std::vector<Command> site_commands();  // init, enrol, serve is main's
[[nodiscard]] std::vector<Command> synth_commands();
[[nodiscard]] std::vector<Command> vocabulary_commands();
[[nodiscard]] std::vector<Command> ingest_commands();
[[nodiscard]] std::vector<Command> protect_commands();
[[nodiscard]] std::vector<Command> linkage_commands();
[[nodiscard]] std::vector<Command> cohort_commands();
[[nodiscard]] std::vector<Command> genome_commands();
[[nodiscard]] std::vector<Command> release_commands();
[[nodiscard]] std::vector<Command> catalogue_commands();
[[nodiscard]] std::vector<Command> govern_commands();
[[nodiscard]] std::vector<Command> workspace_commands();
[[nodiscard]] std::vector<Command> evaluate_commands();
[[nodiscard]] std::vector<Command> evidence_commands();
[[nodiscard]] std::vector<Command> network_commands();

/// Parses argv against the table, runs, prints; returns the exit status.
[[nodiscard]] int run_command_line(const std::vector<Command>& table, const std::vector<std::string>& arguments,
                                   const Context& context);
/// docs/reference/cli.md
[[nodiscard]] std::string command_reference(const std::vector<Command>& table, Language language);

}  // namespace naru::cli
