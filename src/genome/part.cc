#include "genome/part.h"

#include <algorithm>
#include <bit>

namespace naru::genome {
namespace {

constexpr std::string_view magic = "NARUGT1\n";
constexpr std::uint64_t samples_most = 1U << 28U;
constexpr std::uint64_t text_most = 1U << 26U;

enum SetForm : char { set_none = 0, set_all = 1, set_list = 2, set_plane = 3 };

void put_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

void put_set(std::string& out, const Bits& bits, std::uint32_t samples) {
  const auto count = static_cast<std::uint64_t>(count_bits(bits));
  if (count == 0 || count == samples) {
    out += count == 0 ? set_none : set_all;
    return;
  }
  std::string list;
  put_number(list, count);
  std::uint64_t before = 0;
  for (std::size_t word = 0; word < bits.size(); ++word) {
    for (std::uint64_t rest = bits[word]; rest != 0; rest &= rest - 1) {
      const std::uint64_t sample = word * 64 + static_cast<std::uint64_t>(std::countr_zero(rest));
      put_number(list, sample - before);
      before = sample;
    }
  }
  const std::size_t plane_bytes = (samples + 7) / 8;
  if (list.size() < plane_bytes) {
    out += set_list;
    out += list;
    return;
  }
  out += set_plane;
  for (std::size_t byte = 0; byte < plane_bytes; ++byte) {
    out += static_cast<char>(bits[byte / 8] >> (byte % 8 * 8) & 0xFFU);
  }
}

}  // namespace

Bits make_bits(std::size_t samples) { return Bits((samples + 63) / 64, 0); }

std::int64_t count_bits(const Bits& bits) {
  std::int64_t sum = 0;
  for (const std::uint64_t word : bits) sum += std::popcount(word);
  return sum;
}

std::int64_t count_common(const Bits& a, const Bits& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::popcount(a[i] & b[i]);
  return sum;
}

std::string encode_part_head(const PartHead& head) {
  std::string out(magic);
  put_number(out, head.samples);
  put_number(out, head.contigs.size());
  for (const std::string& contig : head.contigs) put_text(out, contig);
  put_number(out, head.sites);
  put_number(out, head.variants);
  return out;
}

std::string encode_site(const Site& site, std::uint32_t samples) {
  std::string out;
  put_number(out, site.contig);
  put_number(out, static_cast<std::uint64_t>(site.pos));
  put_text(out, site.ref);
  put_number(out, site.alternatives.size());
  for (const Alternative& alternative : site.alternatives) {
    put_text(out, alternative.text);
    put_set(out, alternative.once, samples);
    put_set(out, alternative.twice, samples);
  }
  put_set(out, site.absent, samples);
  put_set(out, site.haploid, samples);
  put_number(out, site.odd.size());
  for (const OddGenotype& odd : site.odd) {
    put_number(out, odd.sample);
    put_number(out, odd.alleles.size());
    for (const std::uint32_t allele : odd.alleles) put_number(out, allele);
  }
  return out;
}

Error PartReader::damaged() const {
  return rejected(say("this part of the genome store is damaged at byte {}",
                      "유전체 저장소의 파일이 {}바이트에서 손상되었습니다", at_),
                  where_,
                  say("restore the store from a backup, or import the file again into a new store",
                      "백업에서 복원하거나 새 저장소에 파일을 다시 적재하십시오"));
}

bool PartReader::number(std::uint64_t& out) {
  out = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ >= bytes_.size()) return false;
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    out |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

bool PartReader::text(std::string& out) {
  std::uint64_t size = 0;
  if (!number(size) || size > text_most || size > bytes_.size() - at_) return false;
  out.assign(bytes_, at_, size);
  at_ += size;
  return true;
}

bool PartReader::set(Bits& out) {
  out = make_bits(head_.samples);
  if (at_ >= bytes_.size()) return false;
  const char form = bytes_[at_++];
  if (form == set_none) return true;
  if (form == set_all) {
    for (std::uint32_t i = 0; i < head_.samples; ++i) set_bit(out, i);
    return true;
  }
  if (form == set_list) {
    std::uint64_t count = 0;
    std::uint64_t sample = 0;
    if (!number(count) || count > head_.samples) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t step = 0;
      if (!number(step) || step > samples_most) return false;
      sample += step;
      if (sample >= head_.samples || (i > 0 && step == 0)) return false;
      set_bit(out, sample);
    }
    return true;
  }
  const std::size_t plane_bytes = (head_.samples + 7) / 8;
  if (form != set_plane || bytes_.size() - at_ < plane_bytes) return false;
  for (std::size_t byte = 0; byte < plane_bytes; ++byte) {
    out[byte / 8] |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at_ + byte])) << (byte % 8 * 8);
  }
  at_ += plane_bytes;
  // No bit beyond the last sample: popcounts would count it.
  return head_.samples % 64 == 0 || (out.back() >> (head_.samples % 64)) == 0;
}

bool PartReader::site(Site& out) {
  std::uint64_t contig = 0;
  std::uint64_t pos = 0;
  std::uint64_t alternatives = 0;
  if (!number(contig) || contig >= head_.contigs.size() || !number(pos) || pos > (1ULL << 40U) || !text(out.ref) ||
      !number(alternatives) || alternatives > bytes_.size()) {
    return false;
  }
  out.contig = static_cast<std::uint32_t>(contig);
  out.pos = static_cast<std::int64_t>(pos);
  for (std::uint64_t i = 0; i < alternatives; ++i) {
    Alternative alternative;
    if (!text(alternative.text) || !set(alternative.once) || !set(alternative.twice)) return false;
    out.alternatives.push_back(std::move(alternative));
  }
  std::uint64_t odds = 0;
  if (!set(out.absent) || !set(out.haploid) || !number(odds) || odds > head_.samples) return false;
  for (std::uint64_t i = 0; i < odds; ++i) {
    std::uint64_t sample = 0;
    std::uint64_t called = 0;
    if (!number(sample) || sample >= head_.samples || !number(called) || called > 1024) return false;
    OddGenotype odd{static_cast<std::uint32_t>(sample), {}};
    for (std::uint64_t a = 0; a < called; ++a) {
      std::uint64_t allele = 0;
      if (!number(allele) || allele > (1U << 20U)) return false;
      odd.alleles.push_back(static_cast<std::uint32_t>(allele));
    }
    out.odd.push_back(std::move(odd));
  }
  return true;
}

Result<PartReader> PartReader::open(std::string bytes, std::string where) {
  PartReader reader;
  reader.bytes_ = std::move(bytes);
  reader.where_ = std::move(where);
  if (!std::string_view(reader.bytes_).starts_with(magic)) return reader.damaged();
  reader.at_ = magic.size();
  std::uint64_t samples = 0;
  std::uint64_t contigs = 0;
  if (!reader.number(samples) || samples > samples_most || !reader.number(contigs) || contigs > reader.bytes_.size()) {
    return reader.damaged();
  }
  reader.head_.samples = static_cast<std::uint32_t>(samples);
  for (std::uint64_t i = 0; i < contigs; ++i) {
    std::string name;
    if (!reader.text(name)) return reader.damaged();
    reader.head_.contigs.push_back(std::move(name));
  }
  if (!reader.number(reader.head_.sites) || !reader.number(reader.head_.variants)) return reader.damaged();
  return reader;
}

Result<Site> PartReader::next() {
  Site out;
  if (!site(out)) return damaged();
  ++read_;
  if (read_ == head_.sites && at_ != bytes_.size()) return damaged();
  return out;
}

}  // namespace naru::genome
