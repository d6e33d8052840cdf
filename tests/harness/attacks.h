// What the fake engine does when a test tells it to be hostile. Each attack prints one line per attempt on standard
// output, "<what>: refused" or "<what>: done", so that a test reads what came of it in the phase's record.
#pragma once

#include <string>

namespace pgolf {

// What the attacks know: the phase's own directory, and whatever the test names after the colon.
struct AttackGround {
  std::string phase, run_dir, data_dir, argument;
};

// Returns whether the attack of this name exists; the phase's own work follows if `then_work` stays true.
bool attack(const std::string& name, const AttackGround& ground, bool& then_work);

// Prints what came of an attempt.
void tell(const std::string& what, bool done);

namespace excess {

void endless_events(const AttackGround& ground);
void endless_errors(const AttackGround& ground);
void giant_file(const AttackGround& ground);
void many_files(const AttackGround& ground);
void daemon(const AttackGround& ground);
void fork_bomb(const AttackGround& ground);
void crowd(const AttackGround& ground);
void fill_disk(const AttackGround& ground);
void hold_memory(const AttackGround& ground);

}  // namespace excess

namespace kernel {

void run_programs(const AttackGround& ground);
void connect_to_file(const AttackGround& ground);
void call_the_kernel(const AttackGround& ground);
void hide_memory(const AttackGround& ground);
void look_for_texts(const AttackGround& ground);

}  // namespace kernel

}  // namespace pgolf
