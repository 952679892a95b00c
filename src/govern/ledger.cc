// Commands of a programme. Read, decide, append with the version read: a loser reads again, so no won is spent twice.
#include "govern/programme.h"
#include "govern/texts.h"

#include <algorithm>
#include <functional>

namespace naru::govern {
namespace {

Done officer(const Actor& actor, std::string_view programme) {
  if (actor.has("officer")) return {};
  return refused(say("only a programme officer may do this", "사업 담당자만 할 수 있습니다"),
                 fmt::format("programme {}", programme),
                 say("ask the programme officer", "사업 담당자에게 요청하세요"));
}

Json transaction_json(const LedgerState& state, std::string_view kind, const std::string& voucher,
                      const std::string& memo, const std::vector<Posting>& postings) {
  Json lines = Json::array();
  for (const auto& posting : postings) {
    if (posting.amount != 0) lines.push_back({{"account", posting.account}, {"amount", posting.amount}});
  }
  return Json{{"number", state.transactions.size() + 1},
              {"kind", kind},
              {"voucher", voucher},
              {"memo", memo},
              {"postings", std::move(lines)}};
}

struct Planned {
  std::string type;  ///< empty: nothing to do
  Json payload = {};
  std::string voucher = {};
};

std::string won(Won amount) { return fmt::format("{}", amount); }

Result<const Voucher*> open_voucher(const LedgerState& state, std::string_view id) {
  const auto found = state.vouchers.find(std::string(id));
  if (found == state.vouchers.end()) {
    return not_found(say("there is no voucher {}", "이용권이 없습니다: {}", id), state.programme.id);
  }
  if (found->second.closed) {
    return refused(say("the voucher {} is closed", "이용권 {}은(는) 정산되었습니다", id),
                   fmt::format("programme {}, voucher {}", state.programme.id, id),
                   say("the programme officer may grant a new one while places last",
                       "자리가 남아 있으면 사업 담당자가 새로 지급할 수 있습니다"));
  }
  return &found->second;
}

Done grant_allowed(const LedgerState& state, const GrantRequest& request, Won grant) {
  const auto& p = state.programme;
  const auto* budget = p.budget_class(request.budget_class);
  const auto where = fmt::format("{} v{}, ", p.id, p.version);
  if (request.organisation.empty()) {
    return rejected(say("the firm must be named", "기업을 적어야 합니다"), "organisation");
  }
  if (p.size(request.size) == nullptr) {
    return refused(
        say("a firm of size \"{}\" is not eligible", "\"{}\" 규모의 기업은 지원 대상이 아닙니다", request.size),
        where + "sizes",
        say("small and medium-sized firms and startups may apply", "중소기업과 창업기업이 신청할 수 있습니다"));
  }
  if (budget == nullptr) {
    return not_found(say("there is no budget class {}", "예산 구분이 없습니다: {}", request.budget_class),
                     where + "classes");
  }
  if (state.places_taken(budget->id) >= budget->places) {
    return refused(
        say("all {} places of {} are taken", "{}의 {}자리가 모두 찼습니다", budget->places, budget->id),
        where + "classes." + budget->id + ".places",
        say("ask for another class, or wait for the next call", "다른 구분을 신청하거나 다음 공고를 기다리세요"));
  }
  if (grant < 1 || grant > budget->grant_max) {
    return refused(say("{} won are outside 1 to {}", "{}원은 1원에서 {}원 사이가 아닙니다", grant, budget->grant_max),
                   where + "classes." + budget->id + ".grant_max",
                   say("ask for less, or for a larger class", "금액을 줄이거나 더 큰 구분을 신청하세요"));
  }
  for (const auto& [id, voucher] : state.vouchers) {
    if (voucher.organisation != request.organisation) continue;
    return refused(
        say("{} has the voucher {} already", "{}은(는) 이미 이용권 {}을(를) 받았습니다", request.organisation, id),
        where + "one voucher for a firm", say("use the voucher it has", "받은 이용권을 사용하세요"));
  }
  return {};
}

Result<Planned> plan_grant(const LedgerState& state, const GrantRequest& request, const std::string& today) {
  const auto& p = state.programme;
  const auto* budget = p.budget_class(request.budget_class);
  const auto grant = request.grant == 0 && budget != nullptr ? budget->grant_max : request.grant;
  NARU_CHECK(grant_allowed(state, request, grant));
  if (today < p.opens || today > p.closes) {
    return refused(say("the programme is open from {} to {}", "사업 기간은 {}부터 {}까지입니다", p.opens, p.closes),
                   fmt::format("{} v{}, opens and closes", p.id, p.version),
                   say("apply to the next call", "다음 공고에 신청하세요"));
  }
  const auto number = state.places_taken(request.budget_class) + 1;
  const auto id = fmt::format("{}-{}-{:02}", p.id, request.budget_class, number);
  const auto copay = copay_of(grant, p.size(request.size)->copay_percent);
  const Json granted{{"id", id},
                     {"organisation", request.organisation},
                     {"size", request.size},
                     {"class", request.budget_class},
                     {"grant", grant},
                     {"copay", copay}};
  auto transaction = transaction_json(state, "grant", id, fmt::format("place {} of {}", number, budget->places),
                                      {{"programme:" + request.budget_class, -grant}, {"grant:" + id, grant}});
  return Planned{"granted", {{"granted", granted}, {"transaction", std::move(transaction)}}, id};
}

Result<Planned> plan_pay(const LedgerState& state, std::string_view id, Won amount) {
  NARU_ASSIGN(const auto* voucher, open_voucher(state, id));
  const auto due = voucher->copay - voucher->copay_paid;
  if (amount < 1 || amount > due) {
    return refused(say("{} won do not fit: {} won of the co-payment are due",
                       "{}원은 맞지 않습니다. 남은 부담금은 {}원입니다", amount, due),
                   fmt::format("programme {}, voucher {}, co-payment", state.programme.id, id),
                   say("record at most what is due", "남은 금액까지만 기록하세요"));
  }
  auto transaction = transaction_json(state, "copay", voucher->id, "co-payment of the firm",
                                      {{"firm:" + voucher->organisation, -amount}, {"copay:" + voucher->id, amount}});
  return Planned{
      "paid", {{"voucher", voucher->id}, {"amount", amount}, {"transaction", std::move(transaction)}}, voucher->id};
}

// The co-payment's part of everything charged so far, rounded down; at the end it is exactly the co-payment.
// 128 bits: the product of two amounts may pass 2^63.
Won copay_part(const Voucher& voucher, Won charged) {
  __extension__ using Wide = __int128;
  return static_cast<Won>(static_cast<Wide>(charged) * voucher.copay / voucher.value());
}

Result<Planned> plan_charge(const LedgerState& state, std::string_view id, std::string_view holder, Won amount,
                            std::string_view reference) {
  const auto found = state.vouchers.find(std::string(id));
  for (const auto& transaction : state.transactions) {
    if (transaction.kind != "charge" || transaction.memo != reference || reference.empty()) continue;
    if (found != state.vouchers.end() && transaction.voucher == id) return Planned{"", {}, std::string(id)};
    return conflict(
        say("the reference {} was charged to another voucher", "참조 {}은(는) 다른 이용권에 청구되었습니다", reference),
        state.programme.id);
  }
  NARU_ASSIGN(const auto* voucher, open_voucher(state, id));
  const auto where = fmt::format("programme {}, voucher {}", state.programme.id, id);
  if (!is_plain_name(holder) || reference.empty()) {
    return rejected(say("a charge names its holder and its reference", "청구에는 보유기관과 참조 번호가 필요합니다"),
                    where);
  }
  if (voucher->copay_paid < voucher->copay) {
    return refused(say("{} of {} won of the co-payment are in", "부담금 {}원 중 {}원이 납부되었습니다",
                       voucher->copay_paid, voucher->copay),
                   where + ", co-payment", say("the firm pays its part first", "기업이 부담금을 먼저 납부해야 합니다"));
  }
  if (amount < 1 || amount > voucher->left()) {
    return refused(
        say("{} won are more than the {} won that are left", "{}원은 잔액 {}원을 넘습니다", amount, voucher->left()),
        where + ", value " + won(voucher->value()),
        say("charge at most what is left; the programme officer decides about more",
            "잔액까지만 청구하세요. 추가 지원은 사업 담당자가 결정합니다"));
  }
  const auto from_copay = copay_part(*voucher, voucher->charged + amount) - copay_part(*voucher, voucher->charged);
  auto transaction = transaction_json(state, "charge", voucher->id, std::string(reference),
                                      {{"grant:" + voucher->id, from_copay - amount},
                                       {"copay:" + voucher->id, -from_copay},
                                       {fmt::format("spent:{}/{}", voucher->id, holder), amount}});
  return Planned{"charged",
                 {{"voucher", voucher->id},
                  {"holder", holder},
                  {"amount", amount},
                  {"reference", reference},
                  {"transaction", std::move(transaction)}},
                 voucher->id};
}

Result<Planned> plan_close(const LedgerState& state, std::string_view id) {
  NARU_ASSIGN(const auto* voucher, open_voucher(state, id));
  const auto balance = [&](const std::string& account) {
    const auto found = state.balances.find(account);
    return found == state.balances.end() ? 0 : found->second;
  };
  const auto grant = balance("grant:" + voucher->id);
  const auto copay = balance("copay:" + voucher->id);
  auto transaction = transaction_json(state, "close", voucher->id, "what is left goes back",
                                      {{"grant:" + voucher->id, -grant},
                                       {"programme:" + voucher->budget_class, grant},
                                       {"copay:" + voucher->id, -copay},
                                       {"firm:" + voucher->organisation, copay}});
  return Planned{"closed", {{"voucher", voucher->id}, {"transaction", std::move(transaction)}}, voucher->id};
}

using Plan = std::function<Result<Planned>(const LedgerState&)>;

Result<Voucher> command(Programmes& programmes, engine::Records& records, catalogue::Journal& journal,
                        std::string_view programme, const Actor& actor, const Plan& plan) {
  NARU_CHECK(officer(actor, programme));
  // Each failed try means that somebody else got on, so the bound is never met in practice.
  constexpr int attempts_max = 10'000;
  for (int attempt = 1;; ++attempt) {
    NARU_ASSIGN(const auto state, programmes.get(programme));
    NARU_ASSIGN(auto planned, plan(state));
    if (planned.type.empty()) return state.vouchers.at(planned.voucher);
    const Json fields{{"programme", programme},
                      {"voucher", planned.voucher},
                      {"after_version", state.version},
                      {"transaction", planned.payload.at("transaction")}};
    NARU_CHECK(journal.note("programme." + planned.type, canonical(fields), actor.account));
    const auto done = records.append(fmt::format("programme/{}", programme), state.version,
                                     {{planned.type, canonical(planned.payload), actor.account}});
    if (done.ok()) {
      NARU_ASSIGN(const auto after, programmes.get(programme));
      return after.vouchers.at(planned.voucher);
    }
    if (done.error().kind != ErrorKind::conflict || attempt == attempts_max) return done.error();
  }
}

}  // namespace

Programmes::Programmes(engine::Records& records, const Clock& clock, catalogue::Journal& journal)
    : records_(records), clock_(clock), journal_(journal) {}

Result<LedgerState> Programmes::get(std::string_view programme) {
  NARU_ASSIGN(const auto events, records_.read(fmt::format("programme/{}", programme)));
  if (events.empty()) {
    return not_found(say("the programme {} is not open", "사업 {}이(가) 열려 있지 않습니다", programme),
                     fmt::format("programme/{}", programme),
                     say("an officer opens it: naru programme open", "담당자가 여세요: naru programme open"));
  }
  return replay_ledger(events);
}

Result<std::vector<LedgerState>> Programmes::all() {
  NARU_ASSIGN(const auto streams, records_.streams("programme"));
  std::vector<LedgerState> out;
  for (const auto& stream : streams) {
    NARU_ASSIGN(const auto events, records_.read(stream));
    NARU_ASSIGN(auto state, replay_ledger(events));
    out.push_back(std::move(state));
  }
  return out;
}

Result<LedgerState> Programmes::open(const Programme& programme, const Actor& actor) {
  NARU_CHECK(officer(actor, programme.id));
  const auto stream = "programme/" + programme.id;
  NARU_ASSIGN(const auto before, records_.read(stream));
  if (!before.empty()) {
    NARU_ASSIGN(auto state, replay_ledger(before));
    if (state.programme.hash == programme.hash) return state;
    return conflict(say("{} is open with other text (hash {})", "{}은(는) 다른 내용으로 열려 있습니다 (해시 {})",
                        programme.id, state.programme.hash),
                    stream, say("a changed programme gets a new id", "변경된 사업에는 새 식별자를 부여하세요"));
  }
  std::vector<Posting> postings{{"treasury", -programme.budget()}};
  for (const auto& one : programme.classes) postings.push_back({"programme:" + one.id, one.grant_max * one.places});
  const Json payload{{"programme", Json::parse(programme.canonical_text)},
                     {"transaction", transaction_json({}, "open", "", "budget of the programme", postings)}};
  NARU_CHECK(journal_.note("programme.opened", canonical(Json{{"programme", programme.id}, {"hash", programme.hash}}),
                           actor.account));
  NARU_CHECK(records_.append(stream, 0, {{"opened", canonical(payload), actor.account}}));
  return get(programme.id);
}

Result<Voucher> Programmes::grant(std::string_view programme, const GrantRequest& request, const Actor& actor) {
  constexpr std::int64_t korea_offset_ms = 9LL * 3600 * 1000;
  const auto today = format_instant(clock_.now_ms() + korea_offset_ms).substr(0, 10);
  return command(*this, records_, journal_, programme, actor,
                 [&](const LedgerState& state) { return plan_grant(state, request, today); });
}

Result<Voucher> Programmes::pay(std::string_view programme, std::string_view voucher, Won amount, const Actor& actor) {
  return command(*this, records_, journal_, programme, actor,
                 [&](const LedgerState& state) { return plan_pay(state, voucher, amount); });
}

Result<Voucher> Programmes::charge(std::string_view programme, std::string_view voucher, std::string_view holder,
                                   Won amount, std::string_view reference, const Actor& actor) {
  return command(*this, records_, journal_, programme, actor,
                 [&](const LedgerState& state) { return plan_charge(state, voucher, holder, amount, reference); });
}

Result<Voucher> Programmes::close(std::string_view programme, std::string_view voucher, const Actor& actor) {
  return command(*this, records_, journal_, programme, actor,
                 [&](const LedgerState& state) { return plan_close(state, voucher); });
}

}  // namespace naru::govern
