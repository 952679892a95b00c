// Parts of a report that come from elsewhere: a checklist, the recorded use of a solution, a site's signed watch.
#include "evidence/checklist.h"
#include "evidence/stage.h"
#include "evidence/watch.h"

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru::evidence;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = parse_checklist(text, "fuzz");
  if (list.ok()) {
    const auto told = answered(*list, nlohmann::json::object(), {});
    if (told.at("items").size() != list->items.size()) std::abort();
  }
  const auto stage = stage_with_shares(text, 4);
  if (stage.ok()) (void)naru::evidence::page::stage_section({{"stage", *stage}, {"reasons", nlohmann::json::object()}});
  const auto watch = read_watch(text, "fuzz");
  if (watch.ok() && watch->digest.size() != 64) std::abort();
  return 0;
}
