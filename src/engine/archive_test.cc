#include "engine/archive.h"

#include "base/files.h"
#include "base/testing/support.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

using namespace naru;
using namespace naru::engine;

namespace {

struct Member {
  std::string name;
  std::string content;
  std::string link = {};
};

void write_archive(const fs::path& file, const std::vector<Member>& members, bool zip) {
  archive* out = archive_write_new();
  if (zip)
    archive_write_set_format_zip(out);
  else
    archive_write_set_format_pax_restricted(out);
  REQUIRE(archive_write_open_filename(out, file.c_str()) == ARCHIVE_OK);
  for (const auto& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, member.link.empty() ? AE_IFREG : AE_IFLNK);
    if (!member.link.empty()) archive_entry_set_symlink(entry, member.link.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    archive_write_header(out, entry);
    archive_write_data(out, member.content.data(), member.content.size());
    archive_entry_free(entry);
  }
  archive_write_free(out);
}

/// `content` compressed by libarchive's filter of that code.
void write_compressed(const fs::path& file, const std::string& content, int filter) {
  archive* out = archive_write_new();
  archive_write_add_filter(out, filter);
  archive_write_set_format_raw(out);
  REQUIRE(archive_write_open_filename(out, file.c_str()) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "data");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(out, entry);
  archive_write_data(out, content.data(), content.size());
  archive_entry_free(entry);
  archive_write_free(out);
}

std::string many_lines(int count) {
  std::string text;
  for (int line = 0; line < count; ++line) text += "{\"n\":" + std::to_string(line * 7919 % 100'003) + "}\n";
  return text;
}

}  // namespace

TEST_CASE("a zip is unpacked sorted by name and without what file managers add") {
  const ScratchFolder folder("zip");
  const auto file = folder.path() / "cdm.zip";
  write_archive(
      file, {{"cdm/PERSON.csv", "id\n1\n"}, {"__MACOSX/cdm/x", "?"}, {"cdm/._PERSON.csv", "?"}, {"cdm/DEATH.csv", ""}},
      true);
  REQUIRE(make_folder(folder.path() / "out").ok());
  const auto members = extract(file, folder.path() / "out");
  REQUIRE(members.ok());
  REQUIRE(members->size() == 2);
  CHECK((*members)[0].name == "cdm/DEATH.csv");
  CHECK((*members)[1].bytes == 5);
  CHECK(*read_file((*members)[1].path) == "id\n1\n");
}

TEST_CASE("members that climb out, links, doubles and bombs are refused and nothing lands outside") {
  const ScratchFolder folder("evil");
  const auto target = folder.path() / "out";
  REQUIRE(make_folder(target).ok());
  const std::vector<std::vector<Member>> evils{
      {{"../escaped.txt", "x"}},  {{"a/../../escaped.txt", "x"}}, {{"/tmp/naru-escaped.txt", "x"}},
      {{"..\\escaped.txt", "x"}}, {{"link", "", "/etc/passwd"}},  {{"twice.txt", "a"}, {"./twice.txt", "b"}}};
  for (const auto& evil : evils) {
    const auto file = folder.path() / "evil.tar";
    write_archive(file, evil, false);
    const auto members = extract(file, target);
    REQUIRE_MESSAGE(!members.ok(), evil.front().name);
    CHECK(members.error().kind == ErrorKind::rejected);
  }
  CHECK(!fs::exists(folder.path() / "escaped.txt"));
  CHECK(!fs::exists("/tmp/naru-escaped.txt"));
  write_archive(folder.path() / "bomb.zip", {{"zeros", std::string(1U << 20, '\0')}}, true);
  CHECK(!extract(folder.path() / "bomb.zip", target, {10, 1'000}).ok());
  CHECK(!extract(folder.path() / "absent.zip", target).ok());
}

TEST_CASE("a folder with plain and compressed files gives all of them uncompressed") {
  const ScratchFolder folder("mixed");
  REQUIRE(make_folder(folder.path() / "in").ok());
  REQUIRE(make_folder(folder.path() / "out").ok());
  REQUIRE(write_file_atomic(folder.path() / "in" / "a.csv", "plain").ok());
  REQUIRE(write_file_atomic(folder.path() / "in" / "empty.csv", "").ok());
  write_compressed(folder.path() / "in" / "b.csv.gz", "gz", ARCHIVE_FILTER_GZIP);
  write_compressed(folder.path() / "in" / "c.csv.zst", "zst", ARCHIVE_FILTER_ZSTD);
  const auto members = extract(folder.path() / "in", folder.path() / "out");
  REQUIRE(members.ok());
  REQUIRE(members->size() == 4);
  CHECK((*members)[1].name == "b.csv");
  CHECK(*read_file((*members)[1].path) == "gz");
  CHECK(*read_file((*members)[2].path) == "zst");
  CHECK((*members)[0].path == folder.path() / "in" / "a.csv");
  CHECK(extract(folder.path() / "in" / "a.csv", folder.path() / "out")->at(0).bytes == 5);
  CHECK(extract(folder.path() / "in" / "empty.csv", folder.path() / "out")->at(0).bytes == 0);
}

TEST_CASE("lines come out the same from plain, gzip, xz, zstd and bzip2") {
  const ScratchFolder folder("lines");
  const auto text = many_lines(60'000);
  REQUIRE(write_file_atomic(folder.path() / "0", text).ok());
  const std::vector<int> filters{ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_BZIP2};
  for (std::size_t index = 0; index < filters.size(); ++index) {
    write_compressed(folder.path() / std::to_string(index + 1), text, filters[index]);
  }
  for (int index = 0; index <= 4; ++index) {
    auto reader = LineReader::open(folder.path() / std::to_string(index));
    REQUIRE(reader.ok());
    std::string joined;
    std::string_view line;
    while (true) {
      const auto more = reader->next(line);
      REQUIRE(more.ok());
      if (!*more) break;
      joined.append(line).append("\n");
    }
    CHECK(joined == text);
    CHECK(reader->line_number() == 60'000);
    CHECK(reader->bytes_read() == text.size());
  }
}

TEST_CASE("a truncated gzip is an error that names the line") {
  const ScratchFolder folder("cut");
  const auto file = folder.path() / "x.ndjson.gz";
  write_compressed(file, many_lines(60'000), ARCHIVE_FILTER_GZIP);
  const auto whole = *read_file(file);
  REQUIRE(write_file_atomic(file, std::string_view(whole).substr(0, whole.size() / 2)).ok());
  auto reader = LineReader::open(file);
  REQUIRE(reader.ok());
  std::string_view line;
  auto more = reader->next(line);
  while (more.ok() && *more) more = reader->next(line);
  REQUIRE(!more.ok());
  CHECK(more.error().kind == ErrorKind::rejected);
  CHECK(more.error().where == file.string() + ":" + std::to_string(reader->line_number() + 1));
  CHECK(!extract(file, folder.path()).ok());
}

TEST_CASE("line ends, a byte order mark, a missing last end, empty files and over-long lines") {
  const ScratchFolder folder("ends");
  const auto file = folder.path() / "t";
  REQUIRE(write_file_atomic(file,
                            "\xef\xbb\xbf"
                            "a\r\n\nlast")
              .ok());
  auto reader = LineReader::open(file);
  std::string_view line;
  REQUIRE(*reader->next(line));
  CHECK(line == "a");
  REQUIRE(*reader->next(line));
  CHECK(line.empty());
  REQUIRE(*reader->next(line));
  CHECK(line == "last");
  CHECK(!*reader->next(line));
  CHECK(!*reader->next(line));
  REQUIRE(write_file_atomic(file, "").ok());
  auto empty = LineReader::open(file);
  CHECK(!*empty->next(line));
  REQUIRE(write_file_atomic(file, "short\n" + std::string(2'000'000, 'x')).ok());
  auto limited = LineReader::open(file, 1'000);
  REQUIRE(*limited->next(line));
  const auto over = limited->next(line);
  REQUIRE(!over.ok());
  CHECK(over.error().where == file.string() + ":2");
}

TEST_CASE("the shared OMOP archive unpacks to its tables") {
  const auto data = test::shared_data("omop");
  if (!data) return;
  const ScratchFolder folder("omop");
  const auto members = extract(*data / "GiBleed_5.3_csv.zip", folder.path());
  REQUIRE(members.ok());
  CHECK(members->size() > 20);
}
