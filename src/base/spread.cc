#include "base/spread.h"

#include <sched.h>

#include <algorithm>

namespace naru {

Spread::Spread() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(static_cast<unsigned>(i), &allowed)) processors_.push_back(i);
  }
  const auto own = std::ranges::find(processors_, sched_getcpu());
  if (own != processors_.end()) std::ranges::rotate(processors_, own);
}

void Spread::place(unsigned number) const {
  if (processors_.size() < 2) return;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(processors_[number % processors_.size()]), &one);
  if (sched_setaffinity(0, sizeof one, &one) == 0) sched_setaffinity(0, sizeof allowed, &allowed);
}

}  // namespace naru
