#pragma once
/// A voucher programme and its double-entry ledger, in whole won. Arithmetic: docs/methods/ledger.md.
///
/// A voucher pays `grant` won from the programme; the firm adds a co-payment of `rate` per cent *of the grant*
/// (small 15, medium 25), rounded up to a whole won; the value is their sum. A use is charged to both in proportion.
#include "base/clock.h"
#include "base/result.h"
#include "catalogue/journal.h"
#include "engine/records.h"
#include "govern/actor.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

using Won = std::int64_t;

struct BudgetClass {
  std::string id;
  Text title;
  std::int64_t places = 0;
  Won grant_max = 0;  ///< per voucher
};
struct FirmSize {
  std::string id;  ///< "small", "medium"
  Text title;
  std::int64_t copay_percent = 0;  ///< of the grant
};
struct Programme {
  std::string id;
  std::int64_t version = 0;
  Text title;
  std::string source;
  std::vector<BudgetClass> classes;
  std::vector<FirmSize> sizes;                   ///< who is eligible
  std::int64_t support_percent_min = 0;          ///< of the voucher's value, checked for every size
  std::map<std::string, double> region_weights;  ///< region → weight in matching, "*" for others
  std::string opens;                             ///< dates "YYYY-MM-DD"
  std::string closes;
  std::string canonical_text;
  std::string hash;
  [[nodiscard]] Won budget() const;  ///< places × grant_max, summed
  [[nodiscard]] std::int64_t places() const;
  [[nodiscard]] const BudgetClass* budget_class(std::string_view id) const;
  [[nodiscard]] const FirmSize* size(std::string_view id) const;
};
/// Errors: rejected when the arithmetic does not hold (support below its minimum, declared total differs …).
[[nodiscard]] Result<Programme> parse_programme(std::string_view yaml, std::string_view where);
/// ceil(grant × percent / 100).
[[nodiscard]] Won copay_of(Won grant, std::int64_t percent);

/// Sums to zero in every transaction.
struct Posting {
  std::string account;
  Won amount = 0;
};
struct Transaction {
  std::int64_t number = 0;  ///< from 1 in the programme
  std::string kind;         ///< open, grant, copay, charge, close
  std::string voucher;      ///< or empty
  std::string memo;
  std::string actor;
  std::int64_t at_ms = 0;
  std::vector<Posting> postings;
};
struct Voucher {
  std::string id;  ///< "MDV2026-L-01"
  std::string organisation;
  std::string size;
  std::string budget_class;
  Won grant = 0;
  Won copay = 0;
  Won copay_paid = 0;
  Won charged = 0;
  std::map<std::string, Won> charged_by_holder;
  bool closed = false;
  [[nodiscard]] Won value() const { return grant + copay; }
  [[nodiscard]] Won left() const { return grant + copay - charged; }
};
/// Accounts: treasury (outside), programme:CLASS, grant:VOUCHER, firm:ORG (outside), copay:VOUCHER,
/// spent:VOUCHER/HOLDER. Inside accounts never go below zero.
struct LedgerState {
  Programme programme;
  std::int64_t version = 0;  ///< of its stream
  std::vector<Transaction> transactions;
  std::map<std::string, Won> balances;
  std::map<std::string, Voucher> vouchers;
  [[nodiscard]] std::int64_t places_taken() const;
  [[nodiscard]] std::int64_t places_taken(std::string_view budget_class) const;
};
[[nodiscard]] Result<LedgerState> replay_ledger(const std::vector<engine::Event>& events);

struct GrantRequest {
  std::string organisation;
  std::string size;  ///< "small", "medium"; others are not eligible
  std::string budget_class;
  Won grant = 0;  ///< 0: the class's maximum
};
struct Reconciliation {
  bool balanced = false;  ///< every transaction and the whole sum to zero, and no inside account is below zero
  Won budget = 0, granted = 0, copaid = 0, spent = 0, left = 0;
  std::vector<Text> faults;
};
[[nodiscard]] Reconciliation reconcile(const LedgerState& state);

/// What a firm needs against what a holder has; each part of the score is shown.
struct MatchPart {
  std::string part;  ///< "tables", "code systems", "persons", "region"
  double score = 0;
  double weight = 0;
  Text why;
};
struct HolderNeed {
  std::vector<std::string> tables;
  std::vector<std::string> code_systems;
  std::int64_t persons_min = 0;
};
struct HolderOffer {
  std::string holder;
  std::string region;
  std::vector<std::string> tables;
  std::vector<std::string> code_systems;
  std::int64_t persons = 0;  ///< released figure
};
struct HolderRank {
  std::string holder;
  double score = 0;  ///< weighted mean of the parts times the region's weight
  std::vector<MatchPart> parts;
};
[[nodiscard]] std::vector<HolderRank> rank_holders(const Programme& programme, const HolderNeed& need,
                                                   const std::vector<HolderOffer>& offers);

/// Programmes in the record store: streams "programme/ID". Every command reads, decides and appends with the version
/// it read, so that no two can spend the same won; a loser reads again.
class Programmes {
 public:
  /// REQUIRES: all outlive it.
  Programmes(engine::Records& records, const Clock& clock, catalogue::Journal& journal);
  /// Error conflict when it is open already with other text; the same text again changes nothing.
  [[nodiscard]] Result<LedgerState> open(const Programme& programme, const Actor& actor);
  /// Errors: refused (no place left, not eligible, above the cap, second voucher of the firm), naming the clause.
  [[nodiscard]] Result<Voucher> grant(std::string_view programme, const GrantRequest& request, const Actor& actor);
  /// The firm's co-payment arrives, in one or several parts. Error refused above what is due.
  [[nodiscard]] Result<Voucher> pay(std::string_view programme, std::string_view voucher, Won amount,
                                    const Actor& actor);
  /// A use at a holder is charged. `reference` makes it happen once: the same reference again changes nothing.
  /// Errors: refused when more than is left, or the co-payment is not in.
  [[nodiscard]] Result<Voucher> charge(std::string_view programme, std::string_view voucher, std::string_view holder,
                                       Won amount, std::string_view reference, const Actor& actor);
  /// What is left goes back: to the programme and to the firm.
  [[nodiscard]] Result<Voucher> close(std::string_view programme, std::string_view voucher, const Actor& actor);
  [[nodiscard]] Result<LedgerState> get(std::string_view programme);
  [[nodiscard]] Result<std::vector<LedgerState>> all();

 private:
  engine::Records& records_;
  const Clock& clock_;
  catalogue::Journal& journal_;
};

/// GET /programmes/{id} and the short form in GET /programmes; shapes in office.h.
[[nodiscard]] std::string programme_view_json(const LedgerState& state);
[[nodiscard]] std::string programme_line_json(const LedgerState& state);

}  // namespace naru::govern
