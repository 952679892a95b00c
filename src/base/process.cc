#include "base/process.h"

#include "base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

extern char** environ;

namespace naru {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) read_end = ends[0], write_end = ends[1];
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read() {
    if (read_end >= 0) ::close(std::exchange(read_end, -1));
  }
  void close_write() {
    if (write_end >= 0) ::close(std::exchange(write_end, -1));
  }
};

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    bool replaced = false;
    for (const auto& [key, value] : added) replaced = replaced || text.starts_with(key + "=");
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [key, value] : added) out.push_back(key + "=" + value);
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

constexpr int pass_first = 3;

Result<int> spawn(const std::vector<std::string>& argv, const std::vector<std::string>& environment, int in, int out,
                  int err, const std::vector<int>& pass = {}) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  if (err >= 0) {
    posix_spawn_file_actions_adddup2(&actions, err, 2);
  } else {
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  }
  const int passed = static_cast<int>(pass.size());
  // First out of the way: no descriptor of `pass` may be overwritten before it is in its place.
  const int pass_away =
      std::max(pass_first + passed, pass.empty() ? 0 : *std::max_element(pass.begin(), pass.end()) + 1);
  for (int i = 0; i < passed; ++i) {
    posix_spawn_file_actions_adddup2(&actions, pass[static_cast<std::size_t>(i)], pass_away + i);
  }
  for (int i = 0; i < passed; ++i) {
    posix_spawn_file_actions_adddup2(&actions, pass_away + i, pass_first + i);
    posix_spawn_file_actions_addclose(&actions, pass_away + i);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = -1;
  const int code = ::posix_spawnp(&pid, argv.front().c_str(), &actions, &attributes, pointers(argv).data(),
                                  pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) {
    const std::string reason = std::strerror(code);
    return not_found(say("cannot start the program: {}", "프로그램을 시작할 수 없습니다: {}", reason), argv.front());
  }
  return static_cast<int>(pid);
}

int status_of(int raw) { return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw); }

void drain(const pollfd& watched, Pipe& pipe, std::string& into, std::span<char> buffer, std::uint64_t most,
           bool& cut) {
  if (watched.fd < 0 || watched.revents == 0) return;
  const auto count = ::read(watched.fd, buffer.data(), buffer.size());
  if (count <= 0) return pipe.close_read();
  if (into.size() + static_cast<std::size_t>(count) <= most) {
    into.append(buffer.data(), static_cast<std::size_t>(count));
  } else {
    cut = true;
  }
}

enum class Pumped { finished, late, stopped };

// Reads both outputs and feeds the input until all are closed, the time is up or the watcher says no.
Pumped pump(int pid, Pipe& in, Pipe& out, Pipe& err, const ProcessOptions& options, ProcessOutcome& outcome) {
  const double deadline = steady_seconds() + static_cast<double>(options.timeout_ms) / 1000;
  const double slice = options.watch ? static_cast<double>(options.watch_ms) : 1000.0;
  std::string_view left = options.input;
  if (left.empty()) in.close_write();
  if (in.write_end >= 0) ::fcntl(in.write_end, F_SETFL, O_NONBLOCK);
  std::array<char, 65536> buffer{};
  double watch_at = 0;
  while (out.read_end >= 0 || err.read_end >= 0) {
    std::array<pollfd, 3> watched{pollfd{out.read_end, POLLIN, 0}, pollfd{err.read_end, POLLIN, 0},
                                  pollfd{in.write_end, POLLOUT, 0}};
    const double now = steady_seconds();
    if (now >= deadline) return Pumped::late;
    if (options.watch && now >= watch_at) {
      if (!options.watch(pid, outcome)) return Pumped::stopped;
      watch_at = now + slice / 1000;
    }
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::min((deadline - now) * 1000 + 1, slice))) < 0 &&
        errno != EINTR) {
      return Pumped::late;
    }
    drain(watched[0], out, outcome.out, buffer, options.output_bytes_max, outcome.cut);
    drain(watched[1], err, outcome.err, buffer, options.output_bytes_max, outcome.cut);
    if (watched[2].fd >= 0 && watched[2].revents != 0) {
      const auto count = ::write(watched[2].fd, left.data(), left.size());
      if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
      if (left.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) in.close_write();
    }
  }
  return Pumped::finished;
}

// A program may close its outputs and go on: until it ends, the time and the watcher still hold.
Pumped wait_for_end(int pid, int& raw, const ProcessOptions& options, const ProcessOutcome& outcome) {
  const double deadline = steady_seconds() + static_cast<double>(options.timeout_ms) / 1000;
  for (useconds_t pause = 200;; pause = std::min<useconds_t>(2 * pause, 10'000)) {
    const auto ended = ::waitpid(pid, &raw, WNOHANG);
    if (ended == pid || (ended < 0 && errno != EINTR)) return Pumped::finished;
    if (steady_seconds() >= deadline) return Pumped::late;
    if (options.watch && !options.watch(pid, outcome)) return Pumped::stopped;
    ::usleep(pause);
  }
}

}  // namespace

Result<ProcessOutcome> run_process(const std::vector<std::string>& argv, const ProcessOptions& options) {
  Pipe in;
  Pipe out;
  Pipe err;
  ::signal(SIGPIPE, SIG_IGN);
  if (!options.keep_err) {
    err.close_read();
    err.close_write();
  }
  NARU_ASSIGN(const int pid, spawn(argv, environment_with(options.environment), in.read_end, out.write_end,
                                   err.write_end, options.pass));
  in.close_read();
  out.close_write();
  err.close_write();
  ProcessOutcome outcome;
  int raw = 0;
  auto pumped = pump(pid, in, out, err, options, outcome);
  if (pumped == Pumped::finished) pumped = wait_for_end(pid, raw, options, outcome);
  if (pumped != Pumped::finished) {
    ::kill(-pid, SIGKILL);
    while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
    }
  }
  if (pumped == Pumped::late) {
    return conflict(say("the program did not end within {} ms and was stopped",
                        "프로그램이 {} ms 안에 끝나지 않아 중단했습니다", options.timeout_ms),
                    argv.front());
  }
  outcome.stopped = pumped == Pumped::stopped;
  outcome.status = status_of(raw);
  return outcome;
}

Result<BackgroundProcess> BackgroundProcess::start(const std::vector<std::string>& argv, const fs::path& log) {
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (out < 0 || in < 0) return not_found(say("cannot open the log file", "로그 파일을 열 수 없습니다"), log.string());
  auto pid = spawn(argv, environment_with({}), in, out, out);
  ::close(out);
  ::close(in);
  if (!pid.ok()) return std::move(pid).error();
  return BackgroundProcess(*pid);
}

BackgroundProcess::BackgroundProcess(BackgroundProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
BackgroundProcess& BackgroundProcess::operator=(BackgroundProcess&& other) noexcept {
  stop();
  pid_ = std::exchange(other.pid_, -1);
  return *this;
}
BackgroundProcess::~BackgroundProcess() { stop(); }

bool BackgroundProcess::alive() {
  if (pid_ < 0) return false;
  int raw = 0;
  if (::waitpid(pid_, &raw, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void BackgroundProcess::stop() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGTERM);
  for (int i = 0; i < 300; ++i) {
    if (!alive()) return;
    ::usleep(10'000);
  }
  kill_now();
}

void BackgroundProcess::kill_now() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  int raw = 0;
  ::waitpid(pid_, &raw, 0);
  pid_ = -1;
}

}  // namespace naru
