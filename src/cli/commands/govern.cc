// SOPs, programmes, applications, cases and rights, at the authority.
#include "base/json.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/commands/demonstration.h"
#include "govern/office.h"
#include "network/identity.h"
#include "network/journal.h"
#include "protect/policy.h"
#include "vocabulary/vocabulary.h"

namespace naru::cli {
namespace {

constexpr int found_something = 4;

// The authority's folder opened for one command.
struct Desk {
  std::unique_ptr<network::Site> site;
  std::unique_ptr<network::SiteJournal> journal;
  std::unique_ptr<govern::Office> office;
};

Result<Desk> open(const Call& call, const Context& context) {
  Desk out;
  NARU_ASSIGN(out.site, network::Site::open(call.text("--site"), context.clock, context.random));
  out.journal = std::make_unique<network::SiteJournal>(*out.site);
  out.office =
      std::make_unique<govern::Office>(out.site->records(), context.clock, context.random, *out.journal, context.share);
  return out;
}

// Whoever may write the authority's folder says for whom it acts; the log keeps the account.
govern::Actor actor(const Call& call, const std::string& usual_role) {
  auto roles = call.texts("--role");
  if (roles.empty()) roles = {usual_role};
  return {call.text("--account"), call.text("--organisation"), roles};
}

Answer shown(std::string json, Text sentence) {
  Answer out;
  out.json = std::move(json);
  out.text = std::move(sentence);
  return out;
}

Answer pretty_answer(const std::string& json) {
  const auto text = pretty(Json::parse(json));
  return shown(json, {text, text});
}

Result<Answer> sop_check(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto sop, govern::read_sop(call.text("FILE")));
  const auto findings = govern::check_sop(sop);
  Answer out =
      shown(govern::findings_json(sop, findings), say("{} v{}: {} steps, {} faults\n", "{} v{}: {}단계, 결함 {}개\n",
                                                      sop.id, sop.version, sop.steps.size(), findings.size()));
  for (const auto& one : findings) {
    std::string path;
    for (const auto& step : one.path) path += (path.empty() ? "" : " → ") + step;
    if (path.empty()) path = one.step;
    out.text.en += fmt::format("  {}: {} [{}]\n", one.kind, one.what.en, path);
    out.text.ko += fmt::format("  {}: {} [{}]\n", one.kind, one.what.ko, path);
  }
  if (!findings.empty()) out.status = found_something;
  return out;
}

Result<Answer> sop_simulate(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto sop, govern::read_sop(call.text("FILE")));
  NARU_ASSIGN(const auto arrivals, call.integer("--arrivals", 1, 1'000'000));
  NARU_ASSIGN(const auto seed, call.integer("--seed", 0, INT64_MAX));
  NARU_ASSIGN(const auto result, govern::simulate_sop(sop, arrivals, static_cast<std::uint64_t>(seed)));
  Answer out = shown(govern::simulation_json(sop, result),
                     say("{} cases: median {:.1f} days, 90th percentile {:.1f}, {} with a breached clock\n",
                         "{}건: 중앙값 {:.1f}일, 90백분위 {:.1f}일, 기한 초과 {}건\n", result.arrivals,
                         result.median_days, result.p90_days, result.breaches));
  for (const auto& step : result.steps) {
    const auto line = fmt::format("  {:<20} {:>8}  {:>7.1f} {:>7.1f} {:>8}\n", step.step, step.visits, step.median_days,
                                  step.p90_days, step.breaches);
    out.text.en += line;
    out.text.ko += line;
  }
  return out;
}

Text voucher_sentence(const govern::Voucher& v) {
  return say("{}: {} has {} of {} won left (grant {}, co-payment {} of {} paid)",
             "{}: {} 잔액 {}원 / {}원 (지원금 {}, 부담금 {} / {} 납부)", v.id, v.organisation, v.closed ? 0 : v.left(),
             v.value(), v.grant, v.copay_paid, v.copay);
}

