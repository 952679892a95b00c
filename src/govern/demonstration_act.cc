// What a project may do next, and who may say so. Everything that is refused names what is missing and who gives it.
#include <algorithm>
#include <set>

#include "govern/demonstration_parts.h"
#include "govern/texts.h"

namespace naru::govern {
namespace {

constexpr std::int64_t count_max = 1'000'000'000;

bool one_of(const std::string& value, std::initializer_list<const char*> known) {
  return std::any_of(known.begin(), known.end(), [&](const char* one) { return value == one; });
}

Error wrong(const Reader& r, const char* key, std::string_view wanted) {
  return rejected(say("{} must be {}", "{} 값은 다음이어야 합니다: {}", key, wanted),
                  fmt::format("{}.{}", r.where(), key));
}

Done needs(bool there, const Project& p, const Text& what, const Text& who) {
  if (there) return {};
  return refused(what, fmt::format("project {}", p.id), who);
}

Done needs_nothing_due(const Project& p) {
  return needs(p.due_reason.empty(), p,
               say("verification is due since {} ({})", "{}부터 재검증이 필요합니다({})",
                   format_instant(p.due_since_ms), p.due_reason),
               say("verify the version in use and record its evidence", "사용 중인 버전을 검증하고 증거를 기록하세요"));
}

Done check_approvals(const Project& p, const std::vector<ProjectApproval>& given) {
  std::set<std::string> sites;
  bool irb = false;
  for (const auto* list : {&p.approvals, &given}) {
    for (const auto& one : *list) {
      irb = irb || one.kind == "irb";
      if (one.kind == "site") sites.insert(one.site);
    }
  }
  NARU_CHECK(needs(irb, p,
                   say("live use needs the reference of an IRB approval", "실사용에는 IRB 승인 번호가 필요합니다"),
                   say("the IRB gives it", "IRB가 승인합니다")));
  for (const auto& site : p.sites) {
    NARU_CHECK(
        needs(sites.contains(site), p,
              say("live use needs the reference of {}'s approval", "실사용에는 {}의 승인 번호가 필요합니다", site),
              say("{} gives it", "{}에서 승인합니다", site)));
  }
  return {};
}

Done check_stage(const Project& p, const Reader& r) {
  NARU_CHECK(r.only({"type", "stage", "approvals", "reason"}));
  NARU_ASSIGN(const auto stage, r.text("stage"));
  std::vector<ProjectApproval> given;
  if (r.has("approvals")) {
    NARU_ASSIGN(const auto list, r.array("approvals"));
    for (const auto& [value, where] : list) {
      NARU_ASSIGN(const auto one, Reader::of(*value, where));
      NARU_ASSIGN(auto approval, approval_of(one));
      given.push_back(std::move(approval));
    }
  }
  if (stage == "stopped") {
    NARU_ASSIGN(const auto reason, r.text_or("reason", ""));
    if (reason.empty()) return wrong(r, "reason", "why the project stops");
    return needs(p.stage != "stopped", p, say("it has stopped already", "이미 중단되었습니다"), {});
  }
  const auto from = stage == "silent" ? "planned" : stage == "live" ? "silent" : "live";
  if (!one_of(stage, {"silent", "live", "routine"})) return wrong(r, "stage", "silent, live, routine or stopped");
  NARU_CHECK(needs(p.stage == from, p,
                   say("{} follows {}, the project is {}", "{} 단계는 {} 다음입니다. 현재 {}", stage, from, p.stage),
                   say("stages are not skipped", "단계를 건너뛸 수 없습니다")));
  NARU_CHECK(needs_nothing_due(p));
  if (stage == "silent") {
    return needs(!p.plan_hash.empty(), p,
                 say("a silent run needs a locked plan", "비공개 실행에는 잠근 계획이 필요합니다"),
                 say("naru verify lock, then record its hash", "naru verify lock 후 해시를 기록하세요"));
  }
  const bool verified = p.evidence && p.evidence->solution_version == p.solution_version;
  NARU_CHECK(
      needs(verified, p,
            say("it needs sealed evidence for version {}", "버전 {}의 봉인된 증거가 필요합니다", p.solution_version),
            say("naru verify run, then record the evidence", "naru verify run 후 증거를 기록하세요")));
  if (stage == "live") return check_approvals(p, given);
  const bool adopted = p.decision && p.decision->decision != "do_not_adopt" && p.decision->evidence == p.evidence->id;
  return needs(adopted, p,
               say("routine use needs a decision to adopt on this evidence",
                   "상시 사용에는 이 증거에 근거한 도입 결정이 필요합니다"),
               say("the officer or the chair decides", "담당자 또는 위원장이 결정합니다"));
}

Done check_decision(const Project& p, const Reader& r) {
  NARU_CHECK(r.only({"type", "decision", "reason"}));
  NARU_ASSIGN(const auto decision, r.text("decision"));
  NARU_ASSIGN(const auto reason, r.text("reason"));
  if (!one_of(decision, {"adopt", "adopt_with_monitoring", "do_not_adopt"})) {
    return wrong(r, "decision", "adopt, adopt_with_monitoring or do_not_adopt");
  }
  if (reason.empty()) return wrong(r, "reason", "the reason of the decision");
  NARU_CHECK(needs(p.evidence.has_value(), p,
                   say("a decision rests on sealed evidence", "결정은 봉인된 증거에 근거해야 합니다"),
                   say("record the evidence first", "먼저 증거를 기록하세요")));
  return needs_nothing_due(p);
}

Done check_counts(const Reader& r, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    NARU_ASSIGN(const auto value, r.integer(key));
    if (value < 0 || value > count_max) return wrong(r, key, "a count");
  }
  return {};
}

Done runs_now(const Project& p) {
  return needs(one_of(p.stage, {"silent", "live", "routine"}), p,
               say("nothing runs at stage {}", "{} 단계에서는 실행되는 것이 없습니다", p.stage), {});
}

Done check_action(const Project& p, const std::string& type, const Reader& r) {
  if (type == "plan") {
    NARU_CHECK(r.only({"type", "hash", "version"}));
    NARU_ASSIGN(const auto hash, r.text("hash"));
    const bool hex = hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!hex) return wrong(r, "hash", "64 hex digits");
    NARU_ASSIGN(const auto version, r.integer("version"));
    return version >= 1 ? Done() : Done(wrong(r, "version", "1 or more"));
  }
  if (type == "evidence") {
    NARU_CHECK(r.only({"type", "id", "solution_version", "auroc", "o_e", "sites"}));
    NARU_ASSIGN(const auto version, r.text("solution_version"));
    NARU_CHECK(needs(!p.plan_hash.empty(), p, say("evidence needs a locked plan", "증거에는 잠근 계획이 필요합니다"),
                     say("record the plan's hash first", "먼저 계획 해시를 기록하세요")));
    NARU_ASSIGN(const auto id, r.text("id"));
    NARU_CHECK(needs(
        p.due_reason.empty() || !p.evidence || p.evidence->id != id, p,
        say("this is the evidence that is in question ({})", "재검증이 필요해진 바로 그 증거입니다({})", p.due_reason),
        say("verify again and record the new report", "다시 검증하고 새 보고서를 기록하세요")));
    return needs(version == p.solution_version, p,
                 say("the evidence is about version {}, in use is {}",
                     "증거는 버전 {}의 것이고 사용 중인 것은 {}입니다", version, p.solution_version),
                 say("verify the version in use", "사용 중인 버전을 검증하세요"));
  }
  if (type == "stage") return check_stage(p, r);
  if (type == "decision") return check_decision(p, r);
  if (type == "changed") {
    NARU_CHECK(r.only({"type", "what", "solution_version"}));
    NARU_ASSIGN([[maybe_unused]] const auto what, r.text("what"));
    return {};
  }
  if (type == "observed") {
    NARU_CHECK(r.only({"type", "uses", "overrides", "errors"}));
    NARU_CHECK(check_counts(r, {"uses", "overrides", "errors"}));
  } else if (type == "safety") {
    NARU_CHECK(r.only({"type", "severity", "what"}));
    NARU_ASSIGN(const auto severity, r.text("severity"));
    if (!one_of(severity, {"minor", "serious"})) return wrong(r, "severity", "minor or serious");
  } else if (type == "watch") {
    return refused(
        say("a watched period is computed from data, not entered", "감시 결과는 입력하지 않고 자료에서 계산합니다"),
        fmt::format("project {}", p.id),
        say("run naru verify watch at the site, then naru demonstration watch with its file",
            "기관에서 naru verify watch를 실행한 뒤 그 파일로 naru demonstration watch를 실행하세요"));
  } else {
    return wrong(r, "type", "plan, evidence, stage, observed, safety, changed or decision");
  }
  return runs_now(p);
}

