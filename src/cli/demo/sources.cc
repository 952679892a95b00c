// Where the demo's inputs stand: what `synth` wrote, or a folder of real data in the layout of docs/demo-data.md.
#include "cli/demo/story.h"

namespace naru::cli::demo {
namespace {

std::vector<std::string> ingest(std::string_view kind, std::initializer_list<fs::path> sources,
                                std::string_view basis) {
  std::vector<std::string> out{std::string(kind)};
  for (const auto& source : sources) out.push_back(source.string());
  out.insert(out.end(), {"--legal-basis", std::string(basis)});
  return out;
}

Done must_exist(const Sources& sources) {
  for (const auto& [site, calls] : sources.ingest) {
    for (const auto& call : calls) {
      if (!fs::exists(call[1])) {
        return not_found(say("the input for {} is missing", "{}의 입력이 없습니다", site), call[1],
                         say("see docs/demo-data.md for the layout", "배치는 docs/demo-data.md를 보세요"));
      }
    }
  }
  return {};
}

}  // namespace

Result<Sources> synthetic_sources(const fs::path& out) {
  Sources sources;
  sources.root = out;
  sources.vocabulary = {out / "vocabulary"};
  sources.ingest["hospital-a"] = {ingest("fhir", {out / "hospital-a" / "fhir"}, "consent")};
  sources.ingest["hospital-b"] = {
      ingest("omop", {out / "hospital-b" / "omop", out / "hospital-b" / "identity.csv"}, "pseudonymised-use")};
  sources.ingest["hospital-c"] = {
      ingest("omop", {out / "hospital-c" / "omop", out / "hospital-c" / "identity.parquet"}, "pseudonymised-use")};
  sources.ingest["agency"] = {
      ingest("hira", {out / "agency" / "hira", out / "agency" / "identity.csv"}, "pseudonymised-use")};
  sources.genomes["hospital-a"] = {out / "genome" / "hospital-a.vcf.gz"};
  sources.genomes["hospital-b"] = {out / "genome" / "hospital-b.vcf.gz"};
  sources.genome_samples = out / "genome" / "samples.csv";
  sources.deposit = out / "deposit";
  sources.questions = {out / "definitions" / "question.json", out / "definitions" / "target.json"};
  sources.titles = {
      {"question.json", say("Adults newly diagnosed with type 2 diabetes and given metformin within 180 days",
                            "2형 당뇨병을 처음 진단받고 180일 안에 메트포르민을 처방받은 성인")},
      {"target.json", say("Adults with a first diagnosis of type 2 diabetes", "2형 당뇨병을 처음 진단받은 성인")}};
  sources.plan = out / "solution" / "plan.yaml";
  NARU_CHECK(must_exist(sources));
  return sources;
}

Result<Sources> real_sources(const fs::path& data, const fs::path& made) {
  Sources sources;
  sources.synthetic = false;
  sources.root = data;
  // The claims are generated; their vocabulary goes beside the hospitals' own.
  sources.vocabulary = {data / "omop" / "GiBleed_5.3_csv.zip", data / "omop" / "Synthea27NjParquet_5.4.zip",
                        made / "vocabulary"};
  sources.ingest["hospital-a"] = {ingest("fhir", {data / "fhir" / "synthea_bulk_10"}, "consent"),
                                  ingest("fhir", {data / "fhir" / "krcore_examples"}, "consent")};
  sources.ingest["hospital-b"] = {ingest("omop", {data / "omop" / "GiBleed_5.3_csv.zip"}, "pseudonymised-use")};
  sources.ingest["hospital-c"] = {ingest("omop", {data / "omop" / "Synthea27NjParquet_5.4.zip"}, "pseudonymised-use")};
  sources.ingest["agency"] = {
      ingest("hira", {made / "agency" / "hira", made / "agency" / "identity.csv"}, "pseudonymised-use")};
  sources.genomes["hospital-a"] = {data / "genomics" / "eur503_chr20" / "siteA_300.vcf.gz"};
  sources.genomes["hospital-b"] = {data / "genomics" / "eur503_chr20" / "siteB_203.vcf.gz"};
  sources.deposit = made / "deposit";
  NARU_CHECK(must_exist(sources));
  return sources;
}

}  // namespace naru::cli::demo
