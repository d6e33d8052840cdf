#include "engine/dist/status.h"

#include <cstdio>
#include <new>

#include "base/error.h"

namespace pgolf {

int status_of(const std::function<void()>& run) {
  try {
    run();
    return 0;
  } catch (const Error& e) {
    fmt::print(stderr, "pgolf-engine: {}\n", e.what());
    return e.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "pgolf-engine: out of memory; use a smaller profile or batch\n");
  } catch (const std::exception& e) {
    fmt::print(stderr, "pgolf-engine: internal error: {}\n", e.what());
  }
  return static_cast<int>(ErrorKind::machine);
}

}  // namespace pgolf
