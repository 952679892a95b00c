#include "base/files.h"
#include "base/testing/support.h"
#include "genome/header_screen.h"
#include "genome/part.h"
#include "genome/store.h"
#include "genome/transfer.h"
#include "genome/vcf_reader.h"

#include <doctest/doctest.h>
#include <htslib/bgzf.h>

#include <map>
#include <sstream>

using namespace naru;
using namespace naru::genome;

namespace {

std::string read_gz(const fs::path& path) {
  BGZF* file = bgzf_open(path.c_str(), "r");
  REQUIRE(file != nullptr);
  std::string text;
  char buffer[1 << 16];
  for (ssize_t got = 0; (got = bgzf_read(file, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  bgzf_close(file);
  return text;
}

std::vector<std::map<std::string, std::string>> table(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::vector<std::string> names;
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(lines, line)) {
    std::vector<std::string> cells;
    std::istringstream parts(line);
    for (std::string cell; std::getline(parts, cell, '\t');) cells.push_back(cell);
    if (names.empty()) {
      names = cells;
      continue;
    }
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < names.size() && i < cells.size(); ++i) row[names[i]] = cells[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

ImportSummary import_files(const fs::path& store, const std::string& holder, std::vector<fs::path> files,
                           std::optional<fs::path> reference = std::nullopt) {
  Progress silent;
  auto summary = import_vcf({store, holder, std::move(files), std::move(reference)}, silent);
  if (!summary.ok()) FAIL(summary.error().what.en << " " << summary.error().where);
  return summary.value();
}

std::vector<VariantCount> counts_of(const fs::path& store, const CountQuery& query = {}) {
  auto counts = count(store, query);
  if (!counts.ok()) FAIL(counts.error().what.en << " " << counts.error().where);
  return counts.value();
}

using Key = std::tuple<std::string, std::string, std::string, std::string>;

void check_expected(const std::vector<VariantCount>& counts,
                    const std::vector<std::map<std::string, std::string>>& rows, const std::string& ac,
                    const std::string& an, const std::string& het, const std::string& hom, const std::string& hemi) {
  std::map<Key, const VariantCount*> found;
  for (const VariantCount& c : counts) found[{c.chrom, std::to_string(c.pos), c.ref, c.alt}] = &c;
  CHECK(found.size() == counts.size());
  std::size_t expected = 0;
  std::size_t wrong = 0;
  for (const auto& row : rows) {
    if (row.at("alt") == ".") continue;
    ++expected;
    const auto at = found.find({row.at("chrom"), row.at("pos"), row.at("ref"), row.at("alt")});
    if (at == found.end()) {
      ++wrong;
      continue;
    }
    const VariantCount& c = *at->second;
    const bool same = std::to_string(c.ac) == row.at(ac) && std::to_string(c.an) == row.at(an) &&
                      std::to_string(c.ac_het) == row.at(het) && std::to_string(c.ac_hom) == row.at(hom) &&
                      (hemi.empty() || std::to_string(c.ac_hemi) == row.at(hemi));
    if (!same) {
      ++wrong;
      MESSAGE(c.chrom << ":" << c.pos << " " << c.ref << ">" << c.alt << " " << c.ac << "/" << c.an);
    }
  }
  CHECK(wrong == 0);
  CHECK(expected == counts.size());
}

std::set<std::string> samples_where(const std::vector<std::map<std::string, std::string>>& rows,
                                    const std::string& column, const std::string& value) {
  std::set<std::string> names;
  for (const auto& row : rows) {
    if (row.at(column) == value) names.insert(row.at("sample"));
  }
  return names;
}

fs::path write_vcf_text(const fs::path& folder, const std::string& name, const std::string& body,
                        const std::string& samples = "S1\tS2\tS3") {
  const std::string head =
      "##fileformat=VCFv4.3\n##contig=<ID=1,length=1000>\n##FORMAT=<ID=GT,Number=1,Type=String,Description=\"G\">\n"
      "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t";
  REQUIRE(write_file_atomic(folder / name, head + samples + "\n" + body).ok());
  return folder / name;
}

std::string head_of(const std::string& tsv) { return tsv.substr(tsv.find('\n') + 1); }

}  // namespace

TEST_CASE("counts of 503 Europeans equal the expected ones for everybody and every cohort") {
  const auto data = naru::test::shared_data("genomics/eur503_chr20");
  if (!data) return;
  const ScratchFolder scratch("genome");
  const fs::path store = scratch.path() / "store";
  const auto first = import_files(store, "hospital-a", {*data / "siteA_300.vcf.gz"});
  CHECK(first.samples == 300);
  CHECK(first.variants_stored == 24990);
  const auto second = import_files(store, "hospital-b", {*data / "siteB_203.vcf.gz"});
  CHECK(second.refused == 0);
  const auto rows = table(read_gz(*data / "expected_ac.tsv.gz"));
  const auto people = table(read_file(*data / "samples.tsv").value());
  const auto check = [&](const CountQuery& query, const std::string& cohort) {
    check_expected(counts_of(store, query), rows, "ac_" + cohort, "an_" + cohort, "nhet_" + cohort, "2xnhom_" + cohort,
                   "");
  };
  check({}, "all");
  check({std::nullopt, {"hospital-a"}, std::nullopt}, "siteA");
  check({std::nullopt, {"hospital-b"}, std::nullopt}, "siteB");
  for (const char* population : {"GBR", "FIN", "IBS", "CEU", "TSI"}) {
    check({samples_where(people, "population", population), {}, std::nullopt}, population);
  }
  check({samples_where(people, "cineca_sex", "female"), {}, std::nullopt}, "female");
  check({samples_where(people, "cineca_asthma", "1"), {}, std::nullopt}, "asthma");
  check({samples_where(people, "withdrawn_before_r2", "0"), {}, std::nullopt}, "r2");
  CHECK(verify_store(store).ok());
}

TEST_CASE("multiallelic, haploid, mixed-ploidy and missing genotypes are counted as bcftools counts them") {
  const auto data = naru::test::shared_data("genomics");
  if (!data) return;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"edge/1kg_2020_chrM.vcf.gz", "edge/1kg_2020_chrM.expected_ac.tsv"},
      {"edge/chr_m_indels.vcf.gz", "edge/chr_m_indels.expected_ac.tsv"},
      {"edge/mixed_ploidy.vcf.gz", "edge/mixed_ploidy.expected_ac.tsv"},
      {"edge/sample.vcf.gz", "edge/sample.expected_ac.tsv"},
      {"grch38_chr22_100/nygc2020_chr22_100.vcf.gz", "grch38_chr22_100/expected_ac.tsv"}};
  for (const auto& [vcf, expected] : cases) {
    CAPTURE(vcf);
    const ScratchFolder scratch("genome");
    import_files(scratch.path() / "store", "h", {*data / vcf});
    check_expected(counts_of(scratch.path() / "store"), table(read_file(*data / expected).value()), "ac", "an",
                   "ac_in_het", "ac_in_hom", "ac_in_hemi");
  }
}

TEST_CASE("gVCF reference blocks are skipped and files without samples are refused") {
  const auto data = naru::test::shared_data("genomics/edge");
  if (!data) return;
  const ScratchFolder scratch("genome");
  const auto blocks = import_files(scratch.path() / "g", "h", {*data / "CEUTrio.20.21.gatk3.4.g.vcf.bgz"});
  CHECK(blocks.records_read == 19910);
  CHECK(blocks.reference_blocks == 18580);
  CHECK(blocks.refused == 0);
  for (const VariantCount& c : counts_of(scratch.path() / "g")) CHECK(c.alt != "<NON_REF>");
  Progress silent;
  const auto sites_only = import_vcf({scratch.path() / "s", "h", {*data / "out_of_order_contigs.vcf.gz"}, {}}, silent);
  REQUIRE(!sites_only.ok());
  CHECK(sites_only.error().kind == ErrorKind::rejected);
  const auto structural = import_files(scratch.path() / "v", "h", {*data / "structural.vcf"});
  CHECK(structural.symbolic > 0);
  CHECK(import_files(scratch.path() / "t", "h", {*data / "triploid.vcf.gz"}).refused == 0);
}

TEST_CASE("a truncated file, a repeated variant and a bad allele number are named and nothing half is stored") {
  const ScratchFolder scratch("genome");
  const auto good = write_vcf_text(scratch.path(), "good.vcf", "1\t5\t.\tA\tC\t.\t.\tAC=99\tGT\t0/1\t1/1\t./.\n");
  const auto bad =
      write_vcf_text(scratch.path(), "bad.vcf",
                     "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n"
                     "1\t6\t.\tA\tC\t.\t.\t.\tGT\t0/7\t0/0\t0/0\n1\t7\t.\tA\tC\t.\t.\t.\tDP\t1\t2\t3\n");
  const auto summary = import_files(scratch.path() / "bad", "h", {bad});
  CHECK(summary.refused == 3);
  std::map<std::string, std::int64_t> reasons(summary.reasons.begin(), summary.reasons.end());
  CHECK(reasons["duplicate_variant"] == 1);
  CHECK(reasons["allele_out_of_range"] == 1);
  const auto text = "1\t5\tA\tC\t3\t4\t1\t2\t0\n";
  import_files(scratch.path() / "good", "h", {good});
  CHECK(head_of(counts_tsv(counts_of(scratch.path() / "good"))) == text);  // INFO says 99
  const auto twice = write_vcf_text(scratch.path(), "twice.vcf", "", "S1\tS1");
  Progress silent;
  CHECK(!import_vcf({scratch.path() / "twice", "h", {twice}, {}}, silent).ok());
  const auto data = naru::test::shared_data("genomics/eur503_chr20");
  if (!data) return;
  const std::string whole = read_file(*data / "siteB_203.vcf.gz").value();
  REQUIRE(write_file_atomic(scratch.path() / "cut.vcf.gz", std::string_view(whole).substr(0, whole.size() / 2)).ok());
  const auto cut = import_vcf({scratch.path() / "good", "h", {scratch.path() / "cut.vcf.gz"}, {}}, silent);
  REQUIRE(!cut.ok());
  CHECK(cut.error().kind == ErrorKind::rejected);
  CHECK(head_of(counts_tsv(counts_of(scratch.path() / "good"))) == text);
}

TEST_CASE("one more import adds a part, the same file changes nothing, the same genotypes twice are refused") {
  const ScratchFolder scratch("genome");
  const fs::path store = scratch.path() / "store";
  const auto one = write_vcf_text(scratch.path(), "one.vcf", "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n");
  const auto two = write_vcf_text(scratch.path(), "two.vcf", "1\t9\t.\tG\tT\t.\t.\t.\tGT\t1/1\t0/0\t.\n");
  const auto again = write_vcf_text(scratch.path(), "again.vcf", "1\t5\t.\tA\tG\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n");
  const auto first = import_files(store, "h", {one});
  const std::string part_before = list_files(store / "parts", false).value().front().string();
  const std::string bytes_before = read_file(store / "parts" / part_before).value();
  CHECK(import_files(store, "h", {one}).already_stored == 1);
  CHECK(import_files(store, "h", {one}).manifest_sha256 == first.manifest_sha256);
  import_files(store, "h", {two});
  CHECK(read_file(store / "parts" / part_before).value() == bytes_before);
  CHECK(counts_of(store).size() == 2);
  CHECK(sample_count(store, {}).value() == 3);
  Progress silent;
  const auto refused = import_vcf({store, "h", {again}, {}}, silent);
  REQUIRE(!refused.ok());
  CHECK(refused.error().kind == ErrorKind::conflict);
  // Another holder's samples of the same name are other persons.
  import_files(store, "other", {again});
  CHECK(sample_count(store, {}).value() == 6);
  const auto region = parse_region("1:6-1,000");
  REQUIRE(region.ok());
  CHECK(counts_of(store, {std::nullopt, {}, region.value()}).size() == 1);
  CHECK(!count(store, {std::set<std::string>{"S1", "nobody"}, {}, std::nullopt}).ok());
}

TEST_CASE("no sample name stands in a part or the manifest, only in the private map") {
  const ScratchFolder scratch("genome");
  const fs::path store = scratch.path() / "store";
  const auto file = write_vcf_text(scratch.path(), "x.vcf", "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n",
                                   "SECRETNAME1\tSECRETNAME2\tSECRETNAME3");
  import_files(store, "h", {file});
  const std::vector<fs::path> files = list_files(store, true).value();
  for (const fs::path& name : files) {
    const bool holds = read_file(store / name).value().find("SECRETNAME") != std::string::npos;
    CHECK(holds == (name.begin()->string() == "private"));
  }
  const auto mode = fs::status(store / "private").permissions();
  CHECK((mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
}

TEST_CASE("a site that lists its ALTs in two records keeps one AN, and a part without an ALT still counts as called") {
  const ScratchFolder scratch("genome");
  const fs::path store = scratch.path() / "store";
  const auto split =
      write_vcf_text(scratch.path(), "split.vcf",
                     "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n1\t5\t.\tA\tG\t.\t.\t.\tGT\t0/0\t0/1\t0/0\n");
  const auto other = write_vcf_text(scratch.path(), "other.vcf", "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t./.\n", "T1\tT2");
  import_files(store, "a", {split});
  import_files(store, "b", {other});
  CHECK(head_of(counts_tsv(counts_of(store))) == "1\t5\tA\tC\t2\t8\t2\t0\t0\n1\t5\tA\tG\t1\t8\t1\t0\t0\n");
}

TEST_CASE("with a reference alleles are trimmed and left-aligned, and a wrong REF is refused") {
  const ScratchFolder scratch("genome");
  REQUIRE(write_file_atomic(scratch.path() / "ref.fa", ">1\nGGGCACACACAGGGTTTT\n").ok());
  // Deleting one CA anywhere in the repeat is the same variant: 1:3 GCA>G.
  const auto file =
      write_vcf_text(scratch.path(), "x.vcf",
                     "1\t5\t.\tACA\tA\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n1\t9\t.\tTTT\tA\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n");
  const auto summary = import_files(scratch.path() / "store", "h", {file}, scratch.path() / "ref.fa");
  CHECK(summary.refused == 1);
  const auto counts = counts_of(scratch.path() / "store");
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].pos == 3);
  CHECK(counts[0].ref == "GCA");
  CHECK(counts[0].alt == "G");
}

TEST_CASE("a changed byte in a part is found") {
  const ScratchFolder scratch("genome");
  const fs::path store = scratch.path() / "store";
  import_files(store, "h", {write_vcf_text(scratch.path(), "x.vcf", "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\t0/0\t0/0\n")});
  const fs::path part = store / "parts" / list_files(store / "parts", false).value().front();
  std::string bytes = read_file(part).value();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  REQUIRE(write_file_atomic(part, bytes).ok());
  CHECK(!verify_store(store).ok());
  CHECK(!count(store, {}).ok());
}

TEST_CASE("a small allele count is suppressed with everything derived from it") {
  const std::vector<VariantCount> counts{{"1", 5, "A", "C", 4, 100, 4, 0, 0, false, false},
                                         {"1", 6, "A", "C", 12, 100, 10, 2, 0, false, false},
                                         {"1", 7, "A", "C", 0, 100, 0, 0, 0, false, false},
                                         {"1", 8, "A", "C", 30, 100, 20, 10, 0, false, false}};
  const auto released = apply_output_rules(counts, 50, {10, 20});
  REQUIRE(released.ok());
  CHECK(head_of(counts_tsv(released.value())) ==
        "1\t5\tA\tC\t\t100\t\t\t\n1\t6\tA\tC\t12\t100\t\t\t\n1\t7\tA\tC\t0\t100\t0\t0\t0\n1\t8\tA\tC\t30\t100\t20\t10\t"
        "0\n");
  CHECK(apply_output_rules(counts, 19, {10, 20}).error().kind == ErrorKind::refused);
  CHECK(!apply_output_rules(counts, 50, {0, 20}).ok());
}

TEST_CASE("a store that travels leaves out who must not go and counts the others as before") {
  const ScratchFolder scratch("genome");
  const fs::path store = scratch.path() / "store";
  const auto file =
      write_vcf_text(scratch.path(), "x.vcf",
                     "1\t5\t.\tA\tC,G\t.\t.\t.\tGT\t0/1\t1/2\t./.\n1\t6\t.\tA\tC\t.\t.\t.\tGT\t1\t0/1/1\t1|1\n");
  import_files(store, "h", {file});
  auto parts = export_parts(store, {"S2"}, [](const std::string& name) { return "other-" + name; });
  REQUIRE(parts.ok());
  REQUIRE(parts.value().size() == 1);
  CHECK(parts.value()[0].samples == "other-S1\nother-S3\n");
  REQUIRE(assemble_store(scratch.path() / "there", std::move(parts).value()).ok());
  CHECK(verify_store(scratch.path() / "there").ok());
  CHECK(counts_of(scratch.path() / "there") == counts_of(store, {std::set<std::string>{"S1", "S3"}, {}, std::nullopt}));
  CHECK(!export_parts(store, {}, [](const std::string&) { return std::string("same"); }).ok());
}

TEST_CASE("a malformed header line is named before the library sees it") {
  for (const std::string line : {"##contig=<length=5>", "##contig=<ID=>", "##INFO=<Number=1>", "##FORMAT=x",
                                 "##FILTER=<", "##contig=<Description=\"ID=1,ID=2\">"}) {
    CAPTURE(line);
    CHECK(genome::screen_header_line(line, 3, "f.vcf").error().what.en.find("header line 3") != std::string::npos);
  }
  for (const std::string line :
       {"##contig=<ID=chr1,length=5>", "##INFO=<Number=1,ID=AC,Type=Integer,Description=\"a, b\">",
        "##fileformat=VCFv4.2", "##source=x", "#CHROM\tPOS", "##contig=<ID=1> "}) {
    CAPTURE(line);
    CHECK(genome::screen_header_line(line, 1, "f.vcf").ok());
  }
}
