#include "base/files.h"
#include "genome/manifest.h"
#include "genome/part.h"
#include "genome/store.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>
#include <tuple>

namespace naru::genome {
namespace {

struct Cell {
  std::int64_t ac = 0, het = 0, hom = 0, hemi = 0;
  std::int64_t an_beyond = 0;  ///< AN of its own records less the site's AN
};

/// What all chosen parts say of one (contig, position, reference allele).
struct SiteSum {
  std::int64_t an = 0;  ///< over every part that has the site, whichever ALTs it lists
  std::map<std::string, Cell> alternatives;
};

using Place = std::tuple<std::size_t, std::int64_t, std::string>;  ///< contig number over all parts, pos, ref

struct Chosen {
  Bits bits;
  std::int64_t count = 0;
};

/// Called alleles of the chosen samples at a site.
std::int64_t called_alleles(const Site& site, const Chosen& chosen) {
  std::int64_t present_haploid = 0;
  std::int64_t absent = 0;
  for (std::size_t i = 0; i < chosen.bits.size(); ++i) {
    const std::uint64_t here = chosen.bits[i];
    present_haploid += std::popcount(here & site.haploid[i] & ~site.absent[i]);
    absent += std::popcount(here & site.absent[i]);
  }
  std::int64_t alleles = 2 * (chosen.count - absent) - present_haploid;
  for (const OddGenotype& odd : site.odd) {
    if (has_bit(chosen.bits, odd.sample)) alleles += static_cast<std::int64_t>(odd.alleles.size());
  }
  return alleles;
}

Cell copies(const Site& site, std::size_t which, const Chosen& chosen) {
  const Alternative& alternative = site.alternatives[which];
  Cell cell;
  for (std::size_t i = 0; i < chosen.bits.size(); ++i) {
    const std::uint64_t once = chosen.bits[i] & alternative.once[i];
    cell.hemi += std::popcount(once & site.haploid[i]);
    cell.het += std::popcount(once & ~site.haploid[i]);
    cell.hom += 2 * std::popcount(chosen.bits[i] & alternative.twice[i]);
  }
  for (const OddGenotype& odd : site.odd) {
    if (!has_bit(chosen.bits, odd.sample)) continue;
    const auto here = std::count(odd.alleles.begin(), odd.alleles.end(), static_cast<std::uint32_t>(which + 1));
    const auto all = static_cast<std::ptrdiff_t>(odd.alleles.size());
    if (here == 0) continue;
    (all == 1 ? cell.hemi : here == all ? cell.hom : cell.het) += here;
  }
  cell.ac = cell.het + cell.hom + cell.hemi;
  return cell;
}

bool wanted_part(const PartEntry& part, const CountQuery& query) {
  return query.holders.empty() || query.holders.contains(part.holder);
}

Chosen choose(const std::vector<std::string>& names, const CountQuery& query, std::set<std::string>& met) {
  Chosen chosen{make_bits(names.size()), 0};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (query.samples && !query.samples->contains(names[i])) continue;
    if (query.samples) met.insert(names[i]);
    if (query.excluded.contains(names[i])) continue;
    set_bit(chosen.bits, i);
    ++chosen.count;
  }
  return chosen;
}

Done all_known(const CountQuery& query, const std::set<std::string>& met) {
  if (!query.samples) return {};
  const std::size_t missing = query.samples->size() - met.size();
  if (missing == 0) return {};
  return not_found(say("{} of the {} named samples are not in this store",
                       "지정한 검체 {1}개 중 {0}개가 이 저장소에 없습니다", missing, query.samples->size()),
                   "--samples",
                   say("name samples as in the imported files", "적재한 파일에 있는 검체 이름을 쓰십시오"));
}

/// "chr20" asked of a store that says "20" would count nothing, as if nobody carried anything.
Done chromosome_known(const CountQuery& query, const std::map<std::string, std::size_t>& contigs,
                      const std::vector<std::string>& names) {
  constexpr std::size_t shown_max = 25;
  if (!query.region_known || !query.region || contigs.contains(query.region->chrom)) return {};
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), shown_max); ++i) list += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > shown_max) list += " …";
  return not_found(say("the store has no chromosome {}", "저장소에 염색체 {}이(가) 없습니다", query.region->chrom),
                   "--region", say("it has: {}", "있는 것: {}", list));
}

/// The records of one place in one part: a file may list the ALTs of a site in several records, whose genotypes are the
/// same ones. The site's AN counts once; an ALT keeps the AN of its own record.
struct PartSite {
  Place place{};
  std::int64_t an = 0;
  std::vector<std::pair<std::string, std::int64_t>> called = {};
};

void close_site(PartSite& open, std::map<Place, SiteSum>& sums) {
  if (!open.called.empty()) {
    SiteSum& sum = sums[open.place];
    sum.an += open.an;
    for (const auto& [alternative, called] : open.called) sum.alternatives[alternative].an_beyond += called - open.an;
  }
  open = PartSite{};
}

