#pragma once
/// The person ids of a release: the one place where they are made.
#include <cstdint>
#include <span>

namespace naru::release {

/// A positive 63-bit number: keyed pseudonym of the link id, different in every release because the key is.
[[nodiscard]] std::int64_t release_person_id(std::span<const std::uint8_t> release_key, std::int64_t link_id);

}  // namespace naru::release
