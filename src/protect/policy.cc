#include "protect/policy.h"

#include "base/digest.h"
#include "model/omop.h"
#include "protect/policy_parts.h"

#include <algorithm>

namespace naru::protect {
namespace detail {

Error bad(const std::string& where, Text what) { return rejected(std::move(what), where); }

Result<std::int64_t> bounded(const Reader& reader, std::string_view key, std::int64_t least, std::int64_t most) {
  NARU_ASSIGN(const auto value, reader.integer(key));
  if (value < least || value > most) {
    return bad(reader.where() + "." + std::string(key),
               say("must be between {} and {}", "{}에서 {} 사이여야 합니다", least, most));
  }
  return value;
}

Result<Text> title_of(const Reader& reader) {
  NARU_ASSIGN(const auto title, reader.object("title"));
  NARU_CHECK(title.only({"en", "ko"}));
  Text out;
  NARU_ASSIGN(out.en, title.text("en"));
  NARU_ASSIGN(out.ko, title.text("ko"));
  return out;
}

}  // namespace detail

std::string_view name_of(Treatment treatment) {
  using detail::treatments;
  const auto found = std::ranges::find(treatments, treatment, &std::pair<std::string_view, Treatment>::second);
  return found == treatments.end() ? std::string_view{} : found->first;
}

const ColumnRule* TableRule::rule_of(std::string_view column) const {
  const auto found = std::ranges::find(columns, column, &ColumnRule::column);
  return found == columns.end() ? nullptr : &*found;
}

const TableRule* Policy::rule_of(std::string_view table) const {
  const auto found = std::ranges::find(tables, table, &TableRule::table);
  return found == tables.end() ? nullptr : &*found;
}

const PolicySource* Policy::source(std::string_view source_id) const {
  const auto found = std::ranges::find(sources, source_id, &PolicySource::id);
  return found == sources.end() ? nullptr : &*found;
}

Result<Policy> parse_policy(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto document, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto root, Reader::of(document, std::string(where)));
  NARU_CHECK(root.only(
      {"id",        "version",      "title",      "use",     "sources",       "date_shift",   "ages",
       "sensitive", "source_codes", "deceased",   "regions", "rare_codes",    "risk",         "anonymity",
       "linkage",   "outputs",      "disclosure", "genome",  "export_review", "review_tiers", "impact_assessment",
       "tables"}));
  Policy policy;
  NARU_ASSIGN(policy.id, root.text("id"));
  if (!is_plain_name(policy.id)) {
    return detail::bad(root.where() + ".id",
                       say("letters, digits, '-', '_' and '.' only", "영문자, 숫자, '-', '_', '.'만 됩니다"));
  }
  NARU_ASSIGN(policy.version, detail::bounded(root, "version", 1, 1'000'000));
  NARU_ASSIGN(policy.title, detail::title_of(root));
  NARU_ASSIGN(const auto use, root.text("use"));
  if (use != "production" && use != "demonstration") {
    return detail::bad(root.where() + ".use",
                       say("production or demonstration", "production 또는 demonstration이어야 합니다"));
  }
  policy.production = use == "production";
  NARU_CHECK(detail::read_sources(root, policy));
  NARU_CHECK(detail::read_people_rules(root, policy));
  NARU_CHECK(detail::read_sensitive(root, policy));
  NARU_CHECK(detail::read_person_rules(root, policy));
  NARU_CHECK(detail::read_tables(root, policy));
  NARU_CHECK(detail::read_anonymity(root, policy));
  NARU_CHECK(detail::read_outputs(root, policy));
  NARU_CHECK(detail::read_disclosure(root, policy));
  NARU_CHECK(detail::read_process_rules(root, policy));
  NARU_CHECK(detail::read_review_tiers(root, policy));
  policy.hash = hex(sha256(canonical(document)));
  return policy;
}

Result<Policy> load_policy(const std::filesystem::path& file) {
  NARU_ASSIGN(const auto text, read_file(file, 1U << 20));
  return parse_policy(text, file.filename().string());
}

Result<Policy> find_policy(const std::filesystem::path& share, std::string_view id) {
  const auto folder = share / "policies";
  const auto file = folder / (std::string(id) + ".yaml");
  if (is_plain_name(id) && fs::exists(file)) return load_policy(file);
  std::string known;
  if (const auto files = list_files(folder, false); files.ok()) {
    for (const auto& each : *files) {
      if (each.extension() == ".yaml") known += (known.empty() ? "" : ", ") + each.stem().string();
    }
  }
  return not_found(say("there is no policy of that name", "그런 이름의 정책이 없습니다"), std::string(id),
                   say("policies there are: {}", "있는 정책: {}", known));
}

}  // namespace naru::protect
