#include "protect/output_control.h"

#include "base/digest.h"
#include "base/json.h"
#include "protect/attack.h"

#include <cmath>

namespace naru::protect {
namespace {

Result<std::int64_t> whole(const Reader& reader, std::string_view key, std::int64_t least, std::int64_t most) {
  NARU_ASSIGN(const auto value, reader.integer(key));
  if (value >= least && value <= most) return value;
  return rejected(say("must be from {} to {}", "{}에서 {} 사이여야 합니다", least, most),
                  reader.where() + "." + std::string(key));
}

Result<double> between(const Reader& reader, std::string_view key, double least, double most) {
  NARU_ASSIGN(const auto value, reader.number(key));
  if (std::isfinite(value) && value > least && value <= most) return value;
  return rejected(say("must be more than {} and at most {}", "{}보다 크고 {} 이하여야 합니다", least, most),
                  reader.where() + "." + std::string(key));
}

Result<Zeros> zeros_of(const Reader& reader) {
  NARU_ASSIGN(const auto word, reader.text("zeros"));
  if (word == "shown") return Zeros::shown;
  if (word == "hidden") return Zeros::hidden;
  return rejected(say("\"{}\" is neither \"shown\" nor \"hidden\"", "\"{}\"은(는) shown이나 hidden이 아닙니다", word),
                  reader.where() + ".zeros");
}

Done read_ledger(const Reader& root, OutputControl& out) {
  NARU_ASSIGN(const auto ledger, root.object("ledger"));
  NARU_CHECK(ledger.only({"depth", "answers_exact", "answers_project", "answers_release"}));
  NARU_ASSIGN(out.ledger.depth, whole(ledger, "depth", 2, 4));
  NARU_ASSIGN(out.ledger.answers_exact, whole(ledger, "answers_exact", 0, 1'000'000));
  NARU_ASSIGN(out.ledger.answers_project, whole(ledger, "answers_project", 1, 1'000'000));
  NARU_ASSIGN(out.ledger.answers_release, whole(ledger, "answers_release", out.ledger.answers_project, 1'000'000));
  NARU_ASSIGN(const auto perturbation, root.object("perturbation"));
  NARU_CHECK(perturbation.only({"spread", "variance"}));
  NARU_ASSIGN(out.perturbation.spread, whole(perturbation, "spread", 0, 100));
  // More than a uniform spread has does not exist within it.
  const auto spread = out.perturbation.spread;
  NARU_ASSIGN(out.perturbation.variance,
              whole(perturbation, "variance", spread == 0 ? 0 : 1, spread * (spread + 1) / 3));
  // More exact answers than the ledger combines leave a sum that nobody looked at.
  if (spread > 0 && out.ledger.answers_exact > out.ledger.depth) {
    return rejected(say("at most {} exact answers, as many as the ledger combines; those after them are perturbed",
                        "정확한 답변은 장부가 결합하는 {}개까지입니다. 그 이후는 교란합니다", out.ledger.depth),
                    ledger.where() + ".answers_exact");
  }
  if (spread == 0 && out.ledger.answers_exact < out.ledger.answers_release) {
    return rejected(
        say("answers after the exact ones need a perturbation: give a spread, or allow as many exact answers as "
            "answers",
            "정확한 답변 이후의 답변에는 교란이 필요합니다. spread를 주거나 answers_exact를 늘리세요"),
        perturbation.where() + ".spread");
  }
  return {};
}

Done read_rest(const Reader& root, OutputControl& out) {
  NARU_ASSIGN(const auto dominance, root.object("dominance"));
  NARU_CHECK(dominance.only({"n", "share", "p_percent"}));
  NARU_ASSIGN(out.dominance.n, whole(dominance, "n", 1, 100));
  NARU_ASSIGN(out.dominance.share, between(dominance, "share", 0, 1));
  NARU_ASSIGN(out.dominance.p_percent, between(dominance, "p_percent", 0, 1));
  NARU_ASSIGN(const auto models, root.object("models"));
  NARU_CHECK(models.only({"degrees_of_freedom", "events"}));
  NARU_ASSIGN(out.models.degrees_of_freedom, whole(models, "degrees_of_freedom", 1, 1'000'000));
  NARU_ASSIGN(out.models.events, whole(models, "events", 2, 1'000'000));
  NARU_ASSIGN(const auto noise, root.object("noise"));
  NARU_CHECK(noise.only({"rho", "delta"}));
  NARU_ASSIGN(out.noise.rho, between(noise, "rho", 0, 100));
  NARU_ASSIGN(out.noise.delta, between(noise, "delta", 0, 0.001));
  NARU_ASSIGN(const auto attack, root.object("attack"));
  NARU_CHECK(attack.only({"questions", "attempts", "advantage_max"}));
  NARU_ASSIGN(out.attack.questions, whole(attack, "questions", 1, 100'000));
  NARU_ASSIGN(out.attack.attempts, whole(attack, "attempts", 20, 100'000));
  NARU_ASSIGN(out.attack.advantage_max, between(attack, "advantage_max", 0, 1));
  return {};
}

}  // namespace

Done check_promise(const OutputRules& rules, const OutputControl& control, const std::string& where) {
  const double expected = advantage_expected(rules, control);
  if (expected <= control.attack.advantage_max) return {};
  return rejected(say("by the noise and the number of questions allowed an attacker is expected to reach {:.3f}",
                      "허용한 잡음과 질의 수로는 공격자의 이득이 {:.3f}에 이를 것으로 예상됩니다", expected),
                  where + ".attack.advantage_max",
                  say("more noise (perturbation.variance), fewer questions, or an honest bound",
                      "잡음(perturbation.variance)을 늘리거나 질의 수를 줄이거나 한도를 사실대로 적으세요"));
}

Result<OutputControl> read_output_control(const Json& section, const std::string& where) {
  NARU_ASSIGN(const auto root, Reader::of(section, where));
  NARU_CHECK(root.only({"zeros", "ledger", "perturbation", "dominance", "models", "noise", "attack", "clause"}));
  OutputControl out;
  NARU_ASSIGN(out.zeros, zeros_of(root));
  NARU_CHECK(read_ledger(root, out));
  NARU_CHECK(read_rest(root, out));
  NARU_ASSIGN(out.clause, root.text("clause"));
  return out;
}

Result<OutputPreset> parse_output_preset(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto document, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto root, Reader::of(document, std::string(where)));
  NARU_CHECK(root.only({"id", "version", "title", "source", "verified", "outputs", "disclosure"}));
  OutputPreset out;
  NARU_ASSIGN(out.id, root.text("id"));
  if (!is_plain_name(out.id)) {
    return rejected(say("letters, digits, '-', '_' and '.' only", "영문자, 숫자, '-', '_', '.'만 됩니다"),
                    root.where() + ".id");
  }
  NARU_ASSIGN(out.version, whole(root, "version", 1, 1'000'000));
  NARU_ASSIGN(const auto title, root.object("title"));
  NARU_CHECK(title.only({"en", "ko"}));
  NARU_ASSIGN(out.title.en, title.text("en"));
  NARU_ASSIGN(out.title.ko, title.text("ko"));
  NARU_ASSIGN(out.source, root.text("source"));
  NARU_ASSIGN(out.verified, root.boolean("verified"));
  NARU_ASSIGN(const auto outputs, root.object("outputs"));
  NARU_CHECK(outputs.only({"min_cell", "round_to", "complementary", "clause"}));
  NARU_ASSIGN(out.rules.min_cell, whole(outputs, "min_cell", 2, 1'000'000));
  NARU_ASSIGN(out.rules.round_to, whole(outputs, "round_to", 1, 1'000'000));
  NARU_ASSIGN(out.rules.complementary, outputs.boolean("complementary"));
  NARU_ASSIGN([[maybe_unused]] const auto clause, outputs.text("clause"));
  NARU_ASSIGN(const auto disclosure, root.object("disclosure"));
  NARU_ASSIGN(out.control, read_output_control(disclosure.raw(), disclosure.where()));
  out.rules.zeros = out.control.zeros;
  NARU_CHECK(check_promise(out.rules, out.control, disclosure.where()));
  out.hash = hex(sha256(canonical(document)));
  return out;
}

Result<OutputPreset> find_output_preset(const std::filesystem::path& share, std::string_view id) {
  const auto folder = share / "policies" / "outputs";
  const auto file = folder / (std::string(id) + ".yaml");
  if (is_plain_name(id) && fs::exists(file)) {
    NARU_ASSIGN(const auto text, read_file(file, 1U << 20));
    return parse_output_preset(text, file.filename().string());
  }
  std::string known;
  if (const auto files = list_files(folder, false); files.ok()) {
    for (const auto& each : *files)
      if (each.extension() == ".yaml") known += (known.empty() ? "" : ", ") + each.stem().string();
  }
  return not_found(say("there are no output rules of that name", "그런 이름의 반출 규칙이 없습니다"), std::string(id),
                   say("there are: {}", "있는 규칙: {}", known));
}

}  // namespace naru::protect