/// Adds one part's sites in the region to the sums.
Done add_part(const std::filesystem::path& store, const PartEntry& part, const CountQuery& query, const Chosen& chosen,
              std::map<std::string, std::size_t>& contigs, std::vector<std::string>& contig_names,
              std::map<Place, SiteSum>& sums) {
  NARU_ASSIGN(std::string bytes, read_part(store, part));
  NARU_ASSIGN(PartReader reader, PartReader::open(std::move(bytes), part_file(store, part).string()));
  std::vector<std::size_t> numbers;
  for (const std::string& name : reader.head().contigs) {
    const auto [at, fresh] = contigs.try_emplace(name, contig_names.size());
    if (fresh) contig_names.push_back(name);
    numbers.push_back(at->second);
  }
  PartSite open;
  while (!reader.done()) {
    NARU_ASSIGN(const Site site, reader.next());
    if (query.region && (reader.head().contigs[site.contig] != query.region->chrom || site.pos < query.region->from ||
                         site.pos > query.region->to)) {
      continue;
    }
    Place place{numbers[site.contig], site.pos, site.ref};
    if (open.called.empty() || open.place != place) {
      close_site(open, sums);
      open.place = std::move(place);
    }
    const std::int64_t called = called_alleles(site, chosen);
    open.an = std::max(open.an, called);
    for (std::size_t i = 0; i < site.alternatives.size(); ++i) {
      open.called.emplace_back(site.alternatives[i].text, called);
      Cell& total = sums[open.place].alternatives[site.alternatives[i].text];
      const Cell cell = copies(site, i, chosen);
      total.ac += cell.ac;
      total.het += cell.het;
      total.hom += cell.hom;
      total.hemi += cell.hemi;
    }
  }
  close_site(open, sums);
  return {};
}

}  // namespace

Result<std::vector<VariantCount>> count(const std::filesystem::path& store, const CountQuery& query) {
  NARU_ASSIGN(const Manifest manifest, read_manifest(store));
  std::map<Place, SiteSum> sums;
  std::map<std::string, std::size_t> contigs;
  std::vector<std::string> contig_names;
  std::set<std::string> met;
  for (const PartEntry& part : manifest.parts) {
    if (!wanted_part(part, query)) continue;
    NARU_ASSIGN(const auto names, read_samples(store, part));
    const Chosen chosen = choose(names, query, met);
    NARU_CHECK(add_part(store, part, query, chosen, contigs, contig_names, sums));
  }
  NARU_CHECK(all_known(query, met));
  NARU_CHECK(chromosome_known(query, contigs, contig_names));
  std::vector<VariantCount> counts;
  for (const auto& [place, sum] : sums) {
    for (const auto& [alt, cell] : sum.alternatives) {
      const auto& [contig, pos, ref] = place;
      counts.push_back({contig_names[contig], pos, ref, alt, cell.ac, sum.an + cell.an_beyond, cell.het, cell.hom,
                        cell.hemi, false, false});
    }
  }
  return counts;
}

Result<std::int64_t> sample_count(const std::filesystem::path& store, const CountQuery& query) {
  NARU_ASSIGN(const Manifest manifest, read_manifest(store));
  std::set<std::string> met;
  std::set<std::pair<std::string, std::string>> distinct;
  for (const PartEntry& part : manifest.parts) {
    if (!wanted_part(part, query)) continue;
    NARU_ASSIGN(const auto names, read_samples(store, part));
    for (const std::string& name : names) {
      if (query.samples && !query.samples->contains(name)) continue;
      met.insert(name);
      if (query.excluded.contains(name)) continue;
      distinct.emplace(part.holder, name);
    }
  }
  NARU_CHECK(all_known(query, met));
  return static_cast<std::int64_t>(distinct.size());
}

Done verify_store(const std::filesystem::path& store) {
  NARU_ASSIGN(const Manifest manifest, read_manifest(store));
  for (const PartEntry& part : manifest.parts) {
    NARU_ASSIGN(const auto names, read_samples(store, part));
    NARU_ASSIGN(std::string bytes, read_part(store, part));
    NARU_ASSIGN(PartReader reader, PartReader::open(std::move(bytes), part_file(store, part).string()));
    while (!reader.done()) NARU_CHECK(reader.next());
  }
  return {};
}

Result<Region> parse_region(std::string_view text) {
  const auto wrong = [&] {
    return usage_error(say("a region is CHROM, CHROM:FROM-TO or CHROM:POS with positions from 1",
                           "구간은 CHROM, CHROM:FROM-TO, CHROM:POS 형식이며 위치는 1부터입니다"),
                       "--region");
  };
  Region region;
  const std::size_t colon = text.rfind(':');
  region.chrom = std::string(text.substr(0, colon));
  if (region.chrom.empty()) return wrong();
  if (colon == std::string_view::npos) return region;
  std::string digits(text.substr(colon + 1));
  std::erase(digits, ',');
  const std::size_t dash = digits.find('-');
  const auto number = [](std::string_view part, std::int64_t& out) {
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), out);
    return problem == std::errc() && end == part.data() + part.size() && out >= 1;
  };
  if (!number(std::string_view(digits).substr(0, dash), region.from)) return wrong();
  region.to = region.from;
  if (dash != std::string::npos && !number(std::string_view(digits).substr(dash + 1), region.to)) return wrong();
  if (region.to < region.from) return wrong();
  return region;
}

}  // namespace naru::genome