Result<Answer> voucher_answer(const Result<govern::Voucher>& done, Desk& desk, const Call& call) {
  if (!done.ok()) return done.error();
  NARU_ASSIGN(const auto state, desk.office->programmes().get(call.text("ID")));
  NARU_ASSIGN(auto view, parse_json(govern::programme_view_json(state), "programme"));
  Json own;
  for (const auto& one : view.at("vouchers")) {
    if (one.at("id") == done->id) own = one;
  }
  own["programme"] = state.programme.id;
  own["places"] = view.at("places");
  own["places_taken"] = view.at("places_taken");
  own["balanced"] = view.at("reconciliation").at("balanced");
  return shown(canonical(own), voucher_sentence(*done));
}

Result<Answer> programme_open(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto state, desk.office->open_programme(call.text("ID"), actor(call, "officer")));
  return shown(govern::programme_view_json(state),
               say("{} is open: {} won, {} places", "{} 개시: {}원, {}자리", state.programme.id,
                   state.programme.budget(), state.programme.places()));
}

Result<Answer> programme_grant(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto won, call.integer("--won", 0, 1'000'000'000'000));
  const govern::GrantRequest request{call.text("--firm"), call.text("--size"), call.text("--class"), won};
  return voucher_answer(desk.office->programmes().grant(call.text("ID"), request, actor(call, "officer")), desk, call);
}

Result<Answer> programme_pay(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto won, call.integer("--won", 1, 1'000'000'000'000));
  return voucher_answer(
      desk.office->programmes().pay(call.text("ID"), call.text("--voucher"), won, actor(call, "officer")), desk, call);
}

Result<Answer> programme_charge(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto won, call.integer("--won", 1, 1'000'000'000'000));
  return voucher_answer(desk.office->programmes().charge(call.text("ID"), call.text("--voucher"), call.text("--holder"),
                                                         won, call.text("--reference"), actor(call, "officer")),
                        desk, call);
}

Result<Answer> programme_close(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  return voucher_answer(
      desk.office->programmes().close(call.text("ID"), call.text("--voucher"), actor(call, "officer")), desk, call);
}

Result<Answer> programme_show(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto state, desk.office->programmes().get(call.text("ID")));
  const auto sums = govern::reconcile(state);
  const auto held = sums.balanced ? say("balanced", "대사 일치") : say("NOT balanced", "대사 불일치");
  Answer out = shown(
      govern::programme_view_json(state),
      say("{}: {} of {} places, {} of {} won granted, {} spent, ", "{}: {}/{}자리, 지원 {}/{}원, 사용 {}원, ",
          state.programme.id, state.places_taken(), state.programme.places(), sums.granted, sums.budget, sums.spent));
  out.text.en += held.en + "\n";
  out.text.ko += held.ko + "\n";
  for (const auto& [id, voucher] : state.vouchers) {
    out.text.en += "  " + voucher_sentence(voucher).en + "\n";
    out.text.ko += "  " + voucher_sentence(voucher).ko + "\n";
  }
  if (!sums.balanced) out.status = found_something;
  return out;
}

Result<Answer> programme_list(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto json, desk.office->programmes_json());
  return pretty_answer(json);
}

// What the holders offer is read from the catalogue's descriptions of their own data.
Result<Answer> programme_match(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto state, desk.office->programmes().get(call.text("ID")));
  catalogue::Catalogue catalogue(desk.site->records(), context.clock, *desk.journal);
  NARU_ASSIGN(const auto datasets, catalogue.all());
  NARU_ASSIGN(const auto persons, call.integer("--persons", 0, 1'000'000'000));
  const govern::HolderNeed need{call.texts("--table"), call.texts("--code-system"), persons};
  std::map<std::string, std::string> regions;
  for (const auto& pair : call.texts("--region")) {
    const auto at = pair.find('=');
    if (at == std::string::npos) return usage_error(say("SITE=REGION", "기관=지역"), "--region");
    regions[pair.substr(0, at)] = pair.substr(at + 1);
  }
  std::vector<govern::HolderOffer> offers;
  for (const auto& d : datasets) {
    if (d.kind != catalogue::DatasetKind::site) continue;
    govern::HolderOffer offer{d.holder, regions[d.holder], {}, d.code_systems, d.persons.value_or(0)};
    for (const auto& table : d.tables) offer.tables.push_back(table.name);
    offers.push_back(std::move(offer));
  }
  Json list = Json::array();
  Answer out;
  for (const auto& rank : govern::rank_holders(state.programme, need, offers)) {
    Json parts = Json::array();
    for (const auto& part : rank.parts) {
      parts.push_back({{"part", part.part},
                       {"score", part.score},
                       {"weight", part.weight},
                       {"why", {{"en", part.why.en}, {"ko", part.why.ko}}}});
    }
    list.push_back({{"holder", rank.holder}, {"score", rank.score}, {"parts", std::move(parts)}});
    const auto line = fmt::format("  {:<16} {:.3f}\n", rank.holder, rank.score);
    out.text.en += line;
    out.text.ko += line;
  }
  out.json = canonical(Json{{"programme", state.programme.id}, {"holders", std::move(list)}});
  return out;
}

Result<Answer> board_keep(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto text, read_file(call.text("FILE"), limits::json_document_bytes));
  NARU_ASSIGN(const auto board, govern::parse_board(text, call.text("FILE")));
  NARU_CHECK(desk.office->put_board(board, actor(call, "secretariat")));
  return shown(govern::board_json(board), say("board {} with {} members is kept", "위원회 {}({}명)를 등록했습니다",
                                              board.id, board.members.size()));
}

