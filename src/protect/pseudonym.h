#pragma once
/// Keyed pseudonyms (HMAC-SHA256). Each purpose has its own label, so that the same number under the same key never
/// gives the same pseudonym for two purposes. Formulas: docs/methods/pseudonyms.md.
#include "base/bytes.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace naru::protect {

/// A positive 63-bit number (never 0). Collisions are the caller's to detect.
/// Formula: HMAC(HKDF(key, salt "naru/pseudonym/v1", info label), id as 8 bytes big endian), first 63 bits; 0
/// becomes 1.
class Pseudonymiser {
 public:
  Pseudonymiser(std::span<const std::uint8_t> key, std::string_view label);
  ~Pseudonymiser();
  Pseudonymiser(Pseudonymiser&&) noexcept;
  Pseudonymiser(const Pseudonymiser&) = delete;
  [[nodiscard]] std::int64_t of(std::int64_t id);
  [[nodiscard]] std::int64_t of(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The pseudonyms of one recipient in one project, for many persons.
[[nodiscard]] Pseudonymiser project_pseudonyms(std::span<const std::uint8_t> key, std::string_view project,
                                               std::string_view recipient);
/// What one recipient of one project sees instead of a person: differs between projects and between recipients.
[[nodiscard]] std::int64_t project_pseudonym(std::span<const std::uint8_t> key, std::string_view project,
                                             std::string_view recipient, std::int64_t person);

/// Days to move a person's dates back, min_days … max_days. `date_key` is the same at every holder and unknown to the
/// key manager and the combiner; `shift_id` is the same for one person everywhere: so intervals survive linkage.
class DateShifter {
 public:
  /// REQUIRES: 1 <= min_days <= max_days.
  DateShifter(std::span<const std::uint8_t> date_key, std::int64_t min_days, std::int64_t max_days);
  [[nodiscard]] std::int32_t days_for(std::int64_t shift_id);

 private:
  Pseudonymiser keyed_;
  std::int64_t min_days_;
  std::int64_t max_days_;
};

}  // namespace naru::protect
