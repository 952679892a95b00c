#pragma once
/// A member's side of the wire: it only calls out. Mutual TLS 1.3 with the authority's public key pinned.
#include "network/identity.h"
#include "network/wire.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace naru::network {

/// One at a time per object; make one per thread. Sending is safe beside other processes of the same site.
class WireClient final : public Sender {
 public:
  /// REQUIRES: the site is enrolled (error refused says how) and outlives the client.
  [[nodiscard]] static Result<std::unique_ptr<WireClient>> open(Site& site);
  ~WireClient() override;
  WireClient(const WireClient&) = delete;
  /// Waiting calls end soon after `stop` turns true. REQUIRES: it outlives the client.
  void stop_with(const std::atomic<bool>& stop);

  [[nodiscard]] Result<std::string> send(const std::string& to, const std::string& kind, const std::string& correlation,
                                         const Body& body, bool reply = false) override;
  struct Polled {
    Message message;
    std::int64_t position = 0;
  };
  /// The next message after `after` (which acknowledges everything up to it), or nothing within `wait_ms`.
  /// Duplicates and messages that fail a check are logged, acknowledged and passed over.
  [[nodiscard]] Result<std::optional<Polled>> poll(std::int64_t after, std::int64_t wait_ms);
  /// Remembers that a message was handled, so that it is never handled again.
  [[nodiscard]] Done done_with(const Polled& polled);
  /// The signed directory, fetched again.
  [[nodiscard]] Result<std::vector<Member>> members();
  /// GET on a wire route; the answer's body. For small signed documents.
  [[nodiscard]] Result<std::string> get(const std::string& path);

 private:
  struct State;
  explicit WireClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A handler may send more through `sender`. Its error goes back as a reply of kind "error"; it never ends the loop.
using Handler = std::function<Result<std::optional<Reply>>(const Message&, Sender& sender)>;
/// By kind. Messages of an unknown kind are answered with an error (replies are only logged).
using Handlers = std::map<std::string, Handler, std::less<>>;

/// Runs one handler as the loops do: errors and exceptions become a reply of kind "error".
[[nodiscard]] std::optional<Reply> dispatch(const Handlers& handlers, const Message& message, Sender& sender);

/// Polls and dispatches until `stop`; reconnects with back-off (0.1 s to 5 s). A message is acknowledged after its
/// handler is done: at least once, duplicates by number are passed over. Error conflict when the site already runs.
[[nodiscard]] Done run_site(Site& site, const Handlers& handlers, const std::atomic<bool>& stop);

class Hub;
/// The same for what members send to the authority without being asked; runs beside the listener.
[[nodiscard]] Done run_authority(Hub& hub, const Handlers& handlers, const std::atomic<bool>& stop);

}  // namespace naru::network
