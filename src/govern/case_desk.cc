#include "govern/case_desk.h"

#include "govern/texts.h"

#include <algorithm>

namespace naru::govern::detail {
namespace {

constexpr std::size_t note_bytes_max = 20'000;
constexpr std::size_t conditions_max = 50;

}  // namespace

std::string CaseDesk::clause() const {
  return fmt::format("{} v{}, steps.{}", state_.sop.id, state_.sop.version, state_.step);
}

Text CaseDesk::next_words() const {
  const auto& step = state_.at();
  return {fmt::format("now open: {} ({}), with the {}", step.id, step.title.en, step.owner),
          fmt::format("현재 단계: {} ({}), 담당: {}", step.id, step.title.ko, step.owner)};
}

Done CaseDesk::in_step(StepKind kind) const {
  if (state_.at().kind == kind) return {};
  return refused(say("the case stands at {}, not at a {} step", "심의 건은 {} 단계이며 {} 단계가 아닙니다", state_.step,
                     name_of(kind)),
                 clause(), next_words());
}

Done CaseDesk::owner_role() const { return role(state_.at().owner); }

Done CaseDesk::role(const std::string& needed) const {
  if (!actor_.has(needed)) {
    const auto next = next_words();
    return refused(
        say("only the role {} may do this", "{} 역할만 할 수 있습니다", needed), clause(),
        {fmt::format("ask the {}; {}", needed, next.en), fmt::format("{}에게 요청하세요. {}", needed, next.ko)});
  }
  return disinterested();
}

Done CaseDesk::disinterested() const {
  const auto& a = state_.application;
  const bool named = actor_.account == a.applicant ||
                     std::any_of(a.people.begin(), a.people.end(),
                                 [&](const ApplicationPerson& p) { return p.account == actor_.account; });
  if (!named) return {};
  return refused(
      say("nobody acts on an application of their own", "본인의 신청을 처리할 수 없습니다"), clause(),
      say("another person with the role {} takes it", "{} 역할의 다른 사람이 처리합니다", state_.at().owner));
}

Done CaseDesk::applicant_only() const {
  if (actor_.account == state_.application.applicant) return {};
  return refused(say("only the applicant may do this", "신청자만 할 수 있습니다"), clause(), next_words());
}

Result<std::string> CaseDesk::words(std::string_view key, bool needed) const {
  NARU_ASSIGN(auto text, needed ? action_.text(key) : action_.text_or(key, ""));
  if ((needed && text.empty()) || text.size() > note_bytes_max) {
    return rejected(say("1 to {} bytes of text", "1에서 {}바이트의 문자열", note_bytes_max),
                    fmt::format("action.{}", key));
  }
  return text;
}

Result<std::vector<std::string>> CaseDesk::conditions() const {
  NARU_ASSIGN(auto out, texts_or_none(action_, "conditions"));
  if (out.size() > conditions_max) {
    return rejected(say("at most {} conditions", "조건은 최대 {}개입니다", conditions_max), "action.conditions");
  }
  return out;
}

engine::NewEvent CaseDesk::event(std::string type, const Json& payload) const {
  return {std::move(type), canonical(payload), actor_.account};
}

Result<CaseState> CaseDesk::after(const Events& events) const {
  CaseState next = state_;
  for (const auto& one : events) {
    engine::Event made;
    made.stream = "case/" + state_.id;
    made.version = next.version + 1;
    made.type = one.type;
    made.payload = one.payload;
    made.actor = one.actor;
    made.at_ms = now_ms_;
    NARU_CHECK(apply_event(next, made));
  }
  return next;
}

Done CaseDesk::before_decision() const {
  if (state_.decision == "approve") {
    return refused(say("the board has decided already", "위원회가 이미 결정하였습니다"), clause(), next_words());
  }
  return {};
}

}  // namespace naru::govern::detail
