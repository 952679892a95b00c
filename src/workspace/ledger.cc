#include "workspace/ledger.h"

#include "base/digest.h"
#include "base/json.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace naru::workspace {
namespace {

constexpr std::uint64_t file_bytes_max = 4ULL << 30;
constexpr int lock_attempts = 600;
constexpr std::chrono::milliseconds lock_pause{50};

std::string digest_of(const Json& parts) { return hex(sha256(canonical(parts))); }

Result<FileLock> lock_of(const fs::path& folder) {
  for (int attempt = 1;; ++attempt) {
    auto lock = FileLock::acquire(folder / ".lock");
    if (lock.ok() || lock.error().kind != ErrorKind::conflict || attempt == lock_attempts) return lock;
    std::this_thread::sleep_for(lock_pause);
  }
}

Error damaged(std::string where) {
  return rejected(say("the ledger of answered questions is damaged", "응답한 질의의 장부가 손상되었습니다"),
                  std::move(where),
                  say("restore the site's private folder from its backup; no new question is answered without it",
                      "기관의 private 폴더를 백업에서 복구하세요. 그 전에는 새 질의에 답하지 않습니다"));
}

Result<PastAnswer> head_of(std::string_view line, const std::string& where) {
  NARU_ASSIGN(const auto json, parse_json(line, where));
  NARU_ASSIGN(const auto reader, Reader::of(json, where));
  PastAnswer out;
  NARU_ASSIGN(out.question, reader.text("question"));
  NARU_ASSIGN(out.identity, reader.text("identity"));
  NARU_ASSIGN(out.epoch, reader.integer("epoch"));
  NARU_ASSIGN(out.project, reader.text("project"));
  NARU_ASSIGN(out.released, reader.text("released"));
  return out;
}

}  // namespace

std::string AnswerIdentity::question() const {
  return digest_of(Json::array({definition, policy, vocabulary, algorithm, population}));
}

std::string AnswerIdentity::digest() const { return digest_of(Json::array({question(), data, epoch})); }

Result<PersonNumbers> PersonNumbers::load(fs::path file) {
  PersonNumbers out;
  out.file_ = std::move(file);
  if (!fs::exists(out.file_)) return out;
  NARU_ASSIGN(const auto bytes, read_file(out.file_, file_bytes_max));
  // The ids, then their digest: a ledger that numbers persons otherwise would protect the wrong ones.
  constexpr std::size_t digest_bytes = sizeof(Digest);
  const auto body = bytes.size() - std::min(bytes.size(), digest_bytes);
  const auto digest = sha256(std::string_view(bytes).substr(0, body));
  if (bytes.size() < digest_bytes || body % sizeof(std::int64_t) != 0 ||
      std::memcmp(digest.data(), bytes.data() + body, digest_bytes) != 0) {
    return damaged(out.file_.filename().string());
  }
  out.ids_.resize(body / sizeof(std::int64_t));
  std::memcpy(out.ids_.data(), bytes.data(), out.ids_.size() * sizeof(std::int64_t));
  out.number_.reserve(out.ids_.size());
  for (std::size_t at = 0; at < out.ids_.size(); ++at)
    out.number_.emplace(out.ids_[at], static_cast<std::uint32_t>(at));
  out.saved_ = out.ids_.size();
  return out;
}

protect::People PersonNumbers::of(const std::vector<std::int64_t>& persons) {
  protect::People out;
  out.reserve(persons.size());
  for (const auto person : persons) {
    const auto [found, fresh] = number_.emplace(person, static_cast<std::uint32_t>(ids_.size()));
    if (fresh) ids_.push_back(person);
    out.push_back(found->second);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Done PersonNumbers::save() {
  if (saved_ == ids_.size()) return {};
  std::string bytes(ids_.size() * sizeof(std::int64_t), '\0');
  std::memcpy(bytes.data(), ids_.data(), bytes.size());
  const auto digest = sha256(bytes);
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  NARU_CHECK(write_file_atomic(file_, bytes, 0600));
  saved_ = ids_.size();
  return {};
}

Result<AnswerLedger> AnswerLedger::open(fs::path folder) {
  NARU_CHECK(make_folder(folder, 0700));
  NARU_ASSIGN(auto lock, lock_of(folder));
  NARU_ASSIGN(auto people, PersonNumbers::load(folder / "people.ids"));
  AnswerLedger out(folder, std::move(lock), std::move(people));
  NARU_ASSIGN(const auto files, list_files(folder, false));
  for (const auto& file : files) {
    if (file.extension() != ".answer") continue;
    NARU_ASSIGN(const auto bytes, read_file(folder / file, file_bytes_max));
    const auto end = std::min(bytes.find('\n'), bytes.size());
    NARU_ASSIGN(auto head, head_of(std::string_view(bytes).substr(0, end), file.string()));
    NARU_CHECK(out.book_.add(std::string_view(bytes).substr(std::min(end + 1, bytes.size())), file.string()));
    out.answers_.push_back(std::move(head));
  }
  if (out.book_.persons() > out.people_.size()) return damaged("people.ids");
  return out;
}

Done AnswerLedger::remember(PastAnswer answer, const protect::AskedTable& asked,
                            const protect::BookDecision& decision) {
  const auto entry = book_.record(answer.question, answer.project, asked, decision);
  if (entry.empty()) return {};
  NARU_CHECK(people_.save());
  const Json head{{"question", answer.question},
                  {"identity", answer.identity},
                  {"epoch", answer.epoch},
                  {"project", answer.project},
                  {"released", answer.released}};
  const auto bytes = canonical(head) + "\n" + entry;
  const auto name = fmt::format("{:08}-{}.answer", answers_.size() + 1, answer.identity.substr(0, 16));
  NARU_CHECK(write_file_atomic(folder_ / name, bytes, 0600));
  answers_.push_back(std::move(answer));
  return {};
}

}  // namespace naru::workspace
