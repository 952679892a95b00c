// Charts as inline SVG: no script, no external resource, legible in print and in grey.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/json.h"
#include "evidence/page.h"

namespace naru::evidence::page {
namespace {

constexpr double width = 440;
constexpr double height = 380;
constexpr double left = 56;
constexpr double right = 14;
constexpr double top = 14;
constexpr double bottom = 52;

struct Frame {
  double x0 = 0, x1 = 1, y0 = 0, y1 = 1;
  [[nodiscard]] double x(double value) const { return left + (value - x0) / (x1 - x0) * (width - left - right); }
  [[nodiscard]] double y(double value) const {
    return height - bottom - (value - y0) / (y1 - y0) * (height - top - bottom);
  }
};

// A step of 1, 2 or 5 times a power of ten that gives at most `most` intervals.
double tick_step(double range, double most) {
  const double rough = range / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string tick_label(double value, double step) {
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  auto text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_not_of("-0.") == std::string::npos && text.front() == '-') text.erase(0, 1);
  return text;
}

std::string open_chart(const Text& label) {
  return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{} / {}" xmlns="http://www.w3.org/2000/svg">)",
                     width, height, escaped(label.en), escaped(label.ko));
}

std::string axes(const Frame& frame, const Text& x_label, const Text& y_label) {
  std::string out;
  const double x_step = tick_step(frame.x1 - frame.x0, 5);
  const double y_step = tick_step(frame.y1 - frame.y0, 5);
  for (double v = std::ceil(frame.x0 / x_step - 1e-9) * x_step; v <= frame.x1 + 1e-9; v += x_step) {
    out += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)", frame.x(v),
                       top + 0.0, height - bottom);
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", frame.x(v),
                       height - bottom + 17, tick_label(v, x_step));
  }
  for (double v = std::ceil(frame.y0 / y_step - 1e-9) * y_step; v <= frame.y1 + 1e-9; v += y_step) {
    out += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>)", left,
                       width - right, frame.y(v));
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", left - 7,
                       frame.y(v) + 4, tick_label(v, y_step));
  }
  out += svg_text((left + width - right) / 2, height - 12, "middle", x_label.en, x_label.ko);
  const double middle = (top + height - bottom) / 2;
  out += svg_text(15, middle, "middle", y_label.en, y_label.ko,
                  fmt::format(R"x(transform="rotate(-90 15 {:.1f})")x", middle));
  return out;
}

struct Point {
  double x = 0;
  double y = 0;
};
std::string path(const Frame& frame, const std::vector<Point>& points, std::string_view kind) {
  if (points.empty()) return {};
  std::string d;
  for (std::size_t i = 0; i < points.size(); ++i) {
    d += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", frame.x(points[i].x), frame.y(points[i].y));
  }
  return fmt::format(R"(<path class="{}" d="{}"/>)", kind, d);
}

std::string nothing_to_draw() {
  return "<p class=\"empty\">" +
         both("Not shown: too few persons, or one outcome only.",
              "표시하지 않음: 인원이 적거나 결과가 한 가지뿐입니다.") +
         "</p>";
}

// What lies between two lines over the same thresholds, within the frame.
std::string band(const Frame& frame, const std::vector<Point>& low, const std::vector<Point>& high) {
  if (low.size() < 2) return {};
  std::string points;
  const auto add = [&](const Point& at) {
    points += fmt::format("{:.1f},{:.1f} ", frame.x(at.x), frame.y(std::clamp(at.y, frame.y0, frame.y1)));
  };
  for (const auto& at : high) add(at);
  for (auto at = low.rbegin(); at != low.rend(); ++at) add(*at);
  points.pop_back();
  return "<polygon class=\"band\" points=\"" + points + "\"/>";
}

std::string legend(double x, double y, std::string_view kind, std::string_view en, std::string_view ko) {
  return fmt::format(R"(<line class="{0}" x1="{1:.1f}" x2="{2:.1f}" y1="{3:.1f}" y2="{3:.1f}"/>)", kind, x, x + 24,
                     y - 4) +
         svg_text(x + 30, y, "start", en, ko);
}

}  // namespace

std::string svg_text(double x, double y, std::string_view anchor, std::string_view en, std::string_view ko,
                     std::string_view more) {
  std::string out;
  for (const auto& [language, text] : {std::pair{"ko", ko}, std::pair{"en", en}}) {
    out += fmt::format(R"(<text class="{0}" lang="{0}" x="{1:.1f}" y="{2:.1f}" text-anchor="{3}" {4}>{5}</text>)",
                       language, x, y, anchor, more, escaped(text));
  }
  return out;
}

std::string roc_chart(const Json& pooled) {
  const auto& points = pooled.at("roc");
  if (points.empty()) return nothing_to_draw();
  const Frame frame;
  std::vector<Point> line{{0, 0}};
  for (const auto& point : points) {
    line.push_back({1 - point.at("specificity").get<double>(), point.at("sensitivity").get<double>()});
  }
  line.push_back({1, 1});
  auto out = open_chart(say("ROC curve", "ROC 곡선"));
  out += axes(frame, say("1 - specificity", "1 - 특이도"), say("sensitivity", "민감도"));
  out += path(frame, {{0, 0}, {1, 1}}, "reference");
  out += path(frame, line, "model");
  for (const auto& at : pooled.at("thresholds")) {
    const auto x = number_at(at.at("specificity"), "estimate");
    const auto y = number_at(at.at("sensitivity"), "estimate");
    if (!x || !y) continue;
    out += fmt::format(R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="4"/>)", frame.x(1 - *x), frame.y(*y));
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{:.1f}">≥ {}</text>)", frame.x(1 - *x) + 8, frame.y(*y) + 12,
                       Json(at.at("threshold")).dump());
  }
  return out + "</svg>";
}

