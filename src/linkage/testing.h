#pragma once
/// For this room's tests only.

namespace naru::linkage::testing {

/// Sanitizers make a comparison thirty times as slow: tests of quality over whole files are left to the other builds,
/// the same code runs under sanitizers on smaller input.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NARU_LINKAGE_SANITIZED 1
#endif
#endif
#ifdef NARU_LINKAGE_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace naru::linkage::testing
