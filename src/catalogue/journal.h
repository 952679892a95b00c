#pragma once
/// The one way `catalogue` and `govern` speak to the audit log; whoever wires the program connects it.
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::catalogue {

/// REQUIRES of an implementation: fail closed. An error means the entry is not in the log, and the caller then
/// refuses the act it was about to record.
class Journal {
 public:
  virtual ~Journal() = default;
  /// `event` is a short name ("case.voted"), `fields_json` a JSON object of ids, codes and digests (never a person's
  /// data), `actor` the account or site.
  [[nodiscard]] virtual Done note(std::string_view event, std::string_view fields_json, std::string_view actor) = 0;
};

/// Keeps entries in memory: for tests, and for commands that run outside a site.
class MemoryJournal final : public Journal {
 public:
  struct Entry {
    std::string event;
    std::string fields_json;
    std::string actor;
  };
  [[nodiscard]] Done note(std::string_view event, std::string_view fields_json, std::string_view actor) override {
    entries.push_back({std::string(event), std::string(fields_json), std::string(actor)});
    return {};
  }
  std::vector<Entry> entries = {};
};

}  // namespace naru::catalogue
