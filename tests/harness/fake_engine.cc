// Stands in for pgolf-engine where a test needs a phase to misbehave. Takes the same command line; PGOLF_ENGINE_TEST
// says what to do in which phase, like "train=exit:4,eval=sleep:60"; a phase that is not named does its work, on
// made-up numbers.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/file.h"
#include "base/json.h"
#include "tests/harness/attacks.h"
#include "tests/harness/fake_phases.h"

namespace pgolf {
namespace {

std::string behaviour(const std::string& phase) {
  const char* plan = std::getenv("PGOLF_ENGINE_TEST");
  std::string rest = plan ? plan : "";
  while (!rest.empty()) {
    const std::string entry = rest.substr(0, rest.find(','));
    if (entry.starts_with(phase + "=")) return entry.substr(phase.size() + 1);
    rest = rest.size() > entry.size() ? rest.substr(entry.size() + 1) : "";
  }
  return "work";
}

// "yes" if a TCP connection to this machine's own address can at least be tried beyond a namespace's empty routing
// table.
std::string reaches_network() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_port = htons(53);
  ::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);  // TEST-NET-1; connect() of UDP only looks for a route
  return fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? "yes" : "no";
}

// Ends of a phase that did not do its work. Nothing if `verb` is not one.
std::optional<int> end_without_work(const std::string& verb, const std::string& argument) {
  if (verb == "exit") {
    std::fprintf(stderr, "warming up\npgolf-engine: step 3: loss is NaN; lower the rate\n");
    return std::atoi(argument.c_str());
  }
  if (verb == "abort") ::abort();
  if (verb == "kill") ::raise(SIGKILL);
  if (verb == "signal") ::raise(std::atoi(argument.c_str()));
  if (verb == "oom") return std::fprintf(stderr, "pgolf-engine: CUDA: out of memory\n"), 4;
  if (verb == "silent") return 0;
  return std::nullopt;
}

// Works, and leaves bytes beside those of its artifact.
void mark_artifact(const std::string& phase, const Options& o) {
  work(phase, o);
  const std::string artifact = o.at("--run") + "/artifact.bin", secret(3000, 's');
  const bool kept = ::setxattr(artifact.c_str(), "user.weights", secret.data(), secret.size(), 0) == 0;
  const timespec times[2] = {{123, 456}, {789, 12}};
  ::utimensat(AT_FDCWD, artifact.c_str(), times, 0);
  std::printf("attribute: %s\n", kept ? "kept" : "refused");
}

// What is beside the bytes of the artifact.
void tell_marks(const Options& o) {
  std::string list(4096, '\0');
  struct stat info {};
  ::stat(o.at("--artifact").c_str(), &info);
  std::printf("attributes: %zd, seconds: %ld, nanoseconds: %ld\n",
              ::listxattr(o.at("--artifact").c_str(), list.data(), list.size()), info.st_mtim.tv_sec,
              info.st_mtim.tv_nsec);
}

// Leaves a process behind that writes on.
void leave_orphan(const std::string& file) {
  if (::fork() != 0) return;
  for (int i = 0; i < 600; ++i) {
    std::ofstream(file, std::ios::app) << "still here\n";
    sleep_s(0.05);
  }
}

// Tells on standard output what the phase finds. Returns whether `verb` is such a question.
bool look(const std::string& verb, const std::string& argument, const Options& o) {
  if (verb == "marks") return tell_marks(o), true;
  if (verb == "environment") {
    for (char** variable = environ; *variable; ++variable) std::printf("%s\n", *variable);
    return true;
  }
  if (verb == "look") return std::puts(::access(argument.c_str(), R_OK) == 0 ? "seen" : "hidden"), true;
  if (verb == "read") return std::puts(std::ifstream(argument) ? "read" : "refused"), true;
  if (verb == "write") return std::puts(std::ofstream(argument) << "x" ? "written" : "refused"), true;
  if (verb == "network") return std::puts(reaches_network().c_str()), true;
  return false;
}

