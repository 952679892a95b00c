#include "workspace/sandbox.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "base/process.h"
#include "base/testing/support.h"

using namespace naru;
using namespace naru::workspace;

namespace {

// Enough for Python, small enough to be reached at once.
SandboxLimits tight() {
  return {.memory_mb = 200,
          .address_mb = 4000,
          .cpu_seconds = 20,
          .wall_ms = 60'000,
          .processes = 1,
          .threads = 64,
          .scratch_mb = 8,
          .output_bytes = 1 << 20};
}

SandboxJob python(const std::string& program, SandboxLimits limits = tight()) {
  SandboxJob job;
  job.argv = {"/usr/bin/python3", "-I", "-S", "-c", program};
  job.limits = limits;
  return job;
}

SandboxOutcome run(const SandboxJob& job) {
  auto out = run_in_sandbox(job);
  REQUIRE_MESSAGE(out.ok(), out.error().what.en << " " << out.error().where);
  return std::move(out).value();
}

// Prints what an attempt gave: "done", or the name of the error.
std::string attempt(const std::string& body) {
  return "import os, sys\ntry:\n " + body + "\n print('done')\nexcept BaseException as e:\n print(type(e).__name__, " +
         "getattr(e, 'errno', ''))\n";
}

bool refused(const SandboxOutcome& outcome) {
  return outcome.end == SandboxEnd::exited && outcome.out.find("done") == std::string::npos &&
         outcome.out.find("Error") != std::string::npos;
}

}  // namespace

TEST_CASE("a program in the sandbox gets its input and gives its output") {
  auto job = python("import sys\nprint(sys.stdin.read().upper())");
  job.input = "rows";
  const auto outcome = run(job);
  CHECK(outcome.end == SandboxEnd::exited);
  CHECK(outcome.out == "ROWS\n");
  CHECK(run(python("import sys\nsys.exit(7)")).status == 7);
  CHECK(run(python("import os\nos.abort()")).end == SandboxEnd::crashed);
}

TEST_CASE("breaking out: there is no network, and no socket to make one with") {
  for (const std::string family : {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}) {
    CHECK_MESSAGE(refused(run(python(attempt("import socket\n socket.socket(socket." + family + ")")))), family);
  }
}

TEST_CASE("breaking out: nothing can be written but the scratch folder, and that only to its size") {
  const ScratchFolder scratch("sandbox");
  const auto folder = scratch.path() / "model";
  REQUIRE(make_folder(folder).ok());
  REQUIRE(write_file_atomic(folder / "model", "weights").ok());
  for (const std::string place : {"/model/model", "/model/new", "/usr/new", "/new", "/dev/new", "/etc/new"}) {
    auto job = python(attempt("open('" + place + "', 'w').write('x')"));
    job.mounts = {{folder, "/model"}};
    CHECK_MESSAGE(refused(run(job)), place);
  }
  CHECK(*read_file(folder / "model") == "weights");
  CHECK(run(python(attempt("open('/tmp/a', 'w').write('x')"))).out == "done\n");
  CHECK(refused(run(python(attempt("[open('/tmp/%d' % i, 'wb').write(bytes(4 << 20)) for i in range(3)]")))));
  CHECK(refused(run(python(attempt("os.chmod('/usr/bin/python3', 0o777)")))));
}

TEST_CASE("breaking out: this machine's files, processes and names are not there") {
  CHECK(run(python("import os\nprint(sorted(os.listdir('/')))")).out ==
        run(python("print(['bin', 'dev', 'lib', 'lib64', 'sbin', 'tmp', 'usr'])")).out);
  for (const std::string place : {"/etc/passwd", "/proc/1/environ", "/sys/kernel", "/root", "/home", "/var"}) {
    CHECK_MESSAGE(refused(run(python(attempt("os.stat('" + place + "')")))), place);
  }
  ::setenv("NARU_TEST_SECRET", "do not tell", 1);
  CHECK(run(python("import os\nprint(sorted(os.environ))")).out.find("NARU_TEST_SECRET") == std::string::npos);
  ::unsetenv("NARU_TEST_SECRET");
  CHECK(run(python("import os\nprint(os.getuid(), os.getpid(), os.uname().nodename)")).out == "65534 2 solution\n");
}

