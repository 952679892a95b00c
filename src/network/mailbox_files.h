#pragma once
/// Small things hub and client share: waiting locks, spool names, making a sealed message ready to send.
#include "network/identity.h"
#include "network/wire.h"

#include <filesystem>
#include <string>

namespace naru::network {

/// An exclusive lock over processes, waited for.
class WaitingLock {
 public:
  explicit WaitingLock(const std::filesystem::path& file);
  ~WaitingLock();
  WaitingLock(const WaitingLock&) = delete;
  WaitingLock& operator=(const WaitingLock&) = delete;
  [[nodiscard]] bool held() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

struct ReadyMessage {
  std::string header;            ///< signed envelope
  std::filesystem::path sealed;  ///< ciphertext, to be removed once delivered
};

/// Takes the next number of this site, seals and signs. REQUIRES: the caller holds the site's send lock until delivery,
/// so that numbers arrive in order. `correlation` must be plain.
[[nodiscard]] Result<ReadyMessage> make_ready(Site& site, const Member& recipient, const std::string& kind,
                                              const std::string& correlation, const Body& body, bool reply,
                                              const std::filesystem::path& out);
/// Opens a delivered message after all checks but the number.
[[nodiscard]] Result<Message> open_message(Site& site, const SignedEnvelope& envelope, const Member& sender,
                                           const std::filesystem::path& sealed);
[[nodiscard]] std::string new_correlation(Random& random);
/// Folder below spool/, made when missing.
[[nodiscard]] Result<std::filesystem::path> spool_folder(const Site& site, std::string_view name);
[[nodiscard]] std::filesystem::path spool_file(Site& site, const std::filesystem::path& folder);
/// Messages a crash left half received or half sent.
void sweep_spool(const Site& site);

}  // namespace naru::network