std::string calibration_chart(const Json& pooled) {
  const auto& groups = pooled.at("calibration_groups");
  if (groups.empty()) return nothing_to_draw();
  double most = 0.05;
  for (const auto& group : groups) {
    most = std::max(most, group.at("predicted").get<double>());
    most = std::max(most, group.at("observed").at("ci95").at(1).get<double>());
  }
  most = std::min(1.0, std::ceil(most * 20) / 20);
  const Frame frame{0, most, 0, most};
  auto out = open_chart(say("Calibration: predicted against observed risk", "보정: 예측 위험과 관측 위험"));
  out += axes(frame, say("predicted risk", "예측 위험"), say("observed share, 95 % interval", "관측 비율(95% 구간)"));
  out += path(frame, {{0, 0}, {most, most}}, "reference");
  std::vector<Point> line;
  for (const auto& group : groups) {
    const double x = group.at("predicted").get<double>();
    const auto& observed = group.at("observed");
    const double y = observed.at("estimate").get<double>();
    line.push_back({x, y});
    out +=
        fmt::format(R"(<line class="whisker" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)", frame.x(x),
                    frame.y(observed.at("ci95").at(0).get<double>()), frame.y(observed.at("ci95").at(1).get<double>()));
    out += fmt::format(R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="4.5"/>)", frame.x(x), frame.y(y));
  }
  return out + path(frame, line, "model thin") + "</svg>";
}

std::string decision_chart(const Json& pooled) {
  const auto& curve = pooled.at("decision_curve");
  if (curve.empty()) return nothing_to_draw();
  std::vector<Point> model;
  std::vector<Point> all;
  std::vector<Point> high;
  std::vector<Point> low;
  double most = 0.01;
  double last = 0.05;
  for (const auto& at : curve) {
    const auto benefit = number_at(at.at("net_benefit"), "estimate");
    const auto everybody = number_at(at.at("treat_all"), "estimate");
    if (!benefit || !everybody) continue;
    const double t = at.at("threshold").get<double>();
    last = std::max(last, t);
    most = std::max({most, *benefit, *everybody});
    model.push_back({t, *benefit});
    all.push_back({t, *everybody});
    const auto interval = at.at("net_benefit").find("ci95");
    if (interval == at.at("net_benefit").end() || !interval->is_array() || interval->size() != 2) continue;
    low.push_back({t, interval->at(0).get<double>()});
    high.push_back({t, interval->at(1).get<double>()});
    most = std::max(most, high.back().y);
  }
  const double least = -most / 4;
  // Below the frame the "all" line says nothing more than "worse than none": cut where it leaves.
  std::vector<Point> visible;
  for (const auto& point : all) {
    if (point.y >= least) visible.push_back(point);
    if (point.y < least) {
      if (!visible.empty()) {
        const auto& before = visible.back();
        const double share = (before.y - least) / (before.y - point.y);
        visible.push_back({before.x + share * (point.x - before.x), least});
      }
      break;
    }
  }
  const Frame frame{0, std::ceil(last * 10) / 10, least, most * 1.08};
  auto out = open_chart(say("Decision curve: net benefit by threshold", "의사결정 곡선: 임계값별 순이익"));
  out += axes(frame, say("threshold probability", "임계 확률"), say("net benefit", "순이익"));
  out += band(frame, low, high);
  out += path(frame, {{frame.x0, 0}, {frame.x1, 0}}, "none");
  out += path(frame, visible, "all");
  out += path(frame, model, "model");
  out += legend(width - 190, top + 16, "model", "solution", "솔루션");
  out += legend(width - 190, top + 34, "all", "treat all", "모두 조치");
  out += legend(width - 190, top + 52, "none", "treat none", "조치 안 함");
  return out + "</svg>";
}

std::string follow_up_chart(const Json& follow_up, double horizon_days) {
  const auto& steps = follow_up.at("steps");
  if (steps.empty()) return {};
  std::vector<Point> line{{0, 1}};
  for (const auto& step : steps) {
    const double day = step.at("day").get<double>();
    line.push_back({day, line.back().y});
    line.push_back({day, step.at("event_free").get<double>()});
  }
  if (follow_up.at("ends_at").is_null()) line.push_back({horizon_days, line.back().y});
  const double least = std::max(0.0, std::floor((line.back().y - 0.02) * 20) / 20);
  const Frame frame{0, horizon_days, least, 1};
  auto out = open_chart(say("Share free of the event by day", "날짜별 무사건 비율"));
  out += axes(frame, say("days after the index day", "기준일 후 일수"), say("share free of the event", "무사건 비율"));
  return out + path(frame, line, "model") + "</svg>";
}

}  // namespace naru::evidence::page
