// Processes that outlived the pgolf that started them.
//
// The engine dies with its supervisor; but bubblewrap, killed between starting its child and answering it, leaves the
// child waiting for ever, and without a sandbox a daemon survives.
#pragma once

namespace pgolf {

// Kills every process that carries the mark (sandbox/supervisor_mark.h) of a supervisor of this boot and process
// namespace that is dead. Returns how many.
int end_orphans();

}  // namespace pgolf
