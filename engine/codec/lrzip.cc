// lrzip has no library with a stable interface, so it runs as a child on files of a private temporary directory.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "engine/codec/compress.h"

namespace pgolf {
namespace {

constexpr int kNotFound = 127;            // exit code of our child where exec fails, as a shell's
constexpr size_t kSizeOffset = 6;         // lrzip 0.6 header: "LRZI", version major and minor, u64 size
constexpr size_t kFileSlack = 64 * 1024;  // file size limit beyond the expected size, for block rounding

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code error;
    const auto base = std::filesystem::temp_directory_path(error);
    std::string pattern = (error ? std::filesystem::path("/tmp") : base) / "pgolf-lrzip-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
      fail(ErrorKind::machine, "{}: cannot create a temporary directory: {}; set TMPDIR to a writable one", pattern,
           std::strerror(errno));
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Runs lrzip in silence with its configuration files ignored. No file it writes may exceed `file_limit` bytes.
// Returns the wait status.
int run_lrzip(const std::vector<std::string>& arguments, size_t file_limit) {
  // Of itself lrzip takes the lowest priority, and on a busy machine a tenth of a second becomes a minute.
  const std::string nice = std::to_string(::getpriority(PRIO_PROCESS, 0));
  std::vector<char*> argv{const_cast<char*>("lrzip"), const_cast<char*>("-N"), const_cast<char*>(nice.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (std::strncmp(*entry, "LRZIP=", 6) != 0) environment.push_back(*entry);
  environment.push_back(const_cast<char*>("LRZIP=NOCONFIG"));
  environment.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) fail(ErrorKind::machine, "cannot start lrzip: {}", std::strerror(errno));
  if (child == 0) {  // async-signal-safe calls only, since other threads may hold locks
    const rlimit limit{file_limit, file_limit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
    ::execvpe("lrzip", argv.data(), environment.data());
    ::_exit(kNotFound);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail(ErrorKind::machine, "waiting for lrzip failed: {}", std::strerror(errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound)
    fail(ErrorKind::machine, "the program 'lrzip' is missing; install the package lrzip");
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM))
    fail(ErrorKind::machine, "lrzip was killed by signal {}; see whether memory ran out, and run again",
         WTERMSIG(status));
  return status;
}

}  // namespace

Bytes lrzip_compress(ByteView data, int level) {
  const TemporaryDirectory directory;
  const auto input = directory / "data", output = directory / "data.lrz";
  write_file_atomic(input, data);
  // One thread and one window of 100 MB: the stream must not depend on the machine's cores and memory.
  const int status = run_lrzip(
      {"-Q", "-z", "-L", std::to_string(level), "-p", "1", "-w", "1", "-f", "-o", output.string(), input.string()},
      2 * data.size() + kFileSlack);
  if (status != 0) fail(ErrorKind::machine, "lrzip failed to compress {} bytes (wait status {})", data.size(), status);
  return read_bytes(output);
}

Bytes lrzip_decompress(ByteView data, size_t size, std::string_view origin) {
  uint64_t claimed = 0;
  if (data.size() < kSizeOffset + sizeof claimed || std::memcmp(data.data(), "LRZI", 4) != 0)
    fail(ErrorKind::submission, "{}: not an lrzip stream", origin);
  std::memcpy(&claimed, data.data() + kSizeOffset, sizeof claimed);
  if (claimed != size)
    fail(ErrorKind::submission, "{}: lrzip stream claims {} bytes instead of {}", origin, claimed, size);
  const TemporaryDirectory directory;
  const auto input = directory / "data.lrz", output = directory / "data";
  write_file_atomic(input, data);
  const int status = run_lrzip({"-d", "-Q", "-f", "-o", output.string(), input.string()}, size + kFileSlack);
  std::error_code error;
  const auto got = std::filesystem::file_size(output, error);
  if (status != 0 || error || got != size)
    fail(ErrorKind::submission, "{}: lrzip stream is damaged (wait status {})", origin, status);
  return read_bytes(output);
}

}  // namespace pgolf
