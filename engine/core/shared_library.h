// Libraries that are opened when they are first needed, so that a program starts where they are missing.
#pragma once

#include <string>

namespace pgolf {

class SharedLibrary {
 public:
  // Looks where the loader looks (LD_LIBRARY_PATH, the program's run path, the system's list), then in /usr/local/cuda.
  // Errors: machine, naming the library and `remedy`.
  SharedLibrary(const std::string& name, const char* remedy);

  // Null where it could not be opened; `problem` then says why.
  static void* try_open(const std::string& name, std::string& problem);

  // The function `name`, typed like its declaration. Errors: machine (the library is of another version).
  template <class Function>
  void bind(Function*& function, const char* name) const {
    function = reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;

  std::string name_;
  void* handle_;  // stays open until the process ends
};

}  // namespace pgolf
