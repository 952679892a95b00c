#include "audit/log.h"
#include "audit/verify.h"
#include "base/files.h"
#include "base/json.h"
#include "cli/command.h"
#include "network/identity.h"

#include <fmt/format.h>

namespace naru::cli {
namespace {

/// A log folder itself, or the one in a site's folder.
fs::path log_folder(const fs::path& given) {
  std::error_code code;
  return fs::exists(given / "site.json", code) ? model::SiteLayout(given).log() : given;
}

/// The key the verifier names; without one the site's own description, which a thief of the folder could have changed:
/// the answer says where the trust came from.
Result<PublicKey> trusted_key(const Call& call, const fs::path& given) {
  if (call.has("--key")) return public_key_from_hex(call.text("--key"), "--key");
  std::error_code code;
  for (const auto& folder : {given, given.parent_path()}) {
    if (!fs::exists(folder / "site.json", code)) continue;
    NARU_ASSIGN(const auto site, network::describe_site(model::SiteLayout(folder)));
    return site.signing_key;
  }
  return usage_error(say("no key to trust: this is a log folder without its site",
                         "신뢰할 키가 없습니다: 사이트 없는 로그 폴더입니다"),
                     "--key",
                     say("give the site's signing key: --key HEX (the field signing_key of its site.json)",
                         "사이트의 서명 키를 주세요: --key HEX (site.json의 signing_key)"));
}

Text text_of(const audit::Report& report) {
  if (report.intact()) {
    return say("the log {} is intact: {} entries, {} with details, {} erased by request",
               "로그 {}은(는) 온전합니다: 항목 {}개, 상세 {}개, 요청에 따라 삭제 {}개", report.origin, report.size,
               report.details, report.details_erased);
  }
  auto out = say("the log was tampered with:", "로그가 변조되었습니다:");
  for (const auto& finding : report.findings) {
    const auto line = fmt::format("\n  {:<12} {}: ", audit::name_of(finding.kind), finding.place);
    out.en += line + finding.what.en;
    out.ko += line + finding.what.ko;
  }
  return out;
}

Result<Answer> verify(const Call& call, const Context& context) {
  const fs::path given = call.text("DIR");
  if (std::error_code code; !fs::is_directory(given, code)) {
    return not_found(say("no such folder", "폴더가 없습니다"), given.string(),
                     say("give a site's folder or its log folder", "사이트 폴더나 로그 폴더를 지정하세요"));
  }
  NARU_ASSIGN(const auto key, trusted_key(call, given));
  std::optional<std::string> witness;
  if (call.has("--against")) {
    NARU_ASSIGN(witness, read_file(call.text("--against"), 1U << 16));
  }
  NARU_ASSIGN(const auto report, audit::verify(log_folder(given), key, witness));
  NARU_ASSIGN(auto json, parse_json(audit::report_json(report, context.language), "report"));
  json["key"] = to_hex(key);
  json["key_given"] = call.has("--key");
  return Answer{canonical(json), text_of(report), report.intact() ? 0 : exit_status(ErrorKind::rejected)};
}

Result<Answer> prove(const Call& call, const Context&) {
  NARU_ASSIGN(const auto index, call.integer("ENTRY", 0, INT64_MAX));
  NARU_ASSIGN(const auto proof, audit::prove(log_folder(call.text("--site")), static_cast<std::uint64_t>(index)));
  return Answer{audit::proof_json(proof),
                say("entry {} is in the tree of {} entries; {} hashes prove it",
                    "항목 {}은(는) 항목 {}개의 트리에 있으며 해시 {}개가 증명합니다", index, proof.checkpoint.size,
                    proof.path.size()),
                0};
}

Result<Answer> check_proof(const Call& call, const Context&) {
  NARU_ASSIGN(const auto key, public_key_from_hex(call.text("--key"), "--key"));
  NARU_ASSIGN(const auto text, read_file(call.text("FILE"), 1U << 20));
  NARU_ASSIGN(const auto proof, audit::verify_proof(text, key, call.text("FILE")));
  const Json json = {
      {"holds", true}, {"index", proof.index}, {"size", proof.checkpoint.size}, {"origin", proof.checkpoint.origin}};
  return Answer{canonical(json),
                say("the proof holds: entry {} is in the log {}", "증명이 맞습니다: 항목 {}은(는) 로그 {}에 있습니다",
                    proof.index, proof.checkpoint.origin),
                0};
}

Result<Answer> show(const Call& call, const Context&) {
  NARU_ASSIGN(const auto from, call.integer("--from", 0, INT64_MAX));
  NARU_ASSIGN(const auto count, call.integer("--count", 1, 100'000));
  const auto folder = log_folder(call.text("--site"));
  NARU_ASSIGN(const auto checkpoint, audit::read_checkpoint(folder));
  NARU_ASSIGN(const auto entries,
              audit::read_entries(folder, static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(count)));
  auto list = Json::array();
  std::string lines;
  for (const auto& entry : entries) {
    Json one = {{"index", entry.index}, {"digest", hex(entry.digest)}, {"erased", entry.erased}};
    if (!entry.erased) {
      NARU_ASSIGN(one["fields"], parse_json(entry.event.fields, "details.jsonl"));
      one["name"] = entry.event.name;
      one["actor"] = entry.event.actor;
      one["at"] = format_instant(entry.at_ms);
      lines += fmt::format("{:>6}  {}  {:<24} {:<16} {}\n", entry.index, format_instant(entry.at_ms), entry.event.name,
                           entry.event.actor, entry.event.fields);
    } else {
      lines += fmt::format("{:>6}  {}\n", entry.index, hex(entry.digest));
    }
    list.push_back(std::move(one));
  }
  return Answer{
      canonical({{"origin", checkpoint.origin}, {"size", checkpoint.size}, {"entries", list}}), {lines, lines}, 0};
}

Result<Answer> checkpoint(const Call& call, const Context&) {
  NARU_ASSIGN(const auto now, audit::read_checkpoint(log_folder(call.text("--site"))));
  const Json json = {{"origin", now.origin}, {"size", now.size}, {"root", hex(now.root)}, {"checkpoint", now.note}};
  return Answer{canonical(json), {now.note, now.note}, 0};
}

}  // namespace

std::vector<Command> audit_commands() {
  const Option site{"--site", "DIR", say("the site's folder, or a log folder", "사이트 폴더 또는 로그 폴더"),
                    true,     false, {}};
  std::vector<Command> out;
  out.push_back({"audit verify",
                 say("checks a log offline and names the entry that was touched",
                     "로그를 오프라인으로 검증하고 변조된 항목을 알림"),
                 {{"DIR", "", say("a site's folder or a log folder", "사이트 폴더 또는 로그 폴더"), true, false, {}},
                  {"--against",
                   "CHECKPOINT",
                   say("a checkpoint somebody else kept: finds truncation, rollback, forks",
                       "다른 이가 보관한 체크포인트: 잘림, 되돌림, 분기를 찾음"),
                   false,
                   false,
                   {}},
                  {"--key",
                   "HEX",
                   say("the site's signing key, from a source you trust", "신뢰하는 출처에서 받은 사이트 서명 키"),
                   false,
                   false,
                   {}}},
                 verify});
  out.push_back({"audit prove",
                 say("prints an inclusion proof of one entry", "항목 하나의 포함 증명을 출력"),
                 {{"ENTRY", "", say("the entry's number, from 0", "항목 번호(0부터)"), true, false, {}}, site},
                 prove});
  out.push_back({"audit check",
                 say("checks an inclusion proof offline", "포함 증명을 오프라인으로 검증"),
                 {{"FILE", "", say("the proof", "증명 파일"), true, false, {}},
                  {"--key", "HEX", say("the site's signing key", "사이트 서명 키"), true, false, {}}},
                 check_proof});
  out.push_back({"audit show",
                 say("lists entries of the log", "로그 항목 목록"),
                 {site,
                  {"--from", "N", say("first entry", "첫 항목"), false, false, "0"},
                  {"--count", "N", say("how many", "개수"), false, false, "100"}},
                 show});
  out.push_back({"audit checkpoint",
                 say("prints the signed checkpoint, for a witness to keep", "증인이 보관할 서명된 체크포인트를 출력"),
                 {site},
                 checkpoint});
  return out;
}

}  // namespace naru::cli
