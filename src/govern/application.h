#pragma once
/// One application for many holders: what is asked, for what, by whom; and whether the datasets' terms allow it.
#include "base/clock.h"
#include "base/result.h"
#include "base/strong_id.h"
#include "catalogue/catalogue.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace naru::govern {

struct ApplicationPerson {
  std::string account;
  std::string name;
  std::string role;  ///< "principal", "analyst", …
};

struct Application {
  std::string id;       ///< set on submission: "APP-2026-0001"
  std::string project;  ///< pseudonym, set on submission: "prj-" and 16 hex digits
  Text title;
  std::string applicant;  ///< account
  std::string organisation;
  std::vector<std::string> partner_organisations = {};  ///< conflicts of interest count these too
  std::vector<ApplicationPerson> people;
  std::vector<SiteName> holders;
  std::vector<std::string> datasets;  ///< catalogue ids
  std::string release = {};           ///< wanted release, for linked questions
  std::vector<std::string> modes;     ///< federated, linked
  std::vector<std::string> tables;    ///< OMOP tables
  std::string cohort = {};            ///< canonical JSON of a Circe expression; empty: whole population
  std::string purpose_code;           ///< DUO term of the purpose, "DUO:0000006", or "MONDO:…"
  std::string ai_use = {};            ///< "", train, fine-tune, validate, export-weights
  bool commercial = false;
  std::string purpose;  ///< in the applicant's words
  std::int64_t query_budget = 0;
  std::int32_t valid_from = 0;  ///< days
  std::int32_t valid_until = 0;
  std::string forms_json = "{}";  ///< the six forms, as schemas/application-forms.yaml describes them
  std::string sop = {};           ///< SOP id; empty: shared-drb-irb-exemption
  std::string programme = {};     ///< voucher that pays, or empty
  std::int64_t submitted_ms = 0;
};

[[nodiscard]] std::string application_json(const Application& application);
/// JSON object or YAML; unknown keys are errors. Dates as "YYYY-MM-DD".
[[nodiscard]] Result<Application> parse_application(std::string_view json, std::string_view where);
[[nodiscard]] Result<Application> read_application_yaml(std::string_view yaml, std::string_view where);
/// What is missing, by the forms' description (schemas/application-forms.yaml); empty: complete.
struct Missing {
  std::string form;
  std::string field;
  Text what;
};
[[nodiscard]] Result<std::vector<Missing>> missing_fields(const Application& application, std::string_view forms_yaml);

/// Purpose against a dataset's use terms. `board`: the terms do not settle it, the board does.
enum class Match { yes, no, board };
struct TermMatch {
  std::string dataset;
  Match match = Match::board;
  std::vector<Text> reasons;  ///< each rule that spoke, in order
};
/// Code → its parents, and labels: from schemas/use-terms.yaml.
struct TermTree {
  std::map<std::string, std::vector<std::string>> parents;
  std::map<std::string, Text> labels;
  /// True when `code` is `ancestor` or lies below it: the climb goes from the request upwards and never descends.
  [[nodiscard]] bool climbs_to(std::string_view code, std::string_view ancestor) const;
};
[[nodiscard]] Result<TermTree> parse_terms(std::string_view yaml, std::string_view where);
[[nodiscard]] TermMatch match_terms(const Application& application, const catalogue::Dataset& dataset,
                                    const TermTree& terms, std::int32_t today);

}  // namespace naru::govern
