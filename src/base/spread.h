#pragma once
/// Threads for short work. A new thread starts on the processor of the thread that made it, and some kernels, on
/// virtual machines above all, leave it there for tenths of a second: longer than the work takes.
#include <vector>

namespace naru {

class Spread {
 public:
  /// By the thread that makes the others.
  Spread();
  /// By the new thread with this number, from 1: goes to another processor, as far as there are enough, and may be
  /// moved by the kernel as ever from then on. Does nothing where that is not allowed.
  void place(unsigned number) const;

 private:
  std::vector<int> processors_;  ///< that this process may use; the making thread's own first
};

}  // namespace naru
