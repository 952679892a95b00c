#pragma once
/// One table that a person names: CSV (comma, semicolon, tab or bar; quotes, CR LF, BOM; UTF-8 or CP949) or Parquet,
/// plain, in .gz .xz .zst .bz2, or alone in a .zip or tar archive.
#include "base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace naru::engine {

struct TableSource {
  std::string name;                       ///< as the person wrote it; what errors name
  std::filesystem::path path;             ///< absolute; its content is plain, and UTF-8 when it is CSV
  std::string relation;                   ///< for SQL; every cell of a CSV is text
  std::vector<std::string> columns = {};  ///< of a CSV, in order, without blanks around; empty for Parquet
  bool parquet = false;
  /// What a database needs to read it.
  [[nodiscard]] std::filesystem::path folder() const { return path.parent_path(); }
};

/// `encoding` is empty, "utf-8" or "cp949"; `scratch` takes what is unpacked or converted. Errors: not_found (no such
/// file); usage (another encoding); rejected naming the file: empty, several files, a damaged archive, two columns of
/// one name, text that is not of the encoding.
[[nodiscard]] Result<TableSource> table_source(const std::filesystem::path& file, const std::filesystem::path& scratch,
                                               std::string_view encoding = {});

/// The file itself when `encoding` says UTF-8, else a copy in UTF-8 below `scratch`.
[[nodiscard]] Result<std::filesystem::path> in_utf8(const std::filesystem::path& file, std::string_view encoding,
                                                    const std::filesystem::path& scratch, const std::string& name);

/// A file's name for read_csv(…): the name is a pattern there, so its own wildcards are set in brackets.
[[nodiscard]] std::string file_literal(const std::filesystem::path& file);

/// Tells how to say that a file is in the older Korean code page.
[[nodiscard]] Text utf8_hint();

/// Puts the file's name before the line an error of the engine names.
[[nodiscard]] Error in_file(Error error, const std::string& name);

}  // namespace naru::engine
