#include "engine/data/demo_corpus.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/pod.h"
#include "tests/engine/data/fixtures.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Pod, PlainTextShowsWhatCodesShow) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"plain A < B", "plain A < B"},
      {"B<bold> and I<it B<both>>", "bold and it both"},
      {"C<< $a->b >> C<<< << >>> end", " $a->b  << end"},
      {"E<lt>tagE<gt> E<0x263A> E<233> E<nope>", "<tag> \xE2\x98\xBA \xC3\xA9 nope"},
      {"L<the page|perlop> L<perlfunc/open> L<perlvar/\"$_\"> L<https://perl.org/x>",
       "the page open $_ https://perl.org/x"},
      {"X<index entry>F</etc/passwd>Z<>.", "/etc/passwd."},
      {"an open C<bracket", "an open C<bracket"},
      {"C<<x>", "C<<x>"},
      {"", ""},
  };
  for (const auto& [pod, text] : cases) EXPECT_EQ(pod_plain_text(pod), text);
}

TEST(Pod, ParagraphsAreProse) {
  const auto paragraphs = pod_paragraphs(
      "package Code;\n\n=encoding utf8\n\n=head1 TITLE\nX<entry>\n\nTwo\n lines.\n\n    code();\n\n=over 4\n\n=item "
      "*\n\n"
      "First B<point>.\n\n=item * second\n\n=item 3.\n\n=back\n\n=begin html\n\nhidden\n\n=end html\n\n=for comment "
      "hidden\n\n"
      "=head3 Deeper\n\nLast.\n\n=cut\n\nmy $x;\n\n=head2 Part\n\nEnd");
  std::vector<std::string> shown;
  for (const auto& p : paragraphs) shown.push_back((p.heading ? "# " : "") + p.text);
  EXPECT_THAT(shown,
              ElementsAre("# TITLE", "Two lines.", "First point.", "second", "Deeper", "Last.", "# Part", "End"));
}

TEST(Pod, Latin1IsConverted) {
  const auto paragraphs = pod_paragraphs("=pod\n\ncaf\xE9\n");
  ASSERT_EQ(paragraphs.size(), 1);
  EXPECT_EQ(paragraphs[0].text, "caf\xC3\xA9");
}

TEST(DemoCorpus, IsTheSameEveryTimeAndReadable) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "pod");
  const std::string sentence = "Words of a manual page that go on for a while. ";
  std::string page = "=head1 NAME\n\nperlx - x\n\n";
  for (int section = 0; section < 9; ++section) {
    page += "=head1 PART " + std::to_string(section) + "\n\n";
    for (int i = 0; i < 30; ++i) page += sentence + std::to_string(section * 100 + i) + "\n\n";
  }
  page += "=head1 SEE ALSO\n\n" + std::string(500, 'x') + "\n";
  write_file_atomic(directory / "pod/perlx.pod", page);
  write_file_atomic(directory / "pod/perly.pod", page);  // the same documents again
  write_file_atomic(directory / "pod/perltoc.pod", page + "\n\n=head1 PART TOC\n\n" + std::string(900, 'y'));
  const DemoCorpus a = write_demo_corpus(directory / "a.jsonl", directory / "pod");
  const DemoCorpus b = write_demo_corpus(directory / "b.jsonl", directory / "pod");
  EXPECT_EQ(a.documents, 9);
  EXPECT_EQ(sha256_file(a.file), sha256_file(b.file));
  DocumentReader reader(a.file);
  int64_t bytes = 0;
  while (const auto text = reader.next()) {
    bytes += static_cast<int64_t>(text->size());
    EXPECT_LE(text->size(), 4000);
    EXPECT_THAT(*text, HasSubstr("PART "));
    EXPECT_THAT(*text, testing::Not(HasSubstr("xxx")));
  }
  EXPECT_EQ(reader.documents(), a.documents);
  EXPECT_EQ(bytes, a.text_bytes);
}

TEST(DemoCorpus, TheInstalledManualGivesEnoughText) {
  std::filesystem::path manual;
  try {
    manual = find_perl_manual();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::machine);
    EXPECT_THAT(e.what(), HasSubstr("apt-get install perl-doc"));
    GTEST_SKIP() << e.what();
  }
  const TemporaryDirectory directory;
  const DemoCorpus corpus = write_demo_corpus(directory / "docs.jsonl", manual);
  EXPECT_GT(corpus.documents, 1000);
  EXPECT_GT(corpus.text_bytes, 1'500'000);
}

}  // namespace
}  // namespace pgolf
