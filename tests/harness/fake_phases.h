// The work of the fake engine's phases, on made-up numbers.
#pragma once

#include <map>
#include <string>

namespace pgolf {

using Options = std::map<std::string, std::string>;  // "--run" -> its value; what a test changes has no dashes

void sleep_s(double seconds);

// Does what `phase` is asked to do: its events, and its files in --run.
void work(const std::string& phase, const Options& options);

}  // namespace pgolf
