#include "network/captured.h"

#include "base/files.h"
#include "base/limits.h"
#include "network/bundle.h"
#include "network/wire.h"

#include <fmt/format.h>

namespace naru::network {
namespace {

constexpr std::uint64_t envelope_bytes_most = 64U << 10;

Result<std::string> body_of(Site& site, const fs::path& sealed, const Envelope& envelope, const fs::path& scratch) {
  if (envelope.form == BodyForm::bytes) return open_body(sealed, envelope, site.keys());
  NARU_CHECK(open_file(sealed, envelope, site.keys(), scratch));
  auto content = read_file(scratch, limits::wire_message_bytes);
  std::error_code code;
  fs::remove(scratch, code);
  return content;
}

}  // namespace

Result<std::vector<OpenedMessage>> open_captured(Site& site, const fs::path& capture, const fs::path& out) {
  NARU_ASSIGN(const auto names, list_files(capture, false));
  NARU_CHECK(make_folder(out, 0700));
  std::vector<OpenedMessage> opened;
  for (const auto& name : names) {
    if (name.extension() != ".envelope") continue;
    NARU_ASSIGN(const auto header, read_file(capture / name, envelope_bytes_most));
    NARU_ASSIGN(const auto message, parse_envelope(header));
    const auto& envelope = message.envelope;
    if (envelope.to != site.description().name) continue;
    auto sealed = capture / name;
    sealed.replace_extension(".sealed");
    OpenedMessage one{envelope.from, envelope.kind, envelope.number, {}};
    const auto folder = fmt::format("{}-{:015}", envelope.from, envelope.number);
    NARU_CHECK(make_folder(out / folder, 0700));
    NARU_ASSIGN(const auto body, body_of(site, sealed, envelope, out / folder / "opening"));
    std::vector<NamedBytes> files;
    if (auto bundle = unpack(body, name.string()); bundle.ok()) {
      files = std::move(bundle).value();
    } else {
      files.push_back({"body", body});
    }
    for (const auto& file : files) {
      NARU_CHECK(write_file_atomic(out / folder / file.name, file.content, 0600));
      one.files.push_back(folder + "/" + file.name);
    }
    opened.push_back(std::move(one));
  }
  return opened;
}

}  // namespace naru::network
