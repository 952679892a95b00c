#include "linkage/clk.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "linkage/match_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

namespace naru::linkage {
namespace {

// Names and identifiers decide who a person is; what many people share gets less say.
double usual_weight(FieldKind kind) {
  switch (kind) {
    case FieldKind::name:
    case FieldKind::date:
    case FieldKind::phone:
    case FieldKind::id:
      return 6;
    case FieldKind::text:
    case FieldKind::postcode:
      return 5;
    case FieldKind::category:
      return 2;
  }
  return 0;
}

// Fields without a measure of their own share 1.7 times the filter's bits by weight: about four bits in five are then
// set, and one wrong letter moves the similarity of two records little (measured: docs/methods/encoded-linkage.md).
void share_out(EncodeConfig& config) {
  double weights = 0;
  for (const auto& field : config.columns) weights += usual_weight(field.kind);
  for (auto& field : config.columns) {
    const double share = 1.7 * static_cast<double>(config.filter_bits) * usual_weight(field.kind) / weights;
    if (field.bits == 0) field.bits = std::max<std::int64_t>(1, std::llround(share));
  }
}

// A repeated token is another token, so that "anna" is not "ana". Dates: each digit in its place, one wrong digit
// changes one token of eight; everything else by neighbouring pairs with marked ends.
std::vector<std::string> tokens_of(FieldKind kind, std::string_view form) {
  std::vector<std::string> out;
  if (kind == FieldKind::category) return {std::string(form)};
  if (kind == FieldKind::date) {
    for (std::size_t i = 0; i < form.size(); ++i) out.push_back(fmt::format("{}@{}", form[i], i));
    return out;
  }
  const auto framed = "_" + std::string(form) + "_";
  std::map<std::string, int, std::less<>> seen;
  for (std::size_t i = 0; i + 1 < framed.size(); ++i) {
    const auto pair = framed.substr(i, 2);
    out.push_back(fmt::format("{}#{}", pair, seen[pair]++));
  }
  return out;
}

Result<EncodedField> read_field(const Json& value, const std::string& where) {
  NARU_ASSIGN(const auto reader, Reader::of(value, where));
  NARU_CHECK(reader.only({"name", "kind", "bits"}));
  NARU_ASSIGN(const auto field, read_match_field(value, where));
  EncodedField out{field.name, field.kind, 0};
  NARU_ASSIGN(out.bits, reader.integer_or("bits", 0));
  if (reader.has("bits") && (out.bits < 1 || out.bits > 8192)) {
    return rejected(say("a number of bits from 1 to 8192 is needed", "1~8192의 비트 수가 필요합니다"), where + ".bits");
  }
  return out;
}

Result<Bytes> read_key(const fs::path& file) {
  NARU_ASSIGN(const auto text, read_file(file, 1U << 16U));
  const auto open = fs::perms::group_all | fs::perms::others_all;
  if ((fs::status(file).permissions() & open) != fs::perms::none) {
    return refused(say("other users may read the key", "다른 사용자가 키를 읽을 수 있습니다"), file.filename().string(),
                   say("chmod 600 the file", "파일 권한을 600으로 바꾸십시오"));
  }
  if (text.size() < 32) {
    return rejected(say("a key of {} bytes is too short, 32 are needed",
                        "{}바이트 키는 너무 짧습니다. 32바이트가 필요합니다", text.size()),
                    file.filename().string(), say("head -c 32 /dev/urandom > FILE", "head -c 32 /dev/urandom > FILE"));
  }
  const auto bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

struct FieldEncoder::State {
  FieldKind kind;
  std::size_t bits;
  std::size_t filter_bits;
  Hmac hmac;
  // A token's places in the filter, as many as were asked for so far: the first of them are the same for any number.
  std::unordered_map<std::string, std::vector<std::uint32_t>> places = {};

  const std::vector<std::uint32_t>& places_of(const std::string& token, std::size_t count) {
    auto& known = places[token];
    constexpr std::size_t per_digest = 8;
    while (known.size() < count) {
      const auto digest = hmac.of(fmt::format("{}\x1f{}", token, known.size() / per_digest));
      for (std::size_t k = 0; k < per_digest; ++k) {
        std::uint32_t number = 0;
        for (std::size_t byte = 0; byte < 4; ++byte) number = number << 8U | digest[4 * k + byte];
        known.push_back(number % static_cast<std::uint32_t>(filter_bits));
      }
    }
    return known;
  }
};

FieldEncoder::FieldEncoder(const EncodedField& field, std::span<const std::uint8_t> key, std::size_t filter_bits)
    : state_(new State{field.kind, static_cast<std::size_t>(field.bits), filter_bits,
                       Hmac(hkdf_sha256(key, "naru/linkage/clk/1",
                                        fmt::format("{}\x1f{}", field.name, static_cast<int>(field.kind)), 32))}) {}
FieldEncoder::~FieldEncoder() = default;
FieldEncoder::FieldEncoder(FieldEncoder&&) noexcept = default;

void FieldEncoder::add(std::string_view form, std::uint64_t* filter) {
  if (form.empty()) return;
  const auto tokens = tokens_of(state_->kind, form);
  const auto count = std::max<std::size_t>(1, (state_->bits + tokens.size() / 2) / tokens.size());
  for (const auto& token : tokens) {
    const auto& places = state_->places_of(token, count);
    for (std::size_t k = 0; k < count; ++k) filter[places[k] / 64] |= 1ULL << (places[k] % 64);
  }
}

Result<EncodeConfig> parse_encode_config(std::string_view text, const fs::path& base, const std::string& where) {
  NARU_ASSIGN(const auto document, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(document, where));
  NARU_CHECK(reader.only({"data", "encoding", "key_file", "filter_bits", "columns"}));
  EncodeConfig out;
  NARU_ASSIGN(const auto data, reader.text("data"));
  NARU_ASSIGN(const auto key, reader.text("key_file"));
  out.data = base / data;
  NARU_ASSIGN(out.encoding, reader.text_or("encoding", ""));
  out.key_file = base / key;
  NARU_ASSIGN(out.filter_bits, reader.integer_or("filter_bits", 1024));
  if (out.filter_bits < 64 || out.filter_bits > 8192 || out.filter_bits % 64 != 0) {
    return rejected(say("a multiple of 64 from 64 to 8192 is needed", "64~8192 사이의 64의 배수가 필요합니다"),
                    where + ".filter_bits");
  }
  NARU_ASSIGN(const auto columns, reader.array("columns"));
  for (const auto& [value, place] : columns) {
    NARU_ASSIGN(auto field, read_field(*value, place));
    if (std::ranges::count(out.columns, field.name, &EncodedField::name) > 0) {
      return rejected(say("the column {} stands twice", "{} 열이 두 번 있습니다", field.name), place + ".name");
    }
    out.columns.push_back(std::move(field));
  }
  if (out.columns.empty()) {
    return rejected(say("no column is encoded", "부호화할 열이 없습니다"), where + ".columns");
  }
  share_out(out);
  return out;
}

Result<FilterSet> encode_records(const EncodeConfig& config, Progress& progress) {
  NARU_ASSIGN(const auto key, read_key(config.key_file));
  std::vector<MatchField> fields;
  for (const auto& field : config.columns) fields.push_back({field.name, field.kind});
  NARU_ASSIGN(const auto records, read_forms(config.data, "", fields, config.encoding));
  FilterSet out;
  out.words = static_cast<std::size_t>(config.filter_bits) / 64;
  out.bits.resize(records.forms.front().size() * out.words);
  for (std::size_t c = 0; c < fields.size(); ++c) {
    FieldEncoder encoder(config.columns[c], key, static_cast<std::size_t>(config.filter_bits));
    for (std::size_t row = 0; row < records.forms[c].size(); ++row) {
      if (row % 65'536 == 0 && progress.stop_requested()) return interrupted();
      encoder.add(records.forms[c][row], out.bits.data() + row * out.words);
    }
  }
  return out;
}

}  // namespace naru::linkage
