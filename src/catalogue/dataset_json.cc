// A description as JSON and back. Unknown fields are errors: a misspelt embargo must not be no embargo.
#include "catalogue/catalogue.h"
#include "catalogue/texts.h"

#include <set>

namespace naru::catalogue {
namespace {

constexpr std::size_t list_max = 10'000;

Json count_json(const std::optional<std::int64_t>& count) { return count ? Json(*count) : Json(nullptr); }

Json table_json(const DatasetTable& table) {
  Json columns = Json::array();
  for (const auto& column : table.columns) {
    Json one{{"name", column.name}, {"type", column.type}, {"meaning", text_json(column.meaning)}};
    if (!column.code_system.empty()) one["code_system"] = column.code_system;
    if (column.filled) one["filled"] = *column.filled;
    if (column.mapped) one["mapped"] = *column.mapped;
    if (column.mapped_codes) one["mapped_codes"] = *column.mapped_codes;
    columns.push_back(std::move(one));
  }
  return Json{{"name", table.name}, {"records", count_json(table.records)}, {"columns", std::move(columns)}};
}

Json tables_json(const Dataset& dataset) {
  Json out = Json::array();
  for (const auto& table : dataset.tables) out.push_back(table_json(table));
  return out;
}

Json embargo_json(const Dataset& dataset) {
  return dataset.embargo_until ? Json(format_date(*dataset.embargo_until)) : Json(nullptr);
}

Json object_or_empty(const std::string& text) {
  auto out = Json::parse(text, nullptr, false);
  return out.is_object() ? out : Json::object();
}

Result<std::optional<std::int64_t>> count_in(const Reader& r, std::string_view key) {
  const auto found = r.raw().find(key);
  if (found == r.raw().end() || found->is_null()) return std::optional<std::int64_t>{};
  NARU_ASSIGN(const auto count, r.integer(key));
  if (count < 0)
    return rejected(say("must not be negative", "음수일 수 없습니다"), fmt::format("{}.{}", r.where(), key));
  return std::optional<std::int64_t>{count};
}

Result<std::optional<double>> share_in(const Reader& r, std::string_view key) {
  if (!r.has(key)) return std::optional<double>{};
  NARU_ASSIGN(const auto share, r.number(key));
  if (!(share >= 0 && share <= 1)) {
    return rejected(say("a share lies between 0 and 1", "비율은 0과 1 사이입니다"),
                    fmt::format("{}.{}", r.where(), key));
  }
  return std::optional<double>{share};
}

Result<std::vector<std::string>> list_in(const Reader& r, std::string_view key) {
  NARU_ASSIGN(auto out, texts_or_none(r, key));
  if (out.size() > list_max) {
    return rejected(say("more than {} entries", "항목이 {}개를 넘습니다", list_max),
                    fmt::format("{}.{}", r.where(), key));
  }
  return out;
}

Result<DatasetTable> table_of(const Reader& r) {
  NARU_CHECK(r.only({"name", "records", "columns"}));
  DatasetTable out;
  NARU_ASSIGN(out.name, r.text("name"));
  NARU_ASSIGN(out.records, count_in(r, "records"));
  if (!r.has("columns")) return out;
  NARU_ASSIGN(const auto columns, r.array("columns"));
  for (const auto& [element, place] : columns) {
    NARU_ASSIGN(const auto c, Reader::of(*element, place));
    NARU_CHECK(c.only({"name", "type", "meaning", "code_system", "filled", "mapped", "mapped_codes"}));
    DatasetColumn column;
    NARU_ASSIGN(column.name, c.text("name"));
    NARU_ASSIGN(column.type, c.text_or("type", ""));
    if (c.has("meaning")) {
      NARU_ASSIGN(column.meaning, text_in(c, "meaning"));
    }
    NARU_ASSIGN(column.code_system, c.text_or("code_system", ""));
    NARU_ASSIGN(column.filled, share_in(c, "filled"));
    NARU_ASSIGN(column.mapped, share_in(c, "mapped"));
    NARU_ASSIGN(column.mapped_codes, share_in(c, "mapped_codes"));
    out.columns.push_back(std::move(column));
  }
  return out;
}

Result<std::string> object_in(const Reader& r, std::string_view key) {
  const auto found = r.raw().find(key);
  if (found == r.raw().end() || found->is_null()) return std::string("{}");
  if (!found->is_object()) {
    return rejected(say("must be an object", "객체여야 합니다"), fmt::format("{}.{}", r.where(), key));
  }
  return canonical(*found);
}

Done kind_and_tier(const Reader& r, Dataset& out) {
  NARU_ASSIGN(const auto kind, r.text("kind"));
  const auto known_kind = dataset_kind_named(kind);
  if (!known_kind) {
    return rejected(
        say("no kind is called \"{}\"", "\"{}\"라는 종류는 없습니다", kind), r.where() + ".kind",
        say("site, release, deposit, genome or solution", "site, release, deposit, genome, solution 중 하나"));
  }
  out.kind = *known_kind;
  NARU_ASSIGN(const auto tier, r.text("tier"));
  const auto known_tier = tier_named(tier);
  if (!known_tier) {
    return rejected(say("no tier is called \"{}\"", "\"{}\"라는 등급은 없습니다", tier), r.where() + ".tier",
                    say("open, registered or controlled", "open, registered, controlled 중 하나"));
  }
  out.tier = *known_tier;
  return {};
}

Result<Dataset> dataset_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id",           "title",    "description", "holder",        "kind",         "tier",
                     "phase",        "persons",  "records",     "tables",        "code_systems", "legal_basis",
                     "keywords",     "duo",      "ai_terms",    "embargo_until", "version",      "programme",
                     "grant_number", "citation", "quality",     "risk",          "updated_ms",   "characterisation"}));
  Dataset out;
  NARU_ASSIGN(out.id, r.text("id"));
  if (!is_plain_name(out.id)) return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".id");
  NARU_ASSIGN(out.title, text_in(r, "title"));
  NARU_ASSIGN(out.description, text_in(r, "description"));
  NARU_ASSIGN(out.holder, r.text("holder"));
  if (!is_plain_name(out.holder))
    return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".holder");
  NARU_CHECK(kind_and_tier(r, out));
  NARU_ASSIGN(out.phase, r.integer_or("phase", 1));
  NARU_ASSIGN(out.persons, count_in(r, "persons"));
  NARU_ASSIGN(out.records, count_in(r, "records"));
  if (r.has("tables")) {
    NARU_ASSIGN(const auto tables, r.array("tables"));
    for (const auto& [element, place] : tables) {
      NARU_ASSIGN(const auto t, Reader::of(*element, place));
      NARU_ASSIGN(auto table, table_of(t));
      out.tables.push_back(std::move(table));
    }
  }
  NARU_ASSIGN(out.code_systems, list_in(r, "code_systems"));
  NARU_ASSIGN(out.legal_basis, r.text("legal_basis"));
  if (out.legal_basis.empty()) {
    return rejected(say("every dataset states its legal basis", "모든 데이터셋에는 법적 근거가 필요합니다"),
                    r.where() + ".legal_basis");
  }
  NARU_ASSIGN(out.keywords, list_in(r, "keywords"));
  NARU_ASSIGN(out.duo, list_in(r, "duo"));
  NARU_ASSIGN(out.ai_terms, list_in(r, "ai_terms"));
  const auto embargo = r.raw().find("embargo_until");
  if (embargo != r.raw().end() && !embargo->is_null()) {
    NARU_ASSIGN(const auto text, r.text("embargo_until"));
    NARU_ASSIGN(out.embargo_until, parse_date(text, r.where() + ".embargo_until"));
  }
  NARU_ASSIGN(out.version, r.text_or("version", ""));
  NARU_ASSIGN(out.programme, r.text_or("programme", ""));
  NARU_ASSIGN(out.grant_number, r.text_or("grant_number", ""));
  NARU_ASSIGN(out.citation, r.text_or("citation", ""));
  NARU_ASSIGN(out.quality_json, object_in(r, "quality"));
  NARU_ASSIGN(out.risk_json, object_in(r, "risk"));
  NARU_ASSIGN(out.characterisation_json, object_in(r, "characterisation"));
  NARU_ASSIGN(out.updated_ms, r.integer_or("updated_ms", 0));
  return out;
}

