#include "base/progress.h"

#include "base/clock.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace naru {
namespace {
// The one global of the process: a signal handler can reach nothing else.
volatile std::sig_atomic_t stop_flag = 0;
extern "C" void note_signal(int) { stop_flag = 1; }
}  // namespace

TerminalProgress::TerminalProgress(Language language, bool quiet)
    : language_(language), draw_(!quiet && ::isatty(STDERR_FILENO) == 1) {}

TerminalProgress::~TerminalProgress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void TerminalProgress::at(const Text& deed, std::uint64_t done, std::uint64_t total) {
  if (!draw_) return;
  const double now = steady_seconds();
  if (shown_ && now - last_ < 0.1 && done != total) return;
  last_ = now;
  shown_ = true;
  if (total > 0) {
    std::fprintf(stderr, "\r\033[K%s %3.0f%%", deed.in(language_).c_str(),
                 100.0 * static_cast<double>(done) / static_cast<double>(total));
  } else {
    std::fprintf(stderr, "\r\033[K%s", deed.in(language_).c_str());
  }
}

bool TerminalProgress::stop_requested() const { return stop_flag != 0; }

void TerminalProgress::watch_signals() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace naru
