#pragma once
/// What commands of a case share: who acts on which state, and the refusals that several of them give. Not for other
/// rooms.
#include "base/json.h"
#include "govern/case.h"

#include <string>
#include <vector>

namespace naru::govern::detail {

using Events = std::vector<engine::NewEvent>;

/// One person before one state with one command; everything outlives it.
class CaseDesk {
 public:
  CaseDesk(const CaseState& state, const Reader& action, const Actor& actor, const Calendar& calendar,
           std::int64_t now_ms)
      : state_(state), action_(action), actor_(actor), calendar_(calendar), now_ms_(now_ms) {}

 protected:
  [[nodiscard]] std::string clause() const;
  [[nodiscard]] Text next_words() const;
  [[nodiscard]] Done in_step(StepKind kind) const;
  [[nodiscard]] Done owner_role() const;
  [[nodiscard]] Done role(const std::string& needed) const;
  /// Nobody reviews an application of their own.
  [[nodiscard]] Done disinterested() const;
  [[nodiscard]] Done applicant_only() const;
  [[nodiscard]] Result<std::string> words(std::string_view key, bool needed) const;
  [[nodiscard]] Result<std::vector<std::string>> conditions() const;
  [[nodiscard]] engine::NewEvent event(std::string type, const Json& payload) const;
  /// What the state would be after these events, to see whether a step is now complete.
  [[nodiscard]] Result<CaseState> after(const Events& events) const;
  [[nodiscard]] Done before_decision() const;

  const CaseState& state_;
  const Reader& action_;
  const Actor& actor_;
  const Calendar& calendar_;
  std::int64_t now_ms_;
};

/// Commands of the board: its composition, conflicts of interest, votes and the decision.
class BoardDesk : public CaseDesk {
 protected:
  using CaseDesk::CaseDesk;

  [[nodiscard]] Result<Events> assign_board();
  [[nodiscard]] Result<Events> declare_conflict();
  [[nodiscard]] Result<Events> recuse();
  [[nodiscard]] Result<Events> appoint_acting_chair();
  [[nodiscard]] Result<Events> vote();
  [[nodiscard]] Result<Events> close_vote();
  [[nodiscard]] Result<Events> decide();

 private:
  /// The rule of the board that votes in this SOP.
  [[nodiscard]] Result<const BoardRule*> rule() const;
  [[nodiscard]] Done sits(const std::string& account, std::string_view field) const;
  [[nodiscard]] Result<Events> recusal(const std::string& member, const std::string& reason);
  /// The vote closes by itself when everybody who may vote has, and the quorum is there.
  [[nodiscard]] Result<Events> close_if_all_voted(Events out);
  [[nodiscard]] Done by_chair() const;
};

}  // namespace naru::govern::detail
