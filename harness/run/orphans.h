// Processes that outlived the pgolf that started them: every process of a phase carries a mark in its environment.
//
// The engine dies with its supervisor; but bubblewrap, killed between starting its child and answering it, leaves the
// child waiting for ever, and without a sandbox a daemon survives.
#pragma once

#include <string>

namespace pgolf {

// "PGOLF_SUPERVISOR=<process>:<its start>:<boot and namespace>", of the caller.
std::string supervisor_mark();

// Kills every process that carries the mark of a supervisor of this boot and process namespace that is dead. Returns
// how many.
int end_orphans();

}  // namespace pgolf
