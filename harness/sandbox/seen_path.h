// A path as another process sees it, which may have a root of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace pgolf {

// Whether the process may see such a file. Where a link on the way leads nowhere for us it may lead somewhere for it,
// as /proc/self does: only what is missing for certain is not there. `path` is absolute.
bool may_be_there(pid_t pid, const std::filesystem::path& path);

// Whether it is there, and no link on the way makes it another file than its letters say.
bool is_what_it_says(pid_t pid, const std::filesystem::path& path);

}  // namespace pgolf
