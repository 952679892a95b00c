#include "govern/programme_sight.h"

#include "base/json.h"

#include <algorithm>
#include <array>
#include <set>

namespace naru::govern {
namespace {

bool sees_all(const Actor& actor) {
  constexpr std::array<std::string_view, 4> roles{"officer", "secretariat", "chair", "auditor"};
  return std::ranges::any_of(roles, [&](auto role) { return actor.has(role); });
}

}  // namespace

std::string programme_view_json(const LedgerState& state, const Actor& actor) {
  if (sees_all(actor)) return programme_view_json(state);
  std::set<std::string> hidden_ids;
  std::set<std::string> hidden_firms;
  for (const auto& [id, voucher] : state.vouchers) {
    const bool own = !actor.organisation.empty() && (voucher.organisation == actor.organisation ||
                                                     voucher.charged_by_holder.contains(actor.organisation));
    if (own) continue;
    hidden_ids.insert(id);
    if (voucher.organisation != actor.organisation) hidden_firms.insert(voucher.organisation);
  }
  const auto hidden = [&](std::string_view account) {
    const auto colon = account.find(':');
    if (colon == std::string_view::npos) return false;
    const auto name = account.substr(colon + 1);
    if (account.starts_with("firm:")) return hidden_firms.contains(std::string(name));
    return hidden_ids.contains(std::string(name.substr(0, name.find('/'))));
  };
  auto view = Json::parse(programme_view_json(state));
  for (const auto* list : {"vouchers", "transactions"}) {
    const auto* key = std::string_view(list) == "vouchers" ? "id" : "voucher";
    Json kept = Json::array();
    for (const auto& one : view.at(list)) {
      if (!hidden_ids.contains(one.value(key, ""))) kept.push_back(one);
    }
    view[list] = std::move(kept);
  }
  Json balances = Json::object();
  for (const auto& [account, amount] : view.at("balances").items()) {
    if (!hidden(account)) balances[account] = amount;
  }
  view["balances"] = std::move(balances);
  return canonical(view);
}

}  // namespace naru::govern
