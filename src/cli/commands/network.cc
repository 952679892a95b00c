// Rounds between sites, questions and verification over the wire, withdrawal, revocation.
#include "base/json.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/outline.h"
#include "evidence/package.h"
#include "evidence/plan.h"
#include "network/beacon.h"
#include "network/client.h"
#include "network/consent.h"
#include "network/coordinator.h"
#include "network/genome_people.h"
#include "workspace/feasibility.h"

namespace naru::cli {
namespace {

Option site_option() { return {"--site", "DIR", say("the site's folder", "기관 폴더"), true, false, {}}; }
Option policy_option() {
  return {"--policy", "ID", say("a policy of policies/", "policies/의 정책"), false, false, "naru-demo"};
}
Option holders_option(bool required = true) {
  return {"--holder", "SITE", say("a holder of the round", "라운드의 보유 기관"), required, true, {}};
}
Option combiner_option() { return {"--combiner", "SITE", say("the combiner", "결합기관"), false, false, "combiner"}; }
Option release_option() { return {"--release", "ID", say("the release", "공개본"), true, false, {}}; }

// The authority opened for one command: its site, its hub, its coordinator.
class Office {
 public:
  static Result<std::unique_ptr<Office>> open(const Call& call, const Context& context) {
    auto out = std::make_unique<Office>();
    NARU_ASSIGN(out->site_, network::Site::open(call.text("--site"), context.clock, context.random));
    NARU_ASSIGN(out->hub_, network::Hub::open(*out->site_));
    out->coordinator_ = std::make_unique<network::Coordinator>(*out->site_, *out->hub_, context.share);
    return out;
  }
  [[nodiscard]] network::Coordinator& coordinator() { return *coordinator_; }
  [[nodiscard]] network::Site& site() { return *site_; }

