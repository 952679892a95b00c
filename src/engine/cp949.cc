#include "engine/cp949.h"

#include <iconv.h>

namespace naru::engine {

Cp949::Cp949() : converter_(iconv_open("UTF-8", "CP949")) {}
Cp949::~Cp949() {
  if (converter_ != reinterpret_cast<void*>(-1)) iconv_close(converter_);
}

bool Cp949::to_utf8(std::string_view text, std::string& out) {
  if (converter_ == reinterpret_cast<void*>(-1)) return false;
  iconv(converter_, nullptr, nullptr, nullptr, nullptr);  // forget what a broken line left behind
  out.resize(text.size() * 2 + 4);
  auto* from = const_cast<char*>(text.data());  // POSIX iconv takes char** but does not write through it
  auto from_left = text.size();
  auto* to = out.data();
  auto to_left = out.size();
  if (iconv(converter_, &from, &from_left, &to, &to_left) == static_cast<std::size_t>(-1)) return false;
  out.resize(out.size() - to_left);
  return true;
}

}  // namespace naru::engine
