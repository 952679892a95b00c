#include "base/json.h"
#include "release/publish.h"

#include <algorithm>
#include <cstdlib>

namespace naru::release {
namespace {

std::int64_t rounded(std::int64_t count, std::int64_t to) { return (count + to / 2) / to * to; }

std::vector<std::string> without(const std::vector<FileColumn>& from, const std::vector<FileColumn>& what) {
  std::vector<std::string> out;
  for (const auto& column : from) {
    if (std::ranges::find(what, column) == what.end()) out.push_back(column.name);
  }
  return out;
}

std::map<std::string, const ManifestFile*> tables_of(const Manifest& manifest) {
  std::map<std::string, const ManifestFile*> out;
  for (const auto& file : manifest.files) {
    if (const auto table = table_of(file); !table.empty()) out[table] = &file;
  }
  return out;
}

Json number_or_null(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

Json table_json(const TableDifference& table) {
  Json out{{"table", table.table},
           {"old", number_or_null(table.old_rows)},
           {"new", number_or_null(table.new_rows)},
           {"change", number_or_null(table.change)},
           {"columns_added", table.columns_added},
           {"columns_removed", table.columns_removed}};
  if (!table.reason.empty()) out["reason"] = table.reason;
  return out;
}

}  // namespace

TableDifference difference_of(std::string table, std::int64_t old_rows, std::int64_t new_rows,
                              const protect::OutputPolicy& outputs) {
  TableDifference out{.table = std::move(table)};
  const bool old_small = old_rows > 0 && old_rows < outputs.min_cell;
  const bool new_small = new_rows > 0 && new_rows < outputs.min_cell;
  if (old_small || new_small ||
      (std::min(old_rows, new_rows) == 0 && std::max(old_rows, new_rows) < outputs.min_cell)) {
    // A figure beside a suppressed one would bound it.
    out.reason = "a count is below the smallest cell shown";
    return out;
  }
  out.old_rows = rounded(old_rows, outputs.round_to);
  if (std::abs(new_rows - old_rows) < outputs.min_cell) {
    // Two figures rounded apart would betray a change across a rounding border: the old one stands for both.
    out.new_rows = out.old_rows;
    out.reason = "no change, or one below the smallest cell shown";
    return out;
  }
  out.new_rows = rounded(new_rows, outputs.round_to);
  out.change = *out.new_rows - *out.old_rows;
  return out;
}

Result<Difference> diff(const std::filesystem::path& old_release, const std::filesystem::path& new_release,
                        const protect::OutputPolicy& outputs) {
  NARU_ASSIGN(const auto before, read_manifest(old_release));
  NARU_ASSIGN(const auto after, read_manifest(new_release));
  Difference out{.old_id = before.id,
                 .new_id = after.id,
                 .persons = difference_of("person", before.persons, after.persons, outputs),
                 .tables = {},
                 .tables_added = {},
                 .tables_removed = {},
                 .old_epoch = before.consent_epoch,
                 .new_epoch = after.consent_epoch,
                 .policy_changed = before.policy_hash != after.policy_hash,
                 .vocabulary_changed = before.vocabulary_hash != after.vocabulary_hash};
  const bool withheld = !out.persons.change.has_value();
  const auto old_tables = tables_of(before);
  const auto new_tables = tables_of(after);
  for (const auto& [name, file] : old_tables) {
    const auto other = new_tables.find(name);
    if (other == new_tables.end()) {
      out.tables_removed.push_back(name);
      continue;
    }
    // Many rows may be one person's: while the persons' change is withheld, so is every table's.
    const auto old_rows = file->rows.value_or(0);
    const auto new_rows = other->second->rows.value_or(0);
    auto table = difference_of(name, old_rows, withheld ? old_rows : new_rows, outputs);
    table.columns_added = without(other->second->schema, file->schema);
    table.columns_removed = without(file->schema, other->second->schema);
    out.tables.push_back(std::move(table));
  }
  for (const auto& [name, file] : new_tables) {
    if (!old_tables.contains(name)) out.tables_added.push_back(name);
  }
  return out;
}

std::string difference_json(const Difference& difference) {
  Json tables = Json::array();
  for (const auto& table : difference.tables) tables.push_back(table_json(table));
  return canonical({{"old", difference.old_id},
                    {"new", difference.new_id},
                    {"persons", table_json(difference.persons)},
                    {"tables", tables},
                    {"tables_added", difference.tables_added},
                    {"tables_removed", difference.tables_removed},
                    {"consent_epoch", {{"old", difference.old_epoch}, {"new", difference.new_epoch}}},
                    {"policy_changed", difference.policy_changed},
                    {"vocabulary_changed", difference.vocabulary_changed}});
}

}  // namespace naru::release
