#pragma once
/// Which alleles a Beacon answers for: counts that holders released under the output rules, put up by the authority.
/// docs/methods/beacon.md.
#include "genome/beacon.h"
#include "network/coordinator.h"
#include "network/identity.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace naru::network {

struct BeaconRequest {
  std::vector<std::string> holders;
  std::string policy;
  std::string access;      ///< open: anybody asks; registered: who is signed in
  std::string assembly;    ///< GRCh37, GRCh38, …
  std::int64_t least = 0;  ///< alleles with fewer copies are answered as absent; not below the policy's
  std::string account;
};

/// What one holder's Beacon says of itself and answers from.
struct BeaconOffer {
  genome::BeaconSet set;
  std::string access;
  std::string published_at;
};

/// Asks the holders for their counts and replaces what stands of each. Logged before it stands. Errors: usage (access,
/// assembly, least); refused: `least` below the policy's, or too few persons came or went since the last time, so that
/// the two together would tell of them; nothing is replaced then.
[[nodiscard]] Result<std::string> publish_beacon(Site& site, Coordinator& coordinator,
                                                 const std::filesystem::path& share, const BeaconRequest& request);

/// The offers of a site as they stand on disk, read again when a file changed. Safe from several threads.
class BeaconShelf {
 public:
  using Offers = std::vector<std::shared_ptr<const BeaconOffer>>;
  [[nodiscard]] Result<Offers> offers(const model::SiteLayout& layout);

 private:
  struct Kept {
    std::filesystem::file_time_type changed;
    std::shared_ptr<const BeaconOffer> offer;
  };
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

}  // namespace naru::network
