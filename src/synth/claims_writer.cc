#include "base/files.h"
#include "synth/sites.h"

#include <array>

namespace naru::synth {
namespace {

enum Table : std::size_t { t20, t30, t40, t53, identity, table_count };
constexpr std::array<std::string_view, table_count> names{"t20", "t30", "t40", "t53", "identity"};
constexpr std::array<std::string_view, table_count> headers{
    "MID,JID,SEX_TP_CD,AGE,RECU_FR_DD,RECU_TO_DD,FOM_TP_CD,MSICK_CD,SSICK_CD,YNO", "MID,LNO,DIV_CD,FQ,GNL_CD",
    "MID,SNO,SICK_CD,SICK_TP_CD", "MID,LNO,DIV_CD,GNL_CD,FQ,DDCNT",
    "person_source_value,name,birth_date,sex,phone,address"};

/// Claims write diagnosis codes without the point: E11.9 is E119.
void put_code(std::string& out, std::string_view kcd) {
  for (const char c : kcd) {
    if (c != '.') out += c;
  }
}

class ClaimsWriter final : public SiteWriter {
 public:
  ClaimsWriter(const Vocabulary& vocabulary, SiteKind site) : vocabulary_(vocabulary), site_(std::move(site)) {}

  Done open() {
    NARU_CHECK(make_folder(site_.folder / "hira"));
    for (std::size_t t = 0; t < table_count; ++t) {
      NARU_CHECK(
          files_[t].open((t == identity ? site_.folder : site_.folder / "hira") / (std::string(names[t]) + ".csv")));
      files_[t].text() += headers[t];
      files_[t].text() += '\n';
    }
    return {};
  }

  void person(const Person& person, const Identity& written, const std::string& source,
              const History& history) override {
    std::string& out = files_[identity].text();
    out += source + ',' + written.name + ',';
    // Without a claim to tell the age by, the insurer's master data must say when somebody was born.
    if (written.birth || history.visits.empty()) put_date(out, written.birth.value_or(person.birth));
    out += person.male ? ",M," : ",F,";
    out += written.phone + ",\"" + written.address + '"';
    end(identity);
    // Every visit at any site of an insured person becomes one claim.
    for (std::uint32_t v = 0; v < history.visits.size(); ++v) put_claim(person, source, history, v);
    last_source_ = source;
  }

  Done finish(Written& written) override {
    plant(written);
    for (std::size_t t = 0; t < table_count; ++t) {
      NARU_CHECK(files_[t].close());
      written.tables.push_back({site_.name, std::string(names[t]), rows_[t]});
    }
    return {};
  }

 private:
  void end(Table t) {
    files_[t].text() += '\n';
    ++rows_[t];
    files_[t].flush_if_full();
  }
  [[nodiscard]] static std::string claim_number(std::int64_t serial) {
    std::string text = "M";
    put_number(text, serial, 10);
    return text;
  }

  void put_claim(const Person& person, const std::string& source, const History& history, std::uint32_t v) {
    const Visit& visit = history.visits[v];
    const std::string claim = claim_number(++serial_);
    std::uint32_t diagnoses = 0;
    std::string main_code;
    std::string second_code;
    for (const Coded& row : history.conditions) {
      if (row.visit != v) continue;
      // A claim names a disease once.
      const std::string& kcd = vocabulary_.conditions()[row.code].kcd;
      std::string plain;
      put_code(plain, kcd);
      if (plain == main_code || plain == second_code) continue;
      ++diagnoses;
      if (diagnoses == 1) main_code = plain;
      if (diagnoses == 2) second_code = plain;
      std::string& out = files_[t40].text();
      out += claim + ',';
      put_number(out, diagnoses);
      out += ',' + plain + (diagnoses == 1 ? ",1" : ",2");
      end(t40);
    }
    put_header(person, source, visit, claim, main_code, second_code);
    put_lines(history, v, claim);
  }

  void put_header(const Person& person, const std::string& source, const Visit& visit, const std::string& claim,
                  const std::string& main_code, const std::string& second_code) {
    std::string& out = files_[t20].text();
    out += claim + ',' + source + (person.male ? ",1," : ",2,");
    put_number(out, person.age_on(visit.start));
    out += ',';
    put_compact_date(out, visit.start);
    out += ',';
    put_compact_date(out, visit.end);
    out += visit.kind == VisitKind::inpatient ? ",021," : ",031,";
    out += main_code + ',' + second_code + ",Y";
    put_number(out, visit.site == clinic
                        ? 900 + static_cast<std::int64_t>(mix(static_cast<std::uint64_t>(person.index)) % 90)
                        : 100 + visit.site);
    end(t20);
  }

  void put_lines(const History& history, std::uint32_t v, const std::string& claim) {
    int line = 0;
    const auto put_treatment = [&](std::string_view edi) {
      std::string& out = files_[t30].text();
      out += claim + ',';
      put_number(out, ++line);
      out += ',';
      out += edi;
      out += ",1,";
      end(t30);
    };
    for (const Coded& row : history.procedures) {
      if (row.visit == v) put_treatment(vocabulary_.procedures()[row.code].edi);
    }
    line = 0;
    for (const Coded& row : history.drugs) {
      if (row.visit != v) continue;
      const DrugProduct& drug = vocabulary_.drugs()[row.code];
      std::string& out = files_[t53].text();
      out += claim + ',';
      put_number(out, ++line);
      out += ',' + drug.kpis + ',' + drug.gnl + ",1,";
      put_number(out, row.value);
      end(t53);
    }
  }

  void bad_row(Written& written, Table t, std::string_view row, std::string_view reason) {
    files_[t].text() += row;
    end(t);
    written.bad.push_back({site_.name, std::string(names[t]), rows_[t] + 1, std::string(reason)});
  }

  void plant(Written& written) {
    if (serial_ == 0) return;
    const std::string number = "," + last_source_;
    bad_row(written, t20, claim_number(1) + number + ",1,50,20230401,20230401,031,I109,,Y900", "duplicate_id");
    bad_row(written, t20, claim_number(serial_ + 1) + ",,1,50,20230401,20230401,031,I109,,Y900", "missing_person");
    bad_row(written, t20, claim_number(serial_ + 2) + number + ",1,50,20230231,20230231,031,I109,,Y900",
            "impossible_date");
    bad_row(written, t40, claim_number(serial_ + 900) + ",1,I109,1", "unknown_claim");
  }

  const Vocabulary& vocabulary_;
  SiteKind site_;
  std::array<TextFile, table_count> files_;
  std::array<std::int64_t, table_count> rows_{};
  std::int64_t serial_ = 0;
  std::string last_source_;
};

}  // namespace

Result<std::unique_ptr<SiteWriter>> claims_writer(const Vocabulary& vocabulary, const SiteKind& site) {
  auto writer = std::make_unique<ClaimsWriter>(vocabulary, site);
  NARU_CHECK(writer->open());
  return std::unique_ptr<SiteWriter>(std::move(writer));
}

}  // namespace naru::synth
