#include "ingest/claims.h"

#include "ingest/batch.h"
#include "ingest/codes.h"
#include "ingest/shared_steps.h"
#include "ingest_sql.h"

#include <algorithm>
#include <array>
#include <functional>

namespace naru::ingest {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_word_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool holds_word(std::string_view stem, std::string_view word) {
  for (auto place = stem.find(word); place != std::string_view::npos; place = stem.find(word, place + 1)) {
    const auto end = place + word.size();
    const bool begins = place == 0 || !is_word_character(stem[place - 1]);
    if (begins && (end == stem.size() || !is_word_character(stem[end]))) return true;
  }
  return false;
}

/// Tables by the domain of a standard concept, with the SQL file that fills each.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> targets = {{
    {"condition_occurrence", "claim_conditions"},
    {"drug_exposure", "claim_drugs"},
    {"procedure_occurrence", "claim_procedures"},
    {"measurement", "claim_measurements"},
    {"observation", "claim_observations"},
    {"device_exposure", "claim_devices"},
}};

/// SQL condition of one part of the claims; every row with `key` is in exactly one.
std::string part_of_claims(std::string_view key, std::int64_t part, std::int64_t parts) {
  return parts == 1 ? std::string("true") : fmt::format("hash({}) % {} = {}", key, parts, part);
}

/// Claims and their lines meet a part at a time: the engine holds one side of a join in memory, and gives little of it
/// back to its limit. REQUIRES: table claim_visit.
Done each_part(Work& work, const std::function<Done(std::int64_t part, std::int64_t parts)>& deed) {
  NARU_ASSIGN(const auto claims, work.database.integer("SELECT count(*) FROM claim_visit"));
  const auto parts = claims / work.request.claims_a_part + 1;
  for (std::int64_t part = 0; part < parts; ++part) NARU_CHECK(deed(part, parts));
  return {};
}

/// View `name`: the rows of `relation` that belong to one part of the claims.
Done show_claims(Work& work, std::string_view name, std::string_view relation, std::int64_t part, std::int64_t parts) {
  return work.database.run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {} WHERE {}", name, relation,
                                       part_of_claims("visit_id", part, parts)));
}

/// Distinct codes of one kind of line, looked up once each.
Done gather_codes(Work& work, const ClaimLines& lines, CodeSets& sets, Batch& pairs) {
  NARU_ASSIGN(const auto distinct,
              work.database.query(fmt::format("SELECT DISTINCT code, general FROM {} ORDER BY ALL", lines.relation)));
  std::vector<std::string> systems;
  for (const auto& vocabulary : lines.vocabularies) systems.push_back("vocabulary:" + vocabulary);
  for (std::size_t row = 0; row < distinct.count; ++row) {
    const auto code = distinct.is_null(0, row) ? std::string() : distinct.text(0, row);
    const auto general = distinct.is_null(1, row) ? std::string() : distinct.text(1, row);
    std::vector<Coding> set;
    for (const auto& system : systems)
      if (!code.empty()) set.push_back({system, code});
    if (!general.empty()) set.push_back({"vocabulary:GNL", general});
    pairs.put(std::string_view(lines.relation));
    pairs.put(std::string_view(code));
    pairs.put(std::string_view(general));
    pairs.put(sets.number_of(set));
    pairs.end_row();
    if (pairs.full()) NARU_CHECK(pairs.flush(work.database));
  }
  return {};
}

Done resolve_codes(Work& work, const std::vector<ClaimLines>& lines) {
  NARU_CHECK(work.database.run(
      "CREATE OR REPLACE TABLE claim_pair (relation VARCHAR, code VARCHAR, general VARCHAR, set_id BIGINT)"));
  CodeSets sets;
  Batch pairs("claim_pair", {{"relation", engine::Kind::text},
                             {"code", engine::Kind::text},
                             {"general", engine::Kind::text},
                             {"set_id", engine::Kind::integer}});
  for (const auto& kind : lines) NARU_CHECK(gather_codes(work, kind, sets, pairs));
  NARU_CHECK(pairs.flush(work.database));
  NARU_CHECK(sets.resolve(work, "claim_code"));
  return work.database.run(sql::text("claim_meaning"));
}