Result<Answer> case_answer(Desk& desk, const std::string& id, const govern::Actor& who) {
  NARU_ASSIGN(auto json, desk.office->application_view_json(id, who));
  NARU_ASSIGN(const auto state, desk.office->application(id));
  const auto& step = state.at();
  return shown(std::move(json), {fmt::format("{} stands at {}: {} ({})", id, step.id, step.title.en, step.owner),
                                 fmt::format("{} 현재 단계 {}: {} ({})", id, step.id, step.title.ko, step.owner)});
}

Result<Answer> application_submit(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto text, read_file(call.text("FILE"), limits::json_document_bytes));
  NARU_ASSIGN(auto application, govern::read_application_yaml(text, call.text("FILE")));
  const auto who = actor(call, "applicant");
  NARU_ASSIGN(const auto made, desk.office->submit(std::move(application), who));
  return case_answer(desk, made.id, who);
}

Result<Answer> application_show(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  return case_answer(desk, call.text("ID"), actor(call, "secretariat"));
}

Result<Answer> application_list(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(const auto json, desk.office->applications_json(actor(call, "secretariat")));
  return pretty_answer(json);
}

Result<Answer> case_act(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  NARU_ASSIGN(auto action, parse_json(call.has("--fields") ? call.text("--fields") : "{}", "--fields"));
  if (!action.is_object()) return usage_error(say("a JSON object", "JSON 객체"), "--fields");
  action["action"] = call.text("ACTION");
  for (const auto& pair : call.texts("--set")) {
    const auto at = pair.find('=');
    if (at == std::string::npos) return usage_error(say("NAME=TEXT", "이름=문자열"), "--set");
    action[pair.substr(0, at)] = pair.substr(at + 1);
  }
  const auto who = actor(call, "applicant");
  NARU_CHECK(desk.office->act(call.text("ID"), canonical(action), who));
  return case_answer(desk, call.text("ID"), who);
}

Result<Answer> right_issue(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  const auto policy_id = call.text("--policy");
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, policy_id));
  auto vocabulary = call.text("--vocabulary-hash");
  if (vocabulary.empty()) {
    NARU_ASSIGN(const auto loaded, vocabulary::info(desk.site->layout().vocabulary()));
    vocabulary = loaded ? loaded->hash : "none";
  }
  const govern::RightTerms terms{
      desk.site->description().name, policy_id, policy.hash, vocabulary, call.text("--release"),
      call.texts("--also-site")};
  const auto who = actor(call, "secretariat");
  NARU_ASSIGN(const auto token,
              desk.office->issue_right(call.text("APPLICATION"), terms, desk.site->keys().signing_key(), who));
  if (call.has("--out")) NARU_CHECK(write_file_atomic(call.text("--out"), govern::right_file(token)));
  NARU_ASSIGN(auto json, desk.office->right_view_json(token.right.id, who, {}));
  return shown(std::move(json),
               say("{} issued: project {}, {} sites, {} queries until {}",
                   "{} 발급: 과제 {}, 기관 {}곳, {}까지 질의 {}회", token.right.id, token.right.project,
                   token.right.sites.size(), token.right.query_budget, format_date(token.right.valid_until)));
}

