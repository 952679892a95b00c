#include "protect/privacy_budget.h"

#include "base/json.h"
#include "protect/zcdp.h"

#include <cmath>

namespace naru::protect {
namespace {

struct Book {
  std::int64_t version = 0;
  double spent = 0;
  std::int64_t answers = 0;
  std::optional<std::string> found = {};
};

Result<Book> read_book(engine::Records& records, const std::string& stream, std::string_view question) {
  NARU_ASSIGN(const auto events, records.read(stream));
  Book out;
  for (const auto& event : events) {
    NARU_ASSIGN(const auto json, parse_json(event.payload, stream));
    NARU_ASSIGN(const auto reader, Reader::of(json, stream));
    NARU_ASSIGN(const auto rho, reader.number("rho"));
    NARU_ASSIGN(const auto asked, reader.text("question"));
    out.version = event.version;
    out.spent += rho;
    ++out.answers;
    if (asked == question) {
      NARU_ASSIGN(out.found, reader.text("answer"));
    }
  }
  return out;
}

}  // namespace

Result<Spending> PrivacyBudget::spending() {
  NARU_ASSIGN(const auto book, read_book(records_, stream_, ""));
  return Spending{policy_.rho, book.spent, epsilon_of(book.spent, policy_.delta), policy_.delta, book.answers};
}

Result<PrivacyBudget::Answered> PrivacyBudget::answer_once(std::string_view question, double rho,
                                                           std::string_view actor,
                                                           const std::function<Result<std::string>()>& compute) {
  if (!(rho > 0) || !std::isfinite(rho)) {
    return usage_error(say("a noisy answer costs more than 0", "잡음 답변의 비용은 0보다 커야 합니다"), "rho");
  }
  constexpr int attempts = 20;
  std::optional<std::string> drawn;  // noise is drawn once, however often another question is faster
  for (int attempt = 0; attempt < attempts; ++attempt) {
    NARU_ASSIGN(auto book, read_book(records_, stream_, question));
    if (book.found) {
      NARU_ASSIGN(const auto now, spending());
      return Answered{std::move(*book.found), true, now};
    }
    if (book.spent + rho > policy_.rho * (1 + 1e-12)) {
      return refused(say("the privacy budget of these persons is spent: {} of {} used, {} asked for",
                         "이 사람들의 개인정보 예산이 부족합니다: {}/{} 사용, {} 요청", book.spent, policy_.rho, rho),
                     stream_,
                     say("ask with more noise (a smaller rho), or repeat an earlier question, which is free",
                         "rho를 줄이거나 무료인 이전 질의를 반복하세요"));
    }
    if (!drawn) {
      NARU_ASSIGN(drawn, compute());
    }
    const Json payload{{"question", question}, {"rho", rho}, {"answer", *drawn}};
    const auto stored = records_.append(stream_, book.version, {{"answered", canonical(payload), std::string(actor)}});
    if (stored.ok()) {
      const auto spent = book.spent + rho;
      return Answered{std::move(*drawn),
                      false,
                      {policy_.rho, spent, epsilon_of(spent, policy_.delta), policy_.delta, book.answers + 1}};
    }
    if (stored.error().kind != ErrorKind::conflict) return stored.error();
  }
  return conflict(say("other questions were faster; ask again", "다른 질의가 앞섰습니다. 다시 시도하세요"), stream_);
}

}  // namespace naru::protect
