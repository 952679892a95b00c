#include "govern/demonstration.h"

#include "govern/demonstration_parts.h"
#include "govern/texts.h"

#include <algorithm>

namespace naru::govern {
namespace {

Result<DemonstrationProgramme> programme_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id", "title", "source", "places", "watch"}));
  DemonstrationProgramme out;
  NARU_ASSIGN(out.id, r.text("id"));
  if (!is_plain_name(out.id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".id");
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.source, r.text("source"));
  NARU_ASSIGN(out.places, r.integer("places"));
  NARU_ASSIGN(const auto watch, r.object("watch"));
  NARU_CHECK(watch.only({"psi_max", "o_e_min", "o_e_max", "persons_min"}));
  NARU_ASSIGN(out.watch.psi_max, watch.number("psi_max"));
  NARU_ASSIGN(out.watch.o_e_min, watch.number("o_e_min"));
  NARU_ASSIGN(out.watch.o_e_max, watch.number("o_e_max"));
  NARU_ASSIGN(out.watch.persons_min, watch.integer("persons_min"));
  const bool order = out.watch.psi_max > 0 && out.watch.o_e_min > 0 && out.watch.o_e_min < 1 && out.watch.o_e_max > 1 &&
                     out.watch.persons_min > 0;
  if (out.places < 1 || out.places > 1000 || !order) {
    return rejected(say("limits out of range", "한도가 범위를 벗어났습니다"), r.where() + ".watch",
                    say("psi_max > 0, 0 < o_e_min < 1 < o_e_max, persons_min > 0, 1 to 1000 places",
                        "psi_max > 0, 0 < o_e_min < 1 < o_e_max, persons_min > 0, 자리 1~1000"));
  }
  out.canonical_text = canonical(json);
  return out;
}

Done apply_opened(Project& p, const Reader& r) {
  NARU_ASSIGN(p.id, r.text("id"));
  NARU_ASSIGN(p.programme, r.text("programme"));
  NARU_ASSIGN(p.title, text_in(r, "title"));
  NARU_ASSIGN(p.organisation, r.text("organisation"));
  NARU_ASSIGN(const auto solution, r.object("solution"));
  NARU_ASSIGN(p.solution_id, solution.text("id"));
  NARU_ASSIGN(p.solution_version, solution.text("version"));
  NARU_ASSIGN(p.sites, r.texts("sites"));
  return {};
}

Done apply_stage(Project& p, const Reader& r) {
  NARU_ASSIGN(p.stage, r.text("stage"));
  if (!r.has("approvals")) return {};
  NARU_ASSIGN(const auto list, r.array("approvals"));
  for (const auto& [value, where] : list) {
    NARU_ASSIGN(const auto one, Reader::of(*value, where));
    NARU_ASSIGN(auto approval, approval_of(one));
    p.approvals.push_back(std::move(approval));
  }
  return {};
}

Done apply_evidence(Project& p, const Reader& r, std::int64_t at_ms) {
  ProjectEvidence e;
  NARU_ASSIGN(e.id, r.text("id"));
  NARU_ASSIGN(e.solution_version, r.text("solution_version"));
  NARU_ASSIGN(e.auroc, figure_in(r, "auroc"));
  NARU_ASSIGN(e.o_e, figure_in(r, "o_e"));
  NARU_ASSIGN(e.sites, r.integer("sites"));
  e.at_ms = at_ms;
  p.evidence = std::move(e);
  p.due_reason.clear();
  return {};
}

Done apply_watch(Project& p, const Reader& r, std::int64_t at_ms) {
  WatchedPeriod w;
  NARU_ASSIGN(w.period, r.text("period"));
  NARU_ASSIGN(w.persons, r.integer("persons"));
  NARU_ASSIGN(w.site, r.text_or("site", ""));
  if (r.has("psi") && r.raw().at("psi").is_object()) {
    NARU_ASSIGN(const auto psi, figure_in(r, "psi"));
    w.psi = psi.estimate;
    w.psi_lo = psi.lo;
    w.psi_hi = psi.hi;
  } else if (r.has("psi") && r.raw().at("psi").is_number()) {
    w.psi = r.raw().at("psi").get<double>();  // as recorded before sites computed it
  }
  NARU_ASSIGN(w.o_e, figure_in(r, "o_e"));
  NARU_ASSIGN(w.within, r.boolean("within"));
  if (!w.within && p.due_reason.empty()) {
    p.due_reason = "watch " + w.period;
    p.due_since_ms = at_ms;
  }
  p.watch.push_back(std::move(w));
  return {};
}

Done apply_observation(Project& p, const std::string& type, const Reader& r, std::int64_t at_ms) {
  if (type == "observed") {
    NARU_ASSIGN(const auto uses, r.integer("uses"));
    NARU_ASSIGN(const auto overrides, r.integer("overrides"));
    NARU_ASSIGN(const auto errors, r.integer("errors"));
    p.uses += uses;
    p.overrides += overrides;
    p.errors += errors;
    return {};
  }
  NARU_ASSIGN(const auto severity, r.text("severity"));
  ++p.safety;
  if (severity != "serious") return {};
  ++p.safety_serious;
  p.due_reason = "safety";
  p.due_since_ms = at_ms;
  return {};
}

Done apply_one(Project& p, const std::string& type, const Reader& r, std::int64_t at_ms) {
  if (type == "opened") return apply_opened(p, r);
  if (type == "stage") return apply_stage(p, r);
  if (type == "evidence") return apply_evidence(p, r, at_ms);
  if (type == "watch") return apply_watch(p, r, at_ms);
  if (type == "observed" || type == "safety") return apply_observation(p, type, r, at_ms);
  if (type == "plan") {
    NARU_ASSIGN(p.plan_hash, r.text("hash"));
    NARU_ASSIGN(p.plan_version, r.integer("version"));
    return {};
  }
  if (type == "changed") {
    NARU_ASSIGN(p.solution_version, r.text("solution_version"));
    p.due_reason = "changed";
    p.due_since_ms = at_ms;
    return {};
  }
  if (type == "decision") {
    AdoptionDecision d;
    NARU_ASSIGN(d.decision, r.text("decision"));
    NARU_ASSIGN(d.reason, r.text("reason"));
    d.evidence = p.evidence ? p.evidence->id : "";
    d.at_ms = at_ms;
    p.decision = std::move(d);
    return {};
  }
  return internal_error(say("an event of type {} is unknown", "{} 유형의 이벤트를 알 수 없습니다", type), r.where());
}

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
Json figure_json(const ProjectFigure& f) {
  return {{"estimate", number_or_null(f.estimate)}, {"lo", number_or_null(f.lo)}, {"hi", number_or_null(f.hi)}};
}

Json evidence_json(const Project& p) {
  if (!p.evidence) return nullptr;
  return {{"id", p.evidence->id},
          {"solution_version", p.evidence->solution_version},
          {"auroc", figure_json(p.evidence->auroc)},
          {"o_e", figure_json(p.evidence->o_e)},
          {"sites", p.evidence->sites},
          {"at", format_instant(p.evidence->at_ms)}};
}

Json approvals_json(const Project& p) {
  Json out = Json::array();
  for (const auto& a : p.approvals) {
    out.push_back({{"kind", a.kind}, {"reference", a.reference}, {"site", a.site}});
  }
  return out;
}

Json decision_json(const Project& p) {
  if (!p.decision) return nullptr;
  return {{"decision", p.decision->decision},
          {"reason", p.decision->reason},
          {"evidence", p.decision->evidence},
          {"at", format_instant(p.decision->at_ms)}};
}

Json watch_json(const Project& p) {
  Json out = Json::array();
  for (const auto& w : p.watch) {
    const bool interval = w.psi_lo && w.psi_hi;
    out.push_back({{"period", w.period},
                   {"site", w.site},
                   {"persons", w.persons},
                   {"psi", number_or_null(w.psi)},
                   {"psi_interval", interval ? Json{*w.psi_lo, *w.psi_hi} : Json(nullptr)},
                   {"o_e", figure_json(w.o_e)},
                   {"within", w.within}});
  }
  return out;
}

Json project_json(const Project& p) {
  Json history = Json::array();
  for (const auto& h : p.history) {
    history.push_back({{"type", h.type}, {"actor", h.actor}, {"note", h.note}, {"at", format_instant(h.at_ms)}});
  }
  Json out{{"id", p.id},
           {"title", text_json(p.title)},
           {"organisation", p.organisation},
           {"solution", {{"id", p.solution_id}, {"version", p.solution_version}}},
           {"sites", p.sites},
           {"plan", p.plan_hash.empty() ? Json(nullptr) : Json{{"hash", p.plan_hash}, {"version", p.plan_version}}},
           {"stage", p.stage},
           {"due", nullptr},
           {"evidence", evidence_json(p)},
           {"approvals", approvals_json(p)},
           {"uses", p.uses},
           {"overrides", p.overrides},
           {"errors", p.errors},
           {"safety", p.safety},
           {"safety_serious", p.safety_serious},
           {"watch", watch_json(p)},
           {"decision", decision_json(p)},
           {"history", std::move(history)}};
  if (!p.due_reason.empty()) out["due"] = {{"reason", p.due_reason}, {"since", format_instant(p.due_since_ms)}};
  return out;
}

}  // namespace

