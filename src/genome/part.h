#pragma once
/// One part of the store: the genotypes of one VCF file. Layout in docs/methods/allele-counts.md. A part is read whole,
/// every length is checked, and a damaged one is an error, never a wrong count.
#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace naru::genome {

/// Samples as a bit set, 64 to a word.
using Bits = std::vector<std::uint64_t>;
[[nodiscard]] Bits make_bits(std::size_t samples);
inline void set_bit(Bits& bits, std::size_t at) { bits[at / 64] |= 1ULL << (at % 64); }
[[nodiscard]] inline bool has_bit(const Bits& bits, std::size_t at) { return (bits[at / 64] >> (at % 64) & 1U) != 0; }
[[nodiscard]] std::int64_t count_bits(const Bits& bits);
[[nodiscard]] std::int64_t count_common(const Bits& a, const Bits& b);

/// A genotype that is neither diploid and complete nor haploid: other ploidies, half calls.
struct OddGenotype {
  std::uint32_t sample = 0;
  std::vector<std::uint32_t> alleles;  ///< called ones; 0 is the reference, i the i-th ALT of the site
};

struct Alternative {
  std::string text;
  Bits once;   ///< diploid with one copy, or haploid with it
  Bits twice;  ///< diploid with two copies
};

/// One position and reference allele of one file with its ALTs.
struct Site {
  std::uint32_t contig = 0;
  std::int64_t pos = 0;
  std::string ref;
  std::vector<Alternative> alternatives;
  Bits absent;  ///< not called, or odd
  Bits haploid;
  std::vector<OddGenotype> odd;
};

struct PartHead {
  std::uint32_t samples = 0;
  std::vector<std::string> contigs;
  std::uint64_t sites = 0;
  std::uint64_t variants = 0;
};

/// Bytes of one site, without its contig; sets of few samples become lists, others planes.
[[nodiscard]] std::string encode_site(const Site& site, std::uint32_t samples);
[[nodiscard]] std::string encode_part_head(const PartHead& head);

/// Walks a part; sites come in the order written.
class PartReader {
 public:
  [[nodiscard]] static Result<PartReader> open(std::string bytes, std::string where);
  [[nodiscard]] const PartHead& head() const { return head_; }
  [[nodiscard]] bool done() const { return read_ == head_.sites; }
  /// REQUIRES: !done().
  [[nodiscard]] Result<Site> next();

 private:
  PartReader() = default;
  [[nodiscard]] bool number(std::uint64_t& out);
  [[nodiscard]] bool text(std::string& out);
  [[nodiscard]] bool set(Bits& out);
  [[nodiscard]] bool site(Site& out);
  [[nodiscard]] Error damaged() const;
  std::string bytes_;
  std::string where_;
  std::size_t at_ = 0;
  std::uint64_t read_ = 0;
  PartHead head_;
};

}  // namespace naru::genome