bool usable(const Dataset& dataset, std::int32_t today) { return usable_on(dataset, today).ok(); }

}  // namespace

std::string dataset_json(const Dataset& d) {
  return canonical(Json{{"id", d.id},
                        {"title", text_json(d.title)},
                        {"description", text_json(d.description)},
                        {"holder", d.holder},
                        {"kind", name_of(d.kind)},
                        {"tier", name_of(d.tier)},
                        {"phase", d.phase},
                        {"persons", count_json(d.persons)},
                        {"records", count_json(d.records)},
                        {"tables", tables_json(d)},
                        {"code_systems", d.code_systems},
                        {"legal_basis", d.legal_basis},
                        {"keywords", d.keywords},
                        {"duo", d.duo},
                        {"ai_terms", d.ai_terms},
                        {"embargo_until", embargo_json(d)},
                        {"version", d.version},
                        {"programme", d.programme},
                        {"grant_number", d.grant_number},
                        {"citation", d.citation},
                        {"quality", object_or_empty(d.quality_json)},
                        {"risk", object_or_empty(d.risk_json)},
                        {"characterisation", object_or_empty(d.characterisation_json)},
                        {"updated_ms", d.updated_ms}});
}

Result<Dataset> parse_dataset(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const auto value, parse_json(json, where));
  return dataset_of(value, where);
}