Result<DemonstrationProgramme> parse_demonstration(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  return programme_of(json, where);
}

Result<Project> replay_project(const std::vector<engine::Event>& events) {
  if (events.empty()) return not_found(say("there is no such project", "그런 과제가 없습니다"), "project");
  Project p;
  for (const auto& event : events) {
    const auto where = fmt::format("{}@{}", event.stream, event.version);
    NARU_ASSIGN(const auto payload, parse_json(event.payload, where));
    NARU_ASSIGN(const auto r, Reader::of(payload, where));
    NARU_CHECK(apply_one(p, event.type, r, event.at_ms));
    NARU_ASSIGN(const auto note, r.text_or("note", ""));
    p.history.push_back({event.type, event.actor, note, event.at_ms});
    p.version = event.version;
  }
  return p;
}

Result<Project> Demonstrations::get(std::string_view project) {
  NARU_ASSIGN(const auto events, records_.read("demonstration/" + std::string(project)));
  return replay_project(events);
}

Result<DemonstrationProgramme> Demonstrations::programme(std::string_view id) {
  NARU_ASSIGN(const auto text, records_.get("demonstrations", id));
  if (!text) return not_found(say("there is no programme {}", "사업이 없습니다: {}", id), std::string(id));
  return parse_demonstration(*text, id);
}

