#include "workspace/ledger.h"

#include "base/digest.h"
#include "base/json.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <mutex>
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

namespace {

using Contents = AnswerLedger::Contents;
using Stamp = AnswerLedger::Stamp;

constexpr std::size_t kept_max = 4;

/// What this process read before, by folder. Taken out while it is in use.
class Kept {
 public:
  std::unique_ptr<Contents> take(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one.first == folder; });
    if (found == kept_.end()) return nullptr;
    auto out = std::move(found->second);
    kept_.erase(found);
    return out;
  }
  void put(const std::string& folder, std::unique_ptr<Contents> contents) {
    const std::lock_guard lock(mutex_);
    kept_.emplace_back(folder, std::move(contents));
    if (kept_.size() > kept_max) kept_.pop_front();
  }

 private:
  std::mutex mutex_;
  std::deque<std::pair<std::string, std::unique_ptr<Contents>>> kept_;
};

Kept& kept() {
  static Kept out;
  return out;
}

/// A file that is not there has an empty stamp.
Stamp stamp_of(const fs::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return {};
  return {file.filename().string(), static_cast<std::uint64_t>(about.st_size),
          static_cast<std::int64_t>(about.st_mtim.tv_sec) * 1'000'000'000 + about.st_mtim.tv_nsec,
          static_cast<std::uint64_t>(about.st_ino)};
}

Done read_answer(const fs::path& folder, const Stamp& stamp, Contents& out) {
  NARU_ASSIGN(const auto bytes, read_file(folder / stamp.name, file_bytes_max));
  const auto end = std::min(bytes.find('\n'), bytes.size());
  NARU_ASSIGN(auto head, head_of(std::string_view(bytes).substr(0, end), stamp.name));
  NARU_CHECK(out.book.add(std::string_view(bytes).substr(std::min(end + 1, bytes.size())), stamp.name));
  out.answers.push_back(std::move(head));
  out.stamps.push_back(stamp);
  return {};
}

bool begins_with(const std::vector<Stamp>& now, const std::vector<Stamp>& before) {
  return before.size() <= now.size() && std::equal(before.begin(), before.end(), now.begin());
}

}  // namespace

Result<AnswerLedger> AnswerLedger::open(fs::path folder) {
  NARU_CHECK(make_folder(folder, 0700));
  NARU_ASSIGN(auto lock, lock_of(folder));
  const auto people_stamp = stamp_of(folder / "people.ids");
  NARU_ASSIGN(const auto files, list_files(folder, false));
  std::vector<Stamp> stamps;
  for (const auto& file : files)
    if (file.extension() == ".answer") stamps.push_back(stamp_of(folder / file));
  auto contents = kept().take(folder.string());
  if (!contents || contents->people_stamp != people_stamp || !begins_with(stamps, contents->stamps)) {
    contents = std::make_unique<Contents>();
    NARU_ASSIGN(contents->people, PersonNumbers::load(folder / "people.ids"));
    contents->people_stamp = people_stamp;
  }
  for (auto at = contents->stamps.size(); at < stamps.size(); ++at)
    NARU_CHECK(read_answer(folder, stamps[at], *contents));
  if (contents->book.persons() > contents->people.size()) return damaged("people.ids");
  return AnswerLedger(std::move(folder), std::move(lock), std::move(contents));
}

AnswerLedger::~AnswerLedger() {
  // Before the lock goes: nobody else has the contents meanwhile.
  if (read_ && whole_) kept().put(folder_.string(), std::move(read_));
}

Done AnswerLedger::remember(PastAnswer answer, const protect::AskedTable& asked,
                            const protect::BookDecision& decision) {
  whole_ = false;
  const auto entry = read_->book.record(answer.question, answer.project, asked, decision);
  if (!entry.empty()) {
    NARU_CHECK(read_->people.save());
    const Json head{{"question", answer.question},
                    {"identity", answer.identity},
                    {"epoch", answer.epoch},
                    {"project", answer.project},
                    {"released", answer.released}};
    const auto bytes = canonical(head) + "\n" + entry;
    const auto name = fmt::format("{:08}-{}.answer", read_->answers.size() + 1, answer.identity.substr(0, 16));
    NARU_CHECK(write_file_atomic(folder_ / name, bytes, 0600));
    read_->answers.push_back(std::move(answer));
    read_->stamps.push_back(stamp_of(folder_ / name));
    read_->people_stamp = stamp_of(folder_ / "people.ids");
  }
  whole_ = true;
  return {};
}

}  // namespace naru::workspace
