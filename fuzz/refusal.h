// What may come out of a parser besides a result.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/message.h"

namespace pgolf::fuzz {

// Runs `parse`; a refusal must blame the input and be short. What it quotes of the input is made one line where it is
// printed (base/message.h).
template <class Parse>
void parse_or_refuse(Parse&& parse) {
  try {
    parse();
  } catch (const Error& e) {
    const std::string_view message = e.what();
    if (message.empty() || as_message(std::string(message)).find('\n') != std::string::npos)
      throw std::logic_error("a refusal that is not one line");
    if (e.kind() != ErrorKind::usage && e.kind() != ErrorKind::submission && e.kind() != ErrorKind::limit)
      throw std::logic_error("a refusal that blames something else: " + std::string(message));
  }
}

inline void hold(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

}  // namespace pgolf::fuzz