bool may(const Project& p, const std::string& type, const Actor& actor) {
  if (actor.has("officer")) return true;
  if (type == "decision") return actor.has("chair");
  const bool at_site = std::find(p.sites.begin(), p.sites.end(), actor.organisation) != p.sites.end();
  return one_of(type, {"observed", "safety"}) && actor.has("steward") && at_site;
}

Done officer_only(const Actor& actor, const std::string& where) {
  if (actor.has("officer")) return {};
  return refused(say("this is the programme officer's to do", "사업 담당자의 일입니다"), where,
                 say("ask the programme officer", "사업 담당자에게 요청하세요"));
}

std::string note_of(const std::string& type, const Json& action) {
  for (const char* key : {"reason", "what", "period", "id", "stage"}) {
    const auto found = action.find(key);
    if (found != action.end() && found->is_string() && !found->get<std::string>().empty()) {
      return type == "stage" ? action.value("stage", std::string()) : found->get<std::string>();
    }
  }
  return {};
}

}  // namespace

bool within(const WatchLimits& limits, const ComputedWatch& watch) {
  const bool enough_scored = watch.scored.value_or(0) >= limits.persons_min;
  if (enough_scored && watch.psi.estimate && *watch.psi.estimate > limits.psi_max) return false;
  if (watch.persons.value_or(0) < limits.persons_min) return true;
  return !(watch.o_e.hi && *watch.o_e.hi < limits.o_e_min) && !(watch.o_e.lo && *watch.o_e.lo > limits.o_e_max);
}

