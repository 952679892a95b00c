// `naru protect apply`: the second reading of the table, record by record.
#include "base/csv_cell.h"
#include "base/files.h"
#include "protect/search_parts.h"
#include "protect/table_file.h"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace naru::protect {
namespace {

using Centre = SearchColumn::Centre;

// Two decimals, without trailing zeros: the same text for the same class everywhere.
std::string centre_text(double value) {
  auto out = fmt::format("{:.2f}", std::round(value * 100) / 100 + 0.0);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

// One layer, ready to write: which class a record is in, and what that class shows.
struct Shown {
  const Layer* layer;
  Anonymiser::Keeper keeper;
  std::vector<std::vector<double>> centres;  ///< per column, per class; empty: the column shows its level
};

std::vector<Shown> shown_of(const std::vector<Layer>& layers, const SearchConfig& config) {
  std::vector<Shown> out;
  for (const auto& layer : layers) {
    Shown one{&layer, layer.table.keeper(layer.optimum.levels), {}};
    for (const auto& column : config.columns) {
      if (column.role != ColumnRole::quasi_identifier) continue;
      const auto c = one.centres.size();
      one.centres.emplace_back();
      if (column.centre == Centre::none) continue;
      one.centres[c] = layer.table.class_centres(layer.optimum.levels, c, column.centre == Centre::median);
    }
    out.push_back(std::move(one));
  }
  return out;
}

// A draft beside the target, renamed when whole.
class Draft {
 public:
  explicit Draft(const fs::path& file)
      : file_(file), path_(fs::path(file).concat(".part")), out_(path_, std::ios::binary | std::ios::trunc) {}
  ~Draft() {
    if (!kept_) {
      std::error_code ignored;
      fs::remove(path_, ignored);
    }
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  [[nodiscard]] Done ready() const { return out_ ? Done() : unwritable(); }
  void write(const std::string& text) { out_ << text; }
  [[nodiscard]] Done keep() {
    out_.close();
    if (!out_) return unwritable();
    std::error_code failed;
    fs::rename(path_, file_, failed);
    if (failed) return unwritable();
    kept_ = true;
    return {};
  }

 private:
  [[nodiscard]] Error unwritable() const {
    return rejected(say("cannot be written", "쓸 수 없습니다"), file_.string(),
                    say("check folder, permission and free space", "폴더, 권한, 남은 공간을 확인하세요"));
  }
  fs::path file_;
  fs::path path_;
  std::ofstream out_;
  bool kept_ = false;
};

class TableWriter {
 public:
  TableWriter(const SearchConfig& config, const detail::Found& found, Draft& draft)
      : found_(found), draft_(draft), shown_(shown_of(found.layers, config)) {
    names_ = found.report.quasi_identifiers;
    rows_.resize(names_.size());
    for (const auto& column : config.columns) {
      if (column.role == ColumnRole::sensitive || column.role == ColumnRole::insensitive) names_.push_back(column.name);
    }
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  char delimiter = 0;

  Done take(std::span<const std::string_view> cells, std::int64_t record) {
    if (record == 1) header();
    NARU_CHECK(detail::find_rows(found_.layers.front().table, cells, names_, record, rows_));
    for (const auto& shown : shown_) {
      const auto number = shown.keeper.class_of(rows_);
      if (number < 0) continue;
      line(shown, static_cast<std::size_t>(number), cells);
      break;
    }
    if (text_.size() > 1U << 20) flush();
    return {};
  }
  void flush() {
    draft_.write(text_);
    text_.clear();
  }

 private:
  void header() {
    for (std::size_t c = 0; c < names_.size(); ++c) {
      if (c > 0) text_ += delimiter;
      text_ += csv_cell(names_[c], delimiter);
    }
    text_ += '\n';
  }
  void line(const Shown& shown, std::size_t number, std::span<const std::string_view> cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) text_ += delimiter;
      if (c >= rows_.size()) {
        text_ += csv_cell(cells[c], delimiter);
      } else if (!shown.centres[c].empty()) {
        text_ += centre_text(shown.centres[c][number]);
      } else {
        text_ += csv_cell(shown.layer->table.cell(c, rows_[c], shown.layer->optimum.levels[c]), delimiter);
      }
    }
    text_ += '\n';
  }
  const detail::Found& found_;
  Draft& draft_;
  std::vector<Shown> shown_;
  std::vector<std::string> names_;
  std::vector<std::uint32_t> rows_;
  std::string text_;
};

}  // namespace

Result<SearchReport> apply(const SearchConfig& config, const std::filesystem::path& out, unsigned threads,
                           Progress& progress) {
  NARU_ASSIGN(auto found, detail::search_layers(config, threads, progress));
  Draft draft(out);
  NARU_CHECK(draft.ready());
  TableWriter writer(config, found, draft);
  writer.delimiter = config.delimiter;
  NARU_CHECK(read_table(
      {config.data, config.delimiter, config.encoding}, writer.names(),
      [&](std::span<const std::string_view> cells, std::int64_t record) -> Done {
        if (record % 65'536 == 0 && progress.stop_requested()) return interrupted();
        return writer.take(cells, record);
      },
      &writer.delimiter));
  writer.flush();
  NARU_CHECK(draft.keep());
  return std::move(found.report);
}

}  // namespace naru::protect
