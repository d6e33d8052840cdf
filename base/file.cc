#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace pgolf {
namespace {

[[noreturn]] void fail_errno(const std::filesystem::path& path, std::string_view action) {
  const int error = errno;
  if (error == ENOENT) fail(ErrorKind::not_found, "{}: no such file", path.string());
  if (error == ENOSPC || error == EDQUOT)
    fail(ErrorKind::machine, "{}: disk full while {}; free some space and run again", path.string(), action);
  fail(ErrorKind::machine, "{}: {} failed: {}", path.string(), action, std::strerror(error));
}

// Owns a file descriptor for the length of a function.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

template <class Container>
Container read_all(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe would wait for its writer
  if (file.fd < 0) fail_errno(path, "opening");
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) fail_errno(path, "stat");
  if (S_ISDIR(info.st_mode)) fail(ErrorKind::usage, "{}: is a directory, a file was expected", path.string());
  if (S_ISFIFO(info.st_mode)) fail(ErrorKind::usage, "{}: is a pipe, a file was expected", path.string());
  Container out;
  out.resize(static_cast<size_t>(info.st_size));
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::read(file.fd, reinterpret_cast<char*>(out.data()) + done, out.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno(path, "reading");
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  out.resize(done);
  return out;
}

void write_all(int fd, const std::filesystem::path& path, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno(path, "writing");
    data += n;
    size -= static_cast<size_t>(n);
  }
}

}  // namespace

std::string read_text(const std::filesystem::path& path) { return read_all<std::string>(path); }

std::vector<std::byte> read_bytes(const std::filesystem::path& path) { return read_all<std::vector<std::byte>>(path); }

void write_file_atomic(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  auto temporary = path;
  temporary += "." + std::to_string(::getpid()) + ".tmp";  // two programs may write one file
  {
    const Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.fd < 0) fail_errno(path, "creating");  // the temporary name means nothing to anybody
    try {
      write_all(file.fd, path, reinterpret_cast<const char*>(bytes.data()), bytes.size());
      if (::fsync(file.fd) != 0) fail_errno(path, "syncing");
    } catch (...) {
      ::unlink(temporary.c_str());
      throw;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail_errno(path, "renaming into place");
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor directory{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.fd >= 0) ::fsync(directory.fd);
}

void write_file_atomic(const std::filesystem::path& path, std::string_view text) {
  write_file_atomic(path, std::as_bytes(std::span(text.data(), text.size())));
}

AppendFile::AppendFile(const std::filesystem::path& path)
    : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (fd_ < 0) fail_errno(path, "opening for append");
}

AppendFile::~AppendFile() { ::close(fd_); }

void AppendFile::append(std::string_view record) { write_all(fd_, path_, record.data(), record.size()); }

void AppendFile::sync() {
  if (::fsync(fd_) != 0) fail_errno(path_, "syncing");
}

}  // namespace pgolf
