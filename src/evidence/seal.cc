#include "evidence/seal.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "audit/log.h"
#include "base/digest.h"
#include "base/json.h"

namespace naru::evidence {
namespace {

constexpr std::string_view seal_format = "naru-seal-1";

Json digests_of(const Json& body, const std::string& html_digest) {
  const auto text_digest = [](const Json& value) {
    return hex(sha256(value.is_string() ? value.get<std::string>() : canonical(value)));
  };
  const auto& plan = body.at("plan");
  return {{"plan", text_digest(plan.at("plan"))},       {"target", text_digest(plan.at("target"))},
          {"outcome", text_digest(plan.at("outcome"))}, {"solution", text_digest(plan.at("solution"))},
          {"report", text_digest(body.at("report"))},   {"html", html_digest}};
}

Result<Json> body_of(const SealInput& input) {
  NARU_ASSIGN(Json report, parse_json(input.report.json, "report"));
  NARU_ASSIGN(Json plan, parse_json(locked_text(input.plan), "plan"));
  if (report.value("plan_hash", "") != input.plan.hash) {
    return rejected(say("the report belongs to another plan", "보고서가 다른 계획의 것입니다"), input.report.id);
  }
  Json body{{"format", seal_format},  {"id", input.report.id},   {"sealed_at", input.sealed_at},
            {"signer", input.signer}, {"plan", std::move(plan)}, {"report", std::move(report)}};
  body["digests"] = digests_of(body, hex(sha256(input.report.html)));
  return body;
}

Text part_name(std::string_view part) {
  static const std::map<std::string_view, Text> names{{"plan", {"the plan", "계획"}},
                                                      {"target", {"the target definition", "대상 정의"}},
                                                      {"outcome", {"the outcome definition", "결과 정의"}},
                                                      {"solution", {"the solution", "솔루션"}},
                                                      {"report", {"the report", "보고서"}},
                                                      {"html", {"the page", "문서 화면"}}};
  const auto found = names.find(part);
  return found == names.end() ? Text{std::string(part), std::string(part)} : found->second;
}

Text has_changed(const Text& part) { return {part.en + " has changed", part.ko + "이(가) 바뀌었습니다"}; }

// Which parts differ from the digests beside them; when the digests themselves were altered, the signature tells.
void name_changed_parts(const Json& body, EvidenceCheck& out) {
  const auto& stated = body.at("digests");
  const auto found = digests_of(body, stated.value("html", ""));
  for (const auto& [part, digest] : found.items()) {
    if (stated.value(part, "") != digest.get<std::string>()) out.changed.push_back(has_changed(part_name(part)));
  }
  if (stated.size() != found.size())
    out.changed.push_back(say("the list of digests has changed", "다이제스트 목록이 바뀌었습니다"));
  auto locked = parse_locked(canonical(body.at("plan")), "plan");
  if (!locked.ok() || body.at("report").value("plan_hash", "") != locked->hash) {
    out.changed.push_back(say("the plan is not the one that was locked", "잠근 계획이 아닙니다"));
  } else {
    out.plan_hash = locked->hash;
  }
  auto unnamed = body.at("report");
  const auto id = unnamed.value("id", "");
  unnamed.erase("id");
  if (id != body.value("id", "") || id != "ev-" + hex(sha256(canonical(unnamed))).substr(0, 12)) {
    out.changed.push_back(say("the report's id does not fit its content", "보고서 식별자가 내용과 맞지 않습니다"));
  }
}

void check_signature(const Json& file, const std::vector<Trusted>& trust, EvidenceCheck& out) {
  const auto key = public_key_from_hex(file.value("key", ""), "key");
  const auto signature = signature_from_hex(file.value("signature", ""), "signature");
  const auto& body = file.at("body");
  out.signer = body.value("signer", "");
  if (!key.ok() || !signature.ok() || to_hex(*key) != file.value("key", "") ||
      to_hex(*signature) != file.value("signature", "")) {
    out.changed.push_back(say("key or signature is not well formed", "열쇠나 서명의 형식이 잘못되었습니다"));
    return;
  }
  const auto known = std::any_of(trust.begin(), trust.end(),
                                 [&](const Trusted& one) { return one.name == out.signer && one.key == *key; });
  if (!known) {
    out.changed.push_back(say("the signer '{}' with this key is not in your trust file",
                              "이 열쇠의 서명자 '{}'이(가) 신뢰 파일에 없습니다", out.signer));
  }
  const auto text = canonical(body);
  out.body_digest = hex(sha256(text));
  if (!verify(*key, text, *signature)) {
    out.changed.push_back(say("the signature does not fit the content", "서명이 내용과 맞지 않습니다"));
  }
}

// A valid inclusion proof, in the very words it was written, by one of the trusted keys.
std::optional<Digest> proven_entry(const Json& proof, const std::vector<Trusted>& trust) {
  const auto text = canonical(proof);
  for (const auto& one : trust) {
    const auto found = audit::verify_proof(text, one.key, "log.proof");
    if (found.ok() && audit::proof_json(*found) == text) return found->entry;
  }
  return std::nullopt;
}

// {"proof":…,"salt":hex,"event":{…}}: the entry is SHA-256(salt || canonical event), and the event names the body.
std::string check_log(const Json& log, const std::vector<Trusted>& trust, const std::string& body_digest) {
  if (log.is_null()) return "absent";
  if (!log.is_object()) return "changed";
  if (!log.contains("event")) return proven_entry(log, trust) ? "unbound" : "changed";
  if (log.size() != 3 || !log.contains("proof") || !log.contains("salt")) return "changed";
  const auto salt = from_hex(log.value("salt", ""), "log.salt");
  if (!salt.ok() || to_hex(*salt) != log.value("salt", "")) return "changed";
  const auto entry = proven_entry(log.at("proof"), trust);
  const auto said = sha256(std::string(as_text(*salt)) + canonical(log.at("event")));
  const bool names_body = canonical(log.at("event")).find("\"" + body_digest + "\"") != std::string::npos;
  return entry && *entry == said && names_body ? "proven" : "changed";
}

void read_epochs(const Json& body, const std::vector<std::pair<std::string, std::int64_t>>& now, EvidenceCheck& out) {
  for (const auto& site : body.at("report").at("sites")) {
    const auto name = site.value("site", "");
    const auto epoch = site.value("epoch", std::int64_t{1});
    out.epochs.emplace_back(name, epoch);
    for (const auto& [other, present] : now) {
      if (other == name && present > epoch) out.superseded.push_back(name);
    }
  }
}

}  // namespace

Result<std::string> body_digest(const SealInput& input) {
  NARU_ASSIGN(const auto body, body_of(input));
  return hex(sha256(canonical(body)));
}

Result<std::string> bound_log_proof(const fs::path& log_folder, std::uint64_t index) {
  NARU_ASSIGN(const auto proof, audit::prove(log_folder, index));
  NARU_ASSIGN(const auto proof_json, parse_json(audit::proof_json(proof), "proof"));
  const auto file = log_folder / "details.jsonl";
  std::ifstream lines(file);
  std::string line;
  while (std::getline(lines, line)) {
    NARU_ASSIGN(const auto detail, parse_json(line, file.string()));
    if (detail.value("index", std::int64_t{-1}) != static_cast<std::int64_t>(index)) continue;
    if (!detail.contains("salt") || !detail.contains("event")) break;
    return canonical(Json{{"proof", proof_json}, {"salt", detail.at("salt")}, {"event", detail.at("event")}});
  }
  return not_found(say("the log entry has no details any more", "로그 항목의 상세가 남아 있지 않습니다"),
                   fmt::format("{}, entry {}", file.string(), index));
}

Result<std::string> seal(const SealInput& input, const SigningKey& key, std::string_view log_proof) {
  NARU_ASSIGN(const auto body, body_of(input));
  Json file{{"body", body},
            {"key", to_hex(key.public_key())},
            {"signature", to_hex(key.sign(canonical(body)))},
            {"log", nullptr}};
  if (!log_proof.empty()) {
    NARU_ASSIGN(file["log"], parse_json(log_proof, "log proof"));
  }
  return canonical(file) + "\n";
}

Result<std::vector<Trusted>> parse_trust(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  std::vector<Trusted> out;
  if (!json.is_array()) {
    return rejected(
        say("a trust file is a list of {{\"name\",\"key\"}}", "신뢰 파일은 {{\"name\",\"key\"}} 목록입니다"),
        std::string(where));
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    NARU_ASSIGN(const auto reader, Reader::of(json[i], fmt::format("{}[{}]", where, i)));
    Trusted one;
    NARU_ASSIGN(one.name, reader.text("name"));
    NARU_ASSIGN(const auto key, reader.text("key"));
    NARU_ASSIGN(one.key, public_key_from_hex(key, reader.where() + ".key"));
    out.push_back(std::move(one));
  }
  return out;
}

EvidenceCheck verify_evidence(std::string_view file, const std::vector<Trusted>& trust,
                              const std::optional<std::string>& html,
                              const std::vector<std::pair<std::string, std::int64_t>>& epochs_now) {
  EvidenceCheck out;
  out.html = "absent";
  out.log = "absent";
  const auto broken = [&](const Text& what) {
    out.changed.push_back(what);
    out.ok = false;
    return out;
  };
  const auto json = parse_json(file, "evidence");
  if (!json.ok())
    return broken(say("the file is not readable JSON any more", "파일이 더 이상 읽을 수 있는 JSON이 아닙니다"));
  // A file that says the same in other bytes is still another file.
  if (canonical(*json) + "\n" != file)
    out.changed.push_back(
        say("the file's bytes are not in their sealed form", "파일의 바이트가 봉인된 형태가 아닙니다"));
  try {
    const auto& body = json->at("body");
    if (json->size() != 4 || body.value("format", "") != seal_format) {
      return broken(say("not sealed evidence of this program", "이 프로그램의 봉인 증거가 아닙니다"));
    }
    out.id = body.value("id", "");
    name_changed_parts(body, out);
    check_signature(*json, trust, out);
    out.log = check_log(json->at("log"), trust, out.body_digest);
    if (out.log == "changed")
      out.changed.push_back(say("the log proof holds under no key of your trust file",
                                "신뢰 파일의 어느 키로도 로그 증명이 성립하지 않습니다"));
    if (html) {
      const bool same = hex(sha256(*html)) == body.at("digests").value("html", "");
      out.html = same ? "matches" : "changed";
      if (!same) out.changed.push_back(has_changed(part_name("html")));
    }
    read_epochs(body, epochs_now, out);
  } catch (const Json::exception&) {
    return broken(say("a part of the file is missing or of another kind", "파일의 일부가 없거나 종류가 다릅니다"));
  }
  out.ok = out.changed.empty();
  return out;
}

Result<std::string> report_of(std::string_view file, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(file, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_ASSIGN(const auto body, reader.object("body"));
  NARU_ASSIGN(const auto report, body.object("report"));
  return canonical(report.raw());
}

}  // namespace naru::evidence
