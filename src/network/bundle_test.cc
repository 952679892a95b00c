#include "network/bundle.h"

#include "base/files.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::network;

TEST_CASE("a bundle comes back as it went in") {
  const auto body = pack({{"a.parquet", std::string("\0\1PAR1", 6)}, {"b.json", "{}"}, {"empty", ""}});
  const auto back = unpack(body, "test");
  REQUIRE(back.ok());
  REQUIRE(back->size() == 3);
  CHECK((*back)[0].content == std::string("\0\1PAR1", 6));
  CHECK((*back)[2].content.empty());
}

TEST_CASE("a bundle cut anywhere or with any byte changed is refused") {
  const auto body = pack({{"a", "hello"}, {"b", "world"}});
  for (std::size_t i = 0; i < body.size(); ++i) {
    CHECK_FALSE(unpack(body.substr(0, i), "test").ok());
    auto changed = body;
    changed[i] = static_cast<char>(changed[i] ^ 0x21);
    const auto back = unpack(changed, "test");
    // A changed name is the one change its own digest cannot see; the envelope's signature does.
    if (back.ok()) CHECK((back->at(0).name != "a" || back->at(1).name != "b"));
  }
}

TEST_CASE("a bundle cannot write outside its folder") {
  CHECK_FALSE(unpack(pack({{"../evil", "x"}}), "test").ok());
  CHECK_FALSE(unpack(pack({{"a/b", "x"}}), "test").ok());
  CHECK_FALSE(unpack(pack({{"a", "x"}, {"a", "y"}}), "test").ok());
  ScratchFolder scratch("bundle");
  REQUIRE(unpack_folder(pack({{"a", "1"}}), scratch.path() / "in", "test").ok());
  REQUIRE(unpack_folder(pack({{"b", "2"}}), scratch.path() / "in", "test").ok());
  CHECK_FALSE(fs::exists(scratch.path() / "in" / "a"));
  CHECK(*read_file(scratch.path() / "in" / "b") == "2");
}
