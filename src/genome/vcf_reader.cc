#include "genome/vcf_reader.h"

#include "base/files.h"
#include "genome/header_screen.h"

#include <htslib/bgzf.h>
#include <htslib/faidx.h>
#include <htslib/hfile.h>
#include <htslib/hts.h>
#include <htslib/vcf.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>
#include <set>
#include <tuple>

namespace naru::genome {
namespace {

constexpr std::int64_t records_between_progress = 4096;
constexpr int ploidy_most = 64;

struct CloseFile {
  void operator()(htsFile* file) const { hts_close(file); }
};
struct FreeHeader {
  void operator()(bcf_hdr_t* header) const { bcf_hdr_destroy(header); }
};
struct FreeRecord {
  void operator()(bcf1_t* record) const { bcf_destroy(record); }
};
struct FreeBuffer {
  void operator()(void* memory) const { std::free(memory); }
};
struct CloseBgzf {
  void operator()(BGZF* file) const { bgzf_close(file); }
};
using File = std::unique_ptr<htsFile, CloseFile>;
using Header = std::unique_ptr<bcf_hdr_t, FreeHeader>;
using Record = std::unique_ptr<bcf1_t, FreeRecord>;

using Blocks = std::unique_ptr<BGZF, CloseBgzf>;

Error not_a_vcf(const std::string& where) {
  return rejected(say("this is not a VCF or BCF file that can be read", "읽을 수 있는 VCF 또는 BCF 파일이 아닙니다"),
                  where,
                  say("give .vcf, .vcf.gz or .bcf with a complete header",
                      "헤더가 완전한 .vcf, .vcf.gz, .bcf 파일을 지정하십시오"));
}

bool is_reference_alt(std::string_view alt) { return alt == "<NON_REF>" || alt == "<*>" || alt == "<X>"; }
bool is_symbolic(std::string_view alt) {
  return alt.find_first_of("<[]") != std::string_view::npos || alt == "*" || alt.starts_with('.') || alt.ends_with('.');
}
std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

/// Reads one file; its state is what a record needs.
class VcfReader {
 public:
  VcfReader(htsFile* file, std::string where, const std::optional<Reference>& reference)
      : file_(file), where_(std::move(where)), reference_(reference) {}

  Result<ReadPart> read(Progress& progress) {
    NARU_CHECK(read_header());
    const Record record(bcf_init());
    const Text deed = say("reading genotypes", "유전형을 읽는 중");
    int status = 0;
    while ((status = bcf_read(file_, header_.get(), record.get())) == 0) {
      ++part_.summary.records_read;
      take(record.get());
      if (part_.summary.records_read % records_between_progress == 0) {
        progress.at(deed, static_cast<std::uint64_t>(part_.summary.records_read), 0);
        if (progress.stop_requested()) return interrupted();
      }
    }
    if (status < -1 || hts_check_EOF(file_) == 0) {
      return rejected(
          say("the file is truncated or malformed after record {}",
              "{}번째 레코드 뒤에서 파일이 잘렸거나 형식이 잘못되었습니다", part_.summary.records_read),
          where_,
          say("transfer the file again and compare its checksum", "파일을 다시 전송하고 체크섬을 비교하십시오"));
    }
    finish();
    return std::move(part_);
  }

 private:
  Done read_header() {
    const htsFormat* format = hts_get_format(file_);
    if (format == nullptr || (format->format != vcf && format->format != bcf)) return not_a_vcf(where_);
    header_.reset(bcf_hdr_read(file_));
    if (!header_) return not_a_vcf(where_);
    const int samples = bcf_hdr_nsamples(header_.get());
    if (samples <= 0) {
      return rejected(say("the file holds no samples", "파일에 검체가 없습니다"), where_,
                      say("export genotypes, not sites only", "부위만이 아니라 유전형을 내보내십시오"));
    }
    std::set<std::string> seen;
    for (int i = 0; i < samples; ++i) {
      part_.samples.emplace_back(header_->samples[i]);
      if (!seen.insert(part_.samples.back()).second) {
        return rejected(
            say("sample {} has the name of an earlier one", "{}번째 검체의 이름이 앞의 것과 같습니다", i + 1), where_,
            say("give every sample its own name", "검체마다 다른 이름을 붙이십시오"));
      }
    }
    part_.head.samples = static_cast<std::uint32_t>(samples);
    part_.summary.samples = samples;
    return {};
  }

