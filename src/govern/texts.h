#pragma once
/// The room below reads and writes texts as JSON the same way. Include from .cc files only.
#include "catalogue/texts.h"

namespace naru::govern {

using catalogue::text_in;
using catalogue::text_json;
using catalogue::text_of;
using catalogue::texts_or_none;

}  // namespace naru::govern
