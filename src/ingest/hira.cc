// HIRA claims in: header (t20), procedures (t30), diagnoses (t40), outpatient drugs (t53), and the person master file.
#include "ingest/batch.h"
#include "ingest/codes.h"
#include "ingest/shared_steps.h"
#include "ingest/work.h"
#include "ingest_sql.h"

#include <algorithm>
#include <array>

namespace naru::ingest {
namespace {

struct ClaimTable {
  std::string_view name;
  std::vector<std::string_view> required;
  std::vector<std::string_view> optional;
  std::string_view key;  ///< SQL expression that one row alone may have
};

const std::vector<ClaimTable>& claim_tables() {
  static const std::vector<ClaimTable> all = {
      {"t20",
       {"mid", "jid", "recu_fr_dd"},
       {"sex_tp_cd", "age", "recu_to_dd", "fom_tp_cd", "msick_cd", "ssick_cd", "yno"},
       "mid"},
      {"t40", {"mid", "sick_cd"}, {"sno", "sick_tp_cd"}, "mid || '/' || coalesce(sno, _line::VARCHAR)"},
      {"t30", {"mid", "div_cd"}, {"lno", "gnl_cd", "fq"}, "mid || '/' || coalesce(lno, _line::VARCHAR)"},
      {"t53", {"mid", "div_cd"}, {"lno", "gnl_cd", "fq", "ddcnt"}, "mid || '/' || coalesce(lno, _line::VARCHAR)"},
  };
  return all;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_word_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// "t20" stands as a word of its own in the file's name: "t20.csv", "HIRA_2019_T20.txt".
bool names_table(const std::string& file, std::string_view table) {
  const auto stem = lower(fs::path(file).stem().string());
  const auto place = stem.find(table);
  if (place == std::string::npos) return false;
  const auto end = place + table.size();
  return (place == 0 || !is_word_character(stem[place - 1])) && (end == stem.size() || !is_word_character(stem[end]));
}

Result<std::optional<std::size_t>> member_for(const Work& work, std::string_view table) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < work.members.size(); ++i) {
    if (!names_table(work.members[i].name, table)) continue;
    if (found) {
      return rejected(
          say("two files hold the same table", "같은 표가 두 파일에 있습니다"),
          work.members[*found].name + ", " + work.members[i].name,
          say("load each year's files as a source of their own", "연도별 파일을 각각 하나의 원천으로 적재하세요"));
    }
    found = i;
  }
  return found;
}

std::string raw_name(std::string_view table) { return "raw_" + std::string(table); }

Done read_claim_table(Work& work, const ClaimTable& table) {
  NARU_ASSIGN(const auto member, member_for(work, table.name));
  std::vector<std::string> columns;
  if (member) {
    NARU_ASSIGN(columns, read_as_text(work, *member, table.name, raw_name(table.name)));
    work.receipt.tables[std::string(table.name)].read = 0;
  } else if (table.name == "t20") {
    return rejected(say("the source has no claim header table (t20)", "원천에 명세서 일반내역(t20) 표가 없습니다"),
                    "t20",
                    say("give t20, t30, t40 and t53 as CSV files", "t20, t30, t40, t53 를 CSV 파일로 지정하세요"));
  } else {
    NARU_CHECK(work.database.run(
        fmt::format("CREATE TEMP TABLE {} (_file BIGINT, _line BIGINT, _fault VARCHAR)", raw_name(table.name))));
  }
  const auto has = [&](std::string_view name) { return std::ranges::find(columns, name) != columns.end(); };
  for (const auto name : table.required) {
    if (member && !has(name)) {
      return rejected(say("table {} has no column {}", "{} 표에 {} 열이 없습니다", table.name, name),
                      work.members[*member].name,
                      say("add the column and load the source again; nothing was stored",
                          "열을 추가해 다시 적재하세요. 저장된 것은 없습니다"));
    }
  }
  for (const auto& names : {table.required, table.optional}) {
    for (const auto name : names) {
      if (has(name)) continue;
      NARU_CHECK(work.database.run(
          fmt::format("ALTER TABLE {} ADD COLUMN {} VARCHAR", raw_name(table.name), engine::quoted(name))));
    }
  }
  if (!member) return {};
  NARU_ASSIGN(work.receipt.tables[std::string(table.name)].read,
              work.database.integer("SELECT count(*) FROM " + raw_name(table.name)));
  return {};
}

/// The person master file (identity.csv or .parquet), if the source has one.
std::optional<std::size_t> identity_member(const Work& work) {
  for (std::size_t i = 0; i < work.members.size(); ++i) {
    if (lower(fs::path(work.members[i].name).stem().string()) == "identity") return i;
  }
  return std::nullopt;
}

Done stage_master(Work& work) {
  NARU_CHECK(work.database.run("CREATE TEMP TABLE hira_master (jid VARCHAR, birth DATE, sex VARCHAR)"));
  const auto member = identity_member(work);
  if (!member) return {};
  NARU_ASSIGN(const auto columns, read_as_text(work, *member, "identity", "raw_identity"));
  for (const std::string_view name : {"person_source_value", "birth_date", "sex"}) {
    if (std::ranges::find(columns, name) != columns.end()) continue;
    return rejected(say("table {} has no column {}", "{} 표에 {} 열이 없습니다", "identity", name),
                    work.members[*member].name);
  }
  return work.database.run(fmt::format(
      "INSERT INTO hira_master SELECT person_source_value, {0}, CASE upper(left(sex, 1)) WHEN 'M' THEN '1' WHEN 'F' "
      "THEN '2' ELSE sex END FROM raw_identity WHERE person_source_value IS NOT NULL QUALIFY row_number() OVER "
      "(PARTITION BY person_source_value ORDER BY _line) = 1",
      sql_date("birth_date")));
}

/// Distinct codes of the claims, looked up once each: tables hira_pair (usual, code, general, set_id) and hira_code.
Done resolve_codes(Work& work) {
  NARU_CHECK(
      work.database.run("CREATE TEMP TABLE hira_pair (usual VARCHAR, code VARCHAR, general VARCHAR, set_id BIGINT)"));
  NARU_ASSIGN(const auto pairs,
              work.database.query("SELECT DISTINCT usual, code, general FROM hira_event ORDER BY ALL"));
  CodeSets sets;
  Batch batch("hira_pair", {{"usual", engine::Kind::text},
                            {"code", engine::Kind::text},
                            {"general", engine::Kind::text},
                            {"set_id", engine::Kind::integer}});
  for (std::size_t row = 0; row < pairs.count; ++row) {
    const auto& usual = pairs.text(0, row);
    const std::string code = pairs.is_null(1, row) ? std::string() : pairs.text(1, row);
    const std::string general = pairs.is_null(2, row) ? std::string() : pairs.text(2, row);
    std::vector<Coding> set;
    const auto add = [&](std::string_view vocabulary, const std::string& value) {
      if (!value.empty()) set.push_back({vocabulary, value});
    };
    if (usual == "condition_occurrence") {
      add("vocabulary:KCD8", code);
    } else if (usual == "drug_exposure") {
      for (const auto* vocabulary : {"vocabulary:KPIS", "vocabulary:EDI"}) add(vocabulary, code);
      add("vocabulary:GNL", general);
    } else {
      for (const auto* vocabulary : {"vocabulary:EDI", "vocabulary:KPIS"}) add(vocabulary, code);
      add("vocabulary:GNL", general);
    }
    batch.put(usual);
    batch.put(code);
    batch.put(general);
    batch.put(sets.number_of(set));
    batch.end_row();
    if (batch.full()) NARU_CHECK(batch.flush(work.database));
  }
  NARU_CHECK(batch.flush(work.database));
  return sets.resolve(work, "hira_code");
}

Done refuse_faults(Work& work) {
  for (const auto& table : claim_tables()) {
    const auto staged = "hira_" + std::string(table.name);
    NARU_CHECK(refuse_marked(work, staged, table.name));
    NARU_CHECK(refuse_repeated(work, staged, table.key, fmt::format("'{}'", table.name), "duplicate_key"));
  }
  return {};
}

Done store_claims(Work& work) {
  NARU_CHECK(work.database.run(sql::text("hira_persons")));
  NARU_CHECK(refuse_rows(work, "hira_t20", "jid NOT IN (SELECT person_source_value FROM part_person)",
                         "person_without_birth_year", "'t20'"));
  NARU_CHECK(
      work.database.run("CREATE TEMP TABLE hira_claim AS SELECT t.*, p.person_id FROM hira_t20 t JOIN part_person p ON "
                        "p.person_source_value = t.jid"));
  for (const std::string_view table : {"t40", "t30", "t53"}) {
    NARU_CHECK(refuse_rows(work, fmt::format("hira_{}", table), "mid NOT IN (SELECT mid FROM hira_claim)",
                           "claim_absent", fmt::format("'{}'", table)));
  }
  NARU_CHECK(work.database.run(sql::text("hira_claims")));
  NARU_CHECK(work.database.run(sql::text("hira_events")));
  NARU_CHECK(resolve_codes(work));
  return work.database.run(sql::text("hira_store"));
}

Done count_mapped(Work& work) {
  NARU_ASSIGN(const auto counts,
              work.database.query("SELECT home, count(*), count(*) FILTER (WHERE concept_id <> 0), count(DISTINCT "
                                  "source_value), count(DISTINCT source_value) FILTER (WHERE concept_id <> 0) FROM "
                                  "hira_resolved GROUP BY home ORDER BY home"));
  for (std::size_t row = 0; row < counts.count; ++row) {
    auto& count = work.receipt.tables[counts.text(0, row)];
    count.records_total = counts.integer(1, row);
    count.records_mapped = counts.integer(2, row);
    count.codes_total = counts.integer(3, row);
    count.codes_mapped = counts.integer(4, row);
  }
  return {};
}

}  // namespace

Done ingest_hira(Work& work) {
  for (const auto& table : claim_tables()) NARU_CHECK(read_claim_table(work, table));
  NARU_CHECK(work.database.run(sql::text("hira_stage")));
  NARU_CHECK(stage_master(work));
  for (const std::string_view name :
       {"person", "care_site", "visit_occurrence", "condition_occurrence", "drug_exposure", "procedure_occurrence",
        "measurement", "observation", "device_exposure"}) {
    NARU_CHECK(work.open_part(*model::table_named(name)));
  }
  NARU_CHECK(refuse_faults(work));
  NARU_CHECK(store_claims(work));
  NARU_CHECK(count_mapped(work));
  for (const auto& table : claim_tables()) {
    const auto count = work.receipt.tables.find(std::string(table.name));
    if (count != work.receipt.tables.end()) count->second.stored = count->second.read - count->second.refused;
  }
  const auto member = identity_member(work);
  if (!member) return {};
  return ingest_identity(work, work.members[*member]);
}

}  // namespace naru::ingest
