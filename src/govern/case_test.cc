#include "govern/testing.h"

#include <thread>

using namespace naru;
using namespace naru::govern;
using namespace naru::govern::testing;

TEST_CASE("five members sit, one is recused by rule, four vote and the case ends approved") {
  Desk desk;
  const auto id = to_approval(desk);
  const auto state = *desk.office.application(id);
  CHECK(state.outcome() == "approved");
  CHECK(state.certificate == "IRB-2026-1");
  const auto count = count_votes(state);
  CHECK(count.assigned == 5);
  CHECK(count.recused == 1);
  CHECK(count.voted == 4);
  CHECK(count.quorum == 3);
  CHECK(count.carried == "approve");
  CHECK(state.recused.at("m4").by_rule);
  CHECK(state.agreeing_sites().size() == 4);
}

TEST_CASE("a vote by a recused member is refused, naming the clause and who decides") {
  Desk desk;
  const auto id = to_vote(desk);
  const auto answer = vote(desk, id, member("m4", "startup-x"), "approve");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == ErrorKind::refused);
  CHECK(answer.error().where == "shared-drb-irb-exemption v1, boards.drb.recuse_same_organisation");
  CHECK(answer.error().what.ko.find("startup-x") != std::string::npos);
  CHECK_FALSE(answer.error().hint.empty());
}

TEST_CASE("a member who declares a conflict loses the vote already cast") {
  Desk desk;
  const auto id = to_vote(desk);
  REQUIRE(vote(desk, id, member("m1", "hospital-a"), "approve").ok());
  REQUIRE(desk.office
              .act(id, action({{"action", "declare_conflict"}, {"reason", "a relative works there"}}),
                   member("m1", "hospital-a"))
              .ok());
  CHECK(desk.office.application(id)->votes.empty());
  CHECK(vote(desk, id, member("m1", "hospital-a"), "approve").error().kind == ErrorKind::refused);
}

TEST_CASE("the chair cannot close a vote below the quorum nor decide against it") {
  Desk desk;
  const auto id = to_vote(desk);
  REQUIRE(vote(desk, id, chair, "approve").ok());
  REQUIRE(vote(desk, id, member("m1", "hospital-a"), "reject").ok());
  const auto early = desk.office.act(id, action({{"action", "close_vote"}}), chair);
  CHECK(early.error().where == "shared-drb-irb-exemption v1, boards.drb.quorum");
  REQUIRE(vote(desk, id, member("m2", "hospital-b"), "reject").ok());
  CHECK(vote(desk, id, member("m2", "hospital-b"), "reject").error().kind == ErrorKind::conflict);
  REQUIRE(desk.office.act(id, action({{"action", "close_vote"}}), chair).ok());
  const auto against =
      desk.office.act(id, action({{"action", "decide"}, {"decision", "approve"}, {"reason", "x"}}), chair);
  CHECK(against.error().where == "shared-drb-irb-exemption v1, boards.drb.approve_more_than");
  const auto rejected =
      desk.office.act(id, action({{"action", "decide"}, {"decision", "reject"}, {"reason", "x"}}), chair);
  REQUIRE(rejected.ok());
  CHECK(rejected->outcome() == "rejected");
}

TEST_CASE("a tie is never an approval") {
  Desk desk;
  const auto id = to_vote(desk);
  REQUIRE(vote(desk, id, chair, "approve").ok());
  REQUIRE(vote(desk, id, member("m1", "hospital-a"), "approve").ok());
  REQUIRE(vote(desk, id, member("m2", "hospital-b"), "reject").ok());
  REQUIRE(vote(desk, id, member("m3", "patients-union"), "revise").ok());
  CHECK(count_votes(*desk.office.application(id)).carried.empty());
  CHECK_FALSE(
      desk.office.act(id, action({{"action", "decide"}, {"decision", "approve"}, {"reason", "x"}}), chair).ok());
  const auto again =
      desk.office.act(id, action({{"action", "decide"}, {"decision", "revise"}, {"reason", "x"}}), chair);
  REQUIRE(again.ok());
  CHECK(again->step == "correction");
  CHECK(desk.office.act(id, action({{"action", "resubmit"}, {"note", "done"}}), secretariat).error().kind ==
        ErrorKind::refused);
  CHECK(desk.office.act(id, action({{"action", "resubmit"}, {"note", "done"}}), applicant)->step == "completeness");
}

TEST_CASE("a quorum needs an external member's vote") {
  Desk desk;
  const auto id = to_vote(desk);
  for (const auto* who : {"m1", "m2"}) REQUIRE(vote(desk, id, member(who, "hospital-a"), "approve").ok());
  REQUIRE(desk.office.act(id, action({{"action", "recuse"}, {"member", "m3"}, {"reason", "ill"}}), secretariat).ok());
  CHECK_FALSE(count_votes(*desk.office.application(id)).quorum_met);
  REQUIRE(vote(desk, id, chair, "approve").ok());  // external, and the last who may vote: the vote closes itself
  CHECK(desk.office.application(id)->step == "decision");
}

