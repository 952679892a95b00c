#pragma once
/// A stranger's program on patients' rows: run in a cage, fed by standard input, heard on standard output alone.
///
/// The cage (bubblewrap): new user, mount, pid, network, IPC, UTS and cgroup namespaces; no capability; a read-only
/// root that holds nothing but what the job names; /dev with null, zero, full, random and urandom; no /proc, no /sys; a
/// scratch folder /tmp of stated size; an empty environment but for what the job names. System calls by an allow list
/// (seccomp): no sockets, no new processes unless asked for, no tracing, mounting, keys, performance counters,
/// io_uring, shared memory segments. Resource limits (rlimit) on the process, and a watcher that adds up memory,
/// processor time and processes over the whole pid namespace and kills it whole. Standard error goes to /dev/null: it
/// could carry rows.
///
/// Sources: bubblewrap 0.8 (bwrap(1)), libseccomp 2.5, seccomp(2), pid_namespaces(7). Limits: docs/methods/sandbox.md.
#include "base/files.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace naru::workspace {

/// All must be given; there is no default that would suit everybody.
struct SandboxLimits {
  std::int64_t memory_mb = 0;   ///< resident memory of all its processes together, and of /tmp
  std::int64_t address_mb = 0;  ///< address space of each process (engines with JIT reserve far more than they use)
  std::int64_t cpu_seconds = 0;
  std::int64_t wall_ms = 0;
  std::int64_t processes = 0;  ///< processes at a time; 1: it may have threads, but start nothing
  std::int64_t threads = 0;    ///< threads of all processes together
  std::int64_t scratch_mb = 0;
  std::uint64_t output_bytes = 0;  ///< of standard output
};

struct Mounted {
  fs::path from;   ///< on this machine: a file or folder
  std::string as;  ///< absolute path inside, read-only
};

struct SandboxJob {
  std::vector<std::string> argv;  ///< inside paths; argv[0] absolute
  fs::path root = {};             ///< an unpacked root filesystem; empty: this machine's /usr, read-only
  std::vector<Mounted> mounts = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string work_folder = "/";
  std::string input = {};  ///< standard input
  SandboxLimits limits;
};

enum class SandboxEnd { exited, crashed, time, processor, memory, processes, output };
[[nodiscard]] std::string_view name_of(SandboxEnd end);  ///< "exited", "crashed", "timed_out", "over_cpu" …

struct SandboxOutcome {
  SandboxEnd end = SandboxEnd::exited;
  int status = 0;   ///< exit status; 128 + signal when it crashed
  std::string out;  ///< what it wrote to standard output
  double seconds = 0;
  std::int64_t peak_memory_mb = 0;  ///< as the watcher saw it
};

/// What the program does is an outcome; errors are about the cage. Errors: rejected for limits out of range or a mount
/// that is not there; not_found when bwrap or prlimit is missing; internal when the machine refuses a namespace.
[[nodiscard]] Result<SandboxOutcome> run_in_sandbox(const SandboxJob& job);

/// The compiled system call filter as a file descriptor at its start. The caller closes it.
[[nodiscard]] Result<int> system_call_filter(bool may_start_processes);

}  // namespace naru::workspace
