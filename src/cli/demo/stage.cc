#include "cli/demo/stage.h"

#include "base/json.h"

#include <fstream>

namespace naru::cli::demo {
namespace {

// Children of a process, from /proc: the sandbox program has the served program below it.
void add_children(int pid, std::vector<int>& out) {
  std::ifstream listed(fmt::format("/proc/{}/task/{}/children", pid, pid));
  for (int child = 0; listed >> child;) {
    out.push_back(child);
    add_children(child, out);
  }
}

}  // namespace

const std::vector<Role>& cast() {
  static const std::vector<Role> all{
      {"authority", "authority"}, {"key-manager", "key-manager"}, {"combiner", "combiner"}, {"hospital-a", "hospital"},
      {"hospital-b", "hospital"}, {"hospital-c", "hospital"},     {"agency", "agency"}};
  return all;
}
std::vector<std::string> hospitals() { return {"hospital-a", "hospital-b", "hospital-c"}; }
std::vector<std::string> holders() { return {"hospital-a", "hospital-b", "hospital-c", "agency"}; }

Stage::Stage(fs::path folder, fs::path program, fs::path share)
    : folder_(std::move(folder)), program_(std::move(program)), share_(std::move(share)) {}

fs::path Stage::site(std::string_view name) const { return folder_ / "sites" / name; }
fs::path Stage::handed(std::string_view name) const { return folder_ / "handed" / name; }

std::vector<std::string> Stage::sandbox(std::string_view name) const {
  const auto own = site(name).string();
  const auto given = handed(name).string();
  // /tmp is hidden, but the program may have been built below it; the sites' root is hidden last, so that nothing shown
  // before can show another site.
  std::vector<std::string> argv{
      "bwrap",         "--ro-bind",         "/",       "/",   "--dev", "/dev", "--proc", "/proc", "--unshare-pid",
      "--unshare-ipc", "--die-with-parent", "--tmpfs", "/tmp"};
  for (const auto& shown : {share_.string(), program_.string()}) {
    argv.insert(argv.end(), {"--ro-bind", shown, shown});
  }
  argv.insert(argv.end(), {"--tmpfs", folder_.string(), "--bind", own, own, "--ro-bind-try", given, given, "--"});
  return argv;
}

Result<ProcessOutcome> Stage::in_sandbox(std::string_view name, const std::vector<std::string>& argv) const {
  auto full = sandbox(name);
  full.insert(full.end(), argv.begin(), argv.end());
  return run_process(full);
}

Result<Stage::Outcome> Stage::try_naru(std::string_view name, std::vector<std::string> arguments,
                                       std::string input) const {
  auto argv = sandbox(name);
  argv.push_back(program_.string());
  argv.insert(argv.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  argv.emplace_back("--json");
  NARU_ASSIGN(const auto outcome, run_process(argv, {.input = std::move(input)}));
  if (outcome.out.empty()) {
    return internal_error(
        say("the command answered nothing (exit status {}): {}", "명령이 답하지 않았습니다 (종료 상태 {}): {}",
            outcome.status, outcome.err.substr(0, 2000)),
        std::string(name));
  }
  return Outcome{outcome.status, outcome.out};
}

Result<std::string> Stage::naru(std::string_view name, std::vector<std::string> arguments, std::string input) const {
  const std::string first = arguments.empty() ? "" : arguments.front();
  NARU_ASSIGN(auto outcome, try_naru(name, std::move(arguments), std::move(input)));
  if (outcome.status == 0) return std::move(outcome.json);
  NARU_ASSIGN(const auto json, parse_json(outcome.json, std::string(name)));
  if (!json.contains("error")) {
    return internal_error(say("exit status {}", "종료 상태 {}", outcome.status), fmt::format("{}: {}", name, first));
  }
  const auto& error = json["error"];
  const auto what = error.value("what", "");
  const auto hint = error.value("hint", "");
  return Error{error_kind_named(error.value("kind", "internal")).value_or(ErrorKind::internal),
               {what, what},
               fmt::format("{}: naru {}: {}", name, first, error.value("where", "")),
               {hint, hint}};
}

Done Stage::serve(std::string_view name, const std::vector<std::string>& more) {
  auto argv = sandbox(name);
  argv.insert(argv.end(), {program_.string(), "serve", "--site", site(name).string()});
  argv.insert(argv.end(), more.begin(), more.end());
  NARU_CHECK(make_folder(folder_ / "logs"));
  NARU_ASSIGN(auto process, BackgroundProcess::start(argv, folder_ / "logs" / (std::string(name) + ".log")));
  serving_.insert_or_assign(std::string(name), std::move(process));
  return {};
}

void Stage::stop(std::string_view name) {
  const auto found = serving_.find(name);
  if (found != serving_.end()) serving_.erase(found);
}

bool Stage::serving(std::string_view name) {
  const auto found = serving_.find(name);
  return found != serving_.end() && found->second.alive();
}

std::vector<int> Stage::processes(std::string_view name) const {
  std::vector<int> out;
  const auto found = serving_.find(name);
  if (found != serving_.end()) add_children(found->second.pid(), out);
  return out;
}

}  // namespace naru::cli::demo
