#include "govern/programme.h"

#include "base/digest.h"
#include "govern/texts.h"

#include <algorithm>
#include <set>

namespace naru::govern {
namespace {

// 10^15 won is far above any state budget and keeps every product below 2^63.
constexpr Won won_max = 1'000'000'000'000'000;
constexpr std::int64_t places_max = 100'000;

Result<Won> won_in(const Reader& r, std::string_view key) {
  NARU_ASSIGN(const auto out, r.integer(key));
  if (out < 1 || out > won_max) {
    return rejected(say("1 to {} won", "1원에서 {}원 사이여야 합니다", won_max), fmt::format("{}.{}", r.where(), key));
  }
  return out;
}

Result<BudgetClass> class_of(const Reader& r) {
  NARU_CHECK(r.only({"id", "title", "places", "grant_max"}));
  BudgetClass out;
  NARU_ASSIGN(out.id, r.text("id"));
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.places, r.integer("places"));
  NARU_ASSIGN(out.grant_max, won_in(r, "grant_max"));
  if (!is_plain_name(out.id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".id");
  if (out.places < 1 || out.places > places_max || out.grant_max > won_max / out.places) {
    return rejected(say("1 to {} places", "자리는 1에서 {} 사이입니다", places_max), r.where() + ".places");
  }
  return out;
}

Result<FirmSize> size_of(const Reader& r) {
  NARU_CHECK(r.only({"id", "title", "copay_percent"}));
  FirmSize out;
  NARU_ASSIGN(out.id, r.text("id"));
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.copay_percent, r.integer("copay_percent"));
  constexpr std::int64_t percent_max = 100;
  if (out.copay_percent < 0 || out.copay_percent > percent_max) {
    return rejected(say("0 to 100 per cent of the grant", "지원금의 0에서 100퍼센트"), r.where() + ".copay_percent");
  }
  return out;
}

template <typename T, typename Make>
Result<std::vector<T>> list_in(const Reader& r, std::string_view key, Make make) {
  NARU_ASSIGN(const auto elements, r.array(key));
  std::vector<T> out;
  std::set<std::string> seen;
  for (const auto& [element, place] : elements) {
    NARU_ASSIGN(const auto reader, Reader::of(*element, place));
    NARU_ASSIGN(auto one, make(reader));
    if (!seen.insert(one.id).second) return rejected(say("{} stands twice", "{}이(가) 두 번 있습니다", one.id), place);
    out.push_back(std::move(one));
  }
  if (out.empty())
    return rejected(say("must not be empty", "비어 있으면 안 됩니다"), fmt::format("{}.{}", r.where(), key));
  return out;
}

// What the page declares must follow from its own figures.
Done arithmetic(const Programme& p, const Reader& r) {
  NARU_ASSIGN(const auto total, won_in(r, "budget_total"));
  NARU_ASSIGN(const auto places, r.integer("places_total"));
  if (p.budget() != total || p.places() != places) {
    return rejected(
        say("the classes sum to {} won and {} places, declared are {} and {}",
            "예산 구분의 합은 {}원·{}자리인데 선언은 {}원·{}자리입니다", p.budget(), p.places(), total, places),
        r.where() + ".budget_total");
  }
  for (const auto& size : p.sizes) {
    for (const auto& budget : p.classes) {
      const auto value = budget.grant_max + copay_of(budget.grant_max, size.copay_percent);
      constexpr std::int64_t percent = 100;
      // The co-payment is rounded up, so exact support may miss the floor by less than one won of co-payment.
      if ((budget.grant_max + 1) * percent < p.support_percent_min * value) {
        return rejected(say("support of {} for {} is below {} per cent", "{} {} 지원율이 {}퍼센트보다 낮습니다",
                            size.id, budget.id, p.support_percent_min),
                        r.where() + ".support_percent_min");
      }
    }
  }
  return {};
}

Result<Programme> programme_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id", "version", "title", "source", "opens", "closes", "budget_total", "places_total",
                     "support_percent_min", "classes", "sizes", "region_weights"}));
  Programme out;
  NARU_ASSIGN(out.id, r.text("id"));
  if (!is_plain_name(out.id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".id");
  NARU_ASSIGN(out.version, r.integer("version"));
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.source, r.text("source"));
  NARU_ASSIGN(out.opens, r.text("opens"));
  NARU_ASSIGN(out.closes, r.text("closes"));
  NARU_ASSIGN(const auto first, parse_date(out.opens, r.where() + ".opens"));
  NARU_ASSIGN(const auto last, parse_date(out.closes, r.where() + ".closes"));
  if (last < first) return rejected(say("lies before opens", "opens보다 앞섭니다"), r.where() + ".closes");
  NARU_ASSIGN(out.support_percent_min, r.integer("support_percent_min"));
  constexpr std::int64_t percent_max = 100;
  if (out.support_percent_min < 0 || out.support_percent_min > percent_max) {
    return rejected(say("0 to 100 per cent", "0에서 100퍼센트"), r.where() + ".support_percent_min");
  }
  NARU_ASSIGN(out.classes, list_in<BudgetClass>(r, "classes", class_of));
  NARU_ASSIGN(out.sizes, list_in<FirmSize>(r, "sizes", size_of));
  NARU_ASSIGN(const auto weights, r.object("region_weights"));
  for (const auto& [region, weight] : weights.raw().items()) {
    NARU_ASSIGN(out.region_weights[region], weights.number(region));
  }
  if (!out.region_weights.contains("*")) {
    return rejected(say("\"*\" gives the weight of other regions", "\"*\"는 다른 지역의 가중치입니다"),
                    weights.where());
  }
  NARU_CHECK(arithmetic(out, r));
  out.canonical_text = canonical(json);
  out.hash = hex(sha256(out.canonical_text));
  return out;
}