 private:
  std::unique_ptr<network::Site> site_;
  std::unique_ptr<network::Hub> hub_;
  std::unique_ptr<network::Coordinator> coordinator_;
};

Answer answered(std::string json, const Text& sentence) {
  Answer out;
  const auto parsed = parse_json(json, "answer");
  const auto lines = parsed.ok() ? outline(*parsed) : json;
  out.text = {sentence.en + "\n" + lines, sentence.ko + "\n" + lines};
  out.json = std::move(json);
  return out;
}

network::ReleaseRequest release_request(const Call& call) {
  network::ReleaseRequest request;
  request.release = call.text("--release");
  request.holders = call.texts("--holder");
  request.combiner = call.text("--combiner");
  request.policy = call.text("--policy");
  request.parent = call.text("--parent");
  request.genomes = call.has("--genomes");
  request.tiers = call.texts("--tier");
  return request;
}

Result<Answer> link(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(auto json,
              office->coordinator().link({call.text("--round"), call.texts("--holder"), call.text("--key-manager"),
                                          call.text("--combiner"), call.text("--policy")}));
  return answered(std::move(json), say("linked", "연계했습니다"));
}

Result<Answer> protect(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(auto json, office->coordinator().protect(release_request(call)));
  return answered(std::move(json), say("protected at every holder and sent to the combiner",
                                       "모든 기관에서 가명처리해 결합기관으로 보냈습니다"));
}

Result<Answer> describe(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(const auto wait_ms, call.integer("--wait-ms", 1, 3'600'000));
  Answer out;
  NARU_ASSIGN(out.json, office->coordinator().describe(call.texts("--holder"), call.text("--policy"), wait_ms));
  NARU_ASSIGN(const auto told, parse_json(out.json, "describe"));
  const auto add = [&out](const Text& line) {
    out.text.en += (out.text.en.empty() ? "" : "\n") + line.en;
    out.text.ko += (out.text.ko.empty() ? "" : "\n") + line.ko;
  };
  for (const auto& [holder, one] : told.at("holders").items()) {
    const auto& persons = one.at("persons");
    add(say("{}: described, {} persons in {} tables", "{}: 목록에 기술함, {}명, 표 {}개", holder,
            persons.is_number() ? persons.dump() : std::string("–"), one.at("tables").dump()));
  }
  for (const auto& [holder, error] : told.at("failed").items()) {
    add(say("{}: no answer, its entry stays as it was ({})", "{}: 답이 없어 이전 기술을 그대로 둠 ({})", holder,
            error.value("what", std::string())));
  }
  return out;
}

Result<Answer> combine(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(auto json, office->coordinator().combine(release_request(call)));
  return answered(std::move(json), say("combined and assessed again", "결합하고 다시 평가했습니다"));
}

Result<Answer> seal(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  auto request = release_request(call);
  NARU_ASSIGN(request.phase, call.integer("--phase", 1, 1000));
  NARU_ASSIGN(request.reviewers_json, read_file(call.text("--reviewers")));
  NARU_ASSIGN(auto json, office->coordinator().seal(request));
  return answered(std::move(json), say("sealed and published", "봉인하고 공개했습니다"));
}

Result<Answer> difference(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(auto json, office->coordinator().difference(call.text("--old"), call.text("--new"),
                                                          call.text("--combiner"), call.text("--policy")));
  return answered(std::move(json), say("difference of two releases", "두 공개본의 차이"));
}

Result<Answer> ask(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(const auto definition, read_file(call.text("--definition"), 8U << 20));
  NARU_ASSIGN(const auto wait_ms, call.integer("--wait-ms", 1, 3'600'000));
  network::AskRequest asked{call.text("--right"), definition, call.text("--mode"), call.text("--account"), wait_ms};
  if (call.has("--rho")) {
    NARU_ASSIGN(asked.rho, call.number("--rho"));
    if (!(asked.rho > 0)) return usage_error(say("must be more than 0", "0보다 커야 합니다"), "--rho");
  }
  NARU_ASSIGN(auto json, office->coordinator().ask(asked));
  return answered(std::move(json), say("answered", "답했습니다"));
}

Result<Answer> feasibility(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(const auto definition, read_file(call.text("--definition"), limits::definition_bytes));
  NARU_ASSIGN(auto json, office->coordinator().feasibility(definition, call.text("--account")));
  return answered(std::move(json), say("bands of persons by holder; not a number of people",
                                       "보유 기관별 인원 구간. 사람 수가 아닙니다"));
}

// A steward can always say no.
Result<Answer> feasibility_switch(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  const bool close = call.text("STATE") == "closed";
  if (!close && call.text("STATE") != "open") {
    return usage_error(say("open or closed", "open 또는 closed"), "STATE");
  }
  NARU_CHECK(site->record("feasibility.switched", canonical(Json{{"closed", close}}), call.text("--account")));
  if (close) {
    NARU_CHECK(site->records().put(workspace::feasibility_collection, "closed", "true"));
  } else {
    NARU_CHECK(site->records().erase(workspace::feasibility_collection, "closed"));
  }
  return Answer{canonical(Json{{"closed", close}}),
                close ? say("no feasibility question is answered here", "가능성 질의에 답하지 않습니다")
                      : say("feasibility questions are answered in bands", "가능성 질의에 구간으로 답합니다"),
                0};
}

Result<Answer> genome_count(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  network::GenomeRequest request{call.texts("--holder"), call.text("--policy"), call.text("--region"), {}};
  NARU_ASSIGN(auto json, office->coordinator().count_genomes(request));
  return answered(std::move(json), say("allele counts after the output rules", "출력 규칙을 거친 대립유전자 수"));
}

Result<Answer> beacon(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  network::BeaconRequest request{
      call.texts("--holder"), call.text("--policy"), call.text("--access"), call.text("--assembly"), 0,
      call.text("--account")};
  NARU_ASSIGN(request.least, call.integer("--least", 1, 1'000'000'000));
  NARU_ASSIGN(auto json, network::publish_beacon(office->site(), office->coordinator(), context.share, request));
  return answered(std::move(json), say("the Beacon answers for these holders, yes or no",
                                       "이 기관들에 대해 비콘이 있음/없음으로 답합니다"));
}

Result<Answer> genome_send(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  network::GenomeRequest request{call.texts("--holder"), call.text("--policy"), {}, {}};
  NARU_ASSIGN(auto json, office->coordinator().send_genomes(request, call.text("--combiner")));
  return answered(std::move(json), say("genomes sent to the combiner", "유전체를 결합기관으로 보냈습니다"));
}

Result<Answer> genome_people(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto known, network::keep_genome_people(*site, call.text("FILE")));
  return answered(canonical({{"samples", known}}),
                  say("{} samples belong to persons of this site", "표본 {}개의 대상자를 기록했습니다", known));
}

Result<Answer> verify_run(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  const fs::path file = call.text("PLAN");
  NARU_ASSIGN(const auto plan, evidence::lock(file));
  NARU_ASSIGN(const auto wait_ms, call.integer("--wait-ms", 1, INT64_MAX));
  NARU_ASSIGN(auto packages, evidence::packages_beside(plan, file));
  NARU_ASSIGN(auto json,
              office->coordinator().verify({evidence::locked_text(plan), call.text("--right"), call.texts("--hospital"),
                                            call.text("--policy"), call.text("--account"), std::move(packages), wait_ms,
                                            call.text("--project")}));
  return answered(std::move(json), say("verified and sealed", "검증하고 봉인했습니다"));
}

Result<Answer> revoke(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(auto json, office->coordinator().revoke(call.text("RIGHT"), call.text("--reason"),
                                                      {call.text("--account"), "", {"officer", "secretariat"}}));
  return answered(std::move(json), say("revoked at every site that confirmed", "확인한 모든 기관에서 취소되었습니다"));
}

Result<Answer> witness(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto office, Office::open(call, context));
  NARU_ASSIGN(auto json, office->coordinator().witness());
  return answered(std::move(json), say("checkpoints exchanged", "체크포인트를 교환했습니다"));
}

Result<Answer> withdraw(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto client, network::WireClient::open(*site));
  NARU_ASSIGN(const auto person, call.integer("--person-id", INT64_MIN, INT64_MAX));
  NARU_ASSIGN(auto json,
              network::withdraw_here(*site, person, call.text("--account"), *client, call.text("--key-manager")));
  return answered(std::move(json), say("the withdrawal takes effect from now on", "철회가 지금부터 적용됩니다"));
}

std::vector<Command> release_rounds() {
  const Option parent{"--parent", "ID", say("the release it follows", "앞선 공개본"), false, false, {}};
  return {
      {"round describe",
       say("every holder tells what the catalogue may say of its data, under the output rules",
           "모든 기관이 출력 규칙을 거쳐 목록에 올릴 자료 설명을 알림"),
       {site_option(),
        holders_option(),
        policy_option(),
        {"--wait-ms", "N", say("how long to wait for the holders", "기관의 답을 기다리는 시간"), false, false,
         "120000"}},
       describe},
      {"round protect",
       say("every holder protects its lake and sends it, sealed, to the combiner",
           "모든 기관이 자료를 가명처리해 봉인하여 결합기관으로 보냄"),
       {site_option(), release_option(), holders_option(), combiner_option(), policy_option()},
       protect},
      {"round combine",
       say("the combiner joins what came, assesses it again and builds a release",
           "결합기관이 결합·재평가하여 공개본을 만듦"),
       {site_option(),
        release_option(),
        holders_option(),
        combiner_option(),
        policy_option(),
        {"--genomes", "", say("with the genomes that holders sent", "보유 기관이 보낸 유전체 포함"), false, false, {}}},
       combine},
      {"round seal",
       say("export review on record, then sealed and published", "반출심사를 기록하고 봉인·공개"),
       {site_option(),
        release_option(),
        holders_option(),
        combiner_option(),
        policy_option(),
        parent,
        {"--phase", "N", say("phase of the release", "공개 단계"), false, false, "1"},
        {"--reviewers",
         "FILE",
         say("JSON list of reviewers and their decisions", "심사위원과 판단의 JSON 목록"),
         true,
         false,
         {}},
        {"--tier",
         "TIER",
         say("open, registered or controlled; several may stand", "open, registered, controlled 가운데 여럿"),
         false,
         true,
         {}}},
       seal},
      {"round diff",
       say("what changed between two releases, without telling of few persons", "두 공개본의 차이(소수는 숨김)"),
       {site_option(),
        combiner_option(),
        policy_option(),
        {"--old", "ID", say("earlier release", "이전 공개본"), true, false, {}},
        {"--new", "ID", say("later release", "이후 공개본"), true, false, {}}},
       difference},
  };
}

std::vector<Command> genome_rounds() {
  return {
      {"round genome-count",
       say("allele counts at holders, under the output rules", "출력 규칙을 거친 기관별 대립유전자 수"),
       {site_option(),
        holders_option(),
        policy_option(),
        {"--region", "CHROM:FROM-TO", say("part of the genome", "유전체 구간"), false, false, {}}},
       genome_count},
      {"round beacon",
       say("puts up holders' allele counts, after the output rules, for the Beacon's yes-or-no answers",
           "출력 규칙을 거친 대립유전자 수를 비콘의 있음/없음 답변용으로 게시"),
       {site_option(),
        {"--account", "NAME", say("who acts", "행위자 계정"), true, false, {}},
        holders_option(),
        policy_option(),
        {"--access", "WHO", say("open or registered", "open(누구나) 또는 registered(로그인)"), true, false, {}},
        {"--assembly", "NAME", say("GRCh37, GRCh38 …", "GRCh37, GRCh38 등"), true, false, {}},
        {"--least",
         "N",
         say("alleles with fewer copies are answered as absent; not below the policy's",
             "사본이 이보다 적으면 없다고 답함. 정책보다 낮을 수 없음"),
         true,
         false,
         {}}},
       beacon},
      {"round genome-send",
       say("holders send their genotypes, without sample names, to the combiner",
           "표본 이름 없이 유전형을 결합기관으로 보냄"),
       {site_option(), holders_option(), combiner_option(), policy_option()},
       genome_send},
      {"genome people",
       say("tells which sample is which person of this site; stays here", "표본과 대상자의 대응을 기록(기관 안에만)"),
       {site_option(),
        {"FILE",
         "FILE",
         say("CSV with sample and person_source_value", "sample, person_source_value 열의 CSV"),
         true,
         false,
         {}}},
       genome_people},
  };
}

}  // namespace

