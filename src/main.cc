// main builds and wires: the table of commands, the server, the clock, the randomness.
#include "base/json.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/demo/story.h"

#include <csignal>
#include <cstdlib>
#include <iterator>

namespace naru {
namespace {

void take(std::vector<cli::Command>& table, std::vector<cli::Command> more) {
  table.insert(table.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<cli::Command> all_commands();

cli::Command reference_command() {
  return {"reference",
          say("prints the command reference as Markdown", "명령 참조를 마크다운으로 출력"),
          {},
          [](const cli::Call&, const cli::Context& context) -> Result<cli::Answer> {
            const auto text = cli::command_reference(all_commands(), context.language);
            return cli::Answer{canonical({{"markdown", text}}), {text, text}, 0};
          }};
}

std::vector<cli::Command> all_commands() {
  std::vector<cli::Command> table;
  table.push_back(cli::demo::demo_command());
  take(table, cli::site_commands());
  take(table, cli::network_commands());
  take(table, cli::synth_commands());
  take(table, cli::vocabulary_commands());
  take(table, cli::ingest_commands());
  take(table, cli::protect_commands());
  take(table, cli::linkage_commands());
  take(table, cli::cohort_commands());
  take(table, cli::genome_commands());
  take(table, cli::release_commands());
  take(table, cli::catalogue_commands());
  take(table, cli::govern_commands());
  take(table, cli::workspace_commands());
  take(table, cli::evaluate_commands());
  take(table, cli::evidence_commands());
  take(table, cli::audit_commands());
  table.push_back(reference_command());
  return table;
}

Language language_of_environment() {
  for (const auto* name : {"NARU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return std::string_view(value).starts_with("ko") ? Language::korean : Language::english;
  }
  return Language::english;
}

// Data files a board can read: beside the sources when built there, else where they were installed.
fs::path share_folder() {
  if (const char* given = std::getenv("NARU_SHARE")) return given;
  if (fs::exists(NARU_SOURCE_DIR "/policies")) return NARU_SOURCE_DIR;
  return "/usr/share/naru";
}

}  // namespace
}  // namespace naru

int main(int argc, char** argv) {
  using namespace naru;
  ::signal(SIGPIPE, SIG_IGN);
  TerminalProgress::watch_signals();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto language = language_of_environment();
  const SystemClock clock;
  SystemRandom random;
  TerminalProgress progress(language, false);
  std::error_code code;
  const cli::Context context{clock,         random, progress, language, fs::read_symlink("/proc/self/exe", code),
                             share_folder()};
  return cli::run_command_line(all_commands(), arguments, context);
}
