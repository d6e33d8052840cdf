#include "tests/harness/fixture.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/file.h"
#include "engine/data/prepare.h"
#include "harness/run/data_source.h"

extern char** environ;

namespace pgolf {
namespace fs = std::filesystem;

namespace {
const bool said_off = !sandbox_works() && ::setenv("PGOLF_SANDBOX", "off", 1) == 0;
}

bool sandbox_works() {
  const char* argv[] = {"/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/", "/", "/bin/true", nullptr};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(STDERR_FILENO);
    ::execv(argv[0], const_cast<char**>(argv));
    ::_exit(127);
  }
  int status = 1;
  ::waitpid(pid, &status, 0);
  return status == 0;
}

std::string bridge_documents(int count, int least, int spread) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    std::string words;
    for (int j = 0; j < least + i % spread; ++j) words += " the " + std::to_string(i * j % 89) + " bridges";
    lines += "{\"text\": \"Number" + words + "\"}\n";
  }
  return lines;
}

pid_t start_command(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                    const fs::path& log) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int err = ::open((log.string() + ".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> arguments;
  for (const std::string& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

CommandResult run_command(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  const TempDirectory scratch;
  const fs::path log = scratch.path() / "log";
  const pid_t pid = start_command(argv, environment, log);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_text(log),
          read_text(log.string() + ".err")};
}

HarnessFixture::HarnessFixture() { fs::create_directories(workspace().home); }

DataManifest HarnessFixture::data() const {
  const fs::path out = directory_.path() / "prepared";
  if (fs::exists(out / kManifestName)) return load_manifest(out);
  std::string lines;
  for (int i = 0; i < 40; ++i) {
    lines += "{\"text\": \"";
    const int sentences = i < 4 ? 8 : 1;  // of the validation documents: rows of 256 tokens are scored
    for (int k = 0; k < sentences; ++k)
      lines += "Document " + std::to_string(i) + " says that the river is wide and that the bridge has " +
               std::to_string(i * i + k) + " arches. ";
    lines += "\"}\n";
  }
  PrepareOptions options;
  options.docs = directory_.file("docs.jsonl", lines);
  options.out = out;
  options.tokenizer = source_dir() / "tests/data/tokenizers/fineweb_1024_bpe.model";
  options.val_docs = 4;
  return prepare_data(options).manifest;
}

Pinned HarnessFixture::pinned() const {
  ResolveRequest request;
  request.profile = "demo";
  request.data = pinned_data(data());
  return resolve(submission(), request).pinned;
}

RunOptions HarnessFixture::options(SandboxMode sandbox) const {
  RunOptions out;
  out.engine = fake_engine();
  out.sandbox = said_off && sandbox == SandboxMode::automatic ? SandboxMode::off : sandbox;
  out.command = {"pgolf", "reproduce", "334"};
  return out;
}

void HarnessFixture::wait_for(const fs::path& file) {
  for (int i = 0; i < 400; ++i) {
    if (fs::exists(file)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ADD_FAILURE() << file << " did not appear";
}

}  // namespace pgolf
