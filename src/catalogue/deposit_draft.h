#pragma once
/// A deposit while somebody puts it together in the portal: files come one by one, the dictionary is inferred and then
/// confirmed, and only `submit` makes a deposit of it. Under deposits/drafts/ACCOUNT/ID; nobody else's draft is seen.
#include "base/random.h"
#include "catalogue/deposit.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace naru::catalogue {

class DepositDrafts {
 public:
  /// `deposits` is the site's folder of deposits. REQUIRES: account is a plain name.
  DepositDrafts(std::filesystem::path deposits, std::string account)
      : deposits_(std::move(deposits)), folder_(deposits_ / "drafts" / account), account_(std::move(account)) {}

  /// A new draft's id. Error refused when the account has too many open drafts.
  [[nodiscard]] Result<std::string> open(Random& random);
  /// Takes `content` over. Errors: not_found; rejected for a name that is not plain or a file beyond the limits.
  [[nodiscard]] Done put_file(std::string_view id, std::string_view name, const std::filesystem::path& content,
                              const DepositLimits& limits = {});
  /// {"id","files":[{"name","bytes"}…],"dictionary":[…],"unreadable":[{"name","what"}…]}
  [[nodiscard]] Result<std::string> view_json(std::string_view id);
  /// `description` holds what deposit.yaml does, without `files`; `dictionary` is its `files` object. Its depositor
  /// must be `organisation`. The draft goes away when it was accepted. Errors as of `deposit`.
  [[nodiscard]] Result<DepositReceipt> submit(std::string_view id, std::string_view description,
                                              std::string_view dictionary, std::string_view organisation,
                                              Catalogue& catalogue, Journal& journal);
  [[nodiscard]] Done discard(std::string_view id);

 private:
  [[nodiscard]] Result<std::filesystem::path> folder_of(std::string_view id) const;
  std::filesystem::path deposits_;
  std::filesystem::path folder_;
  std::string account_;
};

}  // namespace naru::catalogue