/// Lines whose meaning belongs to one OMOP table go there in one statement.
Done fill_targets(Work& work, const ClaimLines& lines) {
  for (const auto& [target, file] : targets) {
    const auto wanted =
        fmt::format("m.relation = '{}' AND coalesce(m.target, '{}') = '{}'", lines.relation, lines.usual, target);
    NARU_ASSIGN(const auto any, work.database.integer("SELECT count(*) FROM claim_meaning m WHERE " + wanted));
    if (any == 0) continue;
    NARU_CHECK(each_part(work, [&, wanted, name = file](std::int64_t part, std::int64_t parts) -> Done {
      NARU_CHECK(show_claims(work, "claim_part_line", lines.relation, part, parts));
      NARU_CHECK(show_claims(work, "claim_part_visit", "claim_visit", part, parts));
      NARU_CHECK(work.database.run(
          "CREATE OR REPLACE TEMP VIEW claim_row AS SELECT l.record_id, l.visit_id, l.days, l.quantity, l.status, "
          "l.route, v.person_id, v.start, m.concept_id, m.source_concept_id, m.source_value FROM claim_part_line l "
          "JOIN claim_part_visit v ON v.visit_id = l.visit_id JOIN claim_meaning m ON coalesce(l.code, '') = m.code "
          "AND coalesce(l.general, '') = m.general AND " +
          wanted));
      return work.database.run(sql::text(name));
    }));
  }
  return {};
}

Done count_lines(Work& work, const ClaimLines& lines) {
  NARU_CHECK(work.database.run(fmt::format(
      "CREATE OR REPLACE TABLE claim_used AS SELECT coalesce(m.target, '{1}') AS table_name, m.vocabulary_id, "
      "m.source_value AS code, m.source_concept_id, m.concept_id, sum(l.n)::BIGINT AS records FROM (SELECT "
      "coalesce(code, '') AS code, coalesce(general, '') AS general, count(*) AS n FROM {0} GROUP BY ALL) l JOIN "
      "claim_meaning m ON m.relation = '{0}' AND m.code = l.code AND m.general = l.general GROUP BY ALL; INSERT INTO "
      "part_codes SELECT * FROM claim_used",
      lines.relation, lines.usual)));
  NARU_ASSIGN(const auto counts,
              work.database.query("SELECT coalesce(sum(records), 0)::BIGINT, coalesce(sum(records) FILTER (WHERE "
                                  "concept_id <> 0), 0)::BIGINT, count(DISTINCT code), count(DISTINCT code) FILTER "
                                  "(WHERE concept_id <> 0) FROM claim_used"));
  auto& count = work.receipt.tables[lines.table];
  count.records_total += counts.integer(0, 0);
  count.records_mapped += counts.integer(1, 0);
  count.codes_total += counts.integer(2, 0);
  count.codes_mapped += counts.integer(3, 0);
  return {};
}

Done settle_departments(Work& work) {
  NARU_ASSIGN(const auto own, work.database.integer("SELECT count(*) FROM claim_line_department"));
  if (own == 0) return {};
  return work.database.run(
      "UPDATE part_condition_occurrence AS c SET provider_id = (md5_number(d.agency || '/department/' || "
      "coalesce(d.institution, '') || '/' || d.department) & 9223372036854775807)::BIGINT FROM claim_line_department d "
      "WHERE d.record_id = c.condition_occurrence_id");
}

}  // namespace

std::vector<std::size_t> members_named(const Work& work, const std::vector<std::string>& words) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < work.members.size(); ++i) {
    const auto stem = lower(fs::path(work.members[i].name).stem().string());
    if (std::ranges::any_of(words, [&](const std::string& word) { return holds_word(stem, word); })) found.push_back(i);
  }
  return found;
}

