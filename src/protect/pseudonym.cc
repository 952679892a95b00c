#include "protect/pseudonym.h"

#include "base/digest.h"

#include <fmt/format.h>

namespace naru::protect {
namespace {

constexpr std::string_view derivation_salt = "naru/pseudonym/v1";

std::array<std::uint8_t, 8> big_endian(std::uint64_t number) {
  std::array<std::uint8_t, 8> out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return out;
}

std::int64_t positive(const Digest& digest) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
  number >>= 1;
  return number == 0 ? 1 : static_cast<std::int64_t>(number);
}

}  // namespace

struct Pseudonymiser::State {
  Hmac hmac;
};

Pseudonymiser::Pseudonymiser(std::span<const std::uint8_t> key, std::string_view label)
    : state_(std::make_unique<State>(State{Hmac(hkdf_sha256(key, derivation_salt, label, 32))})) {}
Pseudonymiser::~Pseudonymiser() = default;
Pseudonymiser::Pseudonymiser(Pseudonymiser&&) noexcept = default;

std::int64_t Pseudonymiser::of(std::int64_t id) {
  return positive(state_->hmac.of(big_endian(static_cast<std::uint64_t>(id))));
}
std::int64_t Pseudonymiser::of(std::string_view text) { return positive(state_->hmac.of(text)); }

Pseudonymiser project_pseudonyms(std::span<const std::uint8_t> key, std::string_view project,
                                 std::string_view recipient) {
  // Lengths stand in the label, so that ("ab","c") and ("a","bc") are different projects and recipients.
  return {key, fmt::format("project/{}:{}/recipient/{}:{}", project.size(), project, recipient.size(), recipient)};
}

std::int64_t project_pseudonym(std::span<const std::uint8_t> key, std::string_view project, std::string_view recipient,
                               std::int64_t person) {
  return project_pseudonyms(key, project, recipient).of(person);
}

DateShifter::DateShifter(std::span<const std::uint8_t> date_key, std::int64_t min_days, std::int64_t max_days)
    : keyed_(date_key, "date-shift"), min_days_(min_days), max_days_(max_days) {}

std::int32_t DateShifter::days_for(std::int64_t shift_id) {
  // The bias of the remainder over a 63-bit number is below 1e-15.
  const auto span = max_days_ - min_days_ + 1;
  return static_cast<std::int32_t>(min_days_ + keyed_.of(shift_id) % span);
}

}  // namespace naru::protect
