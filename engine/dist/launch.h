// Starts the processes of a phase and ends them together.
#pragma once

#include <chrono>
#include <functional>

#include "engine/dist/comm.h"

namespace pgolf {

// Runs `body` in `processes` forked processes, which talk through the Comm that Team::join gives for the device that
// `device_of` returns; nothing may have touched a GPU before. Waits for all of them. If one ends badly, or shows no
// sign of life for `hung_after` and for far longer than ever before while the others wait, all are ended within seconds
// and one line on stderr names it and the cause. Returns an exit status: 0, that of the process which failed, or
// machine's.
int launch(int processes, const std::function<Device(int process)>& device_of, const std::function<void(Comm&)>& body,
           std::chrono::seconds hung_after = std::chrono::seconds(30));

}  // namespace pgolf
