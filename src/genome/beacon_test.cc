#include "genome/beacon.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::genome;

namespace {

constexpr std::string_view table =
    "chrom\tpos\tref\talt\tac\tan\tac_het\tac_hom\tac_hemi\n"
    "chr20\t101\tA\tT\t30\t100\t\t\t\n"
    "chr20\t201\tACGT\tA\t12\t100\t\t\t\n"
    "chr20\t301\tG\tC\t\t100\t\t\t\n"  // suppressed
    "chr20\t401\tG\tGTT\t9\t100\t\t\t\n"
    "chrM\t5\tC\tT\t40\t80\t\t\t\n";

bool exists(BeaconParameters parameters, std::int64_t least = 10) {
  const auto set = beacon_set("h", "GRCh38", table, least);
  REQUIRE(set.ok());
  const auto question = beacon_question(parameters);
  REQUIRE(question.ok());
  return beacon_exists(*set, *question);
}

std::string refused_at(BeaconParameters parameters) {
  const auto question = beacon_question(parameters);
  REQUIRE_FALSE(question.ok());
  CHECK(question.error().kind == ErrorKind::usage);
  return question.error().where;
}

}  // namespace

TEST_CASE("an exact allele is found at its 0-based start, under any name of its chromosome") {
  for (const auto* name : {"20", "chr20", "NC_000020.11"}) {
    CHECK(exists({{"referenceName", name}, {"start", "100"}, {"referenceBases", "A"}, {"alternateBases", "t"}}));
    CHECK_FALSE(exists({{"referenceName", name}, {"start", "101"}, {"alternateBases", "T"}}));
    CHECK_FALSE(exists({{"referenceName", name}, {"start", "100"}, {"alternateBases", "C"}}));
  }
  CHECK_FALSE(exists({{"referenceName", "2"}, {"start", "100"}, {"alternateBases", "T"}}));
  CHECK(exists({{"referenceName", "MT"}, {"start", "4"}, {"alternateBases", "T"}}));
  CHECK(exists({{"referenceName", "NC_012920.1"}, {"start", "4"}}));
}

TEST_CASE("a range holds what overlaps it, a bracket what begins and ends inside") {
  const auto range = [](const char* from, const char* to) {
    return exists({{"referenceName", "20"}, {"start", from}, {"end", to}});
  };
  CHECK(range("203", "204"));        // the last base of the deletion's reference
  CHECK_FALSE(range("204", "300"));  // half-open: the deletion ends at 204
  CHECK(range("150", "201"));
  CHECK_FALSE(range("150", "200"));
  CHECK(exists({{"referenceName", "20"}, {"start", "150,200"}, {"end", "204,210"}}));
  CHECK_FALSE(exists({{"referenceName", "20"}, {"start", "150,199"}, {"end", "204,210"}}));
  CHECK_FALSE(exists({{"referenceName", "20"}, {"start", "150,200"}, {"end", "205,210"}}));
  CHECK(exists({{"referenceName", "20"}, {"start", "0"}, {"end", "1000"}, {"variantType", "DEL"}}));
  CHECK_FALSE(exists({{"referenceName", "20"}, {"start", "0"}, {"end", "1000"}, {"variantType", "INS"}}));
}

TEST_CASE("what is suppressed or rarer than the threshold is answered like what is not there") {
  const BeaconParameters rare{{"referenceName", "20"}, {"start", "400"}, {"alternateBases", "GTT"}};
  CHECK_FALSE(exists(rare));
  CHECK(exists(rare, 9));
  CHECK_FALSE(exists({{"referenceName", "20"}, {"start", "300"}, {"alternateBases", "C"}}, 1));
  CHECK_FALSE(exists({{"referenceName", "20"}, {"start", "100"}, {"assemblyId", "GRCh37"}}));
  CHECK(exists({{"referenceName", "20"}, {"start", "100"}, {"assemblyId", "hg38"}}));
  CHECK(exists({}));
}

TEST_CASE("a parameter that is not understood or not supported is named, never passed over") {
  CHECK(refused_at({{"referenceName", "20"}, {"start", "notanumber"}}) == "start");
  CHECK(refused_at({{"referenceName", "20"}, {"start", "-1"}}) == "start");
  CHECK(refused_at({{"referenceName", "20"}, {"start", "1,2,3"}}) == "start");
  CHECK(refused_at({{"start", "5"}}) == "referenceName");
  CHECK(refused_at({{"referenceName", "20"}, {"end", "5"}}) == "start");
  CHECK(refused_at({{"alternateBases", "N"}}) == "alternateBases");
  CHECK(refused_at({{"variantType", "CNV"}}) == "variantType");
  for (const auto* name : {"geneId", "filters", "aminoacidChange", "variantMinLength", "datasets"}) {
    CHECK(refused_at({{name, "x"}}) == name);
  }
}

TEST_CASE("a table that is none, and a threshold below one, are refused") {
  CHECK(beacon_set("h", "GRCh38", "chrom,pos\n", 10).error().kind == ErrorKind::rejected);
  CHECK(beacon_set("h", "GRCh38", table, 0).error().kind == ErrorKind::usage);
  CHECK(beacon_set("h", "GRCh38", "chrom\tpos\tref\talt\tac\tan\tac_het\tac_hom\tac_hemi\n20\tx\tA\tC\t9\t9\t\t\t\n", 1)
            .error()
            .where == "line 2");
}
