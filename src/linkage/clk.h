#pragma once
/// Cryptographic long-term keys: a record's fields as one bit string under a secret key, so that alike records have
/// alike strings (Schnell, Bachteler and Reiher 2009). docs/methods/encoded-linkage.md says against whom this protects.
#include "base/bytes.h"
#include "base/progress.h"
#include "linkage/compare.h"
#include "linkage/filters.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace naru::linkage {

struct EncodedField {
  std::string name;
  FieldKind kind = FieldKind::text;
  std::int64_t bits = 0;  ///< set in all for this field, spread over its tokens
};

struct EncodeConfig {
  std::filesystem::path data = {};
  std::string encoding = {};            ///< of a CSV file: utf-8 (also when empty) or cp949
  std::filesystem::path key_file = {};  ///< 32 bytes or more, shared by the holders of one project, never by the linker
  std::int64_t filter_bits = 1024;
  std::vector<EncodedField> columns = {};
};
/// Paths relative to `base`. Fields without `bits` share 1.7 times the filter's bits by kind. Errors (rejected) name
/// the key.
[[nodiscard]] Result<EncodeConfig> parse_encode_config(std::string_view text, const std::filesystem::path& base,
                                                       const std::string& where);

/// Encodes one field's comparison forms. The key of each field is derived (HKDF) from its name and kind, so that the
/// same text in two fields sets unrelated bits.
class FieldEncoder {
 public:
  FieldEncoder(const EncodedField& field, std::span<const std::uint8_t> key, std::size_t filter_bits);
  ~FieldEncoder();
  FieldEncoder(FieldEncoder&&) noexcept;
  FieldEncoder(const FieldEncoder&) = delete;
  /// Sets the bits of a value in `filter` (filter_bits / 64 words); nothing for an empty one.
  void add(std::string_view form, std::uint64_t* filter);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One filter per record, in the order of the file. Errors: those of reading, a key file that is missing, shorter than
/// 32 bytes or open to other users; interrupted.
[[nodiscard]] Result<FilterSet> encode_records(const EncodeConfig& config, Progress& progress);

}  // namespace naru::linkage