Result<Dataset> read_dataset_yaml(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto value, parse_yaml(yaml, where));
  return dataset_of(value, where);
}

std::string dataset_view_json(const Dataset& d, Sight sight, std::int32_t today) {
  const bool full = sight == Sight::full;
  return canonical(Json{{"id", d.id},
                        {"title", text_json(d.title)},
                        {"description", text_json(d.description)},
                        {"holder", d.holder},
                        {"kind", name_of(d.kind)},
                        {"tier", name_of(d.tier)},
                        {"phase", d.phase},
                        {"keywords", d.keywords},
                        {"duo", d.duo},
                        {"ai_terms", d.ai_terms},
                        {"legal_basis", d.legal_basis},
                        {"embargo_until", embargo_json(d)},
                        {"version", d.version},
                        {"programme", d.programme},
                        {"grant_number", d.grant_number},
                        {"citation", d.citation},
                        {"usable", usable(d, today)},
                        {"usable_from", embargo_json(d)},
                        {"updated", format_instant(d.updated_ms)},
                        {"sight", full ? "full" : "summary"},
                        {"persons", full ? count_json(d.persons) : Json(nullptr)},
                        {"records", full ? count_json(d.records) : Json(nullptr)},
                        {"code_systems", full ? Json(d.code_systems) : Json(nullptr)},
                        {"tables", full ? tables_json(d) : Json(nullptr)},
                        {"quality", full ? object_or_empty(d.quality_json) : Json(nullptr)},
                        {"risk", full ? object_or_empty(d.risk_json) : Json(nullptr)},
                        {"characterisation", full ? object_or_empty(d.characterisation_json) : Json(nullptr)}});
}

std::string search_view_json(const SearchAnswer& answer, std::int32_t today) {
  Json list = Json::array();
  for (const auto& hit : answer.hits) {
    const auto& d = hit.dataset;
    const bool full = hit.sight == Sight::full;
    list.push_back({{"id", d.id},
                    {"title", text_json(d.title)},
                    {"holder", d.holder},
                    {"kind", name_of(d.kind)},
                    {"tier", name_of(d.tier)},
                    {"phase", d.phase},
                    {"persons", full ? count_json(d.persons) : Json(nullptr)},
                    {"records", full ? count_json(d.records) : Json(nullptr)},
                    {"keywords", d.keywords},
                    {"embargo_until", embargo_json(d)},
                    {"usable", usable(d, today)},
                    {"score", hit.score},
                    {"variables", hit.variables},
                    {"sight", full ? "full" : "summary"}});
  }
  return canonical(Json{{"count", answer.hits.size()}, {"datasets", std::move(list)}, {"facets", Json(answer.facets)}});
}

}  // namespace naru::catalogue