TEST_CASE("breaking out: there are no privileges, and system calls that give some are refused") {
  // unshare, ptrace, mount, bpf, perf_event_open, keyctl, io_uring_setup, userfaultfd, process_vm_readv, memfd_create
#if defined(__x86_64__)
  const std::string numbers = "[272, 101, 165, 321, 298, 250, 425, 323, 310, 319, 29, 304, 155, 161]";
#else
  const std::string numbers = "[97, 117, 40, 280, 241, 219, 425, 282, 270, 279, 194, 265, 41, 51]";
#endif
  const auto outcome =
      run(python("import ctypes\nc = ctypes.CDLL(None, use_errno=True)\n"
                 "bad = []\nfor n in " +
                 numbers +
                 ":\n r = c.syscall(n, 0x10000000, 0, 0, 0, 0)\n e = ctypes.get_errno()\n"
                 " if r != -1 or e not in (1, 38): bad.append((n, r, e))\nprint(bad)"));
  CHECK(outcome.out == "[]\n");
}

TEST_CASE("breaking out: no process can be started unless the job allows it, threads can") {
  CHECK(refused(run(python(attempt("os.fork()")))));
  CHECK(refused(run(python(attempt("import subprocess\n subprocess.run(['/usr/bin/true'])")))));
  CHECK(
      run(python("import threading\nt = threading.Thread(target=print, args=('thread',))\nt.start()\nt.join()")).out ==
      "thread\n");
  auto limits = tight();
  limits.processes = 4;
  CHECK(run(python("import subprocess\nsubprocess.run(['/usr/bin/echo', 'child'])", limits)).out == "child\n");
}

TEST_CASE("breaking out: the kernel gives a program no more processes and threads than it may have") {
  const auto threads =
      run(python("import threading, time\nmade = 0\nfor i in range(60):\n"
                 " t = threading.Thread(target=time.sleep, args=(30,), daemon=True)\n"
                 " try: t.start()\n except RuntimeError: break\n made += 1\nimport os\nos.write(1, b'%d' % made)\n"
                 "os._exit(0)",
                 [&] {
                   auto one = tight();
                   one.threads = 20;
                   return one;
                 }()));
  REQUIRE(threads.end == SandboxEnd::exited);
  CHECK(std::stoi(threads.out) >= 10);
  CHECK(std::stoi(threads.out) < 30);
  // Children that the cage's end kills are still counted for a moment, so they come last.
  // Each child waits for its end: this cannot grow, even were the limit not there.
  auto limits = tight();
  limits.processes = 200;
  limits.threads = 20;
  const auto forks =
      run(python("import os, time\nmade = 0\nfor i in range(60):\n try: pid = os.fork()\n except OSError: break\n"
                 " if pid == 0:\n  time.sleep(30)\n  os._exit(0)\n made += 1\nprint(made)",
                 limits));
  REQUIRE(forks.end == SandboxEnd::exited);
  CHECK(std::stoi(forks.out) >= 10);
  CHECK(std::stoi(forks.out) < 30);
}