std::ptrdiff_t identity_member(const Work& work) {
  for (std::size_t i = 0; i < work.members.size(); ++i)
    if (lower(fs::path(work.members[i].name).stem().string()) == "identity") return static_cast<std::ptrdiff_t>(i);
  return -1;
}

std::string sql_id(std::string_view text) {
  return fmt::format("(md5_number({}) & 9223372036854775807)::BIGINT", text);
}

StageColumn claim_column(std::string_view name, std::string_view sql_type) {
  StageColumn column{.name = std::string(name), .sql_type = std::string(sql_type)};
  column.label = column.name;
  for (auto& c : column.label) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  column.null_if_unreadable = sql_type == "DOUBLE" || sql_type == "INTEGER";
  return column;
}

StageColumn needed_column(std::string_view name, std::string_view sql_type) {
  auto column = claim_column(name, sql_type);
  column.required = column.must_exist = true;
  column.null_if_unreadable = false;
  return column;
}

Done open_claim_parts(Work& work) {
  for (const std::string_view name :
       {"person", "care_site", "provider", "visit_occurrence", "condition_occurrence", "drug_exposure",
        "procedure_occurrence", "measurement", "observation", "device_exposure"}) {
    NARU_CHECK(work.open_part(*model::table_named(name)));
  }
  return work.open_codes();
}

Done store_places(Work& work) {
  NARU_CHECK(work.database.run(sql::text("claim_places")));
  NARU_CHECK(each_part(work, [&](std::int64_t part, std::int64_t parts) -> Done {
    NARU_CHECK(show_claims(work, "claim_part_diagnosis", "claim_diagnosis", part, parts));
    NARU_CHECK(show_claims(work, "claim_part_head", "claim_head", part, parts));
    return work.database.run(sql::text("claim_departments"));
  }));
  return work.database.run(sql::text("claim_providers"));
}

Done refuse_lines(Work& work, const std::vector<ClaimLines>& lines) {
  for (const auto& kind : lines) {
    if (kind.from_header) continue;
    const auto type = fmt::format("'{}'", kind.table);
    NARU_CHECK(refuse_repeated(work, kind.relation, "record_id", type, "duplicate_key"));
    NARU_CHECK(each_part(work, [&](std::int64_t part, std::int64_t parts) -> Done {
      return refuse_rows(work, kind.relation,
                         fmt::format("{0} AND visit_id NOT IN (SELECT visit_id FROM claim_visit WHERE {0})",
                                     part_of_claims("visit_id", part, parts)),
                         "claim_absent", type);
    }));
  }
  return {};
}

Done make_claim_header(Work& work, const std::vector<ClaimLines>& lines) {
  NARU_CHECK(work.database.run(
      "CREATE TABLE claim_header (record_id BIGINT, visit_id BIGINT, code VARCHAR, general VARCHAR, route VARCHAR, "
      "days INTEGER, quantity DOUBLE, status BIGINT)"));
  return each_part(work, [&](std::int64_t part, std::int64_t parts) -> Done {
    NARU_CHECK(show_claims(work, "claim_part_line", lines.front().relation, part, parts));
    NARU_CHECK(show_claims(work, "claim_part_head", "claim_head", part, parts));
    return work.database.run(sql::text("claim_header"));
  });
}

Done store_lines(Work& work, const std::vector<ClaimLines>& lines) {
  NARU_CHECK(resolve_codes(work, lines));
  for (const auto& kind : lines) {
    NARU_CHECK(fill_targets(work, kind));
    NARU_CHECK(count_lines(work, kind));
    NARU_CHECK(work.database.run("DROP VIEW IF EXISTS claim_row; DROP TABLE " + kind.relation));
  }
  return settle_departments(work);
}

void settle_counts(Work& work, const std::vector<std::string>& tables) {
  for (const auto& table : tables) {
    const auto count = work.receipt.tables.find(table);
    if (count != work.receipt.tables.end()) count->second.stored = count->second.read - count->second.refused;
  }
}

}  // namespace naru::ingest
