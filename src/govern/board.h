#pragma once
/// Who sits: composition against the SOP's rule, conflicts, quorum. Pure functions.
#include "base/result.h"
#include "govern/sop.h"

#include <map>
#include <string>
#include <vector>

namespace naru::govern {

struct Member {
  std::string account;
  std::string organisation;
  bool chair = false;
  bool external = false;
  std::string sex;        ///< "F" or "M", for the composition rule
  std::string expertise;  ///< "ethics", "clinical", "data", "law", "lay"
};

struct Board {
  std::string id;
  Text title;
  std::vector<Member> members;
  [[nodiscard]] const Member* member(std::string_view account) const;
};

/// YAML list file: id, title{en,ko}, members[{account, organisation, chair?, external?, sex, expertise}].
[[nodiscard]] Result<Board> parse_board(std::string_view yaml, std::string_view where);
[[nodiscard]] Result<Board> board_of_json(std::string_view json, std::string_view where);
[[nodiscard]] std::string board_json(const Board& board);

/// Errors: rejected naming each broken rule (too few members, no external member, one sex only, no or two chairs …).
[[nodiscard]] Done check_composition(const Board& board, const BoardRule& rule);
/// Accounts that the rule recuses by itself, with the reason: their organisation is one of `conflicting`.
[[nodiscard]] std::map<std::string, Text> recused_by_rule(const Board& board, const BoardRule& rule,
                                                          const std::vector<std::string>& conflicting);

}  // namespace naru::govern
