#include "base/files.h"
#include "base/json.h"
#include "cli/command.h"
#include "genome/store.h"

#include <algorithm>

namespace naru::cli {
namespace {

Result<Answer> run_import(const Call& call, const Context& context) {
  genome::ImportOptions options;
  options.store = call.text("--store");
  options.holder = call.text("--holder");
  for (const std::string& file : call.texts("FILE")) options.files.emplace_back(file);
  if (call.has("--reference")) options.reference = call.text("--reference");
  NARU_ASSIGN(const auto summary, genome::import_vcf(options, context.progress));
  Json reasons = Json::object();
  for (const auto& [reason, count] : summary.reasons) reasons[reason] = count;
  Answer answer;
  answer.json = canonical(Json{{"files", summary.files},
                               {"already_stored", summary.already_stored},
                               {"samples", summary.samples},
                               {"read", summary.records_read},
                               {"variants", summary.variants_stored},
                               {"reference_blocks", summary.reference_blocks},
                               {"without_alternative", summary.without_alternative},
                               {"symbolic", summary.symbolic},
                               {"refused", summary.refused},
                               {"reasons", reasons},
                               {"bytes", summary.stored_bytes},
                               {"manifest", summary.manifest_sha256}});
  answer.text =
      say("{} files read ({} already stored): {} records, {} variants of {} samples stored, {} records refused",
          "파일 {}개를 읽었습니다(이미 저장 {}개). 레코드 {}개, 변이 {}개, 검체 {}개 저장, 거부 {}개", summary.files,
          summary.already_stored, summary.records_read, summary.variants_stored, summary.samples, summary.refused);
  return answer;
}

/// One sample name per line; empty lines and lines that start with '#' do not count.
Result<std::set<std::string>> read_sample_list(const std::string& file) {
  NARU_ASSIGN(const std::string text, read_file(file, 256U << 20U));
  std::set<std::string> names;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string name = text.substr(from, end - from);
    while (!name.empty() && (name.back() == '\r' || name.back() == ' ' || name.back() == '\t')) name.pop_back();
    if (!name.empty() && name.front() != '#') names.insert(std::move(name));
    from = end + 1;
  }
  if (names.empty()) {
    return rejected(say("the file names no sample", "파일에 검체 이름이 없습니다"), file,
                    say("write one sample name per line", "한 줄에 검체 이름 하나씩 쓰십시오"));
  }
  return names;
}

Result<Answer> run_count(const Call& call, const Context& /*context*/) {
  genome::CountQuery query;
  if (call.has("--samples")) {
    NARU_ASSIGN(auto names, read_sample_list(call.text("--samples")));
    query.samples = std::move(names);
  }
  for (const std::string& holder : call.texts("--holder")) query.holders.insert(holder);
  if (call.has("--region")) {
    NARU_ASSIGN(query.region, genome::parse_region(call.text("--region")));
    query.region_known = true;
  }
  const std::string store = call.text("--store");
  const std::string out = call.text("--out");
  NARU_ASSIGN(const auto counts, genome::count(store, query));
  NARU_ASSIGN(const auto samples, genome::sample_count(store, query));
  NARU_CHECK(genome::write_counts_tsv(counts, out));
  const std::size_t variants = counts.size();
  Answer answer;
  answer.json = canonical(Json{{"out", out}, {"samples", samples}, {"variants", variants}});
  answer.text = say("{} variants counted over {} samples, written to {}",
                    "변이 {}개를 검체 {}개에서 세어 {}에 기록했습니다", variants, samples, out);
  return answer;
}

Result<Answer> run_verify(const Call& call, const Context& /*context*/) {
  NARU_CHECK(genome::verify_store(call.text("--store")));
  Answer answer;
  answer.json = canonical(Json{{"ok", true}});
  answer.text = say("every part is the one the manifest names", "모든 파일이 목록과 일치합니다");
  return answer;
}

Option store_option() { return {"--store", "DIR", say("the genome store", "유전체 저장소"), true, false, ""}; }

}  // namespace

std::vector<Command> genome_commands() {
  return {
      {"genome import",
       say("adds VCF files of a holder to a compact genotype store",
           "보유 기관의 VCF 파일을 유전형 저장소에 추가합니다"),
       {store_option(),
        {"--holder", "NAME", say("whose samples these are", "검체 보유 기관"), true, false, ""},
        {"--reference", "FASTA",
         say("trim and left-align alleles with this reference", "이 참조 서열로 대립유전자를 좌측 정렬합니다"), false,
         false, ""},
        {"FILE", "FILE",
         say(".vcf, .vcf.gz, .bcf; gVCF reference blocks are skipped",
             ".vcf, .vcf.gz, .bcf 파일. gVCF의 참조 구간은 건너뜁니다"),
         true, true, ""}},
       run_import},
      {"genome count",
       say("allele counts over chosen samples, recounted from genotypes",
           "선택한 검체의 대립유전자 수를 유전형에서 다시 셉니다"),
       {store_option(),
        {"--samples", "FILE", say("sample names, one per line; without it all", "검체 이름(한 줄에 하나). 없으면 전체"),
         false, false, ""},
        {"--holder", "NAME", say("only samples of this holder", "이 보유 기관의 검체만"), false, true, ""},
        {"--region", "CHROM:FROM-TO",
         say("only this region, 1-based, both ends included", "이 구간만(1부터, 양 끝 포함)"), false, false, ""},
        {"--out", "FILE.tsv",
         say("chrom, pos, ref, alt, ac, an, ac_het, ac_hom, ac_hemi",
             "chrom, pos, ref, alt, ac, an, ac_het, ac_hom, ac_hemi"),
         true, false, ""}},
       run_count},
      {"genome verify",
       say("checks every part of a store against its manifest", "저장소의 모든 파일을 목록과 대조합니다"),
       {store_option()},
       run_verify},
  };
}

}  // namespace naru::cli
