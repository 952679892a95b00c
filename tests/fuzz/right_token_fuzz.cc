// A use right from outside: what is accepted must say the same when written again, and no token is signed by a key
// that never signed it.
#include "govern/use_right.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const auto key = naru::SigningKey::from_seed(naru::Bytes(32, 9));
  const auto token = naru::govern::parse_right(text, "fuzz");
  if (token.ok()) {
    const auto again = naru::govern::parse_right(naru::govern::right_file(*token), "again");
    if (!again.ok() || !(again->right == token->right)) __builtin_trap();
    if (naru::govern::verify_right(*token, key->public_key(), token->right.valid_from).ok()) __builtin_trap();
  }
  (void)naru::govern::read_revocations(text, "fuzz", key->public_key(), 0);
  return 0;
}
