#include "linkage/tokens.h"

#include "base/digest.h"
#include "base/files.h"
#include "engine/database.h"
#include "linkage/keyed_id.h"
#include "linkage/normalise.h"

#include <algorithm>
#include <set>

namespace naru::linkage {
namespace {

// Fields joined with a sign that no normalised field holds, so that ("ab","c") is not ("a","bc").
constexpr char between = '\x1f';

std::string joined(std::initializer_list<std::string_view> fields) {
  std::string out;
  for (const auto field : fields) {
    if (field.empty()) return {};
    out += field;
    out += between;
  }
  return out;
}

// Year with day and month in rising order: a swapped day and month give the same text.
std::string turned(std::string_view date) {
  if (date.size() != 10) return {};
  auto month = date.substr(5, 2);
  auto day = date.substr(8, 2);
  if (day < month) std::swap(day, month);
  return std::string(date.substr(0, 4)) + std::string(month) + std::string(day);
}

Result<engine::Database> open_for(std::initializer_list<fs::path> files) {
  engine::DatabaseOptions options;
  for (const auto& file : files) {
    const auto folder = fs::absolute(file).parent_path();
    if (fs::exists(folder)) options.allowed_folders.push_back(folder);
  }
  return engine::Database::open(options);
}

Done must_have(engine::Database& database, const fs::path& file, std::initializer_list<std::string_view> wanted) {
  NARU_ASSIGN(const auto columns, database.describe(engine::parquet(file)));
  for (const auto name : wanted) {
    const bool there = std::ranges::any_of(columns, [&](const auto& column) { return column.first == name; });
    if (!there) return rejected(say("the column {} is missing", "{} 열이 없습니다", name), file.filename().string());
  }
  return {};
}

void add_cell(engine::Column& column, std::string text) {
  column.texts.push_back(std::move(text));
  column.valid.push_back(1);
}
void add_cell(engine::Column& column, std::int64_t number) {
  column.integers.push_back(number);
  column.valid.push_back(1);
}

}  // namespace

const std::vector<TokenKind>& token_kinds() {
  static const std::vector<TokenKind> kinds = {
      {"name-birth-sex-phone", 80},     {"name-birth-sex", 70},
      {"skeleton-birth-sex-phone", 60}, {"name-sex-phone", 50},
      {"birth-sex-phone", 40},          {"name-turned_birth-sex", 30},
      {"skeleton-birth-sex", 20},       {"row", 0},
  };
  return kinds;
}

struct Tokeniser::State {
  std::vector<detail::Keyed> keyed;  ///< one key per kind: a token of one kind is never one of another
};

Tokeniser::Tokeniser(std::span<const std::uint8_t> salt) : state_(std::make_unique<State>()) {
  const auto key = token_key_of(salt);
  for (const auto& kind : token_kinds()) state_->keyed.emplace_back(key, kind.name);
}
Tokeniser::~Tokeniser() = default;
Tokeniser::Tokeniser(Tokeniser&&) noexcept = default;

std::vector<TokenRow> Tokeniser::tokens_of(std::int64_t row_id, const Identity& identity) {
  const auto name = normalise_name(identity.name);
  const auto skeleton = name_skeleton(name);
  const auto sex = normalise_sex(identity.sex);
  const auto phone = normalise_phone(identity.phone);
  const std::string birth = identity.birth_date.size() == 10 ? identity.birth_date : std::string();
  const std::array<std::string, 7> messages = {
      joined({name, birth, sex, phone}), joined({name, birth, sex}),  joined({skeleton, birth, sex, phone}),
      joined({name, sex, phone}),        joined({birth, sex, phone}), joined({name, turned(birth), sex}),
      joined({skeleton, birth, sex})};
  std::vector<TokenRow> out;
  for (std::size_t k = 0; k < messages.size(); ++k) {
    if (messages[k].empty()) continue;
    out.push_back({row_id, std::string(token_kinds()[k].name), state_->keyed[k].token_of(messages[k])});
  }
  return out;
}

Result<RowsReport> make_row_ids(const std::filesystem::path& person_table, std::span<const std::uint8_t> holder_key,
                                const std::filesystem::path& rows_file) {
  if (!fs::exists(person_table)) {
    return not_found(say("the lake has no person table", "person 표가 없습니다"), person_table.filename().string());
  }
  NARU_CHECK(make_folder(rows_file.parent_path(), 0700));
  NARU_ASSIGN(auto database, open_for({person_table, rows_file}));
  NARU_ASSIGN(const auto persons,
              database.query("SELECT DISTINCT CAST(person_id AS BIGINT) FROM " + engine::parquet(person_table) +
                             " WHERE person_id IS NOT NULL ORDER BY 1"));
  detail::Keyed keyed(holder_key, "row");
  engine::Rows rows{.columns = {{.name = "person_id"}, {.name = "row_id"}}, .count = persons.count};
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < persons.count; ++i) {
    const auto id = keyed.id_of(std::to_string(persons.integer(0, i)));
    if (!seen.insert(id).second) {
      return internal_error(say("two persons got the same row id", "두 사람이 같은 행 식별자를 얻었습니다"), "rows",
                            say("make a new row key", "새 행 키를 만드세요"));
    }
    add_cell(rows.columns[0], persons.integer(0, i));
    add_cell(rows.columns[1], id);
  }
  NARU_CHECK(database.run("CREATE TABLE made_rows(person_id BIGINT, row_id BIGINT)"));
  NARU_CHECK(database.append("made_rows", rows));
  NARU_ASSIGN(const auto written,
              database.copy_to_parquet("SELECT person_id, row_id FROM made_rows", "person_id", rows_file));
  return RowsReport{.persons = written};
}