Result<std::vector<Project>> Demonstrations::projects_of(std::string_view programme) {
  NARU_ASSIGN(const auto streams, records_.streams("demonstration"));
  std::vector<Project> out;
  for (const auto& stream : streams) {
    NARU_ASSIGN(const auto events, records_.read(stream));
    NARU_ASSIGN(auto project, replay_project(events));
    if (project.programme == programme) out.push_back(std::move(project));
  }
  return out;
}

Result<std::string> Demonstrations::demonstrations_json(std::string_view id) {
  NARU_ASSIGN(const auto found, programme(id));
  NARU_ASSIGN(const auto projects, projects_of(id));
  Json list = Json::array();
  std::map<std::string, int> stages{{"planned", 0}, {"silent", 0}, {"live", 0}, {"routine", 0}, {"stopped", 0}};
  std::map<std::string, int> decisions{{"adopt", 0}, {"adopt_with_monitoring", 0}, {"do_not_adopt", 0}, {"open", 0}};
  int due = 0;
  for (const auto& p : projects) {
    ++stages[p.stage];
    ++decisions[p.decision ? p.decision->decision : "open"];
    due += p.due_reason.empty() ? 0 : 1;
    list.push_back(project_json(p));
  }
  return canonical(Json{{"programme",
                         {{"id", found.id},
                          {"title", text_json(found.title)},
                          {"source", found.source},
                          {"places", found.places},
                          {"watch",
                           {{"psi_max", found.watch.psi_max},
                            {"o_e_min", found.watch.o_e_min},
                            {"o_e_max", found.watch.o_e_max},
                            {"persons_min", found.watch.persons_min}}}}},
                        {"stages", stages},
                        {"decisions", decisions},
                        {"due", due},
                        {"projects", std::move(list)}});
}

Result<std::string> Demonstrations::stage_json(std::string_view project, std::string_view plan_hash,
                                               std::string_view solution_version) {
  NARU_ASSIGN(const auto p, get(project));
  if (p.plan_hash != plan_hash || p.solution_version != solution_version) {
    return conflict(say("project {} is about plan {} and version {}, not this plan and version {}",
                        "과제 {}의 계획은 {}, 버전은 {}이며 이 계획·버전 {}과(와) 다릅니다", project,
                        p.plan_hash.empty() ? "-" : p.plan_hash.substr(0, 12), p.solution_version, solution_version),
                    fmt::format("project {}", project),
                    say("record the plan and the version in use first", "먼저 계획과 사용 중인 버전을 기록하세요"));
  }
  Json changes = Json::array();
  for (const auto& line : p.history) {
    if (line.type == "changed") changes.push_back({{"at", format_instant(line.at_ms)}, {"what", line.note}});
  }
  std::int64_t outside = 0;
  for (const auto& period : p.watch) outside += period.within ? 0 : 1;
  Json out{{"project", p.id},
           {"programme", p.programme},
           {"stage", p.stage},
           {"solution_version", p.solution_version},
           {"uses", p.uses},
           {"overrides", nullptr},
           {"errors", nullptr},
           {"safety", nullptr},
           {"changes", std::move(changes)},
           {"watch", {{"periods", p.watch.size()}, {"outside", outside}, {"list", watch_json(p)}}},
           {"approvals", approvals_json(p)},
           {"decision", decision_json(p)}};
  if (p.uses > 0) {
    out["overrides"] = p.overrides;
    out["errors"] = p.errors;
  }
  if (p.uses > 0 || p.safety > 0) {
    out["safety"] = {{"minor", p.safety - p.safety_serious}, {"serious", p.safety_serious}};
  }
  return canonical(out);
}

Result<std::string> Demonstrations::programmes_json() {
  NARU_ASSIGN(const auto documents, records_.list("demonstrations"));
  Json list = Json::array();
  for (const auto& [id, text] : documents) {
    NARU_ASSIGN(const auto found, parse_demonstration(text, id));
    NARU_ASSIGN(const auto projects, projects_of(id));
    list.push_back(
        {{"id", found.id}, {"title", text_json(found.title)}, {"places", found.places}, {"projects", projects.size()}});
  }
  return canonical(Json{{"programmes", std::move(list)}});
}

}  // namespace naru::govern
