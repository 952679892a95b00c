#pragma once
/// The generalisation lattice in codes: what `kanonymity.h` searches. Not for other rooms.
#include "protect/kanonymity.h"

namespace naru::protect::detail {

/// One quasi-identifier in codes. Level l maps the code of level l-1 (level 0: the code itself).
struct CodedColumn {
  std::size_t levels = 0;
  unsigned shift = 0;                                ///< first bit of its code within a packed key
  std::uint64_t mask = 0;                            ///< its code's bits, unshifted
  std::vector<std::vector<std::uint32_t>> up = {};   ///< up[l][code at l] = code at l+1
  std::vector<std::vector<std::int64_t>> rows = {};  ///< rows[l][code] = hierarchy rows that map to it
  std::int64_t domain = 0;                           ///< hierarchy rows
};

struct Group {
  std::uint64_t key = 0;
  std::int64_t count = 0;
};

/// Counts of equal packed keys, open addressing; grows with its content.
class Groups {
 public:
  void clear(std::size_t expected);
  void add(std::uint64_t key, std::int64_t count);
  [[nodiscard]] const std::vector<Group>& all() const { return groups_; }

 private:
  std::vector<Group> groups_;
  std::vector<std::uint32_t> slots_;  ///< index + 1; 0 is free
  std::uint64_t slot_mask_ = 0;
};

struct Coded {
  std::vector<CodedColumn> columns;
  std::vector<std::uint64_t> records;  ///< packed level-0 key per record
  Groups bottom;
};

[[nodiscard]] Result<Coded> encode(const AnonymityRequest& request);
/// Moves column `c` of every group from level `from` to `from + 1`.
void roll_up(const Coded& coded, std::size_t c, std::size_t from, const Groups& in, Groups& out);
[[nodiscard]] std::uint64_t key_at(const Coded& coded, std::uint64_t key, const std::vector<std::size_t>& levels);
[[nodiscard]] NodeScore score(const Coded& coded, const AnonymityRequest& request, const Groups& groups,
                              const std::vector<std::size_t>& levels);

}  // namespace naru::protect::detail
