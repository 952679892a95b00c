#pragma once
/// The person ids of a release: the one place where they are made.
#include "base/result.h"
#include "protect/pseudonym.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <unordered_map>

namespace naru::release {

/// Keyed pseudonyms of link ids: positive 63-bit numbers, different in every release.
[[nodiscard]] protect::Pseudonymiser release_person_ids(std::span<const std::uint8_t> release_key,
                                                        std::string_view release);

/// Person id of the release → link id, which is the same in every release. `link_map` is the combiner's Parquet file.
[[nodiscard]] Result<std::unordered_map<std::int64_t, std::int64_t>> lasting_ids(
    const std::filesystem::path& link_map, std::span<const std::uint8_t> release_key, std::string_view release);

}  // namespace naru::release