std::vector<Command> network_commands() {
  const Option account{"--account", "NAME", say("who acts", "행위자 계정"), false, false, "operator"};
  const Option right{"--right", "ID", say("the use right", "이용권한"), true, false, {}};
  std::vector<Command> out{
      {"round link",
       say("links persons over holders: keys to the key manager, nothing else",
           "보유 기관 간 대상자 연계(결합키만 관리기관으로)"),
       {site_option(),
        holders_option(),
        combiner_option(),
        policy_option(),
        {"--round", "ID", say("name of the round", "라운드 이름"), true, false, {}},
        {"--key-manager", "SITE", say("the key manager", "결합키 관리기관"), false, false, "key-manager"}},
       link},
      {"ask",
       say("asks a cohort question under a right, federated or linked", "이용권한으로 코호트 질의(연합 또는 연계)"),
       {site_option(),
        right,
        account,
        {"--definition", "FILE", say("Circe JSON", "Circe JSON"), true, false, {}},
        {"--wait-ms", "N", say("how long to wait for each site", "기관별 대기 시간"), false, false, "120000"},
        {"--mode", "MODE", say("federated or linked", "federated 또는 linked"), false, false, "federated"},
        {"--rho", "R",
         say("answer with noise that costs R of the persons' privacy budget at each site",
             "기관마다 대상자의 개인정보 예산 R을 쓰는 잡음 답변")}},
       ask},
      {"feasibility ask",
       say("which holders have enough people for a definition, in bands; needs no right",
           "정의에 맞는 대상자가 어느 기관에 충분한지 구간으로. 이용권이 필요 없음"),
       {site_option(), account, {"--definition", "FILE", say("Circe JSON", "Circe JSON"), true, false, {}}},
       feasibility},
      {"feasibility switch",
       say("at a holder: whether feasibility questions are answered", "보유 기관: 가능성 질의에 답할지 정함"),
       {site_option(), account, {"STATE", "STATE", say("open or closed", "open 또는 closed"), true, false, {}}},
       feasibility_switch},
      {"verify run",
       say("runs a locked plan at hospitals and seals the report", "고정된 계획을 병원에서 실행하고 보고서를 봉인"),
       {site_option(),
        right,
        account,
        policy_option(),
        {"PLAN", "FILE", say("plan.yaml", "plan.yaml"), true, false, {}},
        {"--hospital",
         "SITE",
         say("a hospital of the round; at least three", "라운드의 병원, 셋 이상"),
         true,
         true,
         {}},
        {"--wait-ms", "N",
         say("how long a hospital may take to be ready; those that are not drop out",
             "병원이 준비될 때까지 기다리는 시간. 준비되지 않은 병원은 제외됩니다"),
         false, false, "1200000"},
        {"--project",
         "ID",
         say("demonstration project whose recorded use the report tells", "기록된 사용을 보고서에 담을 실증 과제"),
         false,
         false,
         {}}},
       verify_run},
      {"right revoke",
       say("revokes a right here and at every site", "이용권한을 모든 기관에서 취소"),
       {site_option(),
        account,
        {"RIGHT", "ID", say("the right", "이용권한"), true, false, {}},
        {"--reason", "TEXT", say("why", "사유"), true, false, {}}},
       revoke},
      {"round witness",
       say("exchanges log checkpoints with every member", "모든 기관과 기록 체크포인트 교환"),
       {site_option()},
       witness},
      {"consent withdraw",
       say("a participant withdraws: excluded from every computation from now on",
           "참여 철회: 지금부터 모든 계산에서 제외"),
       {site_option(),
        account,
        {"--person-id", "N", say("person_id of this site's lake", "이 기관의 person_id"), true, false, {}},
        {"--key-manager", "SITE", say("the key manager", "결합키 관리기관"), false, false, "key-manager"}},
       withdraw},
  };
  for (auto& command : release_rounds()) out.push_back(std::move(command));
  for (auto& command : genome_rounds()) out.push_back(std::move(command));
  return out;
}

}  // namespace naru::cli
