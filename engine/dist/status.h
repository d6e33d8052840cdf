// How a process of the engine ends: what went wrong becomes one line on stderr and an exit status.
#pragma once

#include <functional>

namespace pgolf {

// 0, or the exit status of what `run` threw, which is told on stderr (docs/exit-codes.md).
int status_of(const std::function<void()>& run);

}  // namespace pgolf
