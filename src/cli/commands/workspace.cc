// One question at one holder, from its own console (over the network it is `naru ask`), and definitions on offer.
#include "workspace/ask.h"

#include "base/files.h"
#include "base/json.h"
#include "base/limits.h"
#include "cli/command.h"
#include "network/identity.h"
#include "network/questions.h"
#include "protect/policy.h"
#include "vocabulary/vocabulary.h"

namespace naru::cli {
namespace {

Result<workspace::AnsweringSite> answering_site(network::Site& site, const protect::Policy& policy) {
  if (!site.description().holder() || !site.description().authority) {
    return refused(
        say("only an enrolled holder answers from its own tables", "등록된 보유 기관만 자체 자료로 답합니다"),
        site.description().name, say("enrol the site first", "먼저 기관을 등록하세요"));
  }
  const auto& layout = site.layout();
  NARU_ASSIGN(const auto vocabulary, vocabulary::info(layout.vocabulary()));
  NARU_ASSIGN(auto withdrawn, workspace::read_withdrawn(layout));
  workspace::AnsweringSite out{
      site.description().name, layout, layout.lake(), layout.vocabulary(), {}, {}, {}, {}, 0, "federated"};
  NARU_ASSIGN(out.data_digest, workspace::data_digest_of(out.data, workspace::digest_memory(layout)));
  out.vocabulary_hash = vocabulary ? vocabulary->hash : "none";
  out.policy_hash = policy.hash;
  out.rules = {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary};
  out.control = policy.disclosure;
  if (out.control) out.rules.zeros = out.control->zeros;
  NARU_ASSIGN(const auto perturbation, site.keys().derive("outputs.perturbation", "answers"));
  out.perturbation_key.assign(perturbation.bytes().begin(), perturbation.bytes().end());
  out.repeat_threshold = policy.outputs.repeat_threshold;
  out.authority = site.description().authority->signing_key;
  out.epoch = withdrawn.epoch;
  out.withdrawn = std::move(withdrawn.persons);
  return out;
}

Result<Answer> ask_local(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  workspace::Asked asked;
  NARU_ASSIGN(asked.right, read_file(call.text("--right"), 1U << 20));
  NARU_ASSIGN(asked.definition, read_file(call.text("--definition")));
  asked.account = call.text("--account");
  if (call.has("--rho")) {
    NARU_ASSIGN(asked.rho, call.number("--rho"));
    if (!(asked.rho > 0)) return usage_error(say("must be more than 0", "0보다 커야 합니다"), "--rho");
  }
  NARU_ASSIGN(const auto token, govern::parse_right(asked.right, call.text("--right")));
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, token.right.policy));
  NARU_ASSIGN(const auto here, answering_site(*site, policy));
  NARU_ASSIGN(const auto answered, workspace::ask_local(asked, here, site->records(), site->log(), context.clock));
  NARU_ASSIGN(const auto json, parse_json(answered.output.json(), "answer"));
  const auto persons = json["persons"].is_null() ? "–" : json["persons"].dump();
  if (const auto noise = json.find("noise"); noise != json.end()) {
    const auto& budget = noise->at("budget");
    return Answer{
        answered.output.json(),
        say("{} persons at {}, noise included (standard error {:.1f}; {:.3g} of {:.3g} of the persons' budget "
            "spent)\n",
            "{1}의 {0}명, 잡음 포함 (표준오차 {2:.1f}, 대상자 예산 {4:.3g} 중 {3:.3g} 사용)\n", persons, here.name,
            noise->at("standard_error").get<double>(), budget.at("spent").get<double>(),
            budget.at("rho").get<double>())};
  }
  return Answer{answered.output.json(), say("{} persons at {} (rounded; {} of {} answers used)\n",
                                            "{1}의 {0}명 (반올림, 답변 {3}회 중 {2}회 사용)\n", persons, here.name,
                                            answered.receipt.budget_used, token.right.query_budget)};
}

Result<Answer> offer(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  network::OfferedDefinition definition;
  definition.id = call.text("--id");
  definition.title = {call.text("--title-en"), call.text("--title-ko")};
  definition.description = {call.text("--about-en"), call.text("--about-ko")};
  NARU_ASSIGN(definition.text, read_file(call.text("FILE"), limits::definition_bytes));
  NARU_CHECK(network::offer_definition(*site, definition, call.text("--account")));
  return Answer{canonical(Json{{"id", definition.id}}),
                say("{} is on offer to everyone who may ask", "{} 정의를 질의자에게 제공합니다", definition.id), 0};
}

Result<Answer> offered(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(auto list, network::offered_definitions(site->records()));
  return Answer{list, {list, list}, 0};
}

}  // namespace

std::vector<Command> workspace_commands() {
  const Option site{"--site", "DIR", say("the authority's folder", "허브 기관의 폴더"), true, false, {}};
  return {{"definition offer",
           say("puts a cohort definition on offer in the portal", "코호트 정의를 포털에 제공"),
           {site,
            {"FILE", "FILE", say("Circe cohort expression (JSON)", "Circe 코호트 정의(JSON)"), true, false, {}},
            {"--id", "ID", say("its id", "정의 이름"), true, false, {}},
            {"--title-en", "TEXT", say("title in English", "영어 제목"), true, false, {}},
            {"--title-ko", "TEXT", say("title in Korean", "한국어 제목"), true, false, {}},
            {"--about-en", "TEXT", say("description in English", "영어 설명"), false, false, {}},
            {"--about-ko", "TEXT", say("description in Korean", "한국어 설명"), false, false, {}},
            {"--account", "NAME", say("who acts", "행위자 계정"), false, false, "operator"}},
           offer},
          {"definition list", say("definitions on offer", "제공 중인 정의"), {site}, offered},
          {"ask-local",
           say("ask a cohort question at this holder under a right", "권한에 따라 이 기관에 코호트 질의"),
           {{"--site", "DIR", say("the holder's folder", "보유 기관 폴더"), true},
            {"--right", "FILE", say("the signed right", "서명된 이용 권한"), true},
            {"--definition", "FILE", say("Circe cohort expression (JSON)", "Circe 코호트 정의(JSON)"), true},
            {"--account", "NAME", say("who asks; must be named in the right", "질의자. 권한에 있어야 함"), true},
            {"--rho", "R",
             say("answer with noise that costs R of the persons' privacy budget", "개인정보 예산 R을 쓰는 잡음 답변")}},
           ask_local}};
}

}  // namespace naru::cli
