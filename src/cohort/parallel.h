#pragma once
/// Independent pieces of work on some threads. Only for this room's .cc files.
#include <cstddef>
#include <functional>

namespace naru::cohort {

/// Runs `work(i)` once for every i in [0, count). threads 0: the machine's processors. `work` must not throw.
void in_parallel(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work);

}  // namespace naru::cohort
