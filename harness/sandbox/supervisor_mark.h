// The mark that every process of a phase carries in its environment: which pgolf started it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/process_id.h"

namespace pgolf {

inline constexpr std::string_view kSupervisorMark = "PGOLF_SUPERVISOR=";

// "PGOLF_SUPERVISOR=<process>:<its start>:<boot and namespace>" of the caller.
std::string supervisor_mark();

// The supervisor that an environment variable names; nothing if it is not a mark of this boot and process namespace.
std::optional<ProcessId> marked_supervisor(std::string_view variable);

}  // namespace pgolf