TEST_CASE("a board is refused when it is too small, has nobody external or one sex only") {
  Desk desk;
  const auto a = *desk.office.submit(application(), applicant);
  const auto assign = [&](const Board& b) {
    return desk.office.act(a.id, action({{"action", "assign_board"}, {"board", Json::parse(board_json(b))}}),
                           secretariat);
  };
  auto small = board();
  small.members.pop_back();
  CHECK(assign(small).error().what.en.find("at least 5") != std::string::npos);
  auto inside = board();
  for (auto& m : inside.members) m.organisation = "hospital-a";
  CHECK(assign(inside).error().what.en.find("external") != std::string::npos);
  auto men = board();
  for (auto& m : men.members) m.sex = "M";
  CHECK(assign(men).error().what.en.find("one sex") != std::string::npos);
  auto conflicted = board();
  for (std::size_t i = 1; i < 4; ++i) conflicted.members[i].organisation = "startup-x";
  CHECK(assign(conflicted).error().what.en.find("after recusals") != std::string::npos);
  CHECK(assign(board()).ok());
  CHECK(desk.office.act(a.id, action({{"action", "assign_board"}, {"board", "none"}}), secretariat).error().kind ==
        ErrorKind::not_found);
  REQUIRE(desk.office.put_board(board(), secretariat).ok());
  CHECK(desk.office.act(a.id, action({{"action", "assign_board"}, {"board", "drb-1"}}), secretariat).ok());
}

TEST_CASE("a holder that declines leaves without stopping the others, and answers only for itself") {
  Desk desk;
  const auto a = *desk.office.submit(application(), applicant);
  REQUIRE(desk.office.act(a.id, action({{"action", "complete_check"}, {"outcome", "complete"}}), secretariat).ok());
  const auto answer = [&](const std::string& site, Json fields, const Actor& who) {
    fields["action"] = "answer_local_context";
    fields["site"] = site;
    return desk.office.act(a.id, action(fields), who);
  };
  CHECK(answer("hospital-a", {{"answer", "ok"}}, steward("hospital-b")).error().kind == ErrorKind::refused);
  CHECK(answer("elsewhere", {{"answer", "ok"}}, steward("elsewhere")).error().kind == ErrorKind::not_found);
  CHECK_FALSE(answer("hospital-a", {{"answer", "conditions"}}, steward("hospital-a")).ok());
  REQUIRE(
      answer("hospital-a", {{"answer", "conditions"}, {"conditions", {"no free text"}}}, steward("hospital-a")).ok());
  REQUIRE(answer("hospital-b", {{"answer", "decline"}, {"note", "study of our own"}}, steward("hospital-b")).ok());
  REQUIRE(answer("hospital-c", {{"answer", "ok"}}, steward("hospital-c")).ok());
  CHECK(desk.office.application(a.id)->step == "local_context");
  REQUIRE(answer("agency", {{"answer", "ok"}}, steward("agency")).ok());
  const auto state = *desk.office.application(a.id);
  CHECK(state.step == "review");
  CHECK(state.agreeing_sites() == std::vector<SiteName>{"agency", "hospital-a", "hospital-c"});
}

TEST_CASE("a clock over a holiday weekend shows its deadline, what is left and its breach") {
  Desk desk;
  desk.clock.advance_ms(8LL * 86'400'000);  // Tuesday 22 September
  const auto a = *desk.office.submit(application(), applicant);
  const auto kr = *desk.office.calendar("kr");
  const auto first = clocks_of(*desk.office.application(a.id), kr, desk.clock.now_ms());
  REQUIRE(first.size() == 2);
  CHECK(first[0].what == "completeness");
  CHECK(format_date(first[0].deadline) == "2026-09-29");  // 23, 28, 29: Chuseok and the weekend do not count
  CHECK(first[0].left_days == 3);
  CHECK_FALSE(first[0].breached);
  CHECK(first[1].what == "total");
  desk.clock.advance_ms(8LL * 86'400'000);  // 30 September
  const auto late = clocks_of(*desk.office.application(a.id), kr, desk.clock.now_ms());
  CHECK(late[0].breached);
  CHECK(late[0].left_days == -1);
  const auto view = view_of(desk, a.id, secretariat);
  CHECK(view.at("clocks").at(0).at("deadline") == "2026-09-29");
  CHECK(view.at("clocks").at(0).at("breached") == true);
}