  void refuse(const char* reason) {
    ++part_.summary.refused;
    ++reasons_[reason];
  }

  void take(bcf1_t* record) {
    // Undeclared contigs and tags are common and harmless; anything else means the line is not what it seems.
    constexpr int harmless = BCF_ERR_CTG_UNDEF | BCF_ERR_TAG_UNDEF;
    if ((record->errcode & ~harmless) != 0) {
      record->errcode = 0;
      return refuse("malformed_record");
    }
    if (bcf_unpack(record, BCF_UN_STR) < 0 || record->n_allele < 1) return refuse("malformed_record");
    const char* contig = bcf_hdr_id2name(header_.get(), record->rid);
    if (contig == nullptr || record->pos < 0) return refuse("malformed_record");
    std::vector<int> wanted;  // allele numbers that become variants
    bool reference_alt = false;
    for (int a = 1; a < static_cast<int>(record->n_allele); ++a) {
      const std::string_view alt = record->d.allele[a];
      if (is_reference_alt(alt)) {
        reference_alt = true;
      } else {
        wanted.push_back(a);
      }
    }
    if (wanted.empty()) {
      ++(reference_alt ? part_.summary.reference_blocks : part_.summary.without_alternative);
      return;
    }
    Site site;
    if (!genotypes(record, wanted, site)) return;
    place(record, contig, wanted, std::move(site));
  }

  /// Fills every set of `site`; the i-th alternative is allele wanted[i]. False when refused.
  bool genotypes(bcf1_t* record, const std::vector<int>& wanted, Site& site) {
    int32_t* values = values_.release();
    const int total = bcf_get_genotypes(header_.get(), record, &values, &capacity_);
    values_.reset(values);
    const auto samples = static_cast<int>(part_.head.samples);
    if (total <= 0 || total % samples != 0 || total / samples > ploidy_most) {
      refuse(total <= 0 ? "no_genotypes" : "malformed_record");
      return false;
    }
    const int ploidy = total / samples;
    site.absent = make_bits(part_.head.samples);
    site.haploid = make_bits(part_.head.samples);
    site.alternatives.resize(wanted.size());
    for (Alternative& alternative : site.alternatives) {
      alternative.once = make_bits(part_.head.samples);
      alternative.twice = make_bits(part_.head.samples);
    }
    index_.assign(record->n_allele, 0);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      index_[static_cast<std::size_t>(wanted[i])] = static_cast<std::uint32_t>(i) + 1;
    for (int s = 0; s < samples; ++s) {
      if (!genotype(values + static_cast<std::ptrdiff_t>(s) * ploidy, ploidy, static_cast<std::uint32_t>(s), site)) {
        refuse("allele_out_of_range");
        return false;
      }
    }
    return true;
  }

  /// One sample. Alleles that are not stored (reference, <NON_REF>) are 0 here: not this allele, but called.
  bool genotype(const int32_t* values, int ploidy, std::uint32_t sample, Site& site) {
    called_.clear();
    int slots = 0;
    for (int i = 0; i < ploidy && values[i] != bcf_int32_vector_end; ++i) {
      ++slots;
      if (values[i] == bcf_int32_missing || bcf_gt_is_missing(values[i])) continue;
      const int allele = bcf_gt_allele(values[i]);
      if (allele < 0 || static_cast<std::size_t>(allele) >= index_.size()) return false;
      called_.push_back(index_[static_cast<std::size_t>(allele)]);
    }
    if (called_.empty()) {
      set_bit(site.absent, sample);
    } else if (slots == 1) {
      set_bit(site.haploid, sample);
      if (called_[0] != 0) set_bit(site.alternatives[called_[0] - 1].once, sample);
    } else if (slots == 2 && called_.size() == 2) {
      if (called_[0] == called_[1]) {
        if (called_[0] != 0) set_bit(site.alternatives[called_[0] - 1].twice, sample);
      } else {
        for (const std::uint32_t allele : called_) {
          if (allele != 0) set_bit(site.alternatives[allele - 1].once, sample);
        }
      }
    } else {
      set_bit(site.absent, sample);
      site.odd.push_back({sample, called_});
    }
    return true;
  }

