#pragma once
/// VCF, gVCF or BCF into the bytes of one part. Genotypes come from GT alone; INFO is never looked at.
#include "genome/part.h"
#include "genome/store.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace naru::genome {

/// Reference bases of a contig, or nothing when the reference does not have them. 1-based, inclusive.
using Reference = std::function<std::string(const std::string& contig, std::int64_t from, std::int64_t to)>;
/// Error rejected when the FASTA file cannot be read; its index is built in a scratch folder.
[[nodiscard]] Result<Reference> open_reference(const std::filesystem::path& fasta);

struct ReadPart {
  std::string bytes;                 ///< encoded, without any sample name
  std::vector<std::string> samples;  ///< by index; for the private map only
  PartHead head;
  ImportSummary summary;
};

/// `bytes_name` names the file in errors. Errors: rejected (not a VCF, truncated, no samples, a sample name twice).
[[nodiscard]] Result<ReadPart> read_vcf(const std::filesystem::path& file, const std::optional<Reference>& reference,
                                        Progress& progress);
/// The same from memory (tests, fuzzing).
[[nodiscard]] Result<ReadPart> read_vcf_bytes(std::span<const std::uint8_t> bytes,
                                              const std::optional<Reference>& reference);

/// Shared trailing bases removed, shifted left as far as the reference allows, shared leading bases removed (Tan,
/// Abecasis, Kang 2015). False when REF is not what the reference says.
[[nodiscard]] bool left_align(const Reference& reference, const std::string& contig, std::int64_t& pos,
                              std::string& ref, std::string& alt);

}  // namespace naru::genome
