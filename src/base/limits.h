#pragma once
/// Every limit of the house by name. Units stand last.
#include <cstdint>

namespace naru::limits {

inline constexpr std::uint64_t json_document_bytes = 64U << 20;
inline constexpr std::uint64_t ndjson_line_bytes = 64U << 20;
inline constexpr std::uint64_t wire_message_bytes = 1ULL << 30;
inline constexpr std::uint64_t request_body_bytes = 16U << 20;
inline constexpr std::uint64_t definition_bytes = 8U << 20;
inline constexpr std::int64_t long_poll_ms = 20'000;
inline constexpr std::int64_t answer_wait_ms = 120'000;
inline constexpr std::int64_t revocation_wait_ms = 5'000;
inline constexpr std::uint64_t engine_memory_mb = 2048;
inline constexpr std::uint64_t engine_spill_mb = 64 * 1024;
inline constexpr std::uint64_t refusals_kept = 100'000;

}  // namespace naru::limits
