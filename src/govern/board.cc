#include "govern/board.h"

#include "govern/texts.h"

#include <algorithm>
#include <set>

namespace naru::govern {
namespace {

constexpr std::size_t members_max = 200;

Result<Member> member_of(const Reader& r) {
  NARU_CHECK(r.only({"account", "organisation", "chair", "external", "sex", "expertise"}));
  Member out;
  NARU_ASSIGN(out.account, r.text("account"));
  NARU_ASSIGN(out.organisation, r.text("organisation"));
  NARU_ASSIGN(out.chair, r.boolean_or("chair", false));
  NARU_ASSIGN(out.external, r.boolean_or("external", false));
  NARU_ASSIGN(out.sex, r.text_or("sex", ""));
  NARU_ASSIGN(out.expertise, r.text_or("expertise", ""));
  if (out.account.empty()) return rejected(say("must not be empty", "비어 있으면 안 됩니다"), r.where() + ".account");
  if (out.sex != "F" && out.sex != "M" && !out.sex.empty()) {
    return rejected(say("F, M or nothing", "F, M 또는 빈 값"), r.where() + ".sex");
  }
  return out;
}

Result<Board> board_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id", "title", "members"}));
  Board out;
  NARU_ASSIGN(out.id, r.text("id"));
  if (!is_plain_name(out.id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".id");
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(const auto members, r.array("members"));
  if (members.size() > members_max) {
    return rejected(say("more than {} members", "위원이 {}명을 넘습니다", members_max), r.where() + ".members");
  }
  std::set<std::string> seen;
  for (const auto& [element, place] : members) {
    NARU_ASSIGN(const auto reader, Reader::of(*element, place));
    NARU_ASSIGN(auto member, member_of(reader));
    if (!seen.insert(member.account).second) {
      return rejected(say("{} sits twice", "{} 위원이 두 번 있습니다", member.account), place);
    }
    out.members.push_back(std::move(member));
  }
  return out;
}

void add(Text& to, const Text& fault) {
  if (!to.empty()) {
    to.en += "; ";
    to.ko += ", ";
  }
  to.en += fault.en;
  to.ko += fault.ko;
}

}  // namespace

const Member* Board::member(std::string_view account) const {
  const auto at = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.account == account; });
  return at == members.end() ? nullptr : &*at;
}

Result<Board> parse_board(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  return board_of(json, where);
}

Result<Board> board_of_json(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const auto value, parse_json(json, where));
  return board_of(value, where);
}

std::string board_json(const Board& board) {
  Json members = Json::array();
  for (const auto& one : board.members) {
    members.push_back({{"account", one.account},
                       {"organisation", one.organisation},
                       {"chair", one.chair},
                       {"external", one.external},
                       {"sex", one.sex},
                       {"expertise", one.expertise}});
  }
  return canonical(Json{{"id", board.id}, {"title", text_json(board.title)}, {"members", std::move(members)}});
}

Done check_composition(const Board& board, const BoardRule& rule) {
  const auto count = [&](auto&& is) {
    return static_cast<std::int64_t>(std::count_if(board.members.begin(), board.members.end(), is));
  };
  const auto members = static_cast<std::int64_t>(board.members.size());
  const auto chairs = count([](const Member& m) { return m.chair; });
  const auto external = count([](const Member& m) { return m.external; });
  const auto ethics = count([](const Member& m) { return m.expertise == "ethics"; });
  const auto women = count([](const Member& m) { return m.sex == "F"; });
  const auto men = count([](const Member& m) { return m.sex == "M"; });
  Text faults;
  if (members < rule.members_min) {
    add(faults,
        say("{} members, at least {} are needed", "위원 {}명, 최소 {}명이 필요합니다", members, rule.members_min));
  }
  if (rule.members_max != 0 && members > rule.members_max) {
    add(faults, say("{} members, at most {} may sit", "위원 {}명, 최대 {}명입니다", members, rule.members_max));
  }
  if (chairs != 1) add(faults, say("{} chairs, exactly one is needed", "위원장 {}명, 정확히 1명이어야 합니다", chairs));
  if (external < rule.external_min) {
    add(faults, say("{} external members, at least {} are needed", "외부위원 {}명, 최소 {}명이 필요합니다", external,
                    rule.external_min));
  }
  if (ethics < rule.ethics_min) {
    add(faults, say("{} members for ethics, at least {} are needed", "윤리 위원 {}명, 최소 {}명이 필요합니다", ethics,
                    rule.ethics_min));
  }
  if (rule.both_sexes && (women == 0 || men == 0)) {
    add(faults, say("members of one sex only", "한쪽 성별의 위원만 있습니다"));
  }
  if (faults.empty()) return {};
  return rejected(
      std::move(faults), fmt::format("board {}, rule {}", board.id, rule.id),
      say("the secretariat names a board that meets the rule", "사무국이 규칙에 맞는 위원회를 구성해야 합니다"));
}

std::map<std::string, Text> recused_by_rule(const Board& board, const BoardRule& rule,
                                            const std::vector<std::string>& conflicting) {
  std::map<std::string, Text> out;
  if (!rule.recuse_same_organisation) return out;
  for (const auto& member : board.members) {
    if (std::find(conflicting.begin(), conflicting.end(), member.organisation) == conflicting.end()) continue;
    out[member.account] = say("belongs to {}, which has an interest in the application",
                              "신청에 이해관계가 있는 {} 소속입니다", member.organisation);
  }
  return out;
}

}  // namespace naru::govern
