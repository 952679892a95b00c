#pragma once
/// What the authority keeps about questions: definitions on offer, and every answer received under a right, whoever
/// carried it (portal or command line).
#include "network/identity.h"

#include <string>
#include <string_view>

namespace naru::network {

/// RIGHT/TIME-ID → what `Coordinator::ask` answered, with "id", "at_ms", "account" and "title".
inline constexpr std::string_view answers_collection = "answers";
/// id → {"id","title","description","expression","text"}; "text" is the definition as its author wrote it.
inline constexpr std::string_view definitions_collection = "definitions";

struct OfferedDefinition {
  std::string id;  ///< plain name
  Text title;
  Text description = {};
  std::string text;  ///< Circe JSON
};

/// Puts a definition on offer, replacing one of the same id. Errors: rejected when the text is no cohort expression
/// that can be answered (the feature and its place are named) or the id is not plain.
[[nodiscard]] Done offer_definition(Site& site, const OfferedDefinition& definition, std::string_view account);
/// A JSON array of the documents, by id.
[[nodiscard]] Result<std::string> offered_definitions(engine::Records& records);

/// Keeps an answer; returns it with "id", "at_ms", "account" and "title" added. `title` may be empty.
/// The title of the definition on offer with exactly this text; empty when there is none.
[[nodiscard]] Result<Text> offered_title(engine::Records& records, std::string_view text);
/// REQUIRES: `told` is the JSON object of an answer.
[[nodiscard]] Result<std::string> keep_answer(Site& site, std::string_view told, std::string_view account,
                                              const Text& title);
/// A JSON array of the answers under a right, newest first.
[[nodiscard]] Result<std::string> kept_answers(engine::Records& records, std::string_view right);

}  // namespace naru::network
