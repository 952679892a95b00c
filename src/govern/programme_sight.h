#pragma once
/// What a signed-in person may see of a programme's ledger.
#include "govern/actor.h"
#include "govern/programme.h"

#include <string>

namespace naru::govern {

/// programme_view_json: whole for officer, secretariat, chair and auditor. Others see the programme's own figures, and
/// of vouchers, transactions and balances only their firm's, or, as a holder, what was charged at their site: what a
/// firm buys and where is nobody else's business.
[[nodiscard]] std::string programme_view_json(const LedgerState& state, const Actor& actor);

}  // namespace naru::govern
