#pragma once
/// For this room's tests: a site in a scratch folder, and questions to its lake.
#include "base/clock.h"
#include "base/files.h"
#include "engine/database.h"
#include "ingest/ingest.h"

#include <fstream>
#include <string>

namespace naru::ingest::testing {

inline void put(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

struct Site {
  ScratchFolder scratch{"ingest-test"};
  FixedClock clock{1'700'000'000'000};
  Progress progress;
  fs::path root = scratch.path() / "site";
  Site() { fs::create_directories(root); }

  Result<Receipt> take(Kind kind, const fs::path& source) {
    IngestRequest request{.kind = kind, .sources = {source}, .site = root, .legal_basis = "synthetic"};
    return take(request);
  }
  Result<Receipt> take(IngestRequest request) {
    request.site = root;
    if (request.legal_basis.empty()) request.legal_basis = "synthetic";
    return ingest(request, clock, progress);
  }
  /// `sql` may name {table} files of the lake as lake('person').
  Result<engine::Rows> ask(std::string sql) {
    for (auto at = sql.find("lake("); at != std::string::npos; at = sql.find("lake(", at + 1)) {
      const auto end = sql.find(')', at);
      const auto table = sql.substr(at + 5, end - at - 5);
      sql.replace(at, end - at + 1, engine::parquet(root / "lake" / (table + ".parquet")));
    }
    NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {root}}));
    return database.query(sql);
  }
  std::int64_t number(const std::string& sql) {
    const auto rows = ask(sql);
    if (!rows.ok() || rows->count == 0) return -1;
    return rows->columns[0].valid[0] == 0 ? -2 : rows->integer(0, 0);
  }
  std::string text(const std::string& sql) {
    const auto rows = ask("SELECT (" + sql + ")::VARCHAR");
    if (!rows.ok()) return "error: " + rows.error().what.en;
    return rows->count == 0 ? "no row" : rows->columns[0].valid[0] == 0 ? "null" : rows->text(0, 0);
  }
  /// Every file of the lake has the same name and bytes at `other`, and there is one.
  bool same_lake(const Site& other) const {
    const auto mine = list_files(root / "lake", true);
    const auto theirs = list_files(other.root / "lake", true);
    if (!mine.ok() || !theirs.ok() || mine->empty() || *mine != *theirs) return false;
    for (const auto& file : *mine) {
      const auto a = read_file(root / "lake" / file);
      const auto b = read_file(other.root / "lake" / file);
      if (!a.ok() || !b.ok() || *a != *b) return false;
    }
    return true;
  }
};

}  // namespace naru::ingest::testing
