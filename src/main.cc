// main builds and wires: the table of commands, the server, the clock, the randomness.
#include "base/json.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/demo/story.h"
#include "network/tasks.h"
#include "server/routes.h"
#include "server/serve.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <thread>

namespace naru {
namespace {

void take(std::vector<cli::Command>& table, std::vector<cli::Command> more) {
  table.insert(table.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<cli::Command> all_commands();

// The signal handler sets a flag of its own; servers watch an atomic. One thread carries the one to the other.
class StopWatch {
 public:
  explicit StopWatch(const Progress& progress)
      : thread_([this, &progress](const std::stop_token& ended) {
          while (!ended.stop_requested() && !stop_) {
            if (progress.stop_requested()) stop_ = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
          }
        }) {}
  [[nodiscard]] const std::atomic<bool>& flag() const { return stop_; }

 private:
  std::atomic<bool> stop_ = false;
  std::jthread thread_;
};

Result<cli::Answer> serve_site(const cli::Call& call, const cli::Context& context) {
  NARU_ASSIGN(const auto wire_port, call.integer("--wire-port", 0, 65535));
  NARU_ASSIGN(const auto portal_port, call.integer("--portal-port", 0, 65535));
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  const StopWatch stop(context.progress);
  if (site->description().role != "authority") {
    NARU_CHECK(network::run_site(*site, network::site_handlers(*site, context.share), stop.flag()));
    return cli::Answer{canonical({{"stopped", true}}), say("stopped", "멈췄습니다"), 0};
  }
  server::ServeOptions options;
  options.wire_port = static_cast<std::uint16_t>(wire_port);
  options.portal_port = static_cast<std::uint16_t>(portal_port);
  options.share = context.share;
  options.capture = call.text("--capture");
  options.handlers = network::authority_handlers(*site);
  const auto file = site->layout().root() / "serve.json";
  options.listening = [&](std::uint16_t wire, std::uint16_t portal) {
    const auto written = write_file_atomic(file, canonical({{"wire_port", wire}, {"portal_port", portal}}) + "\n");
    if (!written.ok()) log_event(LogLevel::error, "serve.json not written", {});
  };
  NARU_CHECK(server::serve(*site, options, stop.flag()));
  return cli::Answer{canonical({{"stopped", true}}), say("stopped", "멈췄습니다"), 0};
}

cli::Command serve_command() {
  return {
      "serve",
      say("runs a site: the authority listens, every other site calls out",
          "기관을 운영: 허브 기관은 수신하고, 다른 기관은 밖으로만 연결"),
      {{"--site", "DIR", say("the site's folder", "기관 폴더"), true, false, {}},
       {"--wire-port", "P", say("authority: port for sites; 0 takes a free one", "허브: 기관용 포트, 0이면 빈 포트"),
        false, false, "0"},
       {"--portal-port", "P",
        say("authority: port of the portal; 0 takes a free one", "허브: 포털 포트, 0이면 빈 포트"), false, false, "0"},
       {"--capture",
        "DIR",
        say("authority: keeps a copy of every sealed message, for audits",
            "허브: 봉인된 모든 메시지의 사본을 보관(감사용)"),
        false,
        false,
        {}}},
      serve_site};
}

cli::Command openapi_command() {
  return {"openapi",
          say("prints the OpenAPI 3.1 description of the portal's interface", "포털 API의 OpenAPI 3.1 설명을 출력"),
          {},
          [](const cli::Call&, const cli::Context& context) -> Result<cli::Answer> {
            auto routes = server::session_routes();
            auto more = server::portal_routes();
            routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
            NARU_ASSIGN(auto text, server::openapi(routes, context.share, context.language));
            return cli::Answer{std::move(text), {}, 0};
          }};
}

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
  table.push_back(serve_command());
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
  table.push_back(openapi_command());
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
