#include "catalogue/deposit_check.h"

#include "base/digest.h"
#include "catalogue/deposit_values.h"
#include "catalogue/texts.h"
#include "engine/database.h"
#include "genome/vcf_reader.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

namespace naru::catalogue {
namespace {

constexpr std::string_view description_name = "deposit.yaml";
constexpr std::string_view dictionary_name = "dictionary.yaml";
constexpr std::uint64_t yaml_bytes_max = 4U << 20;

Result<DescribedFile> described_file(const Reader& r, const std::string& name) {
  NARU_CHECK(r.only({"columns"}));
  DescribedFile out;
  out.name = name;
  NARU_ASSIGN(const auto columns, r.array("columns"));
  for (const auto& [element, place] : columns) {
    NARU_ASSIGN(const auto c, Reader::of(*element, place));
    NARU_CHECK(c.only({"name", "type", "meaning", "identifying", "unit", "codes", "code_system"}));
    DescribedColumn column;
    NARU_ASSIGN(column.name, c.text("name"));
    NARU_ASSIGN(column.type, c.text("type"));
    NARU_ASSIGN(column.meaning, text_in(c, "meaning"));
    NARU_ASSIGN(column.identifying, c.boolean_or("identifying", false));
    NARU_ASSIGN(column.code_system, c.text_or("code_system", ""));
    out.columns.push_back(std::move(column));
  }
  return out;
}

Done dictionary_into(const fs::path& source, DepositDescription& out) {
  NARU_ASSIGN(const auto text, read_file(source / dictionary_name, yaml_bytes_max));
  NARU_ASSIGN(const auto json, parse_yaml(text, dictionary_name));
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(dictionary_name)));
  NARU_CHECK(r.only({"files", "confirmed"}));
  NARU_ASSIGN(out.dictionary_confirmed, r.boolean_or("confirmed", true));
  NARU_ASSIGN(const auto files, r.object("files"));
  for (const auto& [name, value] : files.raw().items()) {
    NARU_ASSIGN(const auto file, files.object(name));
    NARU_ASSIGN(auto described, described_file(file, name));
    DatasetTable table;
    table.name = fs::path(name).stem().string();
    for (const auto& column : described.columns) {
      table.columns.push_back({column.name, column.type, column.meaning, column.code_system, {}, {}});
    }
    out.dataset.tables.push_back(std::move(table));
    out.dictionary.push_back(std::move(described));
  }
  return {};
}

// The description in the words of the catalogue.
Result<Dataset> dataset_of(const Json& yaml, const Reader& r) {
  Json dataset = yaml;
  for (const auto* key : {"files", "depositor"}) dataset.erase(key);
  NARU_ASSIGN(dataset["holder"], r.text("depositor"));
  dataset["kind"] = "deposit";
  return parse_dataset(canonical(dataset), description_name);
}

std::string extension_of(const std::string& name) {
  auto out = fs::path(name).extension().string();
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return c < 0x80 ? std::tolower(c) : c; });
  return out;
}

const std::set<std::string>& macro_extensions() {
  static const std::set<std::string> out = {".xls",  ".xlsm", ".xlsb", ".xlam", ".xltm", ".doc", ".docm", ".dotm",
                                            ".ppt",  ".pptm", ".ppsm", ".exe",  ".dll",  ".so",  ".com",  ".scr",
                                            ".js",   ".vbs",  ".bat",  ".cmd",  ".ps1",  ".sh",  ".jar",  ".msi",
                                            ".html", ".htm",  ".svg",  ".hta",  ".lnk",  ".py",  ".r"};
  return out;
}

// A registration or telephone number stands in it: six digits of a date and seven more, or a mobile prefix.
bool looks_identifying(std::string_view name) {
  std::string digits;
  for (const char c : name) {
    if (c >= '0' && c <= '9') digits += c;
  }
  const bool resident = digits.size() == 13;
  const bool mobile = digits.size() == 11 && digits.starts_with("01");
  return resident || mobile || name.find('@') != std::string_view::npos;
}

