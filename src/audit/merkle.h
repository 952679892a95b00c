#pragma once
/// Merkle trees of RFC 6962 section 2.1 (SHA-256): hashes, inclusion and consistency proofs, and their verification.
/// Pure functions; docs/methods/transparency-log.md.
#include "base/digest.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace naru::audit {

/// SHA-256(0x00 || entry)
[[nodiscard]] Digest leaf_hash(std::span<const std::uint8_t> entry);
/// SHA-256(0x01 || left || right)
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);
/// MTH over leaf hashes; SHA-256 of nothing for an empty tree.
[[nodiscard]] Digest tree_root(std::span<const Digest> leaves);

/// Hash of the perfect subtree over leaves [index·2^level, (index+1)·2^level).
using NodeSource = std::function<Result<Digest>(unsigned level, std::uint64_t index)>;

/// Root over leaves [from, to), fetched from perfect subtrees. REQUIRES: from is aligned as in RFC 6962.
[[nodiscard]] Result<Digest> range_root(const NodeSource& nodes, std::uint64_t from, std::uint64_t to);
/// PATH(index, D[size]). REQUIRES: index < size.
[[nodiscard]] Result<std::vector<Digest>> inclusion_path(const NodeSource& nodes, std::uint64_t index,
                                                         std::uint64_t size);
/// PROOF(older, D[newer]). REQUIRES: 0 < older <= newer.
[[nodiscard]] Result<std::vector<Digest>> consistency_path(const NodeSource& nodes, std::uint64_t older,
                                                           std::uint64_t newer);

[[nodiscard]] bool inclusion_holds(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                   std::span<const Digest> path, const Digest& root);
[[nodiscard]] bool consistency_holds(std::uint64_t older, const Digest& older_root, std::uint64_t newer,
                                     const Digest& newer_root, std::span<const Digest> path);

}  // namespace naru::audit
