#include "harness/commands/registry.h"

int main(int argc, char** argv) { return pgolf::run_command_line(argc, argv, pgolf::kVerbs); }