  std::uint32_t contig_number(const std::string& name) {
    const auto [at, fresh] = contigs_.try_emplace(name, static_cast<std::uint32_t>(contigs_.size()));
    if (fresh) part_.head.contigs.push_back(name);
    return at->second;
  }

  void place(bcf1_t* record, const std::string& contig, const std::vector<int>& wanted, Site site) {
    site.contig = contig_number(contig);
    site.pos = record->pos + 1;
    site.ref = upper(record->d.allele[0]);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::string_view alt = record->d.allele[wanted[i]];
      const bool symbolic = is_symbolic(alt);
      if (symbolic && alt != "*") ++part_.summary.symbolic;
      site.alternatives[i].text = symbolic ? std::string(alt) : upper(alt);
    }
    if (!reference_) return keep(std::move(site));
    // After left alignment the ALTs of one record may stand at different places: each becomes its own site.
    for (std::size_t i = 0; i < site.alternatives.size(); ++i) {
      Site one = single(site, i);
      if (!is_symbolic(one.alternatives[0].text) &&
          !left_align(*reference_, contig, one.pos, one.ref, one.alternatives[0].text)) {
        refuse("reference_mismatch");
        continue;
      }
      keep(std::move(one));
    }
  }

  static Site single(const Site& site, std::size_t which) {
    Site one;
    one.contig = site.contig;
    one.pos = site.pos;
    one.ref = site.ref;
    one.alternatives = {site.alternatives[which]};
    one.absent = site.absent;
    one.haploid = site.haploid;
    for (const OddGenotype& odd : site.odd) {
      OddGenotype copy{odd.sample, {}};
      for (const std::uint32_t allele : odd.alleles) copy.alleles.push_back(allele == which + 1 ? 1 : 0);
      one.odd.push_back(std::move(copy));
    }
    return one;
  }

  void keep(Site site) {
    // The same variant twice in one file would be counted twice.
    std::set<std::string> keys;
    for (const Alternative& alternative : site.alternatives) {
      std::string key =
          std::to_string(site.contig) + ':' + std::to_string(site.pos) + ':' + site.ref + ':' + alternative.text;
      if (variants_.contains(key) || !keys.insert(std::move(key)).second) return refuse("duplicate_variant");
    }
    variants_.merge(keys);
    part_.summary.variants_stored += static_cast<std::int64_t>(site.alternatives.size());
    part_.head.variants += site.alternatives.size();
    encoded_.push_back({site.contig, site.pos, site.ref + '\t' + site.alternatives.front().text,
                        encode_site(site, part_.head.samples)});
  }

  void finish() {
    std::sort(encoded_.begin(), encoded_.end(), [](const Encoded& a, const Encoded& b) {
      return std::tie(a.contig, a.pos, a.alleles) < std::tie(b.contig, b.pos, b.alleles);
    });
    part_.head.sites = encoded_.size();
    part_.bytes = encode_part_head(part_.head);
    for (const Encoded& site : encoded_) part_.bytes += site.bytes;
    part_.summary.reasons.assign(reasons_.begin(), reasons_.end());
    part_.summary.files = 1;
  }

  struct Encoded {
    std::uint32_t contig;
    std::int64_t pos;
    std::string alleles;
    std::string bytes;
  };

  htsFile* file_;
  std::string where_;
  const std::optional<Reference>& reference_;
  Header header_;
  ReadPart part_;
  std::map<std::string, std::uint32_t> contigs_;
  std::set<std::string> variants_;
  std::map<std::string, std::int64_t> reasons_;
  std::vector<Encoded> encoded_;
  std::unique_ptr<int32_t, FreeBuffer> values_;
  int capacity_ = 0;
  std::vector<std::uint32_t> index_;  ///< allele number → 1 + alternative, or 0
  std::vector<std::uint32_t> called_;
};

/// A copy of the bytes as a file of htslib's, which frees it; null when there is no memory.
hFILE* in_memory(std::span<const std::uint8_t> bytes) {
  auto* copy = static_cast<char*>(std::malloc(bytes.size() + 1));
  if (copy == nullptr) return nullptr;
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  hFILE* memory = hopen("mem:", "r:", copy, bytes.size());
  if (memory == nullptr) std::free(copy);
  return memory;
}

}  // namespace

