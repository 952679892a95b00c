#pragma once
/// At a holder: row ids and keyed tokens. The tokens go to the key manager, without the salt; nobody else sees them.
#include "base/bytes.h"
#include "base/result.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naru::linkage {

/// Kinds from strong to weak. `row` carries no token: it says that the row exists.
struct TokenKind {
  std::string_view name;
  int strength;  ///< greater is stronger; `row` is 0
};
[[nodiscard]] const std::vector<TokenKind>& token_kinds();

/// One record of a tokens file (Parquet: row_id BIGINT, kind VARCHAR, token VARCHAR).
struct TokenRow {
  std::int64_t row_id = 0;
  std::string kind;
  std::string token;  ///< 32 hex digits; empty for kind `row`
  auto operator<=>(const TokenRow&) const = default;
};

struct Identity {
  std::string name;
  std::string birth_date;  ///< ISO; empty when unknown
  std::string sex;
  std::string phone;
};
/// Tokens of one person under the salt, in the order of token_kinds(); a kind whose fields are missing is left out.
class Tokeniser {
 public:
  explicit Tokeniser(std::span<const std::uint8_t> salt);
  ~Tokeniser();
  Tokeniser(Tokeniser&&) noexcept;
  Tokeniser(const Tokeniser&) = delete;
  [[nodiscard]] std::vector<TokenRow> tokens_of(std::int64_t row_id, const Identity& identity);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct RowsReport {
  std::int64_t persons = 0;
};
/// Row id of every person of `person_table` (lake/person.parquet): 63-bit HMAC of person_id under the holder's own key.
/// Writes (person_id, row_id), ordered by person_id. Errors: internal on a collision (make a new holder key).
[[nodiscard]] Result<RowsReport> make_row_ids(const std::filesystem::path& person_table,
                                              std::span<const std::uint8_t> holder_key,
                                              const std::filesystem::path& rows_file);

struct TokensReport {
  std::int64_t rows = 0;
  std::int64_t with_identity = 0;  ///< rows with at least one token
  std::map<std::string, std::int64_t> tokens_by_kind = {};
};
/// Every row gets a `row` record; rows with identity get their tokens. A missing `identity` file means none has.
/// Ordered by (row_id, kind, token). Errors: rejected names a missing column of the identity file.
[[nodiscard]] Result<TokensReport> make_tokens(const std::filesystem::path& identity,
                                               const std::filesystem::path& rows_file,
                                               std::span<const std::uint8_t> salt, const std::filesystem::path& out);

/// The holders' common salt from each one's random contribution (32 bytes), in any order; at least two are needed.
[[nodiscard]] Result<Bytes> salt_of(std::vector<Bytes> contributions);
/// Keys that holders derive from the salt.
[[nodiscard]] Bytes token_key_of(std::span<const std::uint8_t> salt);
[[nodiscard]] Bytes date_key_of(std::span<const std::uint8_t> salt);

}  // namespace naru::linkage
