#include "cli/command.h"

#include "base/json.h"
#include "cli/usage.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>

namespace naru::cli {
namespace {

bool is_positional(const Option& option) { return !option.name.starts_with("-"); }

Error not_in_range(std::string_view name, std::string_view wanted) {
  return usage_error(say("{} needs {}", "{}의 값은 {}이어야 합니다", name, wanted), std::string(name),
                     say("see --help of the command", "명령의 --help를 보세요"));
}

// Options every command has.
struct Common {
  bool json = false;
  std::string language;
};

struct Bound {
  const Command* command;
  CLI::App* app;
  std::map<std::string, std::string> single;
  std::map<std::string, std::vector<std::string>> several;
  std::map<std::string, bool> flags;
};

void bind_option(Bound& bound, const Option& option, bool has_children, Language language) {
  const auto& help = option.help.in(language);
  if (!is_positional(option) && option.metavar.empty()) {
    bound.app->add_flag(option.name, bound.flags[option.name], help);
    return;
  }
  // A list bound to an option would swallow the words that follow it: only what may repeat is one.
  auto* made = option.repeated ? bound.app->add_option(option.name, bound.several[option.name], help)
                               : bound.app->add_option(option.name, bound.single[option.name], help);
  // "synth lake" must not ask for what "synth" alone requires: there `check_required` asks.
  made->type_name(option.required && has_children ? option.metavar + " REQUIRED" : option.metavar);
  if (option.required && !has_children) made->required();
  if (option.repeated && !is_positional(option)) made->expected(1)->allow_extra_args(false)->take_all();
  if (!option.fallback.empty()) made->default_str(option.fallback);
}

Call call_of(const Bound& bound) {
  Call call;
  for (const auto& option : bound.command->options) {
    const auto one = bound.single.find(option.name);
    const auto list = bound.several.find(option.name);
    if (one != bound.single.end() && bound.app->count(option.name) > 0) {
      call.given[option.name] = {one->second};
    } else if (list != bound.several.end() && !list->second.empty()) {
      call.given[option.name] = list->second;
    } else if (const auto flag = bound.flags.find(option.name); flag != bound.flags.end() && flag->second) {
      call.given[option.name] = {"true"};
    } else if (!option.fallback.empty()) {
      call.given[option.name] = {option.fallback};
    }
  }
  return call;
}

bool has_children(const std::vector<Command>& table, const Command& command) {
  return std::any_of(table.begin(), table.end(),
                     [&](const Command& other) { return other.path.starts_with(command.path + " "); });
}

Done check_required(const Command& command, const Call& call) {
  for (const auto& option : command.options) {
    // "--out --json": the word that was to be the value is missing.
    const bool swallowed =
        !is_positional(option) && !option.metavar.empty() && call.text(option.name).starts_with("--");
    if (swallowed) {
      return usage_error(say("{} takes one value", "{}에는 값이 하나 필요합니다", option.name), "command line",
                         say("see naru COMMAND --help", "naru COMMAND --help를 보세요"));
    }
    if (!option.required || call.has(option.name)) continue;
    return usage_error(say("{} is required", "{} 옵션이 필요합니다", option.name), "command line",
                       say("see naru COMMAND --help", "naru COMMAND --help를 보세요"));
  }
  return {};
}

/// An answer that did not reach its file was not given. A reader that closed its pipe has what it wanted.
int delivered(int status, Language language) {
  errno = 0;
  if ((std::fflush(stdout) == 0 && std::ferror(stdout) == 0) || errno == EPIPE) return status;
  const auto what = say("the answer could not be written to standard output", "표준 출력에 결과를 쓰지 못했습니다");
  std::fputs(("naru: " + what.in(language) + "\n").c_str(), stderr);
  return exit_status(ErrorKind::internal);
}

int report(const Error& error, bool json, Language language) {
  if (json) {
    std::fputs(pretty(json_of(error, language)).c_str(), stdout);
    return delivered(exit_status(error.kind), language);
  } else {
    std::string line = error.what.in(language);
    if (!error.where.empty()) line = error.where + ": " + line;
    if (!error.hint.empty()) line += "\n  → " + error.hint.in(language);
    std::fputs(("naru: " + line + "\n").c_str(), stderr);
  }
  return exit_status(error.kind);
}

int print(const Answer& answer, bool json, Language language) {
  if (json || answer.text.empty()) {
    std::fputs(answer.json.c_str(), stdout);
    if (!answer.json.ends_with('\n')) std::fputc('\n', stdout);
  } else {
    std::fputs(answer.text.in(language).c_str(), stdout);
    if (!answer.text.in(language).ends_with('\n')) std::fputc('\n', stdout);
  }
  return delivered(answer.status, language);
}

// Wherever it stands, before or after the command's words.
void add_common(CLI::App& app, Common& common, Language language) {
  app.set_help_flag("-h,--help", say("what the command does and takes", "명령의 설명과 옵션").in(language));
  app.add_flag("--json", common.json,
               say("one JSON document on standard output", "표준 출력에 JSON 문서 하나").in(language));
  app.add_option("--lang", common.language, say("en or ko", "en 또는 ko").in(language))
      ->check(CLI::IsMember({"en", "ko"}));
}

// Finds or makes the chain of sub-commands for "release build".
CLI::App* app_for(CLI::App& root, const Command& command, Common& common, Language language) {
  CLI::App* at = &root;
  std::string_view rest = command.path;
  while (!rest.empty()) {
    const auto space = rest.find(' ');
    const std::string word(rest.substr(0, space));
    rest = space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
    const auto known = at->get_subcommands([&](const CLI::App* app) { return app->get_name() == word; });
    if (known.empty()) {
      const auto path = command.path.substr(0, command.path.size() - rest.size() - (rest.empty() ? 0 : 1));
      at = at->add_subcommand(word, group_summary(path).in(language));
      at->group(say("Subcommands", "명령").in(language));
      add_common(*at, common, language);
    } else {
      at = known.front();
    }
    if (!rest.empty()) at->require_subcommand(0, 1);
  }
  at->description(command.summary.in(language));
  return at;
}

int run_bound(const Bound& bound, const Context& context, bool json, Language language) {
  const Context here{context.clock, context.random, context.progress, language, context.program, context.share};
  try {
    const auto call = call_of(bound);
    if (const auto complete = check_required(*bound.command, call); !complete.ok()) {
      return report(complete.error(), json, language);
    }
    const auto answer = bound.command->run(call, here);
    if (!answer.ok()) return report(answer.error(), json, language);
    return print(*answer, json, language);
  } catch (const std::exception& error) {
    return report(internal_error(say("a defect or a broken machine stopped the command",
                                     "결함 또는 장비 문제로 명령이 중단되었습니다"),
                                 bound.command->path, {error.what(), error.what()}),
                  json, language);
  }
}

}  // namespace

std::string Call::text(std::string_view name) const {
  const auto found = given.find(name);
  return found == given.end() || found->second.empty() ? std::string{} : found->second.front();
}

std::vector<std::string> Call::texts(std::string_view name) const {
  const auto found = given.find(name);
  return found == given.end() ? std::vector<std::string>{} : found->second;
}

Result<std::int64_t> Call::integer(std::string_view name, std::int64_t least, std::int64_t most) const {
  const auto value = text(name);
  std::int64_t out = 0;
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (code != std::errc{} || end != value.data() + value.size() || out < least || out > most) {
    return not_in_range(name, fmt::format("{}..{}", least, most));
  }
  return out;
}

Result<double> Call::number(std::string_view name) const {
  const auto value = text(name);
  double out = 0;
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (code != std::errc{} || end != value.data() + value.size() || !std::isfinite(out)) {
    return usage_error(say("{} needs a number", "{}의 값은 숫자여야 합니다", name), std::string(name),
                       say("see --help of the command", "명령의 --help를 보세요"));
  }
  return out;
}

int run_command_line(const std::vector<Command>& table, const std::vector<std::string>& arguments,
                     const Context& context) {
  const auto language = language_in(arguments, context.language);
  CLI::App root("naru", "naru");
  name_labels(root, language);
  root.require_subcommand(0, 1);
  Common common;
  add_common(root, common, language);
  bool version = false;
  root.add_flag("--version", version, say("the program's version", "프로그램 버전").in(language));
  std::vector<std::unique_ptr<Bound>> bounds;
  for (const auto& command : table) {
    auto bound = std::make_unique<Bound>(Bound{&command, app_for(root, command, common, language), {}, {}, {}});
    const bool parent = has_children(table, command);
    for (const auto& option : command.options) bind_option(*bound, option, parent, language);
    bounds.push_back(std::move(bound));
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    root.parse(std::move(reversed));
  } catch (const CLI::CallForHelp& help) {
    root.exit(help);
    return delivered(0, language);
  } catch (const CLI::ParseError& error) {
    const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    return report(usage_of(error, root, arguments), json, language);
  }
  if (version) {
    const std::string text = "naru " NARU_VERSION;
    return print({canonical({{"version", NARU_VERSION}}), {text, text}, 0}, common.json, language);
  }
  for (const auto& bound : bounds) {
    if (bound->app->parsed() && bound->app->get_subcommands().empty()) {
      // Also where an option took "--json" for its value.
      const bool json = common.json || std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
      return run_bound(*bound, context, json, language);
    }
  }
  const CLI::App* group = &root;
  while (!group->get_subcommands().empty()) group = group->get_subcommands().front();
  if (common.json) return report(no_command(*group), true, language);
  std::fputs(root.help().c_str(), stdout);
  return exit_status(ErrorKind::usage);
}

std::string command_reference(const std::vector<Command>& table, Language language) {
  const bool korean = language == Language::korean;
  std::string out = korean ? "# 명령 참조\n\n명령 표에서 생성됩니다: `make docs`.\n"
                           : "# Command reference\n\nGenerated from the table of commands: `make docs`.\n";
  out += korean ? "\n모든 명령: `--json` (JSON 문서 하나), `--lang en|ko`, `--help`.\n"
                : "\nEvery command: `--json` (one JSON document), `--lang en|ko`, `--help`.\n";
  for (const auto& command : table) {
    out += fmt::format("\n## naru {}\n\n{}\n\n", command.path, command.summary.in(language));
    for (const auto& option : command.options) {
      out += fmt::format("- `{}{}{}`{}: {}", option.name, option.metavar.empty() || is_positional(option) ? "" : " ",
                         is_positional(option) ? "" : option.metavar, option.repeated ? " …" : "",
                         option.help.in(language));
      if (option.required) out += korean ? " (필수)" : " (required)";
      if (!option.fallback.empty()) out += (korean ? " (기본값 `" : " (default `") + option.fallback + "`)";
      out += "\n";
    }
  }
  return out;
}

}  // namespace naru::cli
