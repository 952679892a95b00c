#include "protect/policy.h"

#include "base/files.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace naru;
using namespace naru::protect;

namespace {

std::string demo_text() {
  auto text = read_file(fs::path(NARU_SOURCE_DIR) / "policies" / "naru-demo.yaml");
  REQUIRE(text.ok());
  return *text;
}

std::string with(std::string_view old_part, std::string_view new_part) {
  auto text = demo_text();
  const auto at = text.find(old_part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old_part.size(), new_part);
}

Error error_of(const std::string& text) {
  auto policy = parse_policy(text, "p");
  REQUIRE_FALSE(policy.ok());
  return policy.error();
}

}  // namespace

TEST_CASE("the demonstration policy loads and says what it must") {
  auto policy = find_policy(NARU_SOURCE_DIR, "naru-demo");
  REQUIRE_MESSAGE(policy.ok(), (policy.ok() ? "" : policy.error().where + ": " + policy.error().what.en));
  CHECK(policy->outputs.min_cell == 10);
  CHECK(policy->anonymity.k == 5);
  CHECK(policy->sensitive.groups.size() == 5);
  CHECK(policy->hash.size() == 64);
  CHECK(policy->rule_of("person")->rule_of("person_id")->treatment == Treatment::pseudonym);
  CHECK(policy->rule_of("provider")->left_out);
}

TEST_CASE("comments and layout do not change a policy's hash, a figure does") {
  const auto first = parse_policy(demo_text(), "p");
  const auto commented = parse_policy("# a comment\n" + demo_text(), "p");
  const auto other = parse_policy(with("min_cell: 10", "min_cell: 11"), "p");
  REQUIRE(first.ok());
  CHECK(first->hash == commented->hash);
  CHECK(first->hash != other->hash);
}

TEST_CASE("a missing figure is an error, because the code has no defaults") {
  CHECK(error_of(with("  min_cell: 10\n", "")).where.find("outputs") != std::string::npos);
  CHECK(error_of(with("  max_days: 365\n", "")).where.find("date_shift") != std::string::npos);
  CHECK(error_of(with("  k: 5\n", "")).where.find("anonymity") != std::string::npos);
}

TEST_CASE("an unknown field, table or column of a policy is an error that names it") {
  CHECK(error_of(with("  round_to: 5\n", "  round_to: 5\n  roundto: 5\n")).what.en.find("roundto") !=
        std::string::npos);
  CHECK(error_of(with("  death:\n", "  deaths:\n")).where == "p.tables.deaths");
  CHECK(error_of(with("keep: [period_type_concept_id]", "keep: [period_type]")).where ==
        "p.tables.observation_period.keep.period_type");
}

TEST_CASE("a column that the policy forgets is an error that names it") {
  const auto error = error_of(with("keep: [period_type_concept_id]", "keep: []"));
  CHECK(error.what.en.find("period_type_concept_id") != std::string::npos);
}

TEST_CASE("a policy cannot keep a key, a date, a name or a source value as it is") {
  CHECK(error_of(with("shift: [observation_period_start_date", "keep: [observation_period_start_date")).kind ==
        ErrorKind::rejected);
  CHECK(error_of(with("    pseudonym: [person_id]", "    keep: [person_id]")).kind == ErrorKind::rejected);
  CHECK(error_of(with("keep: [country_concept_id]", "keep: [country_concept_id, address_1]")).kind ==
        ErrorKind::rejected);
}

TEST_CASE("a sensitive group that is empty or missing fails closed") {
  CHECK(error_of(with("diagnoses: [T74, O04]", "diagnoses: []")).what.en == "an empty group would screen nothing");
  CHECK(error_of(with("id: hiv-aids", "id: hiv")).where == "p.sensitive.groups[1].id");
}

TEST_CASE("a released person column that no quasi-identifier takes up is an error") {
  const auto error =
      error_of(with("    - { name: race, kind: code, column: race_concept_id, levels: [keep, none] }\n", ""));
  CHECK(error.what.en.find("race_concept_id") != std::string::npos);
}

TEST_CASE("an unknown policy is named with the known ones") {
  const auto policy = find_policy(NARU_SOURCE_DIR, "nobody");
  REQUIRE_FALSE(policy.ok());
  CHECK(policy.error().kind == ErrorKind::not_found);
  CHECK(policy.error().hint.en.find("naru-demo") != std::string::npos);
}

TEST_CASE("bands of birth years that do not nest are an error, because a wider band must hide a narrower one") {
  CHECK(error_of(with("[1, 5, 10, 20, 0]", "[1, 2, 5]")).where.find("levels[2]") != std::string::npos);
  CHECK(error_of(with("[1, 5, 10, 20, 0]", "[1, 0, 5]")).where.find("levels[2]") != std::string::npos);
}

