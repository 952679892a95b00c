#include "network/mailbox_files.h"

#include "base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>

namespace naru::network {

WaitingLock::WaitingLock(const fs::path& file) {
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) return;
  int outcome = 0;
  do {
    outcome = ::flock(descriptor_, LOCK_EX);
  } while (outcome != 0 && errno == EINTR);
  if (outcome == 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
}
WaitingLock::~WaitingLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string new_correlation(Random& random) { return to_hex(random.bytes(12)); }

Result<fs::path> spool_folder(const Site& site, std::string_view name) {
  auto folder = site.layout().spool() / name;
  NARU_CHECK(make_folder(folder, 0700));
  return folder;
}

fs::path spool_file(Site& site, const fs::path& folder) { return folder / (to_hex(site.random().bytes(12)) + ".bin"); }

void sweep_spool(const Site& site) {
  // Another process of this site may be writing: only what nobody has touched for an hour is left over.
  const auto left_over = fs::file_time_type::clock::now() - std::chrono::hours(1);
  std::error_code code;
  for (const auto* part : {"in", "out", "incoming"}) {
    for (const auto& file : fs::directory_iterator(site.layout().spool() / part, code)) {
      if (fs::last_write_time(file.path(), code) < left_over && !code) fs::remove(file.path(), code);
    }
  }
}

Result<ReadyMessage> make_ready(Site& site, const Member& recipient, const std::string& kind,
                                const std::string& correlation, const Body& body, bool reply, const fs::path& out) {
  if (!is_plain_name(kind) || !is_plain_name(correlation)) {
    return usage_error(say("kind and correlation of a message are plain names",
                           "메시지의 종류와 상관 번호는 단순한 이름이어야 합니다"),
                       "wire");
  }
  Envelope envelope;
  envelope.from = site.description().name;
  envelope.to = recipient.name;
  envelope.kind = kind;
  envelope.correlation = correlation;
  envelope.reply = reply;
  NARU_CHECK(body.file ? seal_file(*body.file, recipient.sealing_key, site.random(), out, envelope)
                       : seal_body(body.bytes, recipient.sealing_key, site.random(), out, envelope));
  // Never below the clock: a site made anew under its old name, or put back from a backup, goes on above every number
  // the others have seen.
  NARU_ASSIGN(const auto last, site.records().counter("wire.sent"));
  const auto step = std::max<std::int64_t>(1, site.clock().now_ms() - last);
  NARU_ASSIGN(envelope.number,
              site.records().add_to_counter("wire.sent", step, std::numeric_limits<std::int64_t>::max()));
  envelope.sent_ms = site.clock().now_ms();
  envelope.expires_ms = envelope.sent_ms + wire_expiry_ms;
  return ReadyMessage{sign_envelope(envelope, site.keys().signing_key()), out};
}

Result<Message> open_message(Site& site, const SignedEnvelope& envelope, const Member& sender, const fs::path& sealed) {
  NARU_CHECK(check_envelope(envelope, sender.signing_key, site.clock().now_ms()));
  const auto& head = envelope.envelope;
  if (head.from != sender.name) return wire_error(WireRefusal::unknown_sender, head.from);
  if (head.to != site.description().name) return wire_error(WireRefusal::wrong_recipient, head.from);
  Message out;
  out.from = head.from;
  out.kind = head.kind;
  out.correlation = head.correlation;
  out.reply = head.reply;
  out.number = head.number;
  out.sent_ms = head.sent_ms;
  if (head.form == BodyForm::bytes) {
    NARU_ASSIGN(out.body, open_body(sealed, head, site.keys()));
    return out;
  }
  NARU_ASSIGN(const auto folder, spool_folder(site, "in"));
  const auto file = spool_file(site, folder);
  NARU_CHECK(open_file(sealed, head, site.keys(), file));
  out.file = file;
  return out;
}

}  // namespace naru::network
