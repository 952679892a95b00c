#pragma once
/// Read alike from an action and from the event it became. Include from .cc files only.
#include "base/json.h"
#include "govern/demonstration.h"

namespace naru::govern {

/// {"estimate","lo","hi"}, each a number or null; a missing key is empty.
[[nodiscard]] Result<ProjectFigure> figure_in(const Reader& reader, std::string_view key);
/// {"kind":"irb|site|device","reference","site"}; a site's approval names the site.
[[nodiscard]] Result<ProjectApproval> approval_of(const Reader& reader);

}  // namespace naru::govern