TEST_CASE("a set of revealing codes is filled or says why it is empty") {
  CHECK(error_of(with("drugs: [G03XB, G02AD06]", "drugs: []")).where == "p.sensitive.groups[4].drugs");
  CHECK(error_of(with("none: no test reveals it", "none: \"\"")).where == "p.sensitive.groups[4].tests.none");
  CHECK(error_of(with("      drugs: [G03XB, G02AD06]\n", "")).where.find("groups[4]") != std::string::npos);
}

TEST_CASE("every policy that is shipped cites clause, version and effective date for every rule") {
  const auto files = list_files(fs::path(NARU_SOURCE_DIR) / "policies", false);
  REQUIRE(files.ok());
  int seen = 0;
  for (const auto& file : *files) {
    if (file == "quality.yaml") continue;
    CAPTURE(file.string());
    const auto policy = find_policy(NARU_SOURCE_DIR, file.stem().string());
    REQUIRE_MESSAGE(policy.ok(), (policy.ok() ? "" : policy.error().where + ": " + policy.error().what.en));
    CHECK(policy->citations.size() >= 18);
    for (const auto& citation : policy->citations) {
      CAPTURE(citation.rule);
      const auto* source = policy->source(citation.source);
      REQUIRE(source != nullptr);
      CHECK_FALSE(source->version.empty());
      CHECK(source->effective.size() == 10);
      CHECK(citation.verified != citation.against.empty());
      CHECK(citation.verified == citation.why.empty());
    }
    ++seen;
  }
  CHECK(seen >= 5);
}

TEST_CASE("a policy with a rule that nobody compared with its original refuses production and names the rule") {
  const auto preset = find_policy(NARU_SOURCE_DIR, "kr-guideline");
  REQUIRE(preset.ok());
  const auto refusal = ready_for_use(*preset);
  REQUIRE_FALSE(refusal.ok());
  CHECK(refusal.error().kind == ErrorKind::refused);
  CHECK(refusal.error().where == "kr-guideline v1, sources.pg26");
  CHECK(refusal.error().what.en.find(", ages, ") != std::string::npos);
  // With every rule compared, it may be used.
  auto whole = *preset;
  for (auto& citation : whole.citations) citation.verified = true;
  CHECK(ready_for_use(whole).ok());
  CHECK(ready_for_production(whole).ok());
  const auto demo = find_policy(NARU_SOURCE_DIR, "naru-demo");
  REQUIRE(demo.ok());
  CHECK(ready_for_use(*demo).ok());
  CHECK_FALSE(ready_for_production(*demo).ok());
}

