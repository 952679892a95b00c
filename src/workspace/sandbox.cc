#include "workspace/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <utility>

#include "base/clock.h"
#include "base/process.h"

namespace naru::workspace {
namespace {

constexpr std::int64_t mib = 1 << 20;
constexpr int filter_inside = 3;  // descriptors as bwrap gets them
constexpr int status_inside = 4;
constexpr std::size_t watched_processes_max = 4096;
constexpr std::int64_t of_the_cage = 8;  // tasks that bubblewrap itself may have

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

std::string small_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return {};
  std::array<char, 8192> buffer{};
  const auto count = ::read(file.get(), buffer.data(), buffer.size());
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

std::vector<std::int64_t> numbers_in(std::string_view text) {
  std::vector<std::int64_t> out;
  while (!text.empty()) {
    const auto start = text.find_first_not_of(" \n\t");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc()) value = 0;
    text.remove_prefix(std::min(text.find_first_of(" \n\t"), text.size()));
    if (end != nullptr) out.push_back(value);
  }
  return out;
}

// Everything in the pid namespace descends from its first process: orphans are handed to it.
struct Usage {
  std::size_t processes = 0;
  std::int64_t threads = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t cpu_ticks = 0;
};

void add_process(std::int64_t pid, Usage& usage) {
  if (++usage.processes > watched_processes_max) return;
  const auto folder = "/proc/" + std::to_string(pid);
  const auto pages = numbers_in(small_file(folder + "/statm"));
  if (pages.size() > 1) usage.memory_bytes += pages[1] * ::sysconf(_SC_PAGESIZE);
  const auto stat = small_file(folder + "/stat");
  const auto name_end = stat.rfind(')');
  if (name_end != std::string::npos) {
    // After "(name) S": field 4 is the parent; 14..17 are times, 20 the threads.
    const auto rest = numbers_in(std::string_view(stat).substr(std::min(name_end + 3, stat.size())));
    if (rest.size() > 16) {
      for (const std::size_t field : {10U, 11U, 12U, 13U}) usage.cpu_ticks += rest[field];
      usage.threads += rest[16];
    }
  }
  for (const auto child : numbers_in(small_file(folder + "/task/" + std::to_string(pid) + "/children"))) {
    add_process(child, usage);
  }
}

class Watcher {
 public:
  Watcher(const SandboxJob& job, int status_fd) : job_(&job), status_(status_fd), begin_(steady_seconds()) {
    ::fcntl(status_, F_SETFL, O_NONBLOCK);
  }
  // False when a limit is passed; `end` says which.
  bool operator()(const ProcessOutcome& so_far) {
    read_status();
    const auto& limits = job_->limits;
    if (so_far.cut) return over(SandboxEnd::output);
    if (seconds() * 1000 > static_cast<double>(limits.wall_ms)) return over(SandboxEnd::time);
    if (first_ <= 0) return true;
    Usage usage;
    add_process(first_, usage);
    peak_ = std::max(peak_, usage.memory_bytes / mib);
    // bwrap's own first process is one of them.
    if (std::cmp_greater(usage.processes, limits.processes + 1)) return over(SandboxEnd::processes);
    if (usage.threads > limits.threads + of_the_cage) return over(SandboxEnd::processes);
    if (usage.memory_bytes > limits.memory_mb * mib) return over(SandboxEnd::memory);
    if (usage.cpu_ticks / ::sysconf(_SC_CLK_TCK) >= limits.cpu_seconds) return over(SandboxEnd::processor);
    return true;
  }
  void read_status() {
    std::array<char, 512> buffer{};
    for (auto count = ::read(status_, buffer.data(), buffer.size()); count > 0;
         count = ::read(status_, buffer.data(), buffer.size())) {
      told_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (first_ <= 0) first_ = after("\"child-pid\": ");
  }
  // The first process is killed by name: with it the kernel ends the whole namespace.
  void kill_all() const {
    if (first_ > 0) ::kill(static_cast<pid_t>(first_), SIGKILL);
  }
  [[nodiscard]] bool started() const { return told_.find("exit-code") != std::string::npos || over_; }
  [[nodiscard]] SandboxEnd end() const { return end_; }
  [[nodiscard]] bool passed_a_limit() const { return over_; }
  [[nodiscard]] std::int64_t peak_mb() const { return peak_; }
  [[nodiscard]] double seconds() const { return steady_seconds() - begin_; }

 private:
  bool over(SandboxEnd end) {
    end_ = end;
    over_ = true;
    kill_all();
    return false;
  }
  [[nodiscard]] std::int64_t after(std::string_view key) const {
    const auto at = told_.find(key);
    if (at == std::string::npos) return -1;
    const auto found = numbers_in(std::string_view(told_).substr(at + key.size(), 16));
    return found.empty() ? -1 : found.front();
  }
  const SandboxJob* job_;
  int status_;
  double begin_;
  std::string told_;
  std::int64_t first_ = -1;
  std::int64_t peak_ = 0;
  bool over_ = false;
  SandboxEnd end_ = SandboxEnd::exited;
};

Done check_job(const SandboxJob& job) {
  const auto& limits = job.limits;
  const bool all = limits.memory_mb > 0 && limits.address_mb > 0 && limits.cpu_seconds > 0 && limits.wall_ms > 0 &&
                   limits.processes > 0 && limits.threads > 0 && limits.scratch_mb > 0 && limits.output_bytes > 0;
  if (!all) return rejected(say("a limit of the sandbox is missing", "격리 실행의 한도가 빠져 있습니다"), "limits");
  if (job.argv.empty() || !job.argv.front().starts_with('/')) {
    return rejected(say("the program's path must be absolute", "프로그램 경로는 절대 경로여야 합니다"), "command");
  }
  for (const auto& mount : job.mounts) {
    if (!mount.as.starts_with('/') || mount.as.find("..") != std::string::npos) {
      return rejected(say("not a place inside the sandbox", "격리 공간 안의 경로가 아닙니다"), mount.as);
    }
    if (!fs::exists(mount.from)) {
      return rejected(say("nothing to show at this place", "이 자리에 보일 것이 없습니다"), mount.as);
    }
  }
  return {};
}

// Tasks of this account on this machine: the kernel counts a new user namespace's processes into them.
std::int64_t tasks_of_account() {
  std::int64_t out = 0;
  std::error_code code;
  const auto me = fmt::format("\nUid:\t{}\t", ::getuid());
  for (const auto& entry : fs::directory_iterator("/proc", code)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto status = small_file("/proc/" + name + "/status");
    const auto threads = status.find("\nThreads:");
    if (status.find(me) == std::string::npos || threads == std::string::npos) continue;
    const auto found = numbers_in(std::string_view(status).substr(threads + 9, 16));
    if (!found.empty()) out += found.front();
  }
  return out;
}

// A number that no account of the machine has: what runs under it is counted by itself.
std::uint32_t nobody_else() {
  static std::atomic<std::uint32_t> runs = 0;
  constexpr std::uint32_t first = 1'900'000'000;
  constexpr std::uint32_t span = 99'999'999;
  return first + (static_cast<std::uint32_t>(::getpid()) * 64 + runs.fetch_add(1)) % span;
}

// What the kernel holds by itself, should the watcher be late.
std::vector<std::string> kernel_limits(const SandboxLimits& limits, std::int64_t tasks_before) {
  return {"prlimit",
          fmt::format("--nproc={}", tasks_before + limits.threads + of_the_cage),
          fmt::format("--as={}", limits.address_mb * mib),
          fmt::format("--cpu={}", limits.cpu_seconds + 5),
          fmt::format("--fsize={}", limits.scratch_mb * mib),
          "--nofile=256",
          "--core=0",
          "--memlock=65536",
          "--msgqueue=0",
          "--sigpending=1024"};
}

// For the superuser the kernel counts no processes: it becomes nobody first. The folders that nobody may not reach are
// then shown to it in a mount namespace of its own, and only those; their own permissions must let others read.
std::vector<std::string> as_nobody(SandboxJob& job) {
  std::vector<std::string> argv{"bwrap", "--dev-bind", "/", "/", "--tmpfs", "/mnt"};
  std::size_t number = 0;
  const auto show = [&](fs::path& from) {
    const auto place = fmt::format("/mnt/{}", number++);
    argv.insert(argv.end(), {"--ro-bind", fs::absolute(from).string(), place});
    from = place;
  };
  for (auto& mount : job.mounts) show(mount.from);
  if (!job.root.empty()) show(job.root);
  const auto nobody = std::to_string(nobody_else());
  argv.insert(argv.end(),
              {"--", "setpriv", "--reuid=" + nobody, "--regid=" + nobody, "--clear-groups", "--inh-caps=-all", "--"});
  return argv;
}

// The entries of a root filesystem one by one, so that the root itself is the sandbox's and places can be made in it.
void add_root(const SandboxJob& job, const fs::path& shown_at, std::vector<std::string>& argv) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(job.root)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    const auto name = entry.filename().string();
    if (name == "dev" || name == "proc" || name == "sys" || name == "tmp") continue;
    if (fs::is_symlink(entry)) {
      argv.insert(argv.end(), {"--symlink", fs::read_symlink(entry).string(), "/" + name});
    } else {
      argv.insert(argv.end(), {"--ro-bind", (shown_at / name).string(), "/" + name});
    }
  }
}

