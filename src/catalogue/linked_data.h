#pragma once
/// A dataset's description for other catalogues. One graph, written as JSON-LD or as Turtle, so that both say the same.
///   HealthDCAT-AP release 5 (profile for data that is not public): its mandatory properties are always there.
///   schema.org/Dataset: what search engines for datasets read.
/// Source: HealthDCAT-AP 5 shapes (code.europa.eu/healthdataeu), DCAT-AP 3.0, Google's dataset search guidelines.
#include "catalogue/catalogue.h"

#include <string>
#include <string_view>

namespace naru::catalogue {

/// One dcat:Dataset. `base` is the address that ids are appended to. Figures appear for `full` sight only.
[[nodiscard]] std::string health_dcat_jsonld(const Dataset& dataset, Sight sight, std::string_view base);
[[nodiscard]] std::string health_dcat_turtle(const Dataset& dataset, Sight sight, std::string_view base);
/// One schema.org/Dataset as JSON-LD.
[[nodiscard]] std::string schema_org_jsonld(const Dataset& dataset, Sight sight, std::string_view base);

}  // namespace naru::catalogue
