#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "workspace/exact.h"

#include <algorithm>

namespace naru::workspace {
namespace {

constexpr std::string_view magic = "naru-exact/1\n";
constexpr std::size_t digest_letters = 64;

/// Ascending ids as differences, seven bits a byte, the lowest first.
void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
  out.push_back(static_cast<char>(value));
}

class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : bytes_(bytes) {}
  bool next(std::uint64_t& out) {
    out = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      out |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

std::string people_text(const std::vector<std::vector<std::int64_t>>& people) {
  std::string out;
  for (const auto& cell : people) {
    std::uint64_t before = 0;
    for (const auto id : cell) {
      put_number(out, static_cast<std::uint64_t>(id) - before);
      before = static_cast<std::uint64_t>(id);
    }
  }
  return out;
}

bool read_people(std::string_view bytes, const std::vector<std::int64_t>& cells,
                 std::vector<std::vector<std::int64_t>>& out) {
  Numbers numbers(bytes);
  for (const auto count : cells) {
    auto& cell = out.emplace_back();
    if (count < 0 || static_cast<std::uint64_t>(count) > bytes.size()) return false;
    cell.reserve(static_cast<std::size_t>(count));
    std::uint64_t value = 0;
    for (std::int64_t at = 0; at < count; ++at) {
      std::uint64_t step = 0;
      if (!numbers.next(step)) return false;
      value += step;
      cell.push_back(static_cast<std::int64_t>(value));
    }
  }
  return numbers.at_end();
}

/// May throw Json::exception; the file's digest was right, so only another program's file can.
std::optional<Exact> exact_of(const Json& head, std::string_view people, const cohort::Expression& question) {
  Exact out;
  out.remembered = true;
  out.count.persons = head.at("count").get<std::int64_t>();
  out.count.entries = head.at("entries").get<std::int64_t>();
  const auto steps = head.at("steps").get<std::vector<std::int64_t>>();
  if (steps.size() != question.rules.size() + 1) return std::nullopt;
  for (std::size_t at = 0; at < steps.size(); ++at) {
    out.count.attrition.push_back({at == 0 ? "entry events" : question.rules[at - 1].name, steps[at]});
  }
  const auto names = cohort::empty_strata();
  out.table = {names.sexes, names.age_bands, head.at("cells").get<std::vector<std::int64_t>>()};
  if (out.table.cells.size() != names.cells.size() || !read_people(people, out.table.cells, out.people)) {
    return std::nullopt;
  }
  for (const auto count : out.table.cells) out.persons += count;
  return out;
}

}  // namespace

std::string ExactKey::text() const {
  return canonical(Json{{"data", identity.data},
                        {"epoch", identity.epoch},
                        {"withdrawn", withdrawn},
                        {"definition", identity.definition},
                        {"population", identity.population},
                        {"policy", identity.policy},
                        {"vocabulary", identity.vocabulary},
                        {"algorithm", identity.algorithm},
                        {"program", program}});
}

fs::path ExactMemory::file_of(const ExactKey& key) const { return folder_ / (hex(sha256(key.text())) + ".answer"); }

std::optional<Exact> ExactMemory::find(const ExactKey& key, const cohort::Expression& question) const {
  const double began = steady_seconds();
  const auto file = file_of(key);
  std::error_code failure;
  if (!fs::exists(file, failure)) return std::nullopt;
  const auto read = read_file(file, bytes_max);
  if (!read.ok() || read->size() < magic.size() + digest_letters || !read->starts_with(magic)) return std::nullopt;
  const std::string_view body(read->data(), read->size() - digest_letters);
  if (hex(sha256(body)) != std::string_view(*read).substr(body.size())) return std::nullopt;
  const auto end = body.find('\n', magic.size());
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = parse_json(body.substr(magic.size(), end - magic.size()), "answer");
  if (!head.ok()) return std::nullopt;
  try {
    // The name is a digest of the key; the key itself is compared all the same.
    if (canonical(head->at("key")) != key.text()) return std::nullopt;
    auto out = exact_of(*head, body.substr(end + 1), question);
    if (out) out->count.seconds = steady_seconds() - began;
    return out;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void ExactMemory::keep(const ExactKey& key, const Exact& exact) const {
  const auto key_json = parse_json(key.text(), "key");
  if (!key_json.ok() || !make_folder(folder_, 0700).ok()) return;
  Json steps = Json::array();
  for (const auto& step : exact.count.attrition) steps.push_back(step.persons);
  std::string text = std::string(magic) +
                     canonical(Json{{"key", *key_json},
                                    {"count", exact.count.persons},
                                    {"entries", exact.count.entries},
                                    {"steps", std::move(steps)},
                                    {"cells", exact.table.cells}}) +
                     "\n" + people_text(exact.people);
  if (text.size() + digest_letters > bytes_max / 4) return;
  text += hex(sha256(text));
  if (write_file_atomic(file_of(key), text, 0600).ok()) make_room();
}

void ExactMemory::make_room() const {
  struct Kept {
    fs::path file;
    fs::file_time_type time;
    std::uint64_t bytes = 0;
  };
  std::vector<Kept> files;
  std::uint64_t bytes = 0;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder_, failure)) {
    if (entry.path().extension() != ".answer") continue;
    files.push_back({entry.path(), entry.last_write_time(failure), entry.file_size(failure)});
    bytes += files.back().bytes;
  }
  std::sort(files.begin(), files.end(), [](const Kept& a, const Kept& b) { return a.time < b.time; });
  for (std::size_t at = 0; at < files.size() && (files.size() - at > files_max || bytes > bytes_max); ++at) {
    fs::remove(files[at].file, failure);
    bytes -= files[at].bytes;
  }
}

}  // namespace naru::workspace