std::vector<std::string> cage(const SandboxJob& job) {
  auto shown = job;
  const bool superuser = ::geteuid() == 0;
  std::vector<std::string> argv = superuser ? as_nobody(shown) : std::vector<std::string>();
  for (auto& word : kernel_limits(job.limits, superuser ? 0 : tasks_of_account())) argv.push_back(std::move(word));
  const auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words); };
  add({"bwrap", "--unshare-user", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid",
       "65534", "--gid", "65534", "--hostname", "solution", "--clearenv"});
  if (job.root.empty()) {
    add({"--ro-bind", "/usr", "/usr"});
    for (const auto* name : {"bin", "sbin", "lib", "lib64"}) {
      if (fs::exists(fs::path("/usr") / name)) add({"--symlink", std::string("usr/") + name, std::string("/") + name});
    }
  } else {
    add_root(job, shown.root, argv);
  }
  for (const auto* device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    add({"--dev-bind", device, device});
  }
  add({"--size", std::to_string(job.limits.scratch_mb * mib), "--tmpfs", "/tmp"});
  for (const auto& mount : shown.mounts) add({"--ro-bind", mount.from.string(), mount.as});
  add({"--remount-ro", "/"});
  for (const auto& [key, value] : job.environment) add({"--setenv", key, value});
  add({"--chdir", job.work_folder, "--seccomp", std::to_string(filter_inside), "--json-status-fd",
       std::to_string(status_inside), "--"});
  argv.insert(argv.end(), job.argv.begin(), job.argv.end());
  return argv;
}

