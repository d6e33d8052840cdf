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
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>
#include <thread>

#include "base/file.h"
#include "base/sha256.h"
#include "engine/config/pinned.h"
#include "engine/data/bytes.h"
#include "engine/data/manifest.h"
#include "engine/data/tokenizer.h"
#include "engine/evidence/events.h"
#include "engine/evidence/ledger.h"
#include "engine/evidence/schedule.h"
#include "tests/harness/attacks.h"

namespace pgolf {
namespace {

using Options = std::map<std::string, std::string>;

void sleep_s(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

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

// Ends this process as a test asks: "kill", "oom", "sleep", "exit:4"; "": it goes on.
void end_as(const std::string& how) {
  if (how == "kill") ::raise(SIGKILL);
  if (how == "sleep") sleep_s(600);
  if (how == "oom") std::fprintf(stderr, "pgolf-engine: CUDA: out of memory\n"), std::_Exit(6);
  if (how.starts_with("exit:"))
    std::fprintf(stderr, "pgolf-engine: the loss of target 3 is nan\n"), std::_Exit(std::atoi(how.c_str() + 5));
}

void open_shards(EventLog& events, const Options& o, const std::string& role) {
  if (!o.contains("--data")) return;
  for (const auto& file : std::filesystem::directory_iterator(o.at("--data") + "/" + role))
    if (file.path().extension() == ".bin")
      events.write(DataEvent{.role = role,
                             .path = file.path().filename().string(),
                             .sha256 = sha256_file(file.path()),
                             .bytes = static_cast<int64_t>(file.file_size())});
}

void train(EventLog& events, const Options& o) {
  const Pinned pinned = read_pinned(o.at("--pinned"));
  open_shards(events, o, "train");
  std::optional<Schedule> recorded;
  if (o.contains("--schedule")) recorded = read_schedule(o.at("--schedule"), pinned_sha256(pinned));
  events.write(PhaseStartEvent{.name = kPartTrainLoop});
  if (o.contains("pause")) sleep_s(std::stod(o.at("pause")));
  for (int64_t step = 1; step <= 5; ++step) {
    const double clock_ms = recorded ? recorded->train.at(static_cast<size_t>(step - 1)).elapsed_ms
                                     : 10.0 * static_cast<double>(step) + static_cast<double>(::getpid() % 10);
    events.write(StepEvent{.step = step,
                           .train_loss = 7.0 - 0.1 * static_cast<double>(step),
                           .lr_scale = 1,
                           .elapsed_ms = clock_ms,
                           .tokens = pinned.config.train.batch_tokens,
                           .tok_per_s = 1e4,
                           .switches = {}});
  }
  events.write(PhaseEndEvent{.name = kPartTrainLoop, .elapsed_ms = 50});
  write_file_atomic(o.at("--run") + "/checkpoint.safetensors", "weights of seed " + std::to_string(pinned.seed));
}

void pack(EventLog& events, const Options& o) {
  const std::string blob = "packed: " + read_text(o.at("--checkpoint"));
  write_file_atomic(o.at("--run") + "/artifact.bin", blob);
  events.write(ArtifactEvent{.path = "artifact.bin",
                             .sha256 = "",
                             .model_bytes = static_cast<int64_t>(blob.size()),
                             .classes = {{"matrices", static_cast<int64_t>(blob.size())}}});
}

struct Stream {
  int64_t targets, bytes;
};

// Of the validation data: whole rows of the configuration's length, as the engine scores them.
Stream stream_of(const Options& o) {
  const Config config = read_pinned(o.at("--pinned")).config;
  const DataManifest data = load_manifest(o.at("--data"));
  const ByteTables tables = byte_tables(Tokenizer::load(data.tokenizer_path()), data.caseops, config.model.vocab_size);
  const bool sidecar = config.data.byte_count == ByteCount::sidecar;
  const ValidationData val =
      load_validation(data.val_directory(), config.model.vocab_size, sidecar ? nullptr : &tables);
  Stream out{whole_row_targets(data.val.tokens, config.eval.seq_len), 0};
  for (int64_t i = 1; i <= out.targets; ++i) out.bytes += val.target_bytes[static_cast<size_t>(i)];
  return out;
}

void evaluate(EventLog& events, const Options& o) {
  read_text(o.at("--artifact"));
  open_shards(events, o, "val");
  const auto [targets, bytes] = stream_of(o);
  const bool adapts = o.contains("ttt");  // a sliding pass, then one of test-time training, which is the headline
  const std::string result = adapts ? "ttt" : o.contains("headline") ? o.at("headline") : "sliding";
  Ledger ledger(o.at("--run") + "/ledger.jsonl", {.headline = result, .targets = targets, .world_size = 1});
  const auto pass = [&, targets = targets, bytes = bytes](const char* name, double val_bpb, bool headline) {
    const double loss = val_bpb * std::numbers::ln2 * static_cast<double>(bytes) / static_cast<double>(targets);
    ledger.score(name, {{0, targets}});
    ledger.sync_file();
    events.write(
        StreamEvent{.name = name, .targets = targets, .nll = loss * static_cast<double>(targets), .bytes = bytes});
    events.write(ValidationEvent{.name = name,
                                 .weights = "artifact",
                                 .val_loss = loss,
                                 .val_bpb = val_bpb,
                                 .targets = targets,
                                 .bytes = bytes,
                                 .elapsed_ms = 5,
                                 .step = 5,
                                 .headline = headline});
  };
  if (adapts) pass("sliding", 1.30, false);
  events.write(PhaseStartEvent{.name = kPartEval});
  if (adapts) {
    events.write(StreamEvent{.name = "ttt"});
    events.write(StreamEvent{.name = "ttt", .targets = 10, .nll = 20, .bytes = 24});
    end_as(o.at("ttt"));
  }
  pass(result.c_str(), 1.25, true);
  events.write(PhaseEndEvent{.name = kPartEval, .elapsed_ms = 5});
  events.write(LedgerEvent{.path = "ledger.jsonl", .head = ledger.close()});
}

void diagnose(EventLog& events) {
  for (const auto& [name, bpb] : {std::pair("prequant", 1.20), std::pair("quantized", 1.24)})
    events.write(ValidationEvent{.name = name,
                                 .weights = "x",
                                 .val_loss = 1.9,
                                 .val_bpb = bpb,
                                 .targets = 10,
                                 .bytes = 20,
                                 .elapsed_ms = 1,
                                 .step = 5,
                                 .headline = false});
}

void work(const std::string& phase, const Options& o) {
  EventLog events(o.at("--run") + "/" + phase + ".events.jsonl",
                  {.phase = phase,
                   .config_sha256 = pinned_sha256(read_pinned(o.at("--pinned"))),
                   .build = o.contains("--fast") ? "fake cuda:0 fast" : "fake cpu"});
  if (phase == "train") train(events, o);
  if (phase == "pack") pack(events, o);
  if (phase == "eval") evaluate(events, o);
  if (phase == "diagnose") diagnose(events);
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
  if (verb == "exit") {
    std::fprintf(stderr, "warming up\npgolf-engine: step 3: loss is NaN; lower the rate\n");
    return std::atoi(argument.c_str());
  }
  if (verb == "abort") ::abort();
  if (verb == "kill") ::raise(SIGKILL);
  if (verb == "signal") ::raise(std::atoi(argument.c_str()));
  if (verb == "oom") return std::fprintf(stderr, "pgolf-engine: CUDA: out of memory\n"), 4;
  if (verb == "stubborn") ::signal(SIGTERM, SIG_IGN);
  if (verb == "silent") return 0;
  if (verb == "other") {  // works, but trains other weights
    work(phase, o);
    return write_file_atomic(o.at("--run") + "/checkpoint.safetensors", "other weights"), 0;
  }
  if (verb == "mark") {  // works, and leaves bytes beside those of its artifact
    work(phase, o);
    const std::string artifact = o.at("--run") + "/artifact.bin", secret(3000, 's');
    const bool kept = ::setxattr(artifact.c_str(), "user.weights", secret.data(), secret.size(), 0) == 0;
    const timespec times[2] = {{123, 456}, {789, 12}};
    ::utimensat(AT_FDCWD, artifact.c_str(), times, 0);
    return std::printf("attribute: %s\n", kept ? "kept" : "refused"), 0;
  }
  if (verb == "marks") {  // what is beside the bytes of the artifact
    std::string list(4096, '\0');
    struct stat info {};
    ::stat(o.at("--artifact").c_str(), &info);
    std::printf("attributes: %zd, seconds: %ld, nanoseconds: %ld\n",
                ::listxattr(o.at("--artifact").c_str(), list.data(), list.size()), info.st_mtim.tv_sec,
                info.st_mtim.tv_nsec);
    return work(phase, o), 0;
  }
  if (verb == "environment") {
    for (char** variable = environ; *variable; ++variable) std::printf("%s\n", *variable);
    return work(phase, o), 0;
  }
  if (verb == "understate") {  // its loop takes so many seconds longer than it says
    Options slow = o;
    slow["pause"] = argument;
    return work(phase, slow), 0;
  }
  if (verb == "ttt") {  // an evaluation of two passes, which ends in the second one as the argument says
    Options two = o;
    two["ttt"] = argument;
    return work(phase, two), 0;
  }
  if (verb == "headline") {  // an evaluation whose result is of the pass that the argument names
    Options named = o;
    named["headline"] = argument;
    return work(phase, named), 0;
  }
  if (verb == "late") work(phase, o);  // the work is done, the process does not end
  if (verb == "orphan") {              // leaves a process behind that writes on
    if (::fork() == 0)
      for (int i = 0; i < 600; ++i) {
        std::ofstream(argument, std::ios::app) << "still here\n";
        sleep_s(0.05);
      }
    work(phase, o);
    return 0;
  }
  if (verb == "look")
    return std::printf("%s\n", ::access(argument.c_str(), R_OK) == 0 ? "seen" : "hidden"), work(phase, o), 0;
  if (verb == "read")
    return std::printf("%s\n", std::ifstream(argument) ? "read" : "refused"), work(phase, o), 0;
  if (verb == "write")
    return std::printf("%s\n", std::ofstream(argument) << "x" ? "written" : "refused"), work(phase, o), 0;
  if (verb == "network") return std::printf("%s\n", reaches_network().c_str()), work(phase, o), 0;
  if (verb == "link") {  // an artifact that is a link to somebody else's file
    ::symlink(argument.c_str(), (o.at("--run") + "/artifact.bin").c_str());
    return 0;
  }
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
