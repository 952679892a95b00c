#pragma once
/// The one place where a privacy budget is spent. A budget belongs to the persons of a release: every noisy answer
/// about them costs all of them (no saving by disjoint groups). Spending and answer are one record: without the record
/// nothing leaves, and with it the same question has that answer for ever. docs/methods/zcdp.md.
#include "base/result.h"
#include "engine/records.h"
#include "protect/output_control.h"

#include <functional>
#include <string>
#include <string_view>

namespace naru::protect {

struct Spending {
  double rho_total = 0;
  double rho_spent = 0;
  double epsilon = 0;  ///< of what is spent, at the policy's δ
  double delta = 0;
  std::int64_t answers = 0;
};

class PrivacyBudget {
 public:
  /// REQUIRES: records outlive it. `release`: a plain name; policy from the file, never from code.
  PrivacyBudget(engine::Records& records, std::string release, NoisePolicy policy)
      : records_(records), stream_("privacy/" + std::move(release)), policy_(policy) {}

  struct Answered {
    std::string answer;     ///< JSON
    bool repeated = false;  ///< the question was answered before: nothing was spent
    Spending spending;
  };
  /// `question` identifies everything the answer is a function of. `compute` draws the noise and is called only when
  /// the budget allows; its answer is recorded before this returns. Two at once: one of them is recorded, and both get
  /// it when the question is the same. Errors: refused when `rho` is more than what is left; usage when not positive.
  [[nodiscard]] Result<Answered> answer_once(std::string_view question, double rho, std::string_view actor,
                                             const std::function<Result<std::string>()>& compute);
  [[nodiscard]] Result<Spending> spending();

 private:
  engine::Records& records_;
  std::string stream_;
  NoisePolicy policy_;
};

}  // namespace naru::protect