/// Collects findings of one deposit.
class Checker {
 public:
  Checker(const fs::path& source, const DepositDescription& description, const DepositLimits& limits)
      : source_(source), description_(description), limits_(limits) {}

  Result<std::vector<DepositFinding>> run(std::vector<DepositFile>& files) {
    NARU_ASSIGN(const auto found, list_files(source_, true));
    std::set<std::string> names;
    std::uint64_t total = 0;
    if (!description_.dictionary_confirmed) {
      add("unconfirmed-dictionary", std::string(dictionary_name),
          say("inferred, but nobody has confirmed it", "추론된 사전을 아무도 확인하지 않았습니다"));
    }
    if (found.size() > limits_.files_max) {
      add("too-large", ".",
          say("{} files, at most {} are taken", "파일 {}개, 최대 {}개까지 받습니다", found.size(), limits_.files_max));
      return findings_;
    }
    for (const auto& path : found) {
      const auto name = path.generic_string();
      names.insert(name);
      std::error_code failed;
      const auto bytes = fs::file_size(source_ / path, failed);
      total += failed ? 0 : bytes;
      DepositFile file{name, failed ? 0 : bytes, 0, {}};
      if (name != description_name && name != dictionary_name) NARU_CHECK(data_file(file));
      NARU_ASSIGN(const auto digest, sha256_file(source_ / path));
      file.sha256 = hex(digest);
      files.push_back(std::move(file));
    }
    if (total > limits_.total_bytes_max) {
      add("too-large", ".",
          say("{} bytes in all, at most {} are taken", "모두 {}바이트, 최대 {}바이트까지 받습니다", total,
              limits_.total_bytes_max));
    }
    for (const auto& declared : description_.files) {
      if (!names.contains(declared)) {
        add("missing-file", declared,
            say("declared in deposit.yaml, but not there", "deposit.yaml에 있으나 파일이 없습니다"));
      }
    }
    return findings_;
  }

 private:
  void add(std::string kind, std::string where, Text what) {
    findings_.push_back({std::move(kind), std::move(where), std::move(what)});
  }

  Done data_file(DepositFile& file) {
    if (std::find(description_.files.begin(), description_.files.end(), file.name) == description_.files.end()) {
      add("undeclared-file", file.name, say("not declared in deposit.yaml", "deposit.yaml에 선언되지 않았습니다"));
    }
    // The engine would read such a name as a pattern, and with it other files.
    if (file.name.find_first_of("*?[]{}\\\n\r") != std::string::npos) {
      add("unreadable", file.name,
          say("a file name without * ? [ ] {{ }} is needed", "파일 이름에 * ? [ ] {{ }}를 쓸 수 없습니다"));
      return {};
    }
    if (macro_extensions().contains(extension_of(file.name))) {
      add("macro-file", file.name,
          say("files that can carry macros or programs are not taken",
              "매크로나 프로그램을 담을 수 있는 파일은 받지 않습니다"));
      return {};
    }
    if (file.bytes > limits_.file_bytes_max) {
      add("too-large", file.name,
          say("{} bytes, at most {} are taken", "{}바이트, 최대 {}바이트까지 받습니다", file.bytes,
              limits_.file_bytes_max));
      return {};
    }
    if (carries_program(file.name)) {
      add("active-content", file.name,
          say("begins like a program or an office file, whatever its name says",
              "이름과 달리 프로그램이나 오피스 파일로 시작합니다"));
      return {};
    }
    const auto extension = extension_of(file.name);
    if (extension == ".dcm" || is_dicom(file.name)) {
      add("unreadable", file.name,
          say("images stay where they are: hand in an index (CSV) of their paths and SHA-256 digests",
              "영상은 있던 곳에 둡니다. 경로와 SHA-256을 적은 목록(CSV)을 내세요"));
      return {};
    }
    if (extension == ".vcf" || extension == ".bcf" || file.name.ends_with(".vcf.gz")) return genotypes(file);
    if (extension != ".csv" && extension != ".tsv" && extension != ".parquet") {
      add("unreadable", file.name,
          say("only CSV, TSV, Parquet and VCF are taken", "CSV, TSV, Parquet, VCF만 받습니다"));
      return {};
    }
    return columns_and_values(file, extension);
  }

