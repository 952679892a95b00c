#pragma once
/// CP949 (the older Korean code page, a superset of EUC-KR) to UTF-8.
#include <string>
#include <string_view>

namespace naru::engine {

/// One converter for many lines. No byte of a two-byte character is a quote, delimiter or line end, so text may be cut
/// into lines before it is converted.
class Cp949 {
 public:
  Cp949();
  ~Cp949();
  Cp949(const Cp949&) = delete;
  Cp949& operator=(const Cp949&) = delete;
  /// False when the text is not CP949.
  [[nodiscard]] bool to_utf8(std::string_view text, std::string& out);

 private:
  void* converter_;
};

}  // namespace naru::engine
