// Clocks, what may be done, and the case as JSON for people.
#include "govern/case.h"
#include "govern/texts.h"

#include <algorithm>

namespace naru::govern {
namespace {

std::int32_t deadline_of(const StepClock& clock, std::int32_t from, const Calendar& calendar) {
  return clock.working_days ? calendar.add_working_days(from, clock.amount)
                            : from + static_cast<std::int32_t>(clock.amount);
}

std::int64_t days_between(bool working, std::int32_t from, std::int32_t to, const Calendar& calendar) {
  return working ? calendar.working_days_between(from, to) : to - from;
}

ClockView clock_view(std::string what, std::string owner, const StepClock& clock, std::int32_t started,
                     std::int32_t deadline, std::int32_t today, const Calendar& calendar) {
  ClockView out;
  out.what = std::move(what);
  out.owner = std::move(owner);
  out.started = started;
  out.deadline = deadline;
  out.working_days = clock.working_days;
  out.allowed_days = clock.amount;
  out.left_days = days_between(clock.working_days, today, deadline, calendar);
  out.breached = today > deadline;
  out.calendar_known = !clock.working_days || (calendar.covers(started) && calendar.covers(deadline));
  return out;
}

ClockView total_clock(const CaseState& state, const StepClock& clock, const Calendar& calendar, std::int32_t today) {
  std::int64_t used = 0;  // days of steps that are over and did count
  for (const auto& run : state.runs) {
    if (!run.left_ms || state.sop.step(run.step)->stops_clock) continue;
    used +=
        days_between(clock.working_days, calendar.date_at(run.entered_ms), calendar.date_at(*run.left_ms), calendar);
  }
  const bool stopped = state.at().stops_clock;
  const auto from = stopped ? today : calendar.date_at(state.runs.back().entered_ms);
  StepClock left = clock;
  left.amount = std::max<std::int64_t>(clock.amount - used, 0);
  auto deadline = deadline_of(left, from, calendar);
  auto view = clock_view("total", "secretariat", clock, calendar.date_at(state.runs.front().entered_ms), deadline,
                         today, calendar);
  if (used > clock.amount) {  // over before this step began
    view.breached = true;
    view.left_days =
        clock.amount - used - std::max<std::int64_t>(days_between(clock.working_days, from, today, calendar), 0);
  }
  view.stopped = stopped;
  return view;
}

Json clock_json(const ClockView& clock) {
  return Json{{"what", clock.what},
              {"owner", clock.owner},
              {"started", format_date(clock.started)},
              {"deadline", format_date(clock.deadline)},
              {"unit", clock.working_days ? "working_days" : "calendar_days"},
              {"allowed_days", clock.allowed_days},
              {"left_days", clock.left_days},
              {"breached", clock.breached},
              {"stopped", clock.stopped},
              {"calendar_known", clock.calendar_known}};
}

Json step_json(const Step& step) {
  return Json{{"id", step.id}, {"title", text_json(step.title)}, {"owner", step.owner}, {"kind", name_of(step.kind)}};
}

// A stepper: what was left for good is done, even if a later round came back to it.
Json sop_json(const CaseState& state) {
  Json steps = Json::array();
  for (const auto& step : state.sop.steps) {
    const bool visited = std::any_of(state.runs.begin(), state.runs.end(), [&](const StepRun& run) {
      return run.step == step.id && run.left_ms.has_value();
    });
    auto line = step_json(step);
    line["state"] = step.id == state.step ? "open" : visited ? "done" : "ahead";
    steps.push_back(std::move(line));
  }
  return Json{{"id", state.sop.id},
              {"version", state.sop.version},
              {"hash", state.sop.hash},
              {"title", text_json(state.sop.title)},
              {"steps", std::move(steps)}};
}

Json dossier_json(const Application& a) {
  auto out = Json::parse(application_json(a));
  for (const auto* key : {"id", "project", "title", "applicant", "organisation", "submitted_ms", "sop", "programme"}) {
    out.erase(key);
  }
  return out;
}

Json answers_json(const CaseState& state) {
  Json out = Json::array();
  for (const auto& site : state.application.holders) {
    const auto found = state.answers.find(site);
    if (found == state.answers.end()) {
      out.push_back({{"site", site},
                     {"answer", nullptr},
                     {"conditions", Json::array()},
                     {"note", ""},
                     {"by", nullptr},
                     {"at", nullptr}});
      continue;
    }
    const auto& a = found->second;
    out.push_back({{"site", site},
                   {"answer", a.answer},
                   {"conditions", a.conditions},
                   {"note", a.note},
                   {"by", a.by},
                   {"at", format_instant(a.at_ms)}});
  }
  return out;
}

Json recusal_json(const Recusal& r) {
  const auto words = r.by_rule ? say("belongs to {}, which has an interest in the application",
                                     "신청에 이해관계가 있는 {} 소속입니다", r.reason)
                               : Text{r.reason, r.reason};
  return Json{
      {"reason", r.reason}, {"reason_text", text_json(words)}, {"by_rule", r.by_rule}, {"at", format_instant(r.at_ms)}};
}

/// What of the votes a viewer sees: nothing for applicants; nothing for a member who has not voted yet.
struct VoteSight {
  bool single = true;
  bool sums = true;
};

VoteSight vote_sight(const CaseState& state, const Actor& viewer) {
  const bool open = state.at().kind == StepKind::vote;
  const bool voter = state.board.member(viewer.account) != nullptr && !state.recused.contains(viewer.account);
  const bool reviewer = viewer.has("secretariat") || viewer.has("member") || viewer.has("chair") || viewer.has("irb") ||
                        viewer.has("auditor");
  const bool own = viewer.account == state.application.applicant;
  if (own || !reviewer) return {false, !open};
  if (open && voter && !state.votes.contains(viewer.account)) return {false, false};
  return {true, true};
}

Json board_view(const CaseState& state, const VoteSight& sight) {
  if (state.board.members.empty()) return nullptr;
  Json members = Json::array();
  for (const auto& m : state.board.members) {
    Json line{{"account", m.account},
              {"organisation", m.organisation},
              {"chair", m.account == state.chair()},
              {"external", m.external},
              {"sex", m.sex},
              {"expertise", m.expertise},
              {"recused", nullptr},
              {"vote", nullptr}};
    if (const auto r = state.recused.find(m.account); r != state.recused.end())
      line["recused"] = recusal_json(r->second);
    if (const auto v = state.votes.find(m.account); v != state.votes.end()) {
      line["voted"] = true;
      if (sight.single) {
        line["vote"] = {
            {"vote", v->second.vote}, {"reason", v->second.reason}, {"at", format_instant(v->second.at_ms)}};
      }
    } else {
      line["voted"] = false;
    }
    members.push_back(std::move(line));
  }
  const auto count = count_votes(state);
  Json sums{{"assigned", count.assigned},
            {"recused", count.recused},
            {"voted", count.voted},
            {"quorum", count.quorum},
            {"external_needed", count.external},
            {"quorum_met", count.quorum_met},
            {"approve", nullptr},
            {"reject", nullptr},
            {"revise", nullptr},
            {"abstain", nullptr},
            {"carried", ""}};
  if (sight.sums) {
    sums["approve"] = count.approve;
    sums["reject"] = count.reject;
    sums["revise"] = count.revise;
    sums["abstain"] = count.abstain;
    sums["carried"] = count.carried;
  }
  return Json{{"id", state.board.id},
              {"title", text_json(state.board.title)},
              {"members", std::move(members)},
              {"count", std::move(sums)}};
}

}  // namespace

std::vector<ClockView> clocks_of(const CaseState& state, const Calendar& calendar, std::int64_t now_ms) {
  std::vector<ClockView> out;
  if (state.closed()) return out;
  const auto today = calendar.date_at(now_ms);
  const auto& step = state.at();
  if (step.clock) {
    const auto started = calendar.date_at(state.runs.back().entered_ms);
    const auto deadline = deadline_of(*step.clock, started, calendar);
    const auto view = [&](std::string what, std::string owner) {
      auto one = clock_view(std::move(what), std::move(owner), *step.clock, started, deadline, today, calendar);
      one.stopped = step.stops_clock;
      out.push_back(std::move(one));
    };
    if (step.kind == StepKind::sites) {
      for (const auto& site : state.application.holders) {
        if (!state.answers.contains(site)) view(step.id + ":" + site, step.owner + " of " + site);
      }
    } else {
      view(step.id, step.owner);
    }
  }
  if (state.sop.total_clock) out.push_back(total_clock(state, *state.sop.total_clock, calendar, today));
  return out;
}

std::vector<std::string> actions_for(const CaseState& state, const Actor& actor, const Calendar& calendar,
                                     std::int64_t now_ms) {
  // Tried on the real rules with harmless words, so that a button never promises what a command refuses.
  const auto outcome = state.at().on.empty() ? std::string{} : state.at().on.begin()->first;
  const auto carried = count_votes(state).carried;
  std::vector<Json> trials = {
      {{"action", "complete_check"}, {"outcome", outcome}},
      {{"action", "resubmit"}, {"note", "-"}},
      {{"action", "answer_local_context"}, {"site", actor.organisation}, {"answer", "ok"}},
      {{"action", "assign_board"}, {"board", {{"id", "-"}}}},
      {{"action", "declare_conflict"}, {"reason", "-"}},
      {{"action", "vote"}, {"vote", "approve"}},
      {{"action", "close_vote"}},
      {{"action", "decide"}, {"decision", carried.empty() ? "revise" : carried}, {"reason", "-"}, {"in_person", true}},
      {{"action", "issue_exemption"}, {"number", "-"}},
      {{"action", "notify"}},
      {{"action", "withdraw"}, {"reason", "-"}},
      {{"action", "appeal"}, {"reason", "-"}}};
  for (const auto& member : state.board.members) {
    if (member.account == actor.account || state.recused.contains(member.account)) continue;
    trials.push_back({{"action", "recuse"}, {"member", member.account}, {"reason", "-"}});
    trials.push_back({{"action", "appoint_acting_chair"}, {"member", member.account}});
  }
  std::vector<std::string> out;
  for (const auto& trial : trials) {
    const auto name = trial.at("action").get<std::string>();
    const auto answer = decide_case(state, canonical(trial), actor, calendar, now_ms);
    // A missing board is all that may be wrong with a trial of assign_board.
    const bool possible = answer.ok() || (name == "assign_board" && answer.error().kind == ErrorKind::rejected);
    if (possible && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

std::string case_view_json(const CaseState& state, const Actor& viewer, const Calendar& calendar, std::int64_t now_ms) {
  const auto sight = vote_sight(state, viewer);
  Json clocks = Json::array();
  for (const auto& clock : clocks_of(state, calendar, now_ms)) clocks.push_back(clock_json(clock));
  Json history = Json::array();
  for (const auto& line : state.history) {
    const bool hidden = line.type == "voted" && !sight.single && line.actor != viewer.account;
    history.push_back({{"version", line.version},
                       {"type", line.type},
                       {"step", line.step},
                       {"actor", line.actor},
                       {"at", format_instant(line.at_ms)},
                       {"note", hidden ? "" : line.note}});
  }
  Json decision = nullptr;
  if (!state.decision.empty()) {
    decision = {{"decision", state.decision}, {"reason", state.decision_reason}, {"conditions", state.conditions}};
  }
  const auto& a = state.application;
  return canonical(Json{{"id", a.id},
                        {"project", a.project},
                        {"title", text_json(a.title)},
                        {"organisation", a.organisation},
                        {"applicant", a.applicant},
                        {"submitted_at", format_instant(a.submitted_ms)},
                        {"programme", a.programme},
                        {"dossier", dossier_json(a)},
                        {"sop", sop_json(state)},
                        {"step", step_json(state.at())},
                        {"closed", state.closed()},
                        {"outcome", state.outcome()},
                        {"version", state.version},
                        {"clocks", std::move(clocks)},
                        {"review", state.review ? Json::parse(review_json(*state.review)) : Json(nullptr)},
                        {"local_context", answers_json(state)},
                        {"board", board_view(state, sight)},
                        {"decision", std::move(decision)},
                        {"certificate", state.certificate.empty() ? Json(nullptr) : Json(state.certificate)},
                        {"history", std::move(history)},
                        {"actions", actions_for(state, viewer, calendar, now_ms)}});
}

}  // namespace naru::govern
