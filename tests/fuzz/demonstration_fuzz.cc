// A demonstration programme, its events and its acts from anywhere: refused, or replayed the same twice.
#include "base/files.h"
#include "govern/demonstration.h"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace naru;
using namespace naru::govern;

// One project that runs; acts are tried on it and never kept apart from what they are.
struct Desk {
  ScratchFolder folder{"fuzz-demonstration"};
  FixedClock clock{1'800'000'000'000};
  catalogue::MemoryJournal journal;
  engine::Records records = std::move(*engine::Records::open(folder.path() / "records.sqlite", clock));
  Demonstrations demos{records, clock, journal};
  Actor officer{"officer", "authority", {"officer"}};
  Desk() {
    const auto programme = parse_demonstration(
        "{id: p, title: {en: P, ko: 피}, source: s, places: 1, watch: {psi_max: 0.2, o_e_min: 0.8, o_e_max: 1.25, "
        "persons_min: 100}}",
        "programme");
    const bool ready =
        programme.ok() && demos.open(*programme, officer).ok() &&
        demos
            .add(R"({"id":"x","programme":"p","title":{"en":"X","ko":"엑스"},"organisation":"f","solution":{"id":"s",)"
                 R"("version":"1"},"sites":["a"]})",
                 "project", officer)
            .ok();
    if (!ready) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto programme = parse_demonstration(text, "fuzz");
  if (programme.ok() && !parse_demonstration(programme->canonical_text, "again").ok()) std::abort();
  const std::string opened =
      R"({"id":"x","programme":"p","title":{"en":"X","ko":"엑스"},"organisation":"f","solution":{"id":"s","version":"1"},"sites":["a"]})";
  for (const char* type : {"stage", "evidence", "watch", "observed", "safety", "plan", "changed", "decision"}) {
    const std::vector<engine::Event> events{{1, "demonstration/x", 1, "opened", opened, "officer", 0},
                                            {2, "demonstration/x", 2, type, std::string(text), "officer", 1}};
    const auto project = replay_project(events);
    if (project.ok() && project->history.size() != 2) std::abort();
  }
  static Desk desk;
  const auto before = desk.demos.get("x");
  const auto after = desk.demos.act("x", text, desk.officer);
  if (!before.ok()) std::abort();
  if (!after.ok() && desk.demos.get("x")->version != before->version) std::abort();
  // Whatever was accepted can be shown.
  if (after.ok() && !desk.demos.demonstrations_json("p").ok()) std::abort();
  return 0;
}
