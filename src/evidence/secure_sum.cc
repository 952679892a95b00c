#include "evidence/secure_sum.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/digest.h"
#include "base/json.h"

namespace naru::evidence {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t vector_max = 64U << 20;  // words

std::uint64_t word_at(const std::uint8_t* bytes) {
  std::uint64_t out = 0;
  for (unsigned i = 0; i < 8; ++i) out |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return out;
}

// The stream two sites share for one round. The key is used for nothing else, so a zero nonce is safe, and the block
// counter is the position in the vector.
Bytes stream(const Bytes& secret, std::string_view round, const SiteName& lower, const SiteName& upper,
             std::size_t words) {
  const auto info = canonical(Json{{"round", round}, {"sites", {lower, upper}}});
  auto key = hkdf_sha256(secret, "naru/secure-sum/1", info, crypto_stream_chacha20_ietf_KEYBYTES);
  const std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> nonce{};
  Bytes out(words * 8);
  crypto_stream_chacha20_ietf(out.data(), out.size(), nonce.data(), key.data());
  sodium_memzero(key.data(), key.size());
  return out;
}

Error too_few_sites(std::size_t sites, std::string_view round) {
  return refused(say("a secure sum needs at least {} sites, not {}",
                     "안전한 합산에는 기관이 {}곳 이상 필요합니다 (현재 {})", secure_sum_sites_min, sites),
                 fmt::format("round {}", round),
                 say("with two sites each could subtract itself and see the other; invite a third site",
                     "두 곳이면 서로의 값을 알아낼 수 있습니다. 세 번째 기관을 초대하세요"));
}

Done check_round(std::string_view round, const std::vector<SiteName>& sites) {
  if (round.empty()) return rejected(say("the round has no id", "라운드 식별자가 없습니다"), "round");
  if (sites.size() < secure_sum_sites_min) return too_few_sites(sites.size(), round);
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (sites[i].empty() || (i > 0 && sites[i] <= sites[i - 1])) {
      return rejected(
          say("the sites of a round must be sorted, each once", "라운드의 기관은 정렬되고 하나씩이어야 합니다"),
          fmt::format("round {}", round));
    }
  }
  return {};
}

}  // namespace

Result<Masked> mask(std::span<const std::uint64_t> values, const SiteName& me, std::span<const Peer> peers,
                    std::string_view round) {
  Masked out{me, std::string(round), {me}, {values.begin(), values.end()}};
  for (const auto& peer : peers) {
    out.sites.push_back(peer.name);
    if (peer.secret.size() != secret_bytes) {
      return rejected(say("the secret shared with a site has the wrong length", "기관과 공유한 비밀의 길이가 다릅니다"),
                      peer.name);
    }
  }
  std::sort(out.sites.begin(), out.sites.end());
  NARU_CHECK(check_round(round, out.sites));
  for (const auto& peer : peers) {
    const bool lower = me < peer.name;
    auto bytes = stream(peer.secret, round, lower ? me : peer.name, lower ? peer.name : me, values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto word = word_at(bytes.data() + 8 * i);
      out.values[i] += lower ? word : 0 - word;
    }
    sodium_memzero(bytes.data(), bytes.size());
  }
  return out;
}

Result<std::vector<std::uint64_t>> sum(std::span<const Masked> answers) {
  if (answers.empty()) return too_few_sites(0, "");
  const auto& first = answers.front();
  NARU_CHECK(check_round(first.round, first.sites));
  std::set<SiteName> missing(first.sites.begin(), first.sites.end());
  std::vector<std::uint64_t> out(first.values.size(), 0);
  for (const auto& answer : answers) {
    if (answer.round != first.round || answer.sites != first.sites || answer.values.size() != out.size()) {
      return rejected(say("the answer of {} belongs to another round", "{}의 답은 다른 라운드의 것입니다", answer.site),
                      fmt::format("round {}", first.round));
    }
    if (missing.erase(answer.site) == 0) {
      return rejected(
          say("{} answered twice or is not in the round", "{}이(가) 두 번 답했거나 라운드에 없습니다", answer.site),
          fmt::format("round {}", first.round));
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += answer.values[i];
  }
  if (!missing.empty()) {
    std::string names;
    for (const auto& name : missing) names += (names.empty() ? "" : ", ") + name;
    return conflict(say("the round fails: no answer from {}", "라운드가 실패했습니다. 답하지 않은 기관: {}", names),
                    fmt::format("round {}", first.round),
                    say("start a new round without them, if three sites remain; this round is never published",
                        "세 곳 이상 남으면 새 라운드를 시작하세요. 이 라운드는 공개되지 않습니다"));
  }
  return out;
}

std::string masked_text(const Masked& masked) {
  Bytes bytes;
  bytes.reserve(masked.values.size() * 8);
  for (const auto value : masked.values) {
    for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  return canonical(
      Json{{"round", masked.round}, {"site", masked.site}, {"sites", masked.sites}, {"values", to_base64(bytes)}});
}

Result<Masked> parse_masked(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  NARU_CHECK(reader.only({"round", "site", "sites", "values"}));
  Masked out;
  NARU_ASSIGN(out.round, reader.text("round"));
  NARU_ASSIGN(out.site, reader.text("site"));
  NARU_ASSIGN(out.sites, reader.texts("sites"));
  NARU_ASSIGN(const auto encoded, reader.text("values"));
  NARU_ASSIGN(const auto bytes, from_base64(encoded, fmt::format("{}.values", where)));
  if (bytes.size() % 8 != 0 || bytes.size() / 8 > vector_max) {
    return rejected(say("not a vector of 64-bit words", "64비트 단어의 벡터가 아닙니다"),
                    fmt::format("{}.values", where));
  }
  NARU_CHECK(check_round(out.round, out.sites));
  if (std::find(out.sites.begin(), out.sites.end(), out.site) == out.sites.end()) {
    return rejected(say("the site is not in the round", "기관이 라운드에 없습니다"), fmt::format("{}.site", where));
  }
  out.values.reserve(bytes.size() / 8);
  for (std::size_t i = 0; i < bytes.size(); i += 8) out.values.push_back(word_at(bytes.data() + i));
  return out;
}

Done claim_round(const fs::path& folder, std::string_view round, std::string_view content) {
  if (!is_plain_name(round)) return rejected(say("not a round id", "라운드 식별자가 아닙니다"), std::string(round));
  NARU_CHECK(make_folder(folder, 0700));
  NARU_ASSIGN(const auto held, FileLock::acquire(folder / ".lock"));
  const auto file = folder / (std::string(round) + ".json");
  const auto entry = canonical(Json{{"round", round}, {"content", hex(sha256(content))}});
  if (!fs::exists(file)) return write_file_atomic(file, entry, 0600);
  NARU_ASSIGN(const auto before, read_file(file));
  if (before == entry) return {};
  return conflict(
      say("round {} was already answered with other figures", "라운드 {}에는 이미 다른 값으로 답했습니다", round),
      file.filename().string(),
      say("two sums of one round would show their difference; use a new round id",
          "한 라운드를 두 번 합산하면 차이가 드러납니다. 새 라운드 식별자를 쓰세요"));
}

}  // namespace naru::evidence