namespace {

// Identity by row, as text; a missing file is an identity table without rows.
Result<engine::Rows> identities(engine::Database& database, const fs::path& identity, const fs::path& rows_file) {
  const auto rows = engine::parquet(rows_file);
  if (!fs::exists(identity)) {
    return database.query("SELECT CAST(row_id AS BIGINT), '', '', '', '' FROM " + rows + " ORDER BY 1");
  }
  NARU_CHECK(must_have(database, identity, {"person_id", "name", "birth_date", "sex", "phone"}));
  return database.query(
      "SELECT CAST(r.row_id AS BIGINT), coalesce(CAST(i.name AS VARCHAR), ''), "
      "coalesce(strftime(TRY_CAST(i.birth_date AS DATE), '%Y-%m-%d'), ''), coalesce(CAST(i.sex AS VARCHAR), ''), "
      "coalesce(CAST(i.phone AS VARCHAR), '') FROM " +
      rows + " AS r LEFT JOIN " + engine::parquet(identity) + " AS i ON i.person_id = r.person_id ORDER BY ALL");
}

}  // namespace

Result<TokensReport> make_tokens(const std::filesystem::path& identity, const std::filesystem::path& rows_file,
                                 std::span<const std::uint8_t> salt, const std::filesystem::path& out) {
  if (!fs::exists(rows_file)) {
    return not_found(say("there are no row ids yet", "행 식별자가 아직 없습니다"), rows_file.filename().string());
  }
  NARU_CHECK(make_folder(out.parent_path()));
  NARU_ASSIGN(auto database, open_for({identity, rows_file, out}));
  NARU_CHECK(must_have(database, rows_file, {"person_id", "row_id"}));
  NARU_ASSIGN(const auto persons, identities(database, identity, rows_file));
  TokensReport report;
  Tokeniser tokeniser(salt);
  engine::Rows rows{.columns = {{.name = "row_id"},
                                {.name = "kind", .kind = engine::Kind::text},
                                {.name = "token", .kind = engine::Kind::text}},
                    .count = 0};
  const auto add = [&](const TokenRow& row) {
    add_cell(rows.columns[0], row.row_id);
    add_cell(rows.columns[1], row.kind);
    add_cell(rows.columns[2], row.token);
    ++rows.count;
  };
  std::int64_t before = 0;
  bool counted = false;
  for (std::size_t i = 0; i < persons.count; ++i) {
    const auto row_id = persons.integer(0, i);
    if (i == 0 || row_id != before) {
      ++report.rows;
      counted = false;
      add({row_id, "row", ""});
    }
    before = row_id;
    const auto tokens =
        tokeniser.tokens_of(row_id, {persons.text(1, i), persons.text(2, i), persons.text(3, i), persons.text(4, i)});
    if (!tokens.empty() && !counted) {
      ++report.with_identity;
      counted = true;
    }
    for (const auto& token : tokens) {
      ++report.tokens_by_kind[token.kind];
      add(token);
    }
  }
  NARU_CHECK(database.run("CREATE TABLE tokens(row_id BIGINT, kind VARCHAR, token VARCHAR)"));
  NARU_CHECK(database.append("tokens", rows));
  NARU_ASSIGN(const auto written,
              database.copy_to_parquet("SELECT DISTINCT row_id, kind, token FROM tokens", "row_id, kind, token", out));
  static_cast<void>(written);
  return report;
}

Result<Bytes> salt_of(std::vector<Bytes> contributions) {
  if (contributions.size() < 2) {
    return rejected(say("a common salt needs at least two holders", "공동 솔트에는 둘 이상의 보유기관이 필요합니다"),
                    "salt");
  }
  for (const auto& each : contributions) {
    if (each.size() != 32) {
      return rejected(say("a contribution to the salt has 32 bytes", "솔트 기여분은 32바이트입니다"), "salt");
    }
  }
  std::ranges::sort(contributions);
  if (std::ranges::adjacent_find(contributions) != contributions.end()) {
    return rejected(say("two holders gave the same contribution", "두 기관의 기여분이 같습니다"), "salt",
                    say("ask both for a new one", "두 기관에 새로 요청하세요"));
  }
  Bytes all;
  for (const auto& each : contributions) all.insert(all.end(), each.begin(), each.end());
  return hkdf_sha256(all, "naru/linkage/v1", "salt", 32);
}

Bytes token_key_of(std::span<const std::uint8_t> salt) { return hkdf_sha256(salt, "naru/linkage/v1", "tokens", 32); }
Bytes date_key_of(std::span<const std::uint8_t> salt) { return hkdf_sha256(salt, "naru/linkage/v1", "dates", 32); }

}  // namespace naru::linkage
