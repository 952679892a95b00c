#include "genome/transfer.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "genome/part.h"

#include <algorithm>
#include <limits>

namespace naru::genome {
namespace {

constexpr std::uint32_t left_out = std::numeric_limits<std::uint32_t>::max();

Bits kept_bits(const Bits& bits, const std::vector<std::uint32_t>& new_index, std::size_t kept) {
  Bits out = make_bits(kept);
  for (std::size_t i = 0; i < new_index.size(); ++i)
    if (new_index[i] != left_out && has_bit(bits, i)) set_bit(out, new_index[i]);
  return out;
}

Site kept_site(const Site& site, const std::vector<std::uint32_t>& new_index, std::size_t kept) {
  Site out{site.contig,
           site.pos,
           site.ref,
           {},
           kept_bits(site.absent, new_index, kept),
           kept_bits(site.haploid, new_index, kept),
           {}};
  for (const auto& alternative : site.alternatives) {
    out.alternatives.push_back({alternative.text, kept_bits(alternative.once, new_index, kept),
                                kept_bits(alternative.twice, new_index, kept)});
  }
  for (const auto& odd : site.odd)
    if (new_index[odd.sample] != left_out) out.odd.push_back({new_index[odd.sample], odd.alleles});
  return out;
}

Result<std::string> without(std::string bytes, const std::string& where, const std::vector<std::uint32_t>& new_index,
                            std::uint32_t kept) {
  NARU_ASSIGN(PartReader reader, PartReader::open(std::move(bytes), where));
  PartHead head = reader.head();
  head.samples = kept;
  std::string out = encode_part_head(head);
  while (!reader.done()) {
    NARU_ASSIGN(const Site site, reader.next());
    out += encode_site(kept_site(site, new_index, kept), kept);
  }
  return out;
}

}  // namespace

Result<std::vector<TravellingPart>> export_parts(const std::filesystem::path& store,
                                                 const std::set<std::string>& excluded,
                                                 const std::function<std::string(const std::string&)>& rename) {
  NARU_ASSIGN(const Manifest manifest, read_manifest(store));
  std::vector<TravellingPart> out;
  for (const PartEntry& part : manifest.parts) {
    NARU_ASSIGN(const auto names, read_samples(store, part));
    NARU_ASSIGN(std::string bytes, read_part(store, part));
    TravellingPart travelling;
    std::vector<std::uint32_t> new_index(names.size(), left_out);
    std::set<std::string> given;
    std::uint32_t kept = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (excluded.contains(names[i])) continue;
      const auto name = rename(names[i]);
      if (!given.insert(name).second || name.find('\n') != std::string::npos) {
        return rejected(say("two samples would get one name", "두 검체가 같은 이름을 갖게 됩니다"), part.name,
                        say("check which person each sample belongs to", "검체와 대상자의 대응을 확인하세요"));
      }
      travelling.samples += name + '\n';
      new_index[i] = kept++;
    }
    if (kept == 0) continue;
    NARU_ASSIGN(travelling.bytes, without(std::move(bytes), part.name, new_index, kept));
    travelling.entry = part;
    travelling.entry.samples = kept;
    travelling.entry.bytes = static_cast<std::int64_t>(travelling.bytes.size());
    travelling.entry.sha256 = hex(sha256(travelling.bytes));
    travelling.entry.samples_sha256 = hex(sha256(travelling.samples));
    // The digest of the hospital's own VCF would let its owner be recognised; the part's own says as much here.
    travelling.entry.source_sha256 = travelling.entry.sha256;
    travelling.entry.name = part.holder + "-" + travelling.entry.sha256.substr(0, 16);
    out.push_back(std::move(travelling));
  }
  return out;
}

Done assemble_store(const std::filesystem::path& store, std::vector<TravellingPart> parts) {
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
    return std::tie(a.entry.holder, a.entry.name) < std::tie(b.entry.holder, b.entry.name);
  });
  const std::filesystem::path fresh = store.string() + ".fresh";
  std::error_code code;
  std::filesystem::remove_all(fresh, code);
  NARU_CHECK(make_folder(fresh / "parts"));
  NARU_CHECK(make_folder(fresh / "private", 0700));
  Manifest manifest;
  for (const auto& part : parts) {
    const bool twice = !manifest.parts.empty() && manifest.parts.back().name == part.entry.name;
    if (twice || !is_plain_name(part.entry.name) || hex(sha256(part.bytes)) != part.entry.sha256 ||
        hex(sha256(part.samples)) != part.entry.samples_sha256) {
      return rejected(
          say("a part of the genome store does not match its description", "유전체 저장소의 부분이 설명과 다릅니다"),
          part.entry.holder, say("have it sent again", "다시 보내 달라고 하세요"));
    }
    NARU_CHECK(write_file_atomic(part_file(fresh, part.entry), part.bytes));
    NARU_CHECK(write_file_atomic(samples_file(fresh, part.entry), part.samples, 0600));
    manifest.parts.push_back(part.entry);
  }
  NARU_CHECK(write_file_atomic(fresh / "manifest.json", manifest_text(manifest)));
  return replace_folder(fresh, store);
}

std::string part_entry_json(const PartEntry& part) {
  const auto text = manifest_text(Manifest{{part}});
  return canonical(parse_json(text, "manifest").value()["parts"][0]);
}

}  // namespace naru::genome
