#pragma once
/// Mailboxes at the authority: every message between sites passes here, sealed to its recipient. Headers are queued in
/// the record store, ciphertext lies in spool/mail; both are durable before the sender is told so.
/// Replies addressed to the authority go to a mailbox of their correlation, all else to the member's mailbox.
#include "engine/records.h"
#include "network/identity.h"
#include "network/wire.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace naru::network {

/// Wakes waiting readers, also over processes: each mailbox has a file in a folder that inotify watches.
class Doorbell {
 public:
  explicit Doorbell(std::filesystem::path folder);
  void ring(std::string_view mailbox) const;
  /// Until something rang or the time is over; `at` gets the names that rang. Misses nothing rung after construction.
  class Watch {
   public:
    explicit Watch(const std::filesystem::path& folder);
    ~Watch();
    Watch(const Watch&) = delete;
    [[nodiscard]] std::vector<std::string> wait(std::int64_t timeout_ms) const;

   private:
    int descriptor_ = -1;
  };
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

struct HubOptions {
  /// A copy of everything relayed (header and ciphertext) is kept here, for audits of the wire itself. Empty: where the
  /// serving process keeps them, if it does.
  std::filesystem::path capture = {};
};

class Hub {
 public:
  struct Waiting {
    std::int64_t position = 0;  ///< in the mailbox; acknowledging it drops it and everything before
    std::string header;         ///< as signed by the sender
    std::filesystem::path sealed;
  };
  /// REQUIRES: site is an authority and outlives the hub.
  [[nodiscard]] static Result<std::unique_ptr<Hub>> open(Site& site, const HubOptions& options = {});
  ~Hub();
  Hub(const Hub&) = delete;

  /// The member whose enrolled certificate this is. Error refused.
  [[nodiscard]] Result<Member> member_with(const Digest& certificate);
  [[nodiscard]] Result<Member> member_named(std::string_view name);
  /// A fresh file to receive ciphertext into.
  [[nodiscard]] std::filesystem::path incoming() const;
  /// Checks signature, number, digest and recipient; stores durably; rings. Takes `sealed` over (a file made with
  /// `incoming`); on error it is removed. Errors: see WireRefusal.
  [[nodiscard]] Done accept(const Member& sender, std::string_view header, const std::filesystem::path& sealed);
  /// Drops what was acknowledged (positions <= after) and returns the next message, if there is one.
  [[nodiscard]] Result<std::optional<Waiting>> next(std::string_view mailbox, std::int64_t after);
  /// Without dropping.
  [[nodiscard]] Result<std::optional<Waiting>> peek(std::string_view mailbox, std::int64_t after);
  [[nodiscard]] const Doorbell& doorbell() const;
  [[nodiscard]] Site& site();
  [[nodiscard]] static std::string mailbox_of(std::string_view member);

 private:
  struct State;
  explicit Hub(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The authority's own pen and letterbox. Works in the serving process and in any command on the authority's folder.
class AuthorityMailbox final : public Sender {
 public:
  explicit AuthorityMailbox(Hub& hub) : hub_(hub) {}
  [[nodiscard]] Result<std::string> send(const std::string& to, const std::string& kind, const std::string& correlation,
                                         const Body& body, bool reply = false) override;
  /// The next reply of this correlation from anybody; consumed. A reply of kind "error" comes back as its error.
  /// Error conflict when none came in time.
  [[nodiscard]] Result<Message> wait(const std::string& correlation, std::int64_t timeout_ms);
  /// As `wait`, but from one member of several that share a correlation; others' replies stay for their waiters.
  [[nodiscard]] Result<Message> wait_from(const std::string& correlation, const std::string& from,
                                          std::int64_t timeout_ms);
  /// send, then wait_from.
  [[nodiscard]] Result<Message> ask(const std::string& to, const std::string& kind, const Body& body,
                                    std::int64_t timeout_ms);
  /// Removes a file message's file once the caller is done with it.
  static void discard(const Message& message);

 private:
  Hub& hub_;
};

}  // namespace naru::network
