#pragma once
/// Becoming a member by a one-time code. The code carries 16 random bytes and the pin of the authority's TLS key; the
/// authority keeps only a hash of the random part. docs/methods/wire.md.
#include "network/identity.h"

#include <string>

namespace naru::network {

/// At the authority. The code is shown once. Errors: usage for an unknown role.
[[nodiscard]] Result<std::string> issue_code(Site& authority, const std::string& name, const std::string& role,
                                             std::int64_t valid_minutes);

/// At a site: calls the authority over TLS pinned by the code, proves possession of its keys, stores certificate and
/// the authority's keys. Errors: usage for a code that cannot be read; refused when the authority says no.
[[nodiscard]] Result<SiteDescription> enrol(Site& site, const std::string& url, const std::string& code);

/// At the authority, for POST /wire/v1/enrol: the request's JSON in, the answer's JSON out. Single use, also when two
/// requests race. Errors: refused (unknown, used or expired code), rejected (a proof that does not hold).
[[nodiscard]] Result<std::string> accept_enrolment(Site& authority, std::string_view request);

}  // namespace naru::network
