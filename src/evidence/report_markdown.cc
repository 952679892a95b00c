// The report as Markdown: for repositories, reviews and mails, where a page cannot go.
#include "base/json.h"
#include "evidence/page.h"
#include "evidence/report.h"

namespace naru::evidence {
namespace {

class Writer {
 public:
  Writer(const Json& report, Language language) : report_(report), language_(language) {}

  std::string whole() {
    const auto& plan = report_.at("plan");
    line("# " + text(plan.at("title")));
    line(text(plan.at("intended_use")));
    summary();
    flow();
    thresholds();
    follow_up();
    subgroups();
    sites();
    account();
    checklists();
    provenance();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string word(const char* en, const char* ko) const {
    return language_ == Language::korean ? ko : en;
  }
  [[nodiscard]] std::string text(const Json& both) const {
    if (both.is_string()) return safe(both.get<std::string>());
    return safe(both.value(language_ == Language::korean ? "ko" : "en", std::string()));
  }
  // Nothing a plan says may become a table cell's border, a heading or markup.
  static std::string safe(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '\n' || c == '\r') {
        out += ' ';
        continue;
      }
      if (c == '|' || c == '*' || c == '_' || c == '`' || c == '<' || c == '>' || c == '[' || c == ']' || c == '#') {
        out += '\\';
      }
      out += c;
    }
    return out;
  }
  [[nodiscard]] std::string figure(const Json& estimate, int decimals = 3) const {
    const auto value = page::number_at(estimate, "estimate");
    if (!value) {
      if (estimate.value("reason", std::string()) == "suppressed") return count(Json(nullptr));
      const auto found = report_.at("reasons").find(estimate.value("reason", std::string()));
      return found == report_.at("reasons").end() ? word("not estimated", "추정하지 않음") : text(*found);
    }
    auto out = fmt::format("{:.{}f}", *value, decimals);
    const auto interval = estimate.find("ci95");
    if (interval != estimate.end() && interval->is_array()) {
      out += " (" + page::span(interval->at(0).get<double>(), interval->at(1).get<double>(), decimals) + ")";
    }
    return out;
  }
  [[nodiscard]] std::string count(const Json& value) const {
    return value.is_number_integer() ? markup::thousands(value.get<std::int64_t>()) : word("suppressed", "비공개");
  }
  void line(const std::string& text) { out_ += text + "\n\n"; }
  void heading(const char* en, const char* ko) { line("## " + word(en, ko)); }
  void header(std::initializer_list<std::string> cells) {
    row(cells);
    out_ += "|";
    for (std::size_t i = 0; i < cells.size(); ++i) out_ += "---|";
    out_ += "\n";
  }
  void row(std::initializer_list<std::string> cells) {
    out_ += "|";
    for (const auto& cell : cells) out_ += " " + cell + " |";
    out_ += "\n";
  }
  void end() { out_ += "\n"; }

