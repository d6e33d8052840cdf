// The text of `pgolf demo`: the Perl manual (Debian package perl-doc), cut into one document per section.
#pragma once

#include <filesystem>

namespace pgolf {

// /usr/share/perl/5.36.0/pod or another version's. Errors: not_found, naming the package, if it is not installed.
std::filesystem::path manual_directory();

// Writes JSON lines to `out`, the same on every machine with the same package: sections in an order that depends on
// their text alone. Returns the number of documents. Errors: not_found, naming the package, if the manual is not
// installed.
int64_t write_demo_corpus(const std::filesystem::path& out);

// The prose of a manual page in POD (perlpod), a line per paragraph: code is left out, formatting codes become their
// text.
std::string pod_to_text(std::string_view pod);

}  // namespace pgolf