bool outside(std::string_view account) { return account == "treasury" || account.starts_with("firm:"); }

Result<Transaction> transaction_of(const Reader& r, const engine::Event& event) {
  Transaction out;
  NARU_ASSIGN(out.number, r.integer("number"));
  NARU_ASSIGN(out.kind, r.text("kind"));
  NARU_ASSIGN(out.voucher, r.text("voucher"));
  NARU_ASSIGN(out.memo, r.text("memo"));
  out.actor = event.actor;
  out.at_ms = event.at_ms;
  NARU_ASSIGN(const auto postings, r.array("postings"));
  for (const auto& [element, place] : postings) {
    NARU_ASSIGN(const auto p, Reader::of(*element, place));
    Posting posting;
    NARU_ASSIGN(posting.account, p.text("account"));
    NARU_ASSIGN(posting.amount, p.integer("amount"));
    out.postings.push_back(std::move(posting));
  }
  return out;
}

Done post(LedgerState& state, Transaction transaction, const std::string& where) {
  Won sum = 0;
  for (const auto& posting : transaction.postings) {
    if (posting.amount > won_max * 2 || posting.amount < -won_max * 2) {
      return internal_error(say("an amount out of range", "범위를 벗어난 금액"), where);
    }
    sum += posting.amount;
    auto& balance = state.balances[posting.account];
    balance += posting.amount;
    if (balance < 0 && !outside(posting.account)) {
      return internal_error(say("{} falls below zero", "{} 계정이 0 아래로 내려갑니다", posting.account), where);
    }
  }
  if (sum != 0) return internal_error(say("a transaction does not sum to zero", "거래의 합이 0이 아닙니다"), where);
  if (transaction.number != static_cast<std::int64_t>(state.transactions.size()) + 1) {
    return internal_error(say("transactions are not numbered in order", "거래 번호가 순서대로가 아닙니다"), where);
  }
  state.transactions.push_back(std::move(transaction));
  return {};
}

Result<Voucher*> voucher_named(LedgerState& state, const std::string& id, const std::string& where) {
  const auto found = state.vouchers.find(id);
  if (found == state.vouchers.end()) {
    return internal_error(say("there is no voucher {}", "이용권 {}이(가) 없습니다", id), where);
  }
  return &found->second;
}

Done apply_granted(LedgerState& state, const Reader& r) {
  NARU_ASSIGN(const auto v, r.object("granted"));
  Voucher voucher;
  NARU_ASSIGN(voucher.id, v.text("id"));
  NARU_ASSIGN(voucher.organisation, v.text("organisation"));
  NARU_ASSIGN(voucher.size, v.text("size"));
  NARU_ASSIGN(voucher.budget_class, v.text("class"));
  NARU_ASSIGN(voucher.grant, v.integer("grant"));
  NARU_ASSIGN(voucher.copay, v.integer("copay"));
  state.vouchers[voucher.id] = std::move(voucher);
  return {};
}

Done apply_movement(LedgerState& state, const Reader& r, const engine::Event& event, const std::string& where) {
  NARU_ASSIGN(const auto id, r.text("voucher"));
  NARU_ASSIGN(auto* voucher, voucher_named(state, id, where));
  if (event.type == "closed") {
    voucher->closed = true;
    return {};
  }
  NARU_ASSIGN(const auto amount, r.integer("amount"));
  if (event.type == "paid") {
    voucher->copay_paid += amount;
    return {};
  }
  NARU_ASSIGN(const auto holder, r.text("holder"));
  voucher->charged += amount;
  voucher->charged_by_holder[holder] += amount;
  return {};
}

