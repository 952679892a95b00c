#include "workspace/ledger.h"

#include "base/files.h"
#include "base/json.h"

#include <algorithm>
#include <cstring>

namespace naru::workspace {
namespace {

std::string digest_of(const Json& parts) { return hex(sha256(canonical(parts))); }

Result<std::vector<std::int64_t>> read_ids(const fs::path& file) {
  NARU_ASSIGN(const auto bytes, read_file(file, 4ULL << 30));
  std::vector<std::int64_t> ids(bytes.size() / sizeof(std::int64_t));
  std::memcpy(ids.data(), bytes.data(), ids.size() * sizeof(std::int64_t));
  return ids;
}

Done write_ids(const fs::path& file, const std::vector<std::int64_t>& ids) {
  std::string bytes(ids.size() * sizeof(std::int64_t), '\0');
  std::memcpy(bytes.data(), ids.data(), bytes.size());
  return write_file_atomic(file, bytes, 0600);
}

}  // namespace

std::string AnswerIdentity::question() const {
  return digest_of(Json::array({definition, policy, vocabulary, algorithm, population}));
}

std::string AnswerIdentity::digest() const { return digest_of(Json::array({question(), data, epoch})); }

std::int64_t difference_size(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::int64_t count = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == b[j]) {
      ++i;
      ++j;
    } else {
      ++(a[i] < b[j] ? i : j);
      ++count;
    }
  }
  return count + static_cast<std::int64_t>(a.size() - i + b.size() - j);
}

AnswerLedger::AnswerLedger(engine::Records& records, fs::path private_folder, std::string scope)
    : records_(records), folder_(std::move(private_folder)), scope_("answered/" + scope) {}

Result<std::optional<PastAnswer>> AnswerLedger::last(const AnswerIdentity& identity) {
  NARU_ASSIGN(const auto document, records_.get(scope_, identity.question()));
  if (!document) return std::optional<PastAnswer>();
  NARU_ASSIGN(const auto json, parse_json(*document, scope_));
  NARU_ASSIGN(const auto reader, Reader::of(json, scope_));
  PastAnswer out;
  NARU_ASSIGN(out.identity, reader.text("identity"));
  NARU_ASSIGN(out.epoch, reader.integer("epoch"));
  NARU_ASSIGN(out.released, reader.text("released"));
  NARU_ASSIGN(out.cells, reader.text("cells"));
  NARU_ASSIGN(out.persons_count, reader.integer("persons"));
  NARU_ASSIGN(out.persons, read_ids(folder_ / (out.identity + ".ids")));
  return std::optional(std::move(out));
}

Done AnswerLedger::check_difference(const AnswerIdentity& identity, const std::vector<std::int64_t>& persons,
                                    std::int64_t min_cell) {
  // An answer about fewer persons than the threshold shows no figure, so there is nothing to subtract from or with it.
  if (static_cast<std::int64_t>(persons.size()) < min_cell) return {};
  NARU_ASSIGN(const auto answered, records_.list(scope_));
  for (const auto& [question, document] : answered) {
    if (question == identity.question()) continue;
    NARU_ASSIGN(const auto json, parse_json(document, scope_));
    NARU_ASSIGN(const auto reader, Reader::of(json, scope_));
    NARU_ASSIGN(const auto count, reader.integer("persons"));
    // Sizes further apart than the threshold need no look at the persons.
    if (count < min_cell || std::abs(count - static_cast<std::int64_t>(persons.size())) >= min_cell) continue;
    NARU_ASSIGN(const auto other, reader.text("identity"));
    NARU_ASSIGN(const auto others, read_ids(folder_ / (other + ".ids")));
    const auto difference = difference_size(persons, others);
    if (difference == 0 || difference >= min_cell) continue;
    return refused(say("an earlier answer is about almost the same persons: the two would tell about fewer than {}",
                       "앞선 답과 대상이 거의 같아, 둘을 비교하면 {}명 미만에 대해 알게 됩니다", min_cell),
                   other.substr(0, 16),
                   say("ask a question that differs more; the holder's steward can explain",
                       "더 다른 질의를 하세요. 기관 담당자가 설명할 수 있습니다"));
  }
  return {};
}

Done AnswerLedger::remember(const AnswerIdentity& identity, const PastAnswer& answer) {
  NARU_CHECK(make_folder(folder_, 0700));
  NARU_CHECK(write_ids(folder_ / (identity.digest() + ".ids"), answer.persons));
  return records_.put(scope_, identity.question(),
                      canonical(Json{{"identity", identity.digest()},
                                     {"epoch", identity.epoch},
                                     {"released", answer.released},
                                     {"cells", answer.cells},
                                     {"persons", static_cast<std::int64_t>(answer.persons.size())}}));
}

}  // namespace naru::workspace
