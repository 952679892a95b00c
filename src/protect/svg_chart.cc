#include "protect/svg_chart.h"

#include <algorithm>
#include <cmath>

namespace naru::protect::detail {
namespace {

constexpr double width = 720;

std::string text_at(double x, double y, std::string_view anchor, const Text& text, std::string_view extra = "") {
  const auto one = [&](std::string_view language, const std::string& words) {
    return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>", language, x, y,
                       anchor, extra, escaped(words));
  };
  return one("ko", text.ko) + one("en", text.en);
}

std::string same_at(double x, double y, std::string_view anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor, escaped(text));
}

std::string rectangle(double x, double y, double w, double h, std::string_view kind) {
  return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\"/>", x, y,
                     std::max(w, 0.0), std::max(h, 0.0), kind);
}

std::string opened(const Text& title, double height) {
  return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">", width, height,
                     escaped(title.ko + " / " + title.en));
}

}  // namespace

std::string percent(const std::optional<double>& share) {
  if (!share) return "–";
  const double value = *share * 100;
  if (value == 0) return "0 %";
  if (value < 0.1) return "< 0.1 %";
  if (value > 99.9 && value < 100) return "> 99.9 %";
  return fmt::format("{:.1f} %", value);
}

std::string share_bars(const Text& title, const std::vector<Bar>& bars, bool two) {
  constexpr double left = 290;
  constexpr double right = 70;
  constexpr double thick = 13;
  const double row = two ? 42 : 28;
  const double room = width - left - right;
  const double height = row * static_cast<double>(bars.size()) + 26;
  std::string out = opened(title, height);
  for (int tick = 0; tick <= 100; tick += 25) {
    const double x = left + room * tick / 100;
    out += fmt::format("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1:.1f}\" class=\"grid\"/>", x, height - 20);
    out += same_at(x, height - 5, "middle", fmt::format("{} %", tick));
  }
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = row * static_cast<double>(i) + 6;
    const auto& bar = bars[i];
    out += text_at(left - 10, y + (two ? 19 : 12), "end", bar.label);
    const auto draw = [&](const std::optional<double>& share, double at, std::string_view kind) {
      if (share) out += rectangle(left, at, room * std::clamp(*share, 0.0, 1.0), thick, kind);
      out += same_at(left + room * std::clamp(share.value_or(0), 0.0, 1.0) + 6, at + 11, "start", percent(share));
    };
    draw(bar.before, y, two ? "before" : "after");
    if (two) draw(bar.after, y + thick + 3, "after");
  }
  return out + "</svg>";
}

std::string share_columns(const Text& title, const std::vector<Bar>& bars, bool two) {
  constexpr double top = 22;
  constexpr double floor = 190;
  constexpr double height = 226;
  double most = 0.05;
  for (const auto& bar : bars) most = std::max({most, bar.before.value_or(0), bar.after.value_or(0)});
  const double slot = width / static_cast<double>(std::max<std::size_t>(bars.size(), 1));
  const double thick = slot * (two ? 0.32 : 0.6);
  std::string out = opened(title, height);
  out += fmt::format("<line x1=\"0\" x2=\"{:.0f}\" y1=\"{:.0f}\" y2=\"{:.0f}\" class=\"axis\"/>", width, floor, floor);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double x = slot * static_cast<double>(i);
    const auto draw = [&](const std::optional<double>& share, double at, std::string_view kind) {
      if (!share) return;
      const double tall = (floor - top) * *share / most;
      out += rectangle(at, floor - tall, thick, tall, kind);
      if (*share > 0) {
        out += fmt::format("<text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:.0f}</text>",
                           at + thick / 2, floor - tall - 4, std::ceil(*share * 100));
      }
    };
    draw(bars[i].before, x + slot * (two ? 0.16 : 0.2), two ? "before" : "after");
    if (two) draw(bars[i].after, x + slot * 0.52, "after");
    out += text_at(x + slot / 2, floor + 18, "middle", bars[i].label);
  }
  return out + "</svg>";
}

std::string gauge(const Text& title, std::int64_t value, std::int64_t threshold) {
  constexpr double left = 290;
  constexpr double mark = 610;
  const double share = static_cast<double>(value) / static_cast<double>(std::max<std::int64_t>(threshold, 1));
  const bool due = value >= threshold;
  std::string out = opened(title, 34);
  out += text_at(left - 10, 21, "end", title);
  out += rectangle(left, 9, mark - left, 16, "track");
  out += rectangle(left, 9, (mark - left) * std::min(share, 1.0), 16, due ? "alert" : "after");
  out += fmt::format("<line x1=\"{0:.0f}\" x2=\"{0:.0f}\" y1=\"3\" y2=\"31\" class=\"mark\"/>", mark);
  out += same_at(mark + 8, 16, "start", thousands(value));
  out += same_at(mark + 8, 30, "start", "/ " + thousands(threshold));
  return out + "</svg>";
}

}  // namespace naru::protect::detail