Done apply(LedgerState& state, const engine::Event& event) {
  const auto where = fmt::format("{}@{}", event.stream, event.version);
  NARU_ASSIGN(const auto payload, parse_json(event.payload, where));
  NARU_ASSIGN(const auto r, Reader::of(payload, where));
  if (event.type == "opened") {
    NARU_ASSIGN(const auto programme, r.object("programme"));
    NARU_ASSIGN(state.programme, programme_of(programme.raw(), where));
  } else if (event.type == "granted") {
    NARU_CHECK(apply_granted(state, r));
  } else if (event.type == "paid" || event.type == "charged" || event.type == "closed") {
    NARU_CHECK(apply_movement(state, r, event, where));
  } else {
    return internal_error(say("an event of type {} is unknown", "{} 유형의 이벤트를 알 수 없습니다", event.type),
                          where);
  }
  NARU_ASSIGN(const auto body, r.object("transaction"));
  NARU_ASSIGN(auto transaction, transaction_of(body, event));
  NARU_CHECK(post(state, std::move(transaction), where));
  state.version = event.version;
  return {};
}

}  // namespace

Won Programme::budget() const {
  Won out = 0;
  for (const auto& one : classes) out += one.grant_max * one.places;
  return out;
}

std::int64_t Programme::places() const {
  std::int64_t out = 0;
  for (const auto& one : classes) out += one.places;
  return out;
}

const BudgetClass* Programme::budget_class(std::string_view id) const {
  const auto at = std::find_if(classes.begin(), classes.end(), [&](const BudgetClass& c) { return c.id == id; });
  return at == classes.end() ? nullptr : &*at;
}

const FirmSize* Programme::size(std::string_view id) const {
  const auto at = std::find_if(sizes.begin(), sizes.end(), [&](const FirmSize& s) { return s.id == id; });
  return at == sizes.end() ? nullptr : &*at;
}

Result<Programme> parse_programme(std::string_view yaml, std::string_view where) {
  constexpr std::size_t bytes_max = 1U << 20;
  if (yaml.size() > bytes_max) return rejected(say("larger than 1 MiB", "1 MiB보다 큽니다"), std::string(where));
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  return programme_of(json, where);
}

Won copay_of(Won grant, std::int64_t percent) {
  constexpr std::int64_t hundred = 100;
  return (grant * percent + hundred - 1) / hundred;
}

std::int64_t LedgerState::places_taken() const { return static_cast<std::int64_t>(vouchers.size()); }

std::int64_t LedgerState::places_taken(std::string_view budget_class) const {
  return std::count_if(vouchers.begin(), vouchers.end(),
                       [&](const auto& v) { return v.second.budget_class == budget_class; });
}

Result<LedgerState> replay_ledger(const std::vector<engine::Event>& events) {
  if (events.empty()) return not_found(say("there is no such programme", "그런 사업이 없습니다"), "programme");
  LedgerState state;
  for (const auto& event : events) NARU_CHECK(apply(state, event));
  return state;
}

Reconciliation reconcile(const LedgerState& state) {
  Reconciliation out;
  Won sum = 0;
  std::map<std::string, Won> again;
  for (const auto& transaction : state.transactions) {
    Won own = 0;
    for (const auto& posting : transaction.postings) {
      own += posting.amount;
      again[posting.account] += posting.amount;
    }
    if (own != 0) {
      out.faults.push_back(say("transaction {} sums to {}", "거래 {}의 합이 {}입니다", transaction.number, own));
    }
  }
  for (const auto& [account, balance] : again) {
    sum += balance;
    if (balance < 0 && !outside(account)) {
      out.faults.push_back(say("{} stands at {}", "{} 계정이 {}입니다", account, balance));
    }
    if (account.starts_with("spent:")) out.spent += balance;
    if (account.starts_with("grant:") || account.starts_with("copay:")) out.left += balance;
  }
  if (sum != 0) out.faults.push_back(say("all accounts sum to {}", "모든 계정의 합이 {}입니다", sum));
  if (again != state.balances)
    out.faults.push_back(say("balances differ from the postings", "잔액이 거래 합과 다릅니다"));
  Won charged = 0;
  for (const auto& [id, voucher] : state.vouchers) {
    out.granted += voucher.grant;
    out.copaid += voucher.copay_paid;
    charged += voucher.charged;
  }
  if (charged != out.spent) {
    out.faults.push_back(say("vouchers were charged {}, holders were paid {}", "이용권 청구 {}원, 보유기관 지급 {}원",
                             charged, out.spent));
  }
  out.budget = state.programme.budget();
  out.balanced = out.faults.empty();
  return out;
}

}  // namespace naru::govern
