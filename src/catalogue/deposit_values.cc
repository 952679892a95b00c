#include "catalogue/deposit_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace naru::catalogue {
namespace {

struct Pattern {
  const char* pattern;  ///< RE2, on the text of one value
  const char* en;
  const char* ko;
};
// A month and a day that exist keep time stamps and running numbers out.
constexpr const char* resident_pattern =
    "(?:^|[^0-9])([0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[- ]?[1-8][0-9]{6})(?:$|[^0-9])";
constexpr std::array<Pattern, 4> identifiers = {{
    {"(^|[^0-9])(\\+82[- ]?|0)1[016789][-. ]?[0-9]{3,4}[-. ]?[0-9]{4}($|[^0-9])",
     "values look like mobile phone numbers", "휴대전화번호로 보이는 값이 있습니다"},
    {"(^|[^0-9])0[2-6][0-9]?-[0-9]{3,4}-[0-9]{4}($|[^0-9])", "values look like phone numbers",
     "전화번호로 보이는 값이 있습니다"},
    {"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\\.[A-Za-z]{2,}", "values look like e-mail addresses",
     "전자우편 주소로 보이는 값이 있습니다"},
    {"[가-힣]+(시|군|구) +([가-힣0-9]+(읍|면) +)?[가-힣0-9]+(로|길|동|리) *[0-9]+", "values look like addresses",
     "주소로 보이는 값이 있습니다"},
}};

// The surnames of nine in ten people in Korea (census of 2015), and those of two syllables.
constexpr const char* name_pattern =
    "^(김|이|박|최|정|강|조|윤|장|임|한|오|서|신|권|황|안|송|전|홍|유|고|문|양|손|배|백|허|남|심|노|하|곽|성|차|주|우|"
    "구|민|류|나|진|지|엄|채|원|천|방|공|현|함|변|염|여|추|도|소|석|선|설|마|길|연|위|표|명|기|반|라|왕|금|옥|육|인|맹|"
    "제|모|남궁|황보|제갈|사공|선우)[가-힣]{1,2}$";
// Fewer different values are categories; words of a language begin with these syllables less often than names do.
constexpr std::int64_t names_least = 10;
constexpr double names_share = 0.7;

std::string folded(std::string_view column) {
  std::string out;
  for (const char c : column) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) == 0) continue;
    out += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
  }
  return out;
}