TEST_CASE("the total clock stands still while the applicant corrects") {
  Desk desk;
  const auto a = *desk.office.submit(application(), applicant);
  const auto kr = *desk.office.calendar("kr");
  const auto left = [&] { return clocks_of(*desk.office.application(a.id), kr, desk.clock.now_ms()).back(); };
  CHECK(left().left_days == 30);
  desk.clock.advance_ms(86'400'000);
  REQUIRE(desk.office.act(a.id, action({{"action", "complete_check"}, {"outcome", "incomplete"}}), secretariat).ok());
  CHECK(left().stopped);
  CHECK(left().left_days == 29);
  desk.clock.advance_ms(3LL * 86'400'000);
  CHECK(left().left_days == 29);
  REQUIRE(desk.office.act(a.id, action({{"action", "resubmit"}, {"note", "done"}}), applicant).ok());
  CHECK_FALSE(left().stopped);
  CHECK(left().left_days == 29);
}

TEST_CASE("a case replays identically from its events, whatever the SOP file says today") {
  Desk desk;
  const auto id = to_approval(desk);
  const auto events = *desk.records.read("case/" + id);
  const auto kr = *desk.office.calendar("kr");
  const auto once = case_view_json(*replay_case(events), secretariat, kr, desk.clock.now_ms());
  const auto twice = case_view_json(*replay_case(events), secretariat, kr, desk.clock.now_ms());
  CHECK(once == twice);
  const auto state = *replay_case(events);
  CHECK(state.sop.hash == desk.office.sop("shared-drb-irb-exemption")->hash);
  CHECK(state.version == static_cast<std::int64_t>(events.size()));
  auto cut = events;
  cut.erase(cut.begin());
  CHECK_FALSE(replay_case(cut).ok());
}

TEST_CASE("nobody acts on an application of their own, and the wrong role is told whom to ask") {
  Desk desk;
  auto own = application();
  own.people.push_back({"sec@authority", "S", "analyst"});
  const auto a = *desk.office.submit(own, applicant);
  const auto check = action({{"action", "complete_check"}, {"outcome", "complete"}});
  CHECK(desk.office.act(a.id, check, secretariat).error().what.en == "nobody acts on an application of their own");
  const auto wrong = desk.office.act(a.id, check, irb);
  CHECK(wrong.error().what.en == "only the role secretariat may do this");
  CHECK(wrong.error().hint.en.find("secretariat") != std::string::npos);
  CHECK(desk.office.act(a.id, check, Actor{"x", "firm-y", {"applicant"}}).error().kind == ErrorKind::not_found);
  CHECK(desk.office.act(a.id, action({{"action", "dance"}}), secretariat).error().kind == ErrorKind::usage);
}

TEST_CASE("a rejection can be appealed once and in time") {
  Desk desk;
  const auto id = to_vote(desk);
  for (const auto& who : {chair, member("m1", "a"), member("m2", "b"), member("m3", "c")}) {
    REQUIRE(vote(desk, id, who, "reject").ok());
  }
  REQUIRE(desk.office.act(id, action({{"action", "decide"}, {"decision", "reject"}, {"reason", "x"}}), chair).ok());
  const auto appeal = action({{"action", "appeal"}, {"reason", "new facts"}});
  CHECK(desk.office.act(id, appeal, secretariat).error().kind == ErrorKind::refused);
  desk.clock.advance_ms(30LL * 86'400'000);
  REQUIRE(desk.office.act(id, appeal, applicant).ok());
  CHECK(desk.office.application(id)->step == "local_context");
  REQUIRE(desk.office.act(id, action({{"action", "withdraw"}, {"reason", "enough"}}), applicant).ok());
  CHECK(desk.office.application(id)->outcome() == "withdrawn");
  CHECK(desk.office.act(id, appeal, applicant).error().kind == ErrorKind::refused);
}

TEST_CASE("votes are hidden from a member who has not voted and from the applicant") {
  Desk desk;
  const auto id = to_vote(desk);
  REQUIRE(vote(desk, id, member("m1", "hospital-a"), "reject").ok());
  const auto seen = [&](const Actor& who) {
    const auto view = view_of(desk, id, who);
    for (const auto& m : view.at("board").at("members")) {
      if (m.at("account") == "m1")
        return std::pair(m.at("vote").is_null(), view.dump().find("because") == std::string::npos);
    }
    return std::pair(false, false);
  };
  CHECK(seen(member("m2", "hospital-b")) == std::pair(true, true));
  CHECK(seen(applicant) == std::pair(true, true));
  CHECK(seen(secretariat) == std::pair(false, false));
  const auto view = view_of(desk, id, member("m2", "hospital-b"));
  CHECK(view.at("board").at("count").at("reject").is_null());
  CHECK(view.at("board").at("count").at("voted") == 1);
}

