#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <streambuf>

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

// Owns a file descriptor.
struct Descriptor {
  int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

const char* kind_of(mode_t mode) {
  return S_ISDIR(mode) ? "directory" : S_ISFIFO(mode) ? "pipe" : S_ISSOCK(mode) ? "socket" : "device";
}

// The one way in which a file is opened for reading.
class RegularFile {
 public:
  RegularFile(const std::filesystem::path& path, int64_t at_most)
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // a pipe waits for its writer
    if (file_.fd < 0) fail_errno(path, "opening");
    struct stat info {};
    if (::fstat(file_.fd, &info) != 0) fail_errno(path, "stat");
    if (!S_ISREG(info.st_mode))
      fail(ErrorKind::usage, "{}: is a {}, a file was expected", path.string(), kind_of(info.st_mode));
    size_ = info.st_size;
    if (size_ > at_most)
      fail(ErrorKind::submission, "{}: {} bytes; a file of this kind has at most {}", path.string(), size_, at_most);
  }

  int64_t size() const { return size_; }
  void start_at(int64_t offset) { ::lseek(file_.fd, offset, SEEK_SET); }

  size_t read(char* into, size_t most) {  // 0 at the end
    for (;;) {
      const ssize_t n = ::read(file_.fd, into, most);
      if (n >= 0) return static_cast<size_t>(n);
      if (errno != EINTR) fail_errno(path_, "reading");
    }
  }

 private:
  std::filesystem::path path_;
  Descriptor file_;
  int64_t size_ = 0;
};

template <class Container>
Container read_rest(RegularFile& file, int64_t bytes) {
  Container out;
  out.resize(static_cast<size_t>(bytes));
  size_t done = 0;
  while (done < out.size()) {
    const size_t n = file.read(reinterpret_cast<char*>(out.data()) + done, out.size() - done);
    if (n == 0) break;
    done += n;
  }
  out.resize(done);
  return out;
}

template <class Container>
Container read_all(const std::filesystem::path& path, int64_t at_most) {
  RegularFile file(path, at_most);
  return read_rest<Container>(file, file.size());
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

std::string read_text(const std::filesystem::path& path, int64_t at_most) {
  return read_all<std::string>(path, at_most);
}

std::vector<std::byte> read_bytes(const std::filesystem::path& path, int64_t at_most) {
  return read_all<std::vector<std::byte>>(path, at_most);
}

std::string read_end(const std::filesystem::path& path, int64_t bytes) {
  RegularFile file(path, kAnySize);
  file.start_at(std::max<int64_t>(0, file.size() - bytes));
  return read_rest<std::string>(file, std::min(bytes, file.size()));
}

class InputFile::Buffer : public std::streambuf {
 public:
  Buffer(const std::filesystem::path& path, int64_t at_most) : file_(path, at_most) {}
  int64_t size() const { return file_.size(); }

 protected:
  int_type underflow() override {
    const size_t n = file_.read(bytes_.data(), bytes_.size());
    if (n == 0) return traits_type::eof();
    setg(bytes_.data(), bytes_.data(), bytes_.data() + n);
    return traits_type::to_int_type(bytes_[0]);
  }
  pos_type seekpos(pos_type to, std::ios_base::openmode) override {
    file_.start_at(to);
    setg(nullptr, nullptr, nullptr);
    return to;
  }

 private:
  RegularFile file_;
  std::array<char, 1 << 16> bytes_;
};

InputFile::InputFile(const std::filesystem::path& path, int64_t at_most)
    : std::istream(nullptr), buffer_(std::make_unique<Buffer>(path, at_most)), size_(buffer_->size()) {
  rdbuf(buffer_.get());
  exceptions(std::ios::badbit);  // what the buffer throws passes through
}

InputFile::~InputFile() = default;

std::filesystem::path name_beside(const std::filesystem::path& path) {
  std::random_device random;
  auto out = path;
  out += fmt::format(".{:08x}{:08x}.tmp", random(), random());
  return out;
}

namespace {

template <class Write>
void replace_file(const std::filesystem::path& path, Write&& write) {
  const auto temporary = name_beside(path);
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (file.fd < 0) fail_errno(path, "creating");  // the temporary name means nothing to anybody
    try {
      write(file.fd, path);
      if (::fsync(file.fd) != 0) fail_errno(path, "syncing");
    } catch (...) {
      ::unlink(temporary.c_str());
      throw;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    errno = error;
    fail_errno(path, "renaming into place");
  }
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd >= 0) ::fsync(directory.fd);
}

}  // namespace

void write_file_atomic(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  replace_file(path, [&](int fd, const std::filesystem::path& temporary) {
    write_all(fd, temporary, reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
}

void copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (source.fd < 0) fail_errno(from, "opening");
  struct stat info {};
  if (::fstat(source.fd, &info) != 0) fail_errno(from, "stat");
  if (!S_ISREG(info.st_mode)) fail(ErrorKind::usage, "{}: no regular file", from.string());
  replace_file(to, [&](int fd, const std::filesystem::path& temporary) {
    std::vector<char> piece(1 << 20);
    for (;;) {
      const ssize_t n = ::read(source.fd, piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail_errno(from, "reading");
      if (n == 0) return;
      write_all(fd, temporary, piece.data(), static_cast<size_t>(n));
    }
  });
}

void write_file_atomic(const std::filesystem::path& path, std::string_view text) {
  write_file_atomic(path, std::as_bytes(std::span(text.data(), text.size())));
}

AppendFile::AppendFile(const std::filesystem::path& path)
    : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644)) {
  if (fd_ < 0) fail_errno(path, "opening for append");
}

AppendFile::~AppendFile() { ::close(fd_); }

void AppendFile::append(std::string_view record) { write_all(fd_, path_, record.data(), record.size()); }

void AppendFile::sync() {
  if (::fsync(fd_) != 0) fail_errno(path_, "syncing");
}

}  // namespace pgolf
