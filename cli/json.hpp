// Purpose: JSON, its keys in the order in which they were written.
// Floor:   cli.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace allot::cli {

using Json = nlohmann::ordered_json;

/// The text of it, with a line end. Bytes of names that are no UTF-8 become U+FFFD.
inline std::string json_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace allot::cli
