#include "govern/office.h"

#include "base/digest.h"
#include "govern/circumstances.h"
#include "govern/office_parts.h"
#include "govern/texts.h"

#include <algorithm>

namespace naru::govern {
namespace {

constexpr std::string_view default_sop = "shared-drb-irb-exemption";
constexpr std::int64_t numbers_max = 999'999;
constexpr std::uint64_t data_file_bytes_max = 4U << 20;

Json reasons_json(const std::vector<Text>& reasons) {
  Json out = Json::array();
  for (const auto& one : reasons) out.push_back(text_json(one));
  return out;
}

std::string_view name_of(Match match) { return match == Match::yes ? "yes" : match == Match::no ? "no" : "board"; }

/// One right with its fate, replayed from its stream.
struct HeldRight {
  SignedRight token;
  std::string application;
  std::optional<Revoked> revoked;
};

Result<HeldRight> replay_right(const std::vector<engine::Event>& events) {
  HeldRight out;
  for (const auto& event : events) {
    const auto where = fmt::format("{}@{}", event.stream, event.version);
    NARU_ASSIGN(const auto payload, parse_json(event.payload, where));
    NARU_ASSIGN(const auto r, Reader::of(payload, where));
    if (event.type == "issued") {
      NARU_ASSIGN(const auto file, r.text("file"));
      NARU_ASSIGN(out.token, parse_right(file, where));
      NARU_ASSIGN(out.application, r.text("application"));
    } else if (event.type == "revoked") {
      NARU_ASSIGN(const auto reason, r.text("reason"));
      out.revoked = Revoked{out.token.right.id, format_instant(event.at_ms), reason};
    }
  }
  return out;
}

Result<std::vector<HeldRight>> held_rights(engine::Records& records) {
  NARU_ASSIGN(const auto events, records.read_all("right"));
  std::map<std::string, std::vector<engine::Event>> by_stream;
  for (const auto& event : events) by_stream[event.stream].push_back(event);
  std::vector<HeldRight> out;
  for (const auto& [stream, own] : by_stream) {
    NARU_ASSIGN(auto right, replay_right(own));
    out.push_back(std::move(right));
  }
  return out;
}

bool sees_right(const HeldRight& held, const Actor& viewer) {
  const auto& right = held.token.right;
  return reviews(viewer) || right.names_person(viewer.account) ||
         (viewer.has("steward") && right.names_site(viewer.organisation)) ||
         (viewer.has("applicant") && !viewer.organisation.empty() && viewer.organisation == right.organisation);
}

Json right_json(const HeldRight& held, std::int32_t today, const Office::Meter& used) {
  const auto& right = held.token.right;
  const auto* state = held.revoked                ? "revoked"
                      : today < right.valid_from  ? "not_yet"
                      : today > right.valid_until ? "expired"
                                                  : "valid";
  Json revoked = nullptr;
  if (held.revoked) revoked = {{"at", held.revoked->at}, {"reason", held.revoked->reason}};
  const auto count = used ? used(right.id) : std::nullopt;
  return Json{{"right", Json::parse(canonical_right(right))},
              {"state", state},
              {"revoked", std::move(revoked)},
              {"meter", {{"budget", right.query_budget}, {"used", count ? Json(*count) : Json(nullptr)}}},
              {"application", held.application},
              {"digest", right_digest(right)},
              {"file", right_file(held.token)}};
}

UseRight right_for(const CaseState& state, const RightTerms& terms, std::string id, std::int64_t now_ms) {
  const auto& a = state.application;
  UseRight right;
  right.id = std::move(id);
  right.project = a.project;
  right.organisation = a.organisation;
  for (const auto& person : a.people) right.people.push_back(person.account);
  right.release = terms.release.empty() ? a.release : terms.release;
  right.sites = state.agreeing_sites();
  right.sites.insert(right.sites.end(), terms.also_sites.begin(), terms.also_sites.end());
  right.modes = a.modes;
  right.tables = a.tables;
  right.cohort = a.cohort;
  right.purpose = a.purpose_code + (a.ai_use.empty() ? "" : ", AI: " + a.ai_use) + "; " + a.purpose;
  right.valid_from = a.valid_from;
  right.valid_until = a.valid_until;
  right.query_budget = a.query_budget;
  right.policy = terms.policy;
  right.policy_hash = terms.policy_hash;
  right.vocabulary_hash = terms.vocabulary_hash;
  right.issued_at = format_instant(now_ms);
  right.issuer = terms.issuer;
  return right;
}

}  // namespace

Office::Office(engine::Records& records, const Clock& clock, Random& random, catalogue::Journal& journal,
               std::filesystem::path share)
    : records_(records),
      clock_(clock),
      random_(random),
      journal_(journal),
      share_(std::move(share)),
      cases_(records, clock, journal),
      programmes_(records, clock, journal) {}

Result<std::string> Office::numbered(std::string_view kind) {
  constexpr std::size_t year_digits = 4;
  const auto year = format_instant(clock_.now_ms()).substr(0, year_digits);
  NARU_ASSIGN(const auto number, records_.add_to_counter(fmt::format("{}/{}", kind, year), 1, numbers_max));
  return fmt::format("{}-{}-{:04}", kind, year, number);
}

Result<std::int32_t> Office::today() const {
  NARU_ASSIGN(const auto days, calendar("kr"));
  return days.date_at(clock_.now_ms());
}

Result<Sop> Office::sop(std::string_view id) const {
  if (!is_plain_name(id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), "sop");
  return read_sop(share_ / "sops" / fmt::format("{}.yaml", id));
}

Result<Calendar> Office::calendar(std::string_view id) const {
  if (!is_plain_name(id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), "calendar");
  return Calendar::read(share_ / "sops" / "calendars" / fmt::format("{}.yaml", id));
}

Result<TermTree> Office::terms() const {
  NARU_ASSIGN(const auto text, read_file(share_ / "schemas" / "use-terms.yaml", data_file_bytes_max));
  return parse_terms(text, "use-terms.yaml");
}

Result<Application> Office::submit(Application application, const Actor& actor) {
  if (!actor.has("applicant")) {
    return refused(say("only an applicant may apply", "신청자 역할만 신청할 수 있습니다"), "application",
                   say("ask the authority for the role applicant", "기관에 신청자 역할을 요청하세요"));
  }
  application.applicant = actor.account;
  if (!actor.organisation.empty()) application.organisation = actor.organisation;
  if (application.organisation.empty()) {
    return rejected(say("the organisation must be named", "소속 기관을 적어야 합니다"), "application.organisation");
  }
  catalogue::Catalogue catalogue(records_, clock_, journal_);
  std::vector<catalogue::Dataset> datasets;
  for (const auto& id : application.datasets) {
    NARU_ASSIGN(auto dataset, catalogue.get(id, {true, actor.roles}));
    datasets.push_back(std::move(dataset));
  }
  if (application.sop.empty()) application.sop = default_sop;
  NARU_ASSIGN(const auto procedure, sop(application.sop));
  NARU_ASSIGN(const auto days, calendar(procedure.calendar));
  std::optional<ReviewNeed> review;
  if (!procedure.review_policy.empty()) {
    NARU_ASSIGN(const auto policy, protect::find_policy(share_, procedure.review_policy));
    NARU_ASSIGN(auto earlier, cases_.all());
    NARU_ASSIGN(const auto rights, held_rights(records_));
    // An approval whose right was taken away is no reason for a lighter review.
    std::erase_if(earlier, [&](const CaseState& state) {
      return std::ranges::any_of(
          rights, [&](const HeldRight& held) { return held.application == state.id && held.revoked.has_value(); });
    });
    NARU_ASSIGN(const auto bodies, designated_bodies(share_ / "sops" / "registers" / "designated-bodies.yaml"));
    const auto circumstances = circumstances_of(application, earlier, bodies, days.date_at(clock_.now_ms()));
    NARU_ASSIGN(review, review_need(application, datasets, policy, circumstances));
  }
  // Read back what will be stored, so that a case never holds an application that cannot be read.
  NARU_CHECK(parse_application(application_json(application), "application"));
  NARU_ASSIGN(application.id, numbered("APP"));
  constexpr std::size_t pseudonym_bytes = 8;
  application.project = "prj-" + to_hex(random_.bytes(pseudonym_bytes));
  application.submitted_ms = clock_.now_ms();
  NARU_CHECK(cases_.open(application, procedure, review, actor));
  return application;
}

Result<CaseState> Office::act(std::string_view id, std::string_view action_json, const Actor& actor) {
  NARU_ASSIGN(const auto state, application(id));
  if (!takes_part(state.application, actor)) return unknown_application(id);
  NARU_ASSIGN(auto action, parse_json(action_json, "action"));
  if (action.is_object() && action.value("action", Json()) == "assign_board" && action.contains("board") &&
      action.at("board").is_string()) {
    const auto board_id = action.at("board").get<std::string>();
    NARU_ASSIGN(const auto stored, records_.get("board", board_id));
    if (!stored) return not_found(say("there is no board {}", "위원회가 없습니다: {}", board_id), "action.board");
    NARU_ASSIGN(action["board"], parse_json(*stored, "board " + board_id));
  }
  NARU_ASSIGN(const auto days, calendar(state.sop.calendar));
  return cases_.act(id, canonical(action), actor, days);
}

Result<CaseState> Office::application(std::string_view id) { return cases_.get(id); }

Result<std::string> Office::application_view_json(std::string_view id, const Actor& viewer) {
  NARU_ASSIGN(const auto state, application(id));
  if (!takes_part(state.application, viewer)) return unknown_application(id);
  NARU_ASSIGN(const auto days, calendar(state.sop.calendar));
  const auto now_ms = clock_.now_ms();
  NARU_ASSIGN(auto view, parse_json(case_view_json(state, viewer, days, now_ms), "view"));
  NARU_ASSIGN(const auto tree, terms());
  catalogue::Catalogue catalogue(records_, clock_, journal_);
  NARU_ASSIGN(const auto datasets, catalogue.all());
  Json matches = Json::array();
  for (const auto& dataset : datasets) {
    if (!contains(state.application.datasets, dataset.id)) continue;
    const auto match = match_terms(state.application, dataset, tree, days.date_at(now_ms));
    matches.push_back(
        {{"dataset", match.dataset}, {"match", name_of(match.match)}, {"reasons", reasons_json(match.reasons)}});
  }
  view["terms"] = std::move(matches);
  NARU_ASSIGN(const auto forms, read_file(share_ / "schemas" / "application-forms.yaml", data_file_bytes_max));
  NARU_ASSIGN(const auto missing, missing_fields(state.application, forms));
  Json gaps = Json::array();
  for (const auto& one : missing) {
    gaps.push_back({{"form", one.form}, {"field", one.field}, {"what", text_json(one.what)}});
  }
  view["dossier"]["missing"] = std::move(gaps);
  NARU_ASSIGN(const auto rights, held_rights(records_));
  Json ids = Json::array();
  for (const auto& held : rights) {
    if (held.application == id && sees_right(held, viewer)) ids.push_back(held.token.right.id);
  }
  view["rights"] = std::move(ids);
  return canonical(view);
}

Done Office::put_board(const Board& board, const Actor& actor) {
  if (!actor.has("secretariat")) {
    return refused(say("only the secretariat keeps boards", "사무국만 위원회를 관리합니다"), "board " + board.id,
                   say("ask the secretariat", "사무국에 요청하세요"));
  }
  const auto text = board_json(board);
  NARU_CHECK(board_of_json(text, "board"));
  const Json fields{{"board", board.id}, {"digest", hex(sha256(text))}};
  NARU_CHECK(journal_.note("board.kept", canonical(fields), actor.account));
  return records_.put("board", board.id, text);
}

Result<std::vector<Board>> Office::boards() {
  NARU_ASSIGN(const auto documents, records_.list("board"));
  std::vector<Board> out;
  for (const auto& [id, document] : documents) {
    NARU_ASSIGN(auto board, board_of_json(document, "board " + id));
    out.push_back(std::move(board));
  }
  return out;
}

Done Office::may_issue(const CaseState& state, std::int32_t today, const Actor& actor) {
  const auto where = fmt::format("application {}", state.id);
  if (!actor.has("secretariat")) {
    return refused(say("only the secretariat issues rights", "사무국만 이용권을 발급합니다"), where,
                   say("ask the secretariat", "사무국에 요청하세요"));
  }
  if (state.outcome() != "approved") {
    return refused(
        say("the case is not approved: it stands at {}", "승인되지 않은 건입니다. 현재 단계: {}", state.step),
        fmt::format("{}, {} v{}, steps.{}", where, state.sop.id, state.sop.version, state.step),
        say("the {} acts next", "다음 담당: {}", state.at().owner));
  }
  catalogue::Catalogue catalogue(records_, clock_, journal_);
  NARU_ASSIGN(const auto datasets, catalogue.all());
  for (const auto& dataset : datasets) {
    if (contains(state.application.datasets, dataset.id)) {
      NARU_CHECK(catalogue::usable_on(dataset, state.application.valid_from));
    }
  }
  NARU_ASSIGN(const auto rights, held_rights(records_));
  for (const auto& held : rights) {
    const auto& right = held.token.right;
    if (held.application != state.id || held.revoked || today > right.valid_until) continue;
    return conflict(
        say("the right {} stands for this application", "이 신청에는 이미 이용권 {}이(가) 있습니다", right.id), where,
        say("revoke it before a new one is issued", "새로 발급하려면 먼저 취소하세요"));
  }
  return {};
}

Result<SignedRight> Office::issue_right(std::string_view application_id, const RightTerms& terms,
                                        const SigningKey& authority, const Actor& actor) {
  NARU_ASSIGN(const auto state, application(application_id));
  NARU_ASSIGN(const auto days, calendar(state.sop.calendar));
  NARU_CHECK(may_issue(state, days.date_at(clock_.now_ms()), actor));
  NARU_ASSIGN(auto id, numbered("right"));
  NARU_ASSIGN(const auto token, sign_right(right_for(state, terms, std::move(id), clock_.now_ms()), authority));
  const Json payload{{"application", state.id},
                     {"case_version", state.version},
                     {"digest", right_digest(token.right)},
                     {"file", right_file(token)}};
  const Json fields{{"application", state.id},
                    {"case_version", state.version},
                    {"digest", right_digest(token.right)},
                    {"right", token.right.id}};
  NARU_CHECK(journal_.note("right.issued", canonical(fields), actor.account));
  NARU_CHECK(records_.append("right/" + token.right.id, 0, {{"issued", canonical(payload), actor.account}}));
  return token;
}

Result<SignedRight> Office::right(std::string_view id) {
  NARU_ASSIGN(const auto events, records_.read(fmt::format("right/{}", id)));
  if (events.empty()) return not_found(say("there is no right {}", "이용권이 없습니다: {}", id), "right");
  NARU_ASSIGN(auto held, replay_right(events));
  return std::move(held.token);
}

Done Office::revoke_right(std::string_view id, std::string_view reason, const Actor& actor) {
  const auto where = fmt::format("right {}", id);
  if (!actor.has("secretariat") && !actor.has("chair")) {
    return refused(say("only the secretariat or the chair revokes a right", "사무국 또는 위원장만 이용권을 취소합니다"),
                   where, say("ask the secretariat", "사무국에 요청하세요"));
  }
  if (reason.empty()) return rejected(say("a reason is needed", "사유가 필요합니다"), "reason");
  NARU_ASSIGN(const auto events, records_.read(fmt::format("right/{}", id)));
  if (events.empty()) return not_found(say("there is no right {}", "이용권이 없습니다: {}", id), where);
  NARU_ASSIGN(const auto held, replay_right(events));
  if (held.revoked) {
    return conflict(say("revoked already at {}", "{}에 이미 취소되었습니다", held.revoked->at), where);
  }
  NARU_CHECK(journal_.note("right.revoked", canonical(Json{{"right", id}, {"reason", reason}}), actor.account));
  return records_.append(fmt::format("right/{}", id), events.back().version,
                         {{"revoked", canonical(Json{{"reason", reason}}), actor.account}});
}

Result<RevocationList> Office::revocations(std::string_view issuer) {
  NARU_ASSIGN(const auto rights, held_rights(records_));
  RevocationList out;
  out.issuer = issuer;
  out.issued_at = format_instant(clock_.now_ms());
  for (const auto& held : rights) {
    if (held.revoked) out.revoked.push_back(*held.revoked);
  }
  // A right is revoked once and for good, so the list only grows and its length numbers it.
  out.number = static_cast<std::int64_t>(out.revoked.size());
  return out;
}

Result<std::string> Office::rights_json(const Actor& viewer, const Meter& used) {
  NARU_ASSIGN(const auto rights, held_rights(records_));
  NARU_ASSIGN(const auto now, today());
  Json list = Json::array();
  for (const auto& held : rights) {
    if (sees_right(held, viewer)) list.push_back(right_json(held, now, used));
  }
  return canonical(Json{{"rights", std::move(list)}});
}

Result<std::string> Office::right_view_json(std::string_view id, const Actor& viewer, const Meter& used) {
  NARU_ASSIGN(const auto events, records_.read(fmt::format("right/{}", id)));
  NARU_ASSIGN(const auto held, replay_right(events));
  if (events.empty() || !sees_right(held, viewer)) {
    return not_found(say("there is no right {}", "이용권이 없습니다: {}", id), fmt::format("right {}", id));
  }
  NARU_ASSIGN(const auto now, today());
  return canonical(right_json(held, now, used));
}

Result<LedgerState> Office::open_programme(std::string_view id, const Actor& actor) {
  if (!is_plain_name(id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), "programme");
  const auto name = fmt::format("{}.yaml", id);
  NARU_ASSIGN(const auto text, read_file(share_ / "programmes" / name, data_file_bytes_max));
  NARU_ASSIGN(const auto programme, parse_programme(text, name));
  return programmes_.open(programme, actor);
}

Result<std::string> Office::programmes_json() {
  NARU_ASSIGN(const auto all, programmes_.all());
  Json list = Json::array();
  for (const auto& state : all) list.push_back(Json::parse(programme_line_json(state)));
  return canonical(Json{{"programmes", std::move(list)}});
}

}  // namespace naru::govern
