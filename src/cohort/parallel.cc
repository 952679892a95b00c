#include "cohort/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace naru::cohort {

void in_parallel(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (auto at = next++; at < count; at = next++) work(at);
  };
  std::vector<std::thread> helpers;
  for (std::size_t helper = 1; helper < std::min<std::size_t>(threads, count); ++helper) helpers.emplace_back(run);
  run();
  for (auto& helper : helpers) helper.join();
}

}  // namespace naru::cohort
