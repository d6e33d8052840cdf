#include "engine/dist/team.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/error.h"
#include "engine/core/backend.h"

namespace pgolf {
namespace {

void write_all(int fd, const void* data, size_t size) {
  for (const char* at = static_cast<const char*>(data); size > 0;) {
    const ssize_t n = ::write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) ::_exit(kPeerLost);
    at += n, size -= static_cast<size_t>(n);
  }
}

void read_all(int fd, void* data, size_t size) {
  for (char* at = static_cast<char*>(data); size > 0;) {
    const ssize_t n = ::read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) ::_exit(kPeerLost);
    at += n, size -= static_cast<size_t>(n);
  }
}

void send(int fd, const std::string& bytes) {
  const uint64_t size = bytes.size();
  write_all(fd, &size, sizeof size);
  write_all(fd, bytes.data(), bytes.size());
}

std::string receive(int fd) {
  uint64_t size = 0;
  read_all(fd, &size, sizeof size);
  std::string bytes(size, '\0');
  read_all(fd, bytes.data(), bytes.size());
  return bytes;
}

void shut(int& fd) {
  if (fd >= 0) ::close(std::exchange(fd, -1));
}

[[noreturn]] void cannot_share(const char* what) {
  fail(ErrorKind::machine, "the processes of a phase cannot share {}: {}", what, std::strerror(errno));
}

}  // namespace

class TeamComm final : public Comm {
 public:
  TeamComm(Team& team, int process, Device device) : team_(team), process_(process) {
    exchange_ = device.is_cpu() ? make_memory_exchange(*this, team.memory_)
                                : with_cuda([&](auto) { return NcclTeam::make_exchange(*this, device); });
  }

  int process() const override { return process_; }
  int processes() const override { return team_.processes_; }

  void exchange(Context& ctx, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) override {
    beat();
    exchange_->run(ctx, sends, receives);
  }

  std::string broadcast(std::string bytes) override {
    if (!is_first()) return waited([&] { return receive(team_.from_first_[at()].read); });
    for (int p = 1; p < processes(); ++p) send(team_.from_first_[static_cast<size_t>(p)].write, bytes);
    beat();
    return bytes;
  }

  std::vector<std::string> gather(std::string bytes) override {
    if (!is_first()) {
      send(team_.to_first_[at()].write, bytes);
      beat();
      return {};
    }
    std::vector<std::string> all{std::move(bytes)};
    for (size_t p = 1; p < static_cast<size_t>(processes()); ++p)
      all.push_back(waited([&] { return receive(team_.to_first_[p].read); }));
    return all;
  }

  std::string link() const override { return exchange_->link(); }

  void beat() override { team_.pulses_[process_].beats.fetch_add(1, std::memory_order_relaxed); }

 private:
  size_t at() const { return static_cast<size_t>(process_); }

  template <class F>
  std::string waited(F receive) {
    Pulse& pulse = team_.pulses_[process_];
    pulse.waiting = true;
    std::string bytes = receive();
    pulse.waiting = false;
    beat();
    return bytes;
  }

  Team& team_;
  int process_;
  std::unique_ptr<Exchange> exchange_;
};

Team::Team(int processes)
    : processes_(processes), to_first_(static_cast<size_t>(processes)), from_first_(static_cast<size_t>(processes)) {
  check(processes >= 1 && processes <= kMostProcesses, "a team of {} processes", processes);
  void* page = ::mmap(nullptr, sizeof(Pulse) * static_cast<size_t>(processes), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) cannot_share("a page of memory");
  pulses_ = static_cast<Pulse*>(page);
  for (int p = 0; p < processes; ++p) new (&pulses_[p]) Pulse;
  for (auto* pipes : {&to_first_, &from_first_})
    for (Pipe& ends : *pipes) {
      int fds[2];
      if (::pipe2(fds, O_CLOEXEC) != 0) cannot_share("pipes");
      ends = {fds[0], fds[1]};
    }
  memory_ = ::memfd_create("pgolf-exchange", MFD_CLOEXEC);
  if (memory_ < 0) cannot_share("memory");
}

void Team::leave() {
  for (auto* pipes : {&to_first_, &from_first_})
    for (Pipe& ends : *pipes) shut(ends.read), shut(ends.write);
}

Team::~Team() {
  leave();
  ::close(memory_);
  ::munmap(pulses_, sizeof(Pulse) * static_cast<size_t>(processes_));
}

// An end of a pipe that nobody else holds: when its process is gone, the other side reads to the end.
std::unique_ptr<Comm> Team::join(int process, Device device) {
  for (size_t p = 0; p < to_first_.size(); ++p) {
    const bool mine = p == static_cast<size_t>(process), first = process == 0;
    if (!first) shut(to_first_[p].read), shut(from_first_[p].write);
    if (first || !mine) shut(to_first_[p].write), shut(from_first_[p].read);
  }
  return std::make_unique<TeamComm>(*this, process, device);
}

}  // namespace pgolf
