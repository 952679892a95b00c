#include "cli/outline.h"

#include "base/json.h"

#include <doctest/doctest.h>

using namespace naru;

TEST_CASE("an answer without words of its own is told in lines: nothing of it is lost but the tail of digests") {
  const Json answer{{"mode", "federated"},
                    {"distinct", false},
                    {"reason", nullptr},
                    {"definition", std::string(64, 'a')},
                    {"sites", {"a", "b"}},
                    {"none", Json::array()},
                    {"holders", {{{"site", "a"}, {"persons", 145}}, {{"site", "b"}, {"persons", nullptr}}}},
                    {"meter", {{"used", 1}, {"budget", 20}, {"left", 19}}}};
  CHECK(cli::outline(answer) ==
        "definition: aaaaaaaaaaaa…\ndistinct: false\nholders:\n  - persons 145, site a\n  - persons –, site b\n"
        "meter:\n  budget: 20\n  left: 19\n  used: 1\nmode: federated\nnone: –\nreason: –\nsites: a, b");
  CHECK(cli::outline(Json(3)) == "3");
  CHECK(cli::outline(Json::object()).empty());
}
