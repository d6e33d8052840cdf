// Times as the record holds them: "2026-03-21T08:00:00.000Z", which sort as text.
#pragma once

#include <string>
#include <string_view>

namespace pgolf {

std::string utc_now();
bool is_utc(std::string_view text);
// The same, or a millisecond after `earlier` if the clock was set back behind it: rows keep the order in which
// they were made.
std::string utc_now_after(const std::string& earlier);

}  // namespace pgolf
