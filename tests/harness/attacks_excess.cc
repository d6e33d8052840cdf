// Attacks by taking too much: output, files, disk, memory, processes.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/harness/attacks.h"

namespace pgolf::excess {
namespace fs = std::filesystem;

void endless_events(const AttackGround& g) {
  std::ofstream out(fs::path(g.run_dir) / (g.phase + ".events.jsonl"));
  for (const std::string line(60'000, 'x'); out; out << line << '\n') {
  }
}

void endless_errors(const AttackGround&) {
  for (const std::string line(60'000, 'x');; std::fprintf(stderr, "%s\n", line.c_str())) {
  }
}

void giant_file(const AttackGround& g) {
  ::signal(SIGXFSZ, SIG_IGN);
  const fs::path file = fs::path(g.run_dir) / "artifact.bin";
  std::ofstream(file) << "x";
  tell("a file of a terabyte", ::truncate(file.c_str(), off_t{1} << 40) == 0);
}

void many_files(const AttackGround& g) {
  for (int i = 0;; ++i) std::ofstream(fs::path(g.run_dir) / std::to_string(i)) << "x";
}

// Writes on in its own session, deaf to everything but SIGKILL, its parents gone.
void daemon(const AttackGround& g) {
  if (::fork() != 0) return std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  for (const int signal : {SIGTERM, SIGHUP, SIGINT}) ::signal(signal, SIG_IGN);
  for (int i = 0; i < 6000; ++i) {
    std::ofstream(g.argument, std::ios::app) << "still here\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::_exit(0);
}

// As many processes as `argument` says, each deaf to everything but SIGKILL.
void fork_bomb(const AttackGround& g) {
  for (int i = 0; i < std::stoi(g.argument); ++i)
    if (::fork() == 0) {
      ::setsid();
      for (const int signal : {SIGTERM, SIGHUP, SIGINT}) ::signal(signal, SIG_IGN);
      std::this_thread::sleep_for(std::chrono::seconds(120));
      ::_exit(0);
    }
}

// `argument`: FILE/BYTES; the file takes all space of its disk but so many bytes.
void fill_disk(const AttackGround& g) {
  const auto slash = g.argument.rfind('/');
  const fs::path file = g.argument.substr(0, slash);
  const std::uintmax_t leave = std::stoull(g.argument.substr(slash + 1)),
                       available = fs::space(file.parent_path()).available;
  std::ofstream out(file, std::ios::binary);
  const std::string block(4096, 'x');
  for (std::uintmax_t done = 0; done + leave < available && out; done += block.size()) out << block << std::flush;
}

// The same, and waits with them.
void crowd(const AttackGround& g) {
  fork_bomb(g);
  std::this_thread::sleep_for(std::chrono::seconds(120));
}

// `argument`: megabytes, divided among four processes; held until somebody ends them.
void hold_memory(const AttackGround& g) {
  for (int i = 0; i < 3; ++i)
    if (::fork() == 0) break;
  std::vector<char> mine(std::stoull(g.argument) * 1'000'000 / 4);
  std::memset(mine.data(), 1, mine.size());
  std::this_thread::sleep_for(std::chrono::seconds(120));
  std::printf("%d\n", mine.at(17));
}

}  // namespace pgolf::excess
