#pragma once
/// The parts of a policy file, one reader each. Not for other rooms.
#include "base/json.h"
#include "protect/policy.h"

#include <array>

namespace naru::protect::detail {

inline constexpr std::array<std::pair<std::string_view, Treatment>, 10> treatments = {{
    {"keep", Treatment::keep},
    {"code", Treatment::code},
    {"drop", Treatment::drop},
    {"shift", Treatment::shift},
    {"year_only", Treatment::year_only},
    {"year", Treatment::year},
    {"pseudonym", Treatment::pseudonym},
    {"renumber", Treatment::renumber},
    {"refer", Treatment::refer},
    {"generalise", Treatment::generalise},
}};

/// rejected at `where`.
[[nodiscard]] Error bad(const std::string& where, Text what);
[[nodiscard]] Result<std::int64_t> bounded(const Reader& reader, std::string_view key, std::int64_t least,
                                           std::int64_t most);
/// Reads `clause`: {source, clause, verified: false, why} or {source, clause, verified: {on, against}}; a bare sentence
/// is a rule that cites nothing. Notes the citation under `rule` and returns it as one line.
[[nodiscard]] Result<std::string> clause_of(const Reader& reader, std::string_view rule, Policy& policy);
[[nodiscard]] Done read_sources(const Reader& root, Policy& policy);
/// Positive concept ids.
[[nodiscard]] Result<std::vector<std::int64_t>> concept_ids(const Reader& reader, std::string_view key);
/// Upper case, without dots and blanks.
[[nodiscard]] std::string plain_code(std::string_view code);
/// {en, ko}
[[nodiscard]] Result<Text> title_of(const Reader& reader);

[[nodiscard]] Done read_people_rules(const Reader& root, Policy& policy);
[[nodiscard]] Done read_sensitive(const Reader& root, Policy& policy);
[[nodiscard]] Done read_tables(const Reader& root, Policy& policy);
/// REQUIRES: tables are read.
[[nodiscard]] Done read_anonymity(const Reader& root, Policy& policy);
[[nodiscard]] Done read_outputs(const Reader& root, Policy& policy);
/// May be absent: then no question is answered.
[[nodiscard]] Done read_disclosure(const Reader& root, Policy& policy);
/// deceased, regions, rare_codes, risk
[[nodiscard]] Done read_person_rules(const Reader& root, Policy& policy);
[[nodiscard]] Done read_review_tiers(const Reader& root, Policy& policy);
[[nodiscard]] Done read_process_rules(const Reader& root, Policy& policy);

}  // namespace naru::protect::detail
