// Entry functions of the parsers that read what strangers write: bytes in, nothing out. libFuzzer calls them (main.cc),
// and so does an ordinary test, with every file of fuzz/corpus (docs/fuzzing.md).
//
// A parser either accepts, and then what it gave holds together, or throws pgolf::Error with a message of one line.
// Everything else leaves the entry function as an exception or a signal, and that is a finding.
#pragma once

#include <span>
#include <string_view>

namespace pgolf::fuzz {

// Targets that rebuild a seal (a hash chain, a checksum) do so for inputs that begin with this byte, so that mutations
// reach what lies behind it.
inline constexpr char kSealed = '!';

struct Target {
  std::string_view name;  // of its corpus and dictionary, too
  void (*run)(std::string_view bytes);
};

std::span<const Target> targets();
const Target* find_target(std::string_view name);  // null if there is none

void submission(std::string_view bytes);     // submission.toml
void ruleset(std::string_view bytes);        // rules/<id>.toml
void training_log(std::string_view bytes);   // what a training script printed
void published_log(std::string_view bytes);  // published-log.json
void shard(std::string_view bytes);          // token shard
void upstream(std::string_view bytes);       // the challenge's own manifest.json
void artifact(std::string_view bytes);       // container, header and sections of artifact.bin
void safetensors(std::string_view bytes);    // checkpoint
void ledger(std::string_view bytes);         // ledger.jsonl, reader and checker
void events(std::string_view bytes);         // *.events.jsonl, strict reader and live follower
void pinned(std::string_view bytes);         // pinned.json
void bundle(std::string_view bytes);         // an archive of a run, taken apart in memory
void card(std::string_view bytes);           // submission.json as strangers write it
void loglines(std::string_view bytes);       // any log, value by value
void wrapper(std::string_view bytes);        // a script, wrapped or not: hints, functions, settings
void names(std::string_view bytes);          // paths of published files, and what a README names
void weights(std::string_view bytes);        // the pickle of published weights, and the zip archive round it

}  // namespace pgolf::fuzz
