// A published folder as the judge takes one: claims by file, logs, code. Built from the values on record alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "archive/python_functions.h"
#include "archive/script_code.h"
#include "db/archive.h"
#include "judge/judge_claims.h"

namespace pgolf {

struct PublishedFile {
  std::string name;  // below the folder; any bytes
  ArchiveBlob blob;
};

// What a script does that a reviewer should look at: a hypothesis, never a verdict.
struct ScriptHint {
  std::string file, what, text;  // what: in words; text: the line
  int64_t line = 0;              // of the script, unwrapped if it is a wrapper
};

// A function in which something was hinted at.
struct ScriptFunction {
  std::string file, name;
  int64_t first = 0, last = 0;
  CodeSketch sketch;
};

struct Publication {
  Submission submission;
  std::vector<PublishedLog> logs;
  std::vector<std::string> findings;  // of its files, a sentence each: broken, absent, in disagreement
  std::vector<ScriptHint> hints;
  std::vector<ScriptFunction> functions;
  ScriptCode code;                          // of the script that counts
  std::map<int64_t, std::string> mentions;  // pull requests that it names -> where, "README.md:12"
};

// Where a folder stands. The identifier is "pr-1493/NAME"; of a folder that nobody asked for by a number, its name.
struct PublicationPlace {
  int64_t pull = 0;
  std::string path, head;
};
Publication publication_of(const PublicationPlace& place, const std::vector<PublishedFile>& files);

// Names of any bytes as text: what is no UTF-8, and control characters, become '?'.
std::string shown_name(const std::string& bytes);

}  // namespace pgolf
