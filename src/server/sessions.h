#pragma once
/// Sessions of people with an account (network/accounts.h). They live in memory: a restart signs everybody out.
#include "base/clock.h"
#include "base/random.h"
#include "engine/records.h"
#include "network/accounts.h"
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

using network::NewAccount;
using network::put_account;
/// Without the password hash.
[[nodiscard]] Result<std::vector<Caller>> accounts(engine::Records& records);

}  // namespace naru::server
