#include "base/digest.h"
#include "base/files.h"
#include "genome/manifest.h"
#include "genome/store.h"
#include "genome/vcf_reader.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace naru::genome {
namespace {

/// A part that was read but is not yet named by the manifest.
struct Fresh {
  PartEntry entry;
  ReadPart read;
  std::string samples_text;
};

using SiteKey = std::tuple<std::string, std::int64_t, std::string>;

Result<std::set<SiteKey>> sites_of(std::string bytes, const std::string& where) {
  NARU_ASSIGN(PartReader reader, PartReader::open(std::move(bytes), where));
  std::set<SiteKey> keys;
  while (!reader.done()) {
    NARU_ASSIGN(const Site site, reader.next());
    keys.emplace(reader.head().contigs[site.contig], site.pos, site.ref);
  }
  return keys;
}

/// The same person's genotype at the same site twice would be counted twice.
Done check_overlap(const ImportOptions& options, const Manifest& manifest, const Fresh& fresh) {
  std::optional<std::set<SiteKey>> own;
  for (const PartEntry& part : manifest.parts) {
    if (part.holder != options.holder) continue;
    NARU_ASSIGN(const auto names, read_samples(options.store, part));
    const std::set<std::string> known(names.begin(), names.end());
    const auto repeated = std::count_if(fresh.read.samples.begin(), fresh.read.samples.end(),
                                        [&](const std::string& name) { return known.contains(name); });
    if (repeated == 0) continue;
    if (!own) {
      NARU_ASSIGN(auto keys, sites_of(fresh.read.bytes, fresh.entry.name));
      own = std::move(keys);
    }
    NARU_ASSIGN(std::string bytes, read_part(options.store, part));
    NARU_ASSIGN(const auto others, sites_of(std::move(bytes), part_file(options.store, part).string()));
    const bool shared = std::any_of(own->begin(), own->end(), [&](const SiteKey& key) { return others.contains(key); });
    if (shared) {
      return conflict(say("{} samples of this file already have genotypes at the same sites in the store",
                          "이 파일의 검체 {}개는 같은 부위의 유전형이 이미 저장되어 있습니다", repeated),
                      fresh.entry.name,
                      say("start a new store when a file replaces an earlier one",
                          "이전 파일을 대체하는 경우 새 저장소를 만드십시오"));
    }
  }
  return {};
}

void add_up(ImportSummary& sum, const ImportSummary& one, std::map<std::string, std::int64_t>& reasons) {
  sum.files += one.files;
  sum.samples += one.samples;
  sum.records_read += one.records_read;
  sum.variants_stored += one.variants_stored;
  sum.reference_blocks += one.reference_blocks;
  sum.without_alternative += one.without_alternative;
  sum.symbolic += one.symbolic;
  sum.refused += one.refused;
  for (const auto& [reason, count] : one.reasons) reasons[reason] += count;
}

Result<Fresh> read_one(const ImportOptions& options, const std::filesystem::path& file, const std::string& digest,
                       const std::optional<Reference>& reference, Progress& progress) {
  Fresh fresh;
  NARU_ASSIGN(fresh.read, read_vcf(file, reference, progress));
  fresh.entry.name = options.holder + "-" + digest.substr(0, 16);
  fresh.entry.holder = options.holder;
  fresh.entry.source_sha256 = digest;
  fresh.entry.sha256 = hex(sha256(fresh.read.bytes));
  fresh.entry.bytes = static_cast<std::int64_t>(fresh.read.bytes.size());
  fresh.entry.samples = static_cast<std::int64_t>(fresh.read.samples.size());
  fresh.entry.sites = static_cast<std::int64_t>(fresh.read.head.sites);
  fresh.entry.variants = static_cast<std::int64_t>(fresh.read.head.variants);
  fresh.entry.left_aligned = options.reference.has_value();
  for (const std::string& name : fresh.read.samples) fresh.samples_text += name + '\n';
  fresh.entry.samples_sha256 = hex(sha256(fresh.samples_text));
  return fresh;
}

}  // namespace

Result<ImportSummary> import_vcf(const ImportOptions& options, Progress& progress) {
  if (!is_plain_name(options.holder)) {
    return usage_error(say("the holder's name may hold letters, digits, '-', '_' and '.' only",
                           "보유 기관 이름에는 영문자, 숫자, '-', '_', '.'만 쓸 수 있습니다"),
                       "--holder");
  }
  if (options.files.empty()) return usage_error(say("no VCF file was given", "VCF 파일이 지정되지 않았습니다"), "FILE");
  NARU_CHECK(make_folder(options.store));
  NARU_CHECK(make_folder(options.store / "parts"));
  NARU_CHECK(make_folder(options.store / "private", 0700));
  NARU_ASSIGN(const FileLock lock, FileLock::acquire(options.store / ".lock"));
  Manifest manifest;
  if (std::filesystem::exists(options.store / "manifest.json")) {
    NARU_ASSIGN(manifest, read_manifest(options.store));
  }
  std::optional<Reference> reference;
  if (options.reference) {
    NARU_ASSIGN(auto opened, open_reference(*options.reference));
    reference = std::move(opened);
  }
  ImportSummary sum;
  std::map<std::string, std::int64_t> reasons;
  for (const std::filesystem::path& file : options.files) {
    NARU_ASSIGN(const Digest digest, sha256_file(file));
    const std::string source = hex(digest);
    const bool known = std::any_of(manifest.parts.begin(), manifest.parts.end(), [&](const PartEntry& part) {
      return part.holder == options.holder && part.source_sha256 == source;
    });
    if (known) {
      ++sum.already_stored;
      continue;
    }
    NARU_ASSIGN(Fresh fresh, read_one(options, file, source, reference, progress));
    NARU_CHECK(check_overlap(options, manifest, fresh));
    // Files first, the manifest last: a crash in between leaves files that no manifest names.
    NARU_CHECK(write_file_atomic(samples_file(options.store, fresh.entry), fresh.samples_text, 0600));
    NARU_CHECK(write_file_atomic(part_file(options.store, fresh.entry), fresh.read.bytes));
    add_up(sum, fresh.read.summary, reasons);
    manifest.parts.push_back(std::move(fresh.entry));
  }
  // By holder; within one in the order of import (std::stable_sort uses what clang reports as deprecated).
  std::vector<PartEntry> ordered;
  for (auto& part : manifest.parts) {
    const auto at =
        std::upper_bound(ordered.begin(), ordered.end(), part.holder,
                         [](const std::string& holder, const PartEntry& other) { return holder < other.holder; });
    ordered.insert(at, std::move(part));
  }
  manifest.parts = std::move(ordered);
  const std::string text = manifest_text(manifest);
  if (sum.files > 0) NARU_CHECK(write_file_atomic(options.store / "manifest.json", text));
  sum.reasons.assign(reasons.begin(), reasons.end());
  sum.manifest_sha256 = hex(sha256(text));
  for (const PartEntry& part : manifest.parts) sum.stored_bytes += part.bytes;
  return sum;
}

}  // namespace naru::genome
