#pragma once
/// The legal ground on which a holder keeps and shares a source. It decides what a withdrawal means.
#include "base/text.h"

#include <optional>
#include <string_view>
#include <vector>

namespace naru::model {

/// What happens to a person's rows when that person withdraws.
enum class WithdrawalEffect {
  excludes,       ///< every later computation leaves the person out
  objection,      ///< no consent to withdraw; the holder honours an objection by leaving the person out all the same
  not_applicable  ///< nobody can withdraw: deceased persons, synthetic persons
};

struct LegalBasis {
  std::string_view code;
  Text title;
  Text statute;
  WithdrawalEffect withdrawal;
};

/// consent, pseudonymised-use, deceased, special-approval, synthetic.
[[nodiscard]] const std::vector<LegalBasis>& legal_bases();
/// Null when there is no such code.
[[nodiscard]] const LegalBasis* legal_basis_named(std::string_view code);

}  // namespace naru::model