Result<ProjectFigure> figure_in(const Reader& reader, std::string_view key) {
  ProjectFigure out;
  if (!reader.has(key)) return out;
  NARU_ASSIGN(const auto figure, reader.object(key));
  NARU_CHECK(figure.only({"estimate", "lo", "hi"}));
  for (const auto& [name, place] :
       {std::pair{"estimate", &out.estimate}, std::pair{"lo", &out.lo}, std::pair{"hi", &out.hi}}) {
    const auto found = figure.raw().find(name);
    if (found == figure.raw().end() || found->is_null()) continue;
    if (!found->is_number()) return wrong(figure, name, "a number or null");
    *place = found->get<double>();
  }
  return out;
}

Result<ProjectApproval> approval_of(const Reader& reader) {
  NARU_CHECK(reader.only({"kind", "reference", "site"}));
  ProjectApproval out;
  NARU_ASSIGN(out.kind, reader.text("kind"));
  NARU_ASSIGN(out.reference, reader.text("reference"));
  NARU_ASSIGN(out.site, reader.text_or("site", ""));
  if (!one_of(out.kind, {"irb", "site", "device"})) return wrong(reader, "kind", "irb, site or device");
  if (out.reference.empty()) return wrong(reader, "reference", "the approval's number");
  if (out.kind == "site" && out.site.empty()) return wrong(reader, "site", "the site that approved");
  return out;
}

Done Demonstrations::open(const DemonstrationProgramme& programme, const Actor& actor) {
  NARU_CHECK(officer_only(actor, programme.id));
  NARU_ASSIGN(const auto before, records_.get("demonstrations", programme.id));
  if (before && *before == programme.canonical_text) return {};
  if (before) {
    return conflict(say("{} is open with other text", "{}은(는) 다른 내용으로 열려 있습니다", programme.id),
                    programme.id);
  }
  NARU_CHECK(journal_.note("demonstration.opened", canonical(Json{{"id", programme.id}}), actor.account));
  return records_.put("demonstrations", programme.id, programme.canonical_text);
}

Result<Project> Demonstrations::add(std::string_view project_json, std::string_view where, const Actor& actor) {
  NARU_CHECK(officer_only(actor, std::string(where)));
  NARU_ASSIGN(const auto json, parse_yaml(project_json, where));
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id", "programme", "title", "organisation", "solution", "sites"}));
  NARU_ASSIGN(const auto id, r.text("id"));
  NARU_ASSIGN(const auto programme_id, r.text("programme"));
  NARU_ASSIGN(const auto sites, r.texts("sites"));
  if (!is_plain_name(id)) return wrong(r, "id", "a plain name");
  if (sites.empty()) return wrong(r, "sites", "at least one site");
  NARU_ASSIGN(const auto found, programme(programme_id));
  NARU_ASSIGN(const auto others, projects_of(programme_id));
  if (static_cast<std::int64_t>(others.size()) >= found.places) {
    return refused(say("all {} places are taken", "{}자리가 모두 찼습니다", found.places), programme_id,
                   say("the programme's page sets the number", "자리 수는 사업 공고가 정합니다"));
  }
  // Read back before it is stored: what replays is what was said.
  NARU_CHECK([&]() -> Done {
    auto project = replay_project({{1, "demonstration/" + id, 1, "opened", canonical(json), actor.account, 0}});
    if (!project.ok()) return std::move(project).error();
    return {};
  }());
  NARU_CHECK(journal_.note("project.opened", canonical(Json{{"id", id}, {"programme", programme_id}}), actor.account));
  NARU_CHECK(records_.append("demonstration/" + id, 0, {{"opened", canonical(json), actor.account}}));
  return get(id);
}

