#pragma once
/// Header lines are looked at before htslib sees them: on some that are malformed the library ends the whole process.
#include "base/result.h"

#include <string>
#include <string_view>

struct BGZF;

namespace naru::genome {

inline constexpr std::size_t vcf_header_bytes_max = 64U << 20;

/// One line without its end. ##contig, ##INFO, ##FORMAT and ##FILTER are "<…>" with an ID that is not empty (VCF 4.3,
/// 1.4); other lines pass. Error rejected names `where` and the line.
[[nodiscard]] Done screen_header_line(std::string_view line, std::size_t number, const std::string& where);

/// Reads the header of a VCF (plain or compressed) or BCF from its beginning and screens every line. What is neither
/// passes: the reader says so. Errors: rejected; also for a header beyond `vcf_header_bytes_max`.
[[nodiscard]] Done screen_header(BGZF* file, const std::string& where);

}  // namespace naru::genome