TEST_CASE("each preset has its rules, each citing its document, and refuses production naming every one not compared") {
  // Place in the file → document, as compared on 2026-11-26 with what could be had (docs/methods/policy.md).
  using Rules = std::map<std::string, std::string>;
  const Rules korean{{"sensitive", "gl25"},
                     {"sensitive.mental-illness", "gl25"},
                     {"sensitive.hiv-aids", "gl25"},
                     {"sensitive.sexually-transmitted", "gl25"},
                     {"sensitive.rare-disease", "gl25"},
                     {"sensitive.abuse-abortion", "gl25"},
                     {"source_codes", "jmir20"},
                     {"deceased", "gl25"},
                     {"linkage", "naru"},
                     {"disclosure", "naru"},
                     {"genome", "gl25"},
                     {"export_review", "pg26"},
                     {"review_tiers", "pg26"},
                     {"impact_assessment", "pd"}};
  const auto with_korean = [&](Rules own) {
    own.insert(korean.begin(), korean.end());
    return own;
  };
  struct Preset {
    std::string id;
    Rules rules;
    std::set<std::string> compared;  ///< rules and sources somebody compared with a copy
  };
  const std::vector<Preset> presets{{"all-of-us-registered",
                                     with_korean({{"date_shift", "aou-privacy"},
                                                  {"ages", "aou-privacy"},
                                                  {"regions", "aou-privacy"},
                                                  {"rare_codes", "aou-privacy"},
                                                  {"risk", "aou-privacy"},
                                                  {"anonymity", "naru"},
                                                  {"outputs", "aou-dissemination"}}),
                                     {"date_shift", "regions", "risk", "outputs", "linkage", "sources.naru"}},
                                    {"hipaa-safe-harbour",
                                     with_korean({{"date_shift", "hipaa"},
                                                  {"ages", "hipaa"},
                                                  {"regions", "hipaa"},
                                                  {"rare_codes", "hipaa"},
                                                  {"risk", "naru"},
                                                  {"anonymity", "naru"},
                                                  {"outputs", "cms-cells"}}),
                                     {"date_shift", "ages", "outputs", "linkage", "sources.cms-cells", "sources.naru"}},
                                    {"nhs-england",
                                     with_korean({{"date_shift", "naru"},
                                                  {"ages", "nhs-isb"},
                                                  {"regions", "nhs-isb"},
                                                  {"rare_codes", "nhs-isb"},
                                                  {"risk", "nhs-isb"},
                                                  {"anonymity", "nhs-isb"},
                                                  {"outputs", "nhs-hes"}}),
                                     {"date_shift", "linkage", "sources.nhs-hes", "sources.naru"}},
                                    {"kr-guideline",
                                     with_korean({{"date_shift", "naru"},
                                                  {"ages", "gl25"},
                                                  {"regions", "gl25"},
                                                  {"rare_codes", "gl25"},
                                                  {"risk", "pg26"},
                                                  {"anonymity", "pg26"},
                                                  {"outputs", "pg26"}}),
                                     {"date_shift", "linkage", "sources.naru"}}};
  // Of the rules that all presets share: the decree's text, the article's abstract, and when the guideline came into
  // force.
  const std::set<std::string> shared{"source_codes", "impact_assessment", "sources.pd", "sources.gl25"};
  for (const auto& preset : presets) {
    CAPTURE(preset.id);
    const auto policy = find_policy(NARU_SOURCE_DIR, preset.id);
    REQUIRE_MESSAGE(policy.ok(), (policy.ok() ? "" : policy.error().where + ": " + policy.error().what.en));
    CHECK(policy->production);
    REQUIRE(preset.rules.size() == 21);
    CHECK(policy->citations.size() == preset.rules.size() + policy->sources.size());
    const auto refusal = ready_for_use(*policy);
    REQUIRE_FALSE(refusal.ok());
    CHECK(refusal.error().kind == ErrorKind::refused);
    const auto named = ": " + refusal.error().what.en.substr(refusal.error().what.en.find(": ") + 2);
    Rules found;
    for (const auto& citation : policy->citations) {
      CAPTURE(citation.rule);
      CHECK(citation.verified == (preset.compared.contains(citation.rule) || shared.contains(citation.rule)));
      const bool told = named.find(": " + citation.rule) != std::string::npos ||
                        named.find(", " + citation.rule) != std::string::npos;
      if (!citation.verified) CHECK(told);
      if (!citation.rule.starts_with("sources.")) found[citation.rule] = citation.source;
    }
    CHECK(found == preset.rules);
  }
}

TEST_CASE("the page of rules names every rule of every preset, its clause, and whether and why not it was compared") {
  const auto page = read_file(fs::path(NARU_SOURCE_DIR) / "docs/methods/policy-rules.md");
  REQUIRE(page.ok());
  for (const auto* id : {"all-of-us-registered", "hipaa-safe-harbour", "kr-guideline", "naru-demo", "nhs-england"}) {
    const auto policy = find_policy(NARU_SOURCE_DIR, id);
    REQUIRE(policy.ok());
    const auto begin = page->find(std::string("## ") + id + " version");
    REQUIRE_MESSAGE(begin != std::string::npos, id);
    const auto section = page->substr(begin, page->find("\n## ", begin) - begin);
    for (const auto& citation : policy->citations) {
      const auto row = section.find("| " + citation.rule + " | " + citation.clause + " |");
      REQUIRE_MESSAGE(row != std::string::npos, id << ": " << citation.rule << " (run scripts/policy-rules)");
      const auto line = section.substr(row, section.find('\n', row) - row);
      const auto state = citation.verified ? "| ✓ " + citation.verified_on + ", " + citation.against + " |"
                                           : "| ? " + citation.why + " |";
      CHECK_MESSAGE(line.find(state) != std::string::npos, line);
    }
  }
}

TEST_CASE("a rule is verified only with a day and a copy it was compared with") {
  CHECK(error_of(with("verified: false, why: \"a choice of this policy, for a board to confirm\"", "verified: true"))
            .what.en.find("against") != std::string::npos);
  CHECK(error_of(with("source: naru, clause", "source: nowhere, clause")).what.en.find("nowhere") != std::string::npos);
}

TEST_CASE("an address cannot leave the holder under the word generalise, and dates move back at most a year") {
  CHECK(error_of(with("generalise: [state, county]", "generalise: [state, county, city]")).where ==
        "p.tables.location.generalise.city");
  CHECK(error_of(with("generalise: [state, county]", "generalise: [state, county, zip]")).where ==
        "p.tables.location.generalise.zip");
  CHECK(error_of(with("max_days: 365", "max_days: 366")).where == "p.date_shift.max_days");
  CHECK(error_of(with("levels: [county, state, none]", "levels: [state, county, none]")).kind == ErrorKind::rejected);
  CHECK(error_of(with("levels: [county, state, none]", "levels: [state, none]")).what.en.find("county") !=
        std::string::npos);
}
