#pragma once
/// A source's table, file by file, as typed rows that each stand on their own: what cannot is refused on the way, with
/// its file and line. Delimited text is parsed here and kept as scratch Parquet, a Parquet source is read where it
/// stands; either way memory is bounded whatever the size. Internal to the room.
#include "ingest/work.h"

#include <functional>
#include <set>

namespace naru::ingest {

struct StageColumn {
  std::string name;                 ///< lower case, as the view will call it
  std::string sql_type;             ///< BIGINT, INTEGER, DOUBLE, VARCHAR, DATE or TIMESTAMP
  bool required = false;            ///< blank: the row is refused as missing_required:LABEL
  bool must_exist = false;          ///< a file without it is an error
  bool zero_if_blank = false;       ///< a concept: 0, and noted
  bool null_if_unreadable = false;  ///< NULL, and noted; else the row is refused as not_a_number or impossible_date
  std::string label = {};           ///< in reasons and notes; empty: the name
};

struct StageSpec {
  std::string table;  ///< as the receipt counts it
  std::vector<StageColumn> columns = {};
  /// The spec's name for a file's column; empty: not kept. Default: the same name.
  std::function<std::string(std::string_view)> rename = {};
  bool note_unkept = false;  ///< columns of the file that the spec does not have are noted
  /// The rows are to stand as they are: a delimited file is then kept as a Parquet file of exactly the spec's columns,
  /// which can be the part's own, and the column named here is watched for rising.
  std::string key = {};
};

struct Staged {
  std::int64_t rows = 0;               ///< that stand
  std::set<std::string> columns = {};  ///< of the spec that at least one file has
  std::string plain = {};              ///< with a key and one delimited file: the spec's columns alone, as a SELECT
  fs::path file = {};                  ///< the same as a Parquet file
  bool rises = false;                  ///< the key rises strictly from row to row of `file`
};

/// Creates view `view`: _file BIGINT (place in members), _line BIGINT and every column of the spec, in file order.
/// Counts read and refused rows in the receipt. Errors (rejected): a file without a column that must exist, text in
/// another encoding, a Parquet file that cannot be read.
[[nodiscard]] Result<Staged> stage(Work& work, const StageSpec& spec, const std::vector<std::size_t>& files,
                                   const std::string& view);

/// The relation of one Parquet file after refusing what cannot stand; used by stage().
[[nodiscard]] Result<std::string> stage_columnar(Work& work, const StageSpec& spec, std::size_t member,
                                                 std::set<std::string>& present);
/// The same of a delimited file.
[[nodiscard]] Result<std::string> stage_delimited(Work& work, const StageSpec& spec, std::size_t member,
                                                  Staged& staged);
/// Place of the file's column that feeds each column of the spec; -1: none. Errors as above.
[[nodiscard]] Result<std::vector<std::ptrdiff_t>> match_columns(Work& work, const StageSpec& spec,
                                                                const std::string& file,
                                                                const std::vector<std::string>& header);
[[nodiscard]] std::string label_of(const StageColumn& column);
/// "not_a_number" or "impossible_date".
[[nodiscard]] std::string_view unreadable_reason(const StageColumn& column);

}  // namespace naru::ingest
