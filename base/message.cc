#include "base/message.h"

#include "base/clean_text.h"
#include "base/utf8.h"

namespace pgolf {

std::string as_message(std::string text) {
  constexpr size_t kLongestMessage = 2000;
  if (text.size() > kLongestMessage) text = std::string(utf8_prefix(text, kLongestMessage)) + "...";
  return as_line(text);
}

}  // namespace pgolf
