#include "govern/programme.h"
#include "govern/texts.h"

#include <algorithm>

namespace naru::govern {
namespace {

double shared(const std::vector<std::string>& need, const std::vector<std::string>& offer) {
  if (need.empty()) return 1;
  const auto met = std::count_if(need.begin(), need.end(), [&](const std::string& one) {
    return std::find(offer.begin(), offer.end(), one) != offer.end();
  });
  return static_cast<double>(met) / static_cast<double>(need.size());
}

Json voucher_json(const Voucher& v) {
  return Json{{"id", v.id},
              {"organisation", v.organisation},
              {"size", v.size},
              {"class", v.budget_class},
              {"grant", v.grant},
              {"copay", v.copay},
              {"copay_paid", v.copay_paid},
              {"value", v.value()},
              {"charged", v.charged},
              {"left", v.closed ? 0 : v.left()},
              {"closed", v.closed},
              {"by_holder", v.charged_by_holder}};
}

Json transactions_json(const LedgerState& state) {
  Json out = Json::array();
  for (const auto& t : state.transactions) {
    Json postings = Json::array();
    for (const auto& p : t.postings) postings.push_back({{"account", p.account}, {"amount", p.amount}});
    out.push_back({{"number", t.number},
                   {"kind", t.kind},
                   {"voucher", t.voucher},
                   {"memo", t.memo},
                   {"actor", t.actor},
                   {"at", format_instant(t.at_ms)},
                   {"postings", std::move(postings)}});
  }
  return out;
}

Json classes_json(const LedgerState& state) {
  Json out = Json::array();
  for (const auto& one : state.programme.classes) {
    const auto balance = state.balances.find("programme:" + one.id);
    out.push_back({{"id", one.id},
                   {"title", text_json(one.title)},
                   {"places", one.places},
                   {"places_taken", state.places_taken(one.id)},
                   {"grant_max", one.grant_max},
                   {"left", balance == state.balances.end() ? 0 : balance->second}});
  }
  return out;
}

Json sizes_json(const Programme& programme) {
  Json out = Json::array();
  for (const auto& one : programme.sizes) {
    constexpr double percent = 100;
    const auto support = percent * percent / (percent + static_cast<double>(one.copay_percent));
    out.push_back({{"id", one.id},
                   {"title", text_json(one.title)},
                   {"copay_percent", one.copay_percent},
                   {"support_percent", support}});
  }
  return out;
}

}  // namespace

std::vector<HolderRank> rank_holders(const Programme& programme, const HolderNeed& need,
                                     const std::vector<HolderOffer>& offers) {
  constexpr double tables_weight = 0.4;
  constexpr double codes_weight = 0.3;
  constexpr double persons_weight = 0.3;
  std::vector<HolderRank> out;
  for (const auto& offer : offers) {
    HolderRank rank;
    rank.holder = offer.holder;
    const auto tables = shared(need.tables, offer.tables);
    const auto codes = shared(need.code_systems, offer.code_systems);
    const auto persons =
        need.persons_min <= 0
            ? 1.0
            : std::min(1.0, static_cast<double>(offer.persons) / static_cast<double>(need.persons_min));
    const auto named = programme.region_weights.find(offer.region);
    const auto region = named == programme.region_weights.end() ? programme.region_weights.at("*") : named->second;
    rank.parts.push_back({"tables", tables, tables_weight,
                          say("share of the wanted tables that the holder has", "필요한 테이블 중 보유한 비율")});
    rank.parts.push_back({"code systems", codes, codes_weight,
                          say("share of the wanted code systems in use", "필요한 용어체계 중 사용하는 비율")});
    rank.parts.push_back({"persons", persons, persons_weight,
                          say("{} persons of the {} wanted, at most 1", "필요한 {1}명 중 {0}명, 최대 1", offer.persons,
                              need.persons_min)});
    rank.parts.push_back({"region", region, 1.0,
                          say("weight of the region \"{}\", multiplied", "지역 \"{}\"의 가중치를 곱함", offer.region)});
    rank.score = (tables * tables_weight + codes * codes_weight + persons * persons_weight) * region;
    out.push_back(std::move(rank));
  }
  std::sort(out.begin(), out.end(), [](const HolderRank& a, const HolderRank& b) {
    return a.score != b.score ? a.score > b.score : a.holder < b.holder;
  });
  return out;
}

std::string programme_line_json(const LedgerState& state) {
  const auto sums = reconcile(state);
  return canonical(Json{{"id", state.programme.id},
                        {"title", text_json(state.programme.title)},
                        {"budget", sums.budget},
                        {"granted", sums.granted},
                        {"spent", sums.spent},
                        {"places", state.programme.places()},
                        {"places_taken", state.places_taken()}});
}

std::string programme_view_json(const LedgerState& state) {
  const auto& p = state.programme;
  const auto sums = reconcile(state);
  Json faults = Json::array();
  for (const auto& fault : sums.faults) faults.push_back(text_json(fault));
  Json vouchers = Json::array();
  for (const auto& [id, voucher] : state.vouchers) vouchers.push_back(voucher_json(voucher));
  return canonical(Json{{"id", p.id},
                        {"version", p.version},
                        {"title", text_json(p.title)},
                        {"source", p.source},
                        {"hash", p.hash},
                        {"opens", p.opens},
                        {"closes", p.closes},
                        {"budget", sums.budget},
                        {"granted", sums.granted},
                        {"copaid", sums.copaid},
                        {"spent", sums.spent},
                        {"left", sums.left},
                        {"places", p.places()},
                        {"places_taken", state.places_taken()},
                        {"classes", classes_json(state)},
                        {"sizes", sizes_json(p)},
                        {"vouchers", std::move(vouchers)},
                        {"balances", state.balances},
                        {"transactions", transactions_json(state)},
                        {"reconciliation", {{"balanced", sums.balanced}, {"faults", std::move(faults)}}}});
}

}  // namespace naru::govern
