#include "cohort/index.h"

#include "base/files.h"
#include "base/json.h"
#include "cohort/index_stamp.h"
#include "cohort/index_tables.h"

#include <algorithm>
#include <set>

namespace naru::cohort {
namespace {

/// Opens columns that the manifest names.
class Opener {
 public:
  Opener(fs::path folder, const Json& columns) : folder_(std::move(folder)), columns_(columns) {}

  Done open(const std::string& name, Column& out) {
    const auto found = columns_.find(name);
    if (found == columns_.end()) {
      return rejected(say("the index lacks the column {}", "색인에 {} 열이 없습니다", name), folder_.string());
    }
    ColumnShape shape;
    shape.width = found->at("width").get<std::uint8_t>();
    shape.real = found->at("real").get<bool>();
    shape.base = found->at("base").get<std::int64_t>();
    shape.rows = found->at("rows").get<std::uint64_t>();
    NARU_ASSIGN(out, Column::open(folder_ / (name + ".column"), shape));
    return {};
  }
  Done links(const std::string& name, Links& out) {
    NARU_CHECK(open(name + ".keys", out.keys));
    NARU_CHECK(open(name + ".offsets", out.offsets));
    return open(name + ".values", out.values);
  }
  Done lookup(const std::string& name, Lookup& out) {
    NARU_CHECK(open(name + ".id", out.id));
    NARU_CHECK(open(name + ".value", out.value));
    return open(name + ".person", out.person);
  }

 private:
  fs::path folder_;
  const Json& columns_;
};

Done open_events(Opener& opener, const Domain& domain, EventTable& out) {
  const std::string prefix = std::string(domain.table) + ".";
  NARU_CHECK(opener.open(prefix + "naru_concepts", out.concepts));
  NARU_CHECK(opener.open(prefix + "naru_offsets", out.offsets));
  NARU_CHECK(opener.open(prefix + "naru_person", out.person));
  NARU_CHECK(opener.open(prefix + "naru_start", out.start));
  NARU_CHECK(opener.open(prefix + "naru_end", out.end));
  NARU_CHECK(opener.open(prefix + "naru_id", out.id));
  NARU_CHECK(opener.open(prefix + "naru_visit", out.visit));
  NARU_CHECK(opener.open(prefix + "naru_source", out.source));
  NARU_CHECK(opener.open(prefix + "naru_age", out.age));
  for (const auto& column : attribute_columns(domain)) {
    NARU_CHECK(opener.open(prefix + column, out.attributes[column]));
  }
  out.rows = out.person.rows();
  return {};
}

Done open_all(const fs::path& folder, const Json& columns, IndexTables& out) {
  Opener opener(folder, columns);
  for (const auto& domain : domains()) {
    NARU_CHECK(open_events(opener, domain, out.events[std::string(domain.table)]));
  }
  auto& persons = out.persons;
  NARU_CHECK(opener.open("person.id", persons.id));
  NARU_CHECK(opener.open("person.known", persons.known));
  NARU_CHECK(opener.open("person.gender_concept_id", persons.gender));
  NARU_CHECK(opener.open("person.year_of_birth", persons.year_of_birth));
  NARU_CHECK(opener.open("person.race_concept_id", persons.race));
  NARU_CHECK(opener.open("person.ethnicity_concept_id", persons.ethnicity));
  NARU_CHECK(opener.open("period.offsets", persons.period_offsets));
  NARU_CHECK(opener.open("period.start", persons.period_start));
  NARU_CHECK(opener.open("period.end", persons.period_end));
  persons.count = persons.id.rows();
  NARU_CHECK(opener.lookup("visit", out.visits));
  NARU_CHECK(opener.lookup("provider", out.providers));
  NARU_CHECK(opener.lookup("care_site", out.care_sites));
  auto& vocabulary = out.vocabulary;
  NARU_CHECK(opener.open("concept.id", vocabulary.concepts));
  NARU_CHECK(opener.open("concept.valid", vocabulary.valid));
  NARU_CHECK(opener.links("ancestor", vocabulary.descendants));
  NARU_CHECK(opener.links("child", vocabulary.children));
  return opener.links("mapped", vocabulary.mapped_from);
}

}  // namespace

std::vector<std::string> attribute_columns(const Domain& domain) {
  std::set<std::string> out;
  for (const auto& attribute : domain.attributes) {
    if (attribute.test == Test::text) continue;
    const auto looked = look_of(attribute);
    if (looked.look == Look::column) out.emplace(looked.column);
    if (looked.look == Look::provider) out.emplace("provider_id");
    if (looked.look == Look::care_site) out.emplace("care_site_id");
  }
  return {out.begin(), out.end()};
}

std::uint64_t lower_place(const Column& column, std::int64_t value, std::uint64_t from, std::uint64_t to) {
  while (from < to) {
    const auto middle = from + (to - from) / 2;
    if (column.at(middle) < value)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

Text explain(IndexState state) {
  switch (state) {
    case IndexState::ready:
      return say("the index was used", "색인을 사용했습니다");
    case IndexState::absent:
      return say("there is no index (naru cohort index DIR builds one)",
                 "색인이 없습니다(naru cohort index DIR로 만듭니다)");
    case IndexState::stale:
      return say("the index is of other tables and was not used (naru cohort index DIR builds it anew)",
                 "색인이 다른 표로 만들어져 쓰지 않았습니다(naru cohort index DIR로 다시 만듭니다)");
    case IndexState::unreadable:
      return say("the index cannot be read and was not used (naru cohort index DIR builds it anew)",
                 "색인을 읽을 수 없어 쓰지 않았습니다(naru cohort index DIR로 다시 만듭니다)");
  }
  return {};
}

Index::Index() : tables_(std::make_unique<IndexTables>()) {}
Index::~Index() = default;

std::shared_ptr<const Index> Index::find(const fs::path& target, const std::map<std::string, fs::path>& tables,
                                         IndexState& state) {
  state = IndexState::absent;
  std::error_code failure;
  const auto manifest = target / "manifest.json";
  if (!fs::exists(manifest, failure)) return nullptr;
  state = IndexState::unreadable;
  const auto json = read_json(manifest);
  if (!json.ok() || !json->is_object() || json->value("format", "") != index_format) return nullptr;
  // The manifest is this program's own file, but a disk may have changed it: any surprise means "build it again".
  try {
    const auto stamps = stamps_from_json(json->at("files"));
    const auto same = same_bytes(stamps, tables);
    if (!same.ok()) return nullptr;
    if (!*same) {
      state = IndexState::stale;
      return nullptr;
    }
    std::shared_ptr<Index> out(new Index());
    out->lake_ = json->at("lake").get<std::string>();
    if (!open_all(target, json->at("columns"), *out->tables_).ok()) return nullptr;
    out->tables_->vocabulary.has_concepts = json->at("has_concepts").get<bool>();
    state = IndexState::ready;
    return out;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

}  // namespace naru::cohort