Result<ReadPart> read_vcf(const std::filesystem::path& file, const std::optional<Reference>& reference,
                          Progress& progress) {
  hts_set_log_level(HTS_LOG_OFF);
  if (const Blocks header(bgzf_open(file.c_str(), "r")); header) {
    NARU_CHECK(screen_header(header.get(), file.string()));
  }
  const File opened(hts_open(file.c_str(), "r"));
  if (!opened) {
    return not_found(say("the file cannot be opened", "파일을 열 수 없습니다"), file.string(),
                     say("check the path", "경로를 확인하십시오"));
  }
  return VcfReader(opened.get(), file.string(), reference).read(progress);
}

Result<ReadPart> read_vcf_bytes(std::span<const std::uint8_t> bytes, const std::optional<Reference>& reference) {
  hts_set_log_level(HTS_LOG_OFF);
  hFILE* screened = in_memory(bytes);
  if (screened == nullptr) return not_a_vcf("memory");
  if (BGZF* blocks = bgzf_hopen(screened, "r"); blocks != nullptr) {
    const Blocks header(blocks);
    NARU_CHECK(screen_header(header.get(), "memory"));
  } else {
    hclose_abruptly(screened);
  }
  hFILE* memory = in_memory(bytes);
  if (memory == nullptr) return not_a_vcf("memory");
  htsFile* raw = hts_hopen(memory, "memory", "r");
  if (raw == nullptr) {
    hclose_abruptly(memory);
    return not_a_vcf("memory");
  }
  const File opened(raw);
  Progress silent;
  return VcfReader(opened.get(), "memory", reference).read(silent);
}

Result<Reference> open_reference(const std::filesystem::path& fasta) {
  hts_set_log_level(HTS_LOG_OFF);
  auto scratch = std::make_shared<ScratchFolder>("reference");
  const std::string index = (scratch->path() / "reference.fai").string();
  const std::string blocks = (scratch->path() / "reference.gzi").string();
  std::shared_ptr<faidx_t> opened(fai_load3(fasta.c_str(), index.c_str(), blocks.c_str(), FAI_CREATE), [](faidx_t* f) {
    if (f != nullptr) fai_destroy(f);
  });
  if (!opened) {
    return rejected(say("the reference cannot be read", "참조 서열을 읽을 수 없습니다"), fasta.string(),
                    say("give an uncompressed or bgzip-compressed FASTA file",
                        "압축하지 않았거나 bgzip으로 압축한 FASTA 파일을 지정하십시오"));
  }
  return Reference([opened, scratch](const std::string& contig, std::int64_t from, std::int64_t to) -> std::string {
    hts_pos_t length = 0;
    const std::unique_ptr<char, FreeBuffer> bases(
        faidx_fetch_seq64(opened.get(), contig.c_str(), from - 1, to - 1, &length));
    return bases && length == to - from + 1 ? upper(bases.get()) : std::string();
  });
}

bool left_align(const Reference& reference, const std::string& contig, std::int64_t& pos, std::string& ref,
                std::string& alt) {
  if (reference(contig, pos, pos + static_cast<std::int64_t>(ref.size()) - 1) != ref) return false;
  while (ref != alt) {
    if (ref.back() == alt.back() && (ref.size() > 1 || alt.size() > 1)) {
      // Removing the shared base must leave something: extend to the left first.
      if (ref.size() == 1 || alt.size() == 1) {
        if (pos == 1) break;
        const std::string before = reference(contig, pos - 1, pos - 1);
        if (before.empty()) break;
        ref.insert(0, before);
        alt.insert(0, before);
        --pos;
      }
      ref.pop_back();
      alt.pop_back();
    } else {
      break;
    }
  }
  while (ref.size() > 1 && alt.size() > 1 && ref.front() == alt.front()) {
    ref.erase(0, 1);
    alt.erase(0, 1);
    ++pos;
  }
  return true;
}

}  // namespace naru::genome
