// Threads for the CPU backend. Work is cut into pieces of a fixed grain, so results do not depend on how many run it.
// A program that holds them keeps OpenBLAS at one thread, from its start on.
#pragma once

#include <cstdint>
#include <functional>

namespace pgolf {

// Threads of all later parallel_for calls, the caller included; default: hardware threads.
void set_num_threads(int threads);
int num_threads();

// Calls body(begin, end) for consecutive pieces of [0, n) of at most `grain`; returns when all are done.
// Pieces may run at once and must not depend on each other. Exceptions of a piece are rethrown here. Does not nest:
// inside a piece it runs serially.
void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace pgolf
