#pragma once
/// What the command line itself says: words of --help, the groups of commands, and what is wrong with a call's words.
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace naru::cli {

/// The last `--lang` among the words, or `fallback`: --help and refusals of the parser speak it too.
[[nodiscard]] Language language_in(const std::vector<std::string>& arguments, Language fallback);
/// The frame of --help ("Usage", "Options" …) in that language. REQUIRES: before sub-commands are added.
void name_labels(CLI::App& root, Language language);
/// What a group such as "cohort" is about; empty for another word.
[[nodiscard]] Text group_summary(std::string_view path);
/// The parser's refusal in both languages. `arguments` in the order written.
[[nodiscard]] Error usage_of(const CLI::ParseError& error, const CLI::App& root,
                             const std::vector<std::string>& arguments);
/// A group was named, none of its commands.
[[nodiscard]] Error no_command(const CLI::App& group);

}  // namespace naru::cli
