#include "release/blocks.h"

#include <fstream>

namespace naru::release::detail {

Result<FileDigest> digest_of(const fs::path& file, std::uint64_t block) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return not_found(say("a file cannot be read", "파일을 읽을 수 없습니다"), file.filename().string());
  FileDigest out;
  Hasher whole;
  std::string buffer(block, '\0');
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) break;
    const auto part = as_bytes(std::string_view(buffer).substr(0, got));
    whole.add(part);
    out.blocks.push_back(hex(naru::sha256(part)));
    out.bytes += got;
  }
  if (in.bad()) return internal_error(say("reading failed", "읽기에 실패했습니다"), file.filename().string());
  out.sha256 = hex(whole.finish());
  return out;
}

}  // namespace naru::release::detail
