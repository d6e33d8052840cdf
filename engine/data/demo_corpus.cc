#include "engine/data/demo_corpus.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/pod.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShortest = 400;  // bytes; shorter sections are joined to the next
constexpr size_t kLongest = 4000;  // longer ones are cut between paragraphs

// Not prose, not English, or the same text as another page.
constexpr std::string_view kLeftOut[] = {"perlapi", "perlintern", "perltoc", "perluniprops", "perldelta",
                                         "perlcn",  "perljp",     "perlko",  "perltw"};
// Sections that repeat from page to page.
constexpr std::string_view kBoilerplate[] = {"SEE ALSO",        "AUTHOR",
                                             "AUTHORS",         "NAME",
                                             "Give Thanks",     "DISCLAIMER",
                                             "Reporting Bugs",  "Acknowledgements",
                                             "Acknowledgments", "AUTHOR AND COPYRIGHT",
                                             "HISTORY",         "COPYRIGHT"};

template <size_t N>
bool contains(const std::string_view (&list)[N], std::string_view item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

std::vector<std::string> documents_of(std::string_view pod) {
  std::vector<std::string> out;
  std::string document;
  bool skipping = false;
  for (const PodParagraph& paragraph : pod_paragraphs(pod)) {
    if (paragraph.heading) skipping = contains(kBoilerplate, paragraph.text);
    if (skipping) continue;
    const bool section_ends = paragraph.heading && document.size() >= kShortest;
    if (section_ends || document.size() + paragraph.text.size() > kLongest) {
      if (document.size() >= kShortest) out.push_back(std::move(document));
      document.clear();
    }
    if (!document.empty()) document += '\n';
    document += paragraph.text;
  }
  if (document.size() >= kShortest) out.push_back(std::move(document));
  return out;
}

}  // namespace

fs::path find_perl_manual() {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (const auto& version : fs::directory_iterator("/usr/share/perl", ignored))
    if (fs::exists(version.path() / "pod/perlootut.pod", ignored)) found.push_back(version.path() / "pod");
  if (found.empty())
    fail(ErrorKind::machine,
         "the demo's text, the Perl manual, is not in /usr/share/perl/5.*/pod; apt-get install perl-doc, or give "
         "--docs FILE");
  return *std::max_element(found.begin(), found.end());
}

DemoCorpus write_demo_corpus(const fs::path& file, const fs::path& manual) {
  std::map<std::string, std::string> by_hash;  // the order: no page's sections stay together, repeats fall out
  for (const auto& page : fs::directory_iterator(manual)) {
    if (page.path().extension() != ".pod" || contains(kLeftOut, page.path().stem().string())) continue;
    for (std::string& document : documents_of(read_text(page.path()))) {
      std::string hash = sha256_hex(document);
      by_hash.emplace(std::move(hash), std::move(document));
    }
  }
  if (by_hash.empty()) fail(ErrorKind::machine, "{}: no pages of the Perl manual there", manual.string());
  DemoCorpus corpus{.file = file};
  std::string lines;
  for (const auto& [hash, document] : by_hash) {
    lines += document_line(document);
    ++corpus.documents;
    corpus.text_bytes += static_cast<int64_t>(document.size());
  }
  write_file_atomic(file, lines);
  return corpus;
}

}  // namespace pgolf
