#include "linkage/normalise.h"

#include <doctest/doctest.h>

using namespace naru::linkage;

TEST_CASE("names are the same however blanks, case, punctuation and Unicode forms are written") {
  CHECK(normalise_name(" 김 지섭 ") == "김지섭");
  CHECK(normalise_name("O'Neil, mary-ann") == "ONEILMARYANN");
  CHECK(normalise_name("\u1100\u1175\u11B7\u110C\u1175\u1109\u1165\u11B8") == "김지섭");  // conjoining jamo
  CHECK(normalise_name("Ｋｉｍ　지섭") == "KIM지섭");
  CHECK(normalise_name("José") == normalise_name("JOSÉ"));
  CHECK(normalise_name("(재)김지섭·") == "재김지섭");
  CHECK(normalise_name("\xB1\xE8") == "");  // not UTF-8
}

TEST_CASE("telephone numbers are compared as national digits") {
  CHECK(normalise_phone("010-1234-5678") == "01012345678");
  CHECK(normalise_phone("+82 10 1234 5678") == "01012345678");
  CHECK(normalise_phone("0082-10-1234-5678") == "01012345678");
  CHECK(normalise_phone("０１０ １２３４ ５６７８") == "01012345678");
  CHECK(normalise_phone("119") == "");
  CHECK(normalise_phone("02-312-3456") == "023123456");
}

TEST_CASE("sex is read in the ways sources write it, and anything else is unknown") {
  CHECK(normalise_sex("male") == "M");
  CHECK(normalise_sex("남") == "M");
  CHECK(normalise_sex(" f ") == "F");
  CHECK(normalise_sex("2") == "F");
  CHECK(normalise_sex("unknown") == "");
  CHECK(normalise_sex("") == "");
}

TEST_CASE("the skeleton of a name survives slips of vowels, finals and tense consonants") {
  CHECK(name_skeleton("김지섭") == name_skeleton("김제섭"));
  CHECK(name_skeleton("김지섭") == name_skeleton("낌지섬"));
  CHECK(name_skeleton("김지섭") == name_skeleton("킴치썹"));
  CHECK(name_skeleton("김지섭") != name_skeleton("이지섭"));
  CHECK(name_skeleton("JONSSON") == name_skeleton("JANSON"));
  CHECK(name_skeleton("") == "");
}
