#pragma once
/// The authority's office: applications, cases, rights and programmes on one record store, answered as JSON for the
/// portal and the command line. Texts are {"en","ko"}; dates "YYYY-MM-DD"; instants "…Z"; amounts whole won.
///
/// application_view_json (GET /applications/{id}):
///   {"id","project","title":{en,ko},"organisation","applicant","submitted_at","programme",
///    "dossier":{"holders","datasets","release","modes","tables","cohort","purpose_code","purpose","ai_use","commercial",
///               "people":[{account,name,role}],"query_budget","valid_from","valid_until","forms":{…},
///               "missing":[{form,field,what}]},
///    "terms":[{"dataset","match":"yes|no|board","reasons":[Text]}],
///    "sop":{"id","version","hash","title":Text,"steps":[{"id","title":Text,"owner","kind","state":"done|open|ahead"}]},
///    "step":{"id","title":Text,"owner","kind"},"closed":bool,"outcome":""|"approved"|"rejected"|"withdrawn",
///    "clocks":[{"what","owner","started","deadline","unit":"working_days|calendar_days","allowed_days","left_days",
///               "breached","stopped","calendar_known"}],
///    "review":null|{"policy","policy_hash","tier","reviewers_min","external_min","in_person","reasons":[Text]},
///    "local_context":[{"site","answer":null|"ok|conditions|decline","conditions":[…],"note","by","at"}],
///    "board":null|{"id","title","members":[{"account","organisation","chair","external","sex","expertise","recused":
///               null|{"reason","by_rule","at"},"vote":null|{"vote","reason","at"}}],
///               "count":{"assigned","recused","voted","approve","reject","revise","abstain","quorum","quorum_met",
///               "carried"}},
///    "decision":null|{"decision","conditions":[…]},"certificate":null|"number",
///    "history":[{"version","type","step","actor","at","note"}],
///    "actions":["vote",…] (what the viewer may do now), "rights":["right-…"]}
///   Votes of others are hidden (vote.vote null, reason "") from a member who can still vote, and from applicants.
/// applications_json (GET /applications):
///   {"applications":[{"id","title","organisation","step":{id,title,owner},"outcome","closed","submitted_at",
///     "next_deadline":null|date,"breached":bool,"actions":[…]}]}
/// rights_json (GET /rights): {"rights":[right_view…]}; right_view_json (GET /rights/{id}):
///   {"right":{token fields},"state":"valid|not_yet|expired|revoked","revoked":null|{"at","reason"},
///    "meter":{"budget":n,"used":n|null},"application","digest","file":"the token's one line"}
/// programmes_json (GET /programmes):
/// {"programmes":[{"id","title","budget","granted","spent","places","places_taken"}]} programme_view_json (GET
/// /programmes/{id}):
///   {"id","version","title","source","hash","opens","closes","budget","granted","copaid","spent","left","places",
///    "places_taken","classes":[{"id","title","places","places_taken","grant_max","left"}],
///    "sizes":[{"id","title","copay_percent","support_percent"}],
///    "vouchers":[{"id","organisation","size","class","grant","copay","copay_paid","value","charged","left","closed",
///                 "by_holder":{HOLDER:won}}],
///    "balances":{account:won},"transactions":[{"number","kind","voucher","memo","actor","at","postings":[{account,
///    amount}]}],"reconciliation":{"balanced","faults":[Text]}}
#include "base/random.h"
#include "base/signature.h"
#include "catalogue/catalogue.h"
#include "govern/case.h"
#include "govern/programme.h"
#include "govern/use_right.h"

#include <filesystem>
#include <functional>
#include <optional>

namespace naru::govern {

/// What the authority adds when it issues a right.
struct RightTerms {
  std::string issuer;  ///< the authority's site name
  std::string policy;
  std::string policy_hash;
  std::string vocabulary_hash;
  std::string release = {};               ///< overrides the application's, once the release exists
  std::vector<SiteName> also_sites = {};  ///< the combiner that answers linked questions
};

class Office {
 public:
  /// `share` holds sops/, programmes/, schemas/. REQUIRES: all outlive it.
  Office(engine::Records& records, const Clock& clock, Random& random, catalogue::Journal& journal,
         std::filesystem::path share);

  // Applications and cases.
  /// Gives id and project pseudonym, opens the case under the newest version of its SOP. The actor is the applicant.
  [[nodiscard]] Result<Application> submit(Application application, const Actor& actor);
  [[nodiscard]] Result<CaseState> act(std::string_view id, std::string_view action_json, const Actor& actor);
  [[nodiscard]] Result<CaseState> application(std::string_view id);
  [[nodiscard]] Result<std::string> applications_json(const Actor& viewer);
  /// Error not_found also when the viewer has no part in it.
  [[nodiscard]] Result<std::string> application_view_json(std::string_view id, const Actor& viewer);
  /// Applications that name a dataset, for its holder:
  /// {"reuse":[{"application","title","organisation","purpose":[codes], "outcome","closed","submitted_at"}…]}, newest
  /// first.
  [[nodiscard]] Result<std::string> reuse_json(std::string_view dataset);
  /// Standing boards, offered when one is to be assigned.
  [[nodiscard]] Done put_board(const Board& board, const Actor& actor);
  [[nodiscard]] Result<std::vector<Board>> boards();

  // Rights.
  /// Error refused unless the case ended approved; a second right for the same case is a conflict unless the first is
  /// revoked or over.
  [[nodiscard]] Result<SignedRight> issue_right(std::string_view application, const RightTerms& terms,
                                                const SigningKey& authority, const Actor& actor);
  [[nodiscard]] Result<SignedRight> right(std::string_view id);
  /// Error conflict when it is revoked already.
  [[nodiscard]] Done revoke_right(std::string_view id, std::string_view reason, const Actor& actor);
  [[nodiscard]] Result<RevocationList> revocations(std::string_view issuer);
  /// `used` answers the meter of a right, when the caller knows it.
  using Meter = std::function<std::optional<std::int64_t>(std::string_view right_id)>;
  [[nodiscard]] Result<std::string> rights_json(const Actor& viewer, const Meter& used);
  [[nodiscard]] Result<std::string> right_view_json(std::string_view id, const Actor& viewer, const Meter& used);

  // Programmes.
  [[nodiscard]] Programmes& programmes() { return programmes_; }
  /// programmes/ID.yaml of the share folder.
  [[nodiscard]] Result<LedgerState> open_programme(std::string_view id, const Actor& actor);
  [[nodiscard]] Result<std::string> programmes_json();

  [[nodiscard]] Result<Sop> sop(std::string_view id) const;  ///< sops/ID.yaml
  [[nodiscard]] Result<Calendar> calendar(std::string_view id) const;
  [[nodiscard]] Result<TermTree> terms() const;

 private:
  [[nodiscard]] Result<std::string> numbered(std::string_view kind);
  [[nodiscard]] Result<std::int32_t> today() const;
  [[nodiscard]] Done may_issue(const CaseState& state, std::int32_t today, const Actor& actor);
  engine::Records& records_;
  const Clock& clock_;
  Random& random_;
  catalogue::Journal& journal_;
  std::filesystem::path share_;
  Cases cases_;
  Programmes programmes_;
};

}  // namespace naru::govern
