// One main for every room's unit tests: a test that cannot run here prints a line starting with SKIPPED and the
// reason; the process then ends with 77, which ctest shows as skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace naru::test {
bool& skipped_flag() {
  static bool flag = false;
  return flag;
}
}  // namespace naru::test

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failed = context.run();
  if (context.shouldExit() || failed != 0) return failed;
  return naru::test::skipped_flag() ? 77 : 0;
}