TEST_CASE("breaking out: a fork bomb is ended, and nothing of it is left") {
  auto limits = tight();
  limits.processes = 16;
  limits.threads = 24;
  // Bounded by itself as well: six generations, should every wall fail.
  const auto outcome = run(
      python("import os, time\nfor i in range(6):\n try: os.fork()\n except OSError: pass\ntime.sleep(30)", limits));
  CHECK(outcome.end == SandboxEnd::processes);
  // The kernel kills the namespace whole; the last of it goes a moment later.
  bool left = true;
  for (int i = 0; i < 500 && left; ++i) {
    const auto found = run_process({"pgrep", "-f", "for i in range[(]6[)]:.*os.fork"});
    REQUIRE(found.ok());
    left = !found->out.empty();
    if (left) ::usleep(20'000);
  }
  CHECK(!left);
}

TEST_CASE("a program that takes too long, by the clock or the processor, is ended") {
  auto limits = tight();
  limits.wall_ms = 300;
  CHECK(run(python("import time\ntime.sleep(100)", limits)).end == SandboxEnd::time);
  // Closing its outputs does not free it from the clock.
  CHECK(run(python("import os, time\nos.close(1)\nos.close(2)\ntime.sleep(100)", limits)).end == SandboxEnd::time);
  limits = tight();
  limits.cpu_seconds = 1;
  CHECK(run(python("while True: pass", limits)).end == SandboxEnd::processor);
}

TEST_CASE("a program that takes too much memory or says too much is ended") {
  auto limits = tight();
  limits.memory_mb = 60;
  CHECK(run(python("b = []\nwhile True: b.append(bytearray(b'x' * (8 << 20)))", limits)).end == SandboxEnd::memory);
  limits = tight();
  limits.output_bytes = 1000;
  CHECK(run(python("import sys\nsys.stdout.write('x' * 5000000)", limits)).end == SandboxEnd::output);
}

TEST_CASE("what a program prints to standard error is nowhere") {
  const auto outcome = run(python("import sys\nsys.stderr.write('row 17, male, 63')\nprint('ok')"));
  CHECK(outcome.out == "ok\n");
}

TEST_CASE("a program sees its own folder, and a link in it leads nowhere") {
  const ScratchFolder scratch("sandbox");
  REQUIRE(make_folder(scratch.path() / "one").ok());
  REQUIRE(make_folder(scratch.path() / "two").ok());
  REQUIRE(write_file_atomic(scratch.path() / "one" / "image", "mine").ok());
  REQUIRE(write_file_atomic(scratch.path() / "two" / "image", "another patient's").ok());
  fs::create_symlink("../two/image", scratch.path() / "one" / "beside");
  fs::create_symlink(fs::absolute(scratch.path() / "two" / "image"), scratch.path() / "one" / "absolute");
  auto job = python("import sys\nprint(open('/input/image').read())");
  job.mounts = {{scratch.path() / "one", "/input"}};
  CHECK(run(job).out == "mine\n");
  for (const std::string place : {"/input/beside", "/input/absolute", "/input/../two/image"}) {
    job.argv.back() = attempt("print(open('" + place + "').read())");
    const auto outcome = run(job);
    CHECK_MESSAGE(refused(outcome), place);
    CHECK(outcome.out.find("another") == std::string::npos);
  }
}

TEST_CASE("an unpacked root filesystem is the whole world of its program") {
  const ScratchFolder scratch("sandbox");
  const auto root = scratch.path() / "rootfs";
  REQUIRE(make_folder(root / "app").ok());
  // A static program is not at hand everywhere: the dynamic linker and the C library are copied with it.
  const auto listed = run_process({"ldd", "/usr/bin/cat"});
  REQUIRE(listed.ok());
  REQUIRE(make_folder(root / "lib").ok());
  fs::copy_file("/usr/bin/cat", root / "app" / "cat");
  std::istringstream words(listed->out);
  for (std::string word; words >> word;) {
    if (!word.starts_with('/')) continue;
    const auto inside = root / word.substr(1);
    REQUIRE(make_folder(inside.parent_path()).ok());
    fs::copy_file(word, inside, fs::copy_options::overwrite_existing);
  }
  SandboxJob job;
  job.root = root;
  job.argv = {"/app/cat"};
  job.input = "through the image";
  job.limits = tight();
  CHECK(run(job).out == "through the image");
  job.argv = {"/app/cat", "/usr/bin/python3"};
  CHECK(run(job).status == 1);
}

TEST_CASE("a job without limits, or with a mount that is not there, is refused") {
  SandboxJob job;
  job.argv = {"/usr/bin/true"};
  CHECK(run_in_sandbox(job).error().kind == ErrorKind::rejected);
  job.limits = tight();
  job.mounts = {{"/no/such/folder", "/model"}};
  CHECK(run_in_sandbox(job).error().where == "/model");
  job.mounts.clear();
  job.argv = {"true"};
  CHECK(run_in_sandbox(job).error().kind == ErrorKind::rejected);
}