  // Read to its end; sample names are the only words in it that could name a person.
  Done genotypes(DepositFile& file) {
    Progress silent;
    const auto read = genome::read_vcf(source_ / file.name, std::nullopt, silent);
    if (!read.ok()) {
      add("unreadable", file.name, read.error().what);
      return {};
    }
    file.rows = read->summary.records_read;
    for (const auto& sample : read->samples) {
      if (!looks_identifying(sample)) continue;
      add("identifier-value", file.name,
          say("a sample's name looks like an identifier", "검체 이름이 식별정보로 보입니다"));
      break;
    }
    return {};
  }

  // DICOM part 10: 128 bytes of anything, then these letters.
  [[nodiscard]] bool is_dicom(const std::string& name) const {
    std::ifstream in(source_ / name, std::ios::binary);
    std::array<char, 132> head{};
    in.read(head.data(), head.size());
    return in.gcount() == static_cast<std::streamsize>(head.size()) && std::string_view(head.data() + 128, 4) == "DICM";
  }

  [[nodiscard]] bool carries_program(const std::string& name) const {
    std::ifstream in(source_ / name, std::ios::binary);
    std::array<char, 8> head{};
    in.read(head.data(), head.size());
    const std::string_view start(head.data(), static_cast<std::size_t>(in.gcount()));
    return start.starts_with("MZ") ||
           start.starts_with(
               "\x7F"
               "ELF") ||
           start.starts_with("PK\x03\x04") || start.starts_with("\xD0\xCF\x11\xE0") || start.starts_with("#!") ||
           start.starts_with("%PDF");
  }

  Done columns_and_values(DepositFile& file, const std::string& extension) {
    engine::DatabaseOptions options;
    options.allowed_folders = {fs::absolute(source_)};
    options.threads = 1;
    NARU_ASSIGN(auto database, engine::Database::open(options));
    const auto path = fs::absolute(source_ / file.name);
    // All as text: a leading zero is what makes a phone number.
    const auto relation = extension == ".parquet"
                              ? engine::parquet(path)
                              : fmt::format("read_csv({}, all_varchar = true, header = true, null_padding = false)",
                                            engine::literal(path.string()));
    // Read once: every check below then looks at the same rows.
    const auto loaded = database.run("CREATE TABLE data AS SELECT * FROM " + relation);
    if (!loaded.ok()) {
      add("unreadable", file.name,
          say("not a table that can be read as UTF-8 to its end", "UTF-8 표로 끝까지 읽을 수 없습니다"));
      return {};
    }
    NARU_ASSIGN(const auto columns, database.describe("data"));
    NARU_ASSIGN(file.rows, database.integer("SELECT count(*) FROM data"));
    const auto* described = description_.described(file.name);
    std::set<std::string> there;
    for (const auto& [name, type] : columns) {
      there.insert(name);
      one_column(file.name, name, described);
    }
    std::vector<std::string> names;
    for (const auto& [name, type] : columns) names.push_back(name);
    NARU_ASSIGN(auto found, value_findings(database, "data", file.name, names));
    findings_.insert(findings_.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    if (described == nullptr) return {};
    for (const auto& column : described->columns) {
      if (!there.contains(column.name)) {
        add("missing-column", file.name + ":" + column.name,
            say("described in dictionary.yaml, but not in the file", "dictionary.yaml에 있으나 파일에 없습니다"));
      }
    }
    return {};
  }

  void one_column(const std::string& file, const std::string& name, const DescribedFile* described) {
    const auto where = file + ":" + name;
    const DescribedColumn* meaning = nullptr;
    if (described != nullptr) {
      const auto at = std::find_if(described->columns.begin(), described->columns.end(),
                                   [&](const DescribedColumn& c) { return c.name == name; });
      if (at != described->columns.end()) meaning = &*at;
    }
    if (meaning == nullptr) {
      add("undescribed-column", where, say("not described in dictionary.yaml", "dictionary.yaml에 설명이 없습니다"));
    } else if (meaning->identifying) {
      add("identifier-column", where, say("described as identifying", "식별 정보로 설명되어 있습니다"));
    }
    if (const auto kind = identifying_name(name)) {
      add("identifier-column", where, say("its name says {}", "이름이 {}을(를) 뜻합니다", *kind));
    }
  }

  const fs::path& source_;
  const DepositDescription& description_;
  const DepositLimits& limits_;
  std::vector<DepositFinding> findings_;
};

}  // namespace

