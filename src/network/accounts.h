#pragma once
/// Local accounts of people at an authority, in its record store. Passwords: argon2id (2 passes, 64 MiB), hashed one
/// at a time because each takes 64 MiB.
#include "base/result.h"
#include "engine/records.h"

#include <optional>
#include <string>
#include <vector>

namespace naru::network {

inline constexpr std::size_t password_bytes_min = 10;
inline constexpr std::size_t password_bytes_max = 1024;

struct Account {
  std::string account;
  Text name;
  std::vector<std::string> roles;
  std::string organisation;  ///< empty when none
};

struct NewAccount {
  std::string account;
  Text name;
  std::vector<std::string> roles;
  std::string organisation;
  std::string password;
};

/// Adds or replaces. Errors: usage (name, length of the password).
[[nodiscard]] Done put_account(engine::Records& records, const NewAccount& account);
[[nodiscard]] Result<std::vector<Account>> accounts(engine::Records& records);
/// The account when the password is right; nothing when either is wrong, after the same time for both.
[[nodiscard]] Result<std::optional<Account>> account_with(engine::Records& records, const std::string& account,
                                                          const std::string& password);

}  // namespace naru::network
