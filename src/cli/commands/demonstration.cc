#include "cli/commands/demonstration.h"

#include "base/json.h"
#include "evidence/seal.h"
#include "evidence/watches.h"
#include "govern/demonstration.h"
#include "network/identity.h"
#include "network/journal.h"

namespace naru::cli {
namespace {

constexpr std::uint64_t sealed_bytes_max = 64U << 20;

struct Desk {
  std::unique_ptr<network::Site> site;
  std::unique_ptr<network::SiteJournal> journal;
  std::unique_ptr<govern::Demonstrations> demonstrations;
};

Result<Desk> open(const Call& call, const Context& context) {
  Desk out;
  NARU_ASSIGN(out.site, network::Site::open(call.text("--site"), context.clock, context.random));
  out.journal = std::make_unique<network::SiteJournal>(*out.site);
  out.demonstrations = std::make_unique<govern::Demonstrations>(out.site->records(), context.clock, *out.journal);
  return out;
}

govern::Actor actor(const Call& call) {
  auto roles = call.texts("--role");
  if (roles.empty()) roles = {"officer"};
  return {call.text("--account"), call.text("--organisation"), roles};
}

Answer project_answer(const govern::Project& project) {
  Answer out;
  out.json = canonical(Json{{"id", project.id},
                            {"stage", project.stage},
                            {"due", project.due_reason.empty() ? Json(nullptr) : Json(project.due_reason)},
                            {"evidence", project.evidence ? Json(project.evidence->id) : Json(nullptr)},
                            {"decision", project.decision ? Json(project.decision->decision) : Json(nullptr)}});
  out.text = say("{}: stage {}{}", "{}: {} 단계{}", project.id, project.stage,
                 project.due_reason.empty() ? "" : ", verification due / 재검증 필요 (" + project.due_reason + ")");
  return out;
}

Result<Answer> run_open(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto text, read_file(call.text("FILE")));
  NARU_ASSIGN(const auto programme, govern::parse_demonstration(text, call.text("FILE")));
  NARU_CHECK(desk.demonstrations->open(programme, actor(call)));
  std::size_t added = 0;
  if (call.has("--projects")) {
    NARU_ASSIGN(const auto list, read_yaml(call.text("--projects")));
    NARU_ASSIGN(const auto reader, Reader::of(list, call.text("--projects")));
    NARU_CHECK(reader.only({"projects"}));
    NARU_ASSIGN(const auto projects, reader.array("projects"));
    for (const auto& [value, where] : projects) {
      auto project = *value;
      if (project.is_object()) project["programme"] = programme.id;
      NARU_ASSIGN([[maybe_unused]] const auto made, desk.demonstrations->add(canonical(project), where, actor(call)));
      ++added;
    }
  }
  Answer out;
  out.json = canonical(Json{{"programme", programme.id}, {"places", programme.places}, {"added", added}});
  out.text = say("{} is open: {} places, {} projects added", "{} 개시: {}자리, 과제 {}개 추가", programme.id,
                 programme.places, added);
  return out;
}

Result<Answer> run_add(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto text, read_file(call.text("FILE")));
  NARU_ASSIGN(const auto project, desk.demonstrations->add(text, call.text("FILE"), actor(call)));
  return project_answer(project);
}

Result<Answer> run_act(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto project, desk.demonstrations->act(call.text("PROJECT"), call.text("ACTION"), actor(call)));
  return project_answer(project);
}

Json figure_of(const Json& estimate) {
  const auto interval = estimate.value("ci95", Json(nullptr));
  Json out{{"estimate", estimate.value("estimate", Json(nullptr))}, {"lo", nullptr}, {"hi", nullptr}};
  if (interval.is_array() && interval.size() == 2) {
    out["lo"] = interval.at(0);
    out["hi"] = interval.at(1);
  }
  return out;
}

// The figures are the sealed report's own: nobody types them. Without a trusted seal there is no evidence.
Result<Answer> run_evidence(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto sealed, read_file(call.text("FILE"), sealed_bytes_max));
  NARU_ASSIGN(const auto trust_text, read_file(call.text("--trust")));
  NARU_ASSIGN(const auto trust, evidence::parse_trust(trust_text, call.text("--trust")));
  const auto check = evidence::verify_evidence(sealed, trust);
  if (!check.ok) {
    return refused(say("the seal does not verify under your trust file", "신뢰 파일로 봉인을 확인할 수 없습니다"),
                   call.text("FILE"), check.changed.empty() ? Text{} : check.changed.front());
  }
  NARU_ASSIGN(const auto before, desk.demonstrations->get(call.text("PROJECT")));
  if (check.plan_hash != before.plan_hash) {
    return refused(
        say("the evidence is of another plan than the project's", "과제의 계획이 아닌 다른 계획의 증거입니다"),
        call.text("PROJECT"), say("record the plan that was run", "실행한 계획을 먼저 기록하세요"));
  }
  NARU_ASSIGN(const auto text, evidence::report_of(sealed, call.text("FILE")));
  NARU_ASSIGN(const auto report, parse_json(text, call.text("FILE")));
  const auto& pooled = report.at("pooled");
  const auto& version = report.at("solution").at("version");
  const Json action{{"type", "evidence"},
                    {"id", check.id},
                    {"solution_version", version.is_string() ? version : Json(version.dump())},
                    {"auroc", figure_of(pooled.at("auroc"))},
                    {"o_e", figure_of(pooled.at("calibration").at("o_e"))},
                    {"sites", report.at("sites").size()}};
  NARU_ASSIGN(const auto project, desk.demonstrations->act(call.text("PROJECT"), canonical(action), actor(call)));
  return project_answer(project);
}