const DescribedFile* DepositDescription::described(const std::string& file) const {
  const auto at =
      std::find_if(dictionary.begin(), dictionary.end(), [&](const DescribedFile& f) { return f.name == file; });
  return at == dictionary.end() ? nullptr : &*at;
}

std::optional<std::string> identifying_name(std::string_view column) {
  std::string folded;
  for (const char c : column) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) == 0) continue;
    folded += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
  }
  struct Known {
    std::string_view kind;
    std::vector<std::string_view> whole;
    std::vector<std::string_view> part;
  };
  static const std::array<Known, 6> known = {{
      {"resident-number",
       {"rrn", "ssn", "juminno", "jumin"},
       {"residentnumber", "residentreg", "주민등록", "주민번호"}},
      {"name",
       {"name", "fullname", "patientname", "personname", "subjectname", "성명", "이름"},
       {"환자명", "환자성명", "피험자명"}},
      {"phone",
       {"phone", "tel", "mobile", "cellphone", "hp"},
       {"phonenumber", "mobilephone", "telephone", "전화", "휴대폰", "연락처"}},
      {"address", {"address", "addr", "street", "주소"}, {"homeaddress", "상세주소", "도로명"}},
      {"e-mail", {"email", "mail", "이메일"}, {"emailaddress", "전자우편"}},
      {"patient-number",
       {"mrn", "patientno", "chartno", "환자번호", "등록번호", "병록번호"},
       {"medicalrecordnumber", "차트번호", "passport", "여권"}},
  }};
  for (const auto& one : known) {
    const bool whole = std::find(one.whole.begin(), one.whole.end(), folded) != one.whole.end();
    const bool part = std::any_of(one.part.begin(), one.part.end(),
                                  [&](std::string_view p) { return folded.find(p) != std::string::npos; });
    if (whole || part) return std::string(one.kind);
  }
  return std::nullopt;
}

Result<DepositDescription> read_description(const fs::path& source) {
  NARU_ASSIGN(const auto text, read_file(source / description_name, yaml_bytes_max));
  NARU_ASSIGN(const auto yaml, parse_yaml(text, description_name));
  NARU_ASSIGN(const auto r, Reader::of(yaml, std::string(description_name)));
  DepositDescription out;
  NARU_ASSIGN(out.dataset, dataset_of(yaml, r));
  NARU_ASSIGN(out.version, r.text("version"));
  if (!is_plain_name(out.version)) {
    return rejected(say("not a plain name", "단순한 이름이 아닙니다"), r.where() + ".version");
  }
  NARU_ASSIGN(out.programme, r.text("programme"));
  NARU_ASSIGN(out.grant_number, r.text("grant_number"));
  NARU_ASSIGN(out.files, r.texts("files"));
  std::sort(out.files.begin(), out.files.end());
  if (out.files.empty())
    return rejected(say("declares at least one file", "파일을 하나 이상 적어야 합니다"), r.where() + ".files");
  NARU_CHECK(dictionary_into(source, out));
  return out;
}

Result<std::vector<DepositFinding>> check_deposit(const fs::path& source, const DepositDescription& description,
                                                  const DepositLimits& limits, std::vector<DepositFile>& files) {
  return Checker(source, description, limits).run(files);
}

}  // namespace naru::catalogue
