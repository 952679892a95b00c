#include "base/markup.h"

#include <cstdlib>

namespace naru::markup {
namespace {

// Long Korean lines break between words, and a language that is not shown takes no place.
constexpr std::string_view common = R"CSS(
*{box-sizing:border-box}
body{margin:0;word-break:keep-all;overflow-wrap:anywhere;
font-family:"Pretendard","Noto Sans KR","Noto Sans CJK KR","NanumGothic",system-ui,-apple-system,"Segoe UI",sans-serif}
input.lang{position:absolute;opacity:0;pointer-events:none}
.switch{position:sticky;top:0;background:#fff;border-bottom:1px solid #d9dee8;text-align:right;padding:8px 28px;font-size:14px;z-index:2}
.switch label{display:inline-block;padding:4px 12px;border:1px solid #c3cad6;border-radius:999px;cursor:pointer;margin-left:6px}
#lang-ko:checked~.switch label[for=lang-ko],#lang-en:checked~.switch label[for=lang-en]{background:#14213d;color:#fff;border-color:#14213d}
#lang-ko:focus-visible~.switch label[for=lang-ko],#lang-en:focus-visible~.switch label[for=lang-en]{outline:3px solid #2f7fd1;outline-offset:2px}
#lang-ko:checked~main .en,#lang-en:checked~main .ko{display:none}
@media print{.switch{display:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)CSS";

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string both(const Text& text) {
  if (text.en == text.ko) return escaped(text.en);
  return fmt::format(R"(<span class="ko" lang="ko">{}</span><span class="en" lang="en">{}</span>)", escaped(text.ko),
                     escaped(text.en));
}

std::string thousands(std::int64_t number) {
  auto digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string instant(std::string_view text) {
  constexpr std::size_t seconds = 19;  // 2026-11-26T18:16:49
  if (text.size() <= seconds || text[10] != 'T' || !text.ends_with('Z')) return std::string(text);
  return std::string(text.substr(0, 10)) + " " + std::string(text.substr(11, seconds - 11)) + " UTC";
}

std::string document(const Text& title, std::string_view style, std::string_view main) {
  std::string out =
      "<!doctype html>\n<html lang=\"ko\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>";
  out += escaped(title.en == title.ko ? title.ko : title.ko + " / " + title.en) + "</title><style>";
  out += common;
  out += style;
  out += R"(</style></head><body><input class="lang" type="radio" name="lang" id="lang-ko" checked>)"
         R"(<input class="lang" type="radio" name="lang" id="lang-en">)"
         R"(<div class="switch"><label for="lang-ko">한국어</label><label for="lang-en">English</label></div><main>)";
  out += main;
  return out + "</main></body></html>\n";
}

}  // namespace naru::markup