TEST_CASE("a view offers exactly the actions that the rules allow") {
  Desk desk;
  const auto id = to_vote(desk);
  const auto actions = [&](const Actor& who) {
    return view_of(desk, id, who).at("actions").get<std::vector<std::string>>();
  };
  CHECK(actions(applicant) == std::vector<std::string>{"withdraw"});
  CHECK(actions(member("m1", "hospital-a")) == std::vector<std::string>{"declare_conflict", "vote"});
  CHECK(actions(member("m4", "startup-x")).empty());
  CHECK(actions(secretariat) == std::vector<std::string>{"assign_board", "recuse"});
}

TEST_CASE("purpose climbs to the permitted term, never descends, and methods terms bar training") {
  Desk desk;
  const auto terms = *desk.office.terms();
  CHECK(terms.climbs_to("MONDO:0005252", "MONDO:0004995"));
  CHECK_FALSE(terms.climbs_to("MONDO:0004995", "MONDO:0005252"));
  catalogue::Dataset d;
  d.id = "d";
  d.duo = {"DUO:0000007", "MONDO:0004995"};
  d.ai_terms = {"validate"};
  auto a = application();
  a.purpose_code = "MONDO:0005252";
  CHECK(match_terms(a, d, terms, 0).match == Match::yes);
  a.purpose_code = "MONDO:0005148";
  CHECK(match_terms(a, d, terms, 0).match == Match::no);
  a.purpose_code = "DUO:0000006";
  CHECK(match_terms(a, d, terms, 0).match == Match::no);
  d.duo = {"DUO:0000042", "DUO:0000015"};
  CHECK(match_terms(a, d, terms, 0).match == Match::yes);
  a.ai_use = "train";
  CHECK(match_terms(a, d, terms, 0).match == Match::no);
  a.ai_use = "";
  d.duo = {"DUO:0000042", "DUO:0000046"};
  CHECK(match_terms(a, d, terms, 0).match == Match::no);
  a.commercial = false;
  CHECK(match_terms(a, d, terms, 0).match == Match::yes);
  d.duo = {"DUO:0000042", "DUO:0000026"};
  const auto board = match_terms(a, d, terms, 0);
  CHECK(board.match == Match::board);
  CHECK(board.reasons.size() == 2);
}

TEST_CASE("the completeness check lists every required field of the six forms") {
  auto a = application();
  const auto forms = *read_file(share / "schemas" / "application-forms.yaml");
  const auto all = missing_fields(a, forms)->size();
  CHECK(all == 11);
  a.forms_json = R"({"pledge":{"signed_by":"B","no_reidentification":true},"protocol":{"question":"  "}})";
  CHECK(missing_fields(a, forms)->size() == all - 2);
}

TEST_CASE("four members who vote at the same moment are all counted and the vote closes once") {
  Desk desk;
  const auto id = to_vote(desk);
  const std::vector<Actor> voters{chair, member("m1", "hospital-a"), member("m2", "hospital-b"),
                                  member("m3", "patients-union")};
  std::vector<std::thread> threads;
  for (const auto& voter : voters) {
    threads.emplace_back([&desk, &id, voter] {
      auto records = engine::Records::open(desk.folder.path() / "records.sqlite", desk.clock);
      catalogue::MemoryJournal journal;
      SeededRandom random(1);
      Office office(*records, desk.clock, random, journal, share);
      (void)office.act(id, action({{"action", "vote"}, {"vote", "approve"}, {"reason", "x"}}), voter);
    });
  }
  for (auto& thread : threads) thread.join();
  const auto state = *desk.office.application(id);
  CHECK(state.votes.size() == 4);
  CHECK(state.step == "decision");
  CHECK(std::count_if(state.history.begin(), state.history.end(),
                      [](const HistoryLine& line) { return line.type == "vote_closed"; }) == 1);
}

TEST_CASE("a chair who is recused is replaced by an acting chair, and only then") {
  Desk desk;
  const auto id = to_vote(desk);
  const auto appoint = action({{"action", "appoint_acting_chair"}, {"member", "m3"}});
  CHECK(desk.office.act(id, appoint, secretariat).error().kind == ErrorKind::refused);
  REQUIRE(desk.office.act(id, action({{"action", "declare_conflict"}, {"reason", "kin"}}), chair).ok());
  for (const auto* who : {"m1", "m2", "m3"}) REQUIRE(vote(desk, id, member(who, "x"), "approve").ok());
  const auto decide = action({{"action", "decide"}, {"decision", "approve"}, {"reason", "x"}});
  CHECK(desk.office.act(id, decide, chair).error().hint.en.find("appoint_acting_chair") != std::string::npos);
  REQUIRE(desk.office.act(id, appoint, secretariat).ok());
  CHECK(desk.office.act(id, decide, chair).error().kind == ErrorKind::refused);
  CHECK(desk.office.act(id, decide, member("m3", "x")).ok());
}
