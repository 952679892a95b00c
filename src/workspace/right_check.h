#pragma once
/// Does this right cover this question? Pure function; the refusal names the missing permission, who can grant it and
/// how. The signature and revocation are the caller's first steps (govern::verify_right_now).
#include "base/result.h"
#include "govern/use_right.h"

#include <string>
#include <string_view>
#include <vector>

namespace naru::workspace {

struct Question {
  std::string account;
  std::string site;                 ///< who answers
  std::string mode;                 ///< "federated" or "linked"
  std::string release = {};         ///< of a linked question
  std::vector<std::string> tables;  ///< OMOP tables the definition reads
  std::string policy_hash;          ///< in force at the site
  std::string vocabulary_hash;      ///< of the data that would answer
  std::int32_t today = 0;           ///< days
};

/// The day by which a right's dates are judged: Korea's (UTC+9), as rights are issued there. Days since 1970-01-01.
[[nodiscard]] std::int32_t day_of_use(const Clock& clock);

/// Errors (refused): the first permission that is missing, in a fixed order: dates, account, site, mode, release,
/// tables, policy, vocabulary.
[[nodiscard]] Done check(const govern::UseRight& right, const Question& question);

}  // namespace naru::workspace
