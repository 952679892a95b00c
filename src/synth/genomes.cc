#include "synth/genomes.h"

#include "synth/calendar.h"
#include "synth/rng.h"

#include <htslib/bgzf.h>

#include <algorithm>
#include <array>
#include <memory>

namespace naru::synth {
namespace {

struct Variant {
  bool on_x = false;
  std::int64_t pos = 0;
  std::string ref;
  std::vector<std::string> alts;
  std::vector<double> frequencies;
  double missing = 0;
};

/// Sorted by chromosome and position; about a tenth has two ALTs, a fifth is on X, most are rare.
std::vector<Variant> make_variants(std::uint64_t seed) {
  constexpr std::array<char, 4> bases{'A', 'C', 'G', 'T'};
  std::vector<Variant> variants;
  std::int64_t pos = 1'000'000;
  for (int i = 0; i < variant_count; ++i) {
    Rng rng(seed, Purpose::genome, static_cast<std::uint64_t>(i));
    Variant variant;
    variant.on_x = i >= variant_count * 4 / 5;
    if (i == variant_count * 4 / 5) pos = 5'000'000;
    pos += 40 + rng.below(3000);
    variant.pos = pos;
    const std::uint32_t base = rng.below(4);
    variant.ref = std::string(1, bases[base]);
    variant.alts.emplace_back(1, bases[(base + 1 + rng.below(3)) % 4]);
    if (rng.chance(0.08)) variant.alts[0] = variant.ref + std::string(1 + rng.below(4), bases[rng.below(4)]);
    const double u = rng.unit();
    variant.frequencies.push_back(u < 0.5 ? 0.002 + 0.02 * rng.unit() : 0.02 + 0.5 * rng.unit() * rng.unit());
    if (rng.chance(0.1)) {
      variant.alts.push_back(variant.ref + "TTC");
      variant.frequencies.push_back(0.01 + 0.1 * rng.unit());
    }
    variant.missing = rng.chance(0.2) ? 0.08 : 0.004;
    variants.push_back(std::move(variant));
  }
  return variants;
}

int draw_allele(Rng& rng, const Variant& variant) {
  double u = rng.unit();
  for (std::size_t a = 0; a < variant.frequencies.size(); ++a) {
    if (u < variant.frequencies[a]) return static_cast<int>(a) + 1;
    u -= variant.frequencies[a];
  }
  return 0;
}

void put_genotype(std::string& out, std::uint64_t seed, std::size_t number, const Variant& variant,
                  const SampledPerson& person, int site_number) {
  // Drawn from person and variant alone; only the call's failure depends on the site's laboratory.
  Rng rng(seed, Purpose::genome, 1'000'000 + static_cast<std::uint64_t>(person.index) * 4096 + number);
  const int first = draw_allele(rng, variant);
  const int second = draw_allele(rng, variant);
  Rng call(seed, Purpose::genome,
           (1ULL << 40U) + (static_cast<std::uint64_t>(person.index) * 4096 + number) * 16 +
               static_cast<std::uint64_t>(site_number));
  const bool missing = call.chance(variant.missing);
  const bool haploid = variant.on_x && person.male;
  out += '\t';
  if (missing) {
    out += haploid ? "." : "./.";
  } else {
    put_number(out, first);
    if (!haploid) {
      out += '/';
      put_number(out, second);
    }
  }
}

}  // namespace

void SampleChoice::offer(SampledPerson person) {
  const auto less = [](const SampledPerson& a, const SampledPerson& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.index < b.index;
  };
  if (heap_.size() == most_ && !less(person, heap_.front())) return;
  heap_.push_back(std::move(person));
  std::push_heap(heap_.begin(), heap_.end(), less);
  if (heap_.size() > most_) {
    std::pop_heap(heap_.begin(), heap_.end(), less);
    heap_.pop_back();
  }
}

std::vector<SampledPerson> SampleChoice::chosen() const {
  std::vector<SampledPerson> sorted = heap_;
  std::sort(sorted.begin(), sorted.end(), [](const SampledPerson& a, const SampledPerson& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.index < b.index;
  });
  return sorted;
}

Done write_vcf(std::uint64_t seed, const std::string& site, int site_number, const std::vector<SampledPerson>& samples,
               const std::filesystem::path& folder, std::string& samples_csv) {
  std::string text =
      "##fileformat=VCFv4.3\n##source=naru synth\n##contig=<ID=20,length=64444167>\n##contig=<ID=X,length=156040895>\n"
      "##FILTER=<ID=PASS,Description=\"All filters passed\">\n"
      "##INFO=<ID=AF,Number=A,Type=Float,Description=\"Stale on purpose: never to be trusted\">\n"
      "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n#"
      "CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT";
  std::string prefix = site;
  std::transform(prefix.begin(), prefix.end(), prefix.begin(),
                 [](char c) { return c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::string name = prefix + "_";
    put_number(name, static_cast<std::int64_t>(i) + 1, 4);
    text += '\t' + name;
    samples_csv += site + ',' + name + ',' + samples[i].source + '\n';
  }
  text += '\n';
  const std::vector<Variant> variants = make_variants(seed);
  for (std::size_t v = 0; v < variants.size(); ++v) {
    const Variant& variant = variants[v];
    // Each laboratory has a few sites the other one does not report.
    if (v % 29 == static_cast<std::size_t>(7 + site_number)) continue;
    text += variant.on_x ? "X\t" : "20\t";
    put_number(text, variant.pos);
    text += "\t.\t" + variant.ref + '\t';
    for (std::size_t a = 0; a < variant.alts.size(); ++a) text += (a == 0 ? "" : ",") + variant.alts[a];
    text += "\t50\tPASS\tAF=";
    for (std::size_t a = 0; a < variant.alts.size(); ++a) text += a == 0 ? "0.5" : ",0.5";
    text += "\tGT";
    for (const SampledPerson& person : samples) put_genotype(text, seed, v, variant, person, site_number);
    text += '\n';
  }
  const std::filesystem::path file = folder / (site + ".vcf.gz");
  BGZF* out = bgzf_open(file.c_str(), "w6");
  const auto wanted = static_cast<ssize_t>(text.size());
  const bool written = out != nullptr && bgzf_write(out, text.data(), text.size()) == wanted;
  const bool closed = out != nullptr && bgzf_close(out) == 0;
  if (!written || !closed) return internal_error(say("cannot write the file", "파일을 쓸 수 없습니다"), file.string());
  return {};
}

}  // namespace naru::synth
