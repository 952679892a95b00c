#pragma once
/// What the handlers share: reading and writing bodies, the policy a site has, replies.
#include "base/json.h"
#include "network/bundle.h"
#include "network/tasks.h"
#include "protect/policy.h"
#include "protect/risk.h"

#include <functional>
#include <set>

namespace naru::network {

/// Canonical JSON text. (This room's `canonical` is the envelope's.)
[[nodiscard]] std::string fields(const Json& value);
/// A text in both languages: {"en","ko"}.
[[nodiscard]] Json both(const Text& text);
/// A JSON object as a body, and back.
[[nodiscard]] Body json_body(const Json& value);
[[nodiscard]] Result<Json> json_of_message(const Message& message);
/// A bundle with meta.json first; large ones go through a file in the site's spool.
[[nodiscard]] Result<Body> bundle_body(const Site& site, const Json& meta, std::vector<NamedBytes> files);
struct Bundle {
  Json meta;
  std::vector<NamedBytes> files;
};
[[nodiscard]] Result<Bundle> bundle_of_message(const Message& message);
[[nodiscard]] Done write_files(const std::vector<NamedBytes>& files, const std::filesystem::path& folder);

[[nodiscard]] Reply reply_of(std::string kind, const Json& value);
/// The policy named by a message, read from this site's own share folder; refused when its hash differs.
[[nodiscard]] Result<protect::Policy> agreed_policy(const std::filesystem::path& share, const Json& message,
                                                    std::string_view where);
/// The policy's `disclosure`; refused where it has none, since then nobody decided what of a model may leave.
[[nodiscard]] Result<protect::OutputControl> control_of(const protect::Policy& policy);
/// Refused unless the message came from the authority.
[[nodiscard]] Done from_authority(const Site& site, const Message& message);

/// What of a risk may leave: the summary of protect, and how many classes there are by bands of size, each number after
/// the output rules (left out when it is small).
[[nodiscard]] Result<Json> risk_for_outside(const protect::Risk& risk, const protect::OutputPolicy& outputs);
/// A count after the output rules: null when small, else a multiple of `round_to`.
[[nodiscard]] Json count_for_outside(std::int64_t count, const protect::OutputPolicy& outputs);
/// private/reports/NAME.json: exact figures, for the site's own eyes.
[[nodiscard]] Done write_private_report(const Site& site, std::string_view name, std::string_view json);

/// private/withdrawn.json
struct Withdrawn {
  std::int64_t epoch = 1;
  std::set<std::int64_t> persons;
};
[[nodiscard]] Result<Withdrawn> read_withdrawn(const model::SiteLayout& layout);
/// Reads, changes and writes it while nobody else does: the served site and a steward's command both add to it, and a
/// withdrawal that one of them wrote over would be lost. What `change` refuses is not written. The set as it stands
/// then.
[[nodiscard]] Result<Withdrawn> change_withdrawn(const model::SiteLayout& layout,
                                                 const std::function<Done(Withdrawn&)>& change);

/// Each group of handlers adds its kinds.
void add_link_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share);
void add_release_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share);
void add_ask_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share);
void add_verify_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share);
void add_consent_handlers(Handlers& handlers, Site& site);

}  // namespace naru::network
