#include "harness/cluster/bounded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "harness/sweep/child.h"

namespace pgolf {
namespace {

constexpr size_t kMostBytes = size_t{16} << 20;
using Clock = std::chrono::steady_clock;

// Reads what is there; false at the end.
bool drain(int fd, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n > 0 && into.size() < kMostBytes) into.append(buffer.data(), static_cast<size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

pid_t begin(const std::vector<std::string>& argv, const int (&out)[2], const int (&err)[2]) {
  std::vector<char*> arguments;
  for (const std::string& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setpgid(0, 0);
  ::dup2(out[1], STDOUT_FILENO), ::dup2(err[1], STDERR_FILENO);
  if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Answer run_bounded(const std::vector<std::string>& argv, double seconds) {
  int out[2], err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    fail(ErrorKind::machine, "a pipe cannot be made: {}", std::strerror(errno));
  const pid_t pid = begin(argv, out, err);
  ::close(out[1]), ::close(err[1]);
  if (pid < 0) fail(ErrorKind::machine, "{}: cannot be started: {}", argv.front(), std::strerror(errno));
  Answer answer;
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  std::array<pollfd, 2> files = {{{out[0], POLLIN, 0}, {err[0], POLLIN, 0}}};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) {
      answer.timed_out = true;
      ::kill(-pid, SIGKILL);
      break;
    }
    if (::poll(files.data(), files.size(), static_cast<int>(left)) <= 0) continue;
    for (size_t i = 0; i < files.size(); ++i)
      if (files[i].fd >= 0 && files[i].revents != 0 && !drain(files[i].fd, i == 0 ? answer.out : answer.err))
        files[i].fd = -1;
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ::close(out[0]), ::close(err[0]);
  answer.exit_code = exit_code_of_child(status);
  return answer;
}

}  // namespace pgolf
