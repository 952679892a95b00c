#pragma once
/// How each kind of site exports its rows: FHIR R4 with KR Core codings, OMOP CSV or Parquet, claims tables. Each
/// writer streams; it holds one person's rows and its own buffers. Each plants a few bad rows at the end and says
/// which.
#include "synth/history.h"
#include "synth/people.h"
#include "synth/vocabulary.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naru::synth {

/// A text file written in large blocks. The first failure is kept and told by close().
class TextFile {
 public:
  TextFile() = default;
  ~TextFile();
  TextFile(TextFile&& other) noexcept;
  TextFile& operator=(TextFile&&) = delete;
  TextFile(const TextFile&) = delete;
  [[nodiscard]] Done open(const std::filesystem::path& path);
  /// Append here, then call flush_if_full.
  [[nodiscard]] std::string& text() { return buffer_; }
  void flush_if_full() {
    if (buffer_.size() > (1U << 20U)) flush();
  }
  [[nodiscard]] Done close();

 private:
  void flush();
  std::filesystem::path path_;
  std::FILE* file_ = nullptr;
  std::string buffer_;
  bool failed_ = false;
};

struct BadRow {
  std::string site;
  std::string table;
  std::int64_t row = 0;  ///< line of the file; data row (without header) of Parquet
  std::string reason;
};
struct WrittenTable {
  std::string site;
  std::string table;
  std::int64_t rows = 0;
};
/// What was written, for the truth.
struct Written {
  std::vector<WrittenTable> tables;
  std::vector<BadRow> bad;
};

class SiteWriter {
 public:
  virtual ~SiteWriter() = default;
  /// All rows of one person at this site. `source` is the site's own number of the person.
  virtual void person(const Person& person, const Identity& identity, const std::string& source,
                      const History& history) = 0;
  /// Plants the bad rows, closes the files.
  [[nodiscard]] virtual Done finish(Written& written) = 0;
};

struct SiteKind {
  int number = 0;  ///< of the hospital; ignored for the agency
  std::string name;
  std::filesystem::path folder;
};
[[nodiscard]] Result<std::unique_ptr<SiteWriter>> fhir_writer(const Vocabulary& vocabulary, const SiteKind& site);
/// Version 54 writes CSV, version 53 Parquet with the column names of 5.3.
[[nodiscard]] Result<std::unique_ptr<SiteWriter>> omop_writer(const Vocabulary& vocabulary, const SiteKind& site,
                                                              int version);
[[nodiscard]] Result<std::unique_ptr<SiteWriter>> claims_writer(const Vocabulary& vocabulary, const SiteKind& site);

/// The site's own number of its `sequence`-th person (from 0): a letter and digits that tell nothing about the order.
[[nodiscard]] std::string source_value(char letter, std::int64_t sequence, std::uint64_t salt);

/// Hour and minute of a visit at the site, a fixed function of its id: 08:00 … 17:50. Before 09:00 in Korea is the day
/// before in UTC, which a careless reader gets wrong.
void put_clock(std::string& out, std::int64_t id);

}  // namespace naru::synth
