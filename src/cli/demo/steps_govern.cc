// Steps 8 to 10: a programme's money, one application reviewed by procedure, a signed right; and the sample accounts.
#include "cli/demo/story.h"

#include <array>

namespace naru::cli::demo {
namespace {

constexpr std::string_view programme_id = "medical-data-voucher-2026";

struct SampleAccount {
  std::string account;
  Text name;
  std::string organisation;
  std::string roles;
};

const std::vector<SampleAccount>& sample_accounts() {
  static const std::vector<SampleAccount> all{
      {"startup", {"Haneul Kim (startup)", "김하늘 (스타트업)"}, "startup", "applicant"},
      {"secretariat", {"Secretariat", "사무국"}, "authority", "secretariat"},
      {"chair", {"Chair of the board", "위원장"}, "national-university", "chair,member"},
      {"member1", {"Board member 1", "위원 1"}, "hospital-a", "member"},
      {"member2", {"Board member 2", "위원 2"}, "hospital-b", "member"},
      {"member3", {"Board member 3 (patients)", "위원 3 (환자단체)"}, "patients-union", "member"},
      {"member4", {"Board member 4 (ethics)", "위원 4 (윤리)"}, "startup", "member"},
      {"irb", {"IRB office", "IRB 사무국"}, "authority", "irb"},
      {"steward-a", {"Steward of hospital A", "A병원 담당자"}, "hospital-a", "steward"},
      {"steward-b", {"Steward of hospital B", "B병원 담당자"}, "hospital-b", "steward"},
      {"steward-c", {"Steward of hospital C", "C병원 담당자"}, "hospital-c", "steward"},
      {"steward-agency", {"Steward of the agency", "심평원 담당자"}, "agency", "steward"},
      {"officer", {"Programme officer", "사업 담당자"}, "authority", "officer"},
      {"auditor", {"Auditor", "감사자"}, "audit-office", "auditor"},
  };
  return all;
}

std::string steward_of(const std::string& site) {
  for (const auto& account : sample_accounts())
    if (account.organisation == site && account.roles == "steward") return account.account;
  return {};
}

std::vector<std::string> acting(const Story& story, std::vector<std::string> arguments, const std::string& account) {
  arguments.insert(arguments.end(), {"--site", story.stage.site("authority").string(), "--account", account});
  for (const auto& sample : sample_accounts()) {
    if (sample.account != account) continue;
    arguments.insert(arguments.end(), {"--organisation", sample.organisation});
    std::istringstream roles(sample.roles);
    for (std::string role; std::getline(roles, role, ',');) arguments.insert(arguments.end(), {"--role", role});
  }
  return arguments;
}

Result<Json> act(const Story& story, const std::string& application, const std::string& account, const Json& action) {
  auto fields = action;
  fields.erase("action");
  return ask_site(
      story, "authority",
      acting(story, {"case", "act", application, action["action"].get<std::string>(), "--fields", canonical(fields)},
             account));
}

Json application_form(const Story& story, const Text& title) {
  const auto both = [](std::string_view text) { return std::string(text); };
  Json application{
      {"title", {{"en", title.en}, {"ko", title.ko}}},
      {"partner_organisations", Json::array()},
      {"people", {{{"account", "startup"}, {"name", "Haneul Kim"}, {"role", "principal"}}}},
      {"holders", holders()},
      {"datasets", {story.release}},
      {"release", story.release},
      {"modes", {"federated", "linked"}},
      {"tables",
       {"condition_occurrence", "drug_exposure", "measurement", "observation_period", "person", "visit_occurrence"}},
      {"purpose_code", "DUO:0000006"},
      {"ai_use", "validate"},
      {"commercial", true},
      {"purpose", both("Does a published risk score work in Korean hospitals, and for whom?")},
      {"query_budget", 30},
      {"valid_from", format_instant(story.context.clock.now_ms()).substr(0, 10)},
      {"valid_until", format_instant(story.context.clock.now_ms() + 180LL * 86'400'000).substr(0, 10)},
      {"forms",
       {{"irb_notice",
         {{"route", "exemption"}, {"human_subjects", "pseudonymised existing records; no identifier is seen"}}},
        {"protocol",
         {{"question", "discrimination and calibration of the score"},
          {"methods", "locked plan, federated verification"}}},
        {"application",
         {{"funding", "voucher programme"}, {"environment", "the holders' own sites; only checked aggregates leave"}}},
        {"summary",
         {{"plain_language", "We check whether a risk score is right for patients here before anybody uses it."}}},
        {"variables",
         {{"list", "diagnoses, drugs, measurements, visits, age, sex"},
          {"minimum", "the score's own inputs and its outcome"}}},
        {"pledge", {{"signed_by", "Haneul Kim"}, {"no_reidentification", "yes"}}}}}};
  if (!story.voucher.empty()) application["programme"] = story.voucher;
  return application;
}

Result<std::string> submit(const Story& story, const Text& title, std::string_view file_name) {
  const auto file = story.stage.handed("authority") / file_name;
  NARU_CHECK(write_file_atomic(file, pretty(application_form(story, title))));
  NARU_ASSIGN(const auto made,
              ask_site(story, "authority", acting(story, {"application", "submit", file.string()}, "startup")));
  return made.value("id", "");
}

Done answer_locally(const Story& story, const std::string& application) {
  for (const auto& site : holders()) {
    NARU_ASSIGN(const auto done,
                act(story, application, steward_of(site),
                    {{"action", "answer_local_context"}, {"site", site}, {"answer", "ok"}, {"note", ""}}));
  }
  return {};
}

// From completeness to a vote that can be counted; who is recused by rule shows in the view.
Result<Json> to_the_vote(const Story& story, const std::string& application) {
  NARU_ASSIGN(const auto complete,
              act(story, application, "secretariat", {{"action", "complete_check"}, {"outcome", "complete"}}));
  NARU_CHECK(answer_locally(story, application));
  return act(story, application, "secretariat", {{"action", "assign_board"}, {"board", "demo-drb"}});
}

Result<Json> to_approval(const Story& story, const std::string& application) {
  NARU_ASSIGN(auto view, to_the_vote(story, application));
  for (const auto* member : {"member1", "member2", "member3", "chair"}) {
    NARU_ASSIGN(view, act(story, application, member,
                          {{"action", "vote"}, {"vote", "approve"}, {"reason", "purpose and safeguards fit"}}));
  }
  NARU_ASSIGN(const auto decided,
              act(story, application, "chair", {{"action", "decide"}, {"decision", "approve"}, {"reason", "carried"}}));
  NARU_ASSIGN(const auto exempted,
              act(story, application, "irb", {{"action", "issue_exemption"}, {"number", "IRB-EX-2026-001"}}));
  NARU_ASSIGN(const auto noticed, act(story, application, "secretariat", {{"action", "notify"}}));
  return view;
}

std::string vocabulary_hash(const Story& story) {
  const auto sources = story.facts_of("sources");
  const auto& loaded = sources["hospital-b"]["vocabulary"];
  return loaded.is_object() ? loaded.value("hash", "none") : "none";
}

Result<Json> issue(const Story& story, const std::string& application) {
  return ask_site(story, "authority",
                  acting(story,
                         {"right", "issue", application, "--vocabulary-hash", vocabulary_hash(story), "--release",
                          story.release, "--also-site", "combiner"},
                         "secretariat"));
}

}  // namespace

Done add_accounts(const Story& story) {
  Json accounts = Json::array();
  for (const auto& sample : sample_accounts()) {
    const auto password = to_hex(story.context.random.bytes(8));
    NARU_ASSIGN(const auto added,
                ask_site(story, "authority",
                         {"account", "add", "--site", story.stage.site("authority").string(), "--account",
                          sample.account, "--name-en", sample.name.en, "--name-ko", sample.name.ko, "--roles",
                          sample.roles, "--organisation", sample.organisation, "--password-stdin"},
                         password + "\n"));
    Json roles = Json::array();
    std::istringstream list(sample.roles);
    for (std::string role; std::getline(list, role, ',');) roles.push_back(role);
    accounts.push_back(
        {{"account", sample.account}, {"password", password}, {"roles", roles}, {"organisation", sample.organisation}});
  }
  return write_file_atomic(story.stage.folder() / "accounts.json", pretty(accounts), 0600);
}

Result<StepResult> step_programme(Story& story) {
  StepResult out;
  const std::string id(programme_id);
  NARU_ASSIGN(const auto opened, ask_site(story, "authority", acting(story, {"programme", "open", id}, "officer")));
  NARU_ASSIGN(
      const auto granted,
      ask_site(
          story, "authority",
          acting(story, {"programme", "grant", id, "--firm", "startup", "--size", "startup", "--class", "class-80"},
                 "officer")));
  story.voucher = granted.value("voucher", granted.value("id", ""));
  NARU_ASSIGN(const auto before, ask_site(story, "authority", acting(story, {"programme", "show", id}, "officer")));
  const auto& voucher = before["vouchers"][0];
  story.voucher = voucher.value("id", "");
  NARU_ASSIGN(const auto paid, ask_site(story, "authority",
                                        acting(story,
                                               {"programme", "pay", id, "--voucher", story.voucher, "--won",
                                                std::to_string(voucher.value("copay", std::int64_t{0}))},
                                               "officer")));
  NARU_ASSIGN(const auto charged, ask_site(story, "authority",
                                           acting(story,
                                                  {"programme", "charge", id, "--voucher", story.voucher, "--holder",
                                                   "hospital-a", "--won", "12000000", "--reference", "extraction-1"},
                                                  "officer")));
  NARU_ASSIGN(
      const auto overspent,
      story.stage.try_naru("authority", acting(story,
                                               {"programme", "charge", id, "--voucher", story.voucher, "--holder",
                                                "hospital-b", "--won", "99000000000", "--reference", "extraction-2"},
                                               "officer")));
  NARU_ASSIGN(const auto state, ask_site(story, "authority", acting(story, {"programme", "show", id}, "officer")));
  NARU_ASSIGN(const auto refusal, parse_json(overspent.json, "refusal"));
  out.facts = {{"programme", id},
               {"voucher", state["vouchers"][0]},
               {"budget", state["budget"]},
               {"granted", state["granted"]},
               {"spent", state["spent"]},
               {"places", state["places"]},
               {"places_taken", state["places_taken"]},
               {"balances", state["balances"]},
               {"reconciliation", state["reconciliation"]},
               {"overspending", refusal}};
  NARU_ASSIGN(out.facts["demonstration"], open_demonstration(story));
  out.checks = {{"one of 40 places is taken", state["places"] == 40 && state["places_taken"] == 1},
                {"overspending is refused with status 3", overspent.status == 3},
                {"the ledger balances to zero", state["reconciliation"].value("balanced", false)},
                {"twenty demonstration projects have a place", out.facts["demonstration"].value("added", 0) == 20}};
  return out;
}

Result<StepResult> step_apply(Story& story) {
  StepResult out;
  NARU_CHECK(add_accounts(story));
  const auto board = story.stage.handed("authority") / "board.yaml";
  NARU_ASSIGN(const auto text, read_file(story.context.share / "sops" / "boards" / "demo-drb.yaml"));
  NARU_CHECK(write_file_atomic(board, text));
  NARU_ASSIGN(const auto kept,
              ask_site(story, "authority", acting(story, {"board", "keep", board.string()}, "secretariat")));
  NARU_ASSIGN(story.application,
              submit(story, say("External verification of a cardiorenal risk score", "심신장 위험점수의 외부 검증"),
                     "application.json"));
  NARU_ASSIGN(const auto at_vote, to_the_vote(story, story.application));
  // The member whose organisation applies is recused by rule; a vote of theirs is refused.
  NARU_ASSIGN(const auto recused_vote,
              story.stage.try_naru("authority", acting(story,
                                                       {"case", "act", story.application, "vote", "--fields",
                                                        canonical({{"vote", "approve"}, {"reason", "mine"}})},
                                                       "member4")));
  NARU_ASSIGN(
      const auto early,
      story.stage.try_naru("authority", acting(story, {"case", "act", story.application, "close_vote"}, "chair")));
  for (const auto* member : {"member1", "member2", "member3", "chair"}) {
    NARU_ASSIGN(const auto voted,
                act(story, story.application, member,
                    {{"action", "vote"}, {"vote", "approve"}, {"reason", "purpose and safeguards fit"}}));
  }
  NARU_ASSIGN(const auto decided, act(story, story.application, "chair",
                                      {{"action", "decide"}, {"decision", "approve"}, {"reason", "carried"}}));
  NARU_ASSIGN(const auto exempted,
              act(story, story.application, "irb", {{"action", "issue_exemption"}, {"number", "IRB-EX-2026-001"}}));
  NARU_ASSIGN(const auto done, act(story, story.application, "secretariat", {{"action", "notify"}}));
  std::int64_t recused = 0;
  for (const auto& member : at_vote["board"]["members"]) recused += !member["recused"].is_null();
  out.facts = {{"application", story.application},
               {"sop", done["sop"]},
               {"outcome", done["outcome"]},
               {"clocks_during_review", at_vote["clocks"]},
               {"board", at_vote["board"]},
               {"recused", recused},
               {"local_context", done["local_context"]},
               {"certificate", done["certificate"]},
               {"history", done["history"]},
               {"recused_vote_status", recused_vote.status}};
  out.checks = {{"five members, one of them recused", at_vote["board"]["members"].size() == 5 && recused == 1},
                {"the recused member's vote is refused", recused_vote.status == 3},
                {"the vote cannot close without quorum", early.status == 3},
                {"every site answered its local context", done["local_context"].size() == 4},
                {"clocks are visible during review", !at_vote["clocks"].empty()},
                {"approved, with the exemption certificate",
                 done["outcome"] == "approved" && done["certificate"] == "IRB-EX-2026-001"}};
  return out;
}

Result<StepResult> step_right(Story& story) {
  StepResult out;
  NARU_ASSIGN(const auto issued, issue(story, story.application));
  const auto& right = issued["right"];
  story.right = right.value("id", "");
  const auto file = story.stage.handed("authority") / "right.json";
  NARU_CHECK(write_file_atomic(file, issued.value("file", "")));
  NARU_ASSIGN(const auto description, read_json(story.stage.site("authority") / "site.json"));
  const auto key = description.value("signing_key", "");
  NARU_ASSIGN(const auto good, story.stage.try_naru("authority", {"right", "verify", file.string(), "--key", key}));
  auto altered = issued.value("file", "");
  const auto at = altered.find("\"query_budget\":");
  if (at != std::string::npos) altered[at + 15] = '9';
  NARU_CHECK(write_file_atomic(file, altered));
  NARU_ASSIGN(const auto bad, story.stage.try_naru("authority", {"right", "verify", file.string(), "--key", key}));
  NARU_CHECK(write_file_atomic(file, issued.value("file", "")));
  out.facts = {{"id", story.right}, {"right", right}, {"state", issued["state"]}, {"altered_status", bad.status}};
  out.checks = {{"the token verifies offline", good.status == 0},
                {"an altered budget does not", bad.status == 4},
                {"it names project, people, release, sites, tables, purpose, dates and budget",
                 right.contains("project") && right.contains("people") && right["release"] == story.release &&
                     right["sites"].size() == 5 && right.contains("tables") && right.contains("purpose") &&
                     right.contains("valid_until") && right.contains("query_budget")}};
  return out;
}

Done leave_open(Story& story) {
  NARU_ASSIGN(const auto second,
              submit(story, say("Second look: the same score in older adults", "후속: 고령자에서의 같은 점수"),
                     "application-2.json"));
  NARU_ASSIGN(const auto approved, to_approval(story, second));
  NARU_ASSIGN(const auto right, issue(story, second));
  NARU_ASSIGN(const auto third,
              submit(story, say("A new question under review", "심의 중인 새 질문"), "application-3.json"));
  NARU_ASSIGN(const auto voting, to_the_vote(story, third));
  NARU_ASSIGN(const auto fourth,
              submit(story, say("A dossier just handed in", "방금 접수된 신청"), "application-4.json"));
  return {};
}

}  // namespace naru::cli::demo
