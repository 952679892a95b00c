#pragma once
/// Local accounts and their sessions. Passwords: argon2id (2 passes, 64 MiB), one at a time. Sessions live in memory:
/// a restart signs everybody out.
#include "base/clock.h"
#include "base/random.h"
#include "engine/records.h"
#include "server/routes.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace naru::server {

inline constexpr std::int64_t session_idle_ms = 30LL * 60 * 1000;
inline constexpr std::int64_t session_life_ms = 12LL * 3600 * 1000;
inline constexpr int sign_in_failures_max = 5;  ///< per account, and 20 per address, in 15 minutes
inline constexpr int sign_in_failures_address_max = 20;
inline constexpr std::int64_t sign_in_window_ms = 15LL * 60 * 1000;
inline constexpr std::size_t password_bytes_min = 10;
inline constexpr std::size_t password_bytes_max = 1024;

struct Session {
  Caller caller;
  std::string token;  ///< goes into the cookie
  std::string csrf;
  Language language = Language::korean;
  std::int64_t expires_ms = 0;
};

class Sessions {
 public:
  /// REQUIRES: records, clock and random outlive it.
  Sessions(engine::Records& records, const Clock& clock, Random& random);
  ~Sessions();
  Sessions(const Sessions&) = delete;

  /// Errors: refused with one wording for an unknown account and a wrong password; conflict when tried too often.
  [[nodiscard]] Result<Session> sign_in(const std::string& account, const std::string& password,
                                        const std::string& address, std::optional<Language> language);
  /// The live session of a cookie value; moves its idle limit.
  [[nodiscard]] std::optional<Session> find(std::string_view token);
  void sign_out(std::string_view token);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct NewAccount {
  std::string account;
  Text name;
  std::vector<std::string> roles;
  std::string organisation;
  std::string password;
};
/// Adds or replaces. Errors: usage (name, password length).
[[nodiscard]] Done put_account(engine::Records& records, const NewAccount& account);
/// Without the password hash.
[[nodiscard]] Result<std::vector<Caller>> accounts(engine::Records& records);

}  // namespace naru::server
