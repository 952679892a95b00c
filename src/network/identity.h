#pragma once
/// Who a site is: its folder, its keys, its certificate, and the members it knows.
#include "audit/log.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/records.h"
#include "keys/key_store.h"
#include "model/site_layout.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace naru::network {

/// One site as others see it.
struct Member {
  std::string name;
  std::string role;  ///< hospital | agency | key-manager | combiner | authority
  PublicKey signing_key{};
  keys::SealingKey sealing_key{};
  Digest certificate{};  ///< SHA-256 of its TLS client certificate (DER)
  std::int64_t since_ms = 0;
};

/// site.json. Public: everything here may be read by anybody.
struct SiteDescription {
  std::string name;
  std::string role;
  PublicKey signing_key{};
  keys::SealingKey sealing_key{};
  std::string authority_url;             ///< empty before enrolment, and at the authority itself
  std::string authority_pin;             ///< "sha256//…": public key of the authority's TLS server
  std::optional<Member> authority = {};  ///< set by enrolment, and at the authority itself
  [[nodiscard]] bool enrolled() const { return authority.has_value(); }
  /// hospital or agency: keeps patients' data.
  [[nodiscard]] bool holder() const { return role == "hospital" || role == "agency"; }
};

/// Makes the folder (0700), keys, site.json and the log's first entry; the authority also gets its CA and server
/// certificate. Errors: usage for an unknown role or a name that is not plain; conflict when there is a site already.
[[nodiscard]] Result<SiteDescription> init_site(const model::SiteLayout& layout, const std::string& name,
                                                const std::string& role, const Clock& clock, Random& random);
/// Reads site.json. Error not_found says to run `naru init`.
[[nodiscard]] Result<SiteDescription> describe_site(const model::SiteLayout& layout);
[[nodiscard]] Done write_description(const model::SiteLayout& layout, const SiteDescription& site);

/// A site opened for work: description, keys, log. Heap-held so that the log's references stay valid.
class Site {
 public:
  /// REQUIRES: clock and random outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Site>> open(const std::filesystem::path& root, const Clock& clock,
                                                          Random& random);
  Site(const Site&) = delete;
  ~Site();
  [[nodiscard]] const model::SiteLayout& layout() const { return layout_; }
  [[nodiscard]] const SiteDescription& description() const { return description_; }
  [[nodiscard]] keys::KeyStore& keys() { return *keys_; }
  [[nodiscard]] audit::Log& log() { return *log_; }
  /// The site's record store. Safe to use from several threads one call at a time.
  [[nodiscard]] engine::Records& records() { return *records_; }
  [[nodiscard]] const Clock& clock() const { return *clock_; }
  [[nodiscard]] Random& random() { return *random_; }
  /// Appends to the log with the site as actor unless one is given. Fail-closed: go on only when it is done.
  Done record(std::string_view name, std::string_view fields_json, std::string_view actor = {});

 private:
  explicit Site(model::SiteLayout layout) : layout_(std::move(layout)) {}
  model::SiteLayout layout_;
  SiteDescription description_;
  std::unique_ptr<keys::KeyStore> keys_;
  std::unique_ptr<audit::Log> log_;
  std::unique_ptr<engine::Records> records_;
  const Clock* clock_ = nullptr;
  Random* random_ = nullptr;
};

/// The origin line of a site's log: "naru/NAME".
[[nodiscard]] std::string log_origin(std::string_view site);

/// Members as the authority keeps them (its records) and as members keep them (members.json, signed by the authority).
[[nodiscard]] Done put_member(engine::Records& records, const Member& member);
[[nodiscard]] Result<std::vector<Member>> members_of(engine::Records& records);
[[nodiscard]] std::string member_json(const Member& member);
[[nodiscard]] Result<Member> parse_member(std::string_view json, std::string_view where);
/// {"members":[…],"signed_at_ms","signature"} signed by the authority.
[[nodiscard]] Result<std::string> signed_directory(engine::Records& records, const SigningKey& key,
                                                   std::int64_t now_ms);
/// Error rejected when the signature is not the authority's.
[[nodiscard]] Result<std::vector<Member>> verify_directory(std::string_view directory, const PublicKey& authority);

}  // namespace naru::network
