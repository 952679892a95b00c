#pragma once
/// Who has a part in an application; shared by the office's sources.
#include "govern/actor.h"
#include "govern/application.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

[[nodiscard]] bool reviews(const Actor& viewer);
[[nodiscard]] bool contains(const std::vector<std::string>& list, const std::string& name);
/// Reviewers, the applicant, the people named, and stewards of the holders asked.
[[nodiscard]] bool takes_part(const Application& application, const Actor& viewer);
[[nodiscard]] Error unknown_application(std::string_view id);

}  // namespace naru::govern