// Why the cage could not be built: the same cage with a harmless program, whose words may be read.
Error not_caged(const SandboxJob& job) {
  auto probe = job;
  probe.argv = {"/usr/bin/true"};
  probe.root.clear();
  probe.mounts.clear();
  auto argv = cage(probe);
  for (auto word = argv.begin(); word != argv.end();) {
    const bool drop = *word == "--seccomp" || *word == "--json-status-fd" || *word == "--chdir";
    word = drop ? argv.erase(word, word + 2) : word + 1;
  }
  const auto tried = run_process(argv, {.timeout_ms = 10'000, .output_bytes_max = 2000});
  if (!tried.ok()) return tried.error();
  const auto words = tried->err.substr(0, 500);
  if (tried->status == 0) {
    return rejected(say("the solution's program cannot be started", "솔루션의 프로그램을 시작할 수 없습니다"),
                    job.argv.front(),
                    say("is it in the package, executable, and built for this kind of machine?",
                        "꾸러미 안에 있고, 실행 가능하고, 이 기종에 맞게 빌드되었는지 확인하세요"));
  }
  return internal_error(say("the sandbox could not be set up: {}", "격리 공간을 만들 수 없습니다: {}", words), "bwrap",
                        say("unprivileged user namespaces must be allowed on this machine",
                            "이 기계에서 비특권 사용자 네임스페이스가 허용되어야 합니다"));
}

SandboxEnd end_of(int status) {
  if (status == 128 + SIGXCPU) return SandboxEnd::processor;
  if (status == 128 + SIGXFSZ) return SandboxEnd::output;
  return status == 0 ? SandboxEnd::exited : SandboxEnd::crashed;
}

}  // namespace

std::string_view name_of(SandboxEnd end) {
  switch (end) {
    case SandboxEnd::exited:
      return "exited";
    case SandboxEnd::crashed:
      return "crashed";
    case SandboxEnd::time:
      return "timed_out";
    case SandboxEnd::processor:
      return "over_processor_time";
    case SandboxEnd::memory:
      return "over_memory";
    case SandboxEnd::processes:
      return "over_processes";
    case SandboxEnd::output:
      return "over_output";
  }
  return "";
}

Result<SandboxOutcome> run_in_sandbox(const SandboxJob& job) {
  NARU_CHECK(check_job(job));
  NARU_ASSIGN(const int filter, system_call_filter(job.limits.processes > 1));
  const Descriptor filter_file(filter);
  std::array<int, 2> status{};
  if (::pipe2(status.data(), O_CLOEXEC) != 0) {
    return internal_error(say("no pipe", "파이프를 만들 수 없습니다"), "sandbox");
  }
  const Descriptor status_read(status[0]);
  Descriptor status_write(status[1]);
  Watcher watcher(job, status_read.get());
  ProcessOptions options;
  options.input = job.input;
  options.timeout_ms = job.limits.wall_ms + 60'000;
  options.output_bytes_max = job.limits.output_bytes;
  options.keep_err = false;
  options.pass = {filter_file.get(), status_write.get()};
  options.watch = [&](int, const ProcessOutcome& so_far) { return watcher(so_far); };
  auto done = run_process(cage(job), options);
  status_write.close();
  watcher.read_status();
  if (!done.ok()) {
    watcher.kill_all();
    return std::move(done).error();
  }
  if (!watcher.started()) return not_caged(job);
  SandboxOutcome out;
  out.status = done->status;
  out.seconds = watcher.seconds();
  out.peak_memory_mb = watcher.peak_mb();
  out.end = watcher.passed_a_limit() ? watcher.end() : (done->cut ? SandboxEnd::output : end_of(done->status));
  out.out = std::move(done->out);
  return out;
}

}  // namespace naru::workspace