// The phase's work done otherwise than the engine would. Returns whether `verb` is such a way.
bool work_otherwise(const std::string& verb, const std::string& argument, const std::string& phase, Options o) {
  if (verb == "other") {  // trains other weights
    work(phase, o);
    write_file_atomic(o.at("--run") + "/checkpoint.safetensors", "other weights");
  } else if (verb == "mark") {
    mark_artifact(phase, o);
  } else if (verb == "understate") {  // its loop takes so many seconds longer than it says
    o["pause"] = argument;
    work(phase, o);
  } else if (verb == "ttt") {  // an evaluation of two passes, which ends in the second one as the argument says
    o["ttt"] = argument;
    work(phase, o);
  } else if (verb == "headline") {  // an evaluation whose result is of the pass that the argument names
    o["headline"] = argument;
    work(phase, o);
  } else if (verb == "orphan") {
    leave_orphan(argument);
    work(phase, o);
  } else if (verb == "link") {  // an artifact that is a link to somebody else's file
    ::symlink(argument.c_str(), (o.at("--run") + "/artifact.bin").c_str());
  } else {
    return false;
  }
  return true;
}

int misbehave(const std::string& what, const std::string& phase, const Options& o) {
  const std::string verb = what.substr(0, what.find(':'));
  const std::string argument = verb.size() < what.size() ? what.substr(verb.size() + 1) : "";
  const auto data = o.find("--data");
  const AttackGround ground{phase, phase == "memory" ? "" : o.at("--run"), data == o.end() ? "" : data->second,
                            argument};
  if (bool then_work = false; attack(verb, ground, then_work)) {
    if (then_work) work(phase, o);
    return 0;
  }
  if (const auto exit_code = end_without_work(verb, argument)) return *exit_code;
  if (work_otherwise(verb, argument, phase, o)) return 0;
  if (look(verb, argument, o)) return work(phase, o), 0;
  if (verb == "stubborn") ::signal(SIGTERM, SIG_IGN);
  if (verb == "late") work(phase, o);  // the work is done, the process does not end
  sleep_s(argument.empty() ? 600 : std::atof(argument.c_str()));
  return 0;
}

// `memory`, as pgolf-engine answers it, on a device of 8 GiB that is half free. `what`: "need:BYTES" of each phase;
// "refuse", as an engine does that has no such verb.
int tell_memory(const std::string& what, const Options& o) {
  if (what.starts_with("exit")) return misbehave(what, "memory", o);
  if (what == "refuse") return std::fprintf(stderr, "The following argument was not expected: memory\n"), 2;
  const auto colon = what.find(':');
  const int64_t need = colon == std::string::npos ? 1 << 20 : std::atoll(what.c_str() + colon + 1);
  const Json phases = {{"train", need / 2}, {"pack", need / 4}, {"eval", need}};
  const Json answer = {{"format", "pgolf.memory/1"},
                       {"device", o.at("--device") == "auto" ? "cuda:0" : o.at("--device")},
                       {"need", phases},
                       {"total", int64_t{8} << 30},
                       {"free", int64_t{4} << 30}};
  return std::printf("%s\n", answer.dump().c_str()), 0;
}

}  // namespace
}  // namespace pgolf

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--version") == 0) return std::puts("fake 0"), 0;
  const std::string phase = argc > 1 ? argv[1] : "";
  pgolf::Options options;
  for (int i = 2; i < argc; ++i)
    if (std::strcmp(argv[i], "--fast") == 0 || std::strcmp(argv[i], "--json") == 0)
      options[argv[i]] = "";
    else if (i + 1 < argc)
      options[argv[i]] = argv[i + 1], ++i;
  const std::string what = pgolf::behaviour(phase);
  try {
    if (phase == "memory") return pgolf::tell_memory(what, options);
    if (what != "work") return pgolf::misbehave(what, phase, options);
    pgolf::work(phase, options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "pgolf-engine: %s\n", e.what());
    return 4;
  }
  return 0;
}