Result<Answer> right_show(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, open(call, context));
  const auto who = actor(call, "secretariat");
  NARU_ASSIGN(const auto json, call.has("RIGHT") ? desk.office->right_view_json(call.text("RIGHT"), who, {})
                                                 : desk.office->rights_json(who, {}));
  return pretty_answer(json);
}

// Offline: the verifier brings the authority's key, the token brings nothing but itself.
Result<Answer> right_verify(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto text, read_file(call.text("FILE"), limits::json_document_bytes));
  NARU_ASSIGN(const auto token, govern::parse_right(text, call.text("FILE")));
  NARU_ASSIGN(const auto key, public_key_from_hex(call.text("--key"), "--key"));
  NARU_ASSIGN(const auto days, govern::Calendar::read(context.share / "sops" / "calendars" / "kr.yaml"));
  const auto today = days.date_at(context.clock.now_ms());
  govern::RevocationList revoked;
  if (call.has("--revocations")) {
    NARU_ASSIGN(const auto list, read_file(call.text("--revocations"), limits::json_document_bytes));
    NARU_ASSIGN(revoked, govern::read_revocations(list, call.text("--revocations"), key, 0));
  }
  NARU_CHECK(govern::verify_right_now(token, key, today, revoked));
  const Json json{{"ok", true}, {"right", token.right.id}, {"digest", govern::right_digest(token.right)}};
  return shown(canonical(json), say("{} is valid today", "{}은(는) 오늘 유효합니다", token.right.id));
}

Option site_option() { return {"--site", "DIR", say("the authority's folder", "허브 기관 폴더"), true, false, {}}; }
Option named(std::string name, Text help) {
  return {name, name.starts_with("--") ? "NAME" : name, std::move(help), true, false, {}};
}
Option maybe(std::string name, std::string metavar, Text help, std::string fallback = {}) {
  return {std::move(name), std::move(metavar), std::move(help), false, false, std::move(fallback)};
}
Option several(std::string name, std::string metavar, Text help) {
  return {std::move(name), std::move(metavar), std::move(help), false, true, {}};
}

