#include "cohort/features.h"

#include "base/clock.h"
#include "base/files.h"
#include "cohort/native_plan.h"
#include "cohort/parallel.h"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace naru::cohort {
namespace {

/// Entries of one shard: a matrix of this many rows is in memory at once.
constexpr std::size_t shard_entries = 65'536;
/// A NaN is a missing value here; sources' own NaN values count as missing too.
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct BoundFeature {
  const FeatureSpec* spec = nullptr;
  const EventTable* table = nullptr;
  const Column* values = nullptr;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces = {};
};

/// Entries [from, to) and where each person's begin.
struct Rows {
  std::size_t from = 0;
  std::size_t to = 0;
  std::uint32_t first_person = 0;
  std::vector<std::uint32_t> persons = {};   ///< dense number of each entry
  std::vector<std::uint32_t> first_of = {};  ///< by person - first_person: its first entry - from; UINT32_MAX: none
};

Result<Rows> rows_of(const Persons& persons, const std::vector<Entry>& entries, std::size_t from, std::size_t to) {
  Rows out{from, to};
  std::uint64_t place = 0;
  for (auto at = from; at < to; ++at) {
    place = lower_place(persons.id, entries[at].person_id, place, persons.count);
    if (place == persons.count || persons.id.at(place) != entries[at].person_id) {
      return internal_error(say("an entry's person is not in the index", "색인에 없는 사람입니다"));
    }
    out.persons.push_back(static_cast<std::uint32_t>(place));
  }
  out.first_person = out.persons.front();
  out.first_of.assign(out.persons.back() - out.first_person + 1, UINT32_MAX);
  for (std::size_t row = out.persons.size(); row-- > 0;) {
    out.first_of[out.persons[row] - out.first_person] = static_cast<std::uint32_t>(row);
  }
  return out;
}

void fill_trait(const FeatureSpec& spec, const Persons& persons, const std::vector<Entry>& entries, const Rows& rows,
                std::vector<double>& out) {
  for (std::size_t row = 0; row < rows.persons.size(); ++row) {
    if (spec.kind == FeatureKind::age) {
      const auto& age = entries[rows.from + row].age;
      out[row] = age ? static_cast<double>(*age) : missing;
      continue;
    }
    const auto gender = persons.gender.at(rows.persons[row]);
    out[row] = gender == 8507 ? 1 : gender == 8532 ? 0 : missing;
  }
}

void fill_events(const BoundFeature& feature, const std::vector<Entry>& entries, const Rows& rows,
                 std::vector<double>& out) {
  const auto& spec = *feature.spec;
  const bool latest = spec.kind == FeatureKind::last_value || spec.kind == FeatureKind::days_since;
  std::fill(out.begin(), out.end(), latest ? missing : 0.0);
  struct Latest {
    std::int64_t start = null_value;
    std::int64_t id = null_value;
  };
  std::vector<Latest> best(latest ? out.size() : 0);
  const auto* person = feature.table->person.numbers<std::uint32_t>();
  if (person == nullptr) return;
  const auto take = [&](std::size_t row, std::uint64_t event, std::int64_t start) {
    const auto entry = std::int64_t{entries[rows.from + row].start};
    if (start < entry + spec.from_days || start > entry + spec.to_days) return;
    if (spec.kind == FeatureKind::present) {
      out[row] = 1;
      return;
    }
    if (spec.kind == FeatureKind::count) {
      out[row] += 1;
      return;
    }
    double value = static_cast<double>(entry - start);
    if (spec.kind == FeatureKind::last_value && (!feature.values->real_at(event, value) || std::isnan(value))) return;
    const auto id = feature.table->id.at(event);
    auto& last = best[row];
    if (last.start != null_value && (start < last.start || (start == last.start && id < last.id))) return;
    last = {start, id};
    out[row] = value;
  };
  for (const auto& [begin, end] : feature.pieces) {
    const auto* first = std::lower_bound(person + begin, person + end, rows.persons.front());
    const auto* last = std::upper_bound(first, person + end, rows.persons.back());
    for (const auto* at = first; at != last; ++at) {
      auto row = std::size_t{rows.first_of[*at - rows.first_person]};
      if (row == UINT32_MAX) continue;
      const auto event = static_cast<std::uint64_t>(at - person);
      const auto start = feature.table->start.at(event);
      for (; row < rows.persons.size() && rows.persons[row] == *at && start != null_value; ++row)
        take(row, event, start);
    }
  }
}

std::vector<BoundFeature> bind(const IndexTables& tables, const std::vector<FeatureSpec>& features,
                               const NativeOptions& options) {
  std::vector<ConceptSet> sets;
  for (const auto& feature : features) {
    sets.push_back({static_cast<std::int64_t>(sets.size()), feature.name, feature.concepts});
  }
  const auto concepts = resolve_sets(tables.vocabulary, sets, options.rebuild_ancestors);
  std::vector<BoundFeature> out;
  for (std::size_t at = 0; at < features.size(); ++at) {
    BoundFeature bound{&features[at]};
    if (!features[at].domain.empty()) {
      bound.table = &tables.events.find(domain_named(features[at].domain)->table)->second;
      bound.pieces = pieces_of(*bound.table, concepts.at(static_cast<std::int64_t>(at)));
      const auto values = bound.table->attributes.find("value_as_number");
      if (values != bound.table->attributes.end()) bound.values = &values->second;
    }
    out.push_back(std::move(bound));
  }
  return out;
}

/// The matrix as the engine's table, shard by shard; the engine spills what does not fit.
Done append(engine::Database& database, const std::vector<Entry>& entries, const Rows& rows,
            const std::vector<std::vector<double>>& matrix, const std::vector<FeatureSpec>& features) {
  engine::Rows out;
  out.count = rows.persons.size();
  out.columns = {{"person_id", engine::Kind::integer}, {"cohort_start_date", engine::Kind::date}};
  for (auto& column : out.columns) {
    column.integers.resize(out.count);
    column.valid.assign(out.count, 1);
  }
  for (std::size_t row = 0; row < out.count; ++row) {
    out.columns[0].integers[row] = entries[rows.from + row].person_id;
    out.columns[1].integers[row] = entries[rows.from + row].start;
  }
  for (std::size_t at = 0; at < features.size(); ++at) {
    engine::Column column{features[at].name, engine::Kind::real};
    column.valid.resize(out.count);
    column.reals.resize(out.count);
    for (std::size_t row = 0; row < out.count; ++row) {
      const bool known = !std::isnan(matrix[at][row]);
      column.valid[row] = known ? 1 : 0;
      column.reals[row] = known ? matrix[at][row] : 0;
    }
    out.columns.push_back(std::move(column));
  }
  return database.append("matrix", out);
}

std::string csv_name(const std::string& name) {
  if (name.find_first_of(",\"\r\n") == std::string::npos) return name;
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// The same rows as text: shortest numbers that read back, empty for NULL. Written beside and renamed.
Result<std::int64_t> write_csv(engine::Database& database, const std::vector<FeatureSpec>& features,
                               const fs::path& file) {
  const fs::path temporary = file.string() + ".partial";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  std::string text = "person_id,cohort_start_date";
  for (const auto& feature : features) text += "," + csv_name(feature.name);
  text += "\n";
  std::int64_t rows = 0;
  const auto written = database.each_batch(
      "SELECT * FROM matrix ORDER BY person_id, cohort_start_date", {}, [&](const engine::Rows& batch) -> Done {
        for (std::size_t row = 0; row < batch.count; ++row) {
          text += fmt::format("{},{}", batch.integer(0, row),
                              format_date(static_cast<std::int32_t>(batch.integer(1, row))));
          for (std::size_t at = 2; at < batch.columns.size(); ++at) {
            text += batch.is_null(at, row) ? std::string(",") : fmt::format(",{}", batch.real(at, row));
          }
          text += "\n";
        }
        rows += static_cast<std::int64_t>(batch.count);
        out << text;
        text.clear();
        return {};
      });
  out << text;
  out.close();
  std::error_code failure;
  if (written.ok() && out.good()) fs::rename(temporary, file, failure);
  if (written.ok() && out.good() && !failure) return rows;
  std::error_code ignored;
  fs::remove(temporary, ignored);
  if (!written.ok()) return written.error();
  return internal_error(say("cannot write the matrix", "행렬을 쓸 수 없습니다"), file.string(),
                        say("free some disk space", "디스크 공간을 확보하세요"));
}

}  // namespace

Result<FeatureReceipt> write_features(const Index& index, const std::vector<Entry>& entries,
                                      const std::vector<FeatureSpec>& features, const NativeOptions& options,
                                      const fs::path& file, Progress& progress) {
  const double began = steady_seconds();
  const auto& tables = index.tables();
  const auto bound = bind(tables, features, options);
  const ScratchFolder scratch("features");
  engine::DatabaseOptions engine_options;
  engine_options.file = scratch.path() / "matrix.db";
  engine_options.allowed_folders = {scratch.path(), fs::absolute(file).parent_path()};
  engine_options.threads = options.threads;
  engine_options.memory_mb = 1024;
  NARU_ASSIGN(auto database, engine::Database::open(engine_options));
  std::string columns = "person_id BIGINT, cohort_start_date DATE";
  for (const auto& feature : features) columns += ", " + engine::quoted(feature.name) + " DOUBLE";
  NARU_CHECK(database.run("CREATE TABLE matrix (" + columns + ")"));
  FeatureReceipt out;
  out.filled.assign(features.size(), 0);
  std::vector<std::vector<double>> matrix(features.size());
  for (std::size_t from = 0; from < entries.size();) {
    progress.at(say("computing features", "특성 계산 중"), from, entries.size());
    if (progress.stop_requested()) return interrupted();
    const auto to = std::min(from + shard_entries, entries.size());
    NARU_ASSIGN(const auto rows, rows_of(tables.persons, entries, from, to));
    in_parallel(features.size(), options.threads, [&](std::size_t at) {
      auto& column = matrix[at];
      column.assign(to - from, 0);
      if (bound[at].table == nullptr)
        fill_trait(features[at], tables.persons, entries, rows, column);
      else
        fill_events(bound[at], entries, rows, column);
      out.filled[at] += std::count_if(column.begin(), column.end(), [](double v) { return !std::isnan(v) && v != 0; });
    });
    NARU_CHECK(append(database, entries, rows, matrix, features));
    from = to;
  }
  if (file.extension() == ".csv") {
    NARU_ASSIGN(out.rows, write_csv(database, features, file));
  } else {
    NARU_ASSIGN(out.rows, database.copy_to_parquet("SELECT * FROM matrix", "person_id, cohort_start_date", file));
  }
  out.seconds = steady_seconds() - began;
  return out;
}

}  // namespace naru::cohort