// What a site watched, by the key it enrolled with.
Result<Answer> run_watch(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  NARU_ASSIGN(const auto text, read_file(call.text("FILE"), sealed_bytes_max));
  NARU_ASSIGN(const auto watch, evidence::read_watch(text, call.text("FILE")));
  NARU_ASSIGN(const auto members, network::members_of(desk.site->records()));
  const auto member = std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.name == watch.site; });
  if (member == members.end() || member->signing_key != watch.key) {
    return refused(say("it is not signed by {} as enrolled here", "여기 등록된 {}의 서명이 아닙니다", watch.site),
                   call.text("FILE"), say("ask {} for its own file", "{}에서 만든 파일을 받으세요", watch.site));
  }
  NARU_ASSIGN(const auto project,
              desk.demonstrations->watched(call.text("PROJECT"), evidence::computed_of(watch), actor(call)));
  return project_answer(project);
}

Result<Answer> run_show(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto desk, open(call, context));
  Answer out;
  NARU_ASSIGN(out.json, desk.demonstrations->demonstrations_json(call.text("PROGRAMME")));
  NARU_ASSIGN(const auto json, parse_json(out.json, "demonstration"));
  out.text = say("{} projects", "과제 {}개", json.at("projects").size());
  for (const auto& p : json.at("projects")) {
    const auto& area = p.at("evidence").is_null() ? p.at("evidence") : p.at("evidence").at("auroc").at("estimate");
    const auto figure = area.is_number() ? fmt::format("{:.3f}", area.get<double>()) : std::string("-");
    const auto decision = p.at("decision").is_null() ? std::string("-") : p.at("decision").value("decision", "-");
    out.text.en += fmt::format("\n{:<10} {:<9} AUROC {:<6} {:<22} {}", p.value("id", ""), p.value("stage", ""), figure,
                               decision, p.at("title").value("en", ""));
    out.text.ko += fmt::format("\n{:<10} {:<9} AUROC {:<6} {:<22} {}", p.value("id", ""), p.value("stage", ""), figure,
                               decision, p.at("title").value("ko", ""));
  }
  return out;
}

}  // namespace

std::vector<Command> demonstration_commands() {
  const auto acting = [](std::vector<Option> options) {
    options.push_back({"--site", "DIR", say("folder of the authority", "관리기관 폴더"), true});
    options.push_back({"--account", "ID", say("who acts", "행위자 계정"), true});
    options.push_back({"--organisation", "NAME", say("of the account", "계정의 소속")});
    options.push_back(
        {"--role", "ROLE", say("roles of the account; officer otherwise", "계정의 역할(기본 officer)"), false, true});
    return options;
  };
  const Option project{"PROJECT", "", say("the project", "과제"), true};
  return {{"demonstration open",
           say("opens a demonstration programme, with its projects", "실증 사업을 과제와 함께 개시합니다"),
           acting({{"FILE", "", say("programme.yaml", "programme.yaml 파일"), true},
                   {"--projects", "FILE", say("projects to add", "추가할 과제 목록")}}),
           run_open},
          {"demonstration add", say("adds one project", "과제 하나를 추가합니다"),
           acting({{"FILE", "", say("project.yaml", "project.yaml 파일"), true}}), run_add},
          {"demonstration act",
           say("records a plan, stage, observation, safety event, change or decision",
               "계획, 단계, 관찰, 안전 사건, 변경, 결정을 기록합니다"),
           acting({project, {"ACTION", "", say("the act as JSON, {{\"type\":…}}", "행위 JSON, {{\"type\":…}}"), true}}),
           run_act},
          {"demonstration evidence",
           say("records sealed evidence for a project, with the figures it holds",
               "봉인된 증거와 그 수치를 과제에 기록합니다"),
           acting({project,
                   {"FILE", "", say("a sealed *.evidence.json", "봉인된 *.evidence.json 파일"), true},
                   {"--trust", "KEYS", say("list of names and keys (JSON)", "이름과 열쇠 목록(JSON)"), true}}),
           run_evidence},
          {"demonstration watch",
           say("records what a site watched after adoption, from its signed file",
               "기관이 도입 후 감시한 결과를 서명된 파일에서 기록합니다"),
           acting({project, {"FILE", "", say("what naru verify watch wrote", "naru verify watch가 만든 파일"), true}}),
           run_watch},
          {"demonstration show", say("projects with stage, evidence and decision", "과제의 단계, 증거, 결정"),
           acting({{"PROGRAMME", "", say("the programme", "사업"), true}}), run_show}};
}

}  // namespace naru::cli
