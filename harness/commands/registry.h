// The verbs of pgolf. To add one, write NAME.cc beside this file with `void add_NAME(Cli& cli)`, and a row here.
#pragma once

#include "harness/cli/cli.h"

// In the order of `pgolf --help`.
#define PGOLF_VERBS(ROW) \
  ROW(demo)              \
  ROW(new)               \
  ROW(adopt)             \
  ROW(reproduce)         \
  ROW(pack)              \
  ROW(eval)              \
  ROW(import_artifact)   \
  ROW(sweep)             \
  ROW(ablate)            \
  ROW(ls)                \
  ROW(show)              \
  ROW(tag)               \
  ROW(note)              \
  ROW(hide)              \
  ROW(withdraw)          \
  ROW(judge)             \
  ROW(audit)             \
  ROW(check)             \
  ROW(archive)           \
  ROW(report)            \
  ROW(compare)           \
  ROW(bundle)            \
  ROW(resolve)           \
  ROW(data)              \
  ROW(techniques)        \
  ROW(diff)              \
  ROW(doctor)            \
  ROW(bench)             \
  ROW(completion)

namespace pgolf {

#define PGOLF_DECLARE(name) void add_##name(Cli& cli);
PGOLF_VERBS(PGOLF_DECLARE)
#undef PGOLF_DECLARE

#define PGOLF_ENTRY(name) add_##name,
inline constexpr AddVerb kVerbs[] = {PGOLF_VERBS(PGOLF_ENTRY)};
#undef PGOLF_ENTRY

}  // namespace pgolf
