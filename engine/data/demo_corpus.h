// Text for the demo: the Perl manual's prose, which the Debian package perl-doc puts on any machine.
#pragma once

#include <cstdint>
#include <filesystem>

namespace pgolf {

struct DemoCorpus {
  std::filesystem::path file;
  int64_t documents = 0, text_bytes = 0;
};

// The manual's directory, /usr/share/perl/5.*/pod. Errors: machine, naming the package to install.
std::filesystem::path find_perl_manual();

// Writes the manual as JSON lines, one document for each section of reasonable size (see kShortest and kLongest in the
// source), in an order that looks random and depends on the texts alone. Errors: those of base/file.h.
DemoCorpus write_demo_corpus(const std::filesystem::path& file,
                             const std::filesystem::path& manual = find_perl_manual());

}  // namespace pgolf
