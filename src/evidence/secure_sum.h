#pragma once
/// Sums of integer vectors over sites without anybody, the authority included, seeing one site's vector.
///
/// Every pair of sites shares a secret (X25519 of their enrolled, pinned sealing keys). For a round, site i adds to
/// its vector, for every j with i < j by name, the stream ChaCha20(HKDF-SHA256(secret_ij, round | i | j)), and
/// subtracts it for j < i, all modulo 2^64. The sum over all sites of the round is exact; any smaller set of masked
/// vectors is indistinguishable from random numbers. Method and limits: docs/methods/secure-sum.md.
///
/// A round has at least three sites. A site that drops makes the round fail; a new round has a new id. Neither a
/// site nor the authority serves one round id twice with different content: `claim_round`.
#include "base/bytes.h"
#include "base/files.h"
#include "base/result.h"
#include "base/strong_id.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

inline constexpr std::size_t secure_sum_sites_min = 3;

struct Peer {
  SiteName name;
  Bytes secret;  ///< 32 bytes, the same at both ends
};

struct Masked {
  SiteName site;
  std::string round;
  std::vector<SiteName> sites;        ///< all sites of the round, sorted, `site` among them
  std::vector<std::uint64_t> values;  ///< modulo 2^64
};

/// REQUIRES: `peers` are all other sites of the round. Errors: refused with fewer than three sites in all;
/// rejected when a name repeats, a peer is `me`, a secret has not 32 bytes, or the round id is empty.
[[nodiscard]] Result<Masked> mask(std::span<const std::uint64_t> values, const SiteName& me,
                                  std::span<const Peer> peers, std::string_view round);
/// Errors: refused with fewer than three sites; conflict naming the sites that are missing; rejected when rounds,
/// lists of sites or lengths differ, or a site answers twice.
[[nodiscard]] Result<std::vector<std::uint64_t>> sum(std::span<const Masked> answers);

/// Canonical JSON {"round","site","sites","values"} with values as base64 of little-endian 64-bit words.
[[nodiscard]] std::string masked_text(const Masked& masked);
[[nodiscard]] Result<Masked> parse_masked(std::string_view text, std::string_view where);

/// Remembers in `folder` that `round` was served with `content` (its digest is kept). The same content again is
/// fine (an answer sent twice); other content is a conflict.
[[nodiscard]] Done claim_round(const fs::path& folder, std::string_view round, std::string_view content);

}  // namespace naru::evidence
