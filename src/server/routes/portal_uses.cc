// Who may use whose data, for everybody to read: one line for each use right, in the applicant's plain words. No
// account and no person's name; the right itself is seen after signing in.
#include "base/json.h"
#include "server/routes/portal.h"

namespace naru::server::portal {
namespace {

std::string plain_summary(const govern::Application& application) {
  const auto forms = parse_json(application.forms_json, application.id);
  if (!forms.ok()) return {};
  const auto found = forms->value("/summary/plain_language"_json_pointer, Json(nullptr));
  return found.is_string() ? found.get<std::string>() : std::string();
}

Result<Json> use_of(const Json& held, Desk& desk) {
  NARU_ASSIGN(const auto state, desk.office.application(held.at("application").get<std::string>()));
  const auto& application = state.application;
  const auto& right = held.at("right");
  const auto& revoked = held.at("revoked");
  return Json{{"right", right.at("id")},
              {"title", {{"en", application.title.en}, {"ko", application.title.ko}}},
              {"summary", plain_summary(application)},
              {"purpose", application.purpose},
              {"purpose_code", application.purpose_code},
              {"ai_use", application.ai_use},
              {"commercial", application.commercial},
              {"organisation", application.organisation},
              {"partners", application.partner_organisations},
              {"holders", application.holders},
              {"tables", application.tables},
              {"valid_from", right.at("valid_from")},
              {"valid_until", right.at("valid_until")},
              {"state", held.at("state")},
              {"answers", held.at("meter").at("used")},
              {"revoked_at", revoked.is_object() ? revoked.at("at") : Json(nullptr)}};
}

Result<Response> uses(const Request&, ServerContext& context) {
  Desk desk(context);
  const govern::Actor reader{"portal", context.site.description().name, {"auditor"}};
  NARU_ASSIGN(const auto text, desk.office.rights_json(reader, meter_of(context.records)));
  NARU_ASSIGN(const auto listed, parse_json(text, "rights"));
  Json out = Json::array();
  for (const auto& held : listed.value("rights", Json::array())) {
    NARU_ASSIGN(auto use, use_of(held, desk));
    out.push_back(std::move(use));
  }
  return json_response(canonical(Json{{"uses", std::move(out)}}));
}

}  // namespace

std::vector<Route> uses_routes() {
  return {{.method = "GET",
           .path = "/api/v1/uses",
           .summary = say("The public register: who may use the data, for what, until when, and how often they did",
                          "공개 대장: 누가 무엇을 위해 언제까지 자료를 쓰고 몇 번 썼는지"),
           .access = Access::open,
           .handler = uses}};
}

}  // namespace naru::server::portal