  void summary() {
    const auto& pooled = report_.at("pooled");
    const auto& c = pooled.at("calibration");
    header({word("measure", "지표"), word("estimate (95 % interval)", "추정값(95% 구간)")});
    row({"AUROC", figure(pooled.at("auroc"))});
    row({word("average precision", "평균 정밀도"), figure(pooled.at("auprc").at("average_precision"))});
    row({word("Brier score", "브라이어 점수"), figure(pooled.at("brier"))});
    row({word("observed / expected", "관측/예측 비"), figure(c.at("o_e"))});
    row({word("calibration slope", "보정 기울기"), figure(c.at("slope"))});
    row({word("calibration in the large", "전체 보정"), figure(c.at("citl"))});
    row({word("mean calibration error (ICI)", "평균 보정 오차(ICI)"), figure(c.at("ici"))});
    row({word("persons", "인원"), count(pooled.at("persons"))});
    row({word("events", "사건"), count(pooled.at("events"))});
    end();
  }
  void flow() {
    heading("Who was in", "대상자 흐름");
    header({word("step", "단계"), word("persons", "인원")});
    for (const auto& step : report_.at("pooled").at("flow")) {
      row({page::step_name(step.at("step").get<std::string>()).in(language_), count(step.at("persons"))});
    }
    end();
  }
  void thresholds() {
    heading("At the thresholds", "임계값에서");
    header({word("threshold", "임계값"), word("sensitivity", "민감도"), word("specificity", "특이도"),
            word("PPV", "양성예측도"), word("NPV", "음성예측도"), word("alerts", "경보 비율"),
            word("net benefit", "순이익")});
    for (const auto& at : report_.at("pooled").at("thresholds")) {
      row({"≥ " + at.at("threshold").dump(), figure(at.at("sensitivity")), figure(at.at("specificity")),
           figure(at.at("ppv")), figure(at.at("npv")), figure(at.at("alerts")), figure(at.at("net_benefit"), 4)});
    }
    end();
  }
  void follow_up() {
    const auto found = report_.at("pooled").find("follow_up");
    if (found == report_.at("pooled").end()) return;
    heading("Over time", "시간에 따른 경과");
    if (!found->at("steps").empty()) {
      header({word("up to day", "일까지"), word("persons at risk", "관찰 인원"), word("events", "사건"),
              word("share free of the event", "무사건 비율")});
      for (const auto& step : found->at("steps")) {
        row({step.at("day").dump(), count(step.at("at_risk")), count(step.at("events")),
             fmt::format("{:.3f}", step.at("event_free").get<double>())});
      }
      end();
    }
    for (const auto& note : found->at("notes")) out_ += "- " + text(note) + "\n";
    end();
  }
  void subgroups() {
    if (report_.at("pooled").at("subgroups").empty()) return;
    heading("Subgroups", "하위집단");
    header({word("subgroup", "하위집단"), word("persons", "인원"), word("events", "사건"), "AUROC",
            word("observed / expected", "관측/예측 비")});
    for (const auto& one : report_.at("pooled").at("subgroups")) {
      const auto name = page::group_name(one.at("group").get<std::string>(), one.at("value").get<std::string>());
      row({safe(name.in(language_)), count(one.at("persons")), count(one.at("events")), figure(one.at("auroc")),
           figure(one.at("o_e"))});
    }
    end();
    gaps();
  }
  void gaps() {
    const auto found = report_.at("pooled").find("gaps");
    if (found == report_.at("pooled").end() || found->empty()) return;
    heading("How far apart the subgroups are", "하위집단 사이의 차이");
    header({word("by", "기준"), word("measure", "지표"), word("largest", "최대"), word("smallest", "최소"),
            word("difference", "차이")});
    for (const auto& gap : *found) {
      const auto group = gap.at("group").get<std::string>();
      const auto name = [&](const char* key) {
        const auto value = gap.at(key).get<std::string>();
        return value.empty() ? std::string("–") : safe(page::group_name(group, value).in(language_));
      };
      row({page::column_name(group).in(language_), page::gap_name(gap).in(language_), name("most"), name("least"),
           figure(gap.at("difference"))});
    }
    end();
  }
  void sites() {
    heading("Sites", "기관");
    header({word("site", "기관"), word("persons", "인원"), word("events", "사건"), "AUROC",
            word("observed / expected", "관측/예측 비"), word("consent epoch", "동의 차수"), word("data", "자료")});
    for (const auto& site : report_.at("sites")) {
      row({safe(site.at("site").get<std::string>()), count(site.at("persons")), count(site.at("events")),
           figure(site.at("auroc")), figure(site.at("calibration").at("o_e")), site.at("epoch").dump(),
           safe(site.at("lake").get<std::string>())});
    }
    end();
    line(word("Random-effects mean AUROC: ", "변량효과 평균 AUROC: ") + figure(report_.at("across_sites").at("auroc")));
  }
  void account() {
    heading("Held against the plan", "계획과의 대조");
    if (!report_.contains("deviations")) return line(word("Not checked.", "대조하지 않았습니다."));
    header({word("state", "상태"), word("check", "대조")});
    for (const auto& one : report_.at("deviations"))
      row({page::state_name(one.at("state").get<std::string>()).in(language_), text(one.at("text"))});
    end();
  }
  void checklists() {
    if (!report_.contains("checklists")) return;
    heading("Reporting checklists", "보고 점검표");
    for (const auto& list : report_.at("checklists")) {
      line("### " + text(list.at("title")));
      header({word("item", "항목"), word("what a reader needs", "독자에게 필요한 것"), word("answer", "응답")});
      for (const auto& item : list.at("items")) {
        auto answer = page::state_name(item.at("state").get<std::string>()).in(language_);
        if (item.contains("statement")) answer += ": " + text(item.at("statement"));
        const auto places = page::places_of(item);
        if (!places.empty()) answer += ": " + places.in(language_);
        row({safe(item.at("id").get<std::string>()), text(item.at("text")), answer});
      }
      end();
    }
  }
  void provenance() {
    heading("Provenance", "근거와 출처");
    const auto fact = [&](const std::string& name, const Json& value) {
      out_ += "- " + name + ": `" + (value.is_string() ? value.get<std::string>() : canonical(value)) + "`\n";
    };
    fact(word("report", "보고서"), report_.value("id", Json("")));
    fact(word("plan hash", "계획 해시"), report_.at("plan_hash"));
    fact(word("plan locked", "계획 잠금"), report_.at("locked_at"));
    fact(word("report made", "보고서 작성"), report_.at("created_at"));
    fact(word("use right", "이용권"), report_.at("right"));
    fact(word("approvals", "승인"), report_.at("approvals"));
    fact(word("software", "소프트웨어"), report_.at("software"));
    fact(word("solution", "솔루션"), report_.at("digests").at("solution"));
    end();
    line(word("Check offline: `naru evidence verify FILE --trust KEYS`",
              "오프라인 확인: `naru evidence verify FILE --trust KEYS`"));
  }

  const Json& report_;
  Language language_;
  std::string out_;
};

}  // namespace

Result<std::string> report_markdown(std::string_view report_json, Language language, std::string_view where) {
  NARU_ASSIGN(const auto report, parse_json(report_json, where));
  try {
    return Writer(report, language).whole();
  } catch (const Json::exception& wrong) {
    return rejected(say("not a report of this program", "이 프로그램의 보고서가 아닙니다"), std::string(where),
                    {wrong.what(), wrong.what()});
  }
}

}  // namespace naru::evidence
