// The flow of persons as a diagram: who entered, who was left out and why, who was analysed. Suppressed counts stay
// suppressed: their box says so.
#include "base/json.h"
#include "evidence/page.h"

namespace naru::evidence::page {
namespace {

constexpr double wide = 720;
constexpr double box_width = 300;
constexpr double box_height = 52;
constexpr double gap = 34;

std::string number(const Json& persons, const char* language) {
  if (!persons.is_number_integer()) return language == std::string_view("ko") ? "비공개" : "suppressed";
  return count(persons);
}

std::string box(double x, double y, const Json& row, bool strong) {
  const auto text = step_name(row.at("step").get<std::string>());
  auto out = fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{}" height="{}" rx="8"/>)",
                         strong ? "flowbox strong" : "flowbox", x, y, box_width, box_height);
  const auto& persons = row.at("persons");
  out += svg_text(x + box_width / 2, y + 22, "middle", number(persons, "en"), number(persons, "ko"),
                  "font-weight=\"700\"");
  return out + svg_text(x + box_width / 2, y + 41, "middle", text.en, text.ko);
}

// Down or to the right; the tip is drawn, as nothing in the page refers to anything.
std::string arrow(double x1, double y1, double x2, double y2) {
  const bool down = y2 > y1;
  return fmt::format(R"(<line class="arrow" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", x1, y1, x2, y2) +
         fmt::format(R"(<path class="tip" d="M{:.1f} {:.1f}l{} {}l{} {}z"/>)", x2, y2, down ? -5 : -8, down ? -8 : -5,
                     down ? 10 : 0, down ? 0 : 10);
}

}  // namespace

std::string flow_chart(const Json& pooled) {
  const auto& flow = pooled.at("flow");
  if (flow.size() < 2) return {};
  const auto excluded = flow.size() - 2;
  const double tall = (static_cast<double>(excluded) + 2) * (box_height + gap);
  auto out = fmt::format(R"x(<svg class="wide" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">)x", wide, tall,
                         "Flow of persons / 대상자 흐름");
  const double left = 20;
  const double right = wide - box_width - 20;
  const double middle = left + box_width / 2;
  const double last = (static_cast<double>(excluded) + 1) * (box_height + gap) + 4;
  out += box(left, 4, flow.front(), false) + arrow(middle, 4 + box_height, middle, last - 2);
  for (std::size_t i = 0; i < excluded; ++i) {
    const double y = (static_cast<double>(i) + 1) * (box_height + gap) + 4;
    out += arrow(middle, y + box_height / 2, right - 2, y + box_height / 2) + box(right, y, flow.at(i + 1), false);
  }
  return out + box(left, last, flow.back(), true) + "</svg>";
}

}  // namespace naru::evidence::page