bool one_of(const std::string& name, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

bool is_digest(const std::string& name) { return one_of(name, {"sha256", "digest", "sha256digest", "해시"}); }
bool is_path(const std::string& name) {
  return one_of(name, {"path", "file", "filename", "filepath", "image", "imagepath", "경로", "파일", "파일명"});
}
bool is_dicom_identifier(const std::string& name) {
  return one_of(name, {"sopinstanceuid", "seriesinstanceuid", "studyinstanceuid"});
}
// Attributes that the basic profile of DICOM PS3.15, annex E, empties or removes, and that an index has no need of.
bool tells_person(const std::string& name) {
  return one_of(name, {"patientid", "otherpatientids", "patientbirthdate", "patientbirthtime", "patientaddress",
                       "patienttelephonenumbers", "accessionnumber", "referringphysicianname",
                       "performingphysicianname", "physiciansofrecord", "operatorsname", "institutionname",
                       "institutionaddress", "stationname", "deviceserialnumber", "admissionid"});
}

class Values {
 public:
  Values(engine::Database& database, std::string_view relation, std::string file)
      : database_(database), relation_(relation), file_(std::move(file)) {}

  Done column(const std::string& name) {
    const auto text = fmt::format("CAST({} AS VARCHAR)", engine::quoted(name));
    NARU_CHECK(resident_numbers(name, text));
    for (const auto& one : identifiers) {
      NARU_ASSIGN(const auto met, count(fmt::format("regexp_matches({}, ?)", text), {std::string(one.pattern)}));
      if (met > 0) {
        add("identifier-value", name,
            {fmt::format("{} ({} rows)", one.en, met), fmt::format("{} ({}행)", one.ko, met)});
      }
    }
    NARU_CHECK(names(name, text));
    NARU_ASSIGN(const auto formulas,
                count(fmt::format("regexp_matches({}, ?)", text), {std::string("^[=@]|^[+-][^0-9.]*[(|!]")}));
    if (formulas > 0) {
      add("active-content", name,
          say("{} values would run as formulas in a spreadsheet", "스프레드시트에서 수식으로 실행될 값이 {}개 있습니다",
              formulas));
    }
    return {};
  }

  Done image_index(const std::vector<std::string>& columns) {
    std::string path;
    std::string digest;
    for (const auto& name : columns) {
      const auto plain = folded(name);
      if (is_path(plain) && path.empty()) path = name;
      if (is_digest(plain) && digest.empty()) digest = name;
      if (tells_person(plain)) {
        add("identifier-column", name,
            say("an attribute of the image header that tells who the person is",
                "사람을 알려 주는 영상 헤더 항목입니다"));
      }
    }
    if (path.empty() || digest.empty()) {
      add("image-index", path.empty() ? "path" : "sha256",
          say("an index of images needs a column of paths and one of SHA-256 digests",
              "영상 목록에는 경로 열과 SHA-256 열이 필요합니다"));
      return {};
    }
    const auto text = [](const std::string& name) { return fmt::format("CAST({} AS VARCHAR)", engine::quoted(name)); };
    NARU_CHECK(none(
        "image-index", digest,
        fmt::format("{0} IS NULL OR NOT regexp_full_match({0}, '[0-9a-fA-F]{{64}}')", text(digest)),
        say("rows without a SHA-256 digest of 64 hexadecimal digits", "64자리 16진수 SHA-256이 아닌 행이 있습니다")));
    NARU_CHECK(none("image-index", path,
                    fmt::format("{0} IS NULL OR {0} = '' OR {0} LIKE '/%' OR regexp_matches({0}, "
                                "'(^|[/\\\\])\\.\\.([/\\\\]|$)|^[A-Za-z]:|^[a-z]+://')",
                                text(path)),
                    say("rows whose path is empty, absolute or leaves the folder",
                        "경로가 비었거나 절대 경로이거나 폴더를 벗어나는 행이 있습니다")));
    NARU_ASSIGN(const auto twice,
                database_.integer(fmt::format("SELECT count(*) - count(DISTINCT {}) FROM {}", text(path), relation_)));
    if (twice > 0) {
      add("image-index", path, say("{} paths stand twice", "두 번 나온 경로가 {}개 있습니다", twice));
    }
    return {};
  }

  std::vector<DepositFinding> findings = {};

 private:
  void add(std::string kind, const std::string& column, Text what) {
    findings.push_back({std::move(kind), file_ + ":" + column, std::move(what)});
  }
  Result<std::int64_t> count(const std::string& when, const std::vector<engine::Value>& values = {}) {
    return database_.integer(fmt::format("SELECT count(*) FROM {} WHERE {}", relation_, when), values);
  }
  Done none(const std::string& kind, const std::string& column, const std::string& when, const Text& what) {
    NARU_ASSIGN(const auto met, count(when));
    if (met > 0) {
      add(kind, column, {fmt::format("{} {}", met, what.en), fmt::format("{} ({}행)", what.ko, met)});
    }
    return {};
  }

  Done resident_numbers(const std::string& name, const std::string& text) {
    std::int64_t met = 0;
    std::int64_t sure = 0;
    NARU_CHECK(database_.each_batch(
        fmt::format(
            "SELECT regexp_replace(regexp_extract({0}, ?, 1), '[- ]', '') FROM {1} WHERE regexp_matches({0}, ?)", text,
            relation_),
        {std::string(resident_pattern), std::string(resident_pattern)}, [&](const engine::Rows& rows) -> Done {
          for (std::size_t row = 0; row < rows.count; ++row) {
            ++met;
            const auto& digits = rows.text(0, row);
            sure += digits.size() == 13 && resident_number_checks(digits) ? 1 : 0;
          }
          return {};
        }));
    if (met > 0) {
      add("identifier-value", name,
          say("values look like resident registration numbers ({} rows, of which {} have a right check digit)",
              "주민등록번호로 보이는 값이 있습니다 ({}행, 검증번호가 맞는 것 {}행)", met, sure));
    }
    return {};
  }

  Done names(const std::string& name, const std::string& text) {
    NARU_ASSIGN(const auto rows,
                database_.query(fmt::format("SELECT count(*), count(*) FILTER (WHERE regexp_matches(trim({0}), ?)), "
                                            "count(DISTINCT trim({0})) FILTER (WHERE regexp_matches(trim({0}), ?)) "
                                            "FROM {1} WHERE {0} IS NOT NULL AND trim({0}) <> ''",
                                            text, relation_),
                                {std::string(name_pattern), std::string(name_pattern)}));
    const auto all = rows.integer(0, 0);
    const auto met = rows.integer(1, 0);
    if (rows.integer(2, 0) < names_least || static_cast<double>(met) < names_share * static_cast<double>(all)) {
      return {};
    }
    add("identifier-value", name,
        say("values look like names of persons ({} rows)", "사람 이름으로 보이는 값이 있습니다 ({}행)", met));
    return {};
  }

  engine::Database& database_;
  std::string relation_;
  std::string file_;
};

}  // namespace

bool resident_number_checks(std::string_view digits) {
  constexpr std::array<int, 12> weights = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += (digits[i] - '0') * weights[i];
  return (11 - sum % 11) % 10 == digits[12] - '0';
}

bool is_image_index(const std::vector<std::string>& columns) {
  bool path = false;
  bool digest = false;
  bool dicom = false;
  for (const auto& name : columns) {
    const auto plain = folded(name);
    path = path || is_path(plain);
    digest = digest || is_digest(plain);
    dicom = dicom || is_dicom_identifier(plain);
  }
  return dicom || (path && digest);
}

Result<std::vector<DepositFinding>> value_findings(engine::Database& database, std::string_view relation,
                                                   const std::string& file, const std::vector<std::string>& columns) {
  Values values(database, relation, file);
  for (const auto& name : columns) NARU_CHECK(values.column(name));
  if (is_image_index(columns)) NARU_CHECK(values.image_index(columns));
  return std::move(values.findings);
}

}  // namespace naru::catalogue
