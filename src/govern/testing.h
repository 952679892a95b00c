#pragma once
/// For this room's tests: a desk with records, clock and the packaged files, and a case that can be driven.
#include "base/json.h"
#include "govern/office.h"

#include <doctest/doctest.h>

#ifndef NARU_SOURCE_DIR
#define NARU_SOURCE_DIR "."
#endif

namespace naru::govern::testing {

inline const fs::path share = NARU_SOURCE_DIR;

/// 2026-09-14 (Monday) 09:00 in Seoul: ten days before the Chuseok holidays (24, 25 September).
inline std::int64_t monday_ms() { return static_cast<std::int64_t>(days_from_civil({2026, 9, 14})) * 86'400'000; }

struct Desk {
  ScratchFolder folder{"govern"};
  FixedClock clock{monday_ms()};
  SeededRandom random{7};
  catalogue::MemoryJournal journal;
  engine::Records records = std::move(*engine::Records::open(folder.path() / "records.sqlite", clock));
  Office office{records, clock, random, journal, share};
};

inline const Actor applicant{"app@startup", "startup-x", {"applicant"}};
inline const Actor secretariat{"sec@authority", "authority", {"secretariat"}};
inline const Actor chair{"chair@uni", "university-1", {"member", "chair"}};
inline const Actor irb{"irb@authority", "authority", {"irb"}};
inline const Actor officer{"officer@authority", "authority", {"officer"}};
inline Actor member(const std::string& name, const std::string& organisation) {
  return {name, organisation, {"member"}};
}
inline Actor steward(const std::string& site) { return {"steward@" + site, site, {"steward"}}; }

/// Five members; m4 belongs to the applicant's firm.
inline Board board() {
  return {"drb-1",
          {"Shared board 1", "공용심의위 1"},
          {{"chair@uni", "university-1", true, true, "F", "clinical"},
           {"m1", "hospital-a", false, false, "M", "clinical"},
           {"m2", "hospital-b", false, false, "F", "data"},
           {"m3", "patients-union", false, true, "M", "lay"},
           {"m4", "startup-x", false, true, "M", "ethics"}}};
}

inline Application application() {
  Application a;
  a.title = {"Heart failure score", "심부전 점수"};
  a.people = {{"analyst@startup", "A", "analyst"}, {"app@startup", "B", "principal"}};
  a.holders = {"agency", "hospital-a", "hospital-b", "hospital-c"};
  a.modes = {"federated", "linked"};
  a.release = "r1";
  a.tables = {"condition_occurrence", "person"};
  a.purpose_code = "DUO:0000006";
  a.ai_use = "validate";
  a.commercial = true;
  a.purpose = "verify a score";
  a.query_budget = 20;
  a.valid_from = days_from_civil({2026, 10, 1});
  a.valid_until = days_from_civil({2027, 3, 31});
  return a;
}

inline RightTerms right_terms() {
  return {"authority", "naru-demo", std::string(64, 'a'), std::string(64, 'b'), {}, {"combiner"}};
}

inline std::string action(Json fields) { return canonical(fields); }

/// Submits and takes the case to the vote, all holders agreeing.
inline std::string to_vote(Desk& desk, const Application& wish = application()) {
  const auto a = desk.office.submit(wish, applicant);
  REQUIRE(a.ok());
  REQUIRE(desk.office.act(a->id, action({{"action", "complete_check"}, {"outcome", "complete"}}), secretariat).ok());
  const Json seats{{"action", "assign_board"}, {"board", Json::parse(board_json(board()))}};
  REQUIRE(desk.office.act(a->id, action(seats), secretariat).ok());
  for (const auto* site : {"agency", "hospital-a", "hospital-b", "hospital-c"}) {
    const Json answer{{"action", "answer_local_context"}, {"site", site}, {"answer", "ok"}};
    REQUIRE(desk.office.act(a->id, action(answer), steward(site)).ok());
  }
  return a->id;
}

inline Result<CaseState> vote(Desk& desk, const std::string& id, const Actor& who, const std::string& how) {
  return desk.office.act(id, action({{"action", "vote"}, {"vote", how}, {"reason", "because"}}), who);
}

inline Json view_of(Desk& desk, const std::string& id, const Actor& who) {
  const auto view = desk.office.application_view_json(id, who);
  if (!view.ok()) FAIL(view.error().where << ": " << view.error().what.en);
  return Json::parse(*view);
}

/// To an approved end.
inline std::string to_approval(Desk& desk, const Application& wish = application()) {
  const auto id = to_vote(desk, wish);
  REQUIRE(vote(desk, id, chair, "approve").ok());
  REQUIRE(vote(desk, id, member("m1", "hospital-a"), "approve").ok());
  REQUIRE(vote(desk, id, member("m2", "hospital-b"), "reject").ok());
  REQUIRE(vote(desk, id, member("m3", "patients-union"), "approve").ok());
  const Json decision{{"action", "decide"}, {"decision", "approve"}, {"reason", "3 of 4"}};
  REQUIRE(desk.office.act(id, action(decision), chair).ok());
  REQUIRE(desk.office.act(id, action({{"action", "issue_exemption"}, {"number", "IRB-2026-1"}}), irb).ok());
  REQUIRE(desk.office.act(id, action({{"action", "notify"}}), secretariat).ok());
  return id;
}

}  // namespace naru::govern::testing
