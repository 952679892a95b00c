#pragma once
/// The person ids of a release: the one place where they are made.
#include "protect/pseudonym.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace naru::release {

/// Keyed pseudonyms of link ids: positive 63-bit numbers, different in every release.
[[nodiscard]] protect::Pseudonymiser release_person_ids(std::span<const std::uint8_t> release_key,
                                                        std::string_view release);

}  // namespace naru::release
