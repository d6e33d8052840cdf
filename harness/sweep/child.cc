#include "harness/sweep/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/file.h"

namespace pgolf {
namespace fs = std::filesystem;

pid_t start_child(const std::vector<std::string>& argv, const fs::path& out, const fs::path& err) {
  std::vector<char*> arguments;
  for (const std::string& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid(), pid = ::fork();
  if (pid < 0) fail(ErrorKind::machine, "a process cannot be started: {}", std::strerror(errno));
  if (pid > 0) return pid;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  for (const auto& [file, fd] : {std::pair(out, STDOUT_FILENO), {err, STDERR_FILENO}})
    if (const int log = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644); log >= 0) ::dup2(log, fd);
  if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

int exit_code_of_child(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

std::string last_line(const fs::path& file) {
  std::error_code missing;
  if (!fs::exists(file, missing)) return "";
  constexpr int64_t kMostLine = 64 << 10;
  std::string text = read_end(file, kMostLine);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto at = text.rfind('\n');
  return text.substr(at == std::string::npos ? 0 : at + 1).substr(0, 400);
}

}  // namespace pgolf
