#pragma once
/// Reporting checklists as data files (lists/*.yaml, in our own words), and which of their items a document answers.
///
/// An item is "report" when every place that its `by` names is filled in the document (JSON pointers), "stated" when
/// the plan's author answered it (`statements`, key CHECKLIST/ITEM), else "open": nothing is answered by silence.
#include "base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

struct ChecklistItem {
  std::string id;  ///< "23a"
  Text text;
  std::vector<std::string> by;  ///< JSON pointers; empty: only a person can answer
};
struct Checklist {
  std::string id;  ///< "tripod-ai"
  Text title;
  std::string source;
  std::vector<ChecklistItem> items;
};

/// Those of a report, in the order they are shown.
[[nodiscard]] const std::vector<std::string>& report_checklists();
/// Errors: not_found for an unknown id; rejected when the list itself is not well formed.
[[nodiscard]] Result<Checklist> checklist(std::string_view id);
[[nodiscard]] Result<Checklist> parse_checklist(std::string_view yaml, std::string_view where);

/// {"id","title","source","report":n,"stated":n,"open":n,"items":[{"id","text","state","where":[…],"statement"?}]}
[[nodiscard]] nlohmann::json answered(const Checklist& list, const nlohmann::json& document,
                                      const std::map<std::string, Text>& statements);

}  // namespace naru::evidence
