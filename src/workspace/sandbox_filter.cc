// Which system calls a stranger's program may make. Everything else is answered with "not permitted".
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "workspace/sandbox.h"

// libseccomp's own macros build C literals, which GCC takes in C++ too.
#ifdef __clang__
#pragma clang diagnostic ignored "-Wc99-extensions"
#endif

namespace naru::workspace {
namespace {

// What programs need that compute: files, memory, threads, time, pipes. Names, as libseccomp knows them; one that a
// machine does not have is passed over.
constexpr const char* allowed[] = {
    // files
    "read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev", "pwritev2", "open",
    "openat", "openat2", "close", "close_range", "lseek", "stat", "lstat", "fstat", "newfstatat", "statx", "statfs",
    "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd",
    "chdir", "fchdir", "dup", "dup2", "dup3", "fcntl", "flock", "fsync", "fdatasync", "ftruncate", "truncate", "creat",
    "fallocate", "fadvise64", "readahead", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat",
    "rmdir", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "umask", "utimensat", "utime",
    "utimes", "futimesat", "sendfile", "copy_file_range", "splice", "tee", "getxattr", "lgetxattr", "fgetxattr",
    "listxattr", "llistxattr", "flistxattr", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "cachestat",
    // memory
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "mincore", "msync", "mlock", "munlock", "mlock2",
    "pkey_alloc", "pkey_free", "pkey_mprotect", "membarrier", "get_mempolicy", "set_mempolicy", "mbind",
    "map_shadow_stack", "mseal",
    // threads, signals, waiting
    "futex", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "set_robust_list", "get_robust_list", "rseq",
    "set_tid_address", "gettid", "exit", "exit_group", "sched_yield", "sched_getaffinity", "sched_setaffinity",
    "sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "sched_getattr",
    "getpriority", "setpriority", "getcpu", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigpending", "rt_sigtimedwait", "rt_sigqueueinfo", "sigaltstack", "signalfd", "signalfd4", "pause", "kill",
    "tkill", "tgkill", "restart_syscall", "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "pipe", "pipe2",
    // time
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "timer_create",
    "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete", "timerfd_create", "timerfd_settime",
    "timerfd_gettime", "setitimer", "getitimer", "alarm",
    // who and where; waiting, because the sandbox's first process waits under this filter too
    "getpid", "getppid", "getpgid", "getpgrp", "getsid", "getuid", "geteuid", "getgid", "getegid", "getresuid",
    "getresgid", "getgroups", "getrlimit", "prlimit64", "setrlimit", "getrusage", "sysinfo", "uname", "getrandom",
    "capget", "arch_prctl", "prctl", "execve", "execveat", "wait4", "waitid", "waitpid"};

constexpr const char* for_processes[] = {"fork", "vfork", "setpgid", "setsid"};

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

Error not_built(const char* what, int code) {
  return internal_error(say("cannot build the system call filter: {}", "시스템 호출 필터를 만들 수 없습니다: {}",
                            std::strerror(code < 0 ? -code : code)),
                        what);
}

template <typename... Rules>
int add(const Filter& filter, std::uint32_t action, const char* name, Rules... rules) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return 0;
  const int code = seccomp_rule_add(filter.get(), action, number, sizeof...(rules), rules...);
  // A call this processor does not have, or one already answered so.
  return code == -EDOM || code == -EACCES || code == -EFAULT ? 0 : code;
}

Done add_rules(const Filter& filter, bool may_start_processes) {
  for (const auto* name : allowed) {
    if (const int code = add(filter, SCMP_ACT_ALLOW, name); code != 0) return not_built(name, code);
  }
  // Its flags stand in memory, where no filter can look; libraries fall back to clone.
  if (const int code = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3"); code != 0) return not_built("clone3", code);
  constexpr std::uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                       CLONE_NEWPID | CLONE_NEWNET | CLONE_UNTRACED | CLONE_PTRACE;
  const auto flags = may_start_processes ? SCMP_A0_64(SCMP_CMP_MASKED_EQ, namespaces, 0)
                                         : SCMP_A0_64(SCMP_CMP_MASKED_EQ, namespaces | CLONE_THREAD, CLONE_THREAD);
  if (const int code = add(filter, SCMP_ACT_ALLOW, "clone", flags); code != 0) return not_built("clone", code);
  for (const auto* name : for_processes) {
    if (!may_start_processes) break;
    if (const int code = add(filter, SCMP_ACT_ALLOW, name); code != 0) return not_built(name, code);
  }
  // A terminal could be typed into; there is none inside, and this keeps it so.
  constexpr std::uint64_t low_word = 0xffffffffU;
  for (const std::uint64_t asked : {std::uint64_t{FIONREAD}, std::uint64_t{FIONBIO}, std::uint64_t{FIOCLEX},
                                    std::uint64_t{FIONCLEX}, std::uint64_t{TCGETS}, std::uint64_t{TIOCGWINSZ}}) {
    const int code = add(filter, SCMP_ACT_ALLOW, "ioctl", SCMP_A1_64(SCMP_CMP_MASKED_EQ, low_word, asked));
    if (code != 0) return not_built("ioctl", code);
  }
  return {};
}

}  // namespace

Result<int> system_call_filter(bool may_start_processes) {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (!filter) return not_built("seccomp_init", ENOMEM);
  NARU_CHECK(add_rules(filter, may_start_processes));
  const int file = ::memfd_create("naru-seccomp", MFD_CLOEXEC);
  if (file < 0) return not_built("memfd_create", errno);
  if (const int code = seccomp_export_bpf(filter.get(), file); code != 0) {
    ::close(file);
    return not_built("seccomp_export_bpf", code);
  }
  ::lseek(file, 0, SEEK_SET);
  return file;
}

}  // namespace naru::workspace
