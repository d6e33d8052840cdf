#include "harness/run/data_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/progress.h"
#include "engine/data/documents.h"
#include "engine/data/verify.h"
#include "harness/run/demo_corpus.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class DataSourceTest : public HarnessFixture {
 protected:
  DataSourceTest() {
    set_quiet(true);
    set_progress_mode(ProgressMode::off);
  }
  Config config(int64_t vocab_size = 1024) const {
    Config out;
    out.model.vocab_size = vocab_size;
    return out;
  }
  DataRequest docs_request() const {
    data();
    DataRequest request;
    request.docs = directory_.path() / "docs.jsonl";
    request.tokenizer = source_dir() / "tests/data/tokenizers/fineweb_1024_bpe.model";
    return request;
  }
};

TEST_F(DataSourceTest, DocumentsArePreparedOnceForEveryWayOfPreparingThem) {
  DataRequest request = docs_request();
  const DataManifest first = obtain_data(request, config(), workspace());
  EXPECT_EQ(first.val.documents, 2);  // a twentieth of 40
  EXPECT_EQ(first.train.documents, 38);
  EXPECT_EQ(obtain_data(request, config(), workspace()).directory, first.directory);
  request.val_docs = 5;
  const DataManifest other = obtain_data(request, config(), workspace());
  EXPECT_NE(other.directory, first.directory);
  EXPECT_EQ(other.val.documents, 5);
  EXPECT_NE(pinned_data(other).manifest_sha256, pinned_data(first).manifest_sha256);
}

TEST_F(DataSourceTest, AsksForEveryFileBeforeAPhaseMissesIt) {
  DataRequest request;
  request.data = data().directory;
  const auto shard = request.data / data().val.shards[0].file, aside = directory_.path() / "aside.bin";
  const auto refusal = [&] { return error_of([&] { obtain_data(request, config(), workspace()); }); };
  std::filesystem::rename(shard, aside);
  EXPECT_EQ(refusal().kind(), ErrorKind::not_found);
  EXPECT_THAT(refusal().what(), HasSubstr("fineweb_val_000000.bin: no such file; bring it back, or prepare the data"));
  std::filesystem::create_symlink(directory_.path() / "nowhere.bin", shard);  // as of an adopted folder that was moved
  EXPECT_THAT(refusal().what(), HasSubstr("nowhere.bin, which is not there"));
  std::filesystem::remove(shard);
  std::filesystem::rename(aside, shard);
  std::filesystem::resize_file(shard, std::filesystem::file_size(shard) - 2);
  EXPECT_EQ(refusal().kind(), ErrorKind::submission);
  EXPECT_THAT(refusal().what(), HasSubstr("bytes where its manifest has"));
  std::filesystem::resize_file(shard, std::filesystem::file_size(shard) + 2);
  const DataManifest whole = obtain_data(request, config(), workspace());
  std::filesystem::remove(request.data / whole.train.shards[0].file);
  check_files(whole, false);  // an evaluation does without
  EXPECT_EQ(error_of([&] { check_files(whole, true); }).kind(), ErrorKind::not_found);
}

TEST_F(DataSourceTest, RefusesDataThatDoNotFitTheModel) {
  DataRequest request;
  request.data = data().directory;
  const Error vocabulary = error_of([&] { obtain_data(request, config(512), workspace()); });
  EXPECT_EQ(vocabulary.kind(), ErrorKind::usage);
  EXPECT_THAT(vocabulary.what(), HasSubstr("--set model.vocab_size=1024"));
  Config caseops = config();
  caseops.data.caseops = true;
  EXPECT_THAT(error_of([&] { obtain_data(request, caseops, workspace()); }).what(), HasSubstr("without CaseOps"));
}

TEST_F(DataSourceTest, RefusesWhatIsNotThereOrNotClear) {
  EXPECT_EQ(error_of([&] { obtain_data({}, config(), workspace()); }).kind(), ErrorKind::usage);
  DataRequest both = docs_request();
  both.data = data().directory;
  EXPECT_EQ(error_of([&] { obtain_data(both, config(), workspace()); }).kind(), ErrorKind::usage);
  DataRequest missing;
  missing.docs = directory_.path() / "nothing.jsonl";
  EXPECT_EQ(error_of([&] { obtain_data(missing, config(), workspace()); }).kind(), ErrorKind::not_found);
  DataRequest broken;
  broken.docs = directory_.file("broken.jsonl", "{\"text\": \"fine\"}\n{\"text\": \"\"}\n");
  const Error e = error_of([&] { obtain_data(broken, config(), workspace()); });
  EXPECT_EQ(e.kind(), ErrorKind::submission);
  EXPECT_THAT(e.what(), HasSubstr("broken.jsonl:2"));
}

TEST(DemoCorpusTest, PodBecomesProse) {
  EXPECT_EQ(
      pod_to_text("=head1 A B<bold> title\n\nUses L<perlfunc|the functions/split>, C<< $a->{b} >> and I<F<x>>.\nOn two "
                  "lines.\n\n    my $code = 1;\n\n=over 4\n\n=item *\n\n=item print E<lt>FILEE<gt>\n\n=back\n\n"
                  "=begin html\n\n<b>x</b>\n\n=end html\n\nZ<>X<index>End.\n\n=cut\n"),
      "A bold title\nUses perlfunc, $a->{b} and x. On two lines.\nprint <FILE>\nEnd.");
  EXPECT_EQ(pod_to_text("a < b and B<unclosed"), "a < b and B<unclosed");
  EXPECT_EQ(pod_to_text(""), "");
}

TEST(DemoCorpusTest, GivesTheSameDocumentsEveryTime) {
  if (!std::filesystem::exists("/usr/share/perl")) GTEST_SKIP() << "no Perl manual here";
  const TempDirectory directory;
  const int64_t documents = write_demo_corpus(directory.path() / "a.jsonl");
  EXPECT_EQ(write_demo_corpus(directory.path() / "b.jsonl"), documents);
  const std::string text = read_text(directory.path() / "a.jsonl");
  EXPECT_EQ(text, read_text(directory.path() / "b.jsonl"));
  EXPECT_GT(documents, 1000);
  EXPECT_GT(text.size(), 2'000'000u);
  DocumentReader reader(directory.path() / "a.jsonl");
  while (reader.next()) {
  }
  EXPECT_EQ(reader.documents(), documents);
}

}  // namespace
}  // namespace pgolf
