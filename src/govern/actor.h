#pragma once
/// Who acts: an account with its roles and organisation, as the sign-in established them.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

/// Roles: applicant, secretariat, member, chair, irb, steward, officer (programme), auditor.
struct Actor {
  std::string account;
  std::string organisation;        ///< for a steward: the site's name
  std::vector<std::string> roles;  ///< all roles held
  [[nodiscard]] bool has(std::string_view role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
  }
};

}  // namespace naru::govern
