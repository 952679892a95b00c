#include <array>
#include <utility>

#include "vocabulary/vocabulary.h"

namespace naru::vocabulary {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// KR Core v2 writes Korean code systems below hl7korea.or.kr; the older draft below hins.or.kr is left out on purpose,
// because its code lists differ.
constexpr std::array systems = {
    Pair{"http://snomed.info/sct", "SNOMED"},
    Pair{"http://loinc.org", "LOINC"},
    Pair{"http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"},
    Pair{"http://hl7.org/fhir/sid/cvx", "CVX"},
    Pair{"http://hl7.org/fhir/sid/ndc", "NDC"},
    Pair{"http://hl7.org/fhir/sid/icd-10", "ICD10"},
    Pair{"http://hl7.org/fhir/sid/icd-10-cm", "ICD10CM"},
    Pair{"http://hl7.org/fhir/sid/icd-9-cm", "ICD9CM"},
    Pair{"http://www.ama-assn.org/go/cpt", "CPT4"},
    Pair{"http://unitsofmeasure.org", "UCUM"},
    Pair{"http://www.whocc.no/atc", "ATC"},
    Pair{"http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8", "KCD8"},
    Pair{"http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-7", "KCD7"},
    Pair{"http://www.hl7korea.or.kr/CodeSystem/hira-edi-procedure", "EDI"},
    Pair{"http://www.hl7korea.or.kr/CodeSystem/hira-edi-medication", "EDI"},
    Pair{"http://www.hl7korea.or.kr/CodeSystem/kpis-kdcode", "KPIS"},
    Pair{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "ActCode"},
    Pair{"urn:oid:2.16.840.1.113883.6.96", "SNOMED"},
    Pair{"urn:oid:2.16.840.1.113883.6.1", "LOINC"},
    Pair{"urn:oid:2.16.840.1.113883.6.88", "RxNorm"},
};

}  // namespace

std::string_view vocabulary_of_system(std::string_view uri) {
  for (const auto& [system, vocabulary] : systems) {
    if (system == uri) return vocabulary;
  }
  return {};
}

}  // namespace naru::vocabulary
