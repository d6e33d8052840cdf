#include "engine/core/shared_library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace pgolf {

void* SharedLibrary::try_open(const std::string& name, std::string& problem) {
  for (const std::string& path : {name, "/usr/local/cuda/lib64/" + name}) {
    if (void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
    if (problem.empty()) problem = dlerror();
  }
  return nullptr;
}

SharedLibrary::SharedLibrary(const std::string& name, const char* remedy) : name_(name) {
  std::string problem;
  handle_ = try_open(name, problem);
  if (handle_ == nullptr) fail(ErrorKind::machine, "{} could not be opened ({}); {}", name, problem, remedy);
}

void* SharedLibrary::symbol(const char* name) const {
  void* found = dlsym(handle_, name);
  if (found == nullptr)
    fail(ErrorKind::machine, "{} has no function {}; install the version of this build's CUDA", name_, name);
  return found;
}

}  // namespace pgolf