Result<Project> Demonstrations::act(std::string_view project, std::string_view action_json, const Actor& actor) {
  NARU_ASSIGN(const auto before, get(project));
  NARU_ASSIGN(auto action, parse_json(action_json, "action"));
  NARU_ASSIGN(const auto r, Reader::of(action, "action"));
  NARU_ASSIGN(const auto type, r.text("type"));
  if (!may(before, type, actor)) {
    return refused(
        say("{} may not record '{}' here", "{}은(는) 여기서 '{}'을(를) 기록할 수 없습니다", actor.account, type),
        fmt::format("project {}", project),
        say("the programme officer, or for observations a steward of a participating site",
            "사업 담당자, 관찰 기록은 참여 기관의 관리자도 가능"));
  }
  NARU_CHECK(check_action(before, type, r));
  auto event = action;
  event.erase("type");
  event["note"] = note_of(type, action);
  if (type == "changed" && !r.has("solution_version")) event["solution_version"] = before.solution_version;
  return record(before, type, canonical(event), actor);
}

Result<Project> Demonstrations::record(const Project& before, const std::string& type, const std::string& event,
                                       const Actor& actor) {
  const auto stream = "demonstration/" + before.id;
  // Read back before it is stored: what replays is what was said.
  NARU_CHECK([&]() -> Done {
    NARU_ASSIGN(auto events, records_.read(stream));
    events.push_back({0, stream, before.version + 1, type, event, actor.account, clock_.now_ms()});
    auto after = replay_project(events);
    if (!after.ok()) return std::move(after).error();
    return {};
  }());
  NARU_CHECK(journal_.note("project." + type, canonical(Json{{"id", before.id}}), actor.account));
  NARU_CHECK(records_.append(stream, before.version, {{type, event, actor.account}}));
  return get(before.id);
}

Result<Project> Demonstrations::watched(std::string_view project, const ComputedWatch& watch, const Actor& actor) {
  NARU_ASSIGN(const auto before, get(project));
  const auto where = fmt::format("project {}", project);
  const bool takes_part = std::find(before.sites.begin(), before.sites.end(), watch.site) != before.sites.end();
  const bool steward_there = actor.has("steward") && actor.organisation == watch.site;
  if (!takes_part || !(actor.has("officer") || steward_there)) {
    return refused(say("{} may not record what {} watched", "{}은(는) {}의 감시 결과를 기록할 수 없습니다",
                       actor.account, watch.site),
                   where,
                   say("the programme officer, or a steward of that participating site",
                       "사업 담당자 또는 그 참여 기관의 관리자만 가능합니다"));
  }
  NARU_CHECK(runs_now(before));
  const bool same = before.evidence && before.evidence->id == watch.evidence && before.plan_hash == watch.plan_hash &&
                    before.solution_version == watch.solution_version;
  if (!same) {
    return conflict(say("it was held against other evidence, plan or version than the project's",
                        "과제의 증거·계획·버전이 아닌 것과 비교한 결과입니다"),
                    where, say("watch against the evidence in force", "현재 유효한 증거와 비교해 다시 계산하세요"));
  }
  for (const auto& one : before.watch) {
    if (one.site != watch.site || one.period != watch.period) continue;
    return conflict(say("{} was watched at {} before", "{} 기간은 {}에서 이미 감시했습니다", watch.period, watch.site),
                    where);
  }
  NARU_ASSIGN(const auto programme_of_it, programme(before.programme));
  const auto figure = [](const ProjectFigure& f) {
    const auto number = [](const std::optional<double>& v) { return v ? Json(*v) : Json(nullptr); };
    return Json{{"estimate", number(f.estimate)}, {"lo", number(f.lo)}, {"hi", number(f.hi)}};
  };
  const Json event{{"period", watch.period},
                   {"site", watch.site},
                   {"persons", watch.persons.value_or(0)},
                   {"psi", figure(watch.psi)},
                   {"o_e", figure(watch.o_e)},
                   {"within", within(programme_of_it.watch, watch)},
                   {"source", watch.digest},
                   {"note", watch.site + " " + watch.period}};
  return record(before, "watch", canonical(event), actor);
}

}  // namespace naru::govern
