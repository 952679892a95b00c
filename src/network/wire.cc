#include "network/wire.h"

#include "base/files.h"
#include "base/json.h"

namespace naru::network {
namespace {

constexpr std::size_t header_bytes_max = 16 * 1024;
constexpr std::string_view signature_label = "naru/envelope/1\n";

Result<Envelope> read_envelope(std::string_view text) {
  NARU_ASSIGN(const auto json, parse_json(text, "envelope"));
  NARU_ASSIGN(const auto reader, Reader::of(json, "envelope"));
  NARU_CHECK(reader.only({"from", "to", "kind", "correlation", "reply", "form", "number", "sent_ms", "expires_ms",
                          "protocol", "sealed_bytes", "sealed_digest"}));
  Envelope out;
  NARU_ASSIGN(out.from, reader.text("from"));
  NARU_ASSIGN(out.to, reader.text("to"));
  NARU_ASSIGN(out.kind, reader.text("kind"));
  NARU_ASSIGN(out.correlation, reader.text("correlation"));
  NARU_ASSIGN(out.reply, reader.boolean("reply"));
  NARU_ASSIGN(const auto form, reader.text("form"));
  NARU_ASSIGN(out.number, reader.integer("number"));
  NARU_ASSIGN(out.sent_ms, reader.integer("sent_ms"));
  NARU_ASSIGN(out.expires_ms, reader.integer("expires_ms"));
  NARU_ASSIGN(out.protocol, reader.integer("protocol"));
  NARU_ASSIGN(const auto bytes, reader.integer("sealed_bytes"));
  NARU_ASSIGN(const auto digest, reader.text("sealed_digest"));
  NARU_ASSIGN(out.sealed_digest, public_key_from_hex(digest, "envelope.sealed_digest"));
  for (const auto* name : {&out.from, &out.to, &out.kind, &out.correlation}) {
    if (!is_plain_name(*name)) return wire_error(WireRefusal::malformed, out.from);
  }
  if ((form != "bytes" && form != "file") || bytes < 0 || out.number < 1 || out.sent_ms < 0 ||
      out.expires_ms < out.sent_ms) {
    return wire_error(WireRefusal::malformed, out.from);
  }
  out.form = form == "file" ? BodyForm::file : BodyForm::bytes;
  out.sealed_bytes = static_cast<std::uint64_t>(bytes);
  return out;
}

}  // namespace

std::string_view name_of(WireRefusal refusal) {
  switch (refusal) {
    case WireRefusal::replayed:
      return "replayed";
    case WireRefusal::altered:
      return "altered";
    case WireRefusal::wrong_recipient:
      return "wrong_recipient";
    case WireRefusal::unknown_sender:
      return "unknown_sender";
    case WireRefusal::expired:
      return "expired";
    case WireRefusal::protocol:
      return "protocol";
    case WireRefusal::malformed:
      return "malformed";
  }
  return "unknown";
}

Error wire_error(WireRefusal refusal, std::string_view from) {
  const auto where = "wire." + std::string(name_of(refusal));
  switch (refusal) {
    case WireRefusal::replayed:
      return refused(
          say("a message of \"{}\" with this or a later number was accepted already",
              "\"{}\"의 같은 번호 또는 이후 번호의 메시지가 이미 접수되었습니다", from),
          where, say("a message can be delivered once; send it anew", "메시지는 한 번만 전달됩니다. 새로 보내세요"));
    case WireRefusal::altered:
      return refused(say("a message said to be of \"{}\" does not carry its signature or digest",
                         "\"{}\"의 것이라는 메시지의 서명 또는 다이제스트가 맞지 않습니다", from),
                     where,
                     say("it was changed on the way, or the sender's keys changed: enrol it again",
                         "전달 중 변경되었거나 보낸 쪽 키가 바뀌었습니다: 다시 등록하세요"));
    case WireRefusal::wrong_recipient:
      return refused(
          say("a message of \"{}\" is not for this site", "\"{}\"의 메시지는 이 사이트에 온 것이 아닙니다", from),
          where, say("check the name of the site it is sent to", "받는 사이트 이름을 확인하세요"));
    case WireRefusal::unknown_sender:
      return refused(say("\"{}\" is not the enrolled sender of this message",
                         "\"{}\"은(는) 이 메시지의 등록된 발신자가 아닙니다", from),
                     where, say("enrol the site with a fresh one-time code", "새 일회용 코드로 사이트를 등록하세요"));
    case WireRefusal::expired:
      return refused(
          say("a message of \"{}\" is expired or from the future", "\"{}\"의 메시지가 만료되었거나 미래 시각입니다",
              from),
          where, say("check the clocks of both sites and send it anew", "두 사이트의 시계를 확인하고 새로 보내세요"));
    case WireRefusal::protocol:
      return refused(
          say("\"{}\" speaks a protocol version that is not understood here (understood: {} and {})",
              "\"{}\"의 프로토콜 버전을 이해할 수 없습니다 (가능: {}, {})", from, wire_protocol_oldest, wire_protocol),
          where, say("update the older of the two sites", "두 사이트 중 오래된 쪽을 업데이트하세요"));
    case WireRefusal::malformed:
      break;
  }
  return rejected(say("the envelope of a message cannot be read", "메시지 봉투를 읽을 수 없습니다"), where);
}

bool is_wire_error(const Error& error, WireRefusal refusal) {
  return error.where == "wire." + std::string(name_of(refusal));
}

std::string canonical(const Envelope& envelope) {
  return naru::canonical(Json{{"from", envelope.from},
                              {"to", envelope.to},
                              {"kind", envelope.kind},
                              {"correlation", envelope.correlation},
                              {"reply", envelope.reply},
                              {"form", envelope.form == BodyForm::file ? "file" : "bytes"},
                              {"number", envelope.number},
                              {"sent_ms", envelope.sent_ms},
                              {"expires_ms", envelope.expires_ms},
                              {"protocol", envelope.protocol},
                              {"sealed_bytes", envelope.sealed_bytes},
                              {"sealed_digest", hex(envelope.sealed_digest)}});
}

std::string sign_envelope(const Envelope& envelope, const SigningKey& key) {
  const auto text = canonical(envelope);
  return to_base64(as_bytes(text)) + "." + to_hex(key.sign(std::string(signature_label) + text));
}

Result<SignedEnvelope> parse_envelope(std::string_view header) {
  const auto dot = header.find('.');
  if (header.size() > header_bytes_max || dot == std::string_view::npos) {
    return wire_error(WireRefusal::malformed, "");
  }
  const auto text = from_base64(header.substr(0, dot), "envelope");
  const auto signature = signature_from_hex(header.substr(dot + 1), "envelope.signature");
  if (!text.ok() || !signature.ok()) return wire_error(WireRefusal::malformed, "");
  SignedEnvelope out;
  out.text = as_text(*text);
  out.signature = *signature;
  auto envelope = read_envelope(out.text);
  // Only the canonical form is accepted: one message, one text, one signature.
  if (!envelope.ok() || canonical(*envelope) != out.text) return wire_error(WireRefusal::malformed, "");
  out.envelope = *std::move(envelope);
  return out;
}

Done check_envelope(const SignedEnvelope& signed_envelope, const PublicKey& sender, std::int64_t now_ms) {
  const auto& envelope = signed_envelope.envelope;
  if (!naru::verify(sender, std::string(signature_label) + signed_envelope.text, signed_envelope.signature)) {
    return wire_error(WireRefusal::altered, envelope.from);
  }
  if (envelope.protocol < wire_protocol_oldest || envelope.protocol > wire_protocol) {
    return wire_error(WireRefusal::protocol, envelope.from);
  }
  if (now_ms > envelope.expires_ms || envelope.sent_ms > now_ms + wire_clock_skew_ms ||
      envelope.expires_ms - envelope.sent_ms > wire_expiry_ms) {
    return wire_error(WireRefusal::expired, envelope.from);
  }
  return {};
}

std::string error_body(const Error& error) {
  const auto both = [](const Text& text) { return Json{{"en", text.en}, {"ko", text.ko}}; };
  return naru::canonical(Json{{"error",
                               {{"kind", std::string(naru::name_of(error.kind))},
                                {"what", both(error.what)},
                                {"where", error.where},
                                {"hint", both(error.hint)}}}});
}

Error error_from_body(std::string_view body, std::string_view from) {
  const auto unreadable = internal_error(
      say("\"{}\" answered with something that cannot be read", "\"{}\"의 응답을 읽을 수 없습니다", from),
      std::string(from));
  const auto json = parse_json(body, from);
  if (!json.ok()) return unreadable;
  const auto whole = Reader::of(*json, std::string(from));
  if (!whole.ok()) return unreadable;
  const auto error = whole->object("error");
  if (!error.ok()) return unreadable;
  const auto text = [&](std::string_view key) -> Text {
    const auto both = error->object(key);
    if (!both.ok()) return {};
    const auto en = both->text_or("en", "");
    const auto ko = both->text_or("ko", "");
    return {en.ok() ? *en : "", ko.ok() ? *ko : ""};
  };
  const auto kind_name = error->text_or("kind", "internal");
  const auto where = error->text_or("where", "");
  const auto kind = error_kind_named(kind_name.ok() ? *kind_name : "");
  return {kind ? *kind : ErrorKind::internal, text("what"), where.ok() ? *where : "", text("hint")};
}

}  // namespace naru::network
