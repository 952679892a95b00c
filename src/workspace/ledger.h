#pragma once
/// What has been answered from some data, kept at the site in its private folder: the same question gives the same
/// answer, and neighbouring questions cannot be subtracted. The decision itself is protect's (answer_book.h); here are
/// its files. One file for an answer, written whole; person numbers never leave.
#include "base/files.h"
#include "base/result.h"
#include "protect/answer_book.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace naru::workspace {

/// Decision 3: what an answer is a function of.
struct AnswerIdentity {
  std::string data;  ///< digest of the lake, or release id and digest
  std::int64_t epoch = 1;
  std::string definition;
  std::string policy;
  std::string vocabulary;
  std::string algorithm;
  std::string population = {};  ///< definition hash of the right's cohort; empty: everybody
  /// SHA-256 hex over all of it.
  [[nodiscard]] std::string digest() const;
  /// The same without data and epoch: "the same question".
  [[nodiscard]] std::string question() const;
};

struct PastAnswer {
  std::string question;
  std::string identity;
  std::int64_t epoch = 1;
  std::string project;
  std::string released;  ///< canonical JSON that left
};

/// The dense numbers that a ledger gives to persons, in the order in which they first appeared.
class PersonNumbers {
 public:
  /// Error rejected when the file is damaged.
  [[nodiscard]] static Result<PersonNumbers> load(std::filesystem::path file);
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  /// Sorted numbers; persons seen for the first time get the next ones.
  [[nodiscard]] protect::People of(const std::vector<std::int64_t>& persons);
  [[nodiscard]] std::int64_t person(std::uint32_t number) const { return ids_[number]; }
  /// Writes the file when there are new ones.
  [[nodiscard]] Done save();

 private:
  std::filesystem::path file_;
  std::vector<std::int64_t> ids_ = {};
  std::unordered_map<std::int64_t, std::uint32_t> number_ = {};
  std::size_t saved_ = 0;
};

class AnswerLedger {
 public:
  /// All answers from one source of data (a holder's lake, the combiner's releases), of every project. Holds a lock
  /// until destruction, so that two questions at once are decided one after the other. A process keeps what it read:
  /// the next time only files that came since are read, or all of them again when any file is not the one it was (size,
  /// time, inode). Errors: conflict when another question is being decided for longer than a caller should wait;
  /// rejected when a file is damaged.
  [[nodiscard]] static Result<AnswerLedger> open(std::filesystem::path folder);
  ~AnswerLedger();
  AnswerLedger(AnswerLedger&&) noexcept = default;
  AnswerLedger(const AnswerLedger&) = delete;

  [[nodiscard]] const protect::AnswerBook& book() const { return read_->book; }
  [[nodiscard]] PersonNumbers& people() { return read_->people; }
  [[nodiscard]] const PastAnswer& answer(std::size_t entry) const { return read_->answers[entry]; }
  [[nodiscard]] Done remember(PastAnswer answer, const protect::AskedTable& asked,
                              const protect::BookDecision& decision);

  /// Which file stood there when it was read.
  struct Stamp {
    std::string name;
    std::uint64_t size = 0;
    std::int64_t time_ns = 0;
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Contents {
    PersonNumbers people = {};
    Stamp people_stamp = {};
    protect::AnswerBook book = {};
    std::vector<PastAnswer> answers = {};
    std::vector<Stamp> stamps = {};  ///< of the answers' files
  };

 private:
  AnswerLedger(std::filesystem::path folder, FileLock lock, std::unique_ptr<Contents> read)
      : folder_(std::move(folder)), lock_(std::move(lock)), read_(std::move(read)) {}
  std::filesystem::path folder_;
  FileLock lock_;
  std::unique_ptr<Contents> read_;
  bool whole_ = true;  ///< what is in memory is what is on disk
};

}  // namespace naru::workspace
