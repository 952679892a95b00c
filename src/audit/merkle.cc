#include "audit/merkle.h"

#include <bit>

namespace naru::audit {
namespace {

/// Largest power of two below n. REQUIRES: n > 1.
std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

bool perfect(std::uint64_t from, std::uint64_t to) {
  const auto n = to - from;
  return std::has_single_bit(n) && from % n == 0;
}

Error broken_tree() { return rejected(say("the tree cannot hold that range", "트리에 그 범위가 없습니다"), "log"); }

}  // namespace

Digest leaf_hash(std::span<const std::uint8_t> entry) {
  Bytes message(entry.size() + 1);
  std::copy(entry.begin(), entry.end(), message.begin() + 1);
  return sha256(message);
}

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<std::uint8_t, 65> message{};
  message[0] = 1;
  std::copy(left.begin(), left.end(), message.begin() + 1);
  std::copy(right.begin(), right.end(), message.begin() + 33);
  return sha256(message);
}

Digest tree_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(std::string_view{});
  if (leaves.size() == 1) return leaves.front();
  const auto k = split_of(leaves.size());
  return node_hash(tree_root(leaves.first(k)), tree_root(leaves.subspan(k)));
}

Result<Digest> range_root(const NodeSource& nodes, std::uint64_t from, std::uint64_t to) {
  if (from > to) return broken_tree();
  if (from == to) return sha256(std::string_view{});
  if (perfect(from, to)) return nodes(static_cast<unsigned>(std::countr_zero(to - from)), from / (to - from));
  const auto k = split_of(to - from);
  NARU_ASSIGN(const auto left, range_root(nodes, from, from + k));
  NARU_ASSIGN(const auto right, range_root(nodes, from + k, to));
  return node_hash(left, right);
}

Result<std::vector<Digest>> inclusion_path(const NodeSource& nodes, std::uint64_t index, std::uint64_t size) {
  if (index >= size) return broken_tree();
  std::vector<Digest> path;  // from the root down, reversed at the end
  std::uint64_t from = 0;
  std::uint64_t to = size;
  while (to - from > 1) {
    const auto k = split_of(to - from);
    const bool left = index < from + k;
    NARU_ASSIGN(auto sibling, left ? range_root(nodes, from + k, to) : range_root(nodes, from, from + k));
    path.push_back(sibling);
    (left ? to : from) = from + k;
  }
  return std::vector<Digest>(path.rbegin(), path.rend());
}

Result<std::vector<Digest>> consistency_path(const NodeSource& nodes, std::uint64_t older, std::uint64_t newer) {
  if (older == 0 || older > newer) return broken_tree();
  std::vector<Digest> path;
  std::uint64_t from = 0;
  std::uint64_t to = newer;
  bool whole = true;  // the older tree is still a complete subtree of its own
  while (older != to) {
    const auto k = split_of(to - from);
    if (older <= from + k) {
      NARU_ASSIGN(auto sibling, range_root(nodes, from + k, to));
      path.push_back(sibling);
      to = from + k;
    } else {
      NARU_ASSIGN(auto sibling, range_root(nodes, from, from + k));
      path.push_back(sibling);
      from += k;
      whole = false;
    }
  }
  if (!whole) {
    NARU_ASSIGN(auto last, range_root(nodes, from, to));
    path.push_back(last);
  }
  return std::vector<Digest>(path.rbegin(), path.rend());
}

bool inclusion_holds(const Digest& leaf, std::uint64_t index, std::uint64_t size, std::span<const Digest> path,
                     const Digest& root) {
  if (index >= size) return false;
  auto fn = index;
  auto sn = size - 1;
  auto hash = leaf;
  for (const auto& sibling : path) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      hash = node_hash(sibling, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && hash == root;
}

bool consistency_holds(std::uint64_t older, const Digest& older_root, std::uint64_t newer, const Digest& newer_root,
                       std::span<const Digest> path) {
  if (older > newer) return false;
  if (older == newer) return path.empty() && older_root == newer_root;
  if (older == 0) return path.empty();
  std::vector<Digest> steps(path.begin(), path.end());
  if (std::has_single_bit(older)) steps.insert(steps.begin(), older_root);
  if (steps.empty()) return false;
  auto fn = older - 1;
  auto sn = newer - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  auto fr = steps.front();
  auto sr = steps.front();
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(steps[i], fr);
      sr = node_hash(steps[i], sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, steps[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == older_root && sr == newer_root;
}

}  // namespace naru::audit
