#include "evidence/page.h"

#include "base/json.h"

namespace naru::evidence::page {

std::string both(std::string_view en, std::string_view ko) {
  return markup::both(Text{std::string(en), std::string(ko)});
}

std::string both(const Json& text) {
  if (text.is_string()) return escaped(text.get<std::string>());
  return both(text.value("en", std::string()), text.value("ko", std::string()));
}

std::optional<double> number_at(const Json& object, std::string_view key) {
  const auto found = object.find(std::string(key));
  return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::string figure(const Json& estimate, const Json& reasons, int decimals) {
  const auto value = number_at(estimate, "estimate");
  if (!value) {
    const auto code = estimate.value("reason", std::string());
    if (code == "suppressed") return count(Json(nullptr));
    const auto found = reasons.find(code);
    return "<span class=\"muted\">" + (found != reasons.end() ? both(*found) : both("not estimated", "추정하지 않음")) +
           "</span>";
  }
  auto out = fmt::format("{:.{}f}", *value, decimals);
  const auto interval = estimate.find("ci95");
  if (interval != estimate.end() && interval->is_array() && interval->size() == 2) {
    out += " <span class=\"ci\">(" + span(interval->at(0).get<double>(), interval->at(1).get<double>(), decimals) +
           ")</span>";
  }
  return out;
}

std::string count(const Json& value) {
  if (!value.is_number_integer()) {
    return "<span class=\"muted\">" + both("suppressed", "비공개") + "</span>";
  }
  return markup::thousands(value.get<std::int64_t>());
}

std::string_view style() {
  return R"CSS(
:root{--ink:#14213d;--soft:#5b6478;--line:#d9dee8;--fill:#f5f7fa;--accent:#00695c;--warm:#b45309}
body{color:var(--ink);background:#fff;line-height:1.55}
main{max-width:980px;margin:0 auto;padding:32px 28px 64px}
h1{font-size:28px;line-height:1.3;margin:8px 0 6px}
h2{font-size:19px;margin:40px 0 12px;padding-top:16px;border-top:2px solid var(--ink)}
h3{font-size:15px;margin:0 0 6px}table+h3,.scroll+h3,details+h3{margin-top:22px}
p{margin:0 0 10px}
.eyebrow{font-size:13px;color:var(--accent);font-weight:700;letter-spacing:.02em}
.lead{color:var(--soft);max-width:70ch}
.keys{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:12px;margin:22px 0 0;padding:0}
.key{border:1px solid var(--line);border-radius:10px;padding:12px 14px;background:var(--fill)}
.key dt{font-size:13px;color:var(--soft)}
.key dd{margin:2px 0 0;font-size:22px;font-weight:700;font-variant-numeric:tabular-nums}
.key .ci,.key .muted{font-size:13px;font-weight:500;color:var(--soft);display:block}
.muted{color:var(--soft)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(380px,1fr));gap:24px}
figure{margin:0;break-inside:avoid}
.pair figure:only-child{max-width:520px}
figcaption{font-size:13px;color:var(--soft);margin-top:4px}
svg{width:100%;height:auto;display:block;font-size:13px}
svg text{fill:var(--ink)}
svg .tick{fill:var(--soft);font-size:12px}
svg .grid{stroke:var(--line);stroke-width:1}
svg path{fill:none}
svg .model{stroke:var(--accent);stroke-width:2.4;fill:none}
svg .model.thin{stroke-width:1.2}
svg .reference{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:5 4}
svg .all{stroke:var(--warm);stroke-width:1.8;stroke-dasharray:7 4}
svg .none{stroke:var(--ink);stroke-width:1.2}
svg .whisker{stroke:var(--ink);stroke-width:1.6}
svg .dot{fill:var(--accent);stroke:none}
svg .band{fill:var(--accent);fill-opacity:.14;stroke:none}
.scroll{overflow-x:auto}figure+.scroll,.pair+.scroll{margin-top:16px}
.plain{border-left:4px solid var(--accent);padding:2px 0 2px 16px;margin:22px 0 0}.plain p{margin:0 0 4px;font-weight:600}.plain ul{margin:0;padding-left:18px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;font-size:13px;color:var(--soft);padding-bottom:6px}
th,td{padding:7px 9px;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th:first-child,td:first-child{text-align:left;white-space:nowrap}
thead th{overflow-wrap:normal;border-bottom:2px solid var(--ink);font-weight:600;font-size:13px}
td .ci{color:var(--soft);font-size:12.5px;white-space:nowrap}
code{font-family:"JetBrains Mono","D2Coding",ui-monospace,Menlo,monospace;font-size:12.5px;word-break:break-all}
dl.facts{display:grid;grid-template-columns:minmax(140px,220px) 1fr;gap:6px 16px;font-size:14px}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0}
svg .flowbox{fill:var(--fill);stroke:var(--line);stroke-width:1.2}
svg .flowbox.strong{fill:#fff;stroke:var(--accent);stroke-width:2}
svg .arrow{stroke:var(--soft);stroke-width:1.4}svg path.tip{fill:var(--soft)}
.state{display:inline-block;border-radius:999px;padding:0 9px;font-size:12.5px;border:1px solid var(--line);white-space:nowrap}
.state.kept,.state.report{border-color:var(--accent);color:var(--accent)}
.state.departed,.state.open{border-color:var(--warm);color:var(--warm);font-weight:600}
table.words td,table.words th{text-align:left;white-space:normal}table.words th:first-child{white-space:nowrap}
details{margin:0 0 10px}summary{cursor:pointer;font-weight:600;font-size:15px;padding:6px 0}
ul.rules{padding-left:20px;font-size:14px}
.empty{border:1px dashed var(--line);border-radius:8px;padding:24px;color:var(--soft);text-align:center}
@media print{details:not([open])>*{display:revert}details::details-content{content-visibility:visible}main{padding:0;max-width:none}h2,h3,h3+p,summary{break-after:avoid}tr,figure,.key,.plain{break-inside:avoid}.keys{grid-template-columns:repeat(3,1fr)}.pair{grid-template-columns:1fr 1fr;gap:12px}
.pair figure:only-child{max-width:110mm}figure>svg{max-height:92mm}.scroll{overflow:visible}table{font-size:9.5pt}th,td{padding:4px 5px}td .ci{font-size:8.5pt;white-space:normal}.key dd{font-size:15pt}
@page{size:A4;margin:16mm}body{font-size:11pt}}
)CSS";
}

}  // namespace naru::evidence::page