std::vector<Option> acting(std::vector<Option> more) {
  std::vector<Option> out{site_option(), maybe("--account", "NAME", say("who acts", "행위자 계정"), "operator"),
                          maybe("--organisation", "NAME", say("the actor's organisation", "행위자 소속")),
                          several("--role", "ROLE", say("the actor's roles", "행위자 역할"))};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<Command> sop_and_case_commands() {
  const auto id = named("ID", say("the application", "신청"));
  return {
      {"sop check",
       say("finds dead ends, unreachable steps, clocks without owner, impossible quorums (exit 4)",
           "막다른 길, 도달 불가 단계, 책임자 없는 기한, 불가능한 정족수를 찾음(종료 코드 4)"),
       {named("FILE", say("the SOP, YAML", "SOP 파일(YAML)"))},
       sop_check},
      {"sop simulate",
       say("durations and breaches by random draws", "무작위 추출로 소요 기간과 기한 초과를 추정"),
       {named("FILE", say("the SOP, YAML", "SOP 파일(YAML)")),
        maybe("--arrivals", "N", say("cases to draw", "추출할 건수"), "1000"),
        maybe("--seed", "S", say("same seed, same answer", "같은 시드는 같은 답"), "1")},
       sop_simulate},
      {"board keep", say("keeps a standing board", "상설 위원회 등록"),
       acting({named("FILE", say("the board, YAML", "위원회 파일(YAML)"))}), board_keep},
      {"application submit", say("submits an application and opens its case", "신청을 제출하고 심의를 시작"),
       acting({named("FILE", say("the application, YAML or JSON", "신청서, YAML 또는 JSON"))}), application_submit},
      {"application show", say("dossier, terms, clocks, votes and history", "신청 자료, 이용 조건, 기한, 표결, 이력"),
       acting({id}), application_show},
      {"application list", say("applications the actor has a part in", "행위자가 관여하는 신청"), acting({}),
       application_list},
      {"case act", say("one action in a case", "심의의 한 행위"),
       acting({id,
               named("ACTION", say("complete_check, answer_local_context, assign_board, vote, decide …",
                                   "complete_check, answer_local_context, assign_board, vote, decide …")),
               several("--set", "NAME=TEXT", say("a field of the action", "행위의 필드")),
               maybe("--fields", "JSON", say("fields that are not text", "문자열이 아닌 필드"))}),
       case_act},
  };
}

std::vector<Command> right_commands() {
  return {
      {"right issue", say("signs the use right of an approved application", "승인된 신청의 이용권에 서명"),
       acting({named("APPLICATION", say("the application", "신청")),
               maybe("--policy", "ID", say("policy whose output rules apply", "적용할 정책"), "naru-demo"),
               maybe("--vocabulary-hash", "HEX",
                     say("default: the authority's own vocabulary", "기본: 허브 기관의 용어집")),
               maybe("--release", "ID", say("release for linked questions", "연계 질의에 쓸 공개본")),
               several("--also-site", "SITE",
                       say("a site besides the holders: the combiner", "보유기관 밖의 기관: 결합기관")),
               maybe("--out", "FILE", say("writes the token here too", "토큰을 이 파일에도 씀"))}),
       right_issue},
      {"right show", say("a right, or all the actor may see", "이용권 하나 또는 볼 수 있는 전부"),
       acting({maybe("RIGHT", "ID", say("the right", "이용권"))}), right_show},
      {"right verify",
       say("checks a token offline against a key that is trusted", "신뢰하는 키로 토큰을 오프라인 검증"),
       {named("FILE", say("the token", "토큰 파일")),
        maybe("--revocations", "FILE", say("the newest revocation list", "최신 취소 목록")),
        named("--key", say("the authority's public key, 64 hexadecimal digits", "기관 공개키, 16진수 64자리"))},
       right_verify},
  };
}

std::vector<Command> programme_commands() {
  const auto id = named("ID", say("the programme", "사업"));
  const auto voucher = named("--voucher", say("the voucher", "이용권(바우처)"));
  const Option won{"--won", "N", say("whole won", "원 단위 금액"), true, false, {}};
  return {
      {"programme open", say("opens programmes/ID.yaml with its budget", "programmes/ID.yaml을 예산과 함께 개시"),
       acting({id}), programme_open},
      {"programme grant", say("grants a firm a voucher", "기업에 바우처 지급"),
       acting({id, named("--firm", say("the firm", "기업")),
               named("--size", say("startup, small or medium", "startup, small, medium")),
               named("--class", say("the budget class", "예산 구분")),
               maybe("--won", "N", say("the grant; 0: the class's maximum", "지원금. 0: 구분의 최대"), "0")}),
       programme_grant},
      {"programme pay", say("records a co-payment", "부담금 납부 기록"), acting({id, voucher, won}), programme_pay},
      {"programme charge", say("charges a use at a holder; once per reference", "보유기관 이용 청구. 참조마다 한 번"),
       acting({id, voucher, named("--holder", say("the holder", "보유기관")), won,
               named("--reference", say("what is charged", "청구 참조"))}),
       programme_charge},
      {"programme settle", say("closes a voucher; what is left goes back", "바우처 정산. 잔액 반환"),
       acting({id, voucher}), programme_close},
      {"programme show", say("places, balances, transactions, reconciliation", "자리, 잔액, 거래, 대사"), acting({id}),
       programme_show},
      {"programme list", say("programmes that are open", "개시된 사업"), acting({}), programme_list},
      {"programme match",
       say("ranks holders for a firm's need, each part explained", "기업 수요에 맞는 보유기관 순위와 근거"),
       acting({id, several("--table", "TABLE", say("a table needed", "필요한 테이블")),
               several("--code-system", "NAME", say("a code system needed", "필요한 용어체계")),
               maybe("--persons", "N", say("persons needed", "필요한 사람 수"), "0"),
               several("--region", "SITE=REGION", say("where a holder is", "보유기관의 지역"))}),
       programme_match},
  };
}

}  // namespace

std::vector<Command> govern_commands() {
  auto out = sop_and_case_commands();
  for (auto& command : right_commands()) out.push_back(std::move(command));
  for (auto& command : programme_commands()) out.push_back(std::move(command));
  for (auto& command : demonstration_commands()) out.push_back(std::move(command));
  return out;
}

}  // namespace naru::cli
