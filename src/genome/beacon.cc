#include "genome/beacon.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace naru::genome {
namespace {

constexpr std::string_view header = "chrom\tpos\tref\talt\tac\tan\tac_het\tac_hom\tac_hemi";

bool number(std::string_view text, std::int64_t& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

/// "chr20", "20" and the RefSeq accession "NC_000020.11" are one chromosome.
std::string chromosome(std::string_view name) {
  auto out = upper(name);
  if (out.starts_with("NC_")) {
    std::int64_t which = 0;
    if (!number(std::string_view(out).substr(3, out.find('.') - 3), which)) return out;
    if (which == 12920) return "MT";
    if (which == 23) return "X";
    if (which == 24) return "Y";
    return which >= 1 && which <= 22 ? std::to_string(which) : out;
  }
  if (out.starts_with("CHR")) out.erase(0, 3);
  return out == "M" ? "MT" : out;
}

std::string assembly_of(std::string_view name) {
  const auto out = upper(name);
  if (out == "HG19" || out.starts_with("GRCH37")) return "GRCH37";
  if (out == "HG38" || out.starts_with("GRCH38")) return "GRCH38";
  return out;
}

std::array<std::string_view, 9> cells_of(std::string_view line) {
  std::array<std::string_view, 9> out{};
  for (auto& cell : out) {
    const auto end = std::min(line.find('\t'), line.size());
    cell = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

Error not_understood(std::string_view name, Text hint) {
  return usage_error(say("{} is not understood", "{}을(를) 이해할 수 없습니다", name), std::string(name),
                     std::move(hint));
}

Result<std::vector<std::int64_t>> positions(std::string_view name, std::string_view text) {
  std::vector<std::int64_t> out;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    std::int64_t value = 0;
    if (!number(text.substr(0, comma), value) || value < 0 || out.size() == 2) {
      return not_understood(name, say("one or two whole numbers from 0", "0 이상의 정수 한 개 또는 두 개"));
    }
    out.push_back(value);
    if (comma == text.size()) return out;
    text.remove_prefix(comma + 1);
  }
}

Result<std::string> bases(std::string_view name, std::string_view text) {
  auto out = upper(text);
  if (out.empty() || out.find_first_not_of("ACGT") != std::string::npos) {
    return not_understood(name, say("letters A, C, G and T; wildcards are not answered",
                                    "A, C, G, T 글자만 됩니다. 와일드카드는 답하지 않습니다"));
  }
  return out;
}

bool is_type(const BeaconAllele& allele, std::string_view type) {
  const auto ref = allele.ref.size();
  const auto alt = allele.alt.size();
  if (type == "SNP") return ref == 1 && alt == 1;
  if (type == "MNP") return ref == alt && ref > 1;
  if (type == "INS") return alt > ref;
  if (type == "DEL") return alt < ref;
  return alt != ref;  // INDEL
}

/// Where the reference allele lies, 0-based and half-open.
struct Span {
  std::int64_t from;
  std::int64_t to;
};
Span span_of(const BeaconAllele& allele) {
  return {allele.pos - 1, allele.pos - 1 + static_cast<std::int64_t>(allele.ref.size())};
}

bool lies(const BeaconAllele& allele, const BeaconQuestion& question) {
  const auto span = span_of(allele);
  const auto& start = question.start;
  const auto& end = question.end;
  if (start.size() == 2 || end.size() == 2) {
    return (start.empty() || (span.from >= start.front() && span.from <= start.back())) &&
           (end.empty() || (span.to >= end.front() && span.to <= end.back()));
  }
  if (start.empty()) return true;
  if (end.empty()) return span.from == start.front();
  return span.from < end.front() && span.to > start.front();
}

bool fits(const BeaconAllele& allele, const BeaconQuestion& question) {
  if (!question.reference_bases.empty() && allele.ref != question.reference_bases) return false;
  if (!question.alternate_bases.empty() && allele.alt != question.alternate_bases) return false;
  if (!question.variant_type.empty() && !is_type(allele, question.variant_type)) return false;
  return lies(allele, question);
}

}  // namespace

Result<BeaconSet> beacon_set(std::string id, std::string assembly, std::string_view tsv, std::int64_t least) {
  if (least < 1) {
    return usage_error(say("the least number of copies is at least 1", "최소 사본 수는 1 이상입니다"), "least");
  }
  BeaconSet out{std::move(id), std::move(assembly), {}, 1};
  std::size_t line_number = 0;
  while (!tsv.empty()) {
    const auto end = std::min(tsv.find('\n'), tsv.size());
    const auto line = tsv.substr(0, end);
    tsv.remove_prefix(std::min(end + 1, tsv.size()));
    const auto wrong = rejected(say("this is no table of allele counts", "대립유전자 수 표가 아닙니다"),
                                fmt::format("line {}", line_number + 1));
    if (line_number++ == 0) {
      if (line != header) return wrong;
      continue;
    }
    const auto cells = cells_of(line);
    BeaconAllele allele{chromosome(cells[0]), 0, upper(cells[2]), upper(cells[3])};
    std::int64_t copies = 0;
    if (!number(cells[1], allele.pos) || allele.pos < 1 || allele.ref.empty()) return wrong;
    if (cells[4].empty()) continue;  // suppressed: for a question it is not there
    if (!number(cells[4], copies)) return wrong;
    if (copies < least) continue;
    out.ref_bases_max = std::max(out.ref_bases_max, static_cast<std::int64_t>(allele.ref.size()));
    out.alleles.push_back(std::move(allele));
  }
  std::ranges::sort(out.alleles);
  return out;
}

Result<BeaconQuestion> beacon_question(const BeaconParameters& parameters) {
  BeaconQuestion out;
  for (const auto& [name, text] : parameters) {
    if (name == "referenceName") {
      out.chrom = chromosome(text);
    } else if (name == "assemblyId") {
      out.assembly = assembly_of(text);
    } else if (name == "start") {
      NARU_ASSIGN(out.start, positions(name, text));
    } else if (name == "end") {
      NARU_ASSIGN(out.end, positions(name, text));
    } else if (name == "referenceBases") {
      NARU_ASSIGN(out.reference_bases, bases(name, text));
    } else if (name == "alternateBases") {
      NARU_ASSIGN(out.alternate_bases, bases(name, text));
    } else if (name == "variantType") {
      out.variant_type = upper(text) == "SNV" ? "SNP" : upper(text);
      constexpr std::array<std::string_view, 5> known{"SNP", "MNP", "INS", "DEL", "INDEL"};
      if (std::ranges::find(known, out.variant_type) == known.end()) {
        return not_understood(name,
                              say("one of: SNP, MNP, INS, DEL, INDEL", "다음 중 하나: SNP, MNP, INS, DEL, INDEL"));
      }
    } else {
      return usage_error(say("{} is not answered here", "{}에는 답하지 않습니다", name), name,
                         say("ask by referenceName, start, end, referenceBases, alternateBases, variantType",
                             "referenceName, start, end, referenceBases, alternateBases, variantType로 물으세요"));
    }
  }
  if (out.chrom.empty() && (!out.start.empty() || !out.end.empty())) {
    return usage_error(say("a position needs referenceName", "위치에는 referenceName이 필요합니다"), "referenceName");
  }
  if (out.start.empty() && out.end.size() == 1) {
    return usage_error(say("end needs start", "end에는 start가 필요합니다"), "start");
  }
  return out;
}

bool beacon_exists(const BeaconSet& set, const BeaconQuestion& question) {
  if (!question.assembly.empty() && question.assembly != assembly_of(set.assembly)) return false;
  auto at = set.alleles.begin();
  auto last = set.alleles.end();
  if (!question.chrom.empty()) {
    const auto reach =
        question.start.empty() ? 0 : std::max<std::int64_t>(0, question.start.front() - set.ref_bases_max);
    at = std::ranges::lower_bound(set.alleles, BeaconAllele{question.chrom, reach, "", ""});
    auto beyond = std::numeric_limits<std::int64_t>::max();
    if (!question.start.empty()) beyond = question.start.back() + 1;
    if (question.start.size() == 1 && question.end.size() == 1) beyond = question.end.front();
    last = std::ranges::upper_bound(set.alleles, beyond, {}, [&](const BeaconAllele& one) {
      return one.chrom < question.chrom ? std::int64_t{0} : one.chrom > question.chrom ? INT64_MAX : one.pos;
    });
  }
  for (; at < last; ++at) {
    if (!question.chrom.empty() && at->chrom != question.chrom) break;
    if (fits(*at, question)) return true;
  }
  return false;
}

}  // namespace naru::genome
